"""Open now, today, tomorrow, this week-end, a chosen day and hour: equal to a plain loop over places and clocks."""

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from places import bitmaps, history, map_data, openings, schedules
from places.card import Card
from places.filters import PlaceFilter
from places.models import Permanence, Place, Revision, Schedule, Turn
from places.opening_hours import DAY, PARIS, State, parse_horaires
from places.vocabularies import VOCABULARIES, Service
from tests.factories import make_permanence, make_place

pytestmark = pytest.mark.django_db
TUESDAY = "2026-12-01 10:00"
MONDAY = "2026-11-30 10:00"
HOURS = [
    "",
    "   ",
    "sur rendez-vous",
    "24/7",
    "Mo-Fr 09:00-12:00,14:00-17:00",
    "Mo-Fr 09:00-12:00; PH off",
    "Mo-Fr 09:00-12:00; PH 10:00-11:00",
    'Mo-We 08:30-16:00 "sur rendez-vous"',
    "Sa 10:00-18:00; Su 10:00-12:00",
    "Fr-Sa 22:00-03:00",
    "Sa 22:00-03:30; PH off",
    "Mo-Su 23:30-00:30",
    "Su 01:00-04:00",
    "Mo-Su 02:15-02:45",
    "week 1-53/2 Tu 14:00-17:00",
    "week 2-52/2 Tu 14:00-17:00",
    "Tu[1] 09:00-12:00",
    "Dec 24-26 off; Mo-Su 10:00-20:00",
    "Mo-Fr 09:00-12:00; We unknown",
    "Mo-Fr 09:00-12:00; SH off",
    "2026 Nov 28-2026 Dec 02 18:00-19:00",
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def ask(query: str, now: str | datetime = TUESDAY) -> PlaceFilter:
    return PlaceFilter(QueryDict(query), now=at(now) if isinstance(now, str) else now)


def answers(query: str, now: str | datetime = TUESDAY) -> set[str]:
    return {place.pk for place in ask(query, now).qs}


def said(query: str, now: str = TUESDAY) -> str:
    return ask(query, now).sentence().replace("\u00a0", " ").replace("\u202f", " ")


# --- one place


def test_now_keeps_who_is_open_and_tells_apart_who_is_closed_from_who_does_not_say():
    make_place(id="open", horaires="Tu 09:00-12:00")
    make_place(id="closed", horaires="We 09:00-12:00")
    make_place(id="silent", horaires="")
    make_place(id="unreadable", horaires="le mardi matin, en principe")

    assert answers("quand=maintenant") == {"open"}
    assert ask("quand=maintenant").unknown_hours == 2
    assert answers("quand=maintenant&inconnus=oui") == {"open", "silent", "unreadable"}
    assert ask("quand=maintenant&inconnus=oui").unknown_hours == 0


def test_now_is_read_in_paris_at_each_question_and_never_written():
    """peers.md 1: the clock of the server was taken for that of the city, and frozen in the link."""
    make_place(id="a", horaires="Tu 09:00-12:00")

    assert answers("quand=maintenant", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)) == {"a"}
    assert answers("quand=maintenant", datetime(2026, 12, 1, 11, 30, tzinfo=UTC)) == set()
    assert ask("quand=maintenant").query == "quand=maintenant"


