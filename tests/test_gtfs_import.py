"""A GTFS feed is checked line by line, kept within the territory, and put in force whole or not at all."""

import io
import zipfile
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from places.files import UnreadableFile
from places.models import DataVersion, Line, Stop, Timetable
from places.transport import gtfs
from places.transport.departures import departures
from places.transport.importing import import_gtfs
from places.transport.models import Call, Pattern, Run, ServiceDay
from tests.factories import make_place, make_territory
from tests.gtfs import EVERY_DAY, STOPS, WEEKDAYS, as_text, calls, feed, packed, saved, tables
from tests.portal import Portal

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def roubaix():
    make_territory("commune", "59512", south=50.67, west=3.14, north=50.71, east=3.21)


@pytest.fixture
def load(tmp_path):
    """Import a feed, given as bytes or as changed tables; faults are returned as `(file, line)`."""

    def load(content: bytes = b"", *, apply=True, **changed):
        return import_gtfs(saved(tmp_path, content or feed(**changed)), apply=apply, today=MONDAY)

    return load


def faults(report) -> list[tuple[str, int]]:
    return [(fault.file, fault.line) for fault in report.faults]


def leaving(stop: str, day: date = MONDAY, hours: int = 24) -> list[str]:
    """Return what leaves a stop in the hours after the midnight of a day, as `hour line direction`."""
    start = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    names = dict(Line.objects.values_list("pk", "nom"))
    found = departures(
        Timetable.objects.current(),
        [Stop.objects.get(nom=stop).pk],
        start,
        datetime.fromtimestamp(start.timestamp() + hours * 3600, PARIS),
    )
    return [f"{departure.at:%H:%M} {names[departure.line]} {departure.direction}" for departure in found]


# --- a sound feed


def test_sound_feed_gives_its_stops_lines_and_departures(load):
    report = load()

    assert (report.faults, report.applied) == ([], True)
    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]
    assert leaving("Eurotéléport") == ["23:50 36 Grand-Place"]
    assert list(Line.objects.values_list("nom", "mode", "colour")) == [("M2", "metro", "#e30613"), ("36", "bus", "")]
    assert list(Stop.objects.values_list("slug", flat=True)) == [
        "eurotéléport".replace("é", "e"),
        "gare",
        "grand-place",
    ]
    timetable = Timetable.objects.current()
    assert (timetable.starts_on, timetable.ends_on) == (date(2026, 11, 1), date(2026, 12, 31))
    assert timetable.networks == ["Réseau"]


def test_feed_is_only_read_unless_it_is_applied(load):
    report = load(apply=False)

    assert (report.lines, report.stops, report.stop_times, report.applied) == (2, 3, 5, False)
    assert not Timetable.objects.exists()
    assert "Rien n’a été écrit : ajouter --apply pour appliquer." in list(report.sentences())


def test_new_feed_replaces_the_one_in_force_whole(load):
    load()
    version = DataVersion.objects.current()

    load(
        stop_times=[
            *calls("m1", ("A", "09:00:00"), ("B", "09:02:00")),
            *calls("n1", ("C", "10:00:00"), ("B", "10:10:00")),
        ]
    )

    assert leaving("Gare") == ["09:00 M2 C. H. Dron"]
    assert (Timetable.objects.count(), Pattern.objects.count(), Run.objects.count(), Call.objects.count()) == (
        1,
        2,
        2,
        4,
    )
    assert DataVersion.objects.current() > version


def test_broken_feed_is_refused_and_the_timetable_in_force_kept(load):
    load()
    version = DataVersion.objects.current()

    report = load(stop_times=[*calls("m1", ("A", "09:00:00"), ("Z", "09:02:00"))])

    assert [str(fault) for fault in report.faults] == ["stop_times.txt, ligne 3 : l’arrêt « Z » n’existe pas."]
    assert report.applied is False
    assert list(report.sentences())[-1] == "Fichier refusé : 1 faute. Les horaires d’avant restent en vigueur."
    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]
    assert DataVersion.objects.current() == version


def test_interrupted_import_leaves_the_timetable_in_force(load, monkeypatch):
    load()

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("places.transport.importing.put_in_force", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(stop_times=[*calls("m1", ("A", "09:00:00"), ("B", "09:02:00"))])

    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]
    assert Timetable.objects.count() == 1


