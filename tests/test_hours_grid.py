"""The grid of opening hours says in the OSM syntax what was filled in, and the other way round."""

from datetime import date, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from places.french_hours import read_french_hours
from places.hours_grid import Grid, Misfit, day_of, grid_of, in_french
from places.opening_hours import parse_horaires

A_WEEK_WITHOUT_HOLIDAY = date(2026, 9, 7)  # a Monday
quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def spans(draw):
    moments = sorted(draw(st.sets(quarters, min_size=0, max_size=4)))
    return tuple(zip(moments[::2], moments[1::2], strict=False))


grids = st.builds(Grid, st.tuples(*[spans()] * 7), st.booleans())


def week(*spans, **days):
    """Seven days: those named (lundi=…) and `spans` for Monday to Friday."""
    names = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
    return tuple(tuple(days.get(name, spans if n < 5 else ())) for n, name in enumerate(names))


def span(start, end):
    return time.fromisoformat(start), time.fromisoformat(end)


MORNING, AFTERNOON = span("09:00", "12:00"), span("14:00", "17:30")


@given(grids)
@settings(deadline=None)
def test_grid_reads_back_what_it_wrote(grid):
    assert grid_of(grid.text) == (grid if grid else None)


@given(grids.filter(bool))
@settings(deadline=None, max_examples=60)
def test_grid_means_what_the_hours_library_understands(grid):
    hours = parse_horaires(grid.text)

    shown = [tuple((s.start, s.end) for s in day.spans) for day in hours.week(A_WEEK_WITHOUT_HOLIDAY)]

    assert shown == list(grid.days)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mo-Fr 09:00-12:00,14:00-17:30", week(MORNING, AFTERNOON)),
        ("Mo-Fr 09:00-12:00, 14:00-17:30; Sa,Su off", week(MORNING, AFTERNOON)),
        ("Mo-Fr 09:00-12:00; We off", week(MORNING, mercredi=())),
        ("Mo-Su 09:00-12:00; Tu 14:00-17:30", week(MORNING, samedi=[MORNING], dimanche=[MORNING], mardi=[AFTERNOON])),
        ("Sa-Mo 9:00-12:00", week(lundi=[MORNING], samedi=[MORNING], dimanche=[MORNING])),
        ("09:00-12:00", (((MORNING),),) * 7),
        ("24/7", ((span("00:00", "00:00"),),) * 7),
        ("Fr 20:00-02:00", week(vendredi=[span("20:00", "02:00")])),
    ],
)
def test_grid_holds_the_hours_of_a_week(text, days):
    assert grid_of(text) == Grid(days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tous les matins",
        "Mo[1] 09:00-12:00",
        "week 1-53/2 Mo 09:00-12:00",
        "SH off",
        "Mo-Fr 09:00-12:00; SH off",
        'Mo-Fr 09:00-12:00 "sur rendez-vous"',
        "Mo 09:00-10:00,11:00-12:00,14:00-15:00",
        "Mo-Fr,PH 09:00-12:00",
        "PH off; 09:00-12:00",
        "Mo 09:00+",
        "Mo 25:00-26:00",
        "Mo 14:00-08:00",
        "Mo sunrise-sunset",
        "Mo 09:00-12:00, Tu 10:00-12:00",
        "Mo ٠٩:٠٠-١٢:٠٠",
    ],
)
def test_grid_is_none_for_what_it_cannot_hold(text):
    assert grid_of(text) is None


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([(time(9), None)], "il manque l’heure de fin."),
        ([(None, time(9))], "il manque l’heure de début."),
        ([(time(14), time(8))], "l’heure de fin vient avant l’heure de début."),
        ([(time(9), time(9))], "l’heure de début et l’heure de fin sont les mêmes."),
        ([(time(9), time(12)), (time(11), time(14))], "les deux horaires se chevauchent."),
        ([(time(20), time(2)), (time(21), time(22))], "les deux horaires se chevauchent."),
    ],
)
def test_day_says_what_does_not_fit(times, sentence):
    with pytest.raises(Misfit, match=sentence):
        day_of(times)


def test_day_puts_its_spans_in_order_and_leaves_blanks_out():
    assert day_of([(time(14), time(17, 30)), (time(9), time(12))]) == (MORNING, AFTERNOON)
    assert day_of([(None, None), (time(9), time(12))]) == (MORNING,)


@pytest.mark.parametrize(
    ("text", "french"),
    [
        ("Tu 09:00-12:00", "mardi 9h-12h"),
        ("Mo-Fr 09:00-12:00,14:00-17:30", "du lundi au vendredi 9h-12h et 14h-17h30"),
        ("Mo,Tu 09:00-12:00; Th 14:00-17:30", "lundi et mardi 9h-12h ; jeudi 14h-17h30"),
        ("Mo[1] 09:00-12:00", "Mo[1] 09:00-12:00"),
        ("", ""),
    ],
)
def test_hours_in_french_are_those_people_write(text, french):
    assert in_french(text) == french


@given(grids.filter(bool))
@settings(deadline=None, max_examples=60)
def test_hours_in_french_read_back_the_same_or_with_a_doubt(grid):
    reading = read_french_hours(in_french(grid.text))

    assert reading is not None
    if reading.certain:
        assert grid_of(reading.horaires).days == grid.days
