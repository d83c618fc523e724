"""Territories: commune, quartier, IRIS and QPV, with their outline, vintage and indicators, and who lives there."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from places.translated import translated


class TerritoryQuerySet(models.QuerySet):
    def current(self):
        """The vintage in force of each territory."""
        return self.filter(current=True)

    def of_kind(self, kind: str):
        return self.filter(kind=kind)

    def known_as(self, code: str):
        """Those whose code is `code`, or that came from it or became it in another vintage."""
        return self.filter(
            models.Q(code=code)
            | models.Q(next_code=code)
            | models.Q(code__in=Correspondence.objects.filter(old_code=code).values("new_code"))
            | models.Q(code__in=Correspondence.objects.filter(new_code=code).values("old_code"))
        )

    def light(self):
        """Without their outlines, which are large."""
        return self.defer("geometry", "outline")


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
    neighbours = models.ManyToManyField("self", editable=False, verbose_name=_("voisins"))
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

    def get_absolute_url(self):
        return reverse("places:territory", args=[self.kind, self.code])


class Correspondence(models.Model):
    """One territory of a vintage and one it became in the next; a territory may split, several may join."""

    kind = models.CharField(_("genre"), max_length=10, choices=Territory.Kind)
    old_code = models.CharField(_("ancien code"), max_length=30)
    new_code = models.CharField(_("nouveau code"), max_length=30, db_index=True)

    class Meta:
        verbose_name = _("correspondance entre millésimes")
        verbose_name_plural = _("correspondances entre millésimes")
        constraints = [models.UniqueConstraint(fields=["kind", "old_code", "new_code"], name="correspondence_codes")]
        indexes = [models.Index(fields=["old_code"], name="correspondence_old")]

    def __str__(self):
        return f"{self.old_code} → {self.new_code}"


class Indicator(models.Model):
    """The words for one indicator of the territories: the figures themselves are in `Territory.indicators`."""

    class Unit(models.TextChoices):
        NUMBER = "number", _("nombre")
        SHARE = "share", _("pour cent")
        INDEX = "index", _("indice, base 100")
        EUROS = "euros", _("euros par an")

    key = models.CharField(_("nom technique"), max_length=60, unique=True)
    label = models.CharField(_("nom"), max_length=160)
    unit = models.CharField(_("unité"), max_length=10, choices=Unit, default=Unit.NUMBER)
    help = models.CharField(_("phrase d’explication"), max_length=300, blank=True)
    source = models.CharField(_("source et licence"), max_length=300, blank=True)
    vintage = models.CharField(_("millésime"), max_length=10, blank=True)
    order = models.PositiveIntegerField(_("ordre"), default=1000)
    visible = models.BooleanField(_("proposé sur la carte"), default=True)

    class Meta:
        verbose_name = _("indicateur")
        verbose_name_plural = _("indicateurs")
        ordering = ["order", "label"]

    def __str__(self):
        return self.label

    @property
    def name(self) -> str:
        """Its name in the language of the page."""
        return translated(self.label)

    @property
    def explanation(self) -> str:
        return translated(self.help)


class Cell(models.Model):
    """One square of the population grid (INSEE, 200 m): how many people live around its centre."""

    code = models.CharField(_("carreau"), max_length=60)
    vintage = models.CharField(_("millésime"), max_length=10)
    current = models.BooleanField(_("en vigueur"), default=True)
    latitude = models.FloatField()
    longitude = models.FloatField()
    side = models.PositiveIntegerField(_("côté en mètres"), default=200)
    population = models.FloatField(_("population"))
    poverty_rate = models.FloatField(_("taux de pauvreté"), null=True, blank=True)
    living_standard = models.FloatField(_("niveau de vie moyen"), null=True, blank=True)
    imputed = models.BooleanField(_("valeurs estimées par l’Insee"), default=False)

    class Meta:
        verbose_name = _("carreau de population")
        verbose_name_plural = _("carreaux de population")
        constraints = [models.UniqueConstraint(fields=["code", "vintage"], name="cell_code")]

    def __str__(self):
        return self.code


class CellShare(models.Model):
    """The share of a cell's area that lies in a territory, and so of its people."""

    cell = models.ForeignKey(Cell, models.CASCADE, related_name="shares")
    territory = models.ForeignKey(Territory, models.CASCADE, related_name="shares")
    share = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["territory", "cell"], name="cell_share")]

    def __str__(self):
        return f"{self.cell_id} {self.territory_id} {self.share:.3f}"
