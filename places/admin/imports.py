"""Sources, and what each reading of a file found: counts, refused rows, repaired cells, remarks."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from places.models import DataVersion, ImportRun, Source

NOTES_SHOWN = 500
COUNTED = {
    "lignes": _("lues"),
    "creees": _("créées"),
    "modifiees": _("modifiées"),
    "inchangees": _("inchangées"),
    "refusees": _("refusées"),
    "corrigees": _("corrigées"),
}


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    list_display = ["name", "licence", "address", "update_url"]
    search_fields = ["name"]

    def save_model(self, request, source, form, change):
        super().save_model(request, source, form, change)
        DataVersion.objects.advance()  # its name and licence are on public pages


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    list_display = ["started_at", "source", "file_name", "applied_at", "counted"]
    list_filter = ["source"]
    list_select_related = ["source"]
    fieldsets = [
        (None, {"fields": ["source", "file_name", "file_hash", "started_at", "applied_at", "counted"]}),
        (_("Rapport"), {"fields": ["refusals", "corrections", "remarks"]}),
    ]
    readonly_fields = ["counted", "refusals", "corrections", "remarks"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report")

    @admin.display(description=_("décompte"))
    def counted(self, run):
        return ", ".join(f"{words} : {run.counts[name]}" for name, words in COUNTED.items() if run.counts.get(name))

    @admin.display(description=_("refus"))
    def refusals(self, run):
        return _table(run, "refus")

    @admin.display(description=_("corrections"))
    def corrections(self, run):
        return _table(run, "corrections")

    @admin.display(description=_("remarques"))
    def remarks(self, run):
        return _table(run, "remarques")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def _table(run: ImportRun, kind: str) -> str:
    notes = run.report.get(kind, [])
    return render_to_string(
        "admin/places/importrun/_notes.html",
        {"notes": notes[:NOTES_SHOWN], "total": len(notes), "shown": NOTES_SHOWN},
    )
