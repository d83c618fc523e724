"""Invented places in real towns of the Hauts-de-France, always the same for the same seed.

    VAR_DIR=/tmp/bench DATABASE_URL=sqlite:////tmp/bench/places.sqlite3 … python -m benchmarks.places 25000

The shares below follow the regional and Roubaix files of November 2026, filled as a city that keeps its cards would
fill them. The first 40 places are in Roubaix; a smaller set is always the beginning of a larger one. Above 25,000,
the region, they are copied across the country: see `benchmarks.copies`.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from random import Random

from benchmarks import copies
from places.text import fold
from places.vocabularies import VOCABULARIES

ROOT = Path(__file__).resolve().parent.parent
CITY = 40  # places before the region begins
REGION = 25_000  # places before they are copied across the country
CHUNK = 1_000
FACTS = ROOT / "fixtures" / "roubaix_territoires.geojson"

# name, postcode, INSEE code, latitude, longitude, share of the region's places, spread in degrees
TOWNS = [
    ("Roubaix", "59100", "59512", 50.6915, 3.1760, 14, 0.010),
    ("Lille", "59000", "59350", 50.6320, 3.0580, 12, 0.018),
    ("Tourcoing", "59200", "59599", 50.7235, 3.1600, 7, 0.012),
    ("Villeneuve-d’Ascq", "59650", "59009", 50.6230, 3.1440, 4, 0.016),
    ("Wattrelos", "59150", "59650", 50.7020, 3.2170, 3, 0.010),
    ("Croix", "59170", "59163", 50.6780, 3.1500, 2, 0.007),
    ("Armentières", "59280", "59017", 50.6880, 2.8810, 2, 0.010),
    ("Dunkerque", "59140", "59183", 51.0340, 2.3770, 5, 0.020),
    ("Calais", "62100", "62193", 50.9510, 1.8590, 5, 0.015),
    ("Boulogne-sur-Mer", "62200", "62160", 50.7250, 1.6130, 3, 0.012),
    ("Lens", "62300", "62498", 50.4320, 2.8330, 4, 0.015),
    ("Béthune", "62400", "62119", 50.5300, 2.6400, 3, 0.014),
    ("Arras", "62000", "62041", 50.2910, 2.7770, 4, 0.014),
    ("Douai", "59500", "59178", 50.3710, 3.0800, 4, 0.014),
    ("Valenciennes", "59300", "59606", 50.3570, 3.5230, 4, 0.016),
    ("Maubeuge", "59600", "59392", 50.2780, 3.9730, 3, 0.013),
    ("Cambrai", "59400", "59122", 50.1760, 3.2350, 2, 0.012),
    ("Amiens", "80000", "80021", 49.8940, 2.2960, 6, 0.020),
    ("Abbeville", "80100", "80001", 50.1060, 1.8350, 2, 0.012),
    ("Saint-Quentin", "02100", "02691", 49.8480, 3.2870, 3, 0.014),
    ("Laon", "02000", "02408", 49.5640, 3.6240, 2, 0.014),
    ("Beauvais", "60000", "60057", 49.4300, 2.0810, 3, 0.016),
    ("Compiègne", "60200", "60159", 49.4180, 2.8260, 2, 0.014),
    ("Creil", "60100", "60175", 49.2580, 2.4740, 1, 0.010),
]
KINDS = [
    ("Centre social", "CS", 12),
    ("Médiathèque", "BIB", 9),
    ("Mairie annexe", "MUNI", 10),
    ("France services", "RFS", 10),
    ("CCAS, antenne", "CCAS", 7),
    ("Association", "ASSO", 18),
    ("Maison de quartier", "MQ", 7),
    ("Mission locale", "ML", 4),
    ("Espace numérique", "EPN", 6),
    ("Comité de quartier", "ASSO", 5),
    ("Maison Nord Solidarités", "DEPT", 4),
    ("Atelier solidaire", "RECYCLERIE", 4),
    ("Point information jeunesse", "PIJ_BIJ", 3),
    ("Bureau de poste", "LA_POSTE", 1),
]
PEOPLE = (
    "Jean Jaurès|Louise Michel|Salvador Allende|Simone Veil|Victor Hugo|Marie Curie|Émile Zola|Rosa Parks|Jules Guesde|"
    "Martine Bulard|Nelson Mandela|Olympe de Gouges|Georges Brassens|Lucie Aubrac|Jean Lebas|Germaine Tillion|"
    "Pierre de Roubaix|Camille Claudel|Aimé Césaire|Joséphine Baker|Antoine de Saint-Exupéry|Édith Piaf|Jean Moulin|"
    "Colette|Jacques Prévert|Suzanne Lannoy|Albert Camus|Hannah Arendt|Jean Macé|Barbara"
).split("|")
QUARTERS = (
    "l’Épeule|le Pile|les Trois Ponts|l’Alma|Fresnoy|le Moulin|la Potennerie|Sainte-Élisabeth|les Hauts Champs|"
    "Vauban|la Bourgogne|Fives|Wazemmes|Moulins|le Centre|la Gare|le Faubourg|la Citadelle|les Provinces|le Port"
).split("|")
STREETS = "rue|rue|rue|rue|avenue|boulevard|place|impasse|quai".split("|")
SENTENCES = (
    "Un médiateur vous aide pour vos démarches en ligne.|Des ateliers chaque semaine, pour tous les niveaux.|"
    "Venez avec votre téléphone, votre ordinateur et vos papiers.|Un poste, une imprimante et le wifi sur place.|"
    "L’équipe parle plusieurs langues et prend son temps.|Sur rendez-vous l’après-midi, sans rendez-vous le matin.|"
    "Apprendre à utiliser sa boîte mail, ses mots de passe, son espace personnel.|Le lieu est accessible en fauteuil."
).split("|")
# How many terms of each list a place states: the share of places that state none, then 1, 2, 3…
HOW_MANY = {
    "services": (0, 30, 34, 12, 18, 4, 2),
    "demarches": (45, 15, 12, 10, 8, 6, 4),
    "themes": (82, 14, 4),
    "materiel": (60, 14, 12, 8, 4, 2),
    "ateliers": (65, 22, 13),
    "publics_specifiquement_adresses": (80, 12, 6, 2),
    "prise_en_charge_specifique": (85, 10, 4, 1),
    "langues": (70, 15, 10, 5),
    "frais_a_charge": (8, 88, 4),
    "modalites_accompagnement": (35, 35, 22, 8),
    "modalites_acces": (30, 35, 25, 10),
    "dispositif_programmes_nationaux": (40, 42, 14, 4),
    "formations_labels": (95, 5),
    "itinerance": (40, 58, 2),
}
STANDARD_VERIFICATION = ("déclaré par la source", "déduit de la nature de la structure, à vérifier")
DAYS = ("Mo", "Tu", "We", "Th", "Fr")
PERMANENCES = 0.05  # share of the places that hold one


def values(number: int, seed: int = 1) -> dict:
    """Return the fields of the place of this number, the same whatever the size of the set."""
    chance = Random(f"{seed} {number}")
    town, postcode, insee, latitude, longitude, _share, spread = (
        TOWNS[0] if number < CITY else chance.choices(TOWNS, [town[5] for town in TOWNS])[0]
    )
    kind, code, _share = chance.choices(KINDS, [kind[2] for kind in KINDS])[0]
    name = f"{kind} {chance.choice(PEOPLE)}" if chance.random() < 0.6 else f"{kind} de {chance.choice(QUARTERS)}"
    # Towns gather around a few squares: most places lie near one of five of them.
    corner = Random(f"{town} {chance.randrange(5)}")
    south, west = latitude + corner.gauss(0, spread), longitude + corner.gauss(0, spread * 1.5)
    located = chance.random() < 0.97
    day = date(2026, 11, 1) - timedelta(days=int(chance.expovariate(1 / 400)))
    said = chance.random()
    name = name if chance.random() < 0.4 else f"{name} ({town})"
    return {
        "id": f"banc-{seed}-{number:07}",
        "pivot": f"{chance.randrange(10**13, 10**14)}" if chance.random() < 0.7 else "0" * 14,
        "nom": name,
        "slug": f"{fold(name).replace(' ', '-')}-{number}",
        "commune": town,
        "code_postal": postcode,
        "code_insee": insee,
        "adresse": f"{chance.randrange(1, 320)} {chance.choice(STREETS)} {chance.choice(PEOPLE)}" if located else "",
        "latitude": round(south + chance.gauss(0, spread / 3), 6) if located else None,
        "longitude": round(west + chance.gauss(0, spread / 2), 6) if located else None,
        "typologie": [code],
        "telephone": f"+333{chance.randrange(20_000_000, 29_999_999)}" if chance.random() < 0.73 else "",
        "courriels": [f"accueil{number}@exemple.fr"] if chance.random() < 0.55 else [],
        "site_web": [f"https://lieu{number}.exemple.fr/"] if chance.random() < 0.3 else [],
        "horaires": _hours(chance) if chance.random() < 0.75 else "",
        "presentation_resume": chance.choice(SENTENCES) if said < 0.4 else "",
        "presentation_detail": " ".join(chance.choices(SENTENCES, k=6)) if said < 0.2 else "",
        "source": chance.choice(("Conseiller numérique", "France Services", "Ville", "La Poste")),
        "date_maj": day.isoformat(),
        "verification": chance.choice(STANDARD_VERIFICATION),
        **{vocabulary: _terms(chance, vocabulary) for vocabulary in VOCABULARIES},
    }


def _hours(chance: Random) -> str:
    """Return hours as different from each other as those of the region, where two places in three have their own."""
    if chance.random() < 0.45:
        text = (
            f"{chance.choice(('Mo-Fr', 'Mo-Fr', 'Tu-Fr', 'Mo-Th', 'Mo,Tu,Th'))} {_morning(chance)},{_afternoon(chance)}"
        )
    else:
        days = [day for day in DAYS if chance.random() < 0.85] or ["Tu"]
        text = "; ".join(f"{day} {_some_of_a_day(chance)}" for day in days)
    if chance.random() < 0.3:
        text += f"; Sa {_morning(chance)}"
    if chance.random() < 0.02:
        return f"week 1-53/2 {text.partition(';')[0]}"
    return text + ("; PH off" if chance.random() < 0.3 else "")


def _some_of_a_day(chance: Random) -> str:
    kind = chance.random()
    if kind < 0.6:
        return f"{_morning(chance)},{_afternoon(chance)}"
    return _morning(chance) if kind < 0.8 else _afternoon(chance)


def _morning(chance: Random) -> str:
    return (
        f"{chance.choice(('08:00', '08:30', '08:45', '09:00', '09:30'))}-{chance.choice(('11:45', '12:00', '12:30'))}"
    )


def _afternoon(chance: Random) -> str:
    return (
        f"{chance.choice(('13:30', '13:45', '14:00', '14:30'))}-{chance.choice(('16:30', '17:00', '17:30', '18:00'))}"
    )


def _terms(chance: Random, vocabulary: str) -> list[str]:
    """Return official values, the first of each list the most frequent ones."""
    shares = HOW_MANY[vocabulary]
    wanted = chance.choices(range(len(shares)), shares)[0]
    seeds = VOCABULARIES[vocabulary].seeds
    chosen = chance.choices(seeds, [(rank + 1) ** -1.3 for rank in range(len(seeds))], k=wanted)
    # A place that receives nobody is hidden from the public, and rare.
    closed = "pas-de-public" if chance.random() > 0.01 else ""
    return sorted({seed.value for seed in chosen if seed.slug != closed})


def fingerprint(seed: int) -> str:
    """Return what changes when these places, or the tables that hold them, do."""
    sources = [Path(__file__), Path(copies.__file__), FACTS, *sorted((ROOT / "places" / "migrations").glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources) + b"%d" % seed).hexdigest()[:10]


def fill(size: int, seed: int) -> None:
    """Create the tables and write the places into the configured database, which must be empty or already filled."""
    from django.core.management import call_command

    from places import history
    from places.models import Permanence, Place, Revision, Source
    from places.territories.outlines import import_territories

    call_command("migrate", verbosity=0)
    mark = f"benchmark {size} {fingerprint(seed)}"
    if Source.objects.filter(name=mark).exists():
        return
    if Place.objects.exists():
        sys.exit("This database holds other places: give the benchmark an empty one.")
    start = time.perf_counter()
    for kind in ("commune", "quartier", "iris", "qpv"):
        import_territories(FACTS, kind, apply=True)
    written = min(size, REGION)
    for first in range(0, written, CHUNK):
        numbers = range(first, min(first + CHUNK, written))
        places = [Place(**values(number, seed)) for number in numbers]
        history.save(places, origin=Revision.Origin.COMMAND)
        held = [place for place in places if Random(f"{seed} {place.pk}").random() < PERMANENCES]
        permanences = Permanence.objects.bulk_create(
            Permanence(
                place=place,
                title="Écrivain public",
                horaires=f"{Random(place.pk).choice(DAYS)} {_some_of_a_day(Random(place.pk))}",
                themes=["ecrivain-public"],
            )
            for place in held
        )
        more = {given.place_id: {"permanences": [[], [given.snapshot()]]} for given in permanences}
        history.save(held, origin=Revision.Origin.COMMAND, more=more)
        if sys.stderr.isatty():
            print(f"\r{numbers.stop:,} places", end="", file=sys.stderr)
    if size > written:
        copies.copy_places(size)
    Source.objects.create(name=mark)
    print(json.dumps({"places": size, "seconds": round(time.perf_counter() - start, 1)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "roubaix_map.settings")
    django.setup()
    fill(asked.size, asked.seed)
