"""Landmarks: the streets, addresses and stations that a visitor may start from when no other service is asked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from places import geo


class Landmark(models.Model):
    class Kind(models.TextChoices):
        STATION = "station", _("station")
        STREET = "street", _("rue ou place")
        ADDRESS = "address", _("adresse")
        SPOT = "spot", _("lieu-dit")

    kind = models.CharField(_("genre"), max_length=10, choices=Kind)
    nom = models.CharField(_("nom"), max_length=200)
    detail = models.CharField(_("précision"), max_length=100, blank=True)
    commune = models.CharField(_("commune"), max_length=120, blank=True)
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))
    source = models.CharField(_("source"), max_length=120)
    # The name alone, then everything it may be called by: folded, abbreviations written out.
    plain_name = models.CharField(max_length=250, editable=False, db_index=True)
    search_text = models.CharField(max_length=500, editable=False)

    class Meta:
        verbose_name = _("repère")
        verbose_name_plural = _("repères")
        ordering = ["kind", "plain_name", "pk"]
        indexes = [models.Index(fields=["source"], name="landmark_source")]

    def __str__(self):
        return self.nom

    @property
    def point(self) -> geo.Point:
        return geo.Point(self.latitude, self.longitude)
