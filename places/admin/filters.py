"""The questions a moderator asks of a list."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.admin import tasks
from places.models import Territory


class ToCompleteFilter(admin.SimpleListFilter):
    title = _("ce qui manque")
    parameter_name = "a_completer"

    def lookups(self, request, model_admin):
        return [
            ("oui", _("adresse ou position")),
            ("adresse", _("adresse")),
            ("position", _("position")),
        ]

    def queryset(self, request, places):
        match self.value():
            case "oui":
                return tasks.to_complete(places)
            case "adresse":
                return tasks.to_complete(places).filter(adresse="")
            case "position":
                return tasks.to_complete(places).filter(latitude=None)
        return places


class ToVerifyFilter(admin.SimpleListFilter):
    title = _("vérification")
    parameter_name = "a_verifier"

    def lookups(self, request, model_admin):
        return [("oui", _("à vérifier"))]

    def queryset(self, request, places):
        return tasks.to_verify(places) if self.value() == "oui" else places


class QuartierFilter(admin.SimpleListFilter):
    title = _("quartier")
    parameter_name = "quartier"

    def lookups(self, request, model_admin):
        return Territory.objects.current().of_kind("quartier").values_list("code", "nom")

    def queryset(self, request, places):
        return places.within("quartier", self.value()) if self.value() else places


class PriorityDistrictFilter(admin.SimpleListFilter):
    title = _("quartier prioritaire (QPV)")
    parameter_name = "qpv"

    def lookups(self, request, model_admin):
        return [("oui", _("oui")), ("non", _("non"))]

    def queryset(self, request, places):
        match self.value():
            case "oui":
                return places.within("qpv", "oui")
            case "non":
                return places.filter(qpv=None)
        return places


class TermFilter(admin.SimpleListFilter):
    """Narrow a list to what carries one term of `vocabulary`, kept in `column`."""

    vocabulary: str
    column: str

    def lookups(self, request, model_admin):
        return [(entry.slug, entry.short_label) for entry in lexicon.entries(self.vocabulary)]

    def queryset(self, request, rows):
        term = lexicon.find(self.vocabulary, self.value())
        return rows.filter(**{f"{self.column}__any": [term]}) if term else rows


class ServiceFilter(TermFilter):
    title = _("aide proposée")
    parameter_name = vocabulary = "services"
    column = "offered_services"


class ThemeFilter(TermFilter):
    title = _("besoin particulier")
    parameter_name = vocabulary = column = "themes"


class LanguageFilter(TermFilter):
    title = _("langue")
    parameter_name = vocabulary = column = "langues"