def test_trips_alike_share_one_pattern_and_their_starts(load):
    trips = [{"route_id": "M", "service_id": "semaine", "trip_id": f"m{n}", "trip_headsign": "Nord"} for n in range(20)]
    times = [call for n in range(20) for call in calls(f"m{n}", ("A", f"{n + 4:02}:00:00"), ("B", f"{n + 4:02}:02:00"))]

    load(trips=trips, stop_times=times)

    assert (Pattern.objects.count(), Call.objects.count()) == (1, 2)
    assert Run.objects.get().starts == [hour * 3600 for hour in range(4, 24)]


# --- the territory


def test_only_the_territory_is_kept_with_its_margin(load):
    report = load(
        trips=[
            {"route_id": "M", "service_id": "semaine", "trip_id": "m1", "trip_headsign": ""},
            {"route_id": "N", "service_id": "semaine", "trip_id": "n1", "trip_headsign": ""},
        ],
        stop_times=[
            *calls("m1", ("L", "08:00:00"), ("A", "08:20:00"), ("L", "08:50:00")),
            *calls("n1", ("L", "08:00:00"), ("L", "09:00:00")),
        ],
    )

    assert (report.trips, report.kept_trips, report.stops, report.lines) == (2, 1, 1, 1)
    assert leaving("Gare") == ["08:20 M2 Lille"]


def test_territory_is_also_that_of_the_places(load):
    make_place(latitude=50.6370, longitude=3.0700)

    load(stop_times=[*calls("m1", ("L", "08:00:00"), ("A", "08:20:00"))])

    assert leaving("Lille") == ["08:00 M2 C. H. Dron"]


def test_feed_of_another_city_is_refused(load):
    report = load(stop_times=[*calls("m1", ("L", "08:00:00"), ("L", "08:20:00"))])

    assert [str(fault) for fault in report.faults] == [
        "stop_times.txt : aucun arrêt desservi n’est dans le territoire."
    ]


# --- times


def test_times_beyond_midnight_leave_on_the_next_day(load):
    load(stop_times=[*calls("m1", ("A", "24:30:00"), ("B", "25:10:00"), ("C", "26:00:00"))])

    assert leaving("Gare", date(2026, 11, 24)) == ["00:30 M2 C. H. Dron"]
    assert leaving("Grand-Place", date(2026, 11, 24)) == ["01:10 M2 C. H. Dron"]
    # Friday's last trip leaves on Saturday, and there is none on Monday morning.
    assert leaving("Gare", date(2026, 11, 28)) == ["00:30 M2 C. H. Dron"]
    assert leaving("Gare", date(2026, 11, 23)) == []


def test_times_beyond_two_days_are_found_two_days_later(load):
    load(
        trips=[{"route_id": "M", "service_id": "un", "trip_id": "m1", "trip_headsign": "Loin"}],
        calendar=[],
        calendar_dates=[{"service_id": "un", "date": "20261123", "exception_type": "1"}],
        stop_times=[*calls("m1", ("A", "50:00:00"), ("B", "51:00:00"))],
    )

    assert leaving("Gare", date(2026, 11, 25)) == ["02:00 M2 Loin"]


@pytest.mark.parametrize(
    ("day", "leaves"),
    [
        (date(2026, 10, 24), ["02:30", "12:00"]),
        (
            date(2026, 10, 25),
            ["02:30", "12:00"],
        ),  # from three back to two: 2:30 after noon minus 12 h is the second one
        (
            date(2026, 3, 29),
            ["01:30", "12:00"],
        ),  # from two to three: 2:30 does not exist, 1:30 is an hour and a half before
    ],
)
def test_clock_changes_are_counted_from_noon(load, day, leaves):
    load(
        calendar=[{"service_id": "semaine", **EVERY_DAY, "start_date": "20260301", "end_date": "20261130"}],
        trips=[
            {"route_id": "M", "service_id": "semaine", "trip_id": "m1", "trip_headsign": "x"},
            {"route_id": "M", "service_id": "semaine", "trip_id": "m2", "trip_headsign": "x"},
        ],
        stop_times=[
            *calls("m1", ("A", "02:30:00"), ("B", "02:40:00")),
            *calls("m2", ("A", "12:00:00"), ("B", "12:40:00")),
        ],
    )

    assert [line.split()[0] for line in leaving("Gare", day, hours=23)] == leaves


