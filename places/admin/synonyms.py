"""The words of the public: what the search box understands beside the words of the map."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.models import Synonym
from places.vocabularies import VOCABULARIES


class SynonymForm(forms.ModelForm):
    terms = forms.MultipleChoiceField(
        label=_("Ce que cela veut dire sur la carte"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Chercher ce mot trouve les lieux qui proposent l’un de ceux qui sont cochés."),
    )

    class Meta:
        model = Synonym
        fields = ["expression", "terms", "others"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["terms"].choices = [
            (vocabulary.question, [(f"{name}:{entry.slug}", entry.short_label) for entry in lexicon.entries(name)])
            for name, vocabulary in VOCABULARIES.items()
        ]


@admin.register(Synonym)
class SynonymAdmin(admin.ModelAdmin):
    form = SynonymForm
    list_display = ["expression", "stands_for", "others_said"]
    list_per_page = 200
    search_fields = ["expression", "key", "others"]
    search_help_text = _("Ce que les gens écrivent, ou les autres mots cherchés.")
    fieldsets = [
        (
            None,
            {
                "description": _(
                    "Ce que les gens tapent dans la recherche, et ce qu’il faut leur trouver. Sans rien de coché ni "
                    "d’autre mot, l’expression ne compte pas dans la recherche (« besoin », « demande »). Tout est "
                    "pris en compte à la recherche suivante."
                ),
                "fields": ["expression", "others", "terms"],
            },
        ),
    ]

    @admin.display(description=_("veut dire"))
    def stands_for(self, synonym):
        named = ", ".join(map(str, synonym.entries))
        return named if named or synonym.others else _("ne compte pas dans la recherche")

    @admin.display(description=_("cherche aussi"))
    def others_said(self, synonym):
        return ", ".join(synonym.others)
