"""Files of every version of the national schema, and the headers people write, brought to the columns of 1.0.2.

Versions 0.1.0 and 0.1.1 have the same header, and so do 1.0.0, 1.0.1 and 1.0.2: a file is recognised as "0.1" or "1.0",
and its values by what they say. Sources: the schema's history, the reference library's THEMATIQUES_TO_SERVICES.
"""

import re
from collections.abc import Mapping

from places.standard import COLUMNS, EXTENSION, before_colon
from places.text import fold
from places.vocabularies import (
    Dispositif,
    FormationLabel,
    FraisACharge,
    ModaliteAccompagnement,
    PriseEnCharge,
    Public,
    Service,
)

# Columns of 0.1 that no longer have that name; those whose values are shared out are in SHARED.
RENAMED = {
    "courriel": "courriels",
    "conditions_acces": "frais_a_charge",
    "labels_autres": "autres_formations_labels",
    "accessibilite": "fiche_acces_libre",
}
DROPPED = {"cle_ban"}
SHARED = {
    "publics_accueillis": "publics_specifiquement_adresses",
    "labels_nationaux": "dispositif_programmes_nationaux",
}
SIGNS_OF_0_1 = {"courriel", "publics_accueillis", "conditions_acces", "labels_nationaux"}

# Headers met in real files, folded.
VARIANTS = {
    "siret": "pivot",
    "siret ou rna": "pivot",
    "rna": "pivot",
    "identifiant": "id",
    "nom du lieu": "nom",
    "nom de la structure": "nom",
    "structure": "nom",
    "ville": "commune",
    "cp": "code_postal",
    "insee": "code_insee",
    "code commune": "code_insee",
    "rue": "adresse",
    "complement adresse": "complement_adresse",
    "complement d adresse": "complement_adresse",
    "lat": "latitude",
    "y": "latitude",
    "coord y": "latitude",
    "lng": "longitude",
    "lon": "longitude",
    "long": "longitude",
    "x": "longitude",
    "coord x": "longitude",
    "coordonnees": "latitude",
    "geo point 2d": "latitude",
    "geometry": "latitude",
    "tel": "telephone",
    "num tel": "telephone",
    "numero de telephone": "telephone",
    "mail": "courriels",
    "mails": "courriels",
    "email": "courriels",
    "e mail": "courriels",
    "adresse mail": "courriels",
    "site": "site_web",
    "site internet": "site_web",
    "url": "site_web",
    "horaires d ouverture": "horaires",
    "horaire": "horaires",
    "public accueillis": "publics_accueillis",
    "publics": "publics_accueillis",
    "date de mise a jour": "date_maj",
    "mise a jour": "date_maj",
    "type de structure": "typologie",
}