def test_trip_on_the_night_the_clock_goes_back_lasts_an_hour_more_on_the_wall(load):
    load(
        calendar=[{"service_id": "semaine", **EVERY_DAY, "start_date": "20261024", "end_date": "20261024"}],
        trips=[{"route_id": "M", "service_id": "semaine", "trip_id": "m1", "trip_headsign": "x"}],
        stop_times=[*calls("m1", ("A", "25:30:00"), ("B", "26:30:00"), ("C", "27:30:00"))],
    )
    start = datetime(2026, 10, 24, 12, tzinfo=PARIS)
    end = datetime(2026, 10, 25, 12, tzinfo=PARIS)

    stops = [Stop.objects.get(nom=name).pk for name in ("Gare", "Grand-Place")]
    found = departures(Timetable.objects.current(), stops, start, end)

    assert [f"{departure.at:%H:%M%z}" for departure in found] == ["01:30+0200", "02:30+0200"]


def test_blank_times_are_filled_between_the_times_around(load):
    times = calls("m1", ("A", "08:00:00"), ("B", ""), ("C", "08:10:00"))

    load(stop_times=times)

    assert leaving("Grand-Place") == ["08:05 M2 C. H. Dron"]


def test_one_time_of_a_stop_stands_for_the_other(load):
    times = calls("m1", ("A", "08:00:00"), ("B", "08:02:00"), ("C", "08:04:00"))
    times[0]["arrival_time"] = ""
    times[1]["departure_time"] = ""

    load(stop_times=times)

    assert leaving("Gare") + leaving("Grand-Place") == ["08:00 M2 C. H. Dron", "08:02 M2 C. H. Dron"]


def test_hour_of_one_digit_and_spaces_around_are_read(load):
    load(stop_times=[*calls(" m1", ("A ", " 8:00:00"), (" B", "8:02:00 "))])

    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]


def test_stop_times_in_any_order_are_put_in_sequence(load):
    times = tables()["stop_times"]

    load(stop_times=[times[4], times[2], times[0], times[3], times[1]])

    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]
    assert leaving("Eurotéléport") == ["23:50 36 Grand-Place"]


# --- days


def test_exceptions_add_and_remove_days(load):
    load(
        calendar_dates=[
            {"service_id": "semaine", "date": "20261124", "exception_type": "2"},  # a Tuesday like a Sunday
            {"service_id": "semaine", "date": "20261129", "exception_type": "1"},  # a Sunday like a weekday
        ]
    )

    days = [day for day in range(23, 31) if leaving("Gare", date(2026, 11, day))]
    assert days == [23, 25, 26, 27, 29, 30]


def test_exceptions_alone_make_a_calendar(load):
    load(
        calendar=[],
        calendar_dates=[
            {"service_id": "semaine", "date": "20261125", "exception_type": "1"},
            {"service_id": "toujours", "date": "20261128", "exception_type": "1"},
        ],
    )

    assert [str(day) for day in ServiceDay.objects.order_by("day").values_list("day", flat=True)] == [
        "2026-11-25",
        "2026-11-28",
    ]
    assert leaving("Gare", date(2026, 11, 25)) == ["08:00 M2 C. H. Dron"]


def test_calendar_is_kept_for_the_days_people_plan(load):
    report = load(
        calendar=[
            {"service_id": "semaine", **WEEKDAYS, "start_date": "20100101", "end_date": "20991231"},
            {"service_id": "toujours", **EVERY_DAY, "start_date": "20261101", "end_date": "20261231"},
        ]
    )

    assert (report.starts_on, report.ends_on) == (date(2025, 10, 20), date(2027, 12, 28))
    assert ServiceDay.objects.count() < 800
    assert report.remarks


def test_old_feed_says_it_is_over_and_keeps_its_days(load):
    report = load(
        calendar=[
            {"service_id": "semaine", **WEEKDAYS, "start_date": "20230101", "end_date": "20230331"},
            {"service_id": "toujours", **EVERY_DAY, "start_date": "20230101", "end_date": "20230331"},
        ]
    )

    assert "Attention : ces horaires sont périmés." in list(report.sentences())
    assert leaving("Gare", date(2023, 3, 30)) == ["08:00 M2 C. H. Dron"]


def test_end_stated_by_the_feed_comes_before_that_of_its_calendars(load):
    report = load(feed_info=[{"feed_publisher_name": "x", "feed_end_date": "20261130", "feed_version": "7"}])

    assert report.ends_on == date(2026, 11, 30)
    assert Timetable.objects.current().version == "7"


# --- intervals


