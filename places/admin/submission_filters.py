"""The questions a moderator asks of the inbox."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from places.models import Place, Submission, Territory


class StateFilter(admin.SimpleListFilter):
    """What waits for a moderator, unless something else is asked."""

    title = _("état")
    parameter_name = "etat"

    def lookups(self, request, model_admin):
        decided = [choice for choice in Submission.State.choices if choice[0] != Submission.State.WAITING]
        return [*decided, ("toutes", _("toutes"))]

    def choices(self, changelist):
        waiting, *others = super().choices(changelist)
        return [waiting | {"display": Submission.State.WAITING.label}, *others]

    def queryset(self, request, submissions):
        if self.value() == "toutes":
            return submissions
        asked = self.value() if self.value() in Submission.State.values else Submission.State.WAITING
        return submissions.filter(state=asked)


class NeighbourhoodFilter(admin.SimpleListFilter):
    title = _("quartier")
    parameter_name = "quartier"

    def lookups(self, request, model_admin):
        return Territory.objects.current().of_kind("quartier").values_list("code", "nom")

    def queryset(self, request, submissions):
        return submissions.filter(place__quartier__code=self.value()) if self.value() else submissions


class AboutPlaceFilter(admin.SimpleListFilter):
    """Narrow to one place; shown only to who comes from it."""

    title = _("lieu")
    parameter_name = "lieu"

    def lookups(self, request, model_admin):
        return Place.objects.filter(pk=self.value()).values_list("pk", "nom") if self.value() else []

    def queryset(self, request, submissions):
        return submissions.filter(place=self.value()) if self.value() else submissions
