"""The moderator's form: each field accepted as proposed, retouched, or refused; and the answer to the person."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Field, TextField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places import history
from places.merging import version
from places.models import Permanence, Place, Sentence, Submission
from places.moderation import permanences
from places.moderation.deciding import LOGO, POSITION, Difference, Ruling, differences, same, value_of
from places.moderation.forms import Lines
from places.moderation.place_form import known
from places.moderation.proposed import POINT
from places.vocabularies import VOCABULARIES

Wrong = Submission.Wrong
ACCEPT, REFUSE = "accept", "refuse"
# What a moderator may mend at once when somebody says that it is wrong.
MENDED = {
    Wrong.NAME: ("nom",),
    Wrong.ADDRESS: ("adresse", "complement_adresse", "code_postal", "commune"),
    Wrong.POINT: (POSITION,),
    Wrong.PHONE: ("telephone",),
    Wrong.EMAIL: ("courriels",),
    Wrong.SITE: ("site_web",),
    Wrong.HOURS: ("horaires",),
    Wrong.HELP: ("services",),
    Wrong.PRICE: ("frais_a_charge",),
    Wrong.ACCESS: ("modalites_acces",),
    Wrong.CLOSED: ("status",),
}


@dataclass(frozen=True)
class Row:
    """One field on the page."""

    difference: Difference
    verdict: forms.BoundField | None
    values: list[forms.BoundField]

    @property
    def errors(self) -> list[str]:
        fields = [*self.values, *([self.verdict] if self.verdict else [])]
        return [sentence for bound in fields for sentence in bound.errors]


class ReviewForm(forms.Form):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    sentence = forms.ModelChoiceField(
        Sentence.objects.filter(kind=Sentence.Kind.REASON),
        label=gettext_lazy("Une phrase toute prête"),
        required=False,
        empty_label=gettext_lazy("(aucune)"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Votre réponse à la personne"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=gettext_lazy("Obligatoire pour refuser, même en partie. Elle la lira telle quelle."),
    )

    def __init__(self, submission: Submission, data=None):
        self.submission, self.place = submission, submission.place
        super().__init__(data, initial={"seen": version(self.place) if self.place else ""})
        self.differences = self._mended() if submission.kind == Submission.Kind.ERROR else self._proposed()
        for difference in self.differences:
            self._add(difference)

    def _proposed(self) -> list[Difference]:
        return differences(self.submission, self.place)

    def _mended(self) -> list[Difference]:
        """What was ticked as wrong, with the value of now to be corrected."""
        if self.place is None:
            return []
        names = [name for wrong in self.submission.wrong for name in MENDED.get(wrong, ())]
        values = ((name, value_of(self.place, name)) for name in dict.fromkeys(names))
        return [Difference(name, now, now, now) for name, now in values]

    def _add(self, difference: Difference) -> None:
        name = difference.name
        if self.submission.kind != Submission.Kind.ERROR:
            self.fields[f"verdict-{name}"] = forms.ChoiceField(
                choices=[(ACCEPT, _("Accepter")), (REFUSE, _("Refuser"))],
                widget=forms.RadioSelect,
                # Nobody overwrites what changed since without saying so.
                initial=None if difference.is_conflict else ACCEPT,
                error_messages={"required": _("Changé depuis : choisir d’accepter ou de refuser.")},
            )
        if name == POSITION:
            for part, value in zip(POINT, difference.proposed, strict=True):
                self.fields[part] = forms.FloatField(label=_column(part), required=False, initial=value)
        elif name.startswith(permanences.PREFIX):
            for column in permanences.COLUMNS if difference.proposed else ():
                field = _retouched(Permanence._meta.get_field(column), difference.proposed.get(column))
                self.fields[f"{name}-{column}"] = field
        elif name != LOGO:
            self.fields[f"value-{name}"] = _retouched(Place._meta.get_field(name), difference.proposed)
            self.fields[f"value-{name}"].label = _("Valeur à écrire")

    @property
    def rows(self) -> list[Row]:
        return [self._row(difference) for difference in self.differences]

    def _row(self, difference: Difference) -> Row:
        name = difference.name
        names = POINT if name == POSITION else [f"value-{name}", *(f"{name}-{c}" for c in permanences.COLUMNS)]
        values = [self[field] for field in names if field in self.fields]
        return Row(difference, self[f"verdict-{name}"] if f"verdict-{name}" in self.fields else None, values)

    @property
    def has_point(self) -> bool:
        return "latitude" in self.fields

    # --- what the moderator says
    def clean(self):
        cleaned = super().clean()
        if sentence := cleaned.get("sentence"):
            cleaned["reason"] = "\n\n".join(filter(None, (sentence.text, cleaned.get("reason"))))
        refused = [name for name in self.fields if name.startswith("verdict-") and cleaned.get(name) == REFUSE]
        if refused and not cleaned.get("reason"):
            self.add_error("reason", _("Dire pourquoi : la personne lira cette réponse."))
        return cleaned

    def rulings(self) -> dict[str, Ruling]:
        """Return what a valid form says of each field; of the whole, when nothing is proposed field by field."""
        if self.submission.kind == Submission.Kind.ERROR:
            mended = {d.name: Ruling(True, self._value(d), edited=True) for d in self.differences}
            mended = {d.name: mended[d.name] for d in self.differences if not same(mended[d.name].value, d.now)}
            return mended or {self.submission.kind: Ruling(True)}
        if not self.differences:
            return {self.submission.kind: Ruling(True)}
        return {difference.name: self._ruling(difference) for difference in self.differences}

    def _ruling(self, difference: Difference) -> Ruling:
        if self.cleaned_data[f"verdict-{difference.name}"] == REFUSE:
            return Ruling(False, reason="")
        if difference.name == LOGO or difference.proposed is None:  # a permanence that ends
            return Ruling(True)
        value = self._value(difference)
        return Ruling(True, value, edited=not same(value, difference.proposed))

    def _value(self, difference: Difference) -> Any:
        if difference.name == POSITION:
            return [self.cleaned_data[part] for part in POINT]
        if difference.name.startswith(permanences.PREFIX):
            columns = {column: self.cleaned_data[f"{difference.name}-{column}"] for column in permanences.COLUMNS}
            return permanences.said({column: history.plain(value) for column, value in columns.items()})
        return history.plain(self.cleaned_data[f"value-{difference.name}"])

    def take(self, errors: dict[str, list[str]]) -> None:
        """Show beside each field what its column refused."""
        for name, sentences in errors.items():
            known = name if name in self.fields else f"value-{name}"
            for sentence in sentences:
                self.add_error(known if known in self.fields else None, sentence)


class QuestionForm(forms.Form):
    sentence = forms.ModelChoiceField(
        Sentence.objects.filter(kind=Sentence.Kind.QUESTION),
        label=gettext_lazy("Une question toute prête"),
        required=False,
        empty_label=gettext_lazy("(aucune)"),
    )
    text = forms.CharField(
        label=gettext_lazy("Votre question"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )

    def clean(self):
        cleaned = super().clean()
        sentence = cleaned.get("sentence")
        cleaned["text"] = "\n\n".join(filter(None, (sentence and sentence.text, cleaned.get("text"))))
        if not cleaned["text"]:
            self.add_error("text", _("Écrire la question, ou en choisir une."))
        return cleaned


def _retouched(column: Field, proposed: Any) -> forms.Field:
    """Return the input of a column that holds the proposed value."""
    lines = {"form_class": Lines} if type(column) is TextField else {}
    field = column.formfield(required=False, **lines)
    if isinstance(field.widget, forms.TextInput) and len(str(proposed or "")) > 60:
        field.widget = forms.Textarea(attrs={"rows": 2, "maxlength": field.max_length})
    field.initial = column.to_python(known(column.name, proposed or ()) if column.name in VOCABULARIES else proposed)
    return field


def _column(name: str) -> str:
    return capfirst(str(Place._meta.get_field(name).verbose_name))
