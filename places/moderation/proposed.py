"""What a form shows of a place, and what a person changed of it: plain data, as a submission keeps it."""

from collections.abc import Mapping
from typing import Any

from places import history
from places.models import Place
from places.vocabularies import VOCABULARIES

# In the order of the card.
FIELDS = (
    "nom adresse complement_adresse code_postal commune latitude longitude services presentation_resume "
    "presentation_detail horaires demarches themes materiel ateliers langues publics_specifiquement_adresses "
    "prise_en_charge_specifique frais_a_charge modalites_acces modalites_accompagnement itinerance "
    "dispositif_programmes_nationaux telephone courriels site_web prise_rdv typologie structure_parente "
    "formations_labels fiche_acces_libre"
).split()
POINT = ("latitude", "longitude")
LISTS = [name for name in VOCABULARIES if name in FIELDS]


def shown(place: Place) -> dict[str, Any]:
    """Return what the form shows of a place: its columns, and its permanences with their ids."""
    values = {name: history.plain(getattr(place, name)) for name in FIELDS}
    held = [{"id": permanence.pk, **permanence.snapshot()} for permanence in place.permanences.all()]
    return values | {"permanences": held}


def changed(base: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the typed values that differ from those shown; a point goes whole, and blanks add nothing to nothing."""
    differing = {name: value for name, value in typed.items() if value != base.get(name, blank(value))}
    if differing.keys() & {*POINT}:
        differing |= {name: typed[name] for name in POINT}
    return differing


def blank(value: Any) -> Any:
    """Return what a column holds when it holds nothing, by the kind of `value`."""
    if isinstance(value, str | list):
        return type(value)()
    return None
