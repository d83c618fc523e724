"""Finding where somebody starts from: our own names, the national geocoder in every state, and what the page says."""

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from places import geo
from places.geo import Point, distance
from places.limits import allowed
from places.models import DataVersion, Landmark
from places.near import gazetteer, geocoder
from places.near.landmarks import import_gazetteer
from places.near.words import corrections, plain
from tests.factories import make_place, make_territory
from tests.geocoder import Geocoder, feature

pytestmark = pytest.mark.django_db
OURS = """nom,genre,detail,commune,latitude,longitude
Eurotéléport,station,"métro, tram",Roubaix,50.69119,3.17946
Épeule – Montesquieu,station,métro,Roubaix,50.68395,3.16312
26 rue de l’Épeule,adresse,,Roubaix,50.69141,3.16270
30 bis bd Gambetta,adresse,,Roubaix,50.69129,3.18072
rue de Lille,rue,,Roubaix,50.68375,3.16313
parc Barbieux,lieu-dit,,Roubaix,50.67699,3.16276
"""


@pytest.fixture
def ours(tmp_path):
    """The landmarks of a small Roubaix."""
    load(tmp_path, OURS)


@pytest.fixture
def national(settings):
    """A national geocoder of our own, that the site asks."""
    server = Geocoder()
    settings.GEOCODER_URL = server.url
    yield server
    server.close()


def load(folder, text: str | bytes, name: str = "reperes.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_gazetteer(str(path), apply=True)


def names(text: str) -> list[str]:
    return [spot.name for spot in gazetteer.search(text)]


def suggested(client, text: str, **headers) -> dict:
    return json.loads(client.get("/adresses.json", {"q": text}, **headers).content)


def said(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def question(response) -> dict[str, str]:
    """The question that a redirection leads to."""
    assert (response.status_code, urlsplit(response.url).path) == (302, "/lieux/")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.url).query).items()}


# --- our own names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eurotéléport", "Eurotéléport"),
        ("EUROTELEPORT", "Eurotéléport"),
        ("station eurotele", "Eurotéléport"),
        ("Montesquieu", "Épeule – Montesquieu"),
        ("métro montesquieu roubaix", "Épeule – Montesquieu"),
        ("26 rue de l'epeule", "26 rue de l’Épeule"),
        ("26, RUE DE L’ÉPEULE 59100 Roubaix", "26 rue de l’Épeule"),
        ("boulevard gambetta", "bd Gambetta"),
        ("30 bis bld Gambetta", "30 bis bd Gambetta"),
        ("rue lille", "rue de Lille"),
        ("parc barb", "parc Barbieux"),
        ("eurotelport", "Eurotéléport"),
        ("euroteléprot", "Eurotéléport"),
        ("rue de l'epuele", "rue de l’Épeule"),
        ("montesqieu", "Épeule – Montesquieu"),
        ("barbieu", "parc Barbieux"),
    ],
)
def test_landmark_is_found_however_it_is_written(ours, text, found):
    assert names(text)[0] == found


@pytest.mark.parametrize("text", ["", " ", "!!", "zzzzzz", "59100x", "rue zzzzzz", "\x00", "26 rue de Mars"])
def test_text_that_is_no_name_finds_nothing(ours, text):
    assert names(text) == []


def test_our_places_are_found_by_name_and_by_address():
    make_place(nom="Médiathèque La Grand-Plage", adresse="2 rue Pierre Motte", latitude=50.69093, longitude=3.17566)
    make_place(nom="Brouillon", adresse="4 rue Pierre Motte", status="draft")
    make_place(nom="Sans point", adresse="6 rue Pierre Motte", latitude=None, longitude=None)

    assert [(s.name, s.kind, s.point) for s in gazetteer.search("grand plage")] == [
        ("Médiathèque La Grand-Plage", "place", Point(50.69093, 3.17566))
    ]
    assert [(s.name, s.kind) for s in gazetteer.search("2 rue Pierre Motte")] == [("2 rue Pierre Motte", "address")]
    assert names("rue pierre motte") == ["2 rue Pierre Motte"]


