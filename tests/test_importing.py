"""A file of the standard goes in once, whole or not at all, and every cell that changed is told."""

import csv
import http.server
import io
import json
import threading
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from places import history
from places.files import UnreadableFile
from places.importing import Report, import_places
from places.models import DataVersion, ImportRun, Place, Revision, Source
from places.standard import COLUMNS

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parent.parent
DEMO = str(ROOT / "fixtures" / "roubaix_lieux.csv")
REGION = ROOT / "tests" / "data" / "hauts_de_france_lieux.csv"
ROW = {"id": "1", "pivot": "43493312300029", "nom": "Mairie", "commune": "Roubaix", "code_postal": "59100"} | {
    "adresse": "17 Grand Place",
    "date_maj": "2026-01-02",
}


def counts(report) -> dict:
    return {name: report.counts[name] for name in report.COUNTED}


@pytest.fixture
def write(tmp_path):
    """Write rows as a CSV file in the tests' folder and return its path."""

    def write(*rows: dict, name="lieux.csv", header=COLUMNS, encoding="utf-8") -> str:
        text = io.StringIO()
        writer = csv.DictWriter(text, header, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(text.getvalue().encode(encoding))
        return str(path)

    return write


def test_demo_gives_forty_places_thirty_seven_of_them_on_the_map():
    import_places(DEMO, source_name="Roubaix", apply=True)

    assert Place.objects.published().count() == 40
    assert Place.objects.published().located().count() == 37


def test_demo_rows_without_address_are_published_wait_and_stay_out_of_the_national_file():
    import_places(DEMO, apply=True)

    waiting = Place.objects.to_complete()

    assert {place.nom for place in waiting} == {
        "Centre social Assia Djebar",
        "Centre social Pile Sainte-Élisabeth",
        "Emmaüs Connect – espace de solidarité numérique de Roubaix",
    }
    assert waiting.published().count() == 3
    assert Place.objects.conforming().filter(pk__in=waiting).count() == 0
    assert Place.objects.conforming().count() == 37


def test_every_cell_of_the_demo_arrives():
    """Nothing is lost on the way: each cell of the file is in the base, cleaned where the report says so."""
    report = import_places(DEMO, apply=True)
    repaired = {(note["ligne"], note["colonne"]) for note in report.notes}

    with Path(DEMO).open(newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            place = Place.objects.get(pk=row["id"])
            for column, text in row.items():
                if (line, column) in repaired or column in ("latitude", "longitude"):
                    continue
                value = Place._meta.get_field(column).value_to_string(place)
                # A set has no order: the schema's order is the one kept.
                assert sorted(str(value).split("|")) == sorted(text.split("|")), (line, column)


def test_region_goes_in_without_a_crash_and_twice_without_a_change():
    first = import_places(str(REGION), apply=True)
    second = import_places(str(REGION), apply=True)

    assert counts(first) == {
        "lignes": 674,
        "creees": 674,
        "modifiees": 0,
        "inchangees": 0,
        "refusees": 0,
        "corrigees": first.counts["corrigees"],
    }
    assert (second.counts["creees"], second.counts["modifiees"], second.counts["inchangees"]) == (0, 0, 674)
    assert Revision.objects.count() == 674
    assert Place.objects.located().count() == 657


def test_dry_run_touches_nothing(write):
    report = import_places(write(ROW))

    assert counts(report)["creees"] == 1
    assert (Place.objects.count(), Source.objects.count(), ImportRun.objects.count()) == (0, 0, 0)
    assert Revision.objects.count() == 0


def test_second_import_changes_nothing_not_even_the_version_of_the_data(write):
    path = write(ROW)
    import_places(path, apply=True)
    version = DataVersion.objects.current()

    report = import_places(path, apply=True)

    assert counts(report)["inchangees"] == 1
    assert (Revision.objects.count(), DataVersion.objects.current()) == (1, version)


def test_changed_cell_is_written_with_its_history(write):
    import_places(write(ROW), apply=True)

    report = import_places(write(ROW | {"adresse": "18 Grand Place"}), apply=True)

    assert counts(report)["modifiees"] == 1
    revision = Revision.objects.first()
    assert revision.changes == {"adresse": ["17 Grand Place", "18 Grand Place"]}
    assert (revision.origin, revision.import_run) == ("import", ImportRun.objects.first())


def test_column_absent_from_the_file_is_left_as_it_is(write):
    import_places(write(ROW | {"telephone": "+33320815757"}), apply=True)

    import_places(write(ROW, header=["id", "nom", "commune"]), apply=True)

    assert Place.objects.get().telephone == "+33320815757"


def test_bad_rows_are_told_and_the_others_go_in(write):
    path = write(ROW, ROW | {"id": ""}, ROW | {"id": "1", "nom": "Autre"}, ROW | {"id": "2", "telephone": "zut"})

    report = import_places(path, apply=True)

    assert counts(report) == {
        "lignes": 4,
        "creees": 2,
        "modifiees": 0,
        "inchangees": 0,
        "refusees": 2,
        "corrigees": 0,
    }
    told = [(note["ligne"], note["colonne"], note["valeur"], note["ligne_gardee"]) for note in report.of_kind("refus")]
    assert told == [(3, "id", "", False), (4, "id", "1", False), (5, "telephone", "zut", True)]
    assert all(note["raison"] for note in report.notes)
    assert set(Place.objects.values_list("pk", flat=True)) == {"1", "2"}


def test_lines_are_those_of_the_file_even_after_a_cell_of_several_lines(write):
    path = write(ROW | {"presentation_detail": "un\ndeux\ntrois"}, ROW | {"id": ""})

    report = import_places(path)

    assert [note["ligne"] for note in report.of_kind("refus")] == [5]


def test_row_with_too_many_cells_is_refused_and_one_with_too_few_is_read(tmp_path):
    path = tmp_path / "lieux.csv"
    path.write_text("id,nom,commune\n1,Mairie,Roubaix,59100\n2,Poste\n\n3,École,Roubaix\n")

    report = import_places(str(path), apply=True)

    assert [(note["ligne"], note["colonne"]) for note in report.of_kind("refus")] == [(2, ""), (3, "commune")]
    assert list(Place.objects.values_list("pk", flat=True)) == ["3"]


def test_unknown_columns_are_set_aside_and_named(write):
    report = import_places(write(ROW | {"mediateurs": "2"}, header=[*COLUMNS, "mediateurs"]))

    assert report.unknown_columns == ["mediateurs"]


def test_same_identifier_in_two_sources_is_two_places(write):
    import_places(write(ROW), source_name="La Poste", apply=True)

    import_places(write(ROW | {"nom": "Autre"}), source_name="Coop", apply=True)
    again = import_places(write(ROW | {"nom": "Autre"}), source_name="Coop", apply=True)

    assert set(Place.objects.values_list("pk", "nom")) == {("1", "Mairie"), ("coop-1", "Autre")}
    assert counts(again)["inchangees"] == 1


def test_interrupted_import_leaves_the_base_as_it_was(write, monkeypatch):
    import_places(write(ROW), apply=True)
    version = DataVersion.objects.current()

    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(history, "save", fail)
    with pytest.raises(KeyboardInterrupt):
        import_places(write(ROW | {"nom": "Autre"}), apply=True)

    assert (Place.objects.get().nom, ImportRun.objects.count()) == ("Mairie", 1)
    assert DataVersion.objects.current() == version


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "vide"),
        (b"\xef\xbb\xbf \n", "vide"),
        (b"<html><body>Maintenance</body></html>", "page web"),
        (b"nom,commune\nMairie,Roubaix\n", "colonne"),
        (b"[1, 2]", "liste d’objets"),
        (b'{"lieux": 3}', "liste d’objets"),
        (b'[{"id": "1", "nom": "Mai', "coupé"),
        (b"PK\x03\x04zut", "abîmé"),
        (b"id,nom,commune\n1,Mairie,Roubaix\n2,Pos", "coupé"),
        ("id,nom\n1,Médiathè".encode()[:-1], "coupé"),
        (b"id,nom,nom\n1,a,b\n", "deux fois"),
        (b'id,nom\n1,"Mairie\n', "CSV"),
    ],
)
def test_file_that_is_not_of_the_standard_is_refused_with_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "lieux.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile, match=sentence):
        import_places(str(path), apply=True)


