"""What is searched is counted by day and by need; who searches and the words they type are nowhere."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from places import searches
from places.finding.needs import NEEDS
from places.models import SearchCount
from places.territories.subjects import subjects
from tests.factories import make_place, make_territory
from tests.tables import rows

WORDS = "zorglub-personnel"
BROWSER = {"user-agent": "Mozilla/5.0 (X11) Firefox/140"}


@pytest.fixture
def counting(settings, db):
    settings.COUNT_SEARCHES = True
    searches.flush()
    SearchCount.objects.all().delete()
    yield
    searches.flush()


def counted() -> dict[tuple[str, str], tuple[int, int]]:
    searches.flush()
    return {(row.subject, row.territory): (row.asked, row.found_nothing) for row in SearchCount.objects.all()}


def ask(client, query: str, **headers) -> None:
    assert client.get(f"/lieux/?{query}", headers=BROWSER | headers).status_code == 200


def test_needs_are_counted_with_what_found_nothing_and_the_territory(client, counting):
    make_place(services="emploi")
    make_territory("qpv", "QN1")

    ask(client, "services=emploi&demarches=logement")
    ask(client, "services=emploi")
    ask(client, "services=emploi&qpv=QN1")
    ask(client, "langues=roumain")
    today = counted()
    ask(client, "services=emploi")

    assert {key: asked for key, (asked, _nothing) in today.items()} == {
        ("services:emploi", ""): 2,
        ("demarches:logement", ""): 1,
        ("services:emploi", "qpv:QN1"): 1,
        ("langues:roumain", ""): 1,
    }
    assert today["langues:roumain", ""] == (1, 1)
    assert counted()["services:emploi", ""][0] == 3  # added to what was written
    assert {row.day for row in SearchCount.objects.all()} == {timezone.localdate()}


def test_needs_of_residents_count_as_what_their_button_says(client, counting):
    make_place(demarches="caf")
    for query in ("besoin=caf", "besoin=caf&page=2", "besoin=papiers", "besoin=je-ne-sais-pas", "", "besoin=rien"):
        assert client.get(f"/trouver/resultats/?{query}", headers=BROWSER).status_code == 200

    assert counted() == {
        ("demarches:caf", ""): (1, 0),
        ("demarches:titres", ""): (1, 1),
        ("demarches:sejour", ""): (1, 1),
    }
    known = {subject.key for subject in subjects()}
    assert [need.slug for need in NEEDS.values() if not need.subjects <= known] == []


def test_words_count_as_the_needs_they_mean_and_are_never_kept(client, counting):
    ask(client, "q=CAF")
    ask(client, f"q={WORDS}", **{"x-forwarded-for": "203.0.113.9"})
    found = counted()

    assert {subject for subject, _territory in found} == {"demarches:caf", "dispositif_programmes_nationaux:point-caf"}
    kept = {table: found for table, found in rows(connection).items() if table != "django_session"}
    assert [table for table, found in kept.items() if WORDS in str(found) or "203.0.113.9" in str(found)] == []


def test_robots_other_pages_of_results_and_empty_questions_are_not_counted(client, counting, settings):
    ask(client, "services=emploi", **{"user-agent": "Googlebot/2.1"})
    ask(client, "services=emploi&page=2")
    ask(client, "")
    settings.COUNT_SEARCHES = False
    ask(client, "services=emploi")

    assert counted() == {}


def test_reading_writes_once_in_a_while_and_not_at_each_page(client, counting, monkeypatch):
    ask(client, "services=emploi")
    with CaptureQueriesContext(connection) as caught:
        ask(client, "services=emploi")
    before = SearchCount.objects.count()
    monkeypatch.setattr(searches, "EVERY", -1)
    ask(client, "services=emploi")

    assert [query["sql"] for query in caught if "searchcount" in query["sql"]] == []
    assert (before, SearchCount.objects.get().asked) == (0, 3)


def test_diagnosis_shows_what_finds_nothing_first_and_no_number_that_might_be_one_person_s(client, counting):
    today = timezone.localdate()
    for subject, asked, nothing in (
        ("services:emploi", 40, 1),
        ("langues:roumain", 9, 8),
        ("demarches:logement", 4, 4),
    ):
        SearchCount.objects.create(day=today, subject=subject, asked=asked, found_nothing=nothing)
    long_ago = {"day": today - timedelta(days=200), "asked": 90, "found_nothing": 90}
    SearchCount.objects.create(subject="materiel:imprimante", **long_ago)
    SearchCount.objects.create(day=today, subject="services:disparu", asked=90)

    shown = [(need.subject.key, need.asked, need.found_nothing) for need in searches.needs(today)]
    page = client.get("/diagnostic/").text

    assert shown == [("langues:roumain", 9, 8), ("services:emploi", 40, 1)]
    assert ("Ce que les gens cherchent" in page, page.count("Sans aucun lieu trouvé")) == (True, 1)


def test_diagnosis_says_nothing_of_searches_before_there_are_any(client, counting):
    assert "Ce que les gens cherchent" not in client.get("/diagnostic/").text
