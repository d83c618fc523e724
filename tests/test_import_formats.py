"""The same place comes in whatever the format, the version of the standard and the state of the file."""

import io
import json
import zipfile
from datetime import date

import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from places.files import UnreadableFile
from places.importing import import_places
from places.importing.reading import as_text, read_table
from places.models import Place
from places.standard import COLUMNS
from places.versions import modernise, recognise
from tests.imports import CLEAN, ROW, as_csv

pytestmark = pytest.mark.django_db
FULL = (
    ROW
    | {
        "nom": "Médiathèque « l’Œil »",
        "latitude": "50.69",
        "longitude": "3.17",
    }
    | {
        "services": "Aide aux démarches administratives|Loisirs et créations numériques",
        "horaires": "Mo-Fr 09:00-12:00; PH off",
        "presentation_detail": "Première ligne\nDeuxième, ligne",
    }
)


@pytest.fixture
def give(tmp_path):
    """Import bytes as a file and return the report."""

    def give(content: bytes, **options):
        path = tmp_path / "lieux"
        path.write_bytes(content)
        return import_places(str(path), **({"apply": True} | options))

    return give


def ods(rows: list[list]) -> bytes:
    """Write a sheet; numbers and dates are typed cells, as a person's spreadsheet has them."""
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Lieux")
    for cells in rows:
        row = TableRow()
        for value in cells:
            if isinstance(value, int | float):
                cell = TableCell(valuetype="float", value=value)
            elif isinstance(value, date):
                cell = TableCell(valuetype="date", datevalue=value.isoformat())
            else:
                cell = TableCell(valuetype="string")
            cell.addElement(P(text=str(value)))
            row.addElement(cell)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


def xlsx(rows: list[list[str]]) -> bytes:
    """Write the smallest workbook a reader takes: inline texts on one sheet."""

    def cell(value: str) -> str:
        escaped = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escaped}</t></is></c>'

    lines = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    types = "application/vnd.openxmlformats-package.relationships+xml"
    relation = (
        '<Relationships xmlns="{0}/relationships"><Relationship Id="r1" Type="{1}/{2}" Target="{3}"/></Relationships>'
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="{types}"/></Types>',
        "_rels/.rels": relation.format(package, office, "officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Lieux" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relation.format(package, office, "worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return file.getvalue()


def as_rows(row: dict) -> list[list[str]]:
    return [COLUMNS, [row.get(column, "") for column in COLUMNS]]


def as_geojson(row: dict) -> bytes:
    properties = {
        k: v.split("|") if k == "services" else v for k, v in row.items() if k not in ("latitude", "longitude")
    }
    point = {"type": "Point", "coordinates": [float(row["longitude"]), float(row["latitude"])]}
    feature = {"type": "Feature", "geometry": point, "properties": properties}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.mark.parametrize(
    ("content", "form", "remarks"),
    [
        (as_csv(FULL), "CSV", 0),
        (as_csv(FULL, encoding="utf-8-sig"), "CSV", 0),
        (as_csv(FULL, delimiter=";"), "CSV", 1),
        (as_csv(FULL, delimiter="\t"), "CSV", 1),
        (as_csv(FULL, delimiter=";", encoding="cp1252"), "CSV", 2),
        (as_csv(FULL).replace(b"\r\n", b"\n"), "CSV", 0),
        (as_csv(FULL).rstrip(), "CSV", 0),
        (json.dumps([FULL]).encode(), "JSON", 0),
        (json.dumps({"lieux": [FULL | {"latitude": 50.69, "longitude": 3.17}]}).encode(), "JSON", 0),
        (json.dumps([FULL | {"nom": f"{FULL['nom']}\ud800"}]).encode(), "JSON", 0),
        (as_geojson(FULL), "GeoJSON", 0),
        (ods(as_rows(FULL)), "classeur", 0),
        (xlsx(as_rows(FULL)), "classeur", 0),
    ],
    ids=[
        "csv",
        "bom",
        "semicolon",
        "tab",
        "windows-1252",
        "unix",
        "no-final-line",
        "json",
        "json-object",
        "json-half-a-letter",
        "geojson",
        "ods",
        "xlsx",
    ],
)
def test_same_place_comes_in_from_every_format(give, content, form, remarks):
    report = give(content)

    assert (report.format, report.version, len(report.remarks)) == (form, "1.0", remarks)
    assert report.counted == {"lignes": 1, "creees": 1} | CLEAN
    place = Place.objects.get(pk="1")
    assert (place.nom, place.point) == (FULL["nom"], (50.69, 3.17))
    assert place.services.values == FULL["services"].split("|")
    assert place.horaires == FULL["horaires"]
    assert place.date_maj == date(2026, 1, 2)
    assert place.presentation_detail.split() == FULL["presentation_detail"].split()


def test_numbers_and_dates_of_a_spreadsheet_are_read_as_written(give):
    rows = [["id", "nom", "commune", "code_postal", "date_maj", "latitude", "longitude", "telephone"]]
    rows += [[1, "Mairie", "Roubaix", 1000, date(2026, 1, 2), 50.69, 3.17, 320815757]]

    report = give(ods(rows))

    place = Place.objects.get(pk="1")
    assert (place.code_postal, place.telephone, place.date_maj) == ("01000", "+33320815757", date(2026, 1, 2))
    assert [(note["colonne"], note["ligne"]) for note in report.of_kind("correction")] == [
        ("code_postal", 2),
        ("telephone", 2),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (3.0, "3"),
        (3.5, "3.5"),
        (True, "oui"),
        (["a", 1], "a|1"),
        ({"a": 1}, '{"a": 1}'),
        (float("nan"), "nan"),
    ],
)
def test_values_of_json_and_sheets_are_written_as_texts(value, text):
    assert as_text(value) == text


# --- versions


OLD = {
    "id": "1",
    "pivot": "43493312300029",
    "nom": "Mairie",
    "commune": "Roubaix",
    "code_postal": "59100",
    "adresse": "17 Grand Place",
    "courriel": "a@exemple.fr",
    "services": "Prendre en main un ordinateur;Accéder à du matériel;S’équiper en matériel informatique",
    "publics_accueillis": "Jeunes (16-26 ans);Adultes;Handicaps psychiques : troubles;Public langues étrangères",
    "conditions_acces": "Gratuit : Je peux accéder gratuitement au lieu;Adhésion : Je dois adhérer",
    "labels_nationaux": "CNFS;APTIC;Fabriques de Territoire;Aidants Connect",
    "labels_autres": "Label maison",
    "modalites_accompagnement": "Seul : j’ai accès à du matériel;A ma place : une personne fait les démarches",
    "accessibilite": "https://acceslibre.exemple.fr/x",
    "cle_ban": "59512_1",
    "date_maj": "2022-11-14",
}


def test_file_of_0_1_comes_in_under_the_columns_of_today(give):
    report = give(as_csv(OLD, header=list(OLD)))

    assert report.version == "0.1"
    assert report.unknown_columns == []
    assert [(n["colonne"], n["valeur"]) for n in report.of_kind("refus")] == []
    place = Place.objects.get()
    assert place.services.values == [
        "Maîtrise des outils numériques du quotidien",
        "Accès internet et matériel informatique",
        "Acquisition de matériel informatique à prix solidaire",
    ]
    assert place.publics_specifiquement_adresses.values == ["Jeunes"]
    assert place.prise_en_charge_specifique.values == ["Handicaps mentaux", "Langues étrangères (autres)"]
    assert place.frais_a_charge.values == ["Gratuit", "Payant"]
    assert place.dispositif_programmes_nationaux.values == ["Aidants Connect", "Conseillers numériques"]
    assert place.formations_labels.values == ["Fabriques de Territoire"]
    assert place.autres_formations_labels == ["APTIC", "Label maison"]
    assert place.modalites_accompagnement.values == ["En autonomie", "Accompagnement individuel"]
    assert (place.courriels, place.fiche_acces_libre) == (["a@exemple.fr"], "https://acceslibre.exemple.fr/x")


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (["id", "nom", "courriel"], "0.1"),
        (["id", "nom", "publics_accueillis"], "0.1"),
        (["id", "nom", "conditions_acces"], "0.1"),
        (["id", "nom", "labels_nationaux"], "0.1"),
        (COLUMNS, "1.0"),
        (["id", "nom"], "1.0"),
    ],
)
def test_version_is_told_by_the_header(header, version):
    assert recognise(header)[0] == version


