"""The signed link of a structure: to one record, for one mail address, for some weeks.

Nothing is kept to check it: the key of the site signs it. It dies with its time, and as soon as the address it was sent
to is no more one of the record's.
"""

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from places.models import Place

SALT = "places.structure"
DIGEST = 20  # characters: enough to tell the few addresses of one record apart


def addresses_of(place: Place) -> list[str]:
    """Return where a structure is reached: its own addresses, then those of the accounts that hold it."""
    accounts = place.holdings.filter(user__is_active=True).exclude(user__email="").values_list("user__email", flat=True)
    return list(dict.fromkeys(address.strip().casefold() for address in (*place.courriels, *accounts)))


def sign(place: Place, address: str) -> str:
    return signing.dumps([place.pk, _digest(address)], salt=SALT)


def read(token: str) -> Place | None:
    """Return the record that a link leads to; None when it is forged, too old, or sent to somebody who left."""
    try:
        pk, digest = signing.loads(token, salt=SALT, max_age=settings.STRUCTURE_LINK_DAYS * 86_400)
    except signing.BadSignature:
        return None
    place = Place.objects.filter(pk=pk).select_related("import_source").prefetch_related("permanences").first()
    if place is None or place.status == Place.Status.ARCHIVED:
        return None
    known = any(constant_time_compare(digest, _digest(address)) for address in addresses_of(place))
    return place if known else None


def _digest(address: str) -> str:
    return salted_hmac(SALT, address.strip().casefold(), algorithm="sha256").hexdigest()[:DIGEST]