def test_a_holiday_that_the_hours_do_not_mention_is_unknown():
    """peers.md 2: the word PH made the hours vanish."""
    make_place(id="silent", horaires="Mo-Fr 09:00-12:00")
    make_place(id="off", horaires="Mo-Fr 09:00-12:00; PH off")
    make_place(id="on", horaires="Mo-Fr 09:00-12:00; PH 09:00-12:00")
    christmas = "2026-12-25 10:00"

    assert answers("quand=maintenant", christmas) == {"on"}
    assert answers("quand=maintenant&inconnus=oui", christmas) == {"on", "silent"}
    assert answers("quand=maintenant", TUESDAY) == {"silent", "off", "on"}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-27 10:00", {"saturday", "sunday"}),
        ("2026-11-28 08:00", {"saturday", "sunday"}),
        ("2026-11-28 12:00", {"sunday"}),
        ("2026-11-29 08:00", {"sunday"}),
        ("2026-11-29 12:00", set()),
        ("2026-11-30 08:00", {"saturday", "sunday"}),
    ],
)
def test_weekend_is_the_one_that_has_begun(now, expected):
    """peers.md 3: on a Saturday, the national map looks at the next one."""
    make_place(id="saturday", horaires="Sa 09:00-12:00")
    make_place(id="sunday", horaires="Su 09:00-12:00")
    make_place(id="monday", horaires="Mo 09:00-12:00")

    assert answers("quand=weekend", now) == expected


def test_today_is_what_is_left_of_it():
    make_place(id="morning", horaires="Tu 09:00-12:00")
    make_place(id="afternoon", horaires="Tu 14:00-17:00")

    assert answers("quand=aujourdhui", "2026-12-01 08:00") == {"morning", "afternoon"}
    assert answers("quand=aujourdhui", "2026-12-01 12:00") == {"afternoon"}
    assert answers("quand=choisi&jour=2026-12-01", "2026-12-01 12:00") == {"afternoon"}
    assert answers("quand=choisi&jour=2026-12-01", "2026-11-28 12:00") == {"morning", "afternoon"}
    assert answers("quand=demain", "2026-11-30 23:59") == {"morning", "afternoon"}


@pytest.mark.parametrize(
    ("query", "kept", "ignored"),
    [
        ("quand=choisi&jour=2026-12-02&heure=14:30", "quand=choisi&jour=2026-12-02&heure=14%3A30", []),
        ("quand=choisi&jour=2026-12-02&heure=25:00", "quand=choisi&jour=2026-12-02", ["25:00"]),
        ("quand=choisi&jour=demain", "", ["demain"]),
        ("quand=choisi&jour=9999-12-31", "", ["9999-12-31"]),
        ("quand=choisi&jour=0001-01-01", "", ["0001-01-01"]),
        ("quand=choisi", "", []),
        ("quand=demain&jour=2026-12-02&heure=10:00", "quand=demain", []),
        ("jour=2026-12-02&inconnus=oui", "", []),
        ("quand=hier", "", ["hier"]),
        ("quand=maintenant&inconnus=peut-être", "quand=maintenant", []),
    ],
)
def test_what_means_nothing_is_dropped_and_said(query, kept, ignored):
    """peers.md 4."""
    question = ask(query)

    assert (question.query, question.ignored) == (kept, ignored)


# --- what is offered when


def test_words_that_name_a_need_find_who_offers_it_then():
    place = make_place(id="a", horaires="Mo-Fr 09:00-18:00")
    make_permanence(place, title="Écrivain public", horaires="Tu 14:00-17:00", themes=["ecrivain-public"])
    make_place(id="b", horaires="Mo-Fr 09:00-18:00", nom="Écrivain public, association")
    words = "q=%C3%A9crivain+public&quand=maintenant"

    assert answers("q=%C3%A9crivain+public") == {"a", "b"}
    assert answers(words, MONDAY) == {"b"}
    assert answers(words, "2026-12-01 15:00") == {"a", "b"}


def test_a_writer_who_comes_on_tuesday_is_not_there_on_monday():
    place = make_place(id="a", horaires="Mo-Fr 09:00-18:00", services=[Service.DEMARCHES])
    make_permanence(place, title="Écrivain public", horaires="Tu 14:00-17:00", themes=["ecrivain-public"])
    writer = "quand=maintenant&themes=ecrivain-public"

    assert answers("quand=maintenant", MONDAY) == {"a"}
    assert answers("quand=maintenant&services=demarches-administratives", MONDAY) == {"a"}
    assert answers(writer, MONDAY) == set()
    assert answers(writer, "2026-12-01 15:00") == {"a"}
    assert answers(f"{writer}&services=demarches-administratives", "2026-12-01 15:00") == {"a"}