@pytest.mark.parametrize(("exact", "every"), [("0", [600] * 3), ("1", [0] * 3), ("", [600] * 3)])
def test_interval_gives_its_departures_up_to_its_end(load, exact, every):
    load(
        frequencies=[
            {
                "trip_id": "m1",
                "start_time": "10:00:00",
                "end_time": "10:30:00",
                "headway_secs": "600",
                "exact_times": exact,
            }
        ]
    )

    start = datetime(2026, 11, 23, tzinfo=PARIS)
    stop = Stop.objects.get(nom="Grand-Place").pk
    found = departures(Timetable.objects.current(), [stop], start, start.replace(hour=20))
    assert [f"{departure.at:%H:%M}" for departure in found] == ["10:02", "10:12", "10:22"]
    assert [departure.every for departure in found] == every


def test_intervals_beyond_midnight_and_those_that_follow_each_other(load):
    load(
        frequencies=[
            {"trip_id": "m1", "start_time": "23:30:00", "end_time": "24:00:00", "headway_secs": "900"},
            {"trip_id": "m1", "start_time": "24:00:00", "end_time": "24:31:00", "headway_secs": "1800"},
        ]
    )

    assert [line.split()[0] for line in leaving("Gare", hours=26)] == ["23:30", "23:45", "00:00", "00:30"]


def test_intervals_that_overlap_are_a_fault(load):
    row = {"trip_id": "m1", "start_time": "10:00:00", "end_time": "11:00:00", "headway_secs": "600", "exact_times": "1"}

    report = load(frequencies=[row, row | {"start_time": "10:59:00", "end_time": "12:00:00"}])

    assert faults(report) == [("frequencies.txt", 3)]


def test_exact_interval_of_a_second_for_days_is_refused(load):
    row = {"trip_id": "m1", "end_time": "168:00:00", "headway_secs": "1", "exact_times": "1"}
    trips = [*tables()["trips"], *({"route_id": "M", "service_id": "semaine", "trip_id": f"t{n}"} for n in range(4))]

    report = load(trips=trips, frequencies=[row | {"trip_id": f"t{n}", "start_time": "00:00:00"} for n in range(4)])

    assert faults(report) == [("frequencies.txt", 5)]


# --- stops


def test_platforms_are_their_station(load):
    stops = [
        {"stop_id": "Q1", "stop_name": "Quai 1", "stop_lat": "50.6950", "stop_lon": "3.1640", "parent_station": "S"},
        {"stop_id": "Q2", "stop_name": "Quai 2", "stop_lat": "50.6951", "stop_lon": "3.1641", "parent_station": "S"},
        {"stop_id": "S", "stop_name": "Gare centrale", "stop_lat": "50.695", "stop_lon": "3.164", "location_type": "1"},
        {"stop_id": "E", "stop_name": "", "stop_lat": "", "stop_lon": "", "location_type": "3", "parent_station": "S"},
        {"stop_id": "D", "stop_name": "Bout", "stop_lat": "50.69", "stop_lon": "3.164", "location_type": "0"},
    ]

    load(
        stops=stops,
        stop_times=[
            *calls("m1", ("Q1", "08:00:00"), ("D", "08:02:00")),
            *calls("n1", ("Q2", "09:00:00"), ("D", "09:10:00")),
        ],
    )

    station = Stop.objects.get(nom="Gare centrale")
    assert station.codes == ["Q1", "Q2", "S"]
    assert leaving("Gare centrale") == ["08:00 M2 C. H. Dron", "09:00 36 Bout"]
    assert [line.nom for line in station.lines.all()] == ["M2", "36"]


def test_both_sides_of_a_street_are_one_stop_and_a_namesake_far_away_another(load):
    stops = [
        {"stop_id": "1", "stop_name": "MAIRIE", "stop_lat": "50.6900", "stop_lon": "3.1700"},
        {"stop_id": "2", "stop_name": "Mairie", "stop_lat": "50.6902", "stop_lon": "3.1700"},
        {"stop_id": "3", "stop_name": "Mairie", "stop_lat": "50.7050", "stop_lon": "3.1700"},
    ]

    load(stops=stops, stop_times=[*calls("m1", ("1", "08:00:00"), ("3", "08:02:00"), ("2", "08:05:00"))])

    assert list(Stop.objects.values_list("slug", "codes", "latitude")) == [
        ("mairie", ["1", "2"], 50.6901),
        ("mairie-2", ["3"], 50.705),
    ]


