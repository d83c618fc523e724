"""The words of the map: renamed, ordered, shown, hidden and, in the city's own lists, added."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from places.models import Term
from places.vocabularies import LOCAL, VOCABULARIES


class TermRow(forms.ModelForm):
    """One line of the list, whose inputs say to a screen reader which word they belong to."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{field.label} – {self.instance}"


@admin.register(Term)
class TermAdmin(admin.ModelAdmin):
    list_display = ["short_label", "vocabulary", "label", "order", "visible", "pictogram", "colour", "national"]
    list_editable = ["order", "visible"]
    list_filter = ["vocabulary", "visible"]
    list_per_page = 200
    search_fields = ["short_label", "label", "value", "slug"]
    fieldsets = [
        (
            None,
            {
                "description": _(
                    "Un mot ne se supprime pas, car des lieux le portent : décocher « proposé comme filtre » le cache. "
                    "Les mots du standard national se renomment à l’écran ; leur valeur officielle, elle, part "
                    "toujours telle quelle dans les fichiers. De nouveaux mots s’ajoutent aux listes de la ville."
                ),
                "fields": ["vocabulary", "short_label", "label", "translations", "help", "group"],
            },
        ),
        (_("Où et comment il se montre"), {"fields": ["order", "visible", "pictogram", "colour"]}),
        (_("Pour les fichiers et les adresses"), {"fields": ["value", "slug"]}),
    ]

    @admin.display(description=_("national"), boolean=True)
    def national(self, term):
        return term.is_national

    def get_changelist_form(self, request, **kwargs):
        return super().get_changelist_form(request, **{"form": TermRow} | kwargs)

    def get_readonly_fields(self, request, term=None):
        return ["vocabulary", "value", "slug"] if term else []

    def get_prepopulated_fields(self, request, term=None):
        return {} if term else {"value": ["short_label"], "slug": ["short_label"]}

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "vocabulary":  # asked only when adding: the national lists are closed
            kwargs["choices"] = [(name, VOCABULARIES[name].question) for name in LOCAL]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return False