def test_neighbourhood_is_found_at_a_point_inside_it():
    make_territory("quartier", "Q1", nom="Fosse aux Chênes / Alma Sud / Alma Nord")
    make_territory("qpv", "QP1", nom="Alma - Gare", south=50.70, north=50.71)
    make_territory("iris", "I1", nom="Alma 1")
    make_territory("quartier", "Q0", nom="Alma d’avant", current=False)

    found = gazetteer.search("alma")

    assert [(spot.name, spot.kind) for spot in found] == [
        ("Alma - Gare", "qpv"),
        ("Fosse aux Chênes / Alma Sud / Alma Nord", "quartier"),
    ]
    assert found[1].point == Point(50.69, 3.18)
    assert [spot.exact for spot in gazetteer.search("quartier Alma Sud")] == [True]


def test_best_names_come_first():
    """Exact, then as begun, then whole words; a number asks for addresses, no number for the rest."""
    make_territory("commune", "59512", nom="Roubaix")
    for number in range(30):
        make_place(
            nom=f"Relais {number} de Lille", adresse=f"{100 + number} rue de Lille", longitude=3.1 + number / 100
        )
    make_place(nom="Lille", adresse="")
    make_place(nom="Lillette", adresse="")

    assert names("Lille")[0] == "Lille"
    assert names("10 rue de Lille")[0] == "100 rue de Lille"
    assert names("Roubaix")[0] == "Roubaix"
    assert len(names("lille")) == gazetteer.MOST


def test_same_name_at_the_same_spot_is_said_once(ours):
    make_place(nom="Poste", adresse="26 RUE DE L'EPEULE", latitude=50.6915, longitude=3.1628)

    assert [spot.name for spot in gazetteer.search("26 rue de l'épeule")] == ["26 rue de l’Épeule"]


def test_typing_errors_are_looked_for_only_among_words_that_are_close():
    known = ["epeule", "eurotéléport", "gambetta", "lille", "lilas", "moulin", "montesquieu"]

    assert corrections("epuele", known) == ["epeule"]
    assert corrections("gambeta", known) == ["gambetta"]
    assert corrections("gambett", ["gambetta", "gambade"]) == ["gambetta"]
    assert corrections("zorro", known) == []
    assert corrections("lil", known) == []
    assert corrections("5910", ["59100"]) == []


def test_number_of_queries_does_not_grow_with_the_names(ours):
    def queries() -> int:
        gazetteer.search("rue de lille")
        with CaptureQueriesContext(connection) as asked:
            gazetteer.search("rue de lille")
        return len(asked)

    make_place(adresse="3 rue de Lille")
    few = queries()
    for number in range(10):
        make_place(adresse=f"{number} rue de Lille", longitude=3.1 + number / 100)
        make_territory("quartier", f"R{number}", nom=f"Rue de Lille {number}")

    assert queries() <= few + 1  # the outlines, once there are territories


# --- loading the names of a city


def test_import_says_what_it_would_write_and_writes_when_asked(tmp_path, capsys):
    path = tmp_path / "reperes.csv"
    path.write_text(OURS, encoding="utf-8")

    call_command("import_gazetteer", str(path))
    dry = capsys.readouterr().out
    before = Landmark.objects.count()
    version = DataVersion.objects.current()
    call_command("import_gazetteer", str(path), "--apply")

    assert before == 0
    assert "Rien n’a été écrit" in dry
    assert "2 × station" in dry
    assert set(Landmark.objects.values_list("nom", "kind")) == {
        ("Eurotéléport", "station"),
        ("Épeule – Montesquieu", "station"),
        ("26 rue de l’Épeule", "address"),
        ("30 bis bd Gambetta", "address"),
        ("rue de Lille", "street"),
        ("parc Barbieux", "spot"),
        ("rue de l’Épeule", "street"),  # which only its address tells
        ("bd Gambetta", "street"),
    }
    assert DataVersion.objects.current() == version + 1


def test_import_again_replaces_its_own_source_only(tmp_path):
    load(tmp_path, OURS)
    load(tmp_path, "nom,genre,latitude,longitude\nGare,station,50.69,3.16\n", "autres.csv")

    report = load(tmp_path, "nom,genre,latitude,longitude\nAlsace,station,50.70,3.16\n")

    assert (report.replaced, report.read) == (8, {"station": 1})
    assert set(Landmark.objects.values_list("nom", flat=True)) == {"Gare", "Alsace"}