def test_a_writer_that_the_place_says_it_has_is_there_when_the_permanence_says():
    place = make_place(id="a", horaires="Mo-Fr 09:00-18:00", themes=["ecrivain-public", "espace-parents"])
    make_permanence(place, horaires="Tu 14:00-17:00", themes=["ecrivain-public"])

    assert answers("quand=maintenant&themes=ecrivain-public", MONDAY) == set()
    assert answers("quand=maintenant&themes=espace-parents", MONDAY) == {"a"}
    assert ask("quand=maintenant&themes=ecrivain-public", MONDAY).unknown_hours == 0


def test_a_permanence_without_hours_may_be_held_at_any_time():
    place = make_place(id="a", horaires="We 09:00-12:00")
    make_permanence(place, themes=["ecrivain-public"])

    assert answers("quand=maintenant&themes=ecrivain-public") == set()
    assert ask("quand=maintenant&themes=ecrivain-public").unknown_hours == 1
    assert answers("quand=maintenant&themes=ecrivain-public&inconnus=oui") == {"a"}


def test_a_permanence_opens_a_place_whose_own_hours_are_closed():
    place = make_place(id="a", horaires="We 09:00-12:00", langues=["arabe"])
    make_permanence(place, horaires="Tu 09:00-12:00", themes=["ecrivain-public"])

    assert answers("quand=maintenant") == {"a"}
    assert answers("quand=maintenant&themes=ecrivain-public&langues=arabe") == {
        "a"
    }  # what it does not say, its place does


def test_two_needs_together_are_both_there_at_that_time():
    place = make_place(id="a", horaires="Mo 09:00-12:00")
    make_permanence(place, horaires="Tu 09:00-12:00", demarches=["caf"])
    make_permanence(place, horaires="Tu,We 09:00-12:00", demarches=["impots"])
    both = "quand=maintenant&demarches=caf&demarches=impots&demarches_op=et"

    assert answers(both, "2026-12-01 10:00") == {"a"}
    assert answers(both, "2026-12-02 10:00") == set()
    assert answers(both.removesuffix("&demarches_op=et"), "2026-12-02 10:00") == {"a"}


def test_what_is_derived_follows_the_permanences():
    place = make_place(id="a", horaires="Mo 09:00-12:00")
    permanence = make_permanence(place, horaires="Tu 09:00-12:00", themes=["ecrivain-public"])
    assert Turn.objects.count() == 2

    Permanence.objects.all().delete()
    history.save([place], origin=Revision.Origin.COMMAND, more={"a": {"permanences": [[permanence.snapshot()], []]}})

    assert Turn.objects.count() == 0
    assert answers("quand=maintenant") == set()
    assert answers("quand=maintenant", MONDAY) == {"a"}


def test_the_same_hours_are_kept_once():
    make_place(horaires="Mo 09:00-12:00")
    make_place(horaires=" Mo 09:00-12:00 ")
    make_permanence(make_place(), horaires="Mo 09:00-12:00")

    assert list(Schedule.objects.values_list("text", flat=True)) == ["Mo 09:00-12:00"]


def test_places_that_were_there_before_are_derived_as_history_does():
    make_permanence(
        make_place(id="a", horaires="Mo 09:00-12:00"), horaires="Tu 09:00-12:00", themes=["ecrivain-public"]
    )
    make_place(id="b", horaires="le mardi")
    derived = [derived_rows(model) for model in (Place, Schedule, Turn)]
    Place.objects.update(schedule=None, has_permanences=False)
    Turn.objects.all().delete()
    Schedule.objects.all().delete()

    Place.objects.update(number=0)  # as the migration does
    history.derive_anew()

    assert [derived_rows(model) for model in (Place, Schedule, Turn)] == derived


def derived_rows(model) -> list[tuple]:
    """What is derived, without the numbers that the base gives."""
    names = [field.attname for field in model._meta.concrete_fields if (model, field.name) != (Turn, "id")]
    return [tuple(row) for row in model.objects.order_by("pk").values_list(*names)]