@pytest.mark.parametrize(
    ("title", "column"),
    [
        ("Adresse", "adresse"),
        ("SIRET", "pivot"),
        ("Siret", "pivot"),
        ("CP", "code_postal"),
        ("Code postal", "code_postal"),
        ("COMMUNE", "commune"),
        ("Ville", "commune"),
        ("NUM_TEL", "telephone"),
        ("téléphone", "telephone"),
        ("mail", "courriels"),
        ("Email", "courriels"),
        ("LAT", "latitude"),
        ("long", "longitude"),
        ("x", "longitude"),
        ("public_accueillis", "publics_accueillis"),
    ],
)
def test_header_met_in_real_files_is_understood(title, column):
    assert recognise(["id", "nom", title])[1][title] == column


def test_exact_header_wins_over_one_that_looks_like_it():
    _version, names = recognise(["ID", "id", "Nom", "nom"])

    assert names == {"id": "id", "nom": "nom"}


def test_header_nobody_knows_is_set_aside(give):
    report = give(as_csv(ROW | {"mediateurs": "2"}, header=[*COLUMNS, "mediateurs"]))

    assert report.unknown_columns == ["mediateurs"]


def test_modern_row_is_left_alone():
    row = {"id": "1", "services": "Gratuit"}

    assert modernise(row, {"id": "id", "services": "services"}) == row


# --- files that attack


def test_zip_bomb_is_refused_before_it_is_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", b"0" * (400 * 1024 * 1024))

    with pytest.raises(UnreadableFile, match="trop gros"):
        read_table(file.getvalue())


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a":' * 100_000, b"PK\x03\x04" + b"\0" * 50])
def test_file_made_to_hurt_ends_with_a_sentence(content):
    with pytest.raises(UnreadableFile):
        read_table(content)
