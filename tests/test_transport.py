"""What people read of public transport: on the card of a place, on the page of a stop, in the layers."""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from places.geo import Point
from places.models import Line, Place, Stop, Timetable
from places.transport.importing import import_gtfs
from places.transport.itinerary import Itinerary, planner_address
from places.transport.nearby import Nearby
from places.transport.reach import reached_by_line, reached_on_foot
from places.transport.views import MOMENT
from tests.factories import make_place, make_territory
from tests.gtfs import calls, feed, saved, tables

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 11, 23)
GARE = Point(50.6950, 3.1640)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def text(response) -> str:
    page = response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def load(tmp_path):
    def load(**changed):
        make_territory("commune", "59512", south=50.67, west=3.14, north=50.71, east=3.21)
        report = import_gtfs(saved(tmp_path, feed(**changed)), apply=True, today=MONDAY)
        assert report.applied, report.faults

    return load


@pytest.fixture
def place():
    return make_place(nom="Médiathèque", latitude=GARE.latitude + 0.001, longitude=GARE.longitude)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def plain(words: str) -> str:
    return words.replace("\u00a0", " ").replace("\u202f", " ")


def near(point: Point, moment: datetime, **asked) -> list[tuple]:
    return [
        (
            one.stop.nom,
            one.minutes,
            [(p.line.nom, p.direction, [plain(time) for time in p.times], p.note) for p in one.passages],
        )
        for one in Nearby(point, moment, **asked).stops
    ]


# --- the card


def test_card_tells_the_nearest_stops_and_the_next_departures(load, client, place):
    load()

    page = text(client.get(f"{place.get_absolute_url()}?depart_jour=2026-11-23&depart_heure=07:30"))

    assert "Prochains passages : lundi 23 novembre à 7 h 30" in page
    assert "Descendre à Gare , puis 2 min à pied" in page
    assert re.search(r"Gare 2 min à pied métro M2 vers C\. H\. Dron 8 h", page)


def test_departures_follow_the_day_and_the_hour_asked_for(load):
    load()

    assert near(GARE, at(7, 59))[0] == ("Gare", 1, [("M2", "C. H. Dron", ["8 h"], "")])
    # After the last one of Friday, the next is on Monday: too far to be told.
    assert near(GARE, at(9, day=date(2026, 11, 27)))[0] == ("Gare", 1, [])
    # In the evening, the next one is tomorrow's, said with its day.
    assert near(GARE, at(20))[0] == ("Gare", 1, [("M2", "C. H. Dron", ["mardi à 8 h"], "")])
    assert near(GARE, at(20), day="2026-11-25", hour="07:00")[0][2] == [("M2", "C. H. Dron", ["8 h"], "")]


def test_a_line_and_direction_are_told_at_their_nearest_stop_only(load):
    load()

    found = near(Point(50.6915, 3.1738), at(7, 30))

    assert found == [("Grand-Place", 1, [("M2", "C. H. Dron", ["8 h 02"], "")])]


def test_interval_is_told_rather_than_minutes(load):
    load(
        frequencies=[
            {"trip_id": "m1", "start_time": "07:00:00", "end_time": "20:00:00", "headway_secs": "360"},
        ]
    )

    assert near(GARE, at(12))[0][2] == [("M2", "C. H. Dron", ["12 h"], "toutes les 6 min environ")]


def test_departure_on_demand_says_to_book(load):
    times = tables()["stop_times"]
    times[0]["pickup_type"] = "2"
    load(stop_times=times)

    assert near(GARE, at(7))[0][2] == [("M2", "C. H. Dron", ["8 h"], "sur réservation")]


@pytest.mark.parametrize(
    ("day", "hour"),
    [("hier", ""), ("2026-02-30", ""), ("", "25:00"), ("", "midi"), ("0001-01-01", "00:00"), ("9999-12-31", "23:59")],
)
def test_day_and_hour_that_mean_nothing_are_left_out_and_said(load, client, place, day, hour):
    load()

    page = text(client.get(place.get_absolute_url(), {"depart_jour": day, "depart_heure": hour}))

    assert "Ce jour ou cette heure ne se lit pas : voici les passages de maintenant." in page
    assert "Prochains passages : maintenant" in page or "Aucun passage" in page