# --- against a plain loop


@settings(max_examples=200, deadline=None)
@given(
    text=st.sampled_from([text for text in HOURS if parse_horaires(text)]),
    day=st.one_of(
        st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 25), date(2026, 12, 31)]),
    ),
    minute=st.integers(0, DAY - 1),
)
@example("Mo-Su 02:15-02:45", date(2026, 10, 25), 150)
@example("Sa 22:00-03:30; PH off", date(2026, 3, 29), 200)
def test_pieces_of_a_day_say_what_the_hours_say_at_each_minute(text, day, minute):
    hours = parse_horaires(text)
    moment = datetime.combine(day, time(minute // 60, minute % 60), PARIS)
    assume(exists(moment))

    there = [piece.state for piece in hours.pieces(day) if piece.start <= minute < piece.end]

    assert there == ([] if (state := hours.at(moment).state) is State.CLOSED else [state])


def test_hours_inside_the_hour_that_is_skipped_in_march_are_no_hours_that_day():
    hours = parse_horaires("Mo-Su 02:15-02:45")

    assert hours.pieces(date(2026, 3, 29)) == ()
    assert [(piece.start, piece.end) for piece in hours.pieces(date(2026, 3, 30))] == [(135, 165)]


CLOCKS = st.one_of(
    st.integers(0, 420 * DAY).map(lambda minute: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)),
    st.sampled_from(
        [
            *("2026-03-28T23:30Z", "2026-03-29T00:59Z", "2026-03-29T01:01Z"),
            *("2026-10-24T22:59Z", "2026-10-25T00:20Z", "2026-10-25T01:20Z"),
            *("2026-12-24T23:00Z", "2026-12-31T22:59Z", "2026-11-28T22:59:59Z"),
        ]
    ).map(datetime.fromisoformat),
)
NAMES = ("services", "themes", "ateliers", "langues", "publics_specifiquement_adresses")
SLUGS = {name: [seed.slug for seed in VOCABULARIES[name].seeds][:3] for name in NAMES}
TERMS = st.fixed_dictionaries({name: st.sets(st.sampled_from(SLUGS[name]), max_size=2) for name in NAMES})
HOLDER = st.tuples(st.sampled_from(HOURS), TERMS)
PLACES = st.lists(st.tuples(HOLDER, st.lists(HOLDER, max_size=2)), min_size=1, max_size=4)


def minutes(quand: str, now: datetime, jour: date, heure: time | None) -> list[datetime]:
    """The moments asked for, one by one, on the clock of Paris."""
    local = now.astimezone(PARIS).replace(second=0, microsecond=0, tzinfo=None)
    midnight = datetime.combine(local, time())

    def day(offset):
        return [midnight + timedelta(days=offset, minutes=minute) for minute in range(0, DAY, 15)]

    later = [moment for moment in [local, *day(0)] if moment >= local]
    if quand == "maintenant":
        return [local]
    if quand == "aujourdhui":
        return later
    if quand == "demain":
        return day(1)
    if quand == "weekend":
        saturday = 5 - local.weekday()
        return [
            m
            for offset in (saturday, saturday + 1)
            for m in (later if offset == 0 else day(offset) if offset > 0 else [])
        ]
    if heure:
        return [datetime.combine(jour, heure)]
    return later if jour == local.date() else day((jour - local.date()).days)


def exists(moment: datetime) -> bool:
    """Not in the hour that is skipped in March."""
    return moment.astimezone(UTC).astimezone(PARIS).hour == moment.hour


@lru_cache
def state(hours: str, moments: tuple[datetime, ...]) -> int:
    """2 when open at one of the moments, 1 when nobody knows, 0 when closed."""
    read = parse_horaires(hours)
    if read is None:
        return 1
    ranks = {State.OPEN: 2, State.UNKNOWN: 1, State.CLOSED: 0}
    return max(ranks[read.at(moment).state] for moment in moments)


def availability(place, moments: tuple[datetime, ...]) -> tuple[int, dict]:
    """How sure it is that somebody is there, then that each term is offered by somebody there."""
    (hours, own), permanences = place
    holders = [(state(hours, moments), own, True)]
    holders += [(state(text, moments), terms, False) for text, terms in permanences]
    offered = {}
    for name in NAMES:
        announced = set().union(*(terms[name] for _text, terms in permanences)) if permanences else set()
        for slug in SLUGS[name]:
            offered[name, slug] = 0
            for sure, terms, is_place in holders:
                said = terms[name]
                if is_place and name in ("themes", "ateliers"):
                    said = said - announced
                if not is_place and name in ("langues", "publics_specifiquement_adresses"):
                    said = said or own[name]
                everybody = name == "publics_specifiquement_adresses" and not said
                if slug in said or everybody:
                    offered[name, slug] = max(offered[name, slug], sure)
    return max(sure for sure, _terms, _is_place in holders), offered


def fits(available, asked, together, skip=None) -> int:
    there, offered = available
    groups = [there]
    for name in NAMES:
        if asked[name] and name != skip:
            groups.append((min if together[name] else max)(offered[name, slug] for slug in asked[name]))
    return min(groups)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    places=PLACES,
    now=CLOCKS,
    quand=st.sampled_from(["maintenant", "aujourdhui", "demain", "weekend", "choisi"]),
    after=st.integers(-3, 40),
    heure=st.none() | st.times().map(lambda hour: hour.replace(minute=hour.minute // 15 * 15, second=0, microsecond=0)),
    asked=TERMS,
    together=st.fixed_dictionaries({name: st.booleans() for name in NAMES}),
)
def test_any_time_and_offer_equal_a_plain_loop(places, now, quand, after, heure, asked, together):
    """Whatever the places, permanences and clock: results, unknown hours and the count beside every choice."""
    Place.objects.all().delete()
    bitmaps.forget()
    made = [
        Place(id=str(n), nom="Lieu", commune="Roubaix", horaires=own[0], **own[1]) for n, (own, _) in enumerate(places)
    ]
    history.save(made, origin=Revision.Origin.COMMAND)
    for place, (_own, permanences) in zip(made, places, strict=True):
        for hours, terms in permanences:
            make_permanence(place, horaires=hours, **terms)
    jour = now.astimezone(PARIS).date() + timedelta(days=after)
    query = QueryDict(mutable=True)
    query["quand"] = quand
    query["jour"] = jour.isoformat()
    if heure:
        query["heure"] = heure.strftime("%H:%M")
    for name in NAMES:
        query.setlist(name, asked[name])
        query[f"{name}_op"] = "et" if together[name] else "ou"
    moments = tuple(m for wall in minutes(quand, now, jour, heure) if exists(m := wall.replace(tzinfo=PARIS)))
    assume(moments)
    available = [availability(place, moments) for place in places]

    for inconnus, enough in (("", 2), ("oui", 1)):
        query["inconnus"] = inconnus
        question = PlaceFilter(query, now=now)

        expected = {str(n) for n, one in enumerate(available) if fits(one, asked, together) >= enough}
        assert {place.pk for place in question.qs} == expected
        if not inconnus:
            assert question.unknown_hours == sum(fits(one, asked, together) == 1 for one in available)
        for group in (group for section in question.sections() for group in section.groups):
            if group.name not in NAMES:
                continue
            widens = asked[group.name] and not together[group.name]
            for option in group.options:
                if option.value in SLUGS[group.name]:
                    left = [
                        one
                        for one in available
                        if fits(one, asked, together, skip=group.name if widens else None) >= enough
                        and one[1][group.name, option.value] >= enough
                    ]
                    assert option.count == len(left), (group.name, option.value)


# --- everywhere


def test_the_sentence_says_when_in_words():
    assert said("quand=maintenant") == "Lieux ouverts maintenant (mardi à 10 h)"
    assert said("quand=aujourdhui", "2026-11-28 14:05") == "Lieux ouverts aujourd’hui (samedi, après 14 h 05)"
    assert said("quand=demain") == "Lieux ouverts demain (mercredi 2 décembre)"
    assert said("quand=weekend") == "Lieux ouverts ce week-end (samedi 5 décembre ou dimanche 6 décembre)"
    assert said("quand=choisi&jour=2026-12-01&heure=00:00") == "Lieux ouverts le mardi 1er décembre à minuit"
    assert said("quand=demain&inconnus=oui").endswith("ou aux horaires inconnus")


def test_chips_take_the_time_away_whole():
    question = ask("quand=choisi&jour=2026-12-03&heure=10:00&inconnus=oui&services=acces-materiel")
    chips = {chip.label.replace("\u00a0", " "): chip.without for chip in question.chips()}

    assert chips["Ouvert : jeudi 3 décembre, 10 h"] == "services=acces-materiel"
    assert chips["Horaires inconnus aussi"] == "services=acces-materiel&quand=choisi&jour=2026-12-03&heure=10%3A00"


@pytest.fixture
def two_places():
    """One always open, one whose hours nobody knows."""
    make_place(id="open", slug="open", horaires="24/7; PH open")
    make_place(id="silent", slug="silent")
    make_place(id="closed", slug="closed", horaires='off "fermé pour travaux"')


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("quand=maintenant", {"open"}),
        ("quand=weekend", {"open"}),
        ("quand=demain&inconnus=oui", {"open", "silent"}),
        ("", {"open", "silent", "closed"}),
    ],
)
def test_list_map_files_and_api_give_the_same_places(client, two_places, query, expected):
    listed = {card.place.pk for card in client.get(f"/lieux/?{query}").context["cards"]}
    drawn = {one["properties"]["id"] for one in client.get(f"/lieux.geojson?{query}").json()["features"]}
    given_by_api = {place["id"] for place in client.get(f"/api/v1/places?{query}").json()["places"]}
    file = b"".join(client.get(f"/lieux.json?{query}")).decode()

    assert (listed, drawn, given_by_api) == (expected, expected, expected)
    assert {pk for pk in ("open", "silent", "closed") if f'"id":"{pk}"' in file.replace(": ", ":")} == expected


