"""Around a start: what is within a walk, what is nearest first, and how far each place is said to be."""

import json
import re
from math import ceil

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from places import bitmaps, geo, history
from places.card import Way, length
from places.filters import WALKS, PlaceFilter
from places.geo import Box, Point, distance
from places.models import Place, Revision
from places.near import nearest
from places.near.nearest import ByDistance, within
from places.vocabularies import Service
from tests.factories import make_place

pytestmark = pytest.mark.django_db
HALL = Point(50.69064, 3.18167)  # the town hall of Roubaix
NEAR = "point=50.69064,3.18167"


def ask(query: str) -> PlaceFilter:
    return PlaceFilter(QueryDict(query))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def save(points: list[Point | None], **given) -> list[Place]:
    """Save a place at each point, named by its number."""
    places = [
        Place(id=str(number), nom=f"Lieu {number:05}", commune="Roubaix", **given)
        for number, _point in enumerate(points)
    ]
    for place, point in zip(places, points, strict=True):
        place.latitude, place.longitude = point or (None, None)
    history.save(places, origin=Revision.Origin.COMMAND)
    return list(Place.objects.order_by("slug"))


def in_order(places: list[Place], start: Point) -> list[Place]:
    """The plain loop: nearest first, names among equals, then those without a point."""
    located = [place for place in places if place.point]
    located.sort(key=lambda place: (distance(start, place.point), place.slug))
    return located + sorted((place for place in places if not place.point), key=lambda place: place.slug)


def assert_same_order(found: list[Place], expected: list[Place], start: Point) -> None:
    """The same places, and no two of them the wrong way round; a millimetre may be rounded either way."""
    assert sorted(place.pk for place in found) == sorted(place.pk for place in expected)
    for one, other in zip(found, expected, strict=True):
        if one.point is None or other.point is None:
            assert one.pk == other.pk
        else:
            assert distance(start, one.point) == pytest.approx(distance(start, other.point), abs=0.001)
    for point in {place.point for place in found}:
        names = [place.slug for place in found if place.point == point]
        assert names == sorted(names)


# --- a generated world: a crowd around the start, and points where longitude stops meaning much
degrees = st.one_of(
    st.floats(-90, 90).map(lambda number: round(number, 5)), st.sampled_from([-90.0, 90.0, 89.9999, 0.0, 50.69064])
)
longitudes = st.one_of(
    st.floats(-180, 180).map(lambda number: round(number, 5)),
    st.sampled_from([-180.0, 180.0, 179.9999, -179.9999, 0.0, 3.18167]),
)
anywhere = st.builds(Point, degrees, longitudes)


@st.composite
def worlds(draw):
    """A start, and places of which many are close to it, some share a point, some have none."""
    start = draw(st.one_of(anywhere, st.just(HALL)))
    steps = st.integers(-20, 20).map(lambda step: step / 1000)
    close = st.builds(
        lambda north, east: Point(
            round(max(-90, min(90, start.latitude + north)), 5),
            round((start.longitude + east + 180) % 360 - 180, 5),
        ),
        steps,
        steps,
    )
    return start, draw(st.lists(st.one_of(close, close, anywhere, st.none()), max_size=12))


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from([0, 1, 20_000]))
@example((Point(0.0, 180.0), [Point(0.0, -179.999), Point(0.0, 179.999), Point(0.0, 179.0), None]), 0)
@example((Point(90.0, 0.0), [Point(89.999, -120.0), Point(89.99, 60.0), Point(-90.0, 0.0)]), 0)
def test_order_and_pages_equal_a_plain_loop_anywhere_on_earth(world, few):
    """`few` decides whether a box is looked for or everything is measured: neither may change the answer."""
    start, points = world
    Place.objects.all().delete()
    bitmaps.forget()
    places = save(points)

    nearest_few, nearest.FEW = nearest.FEW, few
    try:
        listed = ByDistance(Place.objects.published(), start)
        paginator = Paginator(listed, 3)
        paged = [place for number in paginator.page_range for place in paginator.page(number)]
        whole = listed[0:1000]
    finally:
        nearest.FEW = nearest_few

    assert paginator.count == len(places)
    assert_same_order(whole, in_order(places, start), start)
    assert [place.pk for place in paged] == [place.pk for place in whole]


@settings(max_examples=40, deadline=None)
@given(worlds(), st.sampled_from([1.0, *map(geo.walk, WALKS), 50_000.0, 3_000_000.0, 15_000_000.0, 21_000_000.0]))
@example((Point(0.0, -180.0), [Point(0.0, 179.999), Point(0.001, -179.999)]), geo.walk(10))
@example((Point(90.0, 0.0), [Point(89.999, -120.0), Point(89.99, 60.0)]), geo.walk(10))
def test_what_is_within_a_distance_equals_a_plain_loop_anywhere_on_earth(world, metres):
    start, points = world
    Place.objects.all().delete()
    bitmaps.forget()
    places = save(points)

    found = {place.pk for place in Place.objects.filter(within(start, metres))}

    sure = {place.pk for place in places if place.point and distance(start, place.point) < metres - 0.01}
    possible = {place.pk for place in places if place.point and distance(start, place.point) <= metres + 0.01}
    assert sure <= found <= possible


