"""Municipal layers: any other map of the city, as points or polygons with a legend."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from places.colours import is_readable
from places.models.territory import Territory


class Layer(models.Model):
    class Pictogram(models.TextChoices):
        SQUARE = "carre", _("carré")
        DIAMOND = "losange", _("losange")
        TRIANGLE = "triangle", _("triangle")
        STAR = "etoile", _("étoile")
        CROSS = "croix", _("croix")
        HEXAGON = "hexagone", _("hexagone")

    slug = models.SlugField(_("nom dans l’adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=120, help_text=_("Ce que le panneau de la carte écrit."))
    description = models.CharField(_("en une phrase"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True)
    licence = models.CharField(_("licence"), max_length=120)
    vintage = models.CharField(_("date ou millésime"), max_length=40, blank=True)
    colour = models.CharField(
        _("couleur"),
        max_length=7,
        default="#7a2c02",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Comme #0b3d91."))],
    )
    pictogram = models.CharField(_("pictogramme"), max_length=10, choices=Pictogram, default=Pictogram.SQUARE)
    fields = models.JSONField(
        _("champs montrés"),
        default=list,
        blank=True,
        help_text=_('Les colonnes du fichier, dans l’ordre : ["type", "adresse"]. Vide : toutes.'),
    )
    visible = models.BooleanField(_("proposée sur la carte"), default=True)
    order = models.PositiveIntegerField(_("ordre"), default=100)

    class Meta:
        verbose_name = _("couche de la ville")
        verbose_name_plural = _("couches de la ville")
        ordering = ["order", "name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("places:layer", args=[self.slug])

    def clean(self):
        if not is_readable(self.colour):
            raise ValidationError({"colour": _("Couleur trop claire : le contraste avec le blanc doit atteindre 4,5.")})
        if not isinstance(self.fields, list) or not all(isinstance(name, str) for name in self.fields):
            raise ValidationError({"fields": _('Une liste de noms de colonnes : ["type", "adresse"].')})


class LayerFeature(models.Model):
    layer = models.ForeignKey(Layer, models.CASCADE, related_name="features", verbose_name=_("couche"))
    name = models.CharField(_("nom"), max_length=300)
    geometry = models.JSONField(_("forme"), help_text=_("GeoJSON, WGS84."))
    properties = models.JSONField(_("valeurs"), default=dict)
    quartier = models.ForeignKey(
        Territory, models.SET_NULL, null=True, related_name="+", verbose_name=_("quartier où elle se trouve")
    )

    class Meta:
        verbose_name = _("objet d’une couche")
        verbose_name_plural = _("objets d’une couche")
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name
