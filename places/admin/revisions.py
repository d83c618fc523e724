"""Every change of every place: the list, one undone field by field, all of one author or one import undone at once."""

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from places.admin.changes import in_order, in_words, label, permanence_in_words
from places.models import ImportRun, Place, Revision
from places.reverting import PERMANENCES, Refused, revert, undo

FEW = 200  # lines of a report shown


@admin.register(Revision)
class RevisionAdmin(admin.ModelAdmin):
    list_display = ["made_at", "place_said", "what", "origin", "author", "reason"]
    list_filter = ["origin", ("author", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["place", "author"]
    list_display_links = None
    list_per_page = 50
    search_fields = ["place__search_text", "reason"]
    search_help_text = _("Des mots du lieu, ou du pourquoi.")
    date_hierarchy = "made_at"
    show_full_result_count = False

    def get_queryset(self, request):
        return super().get_queryset(request).defer("place__search_text", "place__presentation_detail")

    @admin.display(description=_("lieu"), ordering="place__nom")
    def place_said(self, revision):
        address = reverse("admin:places_place_history", args=[quote(revision.place_id)])
        return format_html('<a href="{}">{}</a>', address, revision.place)

    @admin.display(description=_("ce qui change"))
    def what(self, revision):
        if revision.created:
            return gettext("création")
        return ", ".join(label(Place, name) for name, _values in in_order(Place, revision.changes))

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Lead to the history of the place, where this change is told."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        revision = self.get_object(request, unquote(object_id))
        if revision is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(reverse("admin:places_place_history", args=[quote(revision.place_id)]))

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/remettre/", wrap(require_POST(self.revert_view)), name="places_revision_revert"),
            path("defaire/", wrap(self.undo_view), name="places_revision_undo"),
            *super().get_urls(),
        ]

    # --- one change
    def revert_view(self, request, pk):
        """Give chosen fields back their former values, or show what changed since and ask."""
        revision = get_object_or_404(Revision.objects.select_related("place"), pk=pk)
        places = admin.site.get_model_admin(Place)
        place = places.get_object(request, revision.place_id)
        if place is None or not places.has_change_permission(request, place):
            raise PermissionDenied
        there = HttpResponseRedirect(reverse("admin:places_place_history", args=[quote(place.pk)]))
        names = request.POST.getlist("field")
        if not names:
            messages.warning(request, gettext("Rien n’est coché : rien n’a changé."))
            return there
        if forbidden := {*names} & {*places.get_readonly_fields(request, place)}:
            raise PermissionDenied(forbidden)
        try:
            conflicts = revert(
                revision,
                names,
                author=request.user,
                force=request.POST.getlist("force"),
                seen=request.POST.get("seen", ""),
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return there
        if not conflicts:
            messages.success(request, gettext("Les valeurs d’avant sont remises ; l’historique le dit."))
            return there
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Changé depuis : que faire ?"),
            "opts": Place._meta,
            "revision": revision,
            "place": place,
            "names": names,
            "seen": Place.objects.values_list("changed_at", flat=True).get(pk=place.pk).isoformat(),
            "conflicts": [
                (
                    conflict.field,
                    label(Place, conflict.field),
                    *(lines(conflict.field, value) for value in (conflict.before, conflict.after, conflict.now)),
                )
                for conflict in conflicts
            ],
        }
        return TemplateResponse(request, "admin/places/revision/conflict.html", context, status=409)

    # --- everything by one author or one import
    def undo_view(self, request):
        """Say what undoing everything would do; do it when asked."""
        if not request.user.has_perm("places.undo_changes"):
            raise PermissionDenied
        whose, revisions, reason = self._chosen(request)
        options = {"author": request.user, "origin": Revision.Origin.ADMIN, "reason": reason}
        done = undo(revisions, **options, apply=request.method == "POST")
        if request.method == "POST":
            number = len(done.places) + len(done.archived)
            said = ngettext("%d lieu remis comme avant.", "%d lieux remis comme avant.", number) % number
            messages.success(request, said)
            return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Défaire tout ce que %s a changé") % whose,
            "opts": self.opts,
            "done": done,
            "number": revisions.count(),
            "places": done.places[:FEW],
            "archived": done.archived[:FEW],
            "kept": [(place, label(Place, name) if name else "", why) for place, name, why in done.kept[:FEW]],
            "few": FEW,
        }
        return TemplateResponse(request, "admin/places/revision/undo.html", context)

    def _chosen(self, request):
        author, run = request.GET.get("auteur", ""), request.GET.get("import", "")
        if author.isdecimal() and len(author) < 10:
            user = get_object_or_404(get_user_model(), pk=author)
            words = gettext("le compte « %s »") % user
            return words, Revision.objects.filter(author=user), gettext("Annulation : %s.") % words
        if run.isdecimal() and len(run) < 10:
            run = get_object_or_404(ImportRun.objects.defer("report", "content").select_related("source"), pk=run)
            words = gettext("l’import « %s »") % run
            return words, Revision.objects.filter(import_run=run), gettext("Annulation : %s.") % words
        raise Http404


def lines(name: str, value) -> list[str]:
    """Return a value of history as lines of words."""
    return [*map(permanence_in_words, value or [])] if name == PERMANENCES else in_words(Place, name, value)
