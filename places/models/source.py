"""Where places come from: sources, each reading of their files, what they last said of a place, and disagreements."""

import gzip
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.validators import validate_link


class SourceQuerySet(models.QuerySet):
    def due(self, now):
        """Those with an address whose turn has come at an aware `now`."""
        late = Q(checked_at__isnull=True)
        for every in Source.Every:
            if every.days:
                late |= Q(every=every, checked_at__lte=now - timedelta(days=every.days, minutes=-30))
        return self.exclude(address="").exclude(every=Source.Every.NEVER).filter(late)


class Source(models.Model):
    """A file or a person that places come from."""

    class Every(models.TextChoices):
        NEVER = "never", _("jamais, à la main")
        DAY = "day", _("chaque jour")
        WEEK = "week", _("chaque semaine")
        MONTH = "month", _("chaque mois")

        @property
        def days(self) -> int:
            return {"day": 1, "week": 7, "month": 30}.get(self.value, 0)

    name = models.CharField(_("nom"), max_length=120, unique=True)
    address = models.CharField(
        _("adresse du fichier"),
        blank=True,
        max_length=500,
        validators=[validate_link],
        help_text=_("Une adresse https. Vide : les fichiers sont donnés à la main."),
    )
    every = models.CharField(_("relu"), max_length=10, choices=Every, default=Every.NEVER)
    auto_apply = models.BooleanField(
        _("appliquer sans relecture"),
        default=False,
        help_text=_("Sinon, chaque nouvelle version attend qu’une personne la lise et appuie sur « Appliquer »."),
    )
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    update_url = models.CharField(
        _("où une structure met sa fiche à jour"), blank=True, max_length=500, validators=[validate_link]
    )
    update_delay = models.CharField(
        _("délai avant de voir la mise à jour ici"),
        max_length=80,
        blank=True,
        help_text=_("En fin de phrase : « sous une semaine », « le mois suivant »."),
    )
    checked_at = models.DateTimeField(_("relu le"), null=True, blank=True, editable=False)
    failure = models.CharField(_("dernier échec"), max_length=500, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("échecs de suite"), default=0, editable=False)
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    file_hash = models.CharField(max_length=64, blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self):
        return self.name


class ImportRun(models.Model):
    """One reading of a file: what it found and, once applied, what it did. The file is kept to be applied as read."""

    class State(models.TextChoices):
        READ = "read", _("lu, à appliquer")
        APPLIED = "applied", _("appliqué")

    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), related_name="runs")
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.READ)
    file_name = models.CharField(_("fichier"), max_length=500)
    file_hash = models.CharField(_("empreinte SHA-256"), max_length=64)
    content = models.BinaryField(null=True, editable=False)
    started_at = models.DateTimeField(_("lancé le"), default=timezone.now)
    applied_at = models.DateTimeField(_("appliqué le"), null=True, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    counts = models.JSONField(_("décompte"), default=dict)
    report = models.JSONField(_("rapport"), default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-started_at", "-pk"]

    def __str__(self):
        return f"{self.source} – {timezone.localtime(self.started_at):%d/%m/%Y %H:%M}"

    @property
    def file(self) -> bytes:
        return gzip.decompress(self.content) if self.content else b""

    @file.setter
    def file(self, content: bytes) -> None:
        self.content = gzip.compress(content, mtime=0)


class SourceRecord(models.Model):
    """What a source last said of a place: the common ancestor between its next file and what humans corrected."""

    place = models.OneToOneField(
        "places.Place", models.CASCADE, primary_key=True, related_name="source_record", verbose_name=_("lieu")
    )
    values = models.JSONField(_("valeurs"), default=dict)
    notes = models.JSONField(_("remarques"), default=list)
    digest = models.CharField(_("empreinte de la ligne"), max_length=64)
    gone_since = models.DateField(_("n’est plus dans sa source depuis le"), null=True, blank=True)

    class Meta:
        verbose_name = _("fiche de la source")
        verbose_name_plural = _("fiches des sources")

    def __str__(self):
        return self.place_id


class ConflictQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(decision="")


class Conflict(models.Model):
    """A field that a human corrected and that its source now changes too: only a human decides."""

    class Decision(models.TextChoices):
        WAITING = "", _("à décider")
        OURS = "ours", _("la nôtre est gardée")
        THEIRS = "theirs", _("celle de la source est prise")

    place = models.ForeignKey("places.Place", models.CASCADE, related_name="conflicts", verbose_name=_("lieu"))
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="conflicts", verbose_name=_("import"))
    field = models.CharField(_("champ"), max_length=60)
    ours = models.JSONField(_("notre valeur"), null=True)
    theirs = models.JSONField(_("valeur de la source"), null=True)
    decision = models.CharField(_("décision"), max_length=10, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    decided_at = models.DateTimeField(_("décidé le"), null=True, blank=True)

    objects = ConflictQuerySet.as_manager()

    class Meta:
        verbose_name = _("désaccord avec une source")
        verbose_name_plural = _("désaccords avec une source")
        ordering = [F("decided_at").desc(nulls_first=True), "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["place", "field"], condition=Q(decision=""), name="conflict_once")
        ]

    def __str__(self):
        return f"{self.place} – {self.field}"
