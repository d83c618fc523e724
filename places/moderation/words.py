"""A submission in the words of the person who sent it: each field by the name it had in the form."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from places import lexicon
from places.card import TITLES, phone_link
from places.hours_grid import in_french
from places.models import Submission
from places.moderation import permanences
from places.moderation.proposed import FIELDS, LISTS, POINT
from places.translated import translated
from places.typologies import TYPOLOGIES
from places.vocabularies import VOCABULARIES

LABELS = {
    "nom": _("Nom du lieu"),
    "adresse": _("Numéro et rue"),
    "complement_adresse": _("Bâtiment, étage, entrée"),
    "code_postal": _("Code postal"),
    "commune": _("Ville"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "presentation_resume": _("Le lieu en une ou deux phrases"),
    "presentation_detail": _("Présentation"),
    "horaires": _("Horaires"),
    "telephone": _("Téléphone"),
    "courriels": _("E-mail du lieu"),
    "site_web": _("Site internet"),
    "prise_rdv": _("Page pour prendre rendez-vous"),
    "typologie": _("Quelle sorte de structure ?"),
    "structure_parente": _("De qui dépend-elle ?"),
    "formations_labels": _("Formation de ceux qui aident"),
    "fiche_acces_libre": _("Sa page sur Acceslibre"),
    "logo": _("Logo"),
    "services": _("Ce qu’on y fait"),
    "permanences": _("Permanences"),
    "position": _("Place sur la carte"),
}


class Change(NamedTuple):
    label: str
    before: list[str]
    after: list[str]


def changes(submission: Submission) -> Iterator[Change]:
    """Yield what was changed, in the order of the form; a point as one line."""
    base, proposed = submission.base, submission.proposed
    for name in FIELDS:
        if name in proposed and name not in POINT:
            yield Change(label(name), said(name, base.get(name)), said(name, proposed[name]))
    if "latitude" in proposed:
        yield Change(label("position"), _point(base), _point(proposed))
    if "permanences" in proposed:
        before = [permanence(held) for held in base.get("permanences", [])]
        yield Change(label("permanences"), before, [permanence(held) for held in proposed["permanences"]])
    if "logo" in proposed:
        yield Change(label("logo"), [], [gettext("une image")])


def label(name: str) -> str:
    """Return the name of a field in the form: the card's, for a list."""
    if name.startswith(permanences.PREFIX):
        return gettext("Permanence")
    return str(LABELS[name]) if name in LABELS else gettext(TITLES.get(name, VOCABULARIES[name].question))


def said(name: str, value: Any) -> list[str]:
    """Return a value as lines, none when there is nothing."""
    if value in (None, "", []):
        return []
    if name in LISTS:
        return [str(lexicon.find(name, word) or word) for word in value]
    if name == "typologie":
        return [translated(TYPOLOGIES.get(code, code)) for code in value]
    if name == "horaires":
        return [in_french(value)]
    if name == "telephone":
        return [phone_link(value).label]
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def wrong(submission: Submission) -> list[str]:
    """Return what was ticked, in words."""
    names = dict(Submission.Wrong.choices)
    return [str(names.get(value, value)) for value in submission.wrong]


def _point(values: dict[str, Any]) -> list[str]:
    if values.get("latitude") is None:
        return []
    return [f"{values['latitude']}, {values['longitude']}"]


def permanence(held: dict[str, Any]) -> str:
    """Return a permanence as one line."""
    parts = [held.get("title", ""), in_french(held.get("horaires", "")), *said("langues", held.get("langues"))]
    if held.get("by_appointment") is not None:
        parts.append(gettext("sur rendez-vous") if held["by_appointment"] else gettext("sans rendez-vous"))
    parts += [held.get("host", ""), held.get("contact", ""), held.get("details", "")]
    return " – ".join(part for part in parts if part)