def test_import_reads_the_national_address_base(tmp_path):
    """Its columns, its semicolons, and its numbers that mean none."""
    text = (
        "id;id_fantoir;numero;rep;nom_voie;code_postal;code_insee;nom_commune;x;y;lon;lat;type_position;source_position\n"
        "59512_1_00010;;10;;Rue de l’Épeule;59100;59512;Roubaix;1;1;3.1601;50.6901;entrée;commune\n"
        "59512_1_00012_bis;;12;bis;Rue de l’Épeule;59100;59512;Roubaix;1;1;3.1602;50.6902;entrée;commune\n"
        "59512_1_00030;;30;;Rue de l’Épeule;59100;59512;Roubaix;1;1;3.1650;50.6950;entrée;commune\n"
        "59512_B;;99999;;Le Fresnoy;59100;59512;Roubaix;1;1;3.17;50.70;;commune\n"
        "59512_C;;4;;Rue sans point;59100;59512;Roubaix;1;1;;;;commune\n"
    )

    report = load(tmp_path, text)

    assert dict(report.read) == {"address": 3, "spot": 1, "street": 1}
    assert report.refused == [(6, "4 Rue sans point : position illisible.".replace(" :", "\u00a0:"))]
    assert names("12 bis rue de l'epeule") == ["12 bis Rue de l’Épeule"]
    assert gazetteer.search("rue de l'epeule")[0].point == Point(50.6902, 3.1602)
    assert gazetteer.search("fresnoy")[0].kind == "spot"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nom,genre\nGare,station\n",
        b"nom,genre,latitude,longitude\n",
        b"nom,genre,latitude,longitude\n,station,50,3\nGare,navire,50,3\nGare,station,nan,3\nGare,station,95,3\n",
        b"\xff\xfe\x00",
        b'nom,genre,latitude,longitude\n"Gare' + b"\x00" * 200,
    ],
)
def test_import_refuses_a_file_without_a_name_and_keeps_the_old_ones(tmp_path, ours, text):
    path = tmp_path / "reperes.csv"
    path.write_bytes(text)

    with pytest.raises(CommandError):
        call_command("import_gazetteer", str(path), "--apply")

    assert Landmark.objects.count() == 8


def test_demonstration_has_its_stations_and_streets():
    call_command("load_demo", verbosity=0)

    assert names("gare jean lebas") == ["Gare – Jean Lebas"]
    assert distance(gazetteer.search("Eurotéléport")[0].point, Point(50.6912, 3.1795)) < 50


# --- suggestions


def test_suggestions_name_the_spot_its_kind_and_its_point(client, ours):
    assert suggested(client, "eurotel") == {
        "suggestions": [
            {
                "name": "Eurotéléport",
                "detail": "Station – métro, tram, Roubaix",
                "kind": "station",
                "point": "50.69119,3.17946",
            }
        ],
        "silent": False,
    }


def test_geocoder_is_asked_for_what_is_not_exactly_ours(client, ours, national):
    make_territory("commune", "59512", nom="Roubaix", south=50.67, west=3.14, north=50.71, east=3.22)
    national.features = [
        feature("12 Rue de l'Épeule", 50.6905, 3.1612),
        feature("12 Rue de l'Épeule", 48.85, 2.35, city="Paris", postcode="75001"),
        feature("Épeule", 50.69, 3.16, type="locality"),
    ]

    found = suggested(client, "12 rue de l’Épeule")
    suggested(client, "26 rue de l’Épeule")

    assert [(spot["name"], spot["kind"], spot["point"]) for spot in found["suggestions"]] == [
        ("12 Rue de l'Épeule", "address", "50.6905,3.1612"),
        ("Épeule", "spot", "50.69,3.16"),
    ]
    assert [asked["q"] for asked in national.asked] == ["12 rue de l’Épeule"]
    assert (national.asked[0]["lat"], national.asked[0]["lon"]) == ("50.69", "3.18")