# What old values became. A long text of 0.1 is known by what stands before its colon. None: it has no heir.
SERVICES = {
    "Devenir autonome dans les démarches administratives": Service.DEMARCHES,
    "Réaliser des démarches administratives avec un accompagnement": Service.DEMARCHES,
    "Prendre en main un smartphone ou une tablette": Service.OUTILS_DU_QUOTIDIEN,
    "Prendre en main un ordinateur": Service.OUTILS_DU_QUOTIDIEN,
    "Utiliser le numérique au quotidien": Service.OUTILS_DU_QUOTIDIEN,
    "Approfondir ma culture numérique": Service.COMPREHENSION,
    "Favoriser mon insertion professionnelle": Service.INSERTION,
    "Accéder à une connexion internet": Service.ACCES,
    "Accéder à du matériel": Service.ACCES,
    "S'équiper en matériel informatique": Service.ACQUISITION,
    "Créer et développer mon entreprise": Service.INSERTION,
    "Créer avec le numérique": Service.LOISIRS,
    "Accompagner les démarches de santé": Service.DEMARCHES,
    "Promouvoir la citoyenneté numérique": Service.COMPREHENSION,
    "Soutenir la parentalité et l'éducation avec le numérique": Service.PARENTALITE,
}
PUBLICS = {
    "Familles/enfants": ("publics_specifiquement_adresses", Public.FAMILLES),
    "Jeunes (16-26 ans)": ("publics_specifiquement_adresses", Public.JEUNES),
    "Seniors (+ 65 ans)": ("publics_specifiquement_adresses", Public.SENIORS),
    "Uniquement femmes": ("publics_specifiquement_adresses", Public.FEMMES),
    "Adultes": ("publics_specifiquement_adresses", None),
    "Public langues étrangères": ("prise_en_charge_specifique", PriseEnCharge.LANGUES_AUTRES),
    "Langues étrangères": ("prise_en_charge_specifique", PriseEnCharge.LANGUES_AUTRES),
    "Déficience visuelle": ("prise_en_charge_specifique", PriseEnCharge.DEFICIENCE_VISUELLE),
    "Surdité": ("prise_en_charge_specifique", PriseEnCharge.SURDITE),
    "Handicaps mentaux": ("prise_en_charge_specifique", PriseEnCharge.HANDICAPS_MENTAUX),
    "Handicaps psychiques": ("prise_en_charge_specifique", PriseEnCharge.HANDICAPS_MENTAUX),
    "Handicaps moteurs": ("prise_en_charge_specifique", PriseEnCharge.HANDICAPS_MOTEURS),
    "Personnes en situation d'illettrisme": ("prise_en_charge_specifique", PriseEnCharge.ILLETTRISME),
}
LABELS = {
    "CNFS": ("dispositif_programmes_nationaux", Dispositif.CONSEILLERS_NUMERIQUES),
    "Grandes écoles du numérique": ("dispositif_programmes_nationaux", Dispositif.GRANDE_ECOLE),
    "Point numérique CAF": ("dispositif_programmes_nationaux", Dispositif.POINT_CAF),
    "Point relais CAF": ("dispositif_programmes_nationaux", Dispositif.POINT_CAF),
    "Fabriques de Territoire": ("formations_labels", FormationLabel.FABRIQUES),
    "APTIC": ("autres_formations_labels", "APTIC"),
    "Relais pôle emploi": ("autres_formations_labels", "Relais pôle emploi"),
    "French Tech": ("autres_formations_labels", "French Tech"),
    "Campus connecté": ("autres_formations_labels", "Campus connecté"),
}
FRAIS = {
    "Adhésion": FraisACharge.PAYANT,
    "Accepte le Pass numérique": FraisACharge.GRATUIT_SOUS_CONDITION,
}
ACCOMPAGNEMENT = {
    "Seul": ModaliteAccompagnement.AUTONOMIE,
    "Avec de l'aide": ModaliteAccompagnement.INDIVIDUEL,
    "A ma place": ModaliteAccompagnement.INDIVIDUEL,
    "Dans un atelier": ModaliteAccompagnement.ATELIER,
}
# {column: {folded old value: official text, or None}}
HEIRS: dict[str, dict[str, str | None]] = {
    "services": {fold(old): new for old, new in SERVICES.items()},
    "frais_a_charge": {fold(old): new for old, new in FRAIS.items()},
    "modalites_accompagnement": {fold(old): new for old, new in ACCOMPAGNEMENT.items()},
}
for _old, (_column, _new) in {**PUBLICS, **LABELS}.items():
    HEIRS.setdefault(_column, {})[fold(_old)] = _new
ROUTES = {
    "publics_accueillis": {fold(old): column for old, (column, _new) in PUBLICS.items()},
    "labels_nationaux": {fold(old): column for old, (column, _new) in LABELS.items()},
}
KNOWN = {*COLUMNS, *EXTENSION, *RENAMED, *SHARED, *DROPPED}
MODERN = KNOWN - {*RENAMED, *SHARED, *DROPPED}


def recognise(header: list[str]) -> tuple[str, dict[str, str]]:
    """Return the version, "0.1" or "1.0", and for each header the column it names; headers without one are absent."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for exact in (True, False):
        for title in header:
            if title in names:
                continue
            folded = fold(title)
            name = folded.replace(" ", "_")
            column = name if name in KNOWN else VARIANTS.get(folded)
            if column and (title == column) == exact and column not in taken:
                names[title] = column
                taken.add(column)
    return ("0.1" if SIGNS_OF_0_1 & taken else "1.0"), names


def modernise(row: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return a row under the columns of 1.0.2, the values of shared columns sent where they now belong."""
    if MODERN.issuperset(names.values()):
        return {column: row[title] for title, column in names.items() if title in row}
    modern: dict[str, str] = {}
    for title, text in row.items():
        column = names.get(title)
        if column is None or column in DROPPED:
            continue
        if column in SHARED:
            _share(column, text, modern)
        else:
            _add(modern, RENAMED.get(column, column), text)
    return modern


def _share(column: str, text: str, modern: dict[str, str]) -> None:
    routes = ROUTES[column]
    for value in re.split(r"[|;]", text):
        if not value.strip():
            continue
        target = routes.get(fold(value)) or routes.get(fold(before_colon(value))) or SHARED[column]
        _add(modern, target, value.strip())


def _add(modern: dict[str, str], column: str, text: str) -> None:
    modern[column] = f"{modern[column]}|{text}" if modern.get(column) and text else modern.get(column) or text
