"""Diagnoses: how well each territory is served, computed once for a state of the data, and kept each month."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places.geo import DETOUR, WALKED_PER_MINUTE


class DiagnosisQuerySet(models.QuerySet):
    def now(self) -> "Diagnosis | None":
        """The one that follows the data."""
        return self.filter(month="").first()

    def kept(self):
        """Those of each month, the oldest first."""
        return self.exclude(month="").order_by("month")


class Diagnosis(models.Model):
    """One computation. `month` is blank for the one that follows the data, `2026-11` for one that is kept."""

    month = models.CharField(_("mois"), max_length=7, blank=True, unique=True)
    made_at = models.DateTimeField(_("calculé le"), default=timezone.now)
    data_version = models.PositiveBigIntegerField(_("version des données"))
    week = models.DateField(_("semaine d’ouverture examinée"))
    places = models.PositiveIntegerField(_("lieux"))
    unlocated = models.PositiveIntegerField(_("lieux sans position"))
    cells = models.PositiveIntegerField(_("carreaux"))
    grid = models.CharField(_("millésime du carroyage"), max_length=10, blank=True)

    objects = DiagnosisQuerySet.as_manager()

    class Meta:
        verbose_name = _("diagnostic")
        verbose_name_plural = _("diagnostics")

    def __str__(self):
        return self.month or f"{self.made_at:%Y-%m-%d}"


class Figure(models.Model):
    """How one territory is served in one subject. Shares are of its population, from 0 to 1; None without people."""

    diagnosis = models.ForeignKey(Diagnosis, models.CASCADE, related_name="figures")
    subject = models.CharField(max_length=110)
    kind = models.CharField(max_length=10)
    code = models.CharField(max_length=30)
    places = models.PositiveIntegerField()
    population = models.FloatField()
    near5 = models.FloatField(null=True)
    near10 = models.FloatField(null=True)
    near15 = models.FloatField(null=True)
    farthest = models.FloatField(null=True)

    class Meta:
        verbose_name = _("chiffre")
        constraints = [
            models.UniqueConstraint(fields=["diagnosis", "subject", "kind", "code"], name="figure_of_territory")
        ]
        indexes = [
            models.Index(fields=["diagnosis", "kind", "code"], name="figure_territory"),
            models.Index(fields=["subject", "kind", "code"], name="figure_evolution"),
        ]

    def __str__(self):
        return f"{self.subject} {self.kind} {self.code}"

    def near(self, minutes: int) -> float | None:
        return getattr(self, f"near{minutes}")

    @property
    def per_ten_thousand(self) -> float | None:
        return self.places * 10_000 / self.population if (self.population or 0) >= 1 else None

    @property
    def farthest_minutes(self) -> int | None:
        """How long the least served tenth walks, at the least."""
        return None if self.farthest is None else round(self.farthest * DETOUR / WALKED_PER_MINUTE)
