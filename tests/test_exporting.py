"""What leaves: the national file valid to the letter, its complements, the other formats; and nothing lost."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from frictionless import Resource, Schema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from places import conditional, history
from places.exporting import FORMATS, Publication, formats, records
from places.exporting.national import REQUIRED, Report
from places.importing import import_places
from places.models import DataVersion, Permanence, Place, Revision, Source, Term
from places.standard import COLUMNS, UNKNOWN_PIVOT, tidy
from places.vocabularies import LOCAL, NATIONAL, VOCABULARIES, FormationLabel, ModaliteAcces, Service
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent
REGION = ROOT / "tests" / "data" / "hauts_de_france_lieux.csv"
SCHEMA = json.loads((ROOT / "tests" / "data" / "schema-1.0.2.json").read_text())
STRICT = {
    # As JavaScript reads the patterns: digits are 0 to 9, and nothing comes after the end; whole cells only.
    field["name"]: re.compile(field["constraints"]["pattern"].removeprefix("^").removesuffix("$"), re.ASCII)
    for field in SCHEMA["fields"]
    if "pattern" in field["constraints"]
}
SPREADSHEETS = ("ods", "tableur")
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(1;1)", "\t=1+1", "\r=1+1", " =1+1", "\u00a0=1+1", "＝1+1"]


def written(name: str, places=None, site: str = "https://carte.exemple.fr") -> bytes:
    places = Place.objects.published() if places is None else places
    pieces = FORMATS[name].write(places, Publication.now(site), Report())
    return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)


def rows(name: str = "csv", places=None) -> list[dict[str, str]]:
    text = written(name, places).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if name == "tableur" else ","))


def found(name: str, places=None) -> list[dict]:
    """Return the places of any format, by their columns."""
    if name == "json":
        return json.loads(written(name, places))["lieux"]
    if name == "geojson":
        return [feature["properties"] for feature in json.loads(written(name, places))["features"]]
    if name == "ods":
        return sheet("Lieux", places)
    return rows(name, places)


def sheet(name: str, places=None) -> list[dict]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(written("ods", places)))
    header, *lines = book.get_sheet_by_name(name).to_python()
    return [dict(zip(header, line, strict=True)) for line in lines]


def findings(content: bytes) -> list:
    """Return what frictionless, then a stricter reading of the same patterns, find wrong in a national file."""
    schema = Schema.from_descriptor(SCHEMA)
    checked = Resource(data=content, format="csv", encoding="utf-8", schema=schema).validate()
    wrong = checked.flatten(["rowNumber", "fieldName", "message"])
    for number, row in enumerate(csv.DictReader(io.StringIO(content.decode(), newline="")), start=2):
        for column, cell in row.items():
            if cell and not STRICT.get(column, re.compile(r"(?s).*")).fullmatch(cell):
                wrong.append([number, column, cell])
            if (cell and not cell.strip()) or (column in REQUIRED and not cell):
                wrong.append([number, column, "blank"])
            if column in NATIONAL and cell.startswith("|"):
                wrong.append([number, column, cell])
    return wrong


# --- the national file


def test_national_file_has_the_columns_of_the_schema_in_order_and_nothing_before():
    make_place()

    header, row, end = written("csv").split(b"\r\n")

    assert header.decode() == ",".join(field["name"] for field in SCHEMA["fields"])
    assert (row.count(b","), end) == (31, b"")


def test_national_file_without_a_place_is_its_header():
    assert written("csv") == ",".join(COLUMNS).encode() + b"\r\n"
    assert findings(written("csv")) == []


def test_every_cell_is_written_as_the_schema_wants():
    make_place(
        id="coop-1",
        pivot="43493312300029",
        nom='Le "Fil", à l’Épeule',
        commune="Roubaix",
        code_postal="02100",
        code_insee="2A004",
        adresse="12 rue de la Gare | 2e cour ; fond",
        complement_adresse="Bâtiment B",
        latitude=50.69,
        longitude=-0.00001,
        typologie=["CS", "ASSO"],
        telephone="+33320815757",
        courriels=["a@exemple.fr", "b@exemple.fr"],
        site_web=["https://exemple.fr/a,b"],
        horaires="Mo-Fr 09:00-12:00,14:00-18:00; PH off",
        presentation_resume="Un lieu\nouvert.",
        presentation_detail="Première ligne.\r\nDeuxième.",
        source="La Coop",
        itinerance=["itinerant", "fixe"],
        structure_parente="Ville",
        date_maj=date(2026, 1, 2),
        services=[Service.ACCES, Service.DEMARCHES],
        publics_specifiquement_adresses=["familles"],
        prise_en_charge_specifique=["anglais"],
        frais_a_charge=["gratuit-sous-condition"],
        dispositif_programmes_nationaux=["point-caf"],
        formations_labels=["mon-espace-sante"],
        autres_formations_labels=["Label un", "Label deux"],
        modalites_acces=["telephoner"],
        modalites_accompagnement=["distance"],
        fiche_acces_libre="https://acceslibre.exemple.fr/x",
        prise_rdv="https://rdv.exemple.fr/1",
    )

    assert rows() == [
        {
            "id": "coop-1",
            "pivot": "43493312300029",
            "nom": 'Le "Fil", à l’Épeule',
            "commune": "Roubaix",
            "code_postal": "02100",
            "code_insee": "2A004",
            "adresse": "12 rue de la Gare | 2e cour ; fond",
            "complement_adresse": "Bâtiment B",
            "latitude": "50.69",
            "longitude": "-0.00001",
            "typologie": "CS|ASSO",
            "telephone": "+33320815757",
            "courriels": "a@exemple.fr|b@exemple.fr",
            "site_web": "https://exemple.fr/a,b",
            "horaires": "Mo-Fr 09:00-12:00,14:00-18:00; PH off",
            "presentation_resume": "Un lieu\nouvert.",
            "presentation_detail": "Première ligne.\r\nDeuxième.",
            "source": "La Coop",
            "itinerance": "Itinérant|Fixe",
            "structure_parente": "Ville",
            "date_maj": "2026-01-02",
            "services": "Aide aux démarches administratives|Accès internet et matériel informatique",
            "publics_specifiquement_adresses": "Familles et/ou enfants",
            "prise_en_charge_specifique": "Langues étrangères (anglais)",
            "frais_a_charge": "Gratuit sous condition",
            "dispositif_programmes_nationaux": "Point d'accès numérique CAF",
            "formations_labels": "Formé à « Mon Espace Santé »",
            "autres_formations_labels": "Label un|Label deux",
            "modalites_acces": "Téléphoner",
            "modalites_accompagnement": "À distance",
            "fiche_acces_libre": "https://acceslibre.exemple.fr/x",
            "prise_rdv": "https://rdv.exemple.fr/1",
        }
    ]
    assert findings(written("csv")) == []


def test_every_term_of_every_national_list_is_valid():
    open_to_all = [value for value in ModaliteAcces if value != ModaliteAcces.PAS_DE_PUBLIC]
    make_place(
        **{name: [seed.value for seed in VOCABULARIES[name].seeds] for name in NATIONAL}
        | {"modalites_acces": open_to_all}
    )

    (row,) = rows()

    assert findings(written("csv")) == []
    assert {name: len(row[name].split("|")) for name in NATIONAL if name != "modalites_acces"} == {
        name: len(VOCABULARIES[name].seeds) for name in NATIONAL if name != "modalites_acces"
    }


def test_stage_of_la_poste_is_written_as_the_pattern_says_and_read_again_as_the_text_says(tmp_path):
    make_place(id="a", formations_labels=[FormationLabel.ETAPES_NUMERIQUES])

    assert rows()[0]["formations_labels"] == "Étapes numériques(La Poste)"
    assert import_again(tmp_path, "csv")["a"].formations_labels.values == ["Étapes numériques (La Poste)"]


def test_missing_coordinates_are_empty():
    make_place(latitude=None, longitude=None)

    assert (rows()[0]["latitude"], rows()[0]["longitude"]) == ("", "")


def test_lone_carriage_return_stays_inside_its_cell():
    make_place(presentation_detail="Un\rDeux")

    assert [row["presentation_detail"] for row in rows()] == ["Un\rDeux"]


def test_longitude_zero_is_a_longitude():
    make_place(latitude=50.5, longitude=0.0)

    assert rows()[0]["longitude"] == "0.0"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("telephone", "+3225551234"),
        ("telephone", "0320815757"),
        ("telephone", "+33 3 20 81 57 57"),
        ("telephone", "+33320815757\n"),
        ("telephone", "+３３３２０８１５７５７"),
        ("code_insee", "5951"),
        ("code_insee", "591\n"),
        ("code_insee", "２Ａ００４"),
        ("presentation_resume", "x" * 281),
    ],
)
def test_value_that_the_schema_refuses_leaves_an_empty_cell_and_goes_to_the_complements(column, value):
    make_place(**{column: value})

    assert rows()[0][column] == ""
    assert json.loads(rows("complements")[0]["not_in_standard"]) == {column: value}
    assert findings(written("csv")) == []


@pytest.mark.parametrize("column", ["complement_adresse", "horaires", "source", "presentation_detail"])
def test_cell_of_spaces_is_empty(column):
    make_place(**{column: " \u00a0\n"})

    assert rows()[0][column] == ""


def test_term_that_the_city_adds_to_a_national_list_stays_in_the_complements():
    """The administration does not offer it; another release or a script might."""
    Term.objects.create(vocabulary="frais_a_charge", value="Prix libre", slug="prix-libre", short_label="Prix libre")
    make_place(frais_a_charge=["Gratuit", "Prix libre"])

    assert rows()[0]["frais_a_charge"] == "Gratuit"
    assert json.loads(rows("complements")[0]["not_in_standard"]) == {"frais_a_charge": ["Prix libre"]}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("pivot", ""),
        ("pivot", "12345678"),
        ("pivot", "43493312300029"[:13] + "é"),
        ("nom", "   "),
        ("commune", ""),
        ("code_postal", ""),
        ("code_postal", "5910"),
        ("code_postal", "５９１００"),
        ("adresse", ""),
        ("adresse", " \n"),
        ("date_maj", None),
    ],
)
def test_place_without_a_required_column_stays_out_and_is_counted(column, value):
    make_place(id="whole")
    make_place(id="half", **{column: value})
    report = Report()

    "".join(FORMATS["csv"].write(Place.objects.published(), Publication.now(""), report))

    assert [row["id"] for row in rows()] == [row["id"] for row in rows("complements")] == ["whole"]
    assert (report.written, report.left_out, dict(report.missing)) == (1, 1, {column: 1})
    assert {place["id"] for place in found("json")} == {"half", "whole"}


def test_demo_leaves_as_thirty_seven_valid_rows():
    call_command("load_demo", verbosity=0)

    assert findings(written("csv")) == []
    assert {row["id"] for row in rows()} == set(Place.objects.published().conforming().values_list("pk", flat=True))
    assert len(rows()) == 37


def test_places_leave_in_the_order_of_their_slugs():
    for nom in ("Centre", "Annexe", "Banque"):
        make_place(nom=nom)

    assert [row["nom"] for row in rows()] == ["Annexe", "Banque", "Centre"]


# --- the complements


def test_complements_hold_what_the_schema_has_no_column_for():
    make_territory("quartier", "Q1", nom="Épeule")
    make_territory("qpv", "QP1", nom="Alma")
    source = Source.objects.create(name="La Coop")
    place = make_place(
        id="coop-1",
        nom="Mairie",
        demarches=["caf", "impots"],
        langues=["arabe"],
        verification="déclaré par la source",
        verified_on=date(2026, 11, 1),
        position_quality="exact",
        aliases=["a__b", "c"],
        import_source=source,
        source_id="1",
    )
    make_permanence(
        place, title="Écrivain public", horaires="Tu 09:00-12:00", by_appointment=False, themes=["ecrivain-public"]
    )

    (row,) = rows("complements")

    permanence = dict.fromkeys(("details", "host", "contact")) | {
        "title": "Écrivain public",
        "horaires": "Tu 09:00-12:00",
        "by_appointment": False,
        "services": [],
        "demarches": [],
        "themes": ["ecrivain-public"],
        "materiel": [],
        "ateliers": [],
        "publics_specifiquement_adresses": [],
        "langues": [],
    }
    assert json.loads(row.pop("permanences")) == [permanence]
    assert row.pop("changed_at").endswith("+00:00")
    assert row == {
        "id": "coop-1",
        "nom": "Mairie",
        "commune": "Roubaix",
        "demarches": "caf|impots",
        "themes": "",
        "materiel": "",
        "ateliers": "",
        "langues": "arabe",
        "verification": "déclaré par la source",
        "verified_on": "2026-11-01",
        "position_quality": "exact",
        "slug": "mairie",
        "card_url": "https://carte.exemple.fr/lieux/mairie/",
        "quartier_code": "Q1",
        "quartier": "Épeule",
        "qpv_code": "QP1",
        "qpv": "Alma",
        "iris_code": "",
        "iris": "",
        "import_source": "La Coop",
        "aliases": "a__b|c",
        "not_in_standard": "",
    }


# --- nothing that is not public leaves


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_not_public_leaves_in_no_format(name):
    make_place(id="draft", nom="Brouillon", status="draft")
    make_place(id="archived", nom="Archive", status="archived")
    make_place(id="closed", nom="Fermé", modalites_acces=[ModaliteAcces.PAS_DE_PUBLIC])
    place = make_place(id="open", nom="Ouvert", verified_by="Jeanne Personne", verified_on=date(2026, 1, 1))

    content = written(name)

    assert [row["id"] for row in found(name)] == [place.pk]
    assert b"Jeanne" not in (ZipFile(io.BytesIO(content)).read("content.xml") if name == "ods" else content)


# --- spreadsheets


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("column", ["nom", "adresse", "horaires", "telephone", "source"])
def test_no_cell_of_the_csv_for_spreadsheets_begins_a_formula(column, text):
    make_place(**{column: text})

    assert rows("tableur")[0][column] == f"'{text}"


def test_lists_and_names_of_territories_begin_no_formula_either():
    make_territory("quartier", "Q1", nom="=1+1")
    make_place(courriels=["=1+1@exemple.fr"], verification="@SUM(1)")

    (row,) = rows("tableur")

    assert (row["courriels"], row["quartier"], row["verification"]) == ("'=1+1@exemple.fr", "'=1+1", "'@SUM(1)")


def test_csv_for_spreadsheets_is_what_a_french_one_opens():
    make_place(latitude=50.69, longitude=-3.18, telephone="+33320815757", nom='Le "Fil" ; suite', code_insee="59512")

    content = written("tableur").decode()
    (row,) = rows("tableur")

    assert content.startswith('\ufeff"id";"pivot";"nom"')
    assert (row["latitude"], row["longitude"], row["telephone"]) == ("50,69", "-3,18", "03 20 81 57 57")
    assert (row["nom"], row["date_maj"]) == ('Le "Fil" ; suite', "2026-01-15")


def test_foreign_number_is_written_as_it_is_dialled():
    make_place(telephone="+3225551234")

    assert rows("tableur")[0]["telephone"].replace(" ", "") == "003225551234"


@pytest.mark.parametrize("text", FORMULAS)
def test_cells_of_the_spreadsheet_are_texts_and_no_formula(text):
    make_place(nom=text)

    content = ZipFile(io.BytesIO(written("ods"))).read("content.xml").decode()

    assert sheet("Lieux")[0]["nom"].strip() == text.strip()
    assert "formula" not in content
    assert set(re.findall(r'value-type="(\w+)"', content)) == {"string", "float", "date"}


def test_spreadsheet_has_typed_cells_and_a_sheet_of_permanences():
    place = make_place(id="a", nom="Deux  espaces", latitude=50.5, code_postal="02100", telephone="+33320815757")
    make_permanence(place, title="Écrivain public", by_appointment=True, langues=["arabe"], details="Un\nDeux <3")

    (row,) = sheet("Lieux")
    (permanence,) = sheet("Permanences")

    assert (row["nom"], row["latitude"], row["date_maj"]) == ("Deux  espaces", 50.5, date(2026, 1, 15))
    assert (row["code_postal"], row["telephone"]) == ("02100", "+33320815757")
    assert [permanence[name] for name in ("id", "title", "by_appointment", "langues", "details")] == [
        *("a", "Écrivain public", "oui", "arabe", "Un\nDeux <3")
    ]


def test_spreadsheet_survives_what_xml_cannot_hold():
    make_place(nom="a\x0b\x1fb\ufffe", presentation_detail="x" * 40_000)

    (row,) = sheet("Lieux")

    assert (row["nom"], len(row["presentation_detail"])) == ("ab", 32_767)


def test_spreadsheet_is_an_opendocument_and_always_the_same_bytes():
    make_place()

    content = written("ods")

    with ZipFile(io.BytesIO(content)) as archive:
        first, *_others = archive.infolist()
        assert (first.filename, first.compress_type) == ("mimetype", 0)
        assert archive.read(first).decode() == FORMATS["ods"].type
        assert archive.testzip() is None
    assert written("ods") == content


def test_spreadsheet_too_long_to_open_is_refused_with_a_sentence(client, monkeypatch):
    monkeypatch.setattr(formats, "MOST_ROWS", 1)
    make_place()
    make_place()

    response = client.get("/lieux.ods")

    assert response.status_code == 413
    assert "Plus de 1 lieu\u00a0:" in response.content.decode()
    assert "ETag" not in response.headers


# --- JSON and GeoJSON


def test_json_tells_who_publishes_what(settings):
    settings.PRODUCER, settings.LICENCE = "21590512500012", "ODbL"
    make_place(id="a")

    document = json.loads(written("json"))

    assert {name: value for name, value in document.items() if name not in ("lieux", "changed_at")} == {
        "producer": "21590512500012",
        "territory": "roubaix",
        "licence": "ODbL",
        "licence_url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        "schema": "https://schema.data.gouv.fr/LaMedNum/standard-mediation-num/",
    }
    assert [place["id"] for place in document["lieux"]] == ["a"]


def test_geojson_draws_located_places_and_keeps_the_others():
    make_place(id="a", nom="Annexe", latitude=50.5, longitude=3.1)
    make_place(id="b", nom="Bourse", latitude=None, longitude=None)

    features = json.loads(written("geojson"))["features"]

    assert [(feature["id"], feature["geometry"]) for feature in features] == [
        ("a", {"type": "Point", "coordinates": [3.1, 50.5]}),
        ("b", None),
    ]


# --- downloads


def download(client, address: str, **headers):
    """Read a file to its end, as `response.whole`."""
    response = client.get(address, headers=headers)
    response.whole = b"".join(response.streaming_content) if response.streaming else response.content
    return response


@pytest.mark.parametrize("name", FORMATS)
def test_download_follows_the_question(client, name):
    make_place(id="a", nom="Alma", services=[Service.INSERTION], langues=["arabe"])
    make_place(id="b", nom="Bourse", services=[Service.INSERTION])
    make_place(id="c", nom="Centre", langues=["arabe"])

    response = download(client, f"/{FORMATS[name].address}?services=emploi&langues=arabe&langues=zzz")

    assert response.whole == written(name, Place.objects.filter(pk="a"), "http://testserver/")
    assert response.headers["Content-Type"] == FORMATS[name].type


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("csv", ".csv"),
        ("complements", "-complements.csv"),
        ("tableur", "-tableur.csv"),
        ("ods", ".ods"),
        ("json", ".json"),
        ("geojson", ".geojson"),
    ],
)
def test_download_has_the_name_that_the_standard_recommends(client, settings, name, ending):
    settings.PRODUCER, settings.SITE_CITY = "21590512500012", "Saint-Étienne"
    make_place()
    DataVersion.objects.update(changed_at="2026-03-01T23:30:00Z")  # already the 2nd in Paris

    response = download(client, f"/{FORMATS[name].address}")

    expected = f"2026-03-02_21590512500012_lieux-de-mediation-numerique_saint-etienne{ending}"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{expected}"'


@pytest.mark.parametrize("name", FORMATS)
def test_download_is_tagged_and_not_sent_again(client, name):
    make_place()
    address = f"/{FORMATS[name].address}?services_op=et"
    first = download(client, address)
    tag = first.headers["ETag"]

    again = download(client, address, if_none_match=tag)
    other = download(client, f"{address}&q=lieu", if_none_match=tag)
    make_place()
    changed = download(client, address, if_none_match=tag)

    assert (again.status_code, again.whole, again.headers["ETag"]) == (304, b"", tag)
    assert (other.status_code, changed.status_code) == (200, 200)
    assert len({tag, other.headers["ETag"], changed.headers["ETag"]}) == 3


@pytest.mark.parametrize("name", FORMATS)
def test_download_is_for_people_and_programs_of_any_site_but_not_for_search_engines(client, name):
    response = download(client, f"/{FORMATS[name].address}")

    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == conditional.SHARED


def test_head_says_the_same_without_the_work(client, django_assert_num_queries):
    make_place()
    got = download(client, "/lieux.csv")

    with django_assert_num_queries(1):  # the version of the data
        asked = client.head("/lieux.csv")

    assert asked.content == b""
    assert {name: asked.headers[name] for name in ("ETag", "Content-Type", "Content-Disposition")} == {
        name: got.headers[name] for name in ("ETag", "Content-Type", "Content-Disposition")
    }


# --- whatever the number


def many(number: int) -> None:
    first = Place.objects.count()
    places = [
        Place(
            id=f"m{n}",
            nom=f"Lieu {n:05}",
            commune="Roubaix",
            code_postal="59100",
            adresse="1 rue",
            date_maj=date(2026, 1, 1),
        )
        for n in range(first, first + number)
    ]
    history.save(places, origin=Revision.Origin.COMMAND)
    Permanence.objects.bulk_create(Permanence(place=place, title="Atelier") for place in places)


@pytest.mark.parametrize("name", ["csv", "complements", "json", "geojson", "tableur"])
def test_file_is_sent_as_it_is_read(name, monkeypatch):
    """The first piece leaves after the first batch: neither memory nor waiting grows with the file."""
    monkeypatch.setattr(records, "BATCH", 10)
    monkeypatch.setattr(formats, "PIECE", 1_000)
    many(60)
    content = FORMATS[name].write(Place.objects.published(), Publication.now(""), Report())

    with CaptureQueriesContext(connection) as at_first:
        next(content)
    with CaptureQueriesContext(connection) as afterwards:
        pieces = 1 + sum(1 for _piece in content)

    # The terms, the identifiers in order, the first places and their permanences; then those of the other batches.
    assert (len(at_first), len(afterwards)) == (5, 10)
    assert pieces > 5


def test_place_withdrawn_while_a_file_is_sent_does_not_leave(monkeypatch):
    monkeypatch.setattr(records, "BATCH", 2)
    monkeypatch.setattr(formats, "PIECE", 1)
    many(6)
    content = FORMATS["csv"].write(Place.objects.published(), Publication.now(""), Report())

    begun = next(content) + next(content)
    Place.objects.filter(pk="m4").update(status="archived")

    assert re.findall(r"^m\d", begun + "".join(content), re.MULTILINE) == ["m0", "m1", "m2", "m3", "m5"]


@pytest.mark.parametrize("name", FORMATS)
def test_file_of_a_batch_asks_no_more_questions_when_the_data_doubles(client, name):
    numbers = []
    for added in (5, 5, 10):
        many(added)
        with CaptureQueriesContext(connection) as asked:
            download(client, f"/{FORMATS[name].address}")
        numbers.append(len(asked))

    assert numbers[1:] == [numbers[0]] * 2


# --- export(import(f)) keeps every accepted value


def import_again(tmp_path, *names: str) -> dict[str, Place]:
    """Empty the base, import these formats of what it held, and return its places."""
    files = []
    for name in names:
        path = tmp_path / FORMATS[name].address
        path.write_bytes(written(name))
        files.append(path)
    Place.objects.all().delete()
    for path in files:
        import_places(str(path), source_name="Le même", apply=True)
    return {place.pk: place for place in Place.objects.all()}


@pytest.mark.parametrize("names", [["csv", "complements"], ["json"], ["geojson"], ["ods"], ["tableur"]], ids="+".join)
def test_every_format_comes_back_as_it_left(tmp_path, names):
    call_command("load_demo", verbosity=0)
    before, whole = rows(), found("json")

    import_again(tmp_path, *names)

    kept = [*COLUMNS, *LOCAL, "verification"]
    after = {place["id"]: [place[name] for name in kept] for place in found("json")}
    left = {place["id"]: [place[name] for name in kept] for place in whole}
    assert rows() == before
    assert after == {pk: left[pk] for pk in (left if "csv" not in names else (row["id"] for row in before))}


LISTS = {*NATIONAL, *LOCAL, "typologie", "courriels", "site_web", "autres_formations_labels"}
SLUGS = {name: {seed.slug: str(seed.value) for seed in VOCABULARIES[name].seeds} for name in (*NATIONAL, *LOCAL)}


def as_said(column: str, text: str):
    """Return what a cell says, however it is spaced; the items of a list have no order."""
    if column not in LISTS:
        return " ".join(text.split())
    parts = re.split(r"[|;\n]", text) if column in SLUGS else text.split("|")
    items = {" ".join(part.split()).strip(", " if column in SLUGS else "") for part in parts} - {""}
    return {SLUGS.get(column, {}).get(item, item.replace("ues(La Poste", "ues (La Poste")) for item in items}


def expected(column: str, text: str, notes: list[dict]):
    """Return what a cell says once the import has repaired or refused it, as its report tells."""
    if column in SLUGS:
        said = as_said(column, tidy(text))
        for note in notes:
            said -= as_said(column, note["valeur"])
            said |= as_said(column, note["devient"]) if note["nature"] == "correction" else set()
        return said
    text = tidy(text)
    for note in notes:
        text = (UNKNOWN_PIVOT if column == "pivot" else "") if note["nature"] == "refus" else note["devient"]
    return as_said(column, text)


def check_every_accepted_value(sent: list[tuple[int, dict[str, str]]], report) -> None:
    """Compare, cell by cell, what was sent, what the report says of it, and what leaves again."""
    national, complements = ({row["id"]: row for row in rows(name)} for name in ("csv", "complements"))
    known = {record["id"]: record for record in found("json")}
    notes: dict[tuple[int, str], list[dict]] = {}
    for note in report.notes:
        notes.setdefault((note["ligne"], note["colonne"]), []).append(note)
    refused = {note["ligne"] for note in report.of_kind("refus") if not note["ligne_gardee"]}
    kept = [(line, row) for line, row in sent if line not in refused]
    assert {tidy(row["id"]) for _line, row in kept} == set(known)

    for line, row in kept:
        record = known[tidy(row["id"])]
        leaving = national.get(record["id"])
        apart = json.loads(complements[record["id"]]["not_in_standard"] or "{}") if leaving else {}
        for column in (column for column in row if column not in ("latitude", "longitude")):
            text = row[column]
            if column == "presentation_detail" and not tidy(text) and (line, "presentation_resume") in notes:
                text = row["presentation_resume"]  # too long, it was cut, and kept whole in the long one
            accepted = expected(column, text, notes.get((line, column), []))
            value = record[column]
            assert (set(value) if column in LISTS else as_said(column, value or "")) == accepted, (line, column)
            if leaving and column in COLUMNS and as_said(column, leaving[column]) != accepted:
                assert (leaving[column], apart[column]) == ("", value), (line, column)
        check_point(row, record, leaving, (line, "latitude") in notes)


def check_point(row: dict, record: dict, leaving: dict | None, told: bool) -> None:
    point = (record["latitude"], record["longitude"])
    if not told:
        sent = tuple(float(tidy(row[name])) if tidy(row[name]) else None for name in ("latitude", "longitude"))
        assert point == sent
    if leaving:
        cells = (leaving["latitude"], leaving["longitude"])
        assert tuple(float(cell) if cell else None for cell in cells) == point


def write_csv(path: Path, sent: list[dict[str, str]]) -> list[tuple[int, dict[str, str]]]:
    """Write the rows and return each with the line it begins on."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *LOCAL, "verification"], restval="")
    writer.writeheader()
    numbered = []
    for row in sent:
        numbered.append((len(re.findall(r"\r\n|\r|\n", text.getvalue())) + 1, row))
        writer.writerow(row)
    path.write_bytes(text.getvalue().encode())
    return numbered


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXT = st.text(LETTERS, max_size=40)
VALID = {
    "id": st.from_regex(r"[a-z]{1,3}-[0-9]{1,4}(__[A-ZÉ]{2}/[0-9])?", fullmatch=True),
    "pivot": st.sampled_from(["43493312300029", "W595001234", "00000000000000"]),
    "nom": st.sampled_from(["Mairie", 'Le "Fil", ici', "=1+1", "@telier", "Centre\u00a0social", "L’Épeule"]),
    "commune": st.sampled_from(["Roubaix", "Saint-Denis"]),
    "code_postal": st.sampled_from(["59100", "02100", "97400"]),
    "code_insee": st.sampled_from(["59512", "2A004", ""]),
    "adresse": st.sampled_from(["12 rue de la Gare", "3 bis, cour | fond ; droite", "1 place\tde la Mairie"]),
    "latitude": st.floats(41, 51).map(repr),
    "longitude": st.floats(-5, 9).map(repr),
    "typologie": st.sampled_from(["CS", "CS|ASSO", "ZZZ", ""]),
    "telephone": st.sampled_from(["+33320815757", "+3225551234", "+262262123456", ""]),
    "courriels": st.sampled_from(["a@exemple.fr", "a@exemple.fr|b@exemple.fr", "=a@exemple.fr", ""]),
    "site_web": st.sampled_from(["https://exemple.fr", "https://exemple.fr/a,b|https://exemple.org", ""]),
    "horaires": st.sampled_from(["Mo-Fr 09:00-12:00,14:00-18:00; PH off", 'Tu "sur rendez-vous"', ""]),
    "presentation_resume": st.sampled_from(["Un lieu.", "Un\nlieu", "é" * 280, ""]),
    "date_maj": st.dates(date(1971, 1, 1), date(2026, 11, 1)).map(str),
    "fiche_acces_libre": st.sampled_from(["https://acceslibre.exemple.fr/x", ""]),
    "prise_rdv": st.sampled_from(["https://rdv.exemple.fr/1", ""]),
    **{
        name: st.lists(st.sampled_from([seed.value for seed in VOCABULARIES[name].seeds]), max_size=4).map("|".join)
        for name in (*NATIONAL, *LOCAL)
        if name != "modalites_acces"
    },
    "modalites_acces": st.sampled_from(["Se présenter", "Téléphoner|Contacter par mail", ""]),
}
DIRTY = {
    "id": st.sampled_from(["", " ", "é ü", "x\ny"]),
    "pivot": st.sampled_from(["", "401 092 267 00020", "123", "４３４９３３１２３０００２９"]),
    "code_postal": st.sampled_from(["", "2100", "59100.0", "５９１００", "59100 CEDEX"]),
    "code_insee": st.sampled_from(["2a004", "5951", "５９５１２"]),
    "latitude": st.sampled_from(["", "50,69", "nan", "1e999", "0", "nord"]),
    "telephone": st.sampled_from(["03 20 81 57 57", "3949", "zut", "-", "+33320815757 "]),
    "courriels": st.sampled_from(["a@exemple.fr ; b@exemple.fr", "twitter@cpam49", "A@Exemple.FR,a@exemple.fr"]),
    "site_web": st.sampled_from(["exemple.fr", "https//exemple.fr", "javascript:alert(1)", "a b"]),
    "horaires": st.sampled_from(["du lundi au vendredi", "Mo-Fr :undefined", "24/7"]),
    "presentation_resume": st.sampled_from(["mot " * 100, "x" * 300]),
    "date_maj": st.sampled_from(["", "02/04/2024", "2024-4-2", "1970-01-01", "09/0102023", "2022-09-26 19:00:45"]),
    "services": st.sampled_from(["Comprehension du monde numérique", "n'importe quoi|Gratuit", "emploi", "|"]),
    "frais_a_charge": st.sampled_from(["gratuit", "Gratuit;Payant", "Gratuit|Gratuit"]),
    "formations_labels": st.sampled_from(["Étapes numériques(La Poste)", "ORDI 3x0"]),
}