def test_answers_just_across_the_border_are_kept_and_far_ones_are_not(client, national):
    make_territory("commune", "59512", nom="Roubaix", south=50.67, west=3.14, north=50.71, east=3.22)
    national.features = [
        feature("Rue de Croix", 50.70, 3.13, city="Croix"),
        feature("Rue de Lille", 50.63, 3.06, city="Lille"),
    ]

    assert [spot["name"] for spot in suggested(client, "rue de quelque part")["suggestions"]] == ["Rue de Croix"]


def test_only_good_answers_are_kept(client, national):
    """peers.md 10: a failure that is kept lasts longer than the failure."""
    make_place()
    national.status = 500
    assert suggested(client, "12 rue Untel") == {"suggestions": [], "silent": True}
    national.status = 200
    assert suggested(client, "12 rue Untel") == {"suggestions": [], "silent": False}
    national.features = [feature("12 Rue Untel", 50.69, 3.18)]

    assert [spot["name"] for spot in suggested(client, "12 rue Untel")["suggestions"]] == ["12 Rue Untel"]
    national.status = 500
    assert [spot["name"] for spot in suggested(client, "12 RUE untel")["suggestions"]] == ["12 Rue Untel"]
    assert len(national.asked) == 3


DEEP = b"[" * 50_000
BROKEN = {
    "error": {"status": 500},
    "refusal": {"status": 429},
    "nothing": {"bytes": b""},
    "garbage": {"bytes": b"<html>Service indisponible</html>"},
    "not utf-8": {"bytes": b'{"features": "\xff\xfe"}'},
    "depth": {"bytes": DEEP},
    "a million bytes": {"bytes": b'{"features": [' + b" " * 1_000_000 + b"]}"},
    "another form": {"bytes": b'{"features": {"a": 1}}'},
    "a list": {"bytes": b"[1, 2]"},
    "null": {"bytes": b"null"},
    "elsewhere": {"status": 302, "location": "http://127.0.0.1:1/"},
    "late": {"delay": 4.0},
    "drop by drop": {"bytes": b'{"features": []}' * 3, "drip": True},
}


@pytest.mark.parametrize("state", BROKEN)
def test_broken_geocoder_costs_little_and_our_names_answer(client, ours, national, state):
    for name, value in BROKEN[state].items():
        setattr(national, name, value)
    start = time.monotonic()

    found = suggested(client, "rue de lil")
    page = client.get("/lieux/", {"autour": "rue de lil"}, follow=True)

    assert time.monotonic() - start < 2 * geocoder.TIMEOUT + 2
    assert ([spot["name"] for spot in found["suggestions"]], found["silent"]) == (["rue de Lille"], True)
    assert page.context["question"].start.text == "rue de Lille"


def test_page_says_that_the_geocoder_is_silent_and_shows_everything(client, national):
    make_place(nom="Le seul lieu")
    national.status = 500

    page = client.get("/lieux/", {"autour": "12 rue Inconnue"})

    assert "Le service national d’adresses ne répond pas : voici ce que la carte connaît elle-même." in said(page)
    assert "« 12 rue Inconnue » n’a pas été trouvé : voici tous les lieux." in said(page)
    assert "Le seul lieu" in said(page)
    assert 'value="12 rue Inconnue"' in said(page)


def test_unreachable_geocoder_is_a_silent_one(client, ours, settings):
    settings.GEOCODER_URL = "http://127.0.0.1:1/geocodage"

    assert suggested(client, "rue de lil")["silent"]


def test_geocoder_that_is_switched_off_is_not_missed(client, ours):
    assert not suggested(client, "rue de lil")["silent"]


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        {},
        {"geometry": None, "properties": None},
        {"geometry": {"coordinates": []}, "properties": {}},
        {"geometry": {"coordinates": ["a", "b"]}, "properties": {"name": "A"}},
        {"geometry": {"coordinates": [3.18, 95]}, "properties": {"name": "A"}},
        {"geometry": {"coordinates": [{}, []]}, "properties": {"name": "A"}},
        {"geometry": {"coordinates": [3.18, 50.69]}, "properties": {"name": None, "label": 4, "city": {}}},
        {"geometry": {"coordinates": [3.18, 50.69]}, "properties": {"name": "…", "type": []}},
    ],
)
def test_odd_answer_is_left_out_and_the_next_one_read(client, national, odd):
    make_place()
    national.features = [odd, feature("12 Rue Untel", 50.69, 3.18)]

    assert [spot["name"] for spot in suggested(client, "12 rue Untel")["suggestions"]] == ["12 Rue Untel"]


