"""What the web addresses of records answered, the last time they were tried."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LinkQuerySet(models.QuerySet):
    def dead(self):
        """Those that failed twice in a row: a site may be down for a night."""
        return self.filter(failures__gte=2)


class Link(models.Model):
    address = models.CharField(_("adresse"), max_length=2000, unique=True)
    checked_at = models.DateTimeField(_("essayée le"), default=timezone.now, db_index=True)
    failures = models.PositiveIntegerField(_("échecs de suite"), default=0)
    failure = models.CharField(_("dernier échec"), max_length=300, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lien")
        verbose_name_plural = _("liens")
        ordering = ["-failures", "address"]

    def __str__(self):
        return self.address
