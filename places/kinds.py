"""What kind of body a place says it is: a library, a town hall, a social centre…

The keyword guard against duplicates rests on it: two bodies of different kinds are never proposed as one place, even in
one building with one switchboard. A name may say several kinds; the first one said is what the place is, the others
whose it is or where it stands (« France services Mairie de Roubaix », « Médiathèque – espace numérique »).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from places.text import fold

MOBILE = "mobile"
# Patterns over folded text (see places.text.fold), the longer before the shorter where both begin alike.
PATTERNS: dict[str, str] = {
    MOBILE: r"(?:numeri|info|cyber)?bus|camion|fourgon|itinerante?",
    "france services": r"(?:(?:maison|espace|point|reseau) (?:de )?)?france services?|msap|mfs|efs|pimms"
    r"|(?:maison|espace) des? services? (?:au|aux) publics?|point information mediation multi ?services?",
    "bibliothèque": r"bibliotheques?(?: mediatheques?)?|bib|mediatheques?|(?:relais|point) lecture",
    "ludothèque": r"ludotheques?",
    "mairie annexe": r"mairies? (?:annexe|de quartier|de secteur|de proximite|deleguee)|annexe (?:de la )?mairie",
    "mairie": r"mairie|hotel de ville|municipalite|^(?:commune|ville) (?=d)",
    "CCAS": r"(?:ccas|cias)|(?:centre|ctre) (?:inter)?communal (?:d )?action sociale",
    "solidarités du département": r"mdsi?|mns|ut(?:p)?as|cdas|cms|centre medico social"
    r"|maison (?:(?:departementale|du departement|nord)s? )?(?:d(?:e la|es?|u) )?solidarites?"
    r"|(?:unite|centre) (?:territorial|departemental)e? (?:de prevention et )?d actions? sociales?"
    r"|territoire d actions? sociales?",
    "département": r"conseil (?:departemental|general)|^departement (?=d)",
    "région": r"conseil regional",
    "préfecture": r"(?:sous )?prefecture",
    "intercommunalité": r"communautes? (?:(?:de )?communes|(?:d )?agglo(?:meration)?|urbaine)|^c[ac](?= )"
    r"|metropole europeenne",
    "La Poste": r"la poste|(?:bureau de|relais) poste|agence postale",
    "centre social": r"centres? socia(?:l|ux)(?: et culturels?| (?:inter)?communal)?|centres? socio ?culturels?|csc?"
    r"|centre culturel et social|espace (?:de vie sociale|socio ?culturel)|evs",
    "MJC": r"mjc|maison des jeunes(?: et de la culture)?",
    "maison de quartier": r"maisons? d(?:e|es|u) quartiers?|mdh|maisons? des? habitants?(?: es?)?(?: s)?",
    "mission locale": r"missions? locales?|ml|milo",
    "CAF": r"caf|caisses? d allocations? familiales?",
    "assurance maladie": r"cpam|(?:caisse primaire d )?assurance maladie",
    "MSA": r"msa|mutualite sociale agricole",
    "France Travail": r"france travail|pole emploi",
    "école de la deuxième chance": r"e2c|ecole de la (?:2e|2eme|deuxieme|seconde) chance",
    "école": r"ecoles?|colleges?|lycees?|groupe scolaire|universite|iut|greta",
    "crèche": r"creches?|multi accueil|relais petite enfance",
    "espace numérique": r"ep[ni]|espaces? (?:publi[cq]s? )?(?:numeriques?|internet|multimedias?)"
    r"|cyber ?(?:base|centre|espace|cafe)|pole numerique",
    "tiers-lieu": r"tiers lieux?(?: numeriques?)?|coworking|fab ?lab",
    "impôts": r"(?:service|centre) des (?:impots|finances publiques)(?: des particuliers)?|sip|tresorerie"
    r"|tresor public",
    "justice": r"maison de (?:la )?justice(?: et du droit)?|mjd|point justice|point d acces au droit|pad|tribunal",
    "information jeunesse": r"[pbc]ij|crij|sij|info jeunes"
    r"|(?:point|bureau|centre|espace|structure) (?:regional )?(?:d )?info(?:rmation)? jeunes(?:se)?",
    "maison de l’emploi": r"maison (?:de|pour) l emploi(?: et de la formation)?|mdef?",
    "maison des associations": r"maison des associations",
    "résidence": r"residence|foyer|ehpad|chrs",
    "centre culturel": r"centre culturel|theatre|musee|cinema",
    "office de tourisme": r"offices? d[eu] tourisme",
}
KINDS = tuple(PATTERNS)
SAID = re.compile(r"\b(?:" + "|".join(f"(?P<k{n}>{pattern})" for n, pattern in enumerate(PATTERNS.values())) + r")\b")

# Codes of data·inclusion that tell the kind when the name does not; the vague ones (MUNI, ASSO…) tell nothing.
TYPOLOGIES: dict[str, str] = {
    "BIB": "bibliothèque",
    "RELAIS_LECTURE": "bibliothèque",
    "CAF": "CAF",
    "CC": "intercommunalité",
    "EPCI": "intercommunalité",
    "CCAS": "CCAS",
    "CIAS": "CCAS",
    "CD": "département",
    "CDAS": "solidarités du département",
    "CMS": "solidarités du département",
    "DEPT": "solidarités du département",
    "MDS": "solidarités du département",
    "CFP": "impôts",
    "CPAM": "assurance maladie",
    "CS": "centre social",
    "CSC": "centre social",
    "EVS": "centre social",
    "E2C": "école de la deuxième chance",
    "EPI": "espace numérique",
    "EPN": "espace numérique",
    "FABLAB": "tiers-lieu",
    "TIERS_LIEUX": "tiers-lieu",
    "FT": "France Travail",
    "LA_POSTE": "La Poste",
    "MDE": "maison de l’emploi",
    "MDEF": "maison de l’emploi",
    "MDH": "maison de quartier",
    "MQ": "maison de quartier",
    "MJC": "MJC",
    "ML": "mission locale",
    "MSA": "MSA",
    "MSAP": "france services",
    "PIMMS": "france services",
    "RFS": "france services",
    "PAD": "justice",
    "PIJ_BIJ": "information jeunesse",
    "PREF": "préfecture",
    "REG": "région",
    "ENM": MOBILE,
}


class Kinds(NamedTuple):
    """The kinds a place says, in the order it says them, and the folded words of its name that say none."""

    said: tuple[str, ...]
    rest: str

    @property
    def first(self) -> str:
        return next((kind for kind in self.said if kind != MOBILE), "")


def kinds_of(nom: str, typologie: Iterable[str] = ()) -> Kinds:
    """Return what the name says; when it says nothing, what its only typology code says.

    >>> kinds_of("Médiathèque La Grand-Plage")
    Kinds(said=('bibliothèque',), rest='la grand plage')
    """
    name = fold(nom)
    # Initials written apart: C.C.A.S. is the CCAS.
    name = re.sub(r"\b(?:[a-z] ){2,}[a-z]\b", lambda initials: initials[0].replace(" ", ""), name)
    said = dict.fromkeys(KINDS[int(found.lastgroup[1:])] for found in SAID.finditer(name))
    rest = " ".join(SAID.sub(" ", name).split())
    if not said:
        codes = [TYPOLOGIES.get(code) for code in typologie]
        said = dict.fromkeys(codes) if len(codes) == 1 and codes[0] else {}
    return Kinds(tuple(said), rest)


def differ(one: Kinds, other: Kinds) -> bool:
    """Say whether these are bodies of different kinds: the guard. Who says no kind may be anything.

    A bus is never the counter it serves. Otherwise the first kind said must be the same, unless both say the same
    kinds in another order.
    """
    if not one.said or not other.said:
        return False
    if (MOBILE in one.said) != (MOBILE in other.said):
        return True
    return one.first != other.first and {*one.said} != {*other.said}