def test_form_of_the_card_keeps_the_question(load, client, place):
    load()

    page = client.get(f"{place.get_absolute_url()}?services=emploi&services=x&depart_jour=2026-11-23").content.decode()

    assert re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page) == [
        ("services", "emploi"),
        ("services", "x"),
    ]
    assert f'action="{place.get_absolute_url()}"' in page


def test_card_follows_the_moment_of_the_question(load, client, place):
    load()

    page = text(client.get(f"{place.get_absolute_url()}?quand=choisi&jour=2026-11-24&heure=07:10"))

    assert "Prochains passages : mardi 24 novembre à 7 h 10" in page


def test_timetable_that_is_over_is_said_with_its_date(load, client, place):
    over = {"start_date": "20250101", "end_date": "20250331"}
    load(calendar=[row | over for row in tables()["calendar"]])

    for address in (place.get_absolute_url(), Stop.objects.get(nom="Gare").get_absolute_url(), "/arrets/"):
        assert "Ces horaires sont périmés depuis le 31 mars 2025" in text(client.get(address))


def test_day_out_of_the_timetable_is_said_with_its_dates(load, client, place):
    load(calendar=[row | {"end_date": "21001231"} for row in tables()["calendar"]])
    Timetable.objects.update(ends_on=date(2090, 1, 1))

    page = text(client.get(f"{place.get_absolute_url()}?depart_jour=2026-01-05"))

    assert "Les horaires connus vont du 1er novembre 2026 au 1er janvier 2090 : ce jour n’en fait pas partie." in page


def test_place_far_from_everything_has_its_nearest_stop_alone_or_none(load):
    load()

    assert [name for name, *_rest in near(Point(50.7150, 3.1640), at(7))] == ["Gare"]
    assert near(Point(49.0, 2.0), at(7)) == []


