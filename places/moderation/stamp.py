"""The hidden field of every form: when it was opened and what it showed, signed so that it can be believed."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing

SALT = "places.moderation.stamp"
TOO_FAST = timedelta(seconds=3)  # nobody reads and answers a form in less
TOO_OLD = timedelta(hours=24)


@dataclass(frozen=True)
class Stamp:
    opened_at: datetime
    place: str = ""  # its id; blank for a form about no place
    base: dict[str, Any] = field(default_factory=dict)
    version: str = ""  # of the place when it was shown

    def __str__(self):
        told = {"at": self.opened_at.timestamp(), "place": self.place, "base": self.base, "version": self.version}
        return signing.dumps(told, salt=SALT, compress=True)

    def is_too_fast(self, now: datetime) -> bool:
        return now - self.opened_at < TOO_FAST

    def is_too_old(self, now: datetime) -> bool:
        return now - self.opened_at > TOO_OLD

    def renewed(self, now: datetime) -> "Stamp":
        """The same form, believed for another day; it may be sent again at once."""
        return replace(self, opened_at=now - TOO_FAST)


def read(text: str, now: datetime, place: str = "") -> Stamp | None:
    """Return the stamp of a form about this place; None when it was not made here, or for another one."""
    try:
        told = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    if told["place"] != place:
        return None
    return Stamp(datetime.fromtimestamp(told["at"], now.tzinfo), place, told["base"], told["version"])