def test_place_of_interest_is_read_in_its_own_form(client, national):
    """The index of places of interest gives lists where that of addresses gives texts."""
    make_place()
    poi = feature("x", 50.69, 3.18)
    poi["properties"] = {"toponym": "La Piscine", "name": ["La Piscine"], "city": ["Roubaix"], "postcode": ["59100"]}
    national.features = [poi]

    (spot,) = suggested(client, "la piscine")["suggestions"]

    assert (spot["name"], spot["detail"]) == ("La Piscine", "Lieu-dit – 59100 Roubaix")


def test_hostile_answer_is_only_text(client, national):
    make_place()
    national.features = [feature("<script>alert(1)</script> 12", 50.69, 3.18), feature("<b>12</b> bis", 50.691, 3.18)]

    page = client.get("/lieux/", {"autour": "script 12"}, follow=True)

    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;" in page.content.decode()


# --- limits


def test_one_address_asks_the_geocoder_so_often_and_still_gets_our_names(client, ours, national, settings):
    settings.BEHIND_PROXY = True
    for _number in range(geocoder.PER_MINUTE):
        allowed("geocoder", "203.0.113.9", geocoder.PER_MINUTE, 60)

    limited = suggested(client, "rue de lil", headers={"X-Forwarded-For": "203.0.113.9"})
    forged = suggested(client, "rue de lil", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    other = suggested(client, "rue de lil", headers={"X-Forwarded-For": "203.0.113.10"})

    assert [len(answer["suggestions"]) for answer in (limited, forged, other)] == [1, 1, 1]
    assert [answer["silent"] for answer in (limited, forged, other)] == [True, True, False]
    assert len(national.asked) == 1


def test_what_is_known_is_not_counted(client, ours, national):
    national.features = [feature("12 Rue Untel", 50.69, 3.18)]
    make_place()
    suggested(client, "12 rue untel")

    for _number in range(3):
        suggested(client, "12 rue untel")
        suggested(client, "Eurotéléport")

    assert len(national.asked) == 1


def test_late_geocoder_holds_only_so_many_threads(ours, national):
    national.delay = 4.0
    taken = [geocoder._places_left.acquire(blocking=False) for _number in range(geocoder.AT_ONCE)]
    start = time.monotonic()

    try:
        with pytest.raises(geocoder.NoAnswer):
            geocoder.search("12 rue Untel", "192.0.2.1")
    finally:
        for acquired in taken:
            if acquired:
                geocoder._places_left.release()

    assert time.monotonic() - start < 1
    assert national.asked == []


# --- the page


def test_exact_name_leads_to_the_question_with_its_point(client, ours):
    asked = client.get("/lieux/", {"autour": "26, rue de l'epeule", "services": "emploi", "minutes": "10", "page": "3"})

    assert question(asked) == {
        "autour": "26 rue de l’Épeule",
        "services": "emploi",
        "minutes": "10",
        "point": "50.69141,3.1627",
    }


def test_address_of_the_geocoder_leads_to_the_question_with_its_point(client, ours, national):
    make_place()
    national.features = [feature("12 Rue de l'Épeule", 50.6905, 3.1805), feature("12 Rue de l'Épi", 50.69, 3.18)]

    asked = client.get("/lieux/", {"autour": "12 rue de l’Épeule"})

    assert question(asked) == {"autour": "12 Rue de l'Épeule", "point": "50.6905,3.1805"}


@pytest.mark.parametrize("address", ["/api/v1/places", "/lieux.json", "/lieux.geojson", "/lieux.csv"])
def test_a_program_says_where_it_starts_as_a_person_does(client, ours, national, address):
    make_place(id="near", nom="Atelier de pres", latitude=50.6905, longitude=3.1806)
    make_place(id="far", nom="Atelier de loin", latitude=50.72, longitude=3.16)
    national.features = [feature("12 Rue de l'Épi", 50.6905, 3.1805)]

    def found(start: str) -> set[str]:
        answer = client.get(address, {"autour": start, "minutes": "5"})
        text = b"".join(answer).decode()
        return {name for name in ("Atelier de pres", "Atelier de loin") if name in text}

    assert found("12 rue de l’Épi") == {"Atelier de pres"}
    assert found("epeule") == {"Atelier de pres", "Atelier de loin"}, "it may be several spots: the start is left aside"


def test_a_start_that_is_found_later_is_another_answer(client, national):
    make_place()
    national.status = 500
    first = client.get("/api/v1/places", {"autour": "12 rue de l’Épi"})
    national.status = 200
    national.features = [feature("12 Rue de l'Épi", 50.6905, 3.1805)]

    again = client.get("/api/v1/places", {"autour": "12 rue de l’Épi"}, headers={"If-None-Match": first["ETag"]})

    assert (first.json()["ignored"], again.json()["ignored"]) == (["12 rue de l’Épi"], [])


def test_several_spots_are_links_to_choose_from(client, ours):
    make_place(services=["emploi"])

    page = client.get("/lieux/", {"autour": "epeule", "services": "emploi", "minutes": "10"})

    choices = page.context["near"]["choices"]
    assert [choice.spot.name for choice in choices] == [
        "Épeule – Montesquieu",
        "rue de l’Épeule",
        "26 rue de l’Épeule",
    ]
    assert "« epeule » : d’où partez-vous ?" in said(page)
    followed = client.get(f"/lieux/?{choices[0].query}").context["question"]
    assert (followed.start.text, followed.walk, followed.chosen("services")[0].slug) == (
        "Épeule – Montesquieu",
        10,
        "emploi",
    )
    assert page.context["page"].paginator.count == 1
    assert page.context["question"].ignored == []


def test_unknown_number_offers_its_street(client, ours, national):
    national.status = 500

    page = client.get("/lieux/", {"autour": "999 rue de Lille"})

    assert "Le numéro n’a pas été trouvé. Partir de la rue ?" in said(page)
    assert [choice.spot.name for choice in page.context["near"]["choices"]] == ["rue de Lille"]


def test_point_of_the_text_before_is_not_taken_for_the_new_text(client, ours):
    asked = client.get("/lieux/", {"autour": "Eurotéléport", "point": "50.1,3.1", "repere": "Gare"})

    assert question(asked)["point"] == "50.69119,3.17946"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"minutes": "10"}, "Pour choisir un temps de marche, dites d’abord d’où vous partez."),
        (
            {"autour": "Ma position"},
            "Votre position se donne avec le bouton « Ma position », ou en écrivant une adresse.",
        ),
    ],
)
def test_page_says_what_is_missing_to_start(client, given, sentence):
    make_place()

    page = client.get("/lieux/", given)

    assert sentence in said(page)
    assert (page.context["page"].paginator.count, page.context["question"].ignored) == (1, [])