def test_terminus_and_stops_where_nobody_gets_on_are_no_departures(load):
    times = calls("m1", ("A", "08:00:00"), ("B", "08:02:00"), ("C", "08:04:00"))
    times[1]["pickup_type"] = "1"
    times[0]["pickup_type"] = "2"

    load(stop_times=times)

    assert leaving("Grand-Place") + leaving("Eurotéléport") == []
    start = datetime(2026, 11, 23, tzinfo=PARIS)
    (first,) = departures(Timetable.objects.current(), [Stop.objects.get(nom="Gare").pk], start, start.replace(hour=20))
    assert first.on_demand


def test_direction_written_at_a_stop_comes_before_that_of_the_trip(load):
    times = calls("m1", ("A", "08:00:00"), ("B", "08:02:00"), ("C", "08:04:00"))
    times[1]["stop_headsign"] = "Centre par le parc"

    load(stop_times=times)

    assert leaving("Gare") + leaving("Grand-Place") == ["08:00 M2 C. H. Dron", "08:02 M2 Centre par le parc"]


def test_changes_between_stops_are_kept_with_their_time(load):
    load(
        transfers=[
            {"from_stop_id": "A", "to_stop_id": "B", "transfer_type": "2", "min_transfer_time": "240"},
            {"from_stop_id": "A", "to_stop_id": "C", "transfer_type": "", "min_transfer_time": ""},
            {"from_stop_id": "B", "to_stop_id": "C", "transfer_type": "3"},
            {"from_stop_id": "A", "to_stop_id": "A", "transfer_type": "0"},
            {"from_stop_id": "A", "to_stop_id": "L", "transfer_type": "0"},
        ]
    )

    stops = {stop.nom: stop for stop in Stop.objects.all()}
    assert stops["Gare"].changes == [[stops["Grand-Place"].pk, 240], [stops["Eurotéléport"].pk, None]]
    assert stops["Grand-Place"].changes == []


# --- the files themselves


def test_marked_utf8_crlf_quotes_and_unknown_columns_are_read(load):
    written = {f"{name}.txt": as_text(table, end="\r\n") for name, table in tables().items()}
    written["stops.txt"] = (
        "\ufeffstop_lon,stop_id,inconnue,stop_lat,stop_name\r\n"
        '3.1640,A,"x, y",50.6950,"Gare, « sud » ""bis"""\r\n'
        "3.1740,B,,50.6916,Grand-Place\r\n"
        "\r\n"
        '3.1798,C,"sur\r\ndeux lignes",50.6913,Eurotéléport,\r\n'
    )
    written["inconnu.txt"] = "n’importe quoi"

    report = load(packed(written))

    assert report.faults == []
    assert leaving('Gare, « sud » "bis"') == ["08:00 M2 C. H. Dron"]


def test_lines_are_those_of_the_file_also_after_a_cell_of_two_lines(load):
    written = {f"{name}.txt": as_text(table) for name, table in tables().items()}
    written["stops.txt"] = 'stop_id,stop_name,stop_lat,stop_lon\nA,"Ga\nre",50.69,3.16\nB,Place,nord,3.17\n'

    report = load(packed(written))

    assert ("stops.txt", 4) in faults(report)


def test_feed_in_a_folder_is_read(load):
    written = {f"{name}.txt": as_text(table) for name, table in tables().items()}

    load(packed(written, folder="export/"))

    assert leaving("Gare") == ["08:00 M2 C. H. Dron"]


@pytest.mark.parametrize("name", ["agency", "stops", "routes", "trips", "stop_times", "calendar"])
def test_missing_file_is_a_fault(load, name):
    report = load(**{name: []})

    assert faults(report) == [(f"{name}.txt", 0)]


@pytest.mark.parametrize("name", ["agency", "stops", "routes", "trips", "stop_times"])
def test_file_without_rows_is_a_fault(load, name):
    written = {f"{table}.txt": as_text(rows) for table, rows in tables().items()}
    written[f"{name}.txt"] = written[f"{name}.txt"].splitlines()[0] + "\n"

    report = load(packed(written))

    assert report.is_refused
    assert not Timetable.objects.exists()


