"""Each place knows its quartier, IRIS and QPV, and that stays true when either side moves."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from places import history
from places.files import UnreadableFile
from places.importing import import_places
from places.models import DataVersion, Place, Revision, Territory
from places.territories import locate
from places.territories.outlines import import_territories
from tests.factories import make_place, make_territory

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).parent.parent / "fixtures"
OUTLINES = FIXTURES / "roubaix_territoires.geojson"
FEATURES = json.loads(OUTLINES.read_text())["features"]


def inside(longitude: float, latitude: float, ring: list) -> bool:
    """Ray casting, written without the library the product uses."""
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


def owner(kind: str, longitude: float, latitude: float) -> str | None:
    for feature in FEATURES:
        if feature["properties"]["kind"] != kind:
            continue
        parts = feature["geometry"]["coordinates"]
        for polygon in parts if feature["geometry"]["type"] == "MultiPolygon" else [parts]:
            shell, *holes = polygon
            if inside(longitude, latitude, shell) and not any(inside(longitude, latitude, hole) for hole in holes):
                return feature["properties"]["code"]
    return None


@pytest.fixture
def roubaix():
    for kind in ("commune", "quartier", "iris", "qpv"):
        import_territories(OUTLINES, kind, apply=True)


def test_demo_holds_one_commune_thirteen_quartiers_thirty_eight_iris_and_three_qpv(roubaix):
    numbers = {kind: Territory.objects.of_kind(kind).count() for kind in Territory.Kind.values}

    assert numbers == {"commune": 1, "quartier": 13, "iris": 38, "qpv": 3}


@pytest.mark.parametrize("kind", ["quartier", "iris", "qpv"])
def test_every_place_of_the_demo_lies_where_an_independent_computation_says(roubaix, kind):
    import_places(str(FIXTURES / "roubaix_lieux.csv"), apply=True)

    for place in Place.objects.select_related(kind):
        found = getattr(place, kind)
        expected = owner(kind, place.longitude, place.latitude) if place.point else None
        assert (found and found.code) == expected, place


@settings(max_examples=20, deadline=None)
@given(
    points=st.lists(st.tuples(st.floats(50.66, 50.72), st.floats(3.14, 3.22)), min_size=1, max_size=40),
)
def test_any_point_lies_where_an_independent_computation_says(points):
    if not Territory.objects.exists():
        import_territories(OUTLINES, "iris", apply=True)
    codes = dict(Territory.objects.values_list("pk", "code"))
    places = [
        Place(id=str(n), latitude=latitude, longitude=longitude) for n, (latitude, longitude) in enumerate(points)
    ]

    locate(places)

    assert [codes.get(place.iris_id) for place in places] == [owner("iris", lon, lat) for lat, lon in points]


def test_place_follows_its_point():
    home = make_territory(code="A")
    place = make_place(latitude=50.69, longitude=3.18)
    assert place.quartier == home

    place.latitude, place.longitude = 51.0, 3.18
    history.save([place], origin=Revision.Origin.COMMAND)

    place.refresh_from_db()
    assert place.quartier is None


def test_place_follows_its_territory(tmp_path):
    place = make_place(latitude=50.69, longitude=3.18)
    ring = [[3.17, 50.68], [3.19, 50.68], [3.19, 50.70], [3.17, 50.70], [3.17, 50.68]]
    path = tmp_path / "quartiers.geojson"

    for shift, expected in ((0, "A"), (1, None)):
        moved = [[x + shift, y] for x, y in ring]
        feature = {"type": "Feature", "properties": {"code": "A", "nom": "A"}} | {
            "geometry": {"type": "Polygon", "coordinates": [moved]}
        }
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        report = import_territories(path, "quartier", apply=True)

        place.refresh_from_db()
        assert (place.quartier and place.quartier.code) == expected
        assert report.moved == 1


def test_moving_a_territory_is_no_change_of_the_places_themselves(roubaix):
    make_place(latitude=50.69, longitude=3.18)
    version = DataVersion.objects.current()
    Territory.objects.all().delete()

    import_territories(OUTLINES, "qpv", apply=True)

    assert Revision.objects.count() == 1
    assert DataVersion.objects.current() > version


def test_point_on_a_border_belongs_to_one_territory():
    make_territory(code="A", west=3.17, east=3.18)
    make_territory(code="B", west=3.18, east=3.19)

    place = make_place(latitude=50.69, longitude=3.18)

    assert place.quartier.code == "A"


def test_import_is_dry_by_default():
    report = import_territories(OUTLINES, "qpv")

    assert (len(report.created), Territory.objects.count()) == (3, 0)


def test_second_import_changes_nothing(roubaix):
    version = DataVersion.objects.current()

    report = import_territories(OUTLINES, "iris", apply=True)

    assert (report.created, report.changed, report.unchanged) == ([], [], 38)
    assert DataVersion.objects.current() == version


def test_qpv_is_known_by_its_code_of_2015_and_of_2024(roubaix):
    place = make_place(latitude=50.6995, longitude=3.1693)

    by_code = [Place.objects.within("qpv", code).count() for code in (place.qpv.code, place.qpv.next_code, "oui")]

    assert by_code == [1, 1, 1]
    assert place.qpv.next_code.startswith("QN")


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        ({"properties": {"nom": "A"}, "geometry": None}, "code ou nom absent"),
        ({"properties": {"code": "A", "nom": "A"}, "geometry": None}, "contour illisible"),
        ({"properties": {"code": "A", "nom": "A"}, "geometry": {"type": "Point", "coordinates": [3, 50]}}, "polygone"),
        (
            {
                "properties": {"code": "A", "nom": "A"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[7e7, 7e6], [7e7 + 1, 7e6], [7e7 + 1, 7000001], [7e7, 7e6]]],
                },
            },
            "WGS84",
        ),
    ],
)
def test_unusable_territory_is_refused_with_its_reason(tmp_path, feature, reason):
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    report = import_territories(path, "quartier", apply=True)

    assert [number for number, _reason in report.refused] == [1]
    assert reason in report.refused[0][1]
    assert Territory.objects.count() == 0


@pytest.mark.parametrize("content", ["", "pas du json", "[]", '{"type": "FeatureCollection"}', '{"features": [1]}'])
def test_file_that_is_not_geojson_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "a.geojson"
    path.write_text(content)

    with pytest.raises(UnreadableFile):
        import_territories(path, "quartier")


def test_command_says_what_it_found_and_fails_without_a_file(capsys):
    call_command("import_territories", str(OUTLINES), kind="qpv")
    assert "3 à créer" in capsys.readouterr().out

    with pytest.raises(CommandError, match="ne peut pas être lu"):
        call_command("import_territories", "/nulle/part.geojson", kind="qpv")
