"""Two places that may be one: found by the machine, decided by a human, once."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.models.place import Place


class DuplicateQuerySet(models.QuerySet):
    def waiting(self):
        """Those that a human may still decide: both places are there."""
        gone = Place.Status.ARCHIVED
        return self.filter(decision="").exclude(one__status=gone).exclude(other__status=gone)

    def distinct_places(self):
        return self.filter(decision=Duplicate.Decision.DISTINCT)

    def best_first(self):
        return self.order_by("-score", "pk")


class Duplicate(models.Model):
    """A pair of places, `one` before `other` in the order of their ids, so that it exists once."""

    class Decision(models.TextChoices):
        WAITING = "", _("à décider")
        MERGED = "merged", _("fusionnés")
        DISTINCT = "distinct", _("deux lieux différents")

    one = models.ForeignKey(Place, models.CASCADE, related_name="+", verbose_name=_("premier lieu"))
    other = models.ForeignKey(Place, models.CASCADE, related_name="+", verbose_name=_("second lieu"))
    score = models.PositiveSmallIntegerField(_("ressemblance"), help_text=_("Sur 100."))
    evidence = models.JSONField(_("indices"), default=list)
    found_at = models.DateTimeField(_("trouvé le"), default=timezone.now)
    decision = models.CharField(_("décision"), max_length=10, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)
    reason = models.CharField(_("pourquoi"), max_length=200, blank=True)
    undo = models.JSONField(default=dict, editable=False)  # what a merge moved, to move it back

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = _("doublon possible")
        verbose_name_plural = _("doublons possibles")
        ordering = [F("decided_at").desc(nulls_first=True), "-score", "pk"]
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair")]
        indexes = [models.Index(fields=["decision", "-score"], name="duplicate_waiting")]

    def __str__(self):
        return f"{self.one} / {self.other}"
