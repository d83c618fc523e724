"""Imports: a file given, what applying it would change, and the person who applies it or gives it up."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from places import files
from places.admin import reports
from places.files import UnreadableFile
from places.importing import Report, apply_run, read_file
from places.models import Conflict, ImportRun, Source

COUNTED = {
    "lignes": _("lues"),
    "creees": _("créées"),
    "modifiees": _("modifiées"),
    "inchangees": _("inchangées"),
    "refusees": _("refusées"),
    "corrigees": _("corrigées"),
}
SHAPES = {ImportRun.State.READ: "○", ImportRun.State.APPLIED: "✓"}


class ImportForm(forms.Form):
    """A file, and the source it comes from: one that exists or, for who may add one, a new name."""

    file = forms.FileField(
        label=_("Fichier"),
        allow_empty_file=True,  # the reader has its own sentence for it
        help_text=_("Lieux de médiation numérique, en CSV, Excel (.xlsx), OpenDocument (.ods), JSON ou GeoJSON."),
    )
    source = forms.ModelChoiceField(
        Source.objects.all(),
        label=_("Source"),
        required=False,
        help_text=_("D’où vient ce fichier. Il n’est comparé qu’aux lieux de cette source."),
    )
    new_source = forms.CharField(
        label=_("ou une nouvelle source"),
        required=False,
        max_length=Source._meta.get_field("name").max_length,
        help_text=_("Son nom, tel qu’il se lira sur les fiches."),
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not user.has_perm("places.add_source"):
            del self.fields["new_source"]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > files.MAX_BYTES:
            size = files.MAX_BYTES // 1024**2
            raise forms.ValidationError(_("Fichier trop gros : %d Mo au plus.") % size)
        return file

    def clean(self):
        cleaned = super().clean()
        named = bool(cleaned.get("source")) + bool(cleaned.get("new_source"))
        if named != 1 and not {"source", "new_source"} & {*self.errors}:
            self.add_error("source", _("Choisir une source dans la liste, ou en nommer une nouvelle."))
        return cleaned

    def read(self) -> ImportRun:
        """Keep the file and its report; raise UnreadableFile, and then keep nothing, not even the new source."""
        file, source = self.cleaned_data["file"], self.cleaned_data["source"]
        with transaction.atomic():
            source = source or Source.objects.get_or_create(name=self.cleaned_data["new_source"])[0]
            return read_file(file.read(), file.name, source)


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    list_display = ["read_at", "source", "file_name", "state_said", "counted"]
    list_filter = ["state", "source"]

    def get_queryset(self, request):
        runs = super().get_queryset(request).select_related("source", "applied_by")
        return runs.defer("report", "content")

    @admin.display(description=_("lu le"), ordering="started_at")
    def read_at(self, run):
        return _moment(run.started_at)

    @admin.display(description=_("état"), ordering="state")
    def state_said(self, run):
        words = [run.get_state_display()]
        if run.applied_at:
            words += [_moment(run.applied_at), *([str(run.applied_by)] if run.applied_by else [])]
        return format_html('<span aria-hidden="true">{}</span> {}', SHAPES[run.state], ", ".join(words))

    @admin.display(description=_("décompte"))
    def counted(self, run):
        return ", ".join(f"{words} : {run.counts[name]}" for name, words in COUNTED.items() if run.counts.get(name))

    def has_delete_permission(self, request, obj=None):
        return False  # one that was applied is history; one that was not is given up

    def get_urls(self):
        pages = {
            "apply": ("<int:pk>/appliquer/", require_POST(self.apply_view)),
            "abandon": ("<int:pk>/abandonner/", require_POST(self.abandon_view)),
            "report": ("<int:pk>/rapport.json", self.report_view),
        }
        ours = [
            path(route, self.admin_site.admin_view(view), name=f"places_importrun_{name}")
            for name, (route, view) in pages.items()
        ]
        return ours + super().get_urls()

    # --- a file given
    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.user, request.POST, request.FILES) if request.method == "POST" else None
        if form and form.is_valid():
            try:
                return HttpResponseRedirect(_page(form.read().pk))
            except UnreadableFile as error:
                form.add_error("file", str(error))
        status = 422 if form else 200
        form = form or ImportForm(request.user, initial={"source": request.GET.get("source")})
        adminform = helpers.AdminForm(form, [(None, {"fields": [*form.fields]})], {}, model_admin=self)
        context = self._context(request, _("Importer un fichier"), adminform=adminform)
        return TemplateResponse(request, "admin/places/importrun/add_form.html", context, status=status)

    # --- what it would change
    def change_view(self, request, object_id, form_url="", extra_context=None):
        run = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, run):
            raise PermissionDenied
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        waits = run.state == ImportRun.State.READ
        numbers = reports.figures(run.report)
        others = ImportRun.objects.filter(source=run.source_id, applied_at__gt=run.started_at).exclude(pk=run.pk)
        context = self._context(
            request,
            str(run),
            run=run,
            waits=waits,
            figures=reports.in_a_sentence(numbers),
            changes_anything=reports.changes_anything(numbers),
            refusal=run.report.get("refuse", "") if waits else "",
            overtaken=others.values_list("applied_at", flat=True).first() if waits else None,
            sections=reports.sections(run.report),
            remarks=run.report.get("remarques_fichier", []),
            columns=_columns(run.report),
            may_apply=self.has_change_permission(request, run),
        )
        return TemplateResponse(request, "admin/places/importrun/change_form.html", context)

    def report_view(self, request, pk):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        run = get_object_or_404(ImportRun.objects.defer("content"), pk=pk)
        answer = JsonResponse(run.report, json_dumps_params={"ensure_ascii": False, "indent": 1})
        answer["Content-Disposition"] = f'attachment; filename="import-{pk}.json"'
        return answer

    # --- applied, or given up
    def apply_view(self, request, pk):
        if not self.has_change_permission(request):
            raise PermissionDenied
        run = self.get_queryset(request).filter(pk=pk).first()
        if run is None:
            return self._given_up(request)
        announced = reports.figures(run.report)
        try:
            report = apply_run(run, request.user, allow_gone="allow_gone" in request.POST)
        except ImportRun.DoesNotExist:
            return self._given_up(request)
        except UnreadableFile as error:
            messages.error(request, str(error))
        else:
            self._tell(request, run, announced, report)
        return HttpResponseRedirect(_page(pk))

    def _tell(self, request, run: ImportRun, announced: dict, report: Report) -> None:
        if not report.applied:
            # The base changed since the file was read: the page must say what is refused now.
            news = {"report": report.as_dict(), "counts": report.counted}
            kept = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.READ).update(**news)
            (messages.error if kept else messages.warning)(request, report.refusal)
            return
        done = reports.figures(report.as_dict())
        messages.success(request, _said(run, done))
        if done != announced:
            words = {"announced": reports.in_a_sentence(announced), "done": reports.in_a_sentence(done)}
            sentence = gettext(
                "Depuis la lecture du fichier, les lieux avaient changé. Annoncé : %(announced)s. Fait : %(done)s."
            )
            messages.warning(request, sentence % words)

    def abandon_view(self, request, pk):
        if not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            run = ImportRun.objects.select_for_update().filter(pk=pk).first()
            if run is None:
                return self._given_up(request)
            if run.state == ImportRun.State.APPLIED:
                messages.warning(request, gettext("Cet import a déjà été appliqué."))
                return HttpResponseRedirect(_page(pk))
            self.log_deletions(request, [run])
            run.delete()
        messages.success(request, gettext("Import abandonné : rien n’a été écrit."))
        return HttpResponseRedirect(_list())

    def _given_up(self, request):
        messages.warning(request, gettext("Cet import a été abandonné."))
        return HttpResponseRedirect(_list())

    def _context(self, request, title: str, **more) -> dict:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title} | more


def _moment(when) -> str:
    return date_format(timezone.localtime(when), "SHORT_DATETIME_FORMAT")


def _list() -> str:
    return reverse("admin:places_importrun_changelist")


def _page(pk: int) -> str:
    return reverse("admin:places_importrun_change", args=[pk])


def _said(run: ImportRun, done: dict[str, int]) -> str:
    """What was applied, with links to the places it changed and to what is left to decide."""
    links = []
    if done["creees"] or done["modifiees"]:
        places = reverse("admin:places_place_changelist")
        links.append((f"{places}?{urlencode({'import': run.pk})}", gettext("Voir les lieux changés")))
    if Conflict.objects.waiting().filter(run=run).exists():
        conflicts = reverse("admin:places_conflict_changelist")
        links.append((f"{conflicts}?{urlencode({'run__id__exact': run.pk})}", gettext("Voir les désaccords")))
    sentence = gettext("Appliqué : %s.") % (reports.in_a_sentence(done) or gettext("rien à changer"))
    for link in links:
        sentence = format_html('{} <a href="{}">{}</a>', sentence, *link)
    return sentence


def _columns(report: dict) -> list[tuple[str, str]]:
    said = {
        "colonnes_inconnues": gettext("Colonnes inconnues, laissées de côté"),
        "colonnes_absentes": gettext("Colonnes du standard absentes, non touchées"),
    }
    return [(words, ", ".join(report[name])) for name, words in said.items() if report.get(name)]
