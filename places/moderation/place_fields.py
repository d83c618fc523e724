"""The inputs of the form of a place: what people write, and what is kept of it."""

import re

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.card import phone_link
from places.fields import TermSet, TermSetFormField
from places.text import fold
from places.translated import translated
from places.typologies import TYPOLOGIES
from places.vocabularies import ModaliteAcces

BARE_SITE = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[/?#:]|$)")  # exemple.fr/page
SEPARATORS = re.compile(r"[\s,;]+")
# What a visitor may not tick: it takes the place off the map, which « Ce lieu a fermé » says better.
NOT_ASKED = {"modalites_acces": {ModaliteAcces.PAS_DE_PUBLIC}}


class AsShown(forms.CharField):
    """A text that is written otherwise than it is kept: it has changed when what is on the screen has."""

    def has_changed(self, initial, data) -> bool:
        return (data or "").strip() != (self.prepare_value(initial) or "")


class PhoneField(AsShown):
    """A number as people write it; its value is international."""

    def prepare_value(self, value):
        link = phone_link(value or "")
        return link.label.replace("\u00a0", " ") if link and value.startswith("+") else value

    def to_python(self, value) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        try:
            number = phonenumbers.parse(text, "FR")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValidationError(_("Ce numéro de téléphone n’existe pas. Il s’écrit comme 03 20 00 00 00."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class ListField(AsShown):
    """Several items in one line, apart by spaces or commas."""

    def prepare_value(self, value):
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value) -> list[str]:
        return [item for item in SEPARATORS.split(super().to_python(value)) if item]


class LinksField(ListField):
    def to_python(self, value) -> list[str]:
        return [whole_link(item) for item in super().to_python(value)]


class LinkField(AsShown):
    def to_python(self, value) -> str:
        return whole_link(super().to_python(value))


def whole_link(text: str) -> str:
    return f"https://{text}" if BARE_SITE.match(text) else text


class KindField(forms.ChoiceField):
    """The type of structure: one of the list, or those that the place already has, together."""

    def __init__(self, **kwargs):
        super().__init__(required=False, choices=self._kinds, **kwargs)

    @staticmethod
    def _kinds() -> list[tuple[str, str]]:
        kinds = [(code, translated(name)) for code, name in TYPOLOGIES.items()]
        return [("", _("On ne sait pas")), *sorted(kinds, key=lambda kind: fold(kind[1]) or kind[1])]

    def hold(self, codes: list[str]) -> None:
        """Offer the types of this place too."""
        if (kept := self.prepare_value(codes)) not in dict(self.choices):
            self.choices = [*self.choices, (kept, ", ".join(translated(TYPOLOGIES.get(code, code)) for code in codes))]

    def prepare_value(self, value):
        return "|".join(value) if isinstance(value, list) else value

    def has_changed(self, initial, data) -> bool:
        return (data or "") != (self.prepare_value(initial) or "")

    def clean(self, value) -> list[str]:
        return [code for code in super().clean(value).split("|") if code]


class DegreesField(forms.FloatField):
    """Degrees, with a point or a comma; kept to 0.1 m."""

    def __init__(self, *, limit: int, **kwargs):
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, min_value=-limit, max_value=limit, widget=widget, **kwargs)

    def to_python(self, value):
        number = super().to_python(value.replace(",", ".") if isinstance(value, str) else value)
        return number if number is None else round(number, 6)

    def widget_attrs(self, widget):
        return {}

    def has_changed(self, initial, data) -> bool:
        return super().has_changed(initial if initial is None else round(initial, 6), data)


class TermsField(TermSetFormField):
    """The terms that the public sees; those it does not see stay as they were."""

    def __init__(self, *, vocabulary: str, **kwargs):
        super().__init__(vocabulary=vocabulary, required=False, **kwargs)

    def _choices_now(self):
        return [(entry.slug, entry.short_label) for entry in self.entries()]

    def entries(self) -> list[lexicon.Entry]:
        left_out = NOT_ASKED.get(self.vocabulary, ())
        return [entry for entry in lexicon.entries(self.vocabulary) if entry.visible and entry.value not in left_out]

    def keeping(self, ticked: TermSet, before: TermSet) -> TermSet:
        """Return what was ticked, with what was there and could not be unticked."""
        asked = sum(entry.mask for entry in self.entries())
        return TermSet(self.vocabulary, ticked.mask & asked | before.mask & ~asked)
