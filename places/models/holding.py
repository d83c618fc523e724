"""Who holds which place: the people of a structure, whose account edits its record and no other."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class HoldingQuerySet(models.QuerySet):
    def of(self, user):
        return self.filter(user=user)


class Holding(models.Model):
    """One place in the hands of one account of the group « referent de structure »."""

    class Moderated(models.TextChoices):
        AS_SET = "", _("comme le veut le réglage de la ville")
        YES = "yes", _("oui, un modérateur relit")
        NO = "no", _("non, publié aussitôt")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="holdings", verbose_name=_("référent")
    )
    place = models.ForeignKey("places.Place", models.CASCADE, related_name="holdings", verbose_name=_("lieu"))
    moderated = models.CharField(
        _("ses changements sont relus"), max_length=3, choices=Moderated, blank=True, default=Moderated.AS_SET
    )

    objects = HoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("lieu tenu")
        verbose_name_plural = _("lieux tenus")
        ordering = ["place__nom", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="holding_once")]

    def __str__(self):
        return f"{self.user} – {self.place}"

    @property
    def is_moderated(self) -> bool:
        if self.moderated == self.Moderated.AS_SET:
            return settings.REFERENTS_MODERATED
        return self.moderated == self.Moderated.YES
