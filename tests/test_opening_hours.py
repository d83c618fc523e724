"""Hours are read in Europe/Paris; what is not known is never "closed", and a holiday never "open" by default."""

from datetime import UTC, date, datetime, time

import pytest

from places.card import clock, opening_at, week_of
from places.opening_hours import PARIS, Span, State, is_holiday, parse_horaires

MONDAY = date(2026, 11, 23)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def spans(text: str, day: date = MONDAY) -> list[tuple[time, time]]:
    return [(span.start, span.end) for span in parse_horaires(text).day(day).spans]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        '"sur rendez-vous"',
        "sur rendez-vous",
        "Lundi, mardi : 09:00-12:00",
        "9-12:30:41:30",
        "Mo-Fr :undefined-undefined:undefined",
        "Th 08:30-12:00-13:30",
        "<script>alert(1)</script>",
        "Mo" * 500,
    ],
)
def test_parse_gives_nothing_for_what_is_not_hours(text):
    assert parse_horaires(text) is None


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("Mo-Fr 09:00-12:00", "2026-11-23 09:00", State.OPEN),
        ("Mo-Fr 09:00-12:00", "2026-11-23 11:59", State.OPEN),
        ("Mo-Fr 09:00-12:00", "2026-11-23 12:00", State.CLOSED),
        ("Mo-Fr 9:00-12:00", "2026-11-23 10:00", State.OPEN),
        # A later rule replaces an earlier one for the days it names.
        ("Mo-Fr 09:00-12:00; Mo off", "2026-11-23 10:00", State.CLOSED),
        ("Mo-Fr 22:00-02:00", "2026-11-24 01:00", State.OPEN),
        ("24/7", "2026-11-23 03:00", State.OPEN),
        # The ISO week of 23 November 2026 is 48: even weeks only.
        ("week 2-52/2 Mo 09:00-12:00", "2026-11-23 10:00", State.OPEN),
        ("week 1-53/2 Mo 09:00-12:00", "2026-11-23 10:00", State.CLOSED),
        ("Mo[4] 09:00-12:00", "2026-11-23 10:00", State.OPEN),
        ("Mo[1] 09:00-12:00", "2026-11-23 10:00", State.CLOSED),
        ("Mo-Fr 09:00-12:00; PH off", "2026-11-23 10:00", State.OPEN),
        ("Mo-Fr 09:00-12:00; SH off", "2026-11-23 10:00", State.OPEN),
        ("Mo-Fr unknown", "2026-11-23 10:00", State.UNKNOWN),
    ],
)
def test_state_at_a_moment(text, moment, expected):
    assert parse_horaires(text).at(at(moment)).state is expected


def test_state_is_that_of_paris_whatever_the_clock_says():
    """peers.md 1: "open now" computed in UTC is wrong by one hour in winter, two in summer."""
    hours = parse_horaires("Mo-Su 09:00-12:00")

    assert hours.at(datetime(2026, 11, 23, 8, 30, tzinfo=UTC)).state is State.OPEN
    assert hours.at(datetime(2026, 7, 20, 10, 30, tzinfo=UTC)).state is State.CLOSED


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_hours_survive_the_change_of_clock(day):
    hours = parse_horaires("Su 01:00-04:00,09:00-12:00")

    assert spans("Su 01:00-04:00,09:00-12:00", date.fromisoformat(day)) == [
        (time(1), time(4)),
        (time(9), time(12)),
    ]
    assert hours.at(at(f"{day} 09:30")).state is State.OPEN


def test_public_holiday_without_a_word_about_it_is_unknown():
    christmas = at("2026-12-25 10:00")

    assert parse_horaires("Mo-Fr 09:00-12:00").at(christmas).state is State.UNKNOWN
    assert parse_horaires("Mo-Fr 09:00-12:00; PH off").at(christmas).state is State.CLOSED
    assert parse_horaires("Mo-Fr 09:00-12:00; PH 09:00-12:00").at(christmas).state is State.OPEN
    assert parse_horaires('Mo-Fr 09:00-12:00 "fermé PH"').at(christmas).state is State.UNKNOWN


def test_holidays_of_2026_are_the_eleven_of_the_labour_code():
    """Code du travail, article L3133-1."""
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]

    expected = ["01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"]
    assert [f"{day:%m-%d}" for day in days if is_holiday(day)] == expected


def test_day_past_midnight_is_told_with_the_day_it_began():
    assert spans("Mo 22:00-02:00") == [(time(22), time(2))]
    assert spans("Mo 22:00-02:00", date(2026, 11, 24)) == []


def test_day_open_all_day_and_night_is_told_every_day():
    assert spans("24/7") == [(time(), time())]
    assert [len(day.spans) for day in parse_horaires("24/7").week(MONDAY)] == [1] * 7


def test_day_keeps_the_comment_of_its_span():
    day = parse_horaires('Mo-We 08:30-16:00 "sur rendez-vous"').day(MONDAY)

    assert day.spans == (Span(time(8, 30), time(16), "sur rendez-vous"),)


def test_hours_of_saturday_are_of_this_saturday():
    """peers.md 3: on a Saturday, the week-end is this one."""
    saturday = date(2026, 11, 28)

    assert [day.date for day in parse_horaires("Sa 09:00-12:00").week(saturday) if day.spans] == [saturday]


@pytest.mark.parametrize(
    ("text", "moment", "state", "sentence"),
    [
        ("Mo-Fr 09:00-12:00", "2026-11-23 10:00", "open", "Ouvert jusqu’à 12 h"),
        ("Mo-Fr 09:00-12:30", "2026-11-23 08:00", "closed", "Fermé, ouvre 9 h"),
        ("Mo-Fr 09:00-12:00", "2026-11-23 13:00", "closed", "Fermé, ouvre demain à 9 h"),
        ("Th 14:00-17:00", "2026-11-23 13:00", "closed", "Fermé, ouvre jeudi à 14 h"),
        ("Dec 31 14:00-17:00", "2026-11-23 13:00", "closed", "Fermé, ouvre le 31 décembre"),
        ("Mo 18:00-24:00", "2026-11-23 19:00", "open", "Ouvert jusqu’à minuit"),
        ("24/7", "2026-11-23 19:00", "open", "Ouvert"),
        ('Mo 08:30-16:00 "sur rendez-vous"', "2026-11-23 10:00", "open", "Ouvert jusqu’à 16 h (sur rendez-vous)"),
        ("Mo-Fr 09:00-12:00", "2026-12-25 10:00", "unknown", "Jour férié : horaires à vérifier"),
        ("", "2026-11-23 10:00", "unknown", "Horaires non renseignés"),
    ],
)
def test_opening_is_said_as_people_say_it(text, moment, state, sentence):
    opening = opening_at(parse_horaires(text), at(moment))

    assert (opening.state, opening.sentence.replace("\u00a0", " ")) == (state, sentence)


def test_week_begins_on_monday_and_marks_today():
    week = week_of(parse_horaires("Mo-Fr 09:00-12:30,13:30-17:00; Sa off"), at("2026-11-25 10:00"))

    assert [day.name for day in week] == ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    assert [day.today for day in week].index(True) == 2
    assert [[span.replace("\u00a0", " ") for span in day.spans] for day in week][4:] == [
        ["9 h – 12 h 30", "13 h 30 – 17 h"],
        ["fermé"],
        ["fermé"],
    ]


def test_clock_is_never_cut_by_a_line():
    assert clock(time(13, 5)) == "13\u00a0h\u00a005"
