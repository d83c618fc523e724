"""Who publishes these files, where, under which licence and of which day."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from places.models import DataVersion
from places.text import fold

SCHEMA = "https://schema.data.gouv.fr/LaMedNum/standard-mediation-num/"


@dataclass(frozen=True)
class Publication:
    root: str
    changed_at: datetime

    @classmethod
    def now(cls, root: str) -> "Publication":
        """Return the publication of the data as it stands; `root` is the address of the site."""
        changed_at = DataVersion.objects.values_list("changed_at", flat=True).first()
        return cls(root, changed_at or timezone.now())

    @property
    def producer(self) -> str:
        return settings.PRODUCER

    @property
    def territory(self) -> str:
        return fold(settings.SITE_CITY).replace(" ", "-") or "territoire"

    def file_name(self, ending: str) -> str:
        """Return the name that the standard recommends: day of the last change, producer, subject, territory."""
        day = timezone.localtime(self.changed_at).date().isoformat()
        return f"{day}_{self.producer}_lieux-de-mediation-numerique_{self.territory}{ending}"

    def as_dict(self) -> dict[str, str]:
        return {
            "producer": self.producer,
            "territory": self.territory,
            "licence": settings.LICENCE,
            "licence_url": settings.LICENCE_URL,
            "schema": SCHEMA,
            "changed_at": self.changed_at.isoformat(),
        }