@settings(max_examples=200, deadline=None)
@given(anywhere, anywhere, st.floats(0, 20_100_000))
def test_boxes_around_a_point_hold_all_that_is_close_enough(start, other, metres):
    if distance(start, other) <= metres:
        assert any(box.holds(other) for box in geo.around(start, metres))


def test_thousands_of_places_are_ordered_without_measuring_them_all():
    """A crowd of 3,000 far away, and the twenty nearest that only a widened box finds."""
    crowd = [Point(48.8 + number % 50 / 1000, 2.3 + number // 50 / 1000) for number in range(2_900)]
    around = [Point(50.60 + number / 1000, 3.10 + number % 7 / 100) for number in range(100)]
    places = save(crowd + around)
    listed = ByDistance(Place.objects.published(), HALL)

    with CaptureQueriesContext(connection) as asked:
        first = listed[0:20]

    assert_same_order(first, in_order(places, HALL)[:20], HALL)
    measured = next(query["sql"] for query in asked if "SIN" in query["sql"])
    assert "BETWEEN" in measured
    assert len(asked) < 12
    assert_same_order(listed[2_980:3_000], in_order(places, HALL)[2_980:], HALL)


def test_start_inside_a_crowd_looks_for_a_smaller_box_than_the_one_that_holds_everybody(monkeypatch):
    monkeypatch.setattr(nearest, "FEW", 10)
    monkeypatch.setattr(nearest, "CROWD", 30)
    places = save([Point(50.69 + number % 40 / 20_000, 3.18 + number // 40 / 20_000) for number in range(800)])
    start = Point(50.70, 3.19)

    assert_same_order(ByDistance(Place.objects.published(), start)[0:20], in_order(places, start)[:20], start)


def test_number_of_queries_does_not_grow_with_the_places(client):
    def queries() -> int:
        client.get(f"/lieux/?{NEAR}&minutes=30")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/lieux/?{NEAR}&minutes=30")
        return len(asked)

    save([Point(50.69 + number / 10_000, 3.18) for number in range(20)])
    few = queries()
    Place.objects.all().delete()
    bitmaps.forget()
    save([Point(50.69 + number / 10_000, 3.18) for number in range(40)])

    assert queries() == few


# --- the question


def test_list_is_ordered_by_distance_and_says_how_far(client):
    make_place(nom="Loin", latitude=50.72, longitude=3.18167)
    make_place(nom="Sans adresse", latitude=None, longitude=None)
    make_place(nom="Ici", latitude=HALL.latitude, longitude=HALL.longitude)
    make_place(nom="Près", latitude=50.695, longitude=3.18167)

    page = client.get(f"/lieux/?{NEAR}")

    cards = page.context["cards"]
    assert [card.name for card in cards] == ["Ici", "Près", "Loin", "Sans adresse"]
    assert [card.way and plain(card.way.on_foot) for card in cards] == [
        "1 min à pied",
        "9 min à pied",
        "57 min à pied",
        None,
    ]
    assert "8 min" not in plain(page.content.decode())
    assert "480 m à vol d’oiseau" in plain(page.content.decode())


def test_walk_narrows_list_map_counts_and_files_alike(client):
    inside = [Point(HALL.latitude + number * 0.001, HALL.longitude) for number in range(4)]
    save([*inside, Point(50.70, 3.20), None], services=[Service.ACCES])
    query = f"{NEAR}&minutes=10"

    page = client.get(f"/lieux/?{query}").context
    drawn = json.loads(client.get(f"/lieux.geojson?{query}").content)
    options = [option for section in page["sections"] for group in section.groups for option in group.options]
    count = next(option.count for option in options if option.value == "acces-materiel")

    assert page["page"].paginator.count == drawn["total"] == count == 4
    assert page["unlocated"] == 0
    assert len(json.loads(b"".join(client.get(f"/lieux.json?{query}").streaming_content))["lieux"]) == 4
    assert json.loads(client.get(f"/api/v1/places?{query}").content)["total"] == 4


def test_walk_includes_exactly_what_is_said_to_be_that_near():
    assert [geo.walking_minutes(geo.walk(minutes)) for minutes in WALKS] == list(WALKS)
    assert [geo.walking_minutes(geo.walk(minutes) + 0.01) for minutes in WALKS] == [minutes + 1 for minutes in WALKS]


@given(st.floats(0, 20_000))
def test_minutes_are_those_of_the_same_walk(metres):
    assert geo.walking_minutes(metres) == max(1, ceil(metres * 1.3 / 75 - 1e-9))


def test_card_says_how_far_the_place_is(client):
    place = make_place(nom="Près", latitude=50.695, longitude=3.18167)

    page = plain(client.get(f"{place.get_absolute_url()}?{NEAR}").content.decode())

    assert "<strong>9 min à pied</strong> · 480 m à vol d’oiseau" in page


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "10 m"),
        (44, "40 m"),
        (994, "990 m"),
        (996, "1,0 km"),
        (1_240, "1,2 km"),
        (9_949, "9,9 km"),
        (9_951, "10 km"),
    ],
)
def test_distance_is_written_as_people_say_it(metres, words):
    assert plain(length(metres)) == words


def test_long_way_is_not_counted_in_minutes():
    assert plain(Way.of(12_345).on_foot) == "plus d’une heure à pied"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (NEAR, "Tous les lieux, du plus proche au plus loin de ce point"),
        (f"{NEAR}&autour=Ma+position", "Tous les lieux, du plus proche au plus loin de ma position"),
        (
            f"{NEAR}&autour=12+rue+de+l’Épeule&minutes=10",
            "Lieux à moins de 10 minutes à pied de « 12 rue de l’Épeule »",
        ),
        (
            f"{NEAR}&autour=mairie&minutes=5&services=emploi",
            "Lieux qui proposent : Chercher un emploi avec internet ; et à moins de 5 minutes à pied de « mairie »",
        ),
    ],
)
def test_sentence_says_the_start_and_the_walk(query, sentence):
    assert plain(ask(query).sentence()) == sentence


