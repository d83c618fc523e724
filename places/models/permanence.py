"""Permanences: what is offered when, by whom, in which language, inside a place or on tour."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from places.fields import TermSetField
from places.vocabularies import OFFERED, VOCABULARIES


class Permanence(models.Model):
    place = models.ForeignKey(
        "places.Place", models.CASCADE, related_name="permanences", verbose_name=_("lieu où elle se tient")
    )
    title = models.CharField(
        _("intitulé"), max_length=120, help_text=_("Par exemple « Écrivain public » ou « Atelier smartphone ».")
    )
    details = models.TextField(
        _("contenu"), blank=True, help_text=_("Ce qu’on y fait ou y apprend, ce qu’il faut apporter.")
    )
    horaires = models.CharField(
        _("horaires"), max_length=500, blank=True, help_text=_("Syntaxe OSM, par exemple « Tu 09:00-12:00 ».")
    )
    by_appointment = models.BooleanField(
        _("sur rendez-vous"), null=True, blank=True, choices=[(True, _("oui")), (False, _("non"))]
    )
    host = models.CharField(
        _("assurée par"), max_length=160, blank=True, help_text=_("Quand c’est une autre structure que le lieu.")
    )
    contact = models.CharField(_("contact"), max_length=160, blank=True)
    services = TermSetField(_("aides"), vocabulary="services")
    demarches = TermSetField(_("démarches"), vocabulary="demarches")
    themes = TermSetField(_("besoins particuliers"), vocabulary="themes")
    materiel = TermSetField(_("matériel"), vocabulary="materiel")
    ateliers = TermSetField(_("ateliers"), vocabulary="ateliers")
    publics_specifiquement_adresses = TermSetField(_("publics"), vocabulary="publics_specifiquement_adresses")
    langues = TermSetField(_("langues"), vocabulary="langues")

    class Meta:
        verbose_name = _("permanence")
        verbose_name_plural = _("permanences")
        ordering = ["pk"]

    def __str__(self):
        return self.title

    def snapshot(self) -> dict:
        """Return what history keeps: every field as plain data, terms by their official text."""
        plain = ("title", "details", "horaires", "by_appointment", "host", "contact")
        return {name: getattr(self, name) for name in plain} | {
            name: getattr(self, name).values for name in OFFERED if name in VOCABULARIES and getattr(self, name)
        }
