"""What the map draws: the same results as the list, slim, tagged, and bounded whatever the number of places."""

import gzip
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from places import bitmaps, conditional, history, map_data
from places.geo import Point, distance
from places.map_data import View
from places.models import Place, Revision
from places.vocabularies import Service
from tests.factories import make_place, make_territory

pytestmark = pytest.mark.django_db


def read(client, address: str) -> dict:
    return json.loads(client.get(address).content)


def test_feature_is_slim(client):
    make_place(id="a", nom="Mairie", latitude=50.6912345678, longitude=3.18, services=[Service.INSERTION])

    assert read(client, "/lieux.geojson") == {
        "type": "FeatureCollection",
        "complete": True,
        "total": 1,
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [3.18, 50.691235]},
                "properties": {"id": "a", "slug": "mairie", "nom": "Mairie", "famille": "emploi"},
            }
        ],
    }


def test_only_located_results_are_drawn(client):
    make_place(id="a")
    make_place(id="b", latitude=None, longitude=None)
    make_place(id="c", status="draft")

    assert [feature["properties"]["id"] for feature in read(client, "/lieux.geojson")["features"]] == ["a"]


def test_marker_shows_the_family_that_was_asked_for(client):
    make_place(services=[Service.DEMARCHES, Service.ACCES])

    families = [
        read(client, f"/lieux.geojson{query}")["features"][0]["properties"]["famille"]
        for query in ("", "?services=acces-materiel", "?services=demarches-administratives")
    ]

    assert families == ["demarches", "materiel", "demarches"]


def test_place_without_service_is_drawn_as_another_place(client):
    make_place()

    assert read(client, "/lieux.geojson")["features"][0]["properties"]["famille"] == "autre"


def test_tag_is_strong_and_the_browser_that_has_it_gets_nothing_again(client):
    make_place()
    first = client.get("/lieux.geojson")

    again = client.get("/lieux.geojson", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["ETag"].startswith('"')
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])


def test_tag_changes_with_the_data(client):
    make_place()
    first = client.get("/lieux.geojson")
    make_place()

    again = client.get("/lieux.geojson", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_compressed_answer_has_the_same_content_and_a_tag_of_its_own(client):
    make_place()
    plain = client.get("/lieux.geojson")

    squeezed = client.get("/lieux.geojson", headers={"Accept-Encoding": "gzip"})

    assert squeezed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(squeezed.content) == plain.content
    assert squeezed.headers["ETag"] != plain.headers["ETag"]
    assert squeezed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


def test_answer_may_be_kept_by_a_proxy(client):
    assert client.get("/lieux.geojson").headers["Cache-Control"] == conditional.SHARED


def test_map_asks_no_more_questions_when_the_data_doubles(client):
    numbers = []
    for added in (5, 5, 10):
        for _n in range(added):
            make_place()
        bitmaps.forget()
        with CaptureQueriesContext(connection) as asked:
            client.get("/lieux.geojson")
        numbers.append(len(asked))

    # The version, the terms and theirs; the bits and theirs: turns, places; the points drawn.
    assert numbers == [7, 7, 7]


def test_second_reader_asks_only_for_the_version(client, django_assert_num_queries):
    make_place()
    client.get("/lieux.geojson")

    with django_assert_num_queries(1):
        client.get("/lieux.geojson")


# --- more places than a browser can hold


@pytest.fixture
def crowd(monkeypatch):
    """Sixty places on a line, and a limit of twenty points."""
    monkeypatch.setattr(map_data, "MOST_POINTS", 20)
    places = [
        Place(id=str(n), nom=f"Lieu {n}", commune="Roubaix", latitude=50.5 + n * 0.005, longitude=3.0 + n * 0.005)
        for n in range(60)
    ]
    history.save(places, origin=Revision.Origin.COMMAND)
    return places


def test_crowd_is_counted_in_cells_and_said_incomplete(client, crowd):
    found = read(client, "/lieux.geojson")

    assert (found["complete"], found["total"]) == (False, 60)
    assert sum(feature["properties"]["lieux"] for feature in found["features"]) == 60
    assert len(found["features"]) < 60


def test_view_of_a_crowd_gives_its_points_when_they_are_few(client, crowd):
    found = read(client, "/lieux.geojson?bbox=3.00,50.50,3.02,50.52&zoom=14")

    names = {feature["properties"]["nom"] for feature in found["features"]}
    assert {f"Lieu {n}" for n in range(5)} <= names
    assert len(names) < 20
    assert found["complete"] is False


def test_neighbouring_views_ask_the_same_question():
    one, other = (View.read(f"{west},50.5,3.05,50.55", "12") for west in (3.001, 3.002))

    assert one == other


@pytest.mark.parametrize(
    "bbox", ["", "1,2,3", "a,b,c,d", "nan,0,1,1", "3,50,2,51", "3,50,4,inf", "-200,0,200,10", "1,1,1,1", "3,50,4,89"]
)
def test_view_that_means_nothing_is_no_view(bbox):
    assert View.read(bbox, "10") is None


@pytest.mark.parametrize("zoom", ["", "x", "-1", "99", "1e9", "9" * 5000])
def test_zoom_that_means_nothing_is_no_view(zoom):
    assert View.read("3,50,4,51", zoom) is None


def test_snapped_view_holds_the_screen():
    view = View.read("3.1,50.6,3.2,50.7", "13")

    assert view.box.west <= 3.1 <= 3.2 <= view.box.east
    assert view.box.south <= 50.6 <= 50.7 <= view.box.north


def test_view_changes_nothing_below_the_limit(client):
    make_place(latitude=50.69, longitude=3.18)

    found = read(client, "/lieux.geojson?bbox=0,40,1,41&zoom=10")

    assert (found["complete"], len(found["features"])) == (True, 1)


def test_cells_hold_only_the_results_of_the_question(client, crowd):
    for place in crowd[:30]:
        place.services = [Service.LOISIRS]
    history.save(crowd[:30], origin=Revision.Origin.COMMAND)

    found = read(client, "/lieux.geojson?services=loisirs-creations")

    assert found["total"] == sum(feature["properties"]["lieux"] for feature in found["features"]) == 30


# --- territories


def test_outlines_are_named_and_cacheable(client):
    make_territory("qpv", "QP1", nom="Alma")
    make_territory("qpv", "OLD", current=False)

    response = client.get("/territoires/qpv.geojson")

    features = json.loads(response.content)["features"]
    assert [feature["properties"] for feature in features] == [{"code": "QP1", "nom": "Alma"}]
    assert response.headers["Cache-Control"] == conditional.SHARED
    again = client.get("/territoires/qpv.geojson", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_unknown_kind_of_territory_does_not_exist(client):
    assert client.get("/territoires/canton.geojson").status_code == 404


def test_distance_of_one_minute_of_arc_is_a_nautical_mile():
    """1,852 m by definition; the mean sphere gives 1,853.2."""
    assert distance(Point(50, 3), Point(50 + 1 / 60, 3)) == pytest.approx(1853.25, abs=0.01)
