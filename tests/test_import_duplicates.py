"""What looks like another place is told before a file is applied: inside the file, and against the base."""

import json

import pytest
from django.core.management import call_command
from django.urls import reverse

from places.importing import apply_file, comparing, read_file
from places.models import Duplicate, Place, Source
from tests.factories import make_place
from tests.imports import ROW, as_csv

pytestmark = pytest.mark.django_db
LIBRARY = ROW | {"id": "b1", "nom": "Médiathèque La Grand-Plage", "adresse": "2 rue Pierre Motte"}
TWIN = LIBRARY | {"id": "b2", "nom": "Mediatheque Grand Plage", "adresse": "2, r. Pierre-Motte"}
TOWN_HALL = ROW | {"id": "m1", "nom": "Mairie de Roubaix"}


def pairs(report) -> list[set[str]]:
    return [{place["id"] for place in pair["lieux"]} for pair in report["doublons_possibles"]]


@pytest.fixture
def source():
    return Source.objects.create(name="Coop")


def test_pair_inside_a_file_is_told_before_it_is_applied(source):
    run = read_file(as_csv(LIBRARY, TWIN, TOWN_HALL), "coop.csv", source)

    assert pairs(run.report) == [{"b1", "b2"}]
    [pair] = run.report["doublons_possibles"]
    assert pair["ressemblance"] > 70
    assert "Même rue." in pair["indices"]
    assert [place["nouveau"] for place in pair["lieux"]] == [True, True]
    assert not Duplicate.objects.exists()


def test_pair_with_the_base_is_told_whatever_source_the_other_has(source):
    apply_file(as_csv(LIBRARY), "ville.csv", "Ville")
    make_place(nom="Médiathèque La Grand-Plage", commune="Lille", code_postal="59000", code_insee="59350")

    run = read_file(as_csv(TWIN, TOWN_HALL), "coop.csv", source)

    assert pairs(run.report) == [{"b1", "b2"}]
    [pair] = run.report["doublons_possibles"]
    assert {place["id"]: place["nouveau"] for place in pair["lieux"]} == {"b1": False, "b2": True}


def test_pair_across_two_spellings_of_a_town_is_told_by_its_points(source):
    point = {"latitude": "50.6921", "longitude": "3.1783"}
    apply_file(as_csv(LIBRARY | point), "ville.csv", "Ville")

    run = read_file(as_csv(TWIN | point | {"commune": "Rbx", "code_postal": "59060"}), "coop.csv", source)

    assert pairs(run.report) == [{"b1", "b2"}]


def test_applied_pairs_wait_for_a_human_at_once(source):
    report, _run = apply_file(as_csv(LIBRARY, TWIN, TOWN_HALL), "coop.csv", "Coop")

    assert pairs(report.as_dict()) == [{"b1", "b2"}]
    assert [(pair.one_id, pair.other_id) for pair in Duplicate.objects.waiting()] == [("b1", "b2")]


def test_pair_declared_two_places_is_told_no_more(source):
    apply_file(as_csv(LIBRARY, TWIN), "coop.csv", "Coop")
    Duplicate.objects.update(decision=Duplicate.Decision.DISTINCT)

    report, _run = apply_file(as_csv(LIBRARY, TWIN | {"telephone": "0320815757"}), "coop.csv", "Coop")

    assert report.counts["modifiees"] == 1
    assert not report.duplicates


def test_unchanged_file_looks_for_nothing(source):
    content = as_csv(LIBRARY, TWIN)
    apply_file(content, "coop.csv", "Coop")

    run = read_file(content, "coop.csv", source)

    assert run.report["doublons_possibles"] == []


def test_change_that_makes_no_likeness_tells_no_pair_again(source):
    apply_file(as_csv(LIBRARY, TWIN), "coop.csv", "Coop")

    run = read_file(as_csv(LIBRARY, TWIN | {"presentation_resume": "Ouvert le samedi"}), "coop.csv", source)

    assert (run.counts["modifiees"], run.report["doublons_possibles"]) == (1, [])


def test_file_of_a_whole_country_says_that_it_was_not_looked_at(source, monkeypatch):
    monkeypatch.setattr(comparing, "MOST_ALIKE", 1)

    run = read_file(as_csv(LIBRARY, TWIN), "coop.csv", source)

    assert run.report["doublons_possibles"] == []
    assert "find_duplicates" in run.report["remarques_fichier"][0]


def test_command_tells_the_pairs_in_words_and_in_json(tmp_path, capsys):
    path, report = tmp_path / "coop.csv", tmp_path / "rapport.json"
    path.write_bytes(as_csv(LIBRARY, TWIN, TOWN_HALL))

    call_command("import_places", str(path), report=str(report))

    told = capsys.readouterr().out
    assert "1 doublon possible" in told
    assert "Mediatheque Grand Plage – 2, r. Pierre-Motte, 59100 Roubaix (dans le fichier)" in told
    assert pairs(json.loads(report.read_text())) == [{"b1", "b2"}]
    assert not Place.objects.exists()


def test_page_shows_both_places_and_why_before_the_button_is_pressed(admin_client, source):
    apply_file(as_csv(LIBRARY), "ville.csv", "Ville")
    run = read_file(as_csv(TWIN | {"nom": "<b>Mediatheque</b> Grand Plage"}), "coop.csv", source)

    answer = admin_client.get(reverse("admin:places_importrun_change", args=[run.pk]))

    told = answer.content.decode()
    assert "Doublons possibles" in told
    assert f'<a href="{reverse("admin:places_place_change", args=["b1"])}">Médiathèque La Grand-Plage</a>' in told
    assert "&lt;b&gt;Mediatheque&lt;/b&gt; Grand Plage" in told
    assert "<b>Mediatheque" not in told
    assert "déjà dans la base" in told


def test_reading_asks_no_more_questions_when_the_file_doubles(source, django_assert_max_num_queries):
    few = [LIBRARY | {"id": f"f{n}", "nom": f"Lieu {n} Motte"} for n in range(20)]

    with django_assert_max_num_queries(20):
        read_rows(few)
    with django_assert_max_num_queries(20):
        read_rows(few + [row | {"id": f"g{row['id']}"} for row in few])


def read_rows(rows):
    return read_file(as_csv(*rows), "coop.csv", Source.objects.get())
