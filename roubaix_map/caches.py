"""Where what is worth remembering is kept: in each process, or in one cache for all machines (CACHE_URL)."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured

HERE = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}}
SERVED = {".py", ".html", ".mo", ".json"}
_counts = LocMemCache("counts", {})


def configured(address: str, base: Path, static: Path) -> dict[str, Any]:
    """Return Django's settings of the cache at a Redis address; of each process's own without one."""
    if not address:
        return HERE
    try:
        from redis.connection import parse_url
    except ImportError as error:
        raise ImproperlyConfigured("CACHE_URL : installer d’abord requirements-options.lock.") from error
    try:
        server = parse_url(address)
        if not (server.get("host") or server.get("path")) or urlsplit(address).path.strip("/0123456789"):
            raise ValueError
    except ValueError as error:  # not quoted: it may hold a password
        raise ImproperlyConfigured("CACHE_URL : « redis://serveur:6379/0 » attendu.") from error
    return {
        "BACKEND": "roubaix_map.shared_cache.SharedCache",
        "LOCATION": address,
        "KEY_PREFIX": release(base, static),
    }


def release(base: Path, static: Path) -> str:
    """Return what tells this release from another: side by side for a while, they do not keep the same."""
    digest = hashlib.sha256()
    folders = [base / name for name in ("places", "roubaix_map", "templates", "locale")]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in SERVED]
    for path in sorted([*files, *static.glob("staticfiles.json")]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def counted_together(key: str, seconds: int) -> int | None:
    """Count one more for all machines and return how many; None without a shared cache, or when it does not answer."""
    count = getattr(caches["default"], "count", None)
    return count and count(key, seconds)


def counted_here(key: str, seconds: int) -> int:
    """Count one more for this process alone and return how many."""
    _counts.add(key, 0, seconds)
    return _counts.incr(key)