WRONG = [
    ("stops", 0, {"stop_lat": "abc"}, ("stops.txt", 2)),
    ("stops", 1, {"stop_lat": "91"}, ("stops.txt", 3)),
    ("stops", 1, {"stop_lat": "nan"}, ("stops.txt", 3)),
    ("stops", 1, {"stop_lat": "0", "stop_lon": "0"}, ("stops.txt", 3)),
    ("stops", 1, {"stop_id": "A"}, ("stops.txt", 3)),
    ("stops", 1, {"stop_id": ""}, ("stops.txt", 3)),
    ("stops", 1, {"stop_name": ""}, ("stops.txt", 3)),
    ("stops", 1, {"parent_station": "nulle part"}, ("stops.txt", 3)),
    ("stops", 1, {"location_type": "9"}, ("stops.txt", 3)),
    ("routes", 0, {"route_id": "N"}, ("routes.txt", 3)),
    ("routes", 0, {"route_type": "métro"}, ("routes.txt", 2)),
    ("routes", 0, {"route_short_name": ""}, ("routes.txt", 2)),
    ("routes", 0, {"route_color": "rouge"}, ("routes.txt", 2)),
    ("routes", 0, {"agency_id": "9"}, ("routes.txt", 2)),
    ("trips", 0, {"route_id": "Z"}, ("trips.txt", 2)),
    ("trips", 0, {"service_id": "Z"}, ("trips.txt", 2)),
    ("trips", 1, {"trip_id": "m1"}, ("trips.txt", 3)),
    ("stop_times", 0, {"trip_id": "Z"}, ("stop_times.txt", 2)),
    ("stop_times", 1, {"stop_id": "Z"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"stop_id": ""}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"arrival_time": "8h02", "departure_time": "8h02"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"arrival_time": "08:60:00"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"arrival_time": "999:00:00", "departure_time": ""}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"arrival_time": "08:03:00"}, ("stop_times.txt", 3)),  # leaves before it arrives
    ("stop_times", 2, {"arrival_time": "07:00:00", "departure_time": "07:00:00"}, ("stop_times.txt", 4)),
    ("stop_times", 0, {"arrival_time": "", "departure_time": ""}, ("stop_times.txt", 2)),
    ("stop_times", 2, {"arrival_time": "", "departure_time": ""}, ("stop_times.txt", 4)),
    ("stop_times", 1, {"stop_sequence": "1"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"stop_sequence": "-1"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"stop_sequence": "1e3"}, ("stop_times.txt", 3)),
    ("stop_times", 1, {"pickup_type": "4"}, ("stop_times.txt", 3)),
    ("calendar", 0, {"monday": "2"}, ("calendar.txt", 2)),
    ("calendar", 0, {"start_date": "2026-11-01"}, ("calendar.txt", 2)),
    ("calendar", 0, {"start_date": "20261301"}, ("calendar.txt", 2)),
    ("calendar", 0, {"start_date": "20270101"}, ("calendar.txt", 2)),
    ("calendar", 1, {"service_id": "semaine"}, ("calendar.txt", 3)),
    ("agency", 0, {"agency_timezone": "Europe/Roubaix"}, ("agency.txt", 2)),
]


@pytest.mark.parametrize(("name", "row", "change", "place"), WRONG)
def test_fault_is_told_with_its_file_and_line(load, name, row, change, place):
    table = [dict(line) for line in tables()[name]]
    table[row] |= change

    report = load(**{name: table})

    assert place in faults(report)
    assert all(fault.reason for fault in report.faults)
    assert not Timetable.objects.exists()


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("calendar_dates", {"service_id": "semaine", "date": "20261124", "exception_type": "3"}),
        ("calendar_dates", {"service_id": "semaine", "date": "hier", "exception_type": "1"}),
        ("frequencies", {"trip_id": "Z", "start_time": "1:00:00", "end_time": "2:00:00", "headway_secs": "60"}),
        ("frequencies", {"trip_id": "m1", "start_time": "2:00:00", "end_time": "1:00:00", "headway_secs": "60"}),
        ("frequencies", {"trip_id": "m1", "start_time": "1:00:00", "end_time": "2:00:00", "headway_secs": "0"}),
        ("transfers", {"from_stop_id": "A", "to_stop_id": "Z", "transfer_type": "0"}),
        ("transfers", {"from_stop_id": "A", "to_stop_id": "B", "transfer_type": "9"}),
        ("shapes", {"shape_id": "1", "shape_pt_lat": "x", "shape_pt_lon": "1", "shape_pt_sequence": "1"}),
        ("feed_info", {"feed_publisher_name": "x", "feed_end_date": "demain"}),
    ],
)
def test_fault_in_an_optional_file_refuses_the_feed(load, name, row):
    report = load(**{name: [row]})

    assert faults(report) == [(f"{name}.txt", 2)]


