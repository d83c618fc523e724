"""Posters of places, posters and leaflets of neighbourhoods: what they say, how much fits, where their code leads."""

import re
from datetime import date

import pytest
import segno

from places.models import Correspondence
from places.opening_hours import parse_horaires
from places.openings import usual_week
from places.posters.fitting import lines, packed
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><b>"


def text(response) -> str:
    return response.content.decode().replace("\u2060", "").replace("\u00a0", " ").replace("\u202f", " ")


def code_of(page: str) -> list[list[int]]:
    """Read the dark modules of the first code drawn in a page, back from its path."""
    size, drawn = re.search(
        r'viewBox="0 0 (\d+) \1"><path fill="#fff"[^>]+><path stroke="#000" d="([^"]+)"', page
    ).groups()
    modules = [[0] * int(size) for _row in range(int(size))]
    x = y = 0.0
    for kind, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", drawn):
        if kind == "h":
            for n in range(int(first)):
                modules[int(y)][int(x) + n] = 1
            x += int(first)
        else:
            x, y = (float(first), float(second)) if kind == "M" else (x + float(first), y + float(second))
    return [row[4:-4] for row in modules[4:-4]]


def matrix(address: str) -> list[list[int]]:
    return [[*row] for row in segno.make(address, error="m", boost_error=False).matrix]


def test_usual_week_says_days_together_and_looks_past_holidays():
    today = date(2026, 12, 21)  # Christmas and the first of January are in the two weeks that come

    assert usual_week(
        parse_horaires('Mo-Th 09:00-12:00,14:00-17:00; Fr 09:00-12:00 "sur rendez-vous"; PH off'), today
    ) == [
        ("du lundi au jeudi", "9\u00a0h – 12\u00a0h et 14\u00a0h – 17\u00a0h"),
        ("vendredi", "9\u00a0h – 12\u00a0h (sur rendez-vous)"),
        ("samedi et dimanche", "fermé"),
    ]
    assert usual_week(parse_horaires("week 01-53/2 Mo 09:00-12:00"), today) == []


@pytest.mark.parametrize(
    ("words", "room", "number"), [("", 10, 0), ("deux lots", 9, 1), ("deux lots", 8, 2), ("W" * 10, 10, 2)]
)
def test_lines_are_told_before_they_are_drawn(words, room, number):
    assert lines(words, room) == number


def test_what_does_not_fit_is_left_out_in_order():
    assert packed([3, 3, 9, 1], [7, 8]) == [2, 0]


def test_poster_of_a_place_says_what_when_and_whom_to_call(client):
    place = make_place(
        nom="Mairie des Quartiers",
        telephone="+33320815757",
        horaires="Mo-Fr 09:00-12:00",
        services=["demarches-administratives"],
        frais_a_charge=["gratuit"],
    )
    make_permanence(place, title="Écrivain public", horaires="Tu 14:00-16:00")

    page = client.get(f"/lieux/{place.slug}/affiche/?format=A3")

    for said in (
        "Mairie des Quartiers",
        "Aide aux démarches",
        "Du lundi au vendredi",
        "9 h – 12 h",
        "Samedi et dimanche",
    ):
        assert said in text(page)
    for said in ("Écrivain public", "mardi 14 h – 16 h", "03 20 81 57 57", "Prix : Gratuit", "paper-a3"):
        assert said in text(page)
    assert code_of(page.content.decode()) == matrix(f"http://testserver/trouver/lieu/{place.slug}/")


def test_poster_of_a_place_that_states_nothing_says_to_ask(client):
    place = make_place(nom=HOSTILE, adresse="", horaires="", telephone="")

    page = client.get(f"/lieux/{place.slug}/affiche/")

    assert "Jours et heures : demandez au lieu." in text(page)
    assert "<script>alert" not in text(page)
    assert "sheet-call" not in text(page)


def test_poster_follows_a_merged_place_and_shows_no_hidden_one(client):
    kept, draft = make_place(nom="Mairie"), make_place(nom="Brouillon", status="draft")
    make_place(nom="Ancienne mairie", status="archived", merged_into=kept)

    assert client.get("/lieux/ancienne-mairie/affiche/").headers["Location"] == "/lieux/mairie/affiche/"
    assert client.get(f"/lieux/{draft.slug}/affiche/").status_code == 404


def test_sheets_of_a_neighbourhood_count_what_they_leave_out(client):
    make_territory("quartier", "Q1", nom="Épeule")
    for number in range(60):
        make_place(nom=f"Lieu {number:02}", telephone="+33320815757", horaires="Mo-Fr 09:00-12:00,14:00-18:00")

    shown = {}
    for asked in ("", "?format=a3", "?pliage=oui"):
        page = client.get(f"/trouver/affiche/Q1/{asked}")
        shown[asked] = text(page).count('class="sheet-entry"')
        assert f"Et {60 - shown[asked]} autres lieux dans ce quartier : scannez le code." in text(page)
        assert code_of(page.content.decode()) == matrix("http://testserver/lieux/?quartier=Q1")
    assert 8 <= shown[""] < shown["?format=a3"] < shown["?pliage=oui"] < 60


def test_sheet_of_a_neighbourhood_with_few_places_shows_the_nearest_beside_it(client):
    make_territory("qpv", "QP1", nom="Alma")
    make_place(nom="Mairie")
    for number in range(8):
        make_place(nom=f"Plus loin {number}", latitude=50.72 + number / 100)

    page = text(client.get("/trouver/affiche/QP1/"))

    assert re.findall(r"<h2>([^<]+)", page) == ["Mairie", *(f"Plus loin {n}" for n in range(5))]
    assert page.count("À côté du quartier") == 5


def test_sheet_of_a_neighbourhood_asks_no_more_questions_for_more_places(client, django_assert_max_num_queries):
    make_territory("quartier", "Q1")
    for number in range(12):
        make_permanence(make_place(nom=f"Lieu {number}"))
    client.get("/trouver/affiche/Q1/")

    with django_assert_max_num_queries(6):
        client.get("/trouver/affiche/Q1/")


def test_old_code_leads_to_the_new_one_and_an_unknown_one_to_nothing(client):
    make_territory("qpv", "QP2", vintage="2024")
    make_territory("iris", "I1")
    Correspondence.objects.create(kind="qpv", old_code="QP1", new_code="QP2")

    make_territory("quartier", "n°1 % ?")

    assert client.get("/trouver/affiche/QP1/").headers["Location"] == "/trouver/affiche/QP2/"
    assert 'href="/trouver/affiche/n%C2%B01%20%25%20%3F/?pliage=oui"' in text(
        client.get("/trouver/affiche/n°1%20%25%20%3F/")
    )
    for code in ("I1", "Q99", "%00", "a/b", "é"):
        assert client.get(f"/trouver/affiche/{code}/").status_code == 404
