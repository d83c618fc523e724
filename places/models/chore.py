"""When each piece of scheduled work was last done, so that one nobody does any more is seen."""

from django.db import models
from django.utils import timezone


class ChoreManager(models.Manager):
    def note(self, name: str, sentence: str, *, failed: bool = False) -> None:
        """Keep what came of a piece of work, in place of the time before."""
        values = {"at": timezone.now(), "sentence": sentence[:500], "failed": failed}
        self.update_or_create(name=name, defaults=values)


class Chore(models.Model):
    """One row for each command that a timer calls."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    failed = models.BooleanField(default=False)
    sentence = models.CharField(max_length=500, blank=True)

    objects = ChoreManager()

    def __str__(self):
        return f"{self.name} {self.at:%Y-%m-%d}"
