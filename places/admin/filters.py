"""The questions a moderator asks of a list."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places import lexicon, quality
from places.admin import tasks
from places.models import Conflict, ImportRun, Revision, Territory


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


class GoneFilter(admin.SimpleListFilter):
    title = _("présence dans sa source")
    parameter_name = "disparus"

    def lookups(self, request, model_admin):
        return [("oui", _("n’est plus dans sa source"))]

    def queryset(self, request, places):
        return tasks.gone(places) if self.value() == "oui" else places


class UnreadableHoursFilter(admin.SimpleListFilter):
    title = _("horaires")
    parameter_name = "horaires_illisibles"

    def lookups(self, request, model_admin):
        return [("oui", _("illisibles, à confirmer ou à réécrire"))]

    def queryset(self, request, places):
        return quality.unreadable_hours(places, timezone.localdate()) if self.value() == "oui" else places


class QualityFilter(admin.SimpleListFilter):
    """The questions of the quality desk, asked of the list."""

    title = _("qualité")
    parameter_name = "qualite"

    def lookups(self, request, model_admin):
        return [(question.name, question.title) for question in quality.QUESTIONS]

    def queryset(self, request, places):
        for question in quality.QUESTIONS:
            if question.name == self.value():
                return question.find(places, timezone.localdate())
        return places


class ImportFilter(admin.SimpleListFilter):
    """Narrow to the places one import wrote; shown only to who comes from that import."""

    title = _("import")
    parameter_name = "import"

    def lookups(self, request, model_admin):
        if not (self.value() or "").isdecimal():
            return []
        runs = ImportRun.objects.filter(pk=self.value()).select_related("source").defer("report", "content")
        return [(str(run.pk), str(run)) for run in runs]

    def queryset(self, request, places):
        if not self.value():
            return places
        return places.filter(pk__in=Revision.objects.filter(import_run=self.value()).values("place"))


class DecisionFilter(admin.SimpleListFilter):
    """What waits, unless something else is asked."""

    title = _("décision")
    parameter_name = "decision"

    def lookups(self, request, model_admin):
        return [("prise", _("décidés")), ("toutes", _("tous"))]

    def choices(self, changelist):
        waiting, *others = super().choices(changelist)
        return [waiting | {"display": Conflict.Decision.WAITING.label}, *others]

    def queryset(self, request, conflicts):
        match self.value():
            case "prise":
                return conflicts.exclude(decision=Conflict.Decision.WAITING)
            case "toutes":
                return conflicts
        return conflicts.waiting()


class FailureFilter(admin.SimpleListFilter):
    title = _("relecture")
    parameter_name = "echec"

    def lookups(self, request, model_admin):
        return [("oui", _("en échec"))]

    def queryset(self, request, sources):
        return tasks.failing(sources) if self.value() == "oui" else sources


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