def test_the_page_offers_the_places_with_unknown_hours(client, two_places):
    page = client.get("/lieux/?quand=maintenant").content.decode()

    assert "1 autre lieu n’a pas d’horaires connus" in page
    assert 'href="/lieux/?quand=maintenant&amp;inconnus=oui"' in page


def test_a_kept_map_changes_when_a_place_closes_and_not_before():
    make_place(id="a", horaires="Tu 09:00-12:00")
    before, then, after = (
        map_data.answer(ask("quand=maintenant", f"2026-12-01 {clock}"), None, 1)
        for clock in ("11:00", "11:59", "12:00")
    )

    assert before is not after
    assert (before.tag, then.tag) == (then.tag, before.tag)
    assert json.loads(after.body)["features"] == []
    assert ask("quand=maintenant", "2026-12-01 11:00").stamp == ask("quand=maintenant", "2026-12-01 11:59").stamp
    assert ask("quand=maintenant", "2026-12-01 11:00").stamp != ask("quand=maintenant", "2026-12-01 12:00").stamp


def test_hours_written_by_another_process_are_read_at_the_next_version():
    place = make_place(id="a", horaires="Mo 09:00-12:00")
    schedules.follow(1)
    assert answers("quand=maintenant") == set()

    # As another process leaves it: nothing in this one was told.
    Schedule.objects.create(key=schedules.key_of("Tu 09:00-12:00"), text="Tu 09:00-12:00")
    Place.objects.filter(pk=place.pk).update(schedule=schedules.key_of("Tu 09:00-12:00"))
    schedules.follow(2)

    assert answers("quand=maintenant") == {"a"}


