"""Which places have changed, and at which version of the data: `bitmaps` reads no other again."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from places import bulk
from places.models.history import DataVersion


class TouchedManager(models.Manager):
    def touch(self, numbers: Iterable[int]) -> int:
        """Say that the places of these numbers changed, at the version of the data that has just been reached; tell it.

        Call it after `DataVersion.objects.advance()`, whose row keeps two changes from touching places at once.
        """
        version = DataVersion.objects.current()
        bulk.upsert(Touched, ({"number": number, "version": version} for number in sorted({*numbers})))
        return version


class Touched(models.Model):
    """One row per place that has changed, by its number; `version` is the last that did."""

    number = models.BigIntegerField(primary_key=True)
    version = models.PositiveBigIntegerField(db_index=True)

    objects = TouchedManager()

    class Meta:
        verbose_name = _("lieu touché")
        verbose_name_plural = _("lieux touchés")

    def __str__(self):
        return f"{self.number} {self.version}"
