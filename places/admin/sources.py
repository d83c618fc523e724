"""Sources: where places come from, how often they are read again, and which ones fail."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from places.admin import filters
from places.importing.sources import sync
from places.models import DataVersion, Source


class SourceForm(forms.ModelForm):
    def clean(self):
        cleaned = super().clean()
        if cleaned.get("every") != Source.Every.NEVER and not cleaned.get("address") and "address" not in self.errors:
            self.add_error("address", _("Pour être relue, une source a besoin de l’adresse de son fichier."))
        return cleaned


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    form = SourceForm
    list_display = ["name", "state", "every", "held", "licence", "address"]
    list_filter = [filters.FailureFilter, "every"]
    search_fields = ["name", "address"]
    readonly_fields = ["held", "checked_at", "failure", "failures"]
    fieldsets = [
        (None, {"fields": ["name", "licence", "update_url", "update_delay", "held"]}),
        (_("Relecture"), {"fields": ["address", "every", "auto_apply", "checked_at", "failure", "failures"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(number=Count("places"))

    @admin.display(description=_("relecture"), ordering="failures")
    def state(self, source):
        return format_html('<span aria-hidden="true">{}</span> {}', *_state(source))

    @admin.display(description=_("lieux"), ordering="number")
    def held(self, source):
        if not source.pk:
            return 0
        places = reverse("admin:places_place_changelist")
        return format_html('<a href="{}?import_source__id__exact={}">{}</a>', places, source.pk, source.number)

    def save_model(self, request, source, form, change):
        if "address" in form.changed_data:  # what is known of the old file says nothing of the new one
            source.etag = source.last_modified = source.file_hash = source.failure = ""
            source.failures, source.checked_at = 0, None
        super().save_model(request, source, form, change)
        DataVersion.objects.advance()  # its name and licence are on public pages

    # --- read again at once
    def get_urls(self):
        sync_view = self.admin_site.admin_view(require_POST(self.sync_view))
        return [path("<int:pk>/relire/", sync_view, name="places_source_sync"), *super().get_urls()]

    def sync_view(self, request, pk):
        if not self.has_change_permission(request):
            raise PermissionDenied
        source = get_object_or_404(Source.objects.exclude(address=""), pk=pk)
        if not source.runs.filter(file_hash=source.file_hash).exists():
            source.etag = source.last_modified = source.file_hash = ""  # its last file was given up: read it again
        outcome = sync(source, timezone.now())
        sentence = gettext("%(source)s : %(outcome)s") % {"source": source, "outcome": outcome.sentence}
        (messages.error if outcome.failed else messages.success)(request, sentence)
        return HttpResponseRedirect(reverse("admin:places_source_change", args=[pk]))

    # --- deleted only before it has given anything
    def get_actions(self, request):
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_view(self, request, object_id, extra_context=None):
        source = self.get_object(request, unquote(object_id))
        if source and self.has_delete_permission(request, source) and (why := _kept(source)):
            messages.error(request, why)
            return HttpResponseRedirect(reverse("admin:places_source_change", args=[source.pk]))
        return super().delete_view(request, object_id, extra_context)


def _state(source: Source) -> tuple[str, str]:
    """A shape and words, so that colour is not needed."""
    if source.failures:
        words = {"times": source.failures, "why": source.failure}
        failed = ngettext("en échec : %(why)s", "en échec, %(times)d fois de suite : %(why)s", source.failures)
        return "▲", failed % words
    if not source.address:
        return "–", gettext("fichiers donnés à la main")
    if source.checked_at is None:
        return "○", gettext("pas encore relue")
    return "✓", gettext("relue le %s") % date_format(timezone.localtime(source.checked_at), "SHORT_DATETIME_FORMAT")


def _kept(source: Source) -> str:
    """Why a source cannot be deleted; nothing when it can."""
    number = source.places.count()
    if number:
        sentence = ngettext(
            "« %(source)s » ne peut pas être supprimée : %(number)d lieu en vient.",
            "« %(source)s » ne peut pas être supprimée : %(number)d lieux en viennent.",
            number,
        )
        return sentence % {"source": source, "number": number}
    if source.runs.exists():
        return gettext("« %s » ne peut pas être supprimée : l’historique de ses imports la nomme.") % source
    return ""
