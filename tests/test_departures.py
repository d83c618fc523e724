"""Departures equal those of a plain loop over the rows of the feed, whatever the feed, the day and the hour."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from places.models import Line, Stop, Territory, Timetable
from places.transport.departures import departures
from places.transport.importing import import_gtfs
from tests.factories import make_territory
from tests.gtfs import STOPS, WEEKDAYS, calls, feed, saved

pytestmark = pytest.mark.django_db
DAYS = list(WEEKDAYS)
# Around the night when clocks go back, and the one when they go forward.
PERIODS = [date(2026, 10, 22), date(2026, 3, 26), date(2026, 12, 29)]


def written(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def compact(day: date) -> str:
    return f"{day:%Y%m%d}"


@st.composite
def feeds(draw):
    """Draw the tables of a feed of a few days, with everything that moves a departure."""
    first = draw(st.sampled_from(PERIODS))
    zone = draw(st.sampled_from(["Europe/Paris", "Europe/Paris", "Europe/London", "America/Guadeloupe"]))
    days = [first + timedelta(n) for n in range(6)]
    services = ["s0", "s1"]
    calendar, exceptions = [], []
    for service in services:
        if service == "s1" or draw(st.booleans()):
            runs = {name: draw(st.sampled_from("1110")) for name in DAYS}
            start, end = sorted(draw(st.tuples(st.sampled_from(days), st.sampled_from(days))))
            calendar.append({"service_id": service, **runs, "start_date": compact(start), "end_date": compact(end)})
        for day in draw(st.lists(st.sampled_from(days), unique=True, max_size=3)):
            kind = draw(st.sampled_from("12"))
            exceptions.append({"service_id": service, "date": compact(day), "exception_type": kind})
    trips, times, intervals = [], [], []
    for number in range(draw(st.integers(1, 5))):
        trip = f"t{number}"
        known = {row["service_id"] for row in calendar + exceptions}
        trips.append(
            {
                "route_id": draw(st.sampled_from("MN")),
                "service_id": draw(st.sampled_from(sorted(known))),
                "trip_id": trip,
                "trip_headsign": draw(st.sampled_from(["", "Nord", "Sud"])),
            }
        )
        route = draw(st.lists(st.sampled_from("ABCL"), min_size=2, max_size=5))
        steps = draw(st.lists(st.integers(0, 3600), min_size=len(route), max_size=len(route)))
        clock, moments = draw(st.integers(0, 30 * 3600)), []
        for step in steps:
            clock += step
            moments.append(written(clock))
        rows = calls(trip, *zip(route, moments, strict=True))
        for row in rows:
            row["pickup_type"] = draw(st.sampled_from(["", "0", "1", "2"]))
        times += draw(st.permutations(rows))
        if draw(st.booleans()):
            begin = draw(st.integers(0, 26 * 3600))
            intervals.append(
                {
                    "trip_id": trip,
                    "start_time": written(begin),
                    "end_time": written(begin + draw(st.integers(1, 7200))),
                    "headway_secs": str(draw(st.integers(300, 5000))),
                    "exact_times": draw(st.sampled_from(["", "0", "1"])),
                }
            )
    return {
        "agency": [{"agency_name": "Réseau", "agency_timezone": zone}],
        "calendar": calendar,
        "calendar_dates": exceptions,
        "trips": trips,
        "stop_times": times,
        "frequencies": intervals,
    }


def seconds(text: str) -> int:
    hours, minutes, rest = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + rest


def runs_on(service: str, day: date, tables: dict) -> bool:
    for row in tables["calendar_dates"]:
        if (row["service_id"], row["date"]) == (service, compact(day)):
            return row["exception_type"] == "1"
    return any(
        row["service_id"] == service
        and row["start_date"] <= compact(day) <= row["end_date"]
        and row[DAYS[day.weekday()]] == "1"
        for row in tables["calendar"]
    )


def plain(tables: dict, stop: str, start: datetime, end: datetime) -> list[tuple]:
    """Every departure of every trip of every day, one by one, straight from the rows."""
    zone = ZoneInfo(tables["agency"][0]["agency_timezone"])
    names = {row["stop_id"]: row["stop_name"] for row in STOPS}
    found = set()
    day = start.date() - timedelta(5)
    while day <= end.date() + timedelta(2):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)
        for trip in tables["trips"]:
            if not runs_on(trip["service_id"], day, tables):
                continue
            mine = [row for row in tables["stop_times"] if row["trip_id"] == trip["trip_id"]]
            mine.sort(key=lambda row: int(row["stop_sequence"]))
            begin = seconds(mine[0]["departure_time"])
            shifts = [(0, 0)]
            intervals = [row for row in tables["frequencies"] if row["trip_id"] == trip["trip_id"]]
            if intervals:
                shifts = []
            for row in intervals:
                at = seconds(row["start_time"])
                while at < seconds(row["end_time"]):
                    every = 0 if row["exact_times"] == "1" else int(row["headway_secs"])
                    shifts.append((at - begin, every))
                    at += int(row["headway_secs"])
            direction = trip["trip_headsign"] or names[mine[-1]["stop_id"]]
            for row in mine[:-1]:
                if row["stop_id"] != stop or row["pickup_type"] == "1":
                    continue
                for shift, every in shifts:
                    leaves = noon + timedelta(hours=-12, seconds=seconds(row["departure_time"]) + shift)
                    if start <= leaves < end:
                        found.add((leaves, trip["route_id"], direction, row["pickup_type"] == "2", every))
        day += timedelta(1)
    return sorted(found)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables=feeds(), stop=st.sampled_from("ABC"), data=st.data())
def test_departures_are_those_of_a_plain_loop(tmp_path_factory, tables, stop, data):
    """All of them over the days of the feed, then those of windows whose edges are departures, or a second off."""
    make_territory_once()
    address = saved(tmp_path_factory.mktemp("feed"), feed(**tables))
    known = {row["date"] for row in tables["calendar_dates"]} | {row["start_date"] for row in tables["calendar"]}
    today = datetime.strptime(min(known), "%Y%m%d").date()  # noqa: DTZ007
    start = datetime(today.year, today.month, today.day, tzinfo=UTC) - timedelta(1)
    end = start + timedelta(9)
    expected = plain(tables, stop, start, end)

    report = import_gtfs(address, apply=True, today=today)

    if not report.applied:  # no trip ever stops here, or never runs
        assert [fault.reason for fault in report.faults] == ["aucun arrêt desservi n’est dans le territoire."]
        assert expected == []
        return
    names = dict(Line.objects.values_list("pk", "code"))
    here = Stop.objects.filter(nom={row["stop_id"]: row["stop_name"] for row in STOPS}[stop])
    keys = [known.pk for known in here]

    def found(start: datetime, end: datetime) -> list[tuple]:
        departing = departures(Timetable.objects.current(), keys, start, end)
        assert departing == sorted(departing)
        return sorted(
            (one.at.astimezone(UTC), names[one.line], one.direction, one.on_demand, one.every) for one in departing
        )

    assert found(start, end) == expected
    moments = st.sampled_from([row[0] for row in expected] or [start])
    edges = st.builds(lambda moment, off: moment + timedelta(seconds=off), moments, st.sampled_from([-1, 0, 1]))
    for _n in range(4):
        one, other = sorted((data.draw(edges), data.draw(edges)))
        assert found(one, other) == [row for row in expected if one <= row[0] < other]


def make_territory_once() -> None:
    if not Territory.objects.exists():
        make_territory("commune", "59512", south=50.67, west=3.14, north=50.71, east=3.21)


def test_departures_are_one_query_whatever_the_stops_and_the_trips(tmp_path):
    make_territory_once()
    today = date(2026, 11, 23)
    start = datetime(2026, 11, 23, 6, tzinfo=UTC)

    def queries(trips: int) -> tuple[int, int]:
        rows = [{"route_id": "M", "service_id": "semaine", "trip_id": f"t{n}"} for n in range(trips)]
        times = [
            c
            for n in range(trips)
            for c in calls(f"t{n}", ("A", "10:00:00"), ("B", written(36000 + n)), ("C", "20:00:00"))
        ]
        import_gtfs(saved(tmp_path, feed(trips=rows, stop_times=times)), apply=True, today=today)
        timetable, stops = Timetable.objects.current(), [stop.pk for stop in Stop.objects.all()]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = departures(timetable, stops, start, start + timedelta(hours=12))
        return len(asked), len(found)

    assert queries(1) == (1, 2)
    assert queries(40) == (1, 41)
