"""The places in 256 blocks, by their numbers, and when each last changed: `bitmaps` reads no other again."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from places.models.history import DataVersion

BLOCKS = 256
SHIFT = 55  # a number has 63 bits; its eight highest tell its block


def block_of(number: int) -> int:
    return number >> SHIFT


class BlockManager(models.Manager):
    def touch(self, numbers: Iterable[int]) -> int:
        """Say that the places of these numbers changed, at the version of the data that has just been reached; tell it.

        Call it after `DataVersion.objects.advance()`, whose row keeps two changes from touching blocks at once.
        """
        version = DataVersion.objects.current()
        self.bulk_create(
            [Block(rank=rank, version=version) for rank in sorted({*map(block_of, numbers)})],
            update_conflicts=True,
            update_fields=["version"],
            unique_fields=["rank"],
        )
        return version


class Block(models.Model):
    """One row per block in which a place has changed; `version` is the last that did."""

    rank = models.PositiveSmallIntegerField(primary_key=True)
    version = models.PositiveBigIntegerField()

    objects = BlockManager()

    class Meta:
        verbose_name = _("bloc de lieux")
        verbose_name_plural = _("blocs de lieux")

    def __str__(self):
        return f"{self.rank} {self.version}"
