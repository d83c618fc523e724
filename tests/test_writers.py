"""The week of the écrivains publics (N5): who, where, when, in which language, with or without an appointment."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from places.opening_hours import PARIS
from places.writers import Week
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)
WRITER = {"themes": ["ecrivain-public"]}


def next_week() -> str:
    """A whole week to come, in the form of the address."""
    return (timezone.now().astimezone(PARIS).date() + timedelta(days=7)).strftime("%G-W%V")


def week(client, query: str = "") -> dict:
    return client.get(f"/ecrivains-publics/?semaine={next_week()}&{query}").context


def text(response) -> str:
    return " ".join(response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").split())


def held(context) -> list[tuple[str, list[str]]]:
    """Each row of the table: the place and its week."""
    return [(row.place.pk, [cell.spans.replace("\u00a0", " ") for cell in row.cells]) for row in context["rows"]]


def test_week_says_who_is_where_when_and_how(client):
    place = make_place(id="a", slug="a", nom="Centre social", langues=["arabe"])
    make_permanence(place, title="Écrivaine publique", horaires="Tu 14:00-17:00", by_appointment=False, **WRITER)
    make_permanence(place, title="CAF", horaires="We 14:00-17:00", demarches=["caf"])

    page = client.get(f"/ecrivains-publics/?semaine={next_week()}")

    assert held(page.context) == [("a", ["", "14 h – 17 h", "", "", "", "", ""])]
    assert len(page.context["columns"]) == 6  # no Sunday when nobody is there
    said = text(page)
    for words in ("Écrivaine publique", "Centre social", "Arabe", "Sans rendez-vous", 'href="/lieux/a/"'):
        assert words in said
    assert "CAF" not in said


def test_phone_reads_the_same_week_day_by_day(client):
    make_permanence(make_place(id="b", slug="b"), horaires="We 09:00-12:00; Mo 10:00-11:00", **WRITER)
    make_permanence(make_place(id="a", slug="a"), horaires="We 08:00-12:00; Su 10:00-12:00", **WRITER)

    context = week(client)

    told = [(column.name.split()[0], [row.place.pk for _cell, row in there]) for column, there in context["days"]]
    assert told == [("lundi", ["b"]), ("mercredi", ["a", "b"]), ("dimanche", ["a"])]
    assert len(context["columns"]) == 7


def test_what_has_no_known_hour_is_apart_and_never_left_out(client):
    make_permanence(make_place(id="silent", slug="silent"), **WRITER)
    make_permanence(make_place(id="vague", slug="vague"), horaires="le mardi matin", **WRITER)
    make_place(id="says-so", slug="says-so", **WRITER)
    make_permanence(make_place(id="rare", slug="rare"), horaires="2026 Dec 24 09:00-10:00", **WRITER)
    make_place(id="other", slug="other")

    context = client.get("/ecrivains-publics/").context

    assert held(context) == []
    assert [row.place.pk for row in context["unknown"]] == ["silent", "vague"]
    assert [place.pk for place in context["places"]] == ["says-so"]


def test_draft_and_closed_places_are_not_told(client):
    make_permanence(make_place(id="draft", status="draft"), horaires="Tu 09:00-12:00", **WRITER)
    make_permanence(make_place(id="closed", modalites_acces=["pas-de-public"]), horaires="Tu 09:00-12:00", **WRITER)
    make_place(id="draft-2", status="draft", **WRITER)

    context = week(client)

    assert (held(context), context["unknown"], list(context["places"])) == ([], [], [])


def test_language_and_neighbourhood_narrow_the_week(client):
    make_territory("quartier", "Q1", nom="Épeule")
    inside, outside = {"latitude": 50.69, "longitude": 3.18}, {"latitude": 50.60, "longitude": 3.00}
    make_permanence(make_place(id="a", slug="a", **inside), horaires="Tu 09:00-12:00", langues=["arabe"], **WRITER)
    make_permanence(make_place(id="b", slug="b", langues=["arabe"], **outside), horaires="Tu 09:00-12:00", **WRITER)
    make_permanence(
        make_place(id="c", slug="c", langues=["arabe"], **inside),
        horaires="Tu 09:00-12:00",
        langues=["anglais"],
        **WRITER,
    )

    def found(query):
        return [pk for pk, _week in held(week(client, query))]

    assert found("") == ["a", "b", "c"]
    assert found("langues=arabe") == ["a", "b"]
    assert found("langues=anglais") == ["c"]
    assert found("quartier=Q1") == ["a", "c"]
    assert found("langues=arabe&quartier=Q1") == ["a"]
    assert found("langues=klingon&quartier=Q9") == ["a", "b", "c"]
    assert [choice.value for choice in week(client)["languages"]] == ["anglais", "arabe"]
    assert [choice.label for choice in week(client)["areas"]] == ["Épeule"]


def test_what_is_to_verify_says_so(client):
    make_permanence(make_place(id="a", nom="Sûr"), horaires="Tu 09:00-12:00", **WRITER)
    assert "À vérifier" not in text(client.get(f"/ecrivains-publics/?semaine={next_week()}"))

    make_permanence(make_place(id="b", verification="à vérifier"), horaires="Tu 09:00-12:00", **WRITER)
    assert text(client.get(f"/ecrivains-publics/?semaine={next_week()}")).count("À vérifier</span>") == 2  # grid, list


@pytest.mark.parametrize(
    ("asked", "monday"),
    [
        ("", "2026-11-23"),
        ("2026-W48", "2026-11-23"),
        ("2026-W49", "2026-11-30"),
        ("2026-W53", "2026-12-28"),
        ("2027-W53", "2026-11-23"),
        ("2019-W01", "2026-11-23"),
        ("9999-W52", "2026-11-23"),
        ("0000-W01", "2026-11-23"),
        ("n’importe", "2026-11-23"),
    ],
)
def test_week_is_the_one_asked_for_when_it_is_near(asked, monday):
    assert Week(asked, TODAY).monday.isoformat() == monday


def test_weeks_follow_each_other_and_end():
    this = Week("", TODAY)

    assert (this.name, this.beside(1).name, this.beside(-1).name) == ("", "2026-W49", "2026-W47")
    assert Week("2026-W49", TODAY).beside(-1).name == ""
    week, number = this, 0
    while week := week.beside(1):
        number += 1
    assert number == 53  # a year and the week that it ends in


def test_links_keep_what_was_asked(client):
    make_permanence(make_place(langues=["arabe"]), horaires="Tu 09:00-12:00", **WRITER)

    context = week(client, "langues=arabe")

    assert context["this_week"] == "/ecrivains-publics/?langues=arabe"
    assert "langues=arabe&semaine=" in context["after"]
    assert 'name="robots" content="noindex' in text(client.get("/ecrivains-publics/?langues=arabe"))
    assert "noindex" not in text(client.get("/ecrivains-publics/"))


def test_page_takes_as_many_queries_whatever_the_number_of_permanences(client):
    def count():
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/ecrivains-publics/?semaine={next_week()}")
        return len(queries)

    def add(number):
        for _ in range(number):
            make_permanence(make_place(langues=["arabe"]), horaires="Tu 09:00-12:00", **WRITER)
            make_place(**WRITER)

    make_territory("quartier", "Q1")
    add(3)
    count()  # the terms are read once after each change
    few = count()
    add(9)
    count()

    assert count() == few
