"""One timetable at a time: its lines, its stops, and its trips folded into patterns that many trips share.

A city's three million stop times are a few thousand *patterns* (the same stops at the same pace), each run at a list of
*starts* on the days of a *service*. The next departures at a stop are then its calls, each with a handful of lists.
Times are seconds after noon minus twelve hours, as GTFS counts them: beyond 86,400 on the following night, right on the
two days a year when the clock changes.
"""

from datetime import date

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

PER_TIMETABLE = 10_000_000  # objects of each model in one timetable, at most


def number_in(timetable: "Timetable", rank: int) -> int:
    """Return the key of the object of this rank: known before it is written, on every database."""
    return timetable.pk * PER_TIMETABLE + rank


class TimetableManager(models.Manager):
    def current(self) -> "Timetable | None":
        return self.filter(current=True).first()


class Timetable(models.Model):
    """A feed once imported. The current one is what people see; it is replaced whole, in one transaction."""

    current = models.BooleanField(_("en vigueur"), default=False)
    source = models.CharField(_("source"), max_length=500)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    networks = models.JSONField(_("réseaux"), default=list, help_text=_("Les noms des transporteurs."))
    version = models.CharField(_("version"), max_length=200, blank=True)
    timezone = models.CharField(_("fuseau horaire"), max_length=64)
    starts_on = models.DateField(_("premier jour"), null=True)
    ends_on = models.DateField(_("dernier jour"), null=True)
    longest = models.PositiveIntegerField(_("heure la plus tardive"), default=0, help_text=_("En secondes."))
    imported_at = models.DateTimeField(_("importé le"), auto_now_add=True)

    objects = TimetableManager()

    class Meta:
        verbose_name = _("horaires des transports")
        verbose_name_plural = _("horaires des transports")
        constraints = [
            models.UniqueConstraint(fields=["current"], condition=models.Q(current=True), name="timetable_current")
        ]

    def __str__(self):
        return f"{self.source} ({self.starts_on} – {self.ends_on})"

    @property
    def has_hours(self) -> bool:
        """False when only the stops and the lines are known."""
        return self.starts_on is not None

    def covers(self, day: date) -> bool:
        return self.has_hours and self.starts_on <= day <= self.ends_on


class Mode(models.TextChoices):
    METRO = "metro", _("métro")
    TRAM = "tram", _("tram")
    TRAIN = "train", _("train")
    BUS = "bus", _("bus")
    ON_DEMAND = "demande", _("bus à la demande")
    TROLLEY = "trolley", _("trolleybus")
    FERRY = "ferry", _("bateau")
    CABLE = "cable", _("téléphérique")
    FUNICULAR = "funiculaire", _("funiculaire")
    OTHER = "autre", _("autre")


class LineQuerySet(models.QuerySet):
    def current(self):
        return self.filter(timetable__current=True)


class Line(models.Model):
    id = models.BigIntegerField(primary_key=True)
    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="lines")
    code = models.CharField(_("code"), max_length=200)
    nom = models.CharField(_("nom"), max_length=200)
    description = models.CharField(_("parcours"), max_length=500, blank=True)
    network = models.CharField(_("réseau"), max_length=200, blank=True)
    mode = models.CharField(_("mode"), max_length=12, choices=Mode)
    colour = models.CharField(_("couleur"), max_length=7, blank=True)
    rank = models.PositiveIntegerField(default=0)
    geometry = models.JSONField(_("tracé"), null=True, help_text=_("MultiLineString, dans le territoire."))

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = _("ligne")
        ordering = ["rank", "pk"]

    def __str__(self):
        return self.nom


class StopQuerySet(models.QuerySet):
    def current(self):
        return self.filter(timetable__current=True)


class Stop(models.Model):
    """A stop as people name it: a station with all its platforms, or both sides of a street."""

    id = models.BigIntegerField(primary_key=True)
    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="stops")
    slug = models.CharField(max_length=200)
    codes = models.JSONField(_("codes"), default=list, help_text=_("Les arrêts du fichier réunis ici."))
    nom = models.CharField(_("nom"), max_length=300)
    latitude = models.FloatField()
    longitude = models.FloatField()
    wheelchair = models.BooleanField(_("accessible en fauteuil"), null=True)
    lines = models.ManyToManyField(Line, related_name="stops")
    changes = models.JSONField(
        _("correspondances à pied"), default=list, help_text=_("[arrêt, secondes ou rien] pour chacune.")
    )

    objects = StopQuerySet.as_manager()

    class Meta:
        verbose_name = _("arrêt")
        verbose_name_plural = _("arrêts")
        ordering = ["nom", "slug"]
        constraints = [models.UniqueConstraint(fields=["timetable", "slug"], name="stop_slug")]
        indexes = [models.Index(fields=["timetable", "latitude", "longitude"], name="stop_position")]

    def __str__(self):
        return self.nom

    def get_absolute_url(self):
        return reverse("places:stop", args=[self.slug])


class Service(models.Model):
    """A set of days on which the same trips run."""

    id = models.BigIntegerField(primary_key=True)
    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="services")

    def __str__(self):
        return str(self.pk)


class ServiceDay(models.Model):
    service = models.ForeignKey(Service, models.CASCADE, related_name="days")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "day"], name="service_day")]

    def __str__(self):
        return str(self.day)


class Pattern(models.Model):
    """A way of running a line: the same stops, at the same pace, to the same direction."""

    id = models.BigIntegerField(primary_key=True)
    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="patterns")
    line = models.ForeignKey(Line, models.CASCADE, related_name="patterns")
    direction = models.CharField(_("direction"), max_length=300)

    def __str__(self):
        return f"{self.line} → {self.direction}"


class Call(models.Model):
    """A pattern at a stop: seconds after its start, and whether one gets on and off there."""

    class Boarding(models.IntegerChoices):
        NO = 0
        YES = 1
        ON_DEMAND = 2

    pattern = models.ForeignKey(Pattern, models.CASCADE, related_name="calls")
    stop = models.ForeignKey(Stop, models.CASCADE, related_name="calls")
    rank = models.PositiveSmallIntegerField()
    arrival = models.IntegerField()
    departure = models.IntegerField()
    boarding = models.PositiveSmallIntegerField(choices=Boarding)
    alighting = models.PositiveSmallIntegerField(choices=Boarding)
    direction = models.CharField(max_length=300, blank=True)  # when it is not the pattern's

    def __str__(self):
        return f"{self.stop} + {self.departure} s"


class Run(models.Model):
    """When a pattern starts on the days of a service: seconds, in order; or about every so many seconds within spans.

    `spans` holds `[first, end, every]`, for the vehicles that keep an interval rather than a timetable.
    """

    pattern = models.ForeignKey(Pattern, models.CASCADE, related_name="runs")
    service = models.ForeignKey(Service, models.CASCADE, related_name="runs")
    starts = models.JSONField(default=list)
    spans = models.JSONField(default=list)

    def __str__(self):
        return f"{self.pattern} ({len(self.starts)})"