def test_a_question_about_time_takes_as_many_queries_whatever_the_number_of_places():
    def count(query):
        with CaptureQueriesContext(connection) as queries:
            question = ask(query)
            list(question.qs)
            question.sections()
            assert question.unknown_hours >= 0
        return len(queries)

    for number in range(3):
        make_permanence(make_place(horaires=f"Tu 09:00-1{number}:00"), horaires=f"We 09:00-1{number}:00")
    count("quand=maintenant&themes=ecrivain-public")  # the terms are read once
    schedules.forget()
    bitmaps.forget()
    few = count("quand=maintenant&themes=ecrivain-public")
    for number in range(3, 10):
        make_permanence(make_place(horaires=f"Tu 09:00-1{number}:00"), horaires=f"We 09:00-1{number}:00")
    schedules.forget()
    bitmaps.forget()

    assert count("quand=maintenant&themes=ecrivain-public") == few


# --- what a row says of time


def brief(query: str, now: str = TUESDAY) -> list[str]:
    question = ask(query, now)
    cards = [Card(place, question.now, question.asked, question.said, when=question.when) for place in question.qs]
    lines = [f"{line.title} : {line.held}" for card in cards for line in card.answering]
    return [line.replace("\u00a0", " ") for line in lines]


def test_a_row_says_which_permanence_answers_and_when():
    place = make_place(horaires="Mo-Fr 09:00-18:00")
    make_permanence(place, title="Écrivain public", horaires="Tu,Th 14:00-17:00", themes=["ecrivain-public"])
    make_permanence(place, title="CAF", horaires="Mo 09:00-12:00", demarches=["caf"])

    assert brief("") == []
    assert brief("themes=ecrivain-public") == ["Écrivain public : mardi et jeudi 14 h – 17 h"]
    assert brief("q=ecrivain") == ["Écrivain public : mardi et jeudi 14 h – 17 h"]
    assert brief("demarches=caf&quand=choisi&jour=2026-12-07") == ["CAF : lundi 7 décembre 9 h – 12 h"]
    assert brief("quand=choisi&jour=2026-12-03") == []


