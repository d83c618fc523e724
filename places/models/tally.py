"""How many times somebody did a thing lately: what `places.limits` counts, forgotten once its time is over."""

from django.db import models


class Tally(models.Model):
    """One row per thing, person and span of time; `who` is a keyed digest, no address is kept."""

    kind = models.CharField(max_length=40)
    who = models.CharField(max_length=64)
    ends_at = models.DateTimeField(db_index=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "who", "ends_at"], name="tally_span")]

    def __str__(self):
        return f"{self.kind} {self.number}"
