"""The distinct opening hours, and who is there when at the places that hold permanences; both derived by history."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from places.fields import ScheduleField, TermSetField


class Schedule(models.Model):
    """One text of readable opening hours, under the key that places and permanences hold."""

    key = models.BigIntegerField(primary_key=True)
    text = models.TextField()

    class Meta:
        verbose_name = _("horaires")
        verbose_name_plural = _("horaires")

    def __str__(self):
        return self.text


class Turn(models.Model):
    """What a place offers by itself, or by one of its permanences, and when: see `places.schedules.by_turn`.

    Only the places that hold permanences have turns; elsewhere all that is offered follows the place's own hours.
    """

    place = models.ForeignKey("places.Place", models.CASCADE, related_name="turns")
    permanence = models.ForeignKey("places.Permanence", models.CASCADE, null=True, related_name="+", db_index=True)
    number = models.BigIntegerField()  # that of the place, which the index of places holds
    schedule = ScheduleField()
    services = TermSetField(vocabulary="services")
    demarches = TermSetField(vocabulary="demarches")
    themes = TermSetField(vocabulary="themes")
    materiel = TermSetField(vocabulary="materiel")
    ateliers = TermSetField(vocabulary="ateliers")
    publics_specifiquement_adresses = TermSetField(vocabulary="publics_specifiquement_adresses")
    langues = TermSetField(vocabulary="langues")

    class Meta:
        verbose_name = _("présence")
        verbose_name_plural = _("présences")
        indexes = [models.Index(fields=["number"], name="turn_number")]

    def __str__(self):
        return f"{self.place_id} {self.permanence_id or ''}"