def test_day_excepted_twice_is_a_fault(load):
    row = {"service_id": "semaine", "date": "20261124", "exception_type": "1"}

    assert faults(load(calendar_dates=[row, row | {"exception_type": "2"}])) == [("calendar_dates.txt", 3)]


def test_every_fault_is_told_at_once_and_the_first_ones_in_full(load):
    times = [*calls("m1", ("A", "08:00:00"), ("B", "08:02:00")), *(calls("Z", ("A", "08:00:00")) * 300)]

    report = load(stop_times=times)

    assert (report.fault_count, len(report.faults)) == (300, 200)
    assert "… et 250 autres fautes." in list(report.sentences())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("stop_id,stop_name,stop_lat,stop_lon\nA,Gare,50.69\n", 2),
        ("stop_id,stop_name,stop_lat,stop_lon\nA,Gare,50.69,3.1,4,5\n", 2),
        ('stop_id,stop_name,stop_lat,stop_lon\nA,"Ga"re,50.69,3.16\n', 2),
        ('stop_id,stop_name,stop_lat,stop_lon\nA,"Gare,50.69,3.16\n', 2),
        ("nom,lat\nGare,50.69\n", 1),
        ("stop_id,stop_id,stop_name\nA,A,Gare\n", 1),
        ("", 0),
        ("stop_id,stop_name\n" + "x" * 200_000, 2),
        ("stop_id,stop_name,stop_lat,stop_lon\nA,Gar\xe9,50.69,3.16\n".encode("latin-1"), 2),
        ("stop_id,stop_name,stop_lat,stop_lon\nA,Ga\0re,50.69,3.16\n", 2),
    ],
    ids=["short", "long", "quote", "open", "columns", "twice", "blank", "endless", "latin", "nul"],
)
def test_file_that_is_no_table_is_told(load, content, line):
    written = {f"{name}.txt": as_text(table) for name, table in tables().items()}

    report = load(packed(written | {"stops.txt": content}))

    assert ("stops.txt", line) in faults(report)


# --- several networks


def two_networks(zone: str) -> dict:
    return {
        "agency": [
            {"agency_id": "1", "agency_name": "Réseau", "agency_timezone": "Europe/Paris"},
            {"agency_id": "2", "agency_name": "Voisin", "agency_timezone": zone},
        ],
        "routes": [
            {"route_id": "M", "agency_id": "1", "route_short_name": "M2", "route_type": "1"},
            {"route_id": "N", "agency_id": "2", "route_short_name": "MWR", "route_type": "3"},
        ],
    }


def test_networks_of_the_same_hour_live_together(load):
    load(**two_networks("Europe/Brussels"))

    assert Timetable.objects.current().networks == ["Réseau", "Voisin"]
    assert list(Line.objects.values_list("nom", "network")) == [("M2", "Réseau"), ("MWR", "Voisin")]


def test_networks_of_two_hours_are_a_fault(load):
    assert faults(load(**two_networks("Europe/London"))) == [("agency.txt", 3)]


def test_line_without_network_is_a_fault_when_there_are_two(load):
    changed = two_networks("Europe/Paris")
    del changed["routes"][0]["agency_id"]

    assert faults(load(**changed)) == [("routes.txt", 2)]


def test_hours_are_those_of_the_networks_zone(load):
    load(agency=[{"agency_name": "Réseau", "agency_timezone": "Europe/London"}])

    start = datetime(2026, 11, 23, tzinfo=PARIS)
    (first,) = departures(Timetable.objects.current(), [Stop.objects.get(nom="Gare").pk], start, start.replace(hour=20))
    assert first.at == datetime(2026, 11, 23, 9, tzinfo=PARIS)


# --- drawings


def test_line_is_drawn_along_its_shape_within_the_territory(load):
    trips = tables()["trips"]
    shape = [(50.637, 3.07), (50.695, 3.164), (50.694, 3.17), (50.6913, 3.1798)]

    load(
        trips=[trips[0] | {"shape_id": "1"}, trips[1]],
        shapes=[
            {"shape_id": "1", "shape_pt_lat": str(lat), "shape_pt_lon": str(lon), "shape_pt_sequence": str(rank)}
            for rank, (lat, lon) in reversed(list(enumerate(shape)))
        ],
    )

    (way,) = Line.objects.get(nom="M2").geometry["coordinates"]
    assert way[1:] == [[3.164, 50.695], [3.17, 50.694], [3.1798, 50.6913]]
    assert way[0][0] > 3.1
    assert Line.objects.get(nom="36").geometry["coordinates"] == [[[3.1798, 50.6913], [3.174, 50.6916]]]