def test_chips_take_away_the_walk_alone_or_the_start_with_it():
    question = ask(f"services=emploi&autour=Mairie&{NEAR}&minutes=10")

    assert [(plain(chip.label), chip.without) for chip in question.chips()][1:] == [
        ("À 10 min à pied au plus", "services=emploi&autour=Mairie&point=50.69064%2C3.18167"),
        ("Autour de « Mairie »", "services=emploi"),
    ]


def test_point_is_rounded_in_every_address_of_the_page(client):
    make_place()

    page = client.get("/lieux/?point=50.690641234567,3.181671234567", follow=True).content.decode()

    assert "50.690641" not in page
    assert "50.69064%2C3.18167" in page


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("point=Roubaix", ["Roubaix"]),
        ("point=95,3", ["95,3"]),
        ("point=nan,nan", ["nan,nan"]),
        ("point=50.69", ["50.69"]),
        (f"{NEAR}&minutes=7", ["7"]),
        ("minutes=10", ["10"]),
    ],
)
def test_start_or_walk_that_means_nothing_is_dropped_and_told(query, ignored):
    place = make_place(services=[Service.INSERTION])

    question = ask(f"{query}&services=emploi")

    assert ([found.pk for found in question.qs], question.ignored) == ([place.pk], ignored)


def test_point_of_another_text_is_not_used():
    """Without JavaScript the form sends the point of the text that was there before."""
    assert ask(f"autour=Mairie&repere=mairie&{NEAR}").start.point == HALL
    assert ask(f"autour=Gare&repere=Mairie&{NEAR}").start is None
    assert ask(f"autour=محطة&repere=ساحة&{NEAR}").start is None


def test_order_alone_does_not_make_the_map_again():
    """Everybody's position would fill the cache with one and the same map."""
    assert ask(f"{NEAR}&services=emploi").selection == ask("services=emploi").selection
    assert ask(f"{NEAR}&minutes=5").selection != ask("point=50.7,3.2&minutes=5").selection


# --- shapes


@pytest.mark.parametrize(
    "rings",
    [
        [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]],
        [[[0, 0], [4, 0], [4, 4], [3, 4], [3, 1], [1, 1], [1, 4], [0, 4], [0, 0]]],  # a U, whose middle is outside
        [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[2, 2], [7, 2], [7, 7], [2, 7], [2, 2]]],  # a ring
    ],
    ids=["square", "U", "ring"],
)
def test_inner_point_is_inside(rings):
    from shapely.geometry import Point as Shape
    from shapely.geometry import shape

    polygon = {"type": "Polygon", "coordinates": rings}
    far = [[[20, 20], [21, 20], [21, 21], [20, 20]]]

    for geometry in (polygon, {"type": "MultiPolygon", "coordinates": [far, rings]}):
        found = geo.inner_point(geometry)
        assert shape(polygon).contains(Shape(found.longitude, found.latitude))


def test_widened_box_stays_on_the_map():
    assert Box(-89.99, -179.99, 89.99, 179.99).widened(100_000) == Box(-90, -180, 90, 180)