def cells(column: str) -> st.SearchStrategy[str]:
    """Mostly valid, above all where the schema wants a value: most rows then leave."""
    valid = [VALID.get(column, TEXT)] * (20 if column in REQUIRED else 4)
    return st.sampled_from([*valid, DIRTY.get(column, TEXT), TEXT]).flatmap(lambda values: values)


ROW = st.fixed_dictionaries({column: cells(column) for column in (*COLUMNS, *LOCAL, "verification")})


def test_export_of_an_import_keeps_every_accepted_value(tmp_path):
    """Whatever the file holds, what the import accepted leaves as it came; and what leaves is valid."""
    path = tmp_path / "lieux.csv"
    counts = {"rows": 0, "accepted": 0, "leaving": 0}

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(sent=st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: tidy(row["id"])))
    def every_accepted_value_is_kept(sent):
        numbered = write_csv(path, sent)
        with transaction.atomic():
            report = import_places(str(path), apply=True)
            check_every_accepted_value(numbered, report)
            assert findings(written("csv")) == []
            counts["rows"] += len(sent)
            counts["accepted"] += Place.objects.count()
            counts["leaving"] += len(rows())
            transaction.set_rollback(True)

    every_accepted_value_is_kept()

    # The files are worth something only if much of them is accepted, and some is not.
    assert counts["rows"] > counts["accepted"] > counts["rows"] / 2
    assert counts["accepted"] > counts["leaving"] > counts["accepted"] / 3, counts


