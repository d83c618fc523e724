"""Which release this process runs: the same on every machine that has the same files."""

import hashlib
from functools import cache

from django.conf import settings

FOLDERS = ("places", "roubaix_map", "templates", "static", "locale")  # all that decides what an answer looks like
LEFT = {".pyc", ".po"}


@cache
def fingerprint() -> str:
    """Return what changes when a file of the site does, its settings apart."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix not in LEFT and path.is_file():
                digest.update(f"{path.relative_to(settings.BASE_DIR)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
