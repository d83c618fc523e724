"""Disagreements with a source: fields that a human corrected and that the source changed too; a human decides."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseBadRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from places.admin import filters
from places.admin.changes import label
from places.admin.reports import BOTH_STAND, compared, place_address
from places.importing import decide
from places.models import Conflict, Place

DECISIONS = {Conflict.Decision.OURS: _("Garder la nôtre"), Conflict.Decision.THEIRS: _("Prendre celle de la source")}


@admin.register(Conflict)
class ConflictAdmin(admin.ModelAdmin):
    actions = ["keep_ours", "take_theirs"]
    list_display_links = None
    list_filter = [filters.DecisionFilter, "run__source"]
    list_per_page = 50
    search_fields = ["place__nom"]

    def get_queryset(self, request):
        conflicts = super().get_queryset(request).select_related("place", "run__source", "decided_by")
        return conflicts.defer("run__report", "run__content", "place__search_text", "place__presentation_detail")

    # --- the list: each value with the button that takes it
    def get_list_display(self, request):
        question = request.GET.urlencode() if self.has_change_permission(request) else None

        @admin.display(description=_("notre valeur"))
        def ours_said(conflict):
            return _value(conflict, "before", Conflict.Decision.OURS, question)

        @admin.display(description=_("valeur de la source"))
        def theirs_said(conflict):
            return _value(conflict, "after", Conflict.Decision.THEIRS, question)

        decided = ["decided"] if filters.DecisionFilter.parameter_name in request.GET else []
        return ["at", ours_said, theirs_said, "source", *decided]

    @admin.display(description=_("lieu et champ"), ordering="place__nom")
    def at(self, conflict):
        words = place_address(conflict.place_id), conflict.place, capfirst(label(Place, conflict.field))
        return format_html('<a href="{}">{}</a><br>{}', *words)

    @admin.display(description=_("source"), ordering="run__applied_at")
    def source(self, conflict):
        address = reverse("admin:places_importrun_change", args=[conflict.run_id])
        said_at = timezone.localtime(conflict.run.applied_at or conflict.run.started_at)
        said_on = date_format(said_at, "SHORT_DATE_FORMAT")
        return format_html('<a href="{}">{}</a>, {}', address, conflict.run.source, said_on)

    @admin.display(description=_("décision"), ordering="decided_at")
    def decided(self, conflict):
        return _decided(conflict)

    def changelist_view(self, request, extra_context=None):
        title = gettext("Désaccords avec une source : laquelle des deux valeurs est juste ?")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Lead to the disagreements of the same place, decided or not."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        conflict = self.get_object(request, object_id)
        if conflict is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        question = urlencode({"place__id__exact": conflict.place_id, "decision": "toutes"})
        return HttpResponseRedirect(f"{_list()}?{question}")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # --- verbs
    @admin.action(description=DECISIONS[Conflict.Decision.OURS], permissions=["change"])
    def keep_ours(self, request, conflicts):
        self._decide(request, conflicts, Conflict.Decision.OURS)

    @admin.action(description=DECISIONS[Conflict.Decision.THEIRS], permissions=["change"])
    def take_theirs(self, request, conflicts):
        self._decide(request, conflicts, Conflict.Decision.THEIRS)

    def get_urls(self):
        decide_view = self.admin_site.admin_view(require_POST(self.decide_view))
        return [path("<int:pk>/decider/", decide_view, name="places_conflict_decide"), *super().get_urls()]

    def decide_view(self, request, pk):
        """Decide one row, from its button, and come back to the list as it was."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        decision = request.POST.get("decision")
        if decision not in DECISIONS:
            return HttpResponseBadRequest()
        self._decide(request, self.get_queryset(request).filter(pk=pk), decision)
        return HttpResponseRedirect(f"{_list()}?{request.GET.urlencode()}")

    def _decide(self, request, conflicts, decision: str) -> None:
        decided = late = 0
        conflicts = list(conflicts)
        for conflict in conflicts:
            try:
                done = decide(conflict, decision, request.user)
            except ValidationError as error:
                words = {"name": _name(conflict), "why": " ".join(error.messages)}
                messages.error(request, gettext("%(name)s : la valeur ne peut plus être prise. %(why)s") % words)
            except Conflict.DoesNotExist:
                late += 1
            else:
                decided, late = decided + done, late + (not done)
        if decided:
            words = {Conflict.Decision.OURS: gettext("notre valeur est gardée")}
            said = words.get(decision, gettext("la valeur de la source est prise"))
            sentence = ngettext(
                "%(number)d désaccord décidé : %(said)s.", "%(number)d désaccords décidés : %(said)s.", decided
            )
            messages.success(request, sentence % {"number": decided, "said": said})
        if late or not conflicts:
            messages.warning(request, gettext("Déjà décidé, ou remplacé par un import plus récent."))


def _list() -> str:
    return reverse("admin:places_conflict_changelist")


def _value(conflict: Conflict, side: str, decision: str, question: str | None) -> str:
    """One of the two values and, while it may be chosen, its button."""
    value = getattr(compared(conflict.field, conflict.ours, conflict.theirs, BOTH_STAND), side)
    if conflict.decision or question is None:
        return value
    address = f"{reverse('admin:places_conflict_decide', args=[conflict.pk])}?{question}"
    row = {"value": value, "address": address, "decision": decision, "words": DECISIONS[decision]}
    return render_to_string("admin/places/conflict/_choice.html", row | {"name": _name(conflict)})


def _name(conflict: Conflict) -> str:
    return f"{conflict.place}, {label(Place, conflict.field)}"


def _decided(conflict: Conflict) -> str:
    """The decision in words, with who and when."""
    if not conflict.decision:
        return conflict.get_decision_display()
    words = {
        "decision": conflict.get_decision_display(),
        "who": conflict.decided_by or "–",
        "when": date_format(timezone.localtime(conflict.decided_at), "SHORT_DATETIME_FORMAT"),
    }
    return gettext("%(decision)s (%(who)s, le %(when)s)") % words
