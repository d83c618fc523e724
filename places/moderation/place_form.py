"""The form of a place, in the order of its card, in the words of the people who fill it in."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.forms.utils import ErrorDict
from django.utils.translation import gettext_lazy as _

from places import history, lexicon, logos
from places.fields import TermSet
from places.models import Place
from places.moderation import words
from places.moderation.forms import Lines, SenderForm
from places.moderation.hours_field import DayInputs, HoursField, TypedHours, inputs
from places.moderation.permanence_form import PermanenceFormSet
from places.moderation.place_fields import (
    DegreesField,
    KindField,
    LinkField,
    LinksField,
    ListField,
    PhoneField,
    TermsField,
)
from places.moderation.proposed import FIELDS, LISTS, POINT
from places.standard import RESUME_LENGTH
from places.validators import validate_emails, validate_links

KEPT = "places.moderation.kept"
SECTIONS = (
    ("adresse", _("Nom et adresse"), ["nom", "adresse", "code_postal", "commune", "complement_adresse", *POINT]),
    ("services", _("Ce qu’on y fait"), ["services"]),
    ("demarches", _("Démarches"), ["demarches"]),
    ("presentation", _("Présentation"), ["presentation_resume", "presentation_detail"]),
    ("horaires", _("Horaires"), ["horaires"]),
    ("permanences", _("Permanences et ateliers"), []),
    (
        "savoir",
        _("À savoir avant de venir"),
        [
            "modalites_acces",
            "frais_a_charge",
            "langues",
            "publics_specifiquement_adresses",
            "prise_en_charge_specifique",
            "materiel",
            "ateliers",
            "themes",
            "modalites_accompagnement",
            "itinerance",
            "dispositif_programmes_nationaux",
        ],
    ),
    ("contact", _("Contact"), ["telephone", "courriels", "site_web", "prise_rdv"]),
    (
        "details",
        _("Plus de détails"),
        ["typologie", "structure_parente", "formations_labels", "fiche_acces_libre"],
    ),
    ("logo", _("Logo"), ["logo"]),
)
OPEN_AT_FIRST = {"adresse", "services", "contact"}  # of a new place


@dataclass(frozen=True)
class Section:
    """A part of the form: what is kept there now, in a few words, and whether it is to be seen at once."""

    name: str
    title: str
    told: str
    is_open: bool
    fields: list[forms.BoundField]


class PlaceForm(SenderForm):
    nom = forms.CharField(max_length=300, error_messages={"required": _("Il manque le nom du lieu.")})
    adresse = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    complement_adresse = forms.CharField(required=False, max_length=300, help_text=_("S’il le faut pour trouver."))
    code_postal = forms.CharField(
        required=False,
        max_length=5,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    commune = forms.CharField(max_length=120, error_messages={"required": _("Il manque la ville.")})
    latitude = DegreesField(limit=90)
    longitude = DegreesField(limit=180)
    presentation_resume = Lines(
        required=False,
        max_length=RESUME_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("280 signes au plus."),
    )
    presentation_detail = Lines(required=False, max_length=5000)
    horaires = HoursField(required=False)
    telephone = PhoneField(required=False, widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}))
    courriels = ListField(
        required=False,
        validators=[validate_emails],
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
        help_text=_("Il sera affiché à tous."),
        error_messages={"invalid": _("L’e-mail du lieu n’est pas complet : il ressemble à contact@exemple.fr.")},
    )
    site_web = LinksField(
        required=False,
        validators=[validate_links],
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    prise_rdv = LinkField(
        required=False,
        max_length=500,
        validators=Place._meta.get_field("prise_rdv").validators[:1],
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    typologie = KindField()
    structure_parente = forms.CharField(
        required=False, max_length=300, help_text=_("Par exemple : une mairie, une fédération d’associations.")
    )
    fiche_acces_libre = LinkField(
        required=False,
        max_length=500,
        validators=Place._meta.get_field("fiche_acces_libre").validators[:1],
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
        help_text=_("Elle dit comment on entre : marches, rampe, toilettes. Par exemple : acceslibre.beta.gouv.fr/…"),
    )
    logo = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=_("Une image, 8 Mo au plus."),
        error_messages={"empty": _("Ce fichier est vide."), "invalid": _("Ce fichier n’est pas arrivé entier.")},
    )

    def __init__(self, data=None, files=None, *, base: dict[str, Any], initial=None, **kwargs):
        self.base = base
        super().__init__(data, files, initial=(initial or {}) | base, **kwargs)
        for name in LISTS:
            self.fields[name] = TermsField(vocabulary=name)
            self.initial[name] = TermSet.of(name, known(name, base.get(name, ())))
        self.fields["typologie"].hold(base.get("typologie", []))
        self.order_fields([*(name for _name, _title, names in SECTIONS for name in names), "text", "role", "email"])
        for name in {*self.fields} & {*FIELDS, "logo"}:
            self.fields[name].label = words.label(name)
        self.fields["text"].label = _("Un mot pour les modérateurs ?")
        self.fields["text"].help_text = _("Facultatif. Par exemple : d’où vous le savez.")
        self.fields["code_postal"].error_messages["invalid"] = _("Le code postal a cinq chiffres.")
        self.fields["code_postal"].validators += Place._meta.get_field("code_postal").validators[:1]
        self.permanences = PermanenceFormSet(data, prefix="permanences", initial=base.get("permanences", []))

    @property
    def kept_picture(self) -> bytes:
        """The picture that was good when the form came back, so that it is not to be chosen again."""
        path = logos.path_of(read_kept(self.data.get("kept", "")))
        return path.read_bytes() if path else b""

    # --- checks
    def clean_logo(self) -> bytes | None:
        upload = self.cleaned_data.get("logo")
        return logos.clean(upload) if upload else None

    def clean(self):
        cleaned = super().clean()
        for name in [name for name in self.errors if self._was_already_wrong(name)]:
            del self._errors[name]
        if (cleaned.get("latitude") is None) != (cleaned.get("longitude") is None) and not {*self.errors} & {
            "latitude",
            "longitude",
        }:
            self.add_error("longitude", _("La latitude et la longitude vont ensemble : les deux, ou aucune."))
        return cleaned

    def _was_already_wrong(self, name: str) -> bool:
        """What an import left and the person did not touch is not theirs to mend."""
        return bool(self.base.get(name)) and name in self.fields and not self[name]._has_changed()

    def is_valid(self) -> bool:
        return all((super().is_valid(), self.permanences.is_valid()))

    def problems(self) -> list[tuple[str, str]]:
        return super().problems() + self.permanences.problems()

    def silence(self) -> None:
        """Come back as typed and without a remark: the person only asked for more room."""
        for form in (self, *self.permanences.forms):
            form._errors, form.cleaned_data = ErrorDict(), {}

    # --- what the page shows
    @property
    def sections(self) -> list[Section]:
        return [self._section(*section) for section in SECTIONS]

    def _section(self, name: str, title: str, fields: list[str]) -> Section:
        wrong = bool({*fields} & {*self.errors})
        if name == "permanences" and self.is_bound:
            wrong = "autre_permanence" in self.data or any(form.errors for form in self.permanences.forms)
        is_open = wrong or (not self.base and name in OPEN_AT_FIRST) or (self.is_bound and self._was_touched(fields))
        return Section(
            name,
            title,
            self._told(name, fields) if self.base else "",
            is_open,
            [self[n] for n in fields if n not in POINT],
        )

    def _was_touched(self, fields: list[str]) -> bool:
        return any(name != "logo" and self[name]._has_changed() for name in fields)

    def _told(self, name: str, fields: list[str]) -> str:
        if name == "permanences":
            return ", ".join(permanence["title"] for permanence in self.base["permanences"]) or _("Aucune")
        lines = [
            line
            for field in fields
            if field in self.base and field not in POINT
            for line in words.said(field, self.base[field])
        ]
        return ", ".join(lines) or (_("Non renseigné") if name != "logo" else "")

    @property
    def typed_hours(self) -> TypedHours:
        return self["horaires"].value()

    @property
    def hours_rows(self) -> list[DayInputs]:
        return inputs("horaires", self.typed_hours)

    @property
    def has_lost_file(self) -> bool:
        """A browser never fills a file in again: a bad one, or one sent with something else wrong, is gone."""
        return bool(self.files.get("logo")) and not self.cleaned_data.get("logo")

    # --- what was typed
    def typed(self) -> dict[str, Any]:
        """Return every value of the valid form as plain data; what the person did not touch is exactly as shown."""
        typed = {}
        for name in FIELDS:
            if name in self.base and not self[name]._has_changed():
                typed[name] = self.base[name]
                continue
            value = self.cleaned_data[name]
            if name in LISTS:
                value = self.fields[name].keeping(value, self.initial[name])
            typed[name] = history.plain(value)
        return typed | {"permanences": self.permanences.typed()}

    def picture(self) -> bytes:
        """The clean picture sent with this form, or with the same form before it came back."""
        return self.cleaned_data.get("logo") or self.kept_picture or b""

    def texts(self) -> list[str]:
        """Every text in which links are counted: those that have no business holding any."""
        cleaned = self.cleaned_data
        names = "nom adresse complement_adresse presentation_resume presentation_detail horaires text".split()
        return [cleaned.get(name) or "" for name in names] + self.permanences.texts()


def sign_kept(name: str) -> str:
    return signing.dumps(name, salt=KEPT)


def read_kept(text: str) -> str:
    """Return the name of a picture kept with a form that came back; blank when it was not, or long ago."""
    try:
        return signing.loads(text, salt=KEPT, max_age=logos.UNUSED_FOR)
    except signing.BadSignature:
        return ""


def known(vocabulary: str, values) -> list[str]:
    """Those of the official texts that are still in the vocabulary."""
    return [value for value in values if lexicon.find(vocabulary, value)]


def blank_initial() -> dict[str, Any]:
    """What a new place begins with."""
    return {"commune": settings.SITE_CITY}
