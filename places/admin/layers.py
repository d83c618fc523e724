"""The city's own maps: a manager names one, gives its file, and chooses what it shows."""

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from places.files import MAX_BYTES, UnreadableFile
from places.models import DataVersion, Layer
from places.territories.layers import read_features, write_features


class LayerForm(forms.ModelForm):
    file = forms.FileField(
        label=_("fichier"),
        required=False,
        help_text=_(
            "GeoJSON, shapefile en zip, GeoPackage, ou tableau (CSV, .ods, .xlsx) avec latitude et longitude. "
            "Il remplace tout ce que la couche contenait."
        ),
    )
    fields = forms.CharField(
        label=_("champs montrés"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Les colonnes du fichier, une par ligne, dans l’ordre. Vide : toutes."),
    )

    class Meta:
        model = Layer
        fields = "name slug description source licence vintage colour pictogram visible order".split()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["fields"] = "\n".join(self.instance.fields or [])
        if self.instance.pk is None:
            self.fields["file"].required = True

    def clean_fields(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["fields"].splitlines() if line.strip()]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not file:
            return None
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("Fichier trop gros : %d Mo au plus.") % (MAX_BYTES // 1024**2))
        try:
            report = read_features(file.read())
        except UnreadableFile as error:
            raise forms.ValidationError(str(error)) from error
        if not report.features:
            reason = report.refused[0][1] if report.refused else _("il est vide.")
            raise forms.ValidationError(_("Aucun objet de ce fichier ne peut être placé : %s") % reason)
        return report

    def clean(self):
        cleaned = super().clean()
        report, fields = cleaned.get("file"), cleaned.get("fields")
        if report and fields and (unknown := [name for name in fields if name not in report.columns]):
            self.add_error(
                "fields",
                _("Colonnes absentes du fichier : %(unknown)s. Il y a : %(columns)s.")
                % {"unknown": ", ".join(unknown), "columns": ", ".join(report.columns)},
            )
        return cleaned

    def _post_clean(self):
        self.instance.fields = self.cleaned_data.get("fields", [])
        super()._post_clean()


@admin.register(Layer)
class LayerAdmin(admin.ModelAdmin):
    form = LayerForm
    list_display = ["name", "licence", "vintage", "visible", "order"]
    list_editable = ["visible", "order"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["columns"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "description", "file", "fields", "columns"]}),
        (_("D’où elle vient"), {"fields": ["source", "licence", "vintage"]}),
        (_("Sur la carte"), {"fields": ["colour", "pictogram", "visible", "order"]}),
    ]

    @admin.display(description=_("colonnes du fichier"))
    def columns(self, layer):
        feature = layer.features.first() if layer.pk else None
        return format_html("{}", ", ".join(feature.properties)) if feature else "–"

    @transaction.atomic
    def save_model(self, request, layer, form, change):
        super().save_model(request, layer, form, change)
        report = form.cleaned_data.get("file")
        if report:
            write_features(layer, report)
            number = len(report.features)
            messages.info(request, ngettext("%d objet lu.", "%d objets lus.", number) % number)
            for line, reason in report.refused[:10]:
                messages.warning(request, _("Ligne %(line)d laissée de côté : %(why)s") % {"line": line, "why": reason})
        DataVersion.objects.advance()

    def delete_model(self, request, layer):
        super().delete_model(request, layer)
        DataVersion.objects.advance()

    def delete_queryset(self, request, layers):
        super().delete_queryset(request, layers)
        DataVersion.objects.advance()