def test_a_row_says_the_permanence_that_opens_its_place():
    make_permanence(make_place(horaires="We 09:00-12:00"), title="Écrivain public", horaires="Tu[1] 09:00-12:00")

    assert brief("quand=maintenant") == ["Écrivain public : mardi 1er décembre 9 h – 12 h"]


def test_a_row_says_the_hours_of_the_day_asked_for():
    place = make_place(horaires="Mo-Fr 09:00-12:00")

    def lines(query):
        question = ask(query)
        return [
            line.replace("\u00a0", " ")
            for line in Card(place, question.now, question.asked, question.said, when=question.when).hours_asked
        ]

    assert lines("quand=demain") == ["mercredi 2 décembre : 9 h – 12 h"]
    assert lines("quand=weekend") == ["samedi 5 décembre : fermé", "dimanche 6 décembre : fermé"]
    assert lines("quand=choisi&jour=2026-12-25") == ["vendredi 25 décembre : 9 h – 12 h (jour férié : à vérifier)"]
    assert lines("quand=maintenant") == []


@pytest.mark.parametrize(
    ("horaires", "expected"),
    [
        ("", "horaires non renseignés"),
        ("le mardi", "le mardi"),
        ("Mo-Fr 09:00-12:00", "lundi, mardi, mercredi, jeudi et vendredi 9 h – 12 h"),
        ("Tu 09:00-12:00; We 10:00-11:00", "mardi 9 h – 12 h ; mercredi 10 h – 11 h"),
        ("week 2-52/2 Fr 14:00-16:00", "vendredi 11 décembre 14 h – 16 h"),
        ("24/7", "lundi, mardi, mercredi, jeudi, vendredi, samedi et dimanche toute la journée"),
        ("Mo[3] 09:00-12:00", "lundi 21 décembre 9 h – 12 h"),
    ],
)
def test_a_permanence_is_said_in_words(horaires, expected):
    assert openings.held(horaires, None, at(TUESDAY)).replace("\u00a0", " ") == expected
