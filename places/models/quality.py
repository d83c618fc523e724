"""How good the records are, noted from time to time, to see whether it gets better; and who was asked to check."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class QualityNote(models.Model):
    """The counts of one day; the same day noted twice is one row."""

    day = models.DateField(_("jour"), unique=True)
    counts = models.JSONField(_("décompte"), default=dict)

    class Meta:
        verbose_name = _("relevé de qualité")
        verbose_name_plural = _("relevés de qualité")
        ordering = ["day"]

    def __str__(self):
        return f"{self.day:%d/%m/%Y}"


class Chase(models.Model):
    """A structure was sent the link to its own record; what it answered is in the history of the place."""

    place = models.ForeignKey("places.Place", models.CASCADE, related_name="chases", verbose_name=_("lieu"))
    sent_at = models.DateTimeField(_("le"), default=timezone.now)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    addresses = models.PositiveSmallIntegerField(_("adresses"), default=1)

    class Meta:
        verbose_name = _("relance")
        verbose_name_plural = _("relances")
        ordering = ["-sent_at"]

    def __str__(self):
        return f"{self.place} – {timezone.localtime(self.sent_at):%d/%m/%Y}"