def test_export_of_the_region_keeps_every_accepted_value():
    with REGION.open(newline="") as file:
        reader = csv.DictReader(file)
        line, sent = 2, []
        for row in reader:
            sent.append((line, row))
            line = reader.line_num + 1

    report = import_places(str(REGION), apply=True)

    check_every_accepted_value(sent, report)
    assert findings(written("csv")) == []
    assert len(found("json")) == 674


# --- the command


def test_command_writes_the_national_file_and_its_complements_and_says_what_is_left_out(tmp_path, capsys):
    make_place(id="a", telephone="+3225551234")
    make_place(adresse="", latitude=None, longitude=None)

    call_command("export_places", tmp_path, site="https://carte.exemple.fr")

    names = [Publication.now("").file_name(ending) for ending in (".csv", "-complements.csv")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert (tmp_path / names[0]).read_bytes() == written("csv")
    assert (tmp_path / names[1]).read_bytes() == written("complements")
    printed = capsys.readouterr().out
    assert printed.count("1 laissés de côté, faute d’une colonne exigée : adresse (1).") == 2
    assert printed.count("gardées dans les compléments : telephone (1).") == 2


def test_command_writes_any_format_of_any_question(tmp_path):
    make_place(id="a", services=[Service.INSERTION])
    make_place(id="b")

    call_command("export_places", tmp_path, "--format", "json", "ods", "--question", "?services=emploi")

    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".ods"}
    (path,) = tmp_path.glob("*.json")
    assert [place["id"] for place in json.loads(path.read_text())["lieux"]] == ["a"]


def test_command_refuses_a_question_it_does_not_understand(tmp_path):
    with pytest.raises(CommandError, match="zzz"):
        call_command("export_places", tmp_path, "--question", "services=zzz")

    assert list(tmp_path.iterdir()) == []


def test_command_says_where_it_cannot_write(tmp_path):
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("export_places", tmp_path / "nowhere")


def test_command_interrupted_leaves_the_older_file(tmp_path, monkeypatch):
    make_place()
    call_command("export_places", tmp_path, "--format", "csv")
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    make_place()

    def interrupted(*args):
        yield "id,"
        raise KeyboardInterrupt

    monkeypatch.setattr(formats, "in_pieces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_command("export_places", tmp_path, "--format", "csv")

    assert [left.read_bytes() for left in tmp_path.iterdir()] == [before]
