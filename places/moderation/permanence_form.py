"""Permanences in a visitor's form: what, when, in which language, with or without an appointment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.hours_grid import in_french
from places.moderation.forms import TOO_LONG, Lines
from places.moderation.hours_field import DayInputs, HoursField, TypedHours, inputs

MOST = 30
ASKED = ("title", "horaires", "details", "by_appointment", "host", "contact", "langues")


class PermanenceForm(forms.Form):
    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Quoi ?"), required=False, max_length=120, help_text=_("Écrivain public, atelier smartphone…")
    )
    horaires = HoursField(label=_("Quand ?"), required=False, most=500)
    by_appointment = forms.TypedChoiceField(
        label=_("Sur rendez-vous ?"),
        required=False,
        choices=[("", _("On ne sait pas")), ("oui", _("Oui")), ("non", _("Non"))],
        coerce=lambda choice: choice == "oui",
        empty_value=None,
    )
    langues = forms.MultipleChoiceField(
        label=_("Dans quelles langues ?"), required=False, widget=forms.CheckboxSelectMultiple
    )
    details = Lines(label=_("Ce qu’on y fait, ce qu’il faut apporter"), required=False, max_length=2000)
    host = forms.CharField(
        label=_("Assurée par"), required=False, max_length=160, help_text=_("Si c’est une autre structure.")
    )
    contact = forms.CharField(label=_("Contact"), required=False, max_length=160)
    gone = forms.BooleanField(label=_("Cette permanence n’existe plus"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.shown, self.initial = self.initial, dict(self.initial)
        self.fields["langues"].choices = [
            (entry.slug, entry.short_label) for entry in lexicon.entries("langues") if entry.visible
        ]
        if self.shown:
            self.initial["by_appointment"] = {True: "oui", False: "non"}.get(self.shown.get("by_appointment"), "")
            entries = [lexicon.find("langues", value) for value in self.shown.get("langues", [])]
            self.initial["langues"] = [entry.slug for entry in entries if entry and entry.visible]
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.error_messages["max_length"] = TOO_LONG

    @property
    def typed_hours(self) -> TypedHours:
        return self["horaires"].value()

    @property
    def hours_rows(self) -> list[DayInputs]:
        return inputs(self.add_prefix("horaires"), self.typed_hours)

    @property
    def hours_told(self) -> str:
        """The hours as the person found them, in words."""
        return in_french(self.shown.get("horaires", ""))

    def clean(self):
        cleaned = super().clean()
        said = any(cleaned.get(name) not in (None, "", []) for name in ASKED)
        if said and not cleaned.get("title") and "title" not in self.errors and not cleaned.get("gone"):
            self.add_error("title", _("Dites ce qu’est cette permanence, par exemple « Écrivain public »."))
        return cleaned

    def typed(self) -> dict[str, Any] | None:
        """Return the permanence as history keeps it, what was not touched as it was; None when it is gone or blank."""
        if self.cleaned_data.get("gone") or not self.cleaned_data.get("title"):
            return None
        touched = {name: self.cleaned_data[name] for name in ASKED if name in self.changed_data or not self.shown}
        if "langues" in touched:
            entries = [lexicon.find("langues", slug) for slug in touched["langues"]]
            hidden = [
                value
                for value in self.shown.get("langues", [])
                if not ((entry := lexicon.find("langues", value)) and entry.visible)
            ]
            touched["langues"] = [entry.value for entry in sorted(entries, key=lambda entry: entry.bit)] + hidden
        return {name: value for name, value in (self.shown | touched).items() if name != "langues" or value}


class BasePermanenceFormSet(forms.BaseFormSet):
    def add_fields(self, form, index):
        super().add_fields(form, index)
        # The id is that of the permanence shown in this position, whatever a browser sends.
        form.fields["id"].disabled = True

    def typed(self) -> list[dict[str, Any]]:
        return [typed for form in self.forms if (typed := form.typed()) is not None]

    def texts(self) -> list[str]:
        names = ("title", "horaires", "details", "host", "contact")
        return [form.cleaned_data.get(name) or "" for form in self.forms for name in names]

    def problems(self) -> list[tuple[str, str]]:
        found = [
            (form[name].auto_id if name in form.fields else "", sentence)
            for form in self.forms
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]
        return [("", sentence) for sentence in self.non_form_errors()] + found


PermanenceFormSet = forms.formset_factory(
    PermanenceForm, formset=BasePermanenceFormSet, extra=1, max_num=MOST, absolute_max=MOST
)
