"""Where data comes from and how it changed: sources, import runs, revisions, and the version of the whole."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.validators import validate_link


class DataVersionManager(models.Manager):
    def current(self) -> int:
        """Return the number that every published change moves; 0 before the first."""
        return self.values_list("number", flat=True).first() or 0

    def advance(self) -> None:
        """Say that published data changed; call it inside the transaction of the change."""
        if not self.update(number=F("number") + 1, changed_at=timezone.now()):
            self.create(number=1)


class DataVersion(models.Model):
    """One row: every cache and every ETag of the public pages follows its number."""

    number = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = DataVersionManager()

    class Meta:
        verbose_name = _("version des données")

    def __str__(self):
        return str(self.number)


class Source(models.Model):
    """A file or a person that places come from."""

    name = models.CharField(_("nom"), max_length=120, unique=True)
    address = models.CharField(_("adresse du fichier"), blank=True, max_length=500, validators=[validate_link])
    licence = models.CharField(_("licence"), max_length=120, blank=True)
    update_url = models.CharField(
        _("où une structure met sa fiche à jour"), blank=True, max_length=500, validators=[validate_link]
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["name"]

    def __str__(self):
        return self.name


class ImportRun(models.Model):
    """One reading of a file, applied or not, with what it found and did."""

    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"), related_name="runs")
    file_name = models.CharField(_("fichier"), max_length=500)
    file_hash = models.CharField(_("empreinte SHA-256"), max_length=64)
    started_at = models.DateTimeField(_("lancé le"), default=timezone.now)
    applied_at = models.DateTimeField(_("appliqué le"), null=True, blank=True)
    counts = models.JSONField(_("décompte"), default=dict)
    report = models.JSONField(_("rapport"), default=dict)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-started_at", "-pk"]

    def __str__(self):
        return f"{self.source} – {timezone.localtime(self.started_at):%d/%m/%Y %H:%M}"


class Revision(models.Model):
    """One change of one place: who, when, why, from what, field by field. Never edited, never deleted."""

    class Origin(models.TextChoices):
        IMPORT = "import", _("import")
        ADMIN = "admin", _("administration")
        COMMAND = "command", _("commande")

    place = models.ForeignKey("places.Place", models.CASCADE, related_name="revisions", verbose_name=_("lieu"))
    made_at = models.DateTimeField(_("le"), default=timezone.now)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    origin = models.CharField(_("depuis"), max_length=20, choices=Origin)
    reason = models.CharField(_("pourquoi"), max_length=300, blank=True)
    import_run = models.ForeignKey(
        ImportRun, models.PROTECT, null=True, blank=True, related_name="revisions", verbose_name=_("import")
    )
    created = models.BooleanField(_("création"), default=False)
    changes = models.JSONField(_("changements"), default=dict)

    class Meta:
        verbose_name = _("changement")
        verbose_name_plural = _("changements")
        ordering = ["-made_at", "-pk"]

    def __str__(self):
        return f"{self.place} – {timezone.localtime(self.made_at):%d/%m/%Y %H:%M}"