def test_card_asks_no_more_queries_with_more_stops_lines_and_trips(load, client, place, tmp_path):
    load()
    stops, routes, trips, times = [], [], [], []
    for number in range(60):
        stops.append(
            {
                "stop_id": f"s{number}",
                "stop_name": f"Arrêt {number}",
                "stop_lat": str(50.6950 + number / 50_000),
                "stop_lon": "3.1640",
            }
        )
        routes.append({"route_id": f"r{number}", "route_short_name": str(number), "route_type": "3"})
        trips.append({"route_id": f"r{number}", "service_id": "toujours", "trip_id": f"t{number}"})
    for number in range(60):
        times += calls(f"t{number}", (f"s{number}", "10:00:00"), (f"s{(number + 1) % 60}", "10:05:00"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{place.get_absolute_url()}?depart_jour=2026-11-24&depart_heure=07:30")
        return len(asked)

    client.get("/lieux/")
    few = queries()
    more = feed(stops=stops, routes=routes, trips=trips, stop_times=times)
    assert import_gtfs(saved(tmp_path, more), apply=True, today=MONDAY).applied
    client.get("/lieux/")  # the words of the site are read again after a change

    assert queries() == few


# --- without timetables


def test_stations_of_the_demonstration_are_told_without_hours(client):
    call_command("load_demo", verbosity=0)

    page = text(client.get("/lieux/ccas-de-roubaix/"))

    assert "Les horaires des transports ne sont pas chargés" in page
    assert "Eurotéléport" in page
    assert re.search(r"métro M2", page)
    assert "Voir les passages" not in page
    stop = text(client.get("/arrets/gare-jean-lebas/"))
    assert "Arrêt Gare Jean-Lebas" in stop
    assert "Les horaires des transports ne sont pas chargés" in stop


def test_demonstration_never_replaces_a_timetable(load):
    load()

    call_command("load_demo", verbosity=0)

    assert Timetable.objects.get().has_hours


def test_card_without_network_still_tells_the_ways(client, place):
    page = client.get(place.get_absolute_url())

    assert "Arrêts et prochains passages" not in text(page)
    assert "Itinéraire à pied" in text(page)
    assert client.get("/arrets/").status_code == 200
    assert client.get("/arrets/gare/").status_code == 404


def test_place_without_point_has_no_way(load, client):
    load()
    place = make_place(nom="Sans adresse", adresse="", latitude=None, longitude=None)

    assert "Y aller" not in text(client.get(place.get_absolute_url()))


# --- the ways


def test_ways_are_filled_in_with_the_start_and_the_place(settings):
    settings.JOURNEY_PLANNER_URL = (
        "https://plan.exemple/?from={from_lon};{from_lat}&to={to_lon};{to_lat}&name={to_name}"
    )
    nearby = Nearby(GARE, at(8))

    known = Itinerary("L’Épeule & co", GARE, Point(50.7, 3.2), nearby)
    unknown = Itinerary("L’Épeule & co", GARE, None, nearby)

    assert known.by_transport.address == (
        "https://plan.exemple/?from=3.200000;50.700000&to=3.164000;50.695000&name=L%E2%80%99%C3%89peule%20%26%20co"
    )
    assert unknown.by_transport.address == (
        "https://plan.exemple/?to=3.164000;50.695000&name=L%E2%80%99%C3%89peule%20%26%20co"
    )
    assert known.on_foot == (
        "https://www.openstreetmap.org/directions?engine=fossgis_osrm_foot&route=50.7,3.2;50.695,3.164"
    )
    assert unknown.by_car == "https://www.openstreetmap.org/directions?engine=fossgis_osrm_car&route=;50.695,3.164"
    assert [link.address for link in known.applications] == [
        "geo:50.695,3.164?q=50.695,3.164(L%E2%80%99%C3%89peule%20%26%20co)",
        "https://www.google.com/maps/dir/?api=1&destination=50.695%2C3.164&origin=50.7%2C3.2",
        "https://maps.apple.com/?daddr=50.695%2C3.164&saddr=50.7%2C3.2",
    ]


def test_planner_of_the_default_setting_takes_both_ends():
    assert planner_address("x", GARE, Point(50.7, 3.2)) == (
        "https://www.google.com/maps/dir/?api=1&travelmode=transit"
        "&origin=50.700000%2C3.200000&destination=50.695000%2C3.164000"
    )
    assert "origin" not in planner_address("x", GARE, None)


def test_card_tells_the_walk_from_the_point_of_the_question(client, place):
    page = text(client.get(f"{place.get_absolute_url()}?point=50.69500,3.16400"))

    assert re.search(r"À pied 2 min à pied, 110 m à vol d’oiseau", page)


@pytest.mark.parametrize("point", ["nan,nan", "1e999,3", "50.7", "x,y", "91,3"])
def test_point_that_means_nothing_is_no_start(client, place, point):
    page = client.get(place.get_absolute_url(), {"point": point}).content.decode()

    assert "route=;50.696,3.164" in page


# --- the page of a stop


def test_stop_shows_the_hours_of_a_day_line_by_line(load, client):
    load()

    page = text(client.get("/arrets/euroteleport/", {"jour": "2026-11-24"}))

    assert "Horaires du mardi 24 novembre 2026" in page
    assert "bus 36 vers Grand-Place 23 h 50" in page
    assert "M2 vers" not in page  # the terminus of the metro: nobody leaves from there


def test_night_belongs_to_the_day_before(load, client):
    load(
        stop_times=[
            *calls("m1", ("A", "03:50:00"), ("B", "03:55:00")),
            *calls("n1", ("A", "24:10:00"), ("B", "24:20:00")),
        ]
    )

    boards = client.get("/arrets/gare/", {"jour": "2026-11-24"}).context["boards"]

    hours = {
        board.line.nom: [(hour.name.replace("\u00a0", " "), hour.minutes) for hour in board.hours] for board in boards
    }
    assert hours == {"M2": [("3 h (nuit)", ["50"])], "36": [("0 h (nuit)", ["10"])]}


def test_hours_at_an_interval_are_told_together(load, client):
    load(frequencies=[{"trip_id": "m1", "start_time": "07:00:00", "end_time": "19:59:00", "headway_secs": "300"}])

    (board,) = client.get("/arrets/gare/", {"jour": "2026-11-24"}).context["boards"]

    assert [(hour.name.replace("\u00a0", " "), hour.interval) for hour in board.hours] == [
        ("7 h – 19 h", "toutes les 5 min environ")
    ]


def test_day_without_service_is_said(load, client):
    load()

    assert "Aucun passage ce jour-là." in text(client.get("/arrets/gare/", {"jour": "2026-11-29"}))


def test_stop_tells_its_changes_and_whether_wheelchairs_get_on(load, client):
    stops = [row | {"wheelchair_boarding": "1"} for row in tables()["stops"]]
    load(
        stops=stops,
        transfers=[{"from_stop_id": "A", "to_stop_id": "B", "transfer_type": "2", "min_transfer_time": "250"}],
    )

    page = text(client.get("/arrets/gare/"))

    assert "Accessible en fauteuil roulant." in page
    assert "Correspondances à pied Grand-Place 5 min" in page


def test_stop_of_hostile_names_is_escaped(load, client):
    stops = [row | {"stop_name": HOSTILE} if row["stop_id"] == "A" else row for row in tables()["stops"]]
    trips = [row | {"trip_headsign": HOSTILE} for row in tables()["trips"]]
    load(stops=stops, trips=trips)
    stop = Stop.objects.get(nom=HOSTILE)
    make_place(latitude=GARE.latitude, longitude=GARE.longitude, id="h", nom="Ici")

    for address in (
        stop.get_absolute_url() + "?jour=2026-11-23",
        "/arrets/",
        "/lieux/ici/?depart_jour=2026-11-23&depart_heure=07:00",
    ):
        page = client.get(address).content.decode()
        assert "alert(1)" in page
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page


def test_stops_and_lines_are_listed_in_words(load, client):
    load()

    page = text(client.get("/arrets/"))
    line = text(client.get("/arrets/", {"ligne": "N"}))

    assert re.search(r"Lignes métro M2 bus 36 Gare – Hem Arrêts Eurotéléport .*Gare .*Grand-Place", page)
    assert "Eurotéléport" in line
    assert " Gare métro" not in line


# --- places around a stop


def test_places_around_a_stop_are_told_with_their_walk(load, client):
    load()
    close = make_place(nom="Près", latitude=50.6955, longitude=3.1640)
    make_place(nom="Loin", latitude=50.7090, longitude=3.1640)
    make_place(nom="Caché", latitude=50.6955, longitude=3.1640, status="draft")

    page = text(client.get("/arrets/gare/", {"minutes": "5"}))

    assert "1 lieu d’aide numérique à 5 min au plus" in page
    assert "Près 1 min à pied" in page
    assert close.nom in page
    assert "Caché" not in page


def test_places_on_foot_equal_a_plain_computation(load):
    load()
    stop = Stop.objects.get(nom="Gare")
    for number in range(80):
        make_place(
            nom=f"p{number:02}",
            latitude=50.6950 + (number % 9 - 4) * 0.0012,
            longitude=3.1640 + (number // 9 - 4) * 0.0017,
        )

    # Metres on a plane tangent to the city: another way to measure, a metre apart at most over these distances.
    def metres(place) -> float:
        north = (place.latitude - stop.latitude) * 111_195
        east = (place.longitude - stop.longitude) * 111_195 * math.cos(math.radians(stop.latitude))
        return math.hypot(north, east)

    for minutes in (5, 10):
        reach = minutes * 75 / 1.3
        sure = {place.nom for place in Place.objects.all() if metres(place) < reach - 1}
        maybe = {place.nom for place in Place.objects.all() if metres(place) < reach + 1}
        found = {reached.place.nom for reached in reached_on_foot(stop, minutes)}
        assert sure <= found <= maybe
        assert sure


def test_places_by_a_direct_line_count_the_ride_and_the_walk(load):
    load()
    timetable, stop = Timetable.objects.current(), Stop.objects.get(nom="Gare")
    make_place(nom="Au bout", latitude=50.6913, longitude=3.1800)  # at Eurotéléport, four minutes of metro away

    assert reached_on_foot(stop, 15) == []
    (reached,) = reached_by_line(timetable, stop, 15, at(7, 30))
    assert (reached.place.nom, reached.minutes, reached.line.nom, reached.stop.nom) == (
        "Au bout",
        5,
        "M2",
        "Eurotéléport",
    )
    assert reached_by_line(timetable, stop, 15, at(9)) == []  # the metro has left
    assert reached_by_line(timetable, stop, 4, at(7, 30)) == []
    assert reached_by_line(timetable, Stop.objects.get(nom="Grand-Place"), 5, at(7, 30))[0].minutes == 3


def test_direct_line_is_asked_for_on_the_page(load, client):
    load()
    make_place(nom="Au bout", latitude=50.6913, longitude=3.1800)

    page = text(client.get("/arrets/gare/?minutes=15&jour=2026-11-23&heure=07:30&direct=oui"))

    assert "Au bout 5 min, descendre à Eurotéléport métro M2" in page


# --- the layers


def test_layers_give_lines_with_their_colours_and_stops_with_their_lines(load, client):
    load()

    lines = client.get("/lignes.geojson").json()["features"]
    stops = client.get("/arrets.geojson").json()["features"]

    assert [line["properties"] for line in lines] == [
        {"nom": "M2", "mode": "metro", "parcours": "", "couleur": "#e30613"},
        {"nom": "36", "mode": "bus", "parcours": "Gare – Hem", "couleur": "#3d3d3d"},
    ]
    assert lines[0]["geometry"]["type"] == "MultiLineString"
    assert [stop["properties"] for stop in stops] == [
        {"nom": "Eurotéléport", "slug": "euroteleport", "lignes": ["M2", "36"]},
        {"nom": "Gare", "slug": "gare", "lignes": ["M2"]},
        {"nom": "Grand-Place", "slug": "grand-place", "lignes": ["M2", "36"]},
    ]


def test_layers_follow_the_feed_in_force(load, client, tmp_path):
    load()
    before = client.get("/lignes.geojson")
    import_gtfs(
        saved(tmp_path, feed(routes=[row | {"route_color": "00FF00"} for row in tables()["routes"]])),
        apply=True,
        today=MONDAY,
    )

    after = client.get("/lignes.geojson", headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after.json()["features"][0]["properties"]["couleur"] == "#00ff00"
    assert Line.objects.count() == 2


@pytest.mark.parametrize("path", ["/arrets/gare/", "/arrets/", "/lieux/ici/"])
def test_pages_with_hours_answer_every_query(load, client, path):
    load(frequencies=[{"trip_id": "m1", "start_time": "07:00:00", "end_time": "20:00:00", "headway_secs": "300"}])
    make_place(nom="Ici", latitude=GARE.latitude, longitude=GARE.longitude)
    names = st.sampled_from(["jour", "heure", "minutes", "direct", "ligne", "page", "point", "quand", *MOMENT])
    days = st.dates().map(str) | st.times().map(str) | st.sampled_from(["oui", "choisi", "5", "30", "N", "50.7,3.2"])
    values = days | st.text(max_size=12) | st.floats().map(str) | st.integers().map(str)

    @settings(max_examples=60, deadline=None)
    @given(query=st.dictionaries(names, values, max_size=6))
    @example(query={"jour": "2000-01-01", "heure": "00:00", "direct": "oui", "minutes": "30"})
    @example(query={"jour": "2099-12-31", "heure": "23:59:59.999999", "direct": "oui", "minutes": "30"})
    @example(query={"jour": "2026-03-29", "heure": "02:30", "depart_jour": "2026-10-25", "depart_heure": "02:30"})
    def every_query_is_answered(query):
        assert client.get(path, query).status_code == 200

    every_query_is_answered()
