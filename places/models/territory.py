"""Territories: commune, quartier, IRIS and QPV, with their outline, vintage and indicators."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TerritoryQuerySet(models.QuerySet):
    def current(self):
        """The vintage in force of each territory."""
        return self.filter(current=True)

    def of_kind(self, kind: str):
        return self.filter(kind=kind)

    def known_as(self, code: str):
        """Those whose code, of this vintage or of the next, is `code`."""
        return self.filter(models.Q(code=code) | models.Q(next_code=code))


class Territory(models.Model):
    class Kind(models.TextChoices):
        COMMUNE = "commune", _("commune")
        QUARTIER = "quartier", _("quartier")
        IRIS = "iris", _("IRIS")
        QPV = "qpv", _("quartier prioritaire (QPV)")

    kind = models.CharField(_("genre"), max_length=10, choices=Kind)
    code = models.CharField(_("code"), max_length=30)
    next_code = models.CharField(
        _("code du millésime suivant"), max_length=30, blank=True, help_text=_("Pour un QPV de 2015, son code de 2024.")
    )
    nom = models.CharField(_("nom"), max_length=300)
    vintage = models.CharField(_("millésime"), max_length=10)
    current = models.BooleanField(_("en vigueur"), default=True)
    source = models.CharField(_("source et licence"), max_length=300, blank=True)
    indicators = models.JSONField(_("indicateurs"), default=dict, blank=True)
    geometry = models.JSONField(_("contour"), help_text=_("GeoJSON, WGS84."))
    outline = models.JSONField(_("contour simplifié"), help_text=_("Ce que la carte dessine, à 3 mètres près."))
    south = models.FloatField(editable=False)
    west = models.FloatField(editable=False)
    north = models.FloatField(editable=False)
    east = models.FloatField(editable=False)

    objects = TerritoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("territoire")
        verbose_name_plural = _("territoires")
        ordering = ["kind", "nom"]
        constraints = [models.UniqueConstraint(fields=["kind", "code", "vintage"], name="territory_code")]
        indexes = [models.Index(fields=["kind", "current", "code"], name="territory_current")]

    def __str__(self):
        return self.nom