def test_field_keeps_start_point_and_walk(client):
    make_place()

    page = said(client.get("/lieux/", {"autour": "Ici", "point": "50.69,3.18", "minutes": "15"}))

    assert 'name="autour" value="Ici"' in page
    assert 'name="point" value="50.69,3.18"' in page
    assert 'name="repere" value="Ici"' in page
    assert '<option value="15" selected>' in page


def test_position_is_never_written_in_the_log(client, ours, caplog):
    client.get("/lieux/", {"autour": "26 rue de l'epeule", "point": "50.12345,3.54321"})
    client.get("/adresses.json", {"q": "26 rue de l'epeule"})

    assert caplog.records
    assert not [record for record in caplog.records if "50.12345" in str(vars(record)) or "epeule" in str(vars(record))]


def test_suggestions_are_kept_by_the_browser_only_and_only_when_whole(client, ours, national):
    assert client.get("/adresses.json", {"q": "rue de lil"}).headers["Cache-Control"] == "private, max-age=300"
    national.status = 500
    cache.clear()

    assert client.get("/adresses.json", {"q": "rue de lil"}).headers["Cache-Control"] == "private, no-store"


def test_plain_writes_abbreviations_out():
    assert plain("30 bis, Bd du Gal-Leclerc") == "30 bis boulevard du general leclerc"
    assert geo.write_point(Point(50.0, -3.10000)) == "50,-3.1"
