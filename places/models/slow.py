"""The pages that took long to make, for who looks after the machine: the last ones, without what was asked."""

from django.db import models
from django.utils import timezone


class SlowPageManager(models.Manager):
    KEPT = 200

    def note(self, path: str, names: str, ms: int) -> None:
        """Keep one more, and forget those that are not among the last."""
        kept = self.create(path=path[:200], names=names[:200], ms=ms)
        self.filter(pk__lte=kept.pk - self.KEPT).delete()


class SlowPage(models.Model):
    """`names` are those of the parameters of the question, never their values."""

    at = models.DateTimeField(default=timezone.now)
    path = models.CharField(max_length=200)
    names = models.CharField(max_length=200, blank=True)
    ms = models.PositiveIntegerField()

    objects = SlowPageManager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.path} {self.ms}"