def test_shape_that_is_missing_is_remarked_and_replaced(load):
    trips = tables()["trips"]

    report = load(trips=[trips[0] | {"shape_id": "absent"}, trips[1]])

    assert report.applied
    assert report.remarks == ["1 tracés manquent : ces lignes sont dessinées d’arrêt en arrêt."]
    assert Line.objects.get(nom="M2").geometry["coordinates"][0][0] == [3.164, 50.695]


# --- hostile files


@pytest.mark.parametrize(
    "name", ["../stops.txt", "/etc/stops.txt", "a/../../stops.txt", "..\\stops.txt", "C:stops.txt"]
)
def test_zip_that_points_outside_is_refused(load, name):
    written = {f"{table}.txt": as_text(rows) for table, rows in tables().items()}

    with pytest.raises(UnreadableFile, match="chemin interdit"):
        load(packed(written | {name: "x"}))


def test_zip_bomb_is_refused(load, monkeypatch):
    monkeypatch.setattr(gtfs, "MOST_UNPACKED", 1_000_000)
    written = {f"{table}.txt": as_text(rows) for table, rows in tables().items()}

    with pytest.raises(UnreadableFile, match="trop gros"):
        load(packed(written | {"shapes.txt": "0" * 2_000_000}))


def test_zip_that_lies_about_its_size_is_told(load):
    content = bytearray(packed({f"{table}.txt": as_text(rows) for table, rows in tables().items()}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo("stop_times.txt")
    directory = content.rindex(b"stop_times.txt") - 46
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")  # the size said in the directory
    assert member.file_size > 10

    report = load(bytes(content))

    assert ("stop_times.txt", 0) in faults(report) or ("stop_times.txt", 1) in faults(report)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"x" * 1000], ids=["empty", "cut", "page", "other"])
def test_what_is_no_zip_is_refused(tmp_path, content):
    with pytest.raises(UnreadableFile, match="Ce n’est pas un fichier zip"):
        import_gtfs(saved(tmp_path, content), apply=True, today=MONDAY)


def test_zip_without_feed_or_with_two_is_refused(load):
    with pytest.raises(UnreadableFile, match="ne contient pas de fichiers GTFS"):
        load(packed({"lisez-moi.md": "x"}))
    with pytest.raises(UnreadableFile, match="ne contient pas de fichiers GTFS"):
        load(packed({"a/stops.txt": "x", "b/stops.txt": "x"}))


def test_damaged_file_of_a_zip_is_told(load):
    content = bytearray(feed())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.getinfo("stop_times.txt")
    start = member.header_offset + 30 + len(member.filename)
    content[start + 5 : start + 40] = b"\xff" * 35

    report = load(bytes(content))

    assert ("stop_times.txt", 0) in faults(report)
    assert not Timetable.objects.exists()


# --- the command


def test_command_reads_a_web_address_and_applies_it(settings, capsys):
    settings.IMPORT_PRIVATE_ADDRESSES = True
    portal = Portal()
    portal.body = feed()

    call_command("import_gtfs", portal.address, "--apply", "--licence", "ODbL")

    portal.server.shutdown()
    portal.server.server_close()
    assert "2 lignes, 3 arrêts, 2 façons de les parcourir." in capsys.readouterr().out
    assert (Timetable.objects.current().source, Timetable.objects.current().licence) == (portal.address, "ODbL")


def test_command_refuses_a_private_address():
    with pytest.raises(CommandError, match="seules les adresses https"):
        call_command("import_gtfs", "http://127.0.0.1:9/gtfs.zip", "--apply")


def test_command_fails_on_a_refused_feed_and_says_why(tmp_path, capsys):
    with pytest.raises(CommandError, match="Rien n’a été écrit"):
        call_command("import_gtfs", saved(tmp_path, feed(stops=STOPS[:1])), "--apply")

    assert "stop_times.txt, ligne 3 : l’arrêt « B » n’existe pas." in capsys.readouterr().out


def test_command_fails_on_a_file_that_is_not_there():
    with pytest.raises(CommandError, match="ne peut pas être lu"):
        call_command("import_gtfs", "/nulle/part.zip")