def test_file_too_big_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("places.files.MAX_BYTES", 10)
    path = tmp_path / "lieux.csv"
    path.write_bytes(b"id,nom\n1,Mairie\n")

    with pytest.raises(UnreadableFile, match="trop gros"):
        import_places(str(path))


def test_command_writes_the_whole_report_and_a_summary(write, tmp_path, capsys):
    target = tmp_path / "rapport.json"

    call_command("import_places", write(ROW, ROW | {"id": "2", "telephone": "0320815757"}), report=str(target))

    report = json.loads(target.read_text())
    assert {name: report[name] for name in Report.COUNTED} == {
        "lignes": 2,
        "creees": 2,
        "modifiees": 0,
        "inchangees": 0,
        "refusees": 0,
        "corrigees": 1,
    }
    assert report["corrections"] == [
        {
            "nature": "correction",
            "ligne": 3,
            "colonne": "telephone",
            "valeur": "0320815757",
            "raison": "écrit en format international.",
            "devient": "+33320815757",
        }
    ]
    assert "2 à créer" in capsys.readouterr().out


def test_command_fails_with_a_sentence_when_the_file_cannot_be_read():
    with pytest.raises(CommandError, match="ne peut pas être lu") as error:
        call_command("import_places", "/nulle/part.csv")

    assert error.value.returncode == 1


@pytest.fixture
def web(settings):
    """A small web server on loopback, which answers what its `answers` say; the city allows its own network."""
    settings.IMPORT_PRIVATE_ADDRESSES = True
    answers: dict[str, tuple[int, bytes]] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answers.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield answers, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_file_is_read_from_the_web(web, write):
    answers, address = web
    answers["/lieux.csv"] = (200, Path(write(ROW)).read_bytes())

    report = import_places(f"{address}/lieux.csv", apply=True)

    assert (report.source, counts(report)["creees"]) == ("lieux", 1)


@pytest.mark.parametrize("status", [404, 500])
def test_web_that_answers_an_error_is_told(web, status):
    answers, address = web
    answers["/lieux.csv"] = (status, b"")

    with pytest.raises(UnreadableFile, match=str(status)):
        import_places(f"{address}/lieux.csv")


def test_web_that_does_not_answer_is_told(settings):
    settings.IMPORT_PRIVATE_ADDRESSES = True

    with pytest.raises(UnreadableFile, match="ne répond pas"):
        import_places("http://127.0.0.1:9/lieux.csv")
