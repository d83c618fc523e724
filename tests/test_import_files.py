"""Whole files and the exact counts of their import: the official example, the region, each version and each dirt."""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from places.importing import import_places
from places.models import Place
from tests.imports import CLEAN, as_csv

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parent / "data"
EXAMPLE, REGION = DATA / "exemple-valide-1.0.2.csv", DATA / "hauts_de_france_lieux.csv"
[ROW] = csv.DictReader(io.StringIO(EXAMPLE.read_text()))
OLD_ROW = {name: ROW[name] for name in ("id", "pivot", "nom", "commune", "code_postal", "adresse", "date_maj")} | {
    "courriel": "contact@exemple.fr",
    "services": "Prendre en main un ordinateur;Accéder à du matériel",
    "publics_accueillis": "Jeunes (16-26 ans);Surdité",
    "conditions_acces": "Gratuit : Je peux accéder gratuitement",
    "labels_nationaux": "CNFS",
    "modalites_accompagnement": "Seul : j’ai accès à du matériel",
}
# A name, what one row of three then says, how many rows go in, and what the report tells by column.
DIRT = [
    ("spaces", {"nom": "  Anonymal ", "commune": "Reims  ", "pivot": "434 933 123 00029"}, 3, {"correction pivot": 1}),
    (
        "numbers of a spreadsheet",
        {"code_postal": "51100.0", "telephone": "180059880.0"},
        3,
        {"correction code_postal": 1, "correction telephone": 1},
    ),
    ("french dates", {"date_maj": "02/04/2024"}, 3, {"correction date_maj": 1}),
    ("empty dates", {"date_maj": "1970-01-01"}, 3, {"refus date_maj": 1}),
    ("dialled phones", {"telephone": "01 80 05 98 80 / 01 80 05 98 81"}, 3, {"correction telephone": 1}),
    ("short phones", {"telephone": "3949"}, 3, {"refus telephone": 1}),
    ("placeholders", {"telephone": "#N/D", "courriels": "-", "site_web": "null", "presentation_resume": "?"}, 3, {}),
    ("swapped point", {"latitude": ROW["longitude"], "longitude": ROW["latitude"]}, 3, {"correction latitude": 1}),
    ("lambert", {"latitude": "6909000", "longitude": "775000"}, 3, {"correction latitude": 1}),
    ("half a point", {"longitude": ""}, 3, {"refus latitude": 1}),
    ("infinite point", {"latitude": "inf", "longitude": "nan"}, 3, {"refus latitude": 1}),
    ("french hours", {"horaires": "du lundi au vendredi 9h-12h et 14h-17h"}, 3, {"correction horaires": 1}),
    ("undefined hours", {"horaires": "Mo-Fr :undefined-undefined:undefined"}, 3, {"remarque horaires": 1}),
    (
        "scripts",
        {"site_web": "javascript:alert(1)", "prise_rdv": "data:text/html,x"},
        3,
        {"correction site_web": 1, "refus prise_rdv": 1},
    ),
    ("semicolons", {"frais_a_charge": "Gratuit;Payant", "modalites_acces": "Se présenter ; Téléphoner"}, 3, {}),
    ("space of la poste", {"formations_labels": "Étapes numériques(La Poste)"}, 3, {"correction formations_labels": 1}),
    ("unknown terms", {"services": "Faire du café|Danser"}, 3, {"refus services": 2}),
    ("array of postgresql", {"typologie": '{EPN,"Centre social"}'}, 3, {"correction typologie": 1}),
    ("same id", {"id": "structure-1"}, 2, {"refus id": 1}),
    ("no id", {"id": ""}, 2, {"refus id": 1}),
    ("no name", {"nom": "-"}, 2, {"refus nom": 1}),
    (
        "nowhere",
        {"commune": "", "code_postal": "", "code_insee": "", "latitude": "", "longitude": ""},
        2,
        {"refus commune": 1},
    ),
]


def told(report) -> dict[str, int]:
    return dict(Counter(f"{note['nature']} {note['colonne']}" for note in report.notes))


def read(tmp_path, content: bytes):
    path = tmp_path / "lieux.csv"
    path.write_bytes(content)
    return import_places(str(path), apply=True)


def test_official_example_goes_in_without_a_word(tmp_path):
    report = read(tmp_path, EXAMPLE.read_bytes())

    assert report.counted == {"lignes": 1, "creees": 1} | CLEAN
    assert (report.version, report.notes, report.remarks, report.unknown_columns) == ("1.0", [], [], [])
    assert Place.objects.get().point == (43.52609, 5.41423)  # Reims where Aix is, and nothing to compare it with


def test_file_of_0_1_goes_in_with_its_values_brought_to_today(tmp_path):
    report = read(tmp_path, as_csv(OLD_ROW, header=list(OLD_ROW)))

    assert report.version == "0.1"
    assert report.counted == {"lignes": 1, "creees": 1} | CLEAN | {"corrigees": 4}
    assert told(report) == {
        "correction services": 2,
        "correction publics_specifiquement_adresses": 1,
        "correction dispositif_programmes_nationaux": 1,
    }


@pytest.mark.parametrize(("dirt", "created", "notes"), [row[1:] for row in DIRT], ids=[row[0] for row in DIRT])
def test_dirty_row_is_told_and_the_others_go_in(tmp_path, dirt, created, notes):
    rows = [ROW, ROW | {"id": "structure-2"} | dirt, ROW | {"id": "structure-3"}]

    report = read(tmp_path, as_csv(*rows))

    corrected = sum(number for what, number in notes.items() if what.startswith("correction"))
    assert told(report) == notes
    assert report.counted == CLEAN | {
        "lignes": 3,
        "creees": created,
        "refusees": 3 - created,
        "corrigees": corrected,
    }
    assert {note["ligne"] for note in report.notes} <= {3}
    assert {"structure-1", "structure-3"} <= set(Place.objects.values_list("pk", flat=True))


def test_region_goes_in_whole_with_its_repairs_counted(tmp_path):
    report = read(tmp_path, REGION.read_bytes())

    assert report.counted == {"lignes": 674, "creees": 674} | CLEAN | {"corrigees": 249}
    assert told(report) == {
        "correction pivot": 205,
        "correction telephone": 33,
        "correction formations_labels": 6,
        "correction commune": 3,
        "correction adresse": 1,
        "correction courriels": 1,
        "remarque horaires": 4,
        "remarque pivot": 1,
    }
