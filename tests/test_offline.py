"""What a telephone keeps of /trouver/: the hours it will tell, which places, which files, and nothing else."""

import json
import re
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from places import history
from places.card import opening_at
from places.finding import keeping
from places.finding.kept import DAYS_TOLD, Timelines
from places.models import Place
from places.opening_hours import PARIS, parse_horaires
from tests.factories import make_place

WORKER, PAGES = "/trouver/sw.js", "/trouver/pages.json"


def kept_of(client, address=WORKER) -> dict:
    """What the script says that it keeps."""
    script = client.get(address).text
    return json.loads(script.partition("const KEPT = ")[2].partition(";\n")[0])


def names_in(kept: dict) -> list[str]:
    """The names of the places that the page of answers holds."""
    return re.findall(r"<h2[^>]*><a[^>]*>(.*?)</a></h2>", kept["pages"]["/trouver/resultats/"])


# --- hours
@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 09:00-12:00,14:00-17:00; PH off",
        "Mo-Sa 08:30-19:00",
        "Fr-Sa 22:00-02:00",
        "24/7",
        'week 1-53/2 Mo 09:00-12:00 "sur rendez-vous"',
        "We 14:00-16:00 unknown",
    ],
)
@pytest.mark.parametrize("first", [date(2026, 12, 21), date(2027, 3, 22)])  # Christmas; the night that has no 2 o’clock
def test_line_of_hours_says_at_every_moment_what_the_card_says(text, first):
    timelines = Timelines(first)
    hours, line = parse_horaires(text), timelines.lines[timelines.of(text)]
    start = datetime.combine(first, datetime.min.time(), PARIS)
    moments = [
        datetime.fromtimestamp(start.timestamp() + 60 * minute, PARIS)
        for minute in range(0, DAYS_TOLD * 24 * 60 - 60, 10)
    ]

    told = [max(piece for piece in line if piece.start <= timelines.minute(moment)) for moment in moments]

    expected = [opening_at(hours, moment) for moment in moments]
    assert [(piece.state, piece.sentence) for piece in told] == [(one.state, one.sentence) for one in expected]


def test_hours_are_told_for_a_week_and_a_week_ahead_of_its_last_day():
    timelines = Timelines(date(2026, 12, 1))

    assert len(timelines.midnights) == DAYS_TOLD + 1
    assert timelines.midnights[:2] == [0, 24 * 60]


# --- the pages
@pytest.mark.django_db
def test_pages_to_keep_are_those_of_the_questions_and_of_every_place(client):
    call_command("load_demo", verbosity=0)

    answer = client.get(PAGES).json()

    cards = {f"/trouver/lieu/{slug}/" for slug in Place.objects.published().values_list("slug", flat=True)}
    questions = {"/trouver/", "/trouver/ou/", "/trouver/quand/", "/trouver/resultats/", "/trouver/absent/"}
    assert set(answer["pages"]) == questions | cards
    assert all(file.startswith("/static/") for file in answer["files"])
    assert not [path for path, page in answer["pages"].items() if "<form" in page or "csrf" in page]
    assert not [path for path, page in answer["pages"].items() if "Vous êtes hors connexion." not in page]
    assert len(answer["facts"]["places"]) == Place.objects.published().count()


@pytest.mark.django_db
def test_draft_archived_and_closed_places_are_not_kept(client):
    make_place(nom="Ici")
    make_place(nom="Brouillon", status="draft")
    make_place(nom="Archive", status="archived")

    answer = client.get(PAGES).text

    assert "Ici" in answer
    assert "Brouillon" not in answer
    assert "Archive" not in answer


@pytest.mark.django_db
def test_script_changes_with_the_data_and_the_day_only(client, monkeypatch):
    place = make_place(nom="CCAS")
    same = [kept_of(client)["name"], kept_of(client)["name"]]
    place.nom = "CCAS du centre"
    history.save([place], origin="admin")
    changed = kept_of(client)["name"]
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(days=1))
    tomorrow = kept_of(client)["name"]

    assert len({*same, changed, tomorrow}) == 3
    assert same[0] == same[1]
    assert client.get(WORKER).headers["Cache-Control"] == "no-cache"


# --- where there are too many places
@pytest.fixture
def many(monkeypatch):
    """More places than a telephone keeps, along a street that goes east."""
    monkeypatch.setattr(keeping, "MOST", 4)
    monkeypatch.setattr(keeping, "AROUND", 3)
    for number in range(1, 6):
        make_place(nom=f"Lieu {number}", latitude=50.69, longitude=3.1 + number / 100)


@pytest.mark.django_db
def test_nothing_is_kept_of_too_many_places_before_one_says_where(client, many):
    nowhere = client.get("/trouver/resultats/").context["worker"]
    somewhere = client.get("/trouver/resultats/", {"point": "50.690234,3.140567"}).context["worker"]

    assert nowhere == ""
    assert somewhere == "/trouver/sw.js?point=50.69,3.14"


@pytest.mark.django_db
def test_the_nearest_of_too_many_places_are_kept(client, many):
    pages = kept_of(client, "/trouver/sw.js?point=50.69,3.14")["pages"]

    assert names_in(client.get(pages).json()) == ["Lieu 3", "Lieu 4", "Lieu 5"]


@pytest.mark.django_db
def test_pages_around_a_point_are_of_the_day(client, many):
    """A country changes all the time: nobody downloads their neighbourhood again at each change."""
    before = kept_of(client, "/trouver/sw.js?point=50.69,3.14")

    make_place(nom="Ailleurs", latitude=48.85, longitude=2.35)

    assert kept_of(client, "/trouver/sw.js?point=50.69,3.14") == before


@pytest.mark.django_db
@pytest.mark.parametrize("point", ["", "zéro", "91,3", "50.69", "1e400,3", "\x00", "9" * 400])
def test_rubbish_for_a_point_keeps_the_first_places(client, many, point):
    assert client.get(WORKER, {"point": point}).status_code == 200
    assert names_in(client.get(PAGES, {"point": point}).json()) == ["Lieu 1", "Lieu 2", "Lieu 3", "Lieu 4"]


# --- installed
@pytest.mark.django_db
def test_manifest_opens_the_three_questions(client):
    manifest = client.get("/trouver/manifest.webmanifest").json()

    assert (manifest["start_url"], manifest["scope"], manifest["lang"], manifest["dir"]) == (
        "/trouver/",
        "/trouver/",
        "fr",
        "ltr",
    )
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/trouver/", True),
        ("/trouver/resultats/", True),
        ("/lieux/", False),
        ("/proposer/", False),
        ("/admin/login/", False),
    ],
)
def test_only_the_pages_to_keep_may_have_a_worker_and_a_manifest(client, address, kept):
    policy = client.get(address).headers["Content-Security-Policy"]

    allowed = "'self'" if kept else "'none'"
    assert f"worker-src {allowed}" in policy
    assert f"manifest-src {allowed}" in policy
