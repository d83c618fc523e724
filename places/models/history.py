"""How data changed: the revisions of each place, and the version of the whole."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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


class Revision(models.Model):
    """One change of one place: who, when, why, from what, field by field. Never edited, never deleted."""

    class Origin(models.TextChoices):
        IMPORT = "import", _("import")
        ADMIN = "admin", _("administration")
        COMMAND = "command", _("commande")
        SUBMISSION = "submission", _("proposition")
        LINK = "link", _("lien de la structure")

    place = models.ForeignKey("places.Place", models.CASCADE, related_name="revisions", verbose_name=_("lieu"))
    made_at = models.DateTimeField(_("le"), default=timezone.now)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    origin = models.CharField(_("depuis"), max_length=20, choices=Origin)
    reason = models.CharField(_("pourquoi"), max_length=300, blank=True)
    import_run = models.ForeignKey(
        "places.ImportRun", models.PROTECT, null=True, blank=True, related_name="revisions", verbose_name=_("import")
    )
    submission = models.ForeignKey(
        "places.Submission",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="revisions",
        verbose_name=_("proposition"),
    )
    created = models.BooleanField(_("création"), default=False)
    changes = models.JSONField(_("changements"), default=dict)

    class Meta:
        verbose_name = _("changement")
        verbose_name_plural = _("changements")
        ordering = ["-made_at", "-pk"]

    def __str__(self):
        return f"{self.place} – {timezone.localtime(self.made_at):%d/%m/%Y %H:%M}"
