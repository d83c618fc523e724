"""How often one address may do a thing, counted for every process and every machine: by Redis, else by the database.

Without either, which only reading survives, each process counts for itself.

A whole library or town hall may share one address: limit writes and calls to others' servers, never reading.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.db import Error
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from places.models import Tally
from roubaix_map import caches
from roubaix_map.databases import trouble
from roubaix_map.replicas import primary_is_lost

HOME_BITS = 64  # of an IPv6 address: what one household or one organisation holds


def allowed(kind: str, who: str, at_most: int, seconds: int, now: datetime | None = None) -> bool:
    """Count one more `kind` by `who`, unless it is the one too many of this span of `seconds`; say whether it counted.

    Spans follow each other from the epoch. Call it outside a transaction that may be undone: it would be with it.
    """
    now = now or timezone.now()
    span = int(now.timestamp()) // seconds
    ends_at = datetime.fromtimestamp((span + 1) * seconds, UTC)
    digest = salted_hmac("places.limits", f"{kind} {span} {who}", algorithm="sha256").hexdigest()
    kept = int((ends_at - now).total_seconds()) + 1
    if (together := caches.counted_together(f"limit-{digest}", kept)) is not None:
        return together <= at_most
    if primary_is_lost():
        return caches.counted_here(f"limit-{digest}", kept) <= at_most
    try:
        return _counted(kind, digest, at_most, ends_at, now)
    except Error as error:
        if trouble(error) is None:
            raise
        return caches.counted_here(f"limit-{digest}", kept) <= at_most


def _counted(kind: str, digest: str, at_most: int, ends_at: datetime, now: datetime) -> bool:
    tally = Tally.objects.filter(kind=kind, who=digest, ends_at=ends_at)
    room = tally.filter(number__lt=at_most)
    if room.update(number=F("number") + 1):
        return True
    if not tally.exists():
        Tally.objects.filter(ends_at__lt=now - timedelta(minutes=1)).delete()
        Tally.objects.bulk_create([Tally(kind=kind, who=digest, ends_at=ends_at)], ignore_conflicts=True)
    # Again in both cases: a neighbour may have begun the count since the first try.
    return bool(room.update(number=F("number") + 1))


def client_address(request: HttpRequest) -> str:
    """Return who asks, as `allowed` counts: an IPv4 address, the home of an IPv6 one, "" when nobody can tell.

    Behind the declared proxy (BEHIND_PROXY) it is the last of X-Forwarded-For, the one that the proxy itself wrote:
    the others are whatever the visitor sent.
    """
    written = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY and (forwarded := request.headers.get("X-Forwarded-For", "")):
        written = forwarded.rpartition(",")[2].strip()
    address = _read(written)
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or _home(address)
    return "" if address is None else str(address)


def _read(written: str) -> IPv4Address | IPv6Address | None:
    """Read an address, also with the port that some proxies write after it."""
    for text in (written, written.strip("[]"), written.rpartition(":")[0].strip("[]")):
        try:
            return ip_address(text)
        except ValueError:
            continue
    return None


def _home(address: IPv6Address) -> IPv6Address:
    return IPv6Address(int(address) >> (128 - HOME_BITS) << (128 - HOME_BITS))
