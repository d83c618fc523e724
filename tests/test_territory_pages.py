"""Territory pages: what every layer draws, in words, and the data of those layers."""

import gzip
import json
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from places.files import UnreadableFile
from places.models import Correspondence, Indicator, Layer, Territory
from places.territories import pages
from places.territories.layers import load_layer
from places.territories.membership import link_neighbours
from tests.factories import make_place, make_territory
from tests.territory_files import EAST, WEST, geojson

pytestmark = pytest.mark.django_db
LIGHT = 30 * 1024  # bytes of a layer of the city, compressed


@pytest.fixture
def demo():
    call_command("load_demo", verbosity=0)


@pytest.fixture
def layer():
    return Layer.objects.create(slug="jardins", name="Jardins partagés", licence="Licence Ouverte 2.0", fields=["type"])


def text_of(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()).replace("\u202f", " ")


def test_every_territory_has_its_page_and_the_list_leads_to_all(demo, client):
    page = client.get("/territoires/").content.decode()

    for territory in Territory.objects.current():
        address = territory.get_absolute_url()
        assert f'href="{address}"' in page
        assert territory.nom.split(" ")[0] in text_of(client.get(address))


def test_territory_says_its_people_its_places_what_it_lacks_and_what_is_beside(demo, client):
    answer = client.get("/territoires/iris/595120101/")
    page = text_of(answer)

    assert "Mackellerie" in page
    assert "AFPA Roubaix" in page
    assert "Fragilité numérique 115 (rang 15 sur 38, du plus haut au plus bas)" in page
    assert [n.nom for n in answer.context["neighbours"]] == ["Espérance Centre", "Fresnoy", "Trichon", "Épeule Nord"]
    assert all(lack.here.near10 < min(0.5, lack.city.near10) for lack in answer.context["lacks"])
    assert answer.context["lacks"]


def test_card_leads_to_its_quartier_and_its_qpv(client):
    make_territory("quartier", "Q 1")
    make_territory("qpv", "QP1")
    place = make_place()

    page = client.get(place.get_absolute_url()).content.decode()

    assert 'href="/territoires/quartier/Q%201/"' in page
    assert 'href="/territoires/qpv/QP1/"' in page


def test_code_of_another_vintage_leads_to_the_territory_in_force(client):
    make_territory("qpv", "QN1", vintage="2024")
    make_territory("qpv", "QP1", vintage="2015", current=False)
    Correspondence.objects.create(kind="qpv", old_code="QP1", new_code="QN1")

    answer = client.get("/territoires/qpv/QP1/")

    assert (answer.status_code, answer["Location"]) == (302, "/territoires/qpv/QN1/")
    assert "QP1" in text_of(client.get("/territoires/qpv/QN1/"))
    assert client.get("/territoires/qpv/QP9/").status_code == 404


@pytest.mark.parametrize("code", ["A/B", "12?x=1#y", " é", "..", "%", "a.json"])
def test_any_code_has_its_page(client, code):
    territory = make_territory("quartier", code, nom="Le Pile")

    assert "Le Pile" in text_of(client.get(territory.get_absolute_url()))
    assert client.get("/territoires/").status_code == 200


def test_places_of_a_large_town_are_shown_by_pages(client, monkeypatch):
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    make_territory("commune", "59512")
    for slug in "abc":
        make_place(id=slug, slug=slug, nom=f"Lieu {slug}", code_insee="59512")
    first, second, beyond = (client.get(f"/territoires/commune/59512/{page}") for page in ("", "?page=2", "?page=99"))
    named = [re.findall(r"Lieu (\w)", text_of(answer)) for answer in (first, second, beyond)]

    assert named == [["a", "b"], ["c"], ["c"]]
    assert "lieux d’aide 3 " in text_of(first)
    assert "noindex" in second.content.decode()
    assert "noindex" not in first.content.decode()


def test_code_that_no_database_can_hold_is_not_found(client):
    assert client.get("/territoires/iris/%00/").status_code == 404


def test_neighbours_are_those_that_touch():
    a = make_territory(code="A", west=3.10, east=3.11)
    make_territory(code="B", west=3.11, east=3.12)
    make_territory(code="C", west=3.13, east=3.14)
    make_territory(code="D", west=3.11, east=3.12, current=False)

    link_neighbours("quartier")

    assert [t.code for t in a.neighbours.all()] == ["B"]


def test_hostile_names_are_shown_as_text(client, layer):
    bad = "<script>alert(1)</script>"
    make_territory("quartier", "Q1", nom=bad, source=bad, indicators={"x": 1})
    Indicator.objects.create(key="x", label=bad)
    load_layer(layer, f'nom,type,latitude,longitude\n"{bad}","{bad}",50.69,3.18\n'.encode())

    for address in ("/territoires/", "/territoires/quartier/Q1/", "/couches/jardins/", "/diagnostic/", "/lieux/"):
        assert bad not in client.get(address).content.decode()


def test_pages_ask_as_many_queries_for_twice_the_territories(client):
    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        return len(caught)

    addresses = ["/territoires/", "/territoires/iris/I0/"]
    counts = []
    for start in (0, 5):
        for number in range(start, start + 5):
            make_territory("iris", f"I{number}", indicators={f"i{number}": number})
            Indicator.objects.create(key=f"i{number}", label=str(number))
            make_place()
        link_neighbours("iris")
        counts.append([queries(address) for address in addresses])

    assert counts[0] == counts[1]


# --- layers


def test_every_layer_of_the_city_is_light(demo, client):
    addresses = [reverse("data:territories", args=[kind]) for kind in Territory.Kind.values]
    addresses += ["/territoires/iris/fragilite_numerique.json", "/couches/insertion.geojson"]

    sizes = {address: len(client.get(address, headers={"accept-encoding": "gzip"}).content) for address in addresses}

    assert max(sizes.values()) < LIGHT, sizes


def test_list_page_names_no_layer_of_another_city_and_loads_none(demo, client):
    page = client.get("/lieux/").content.decode()

    assert "Acteurs de l’insertion par l’économie" in page
    assert "AFPA" not in json.dumps(re.findall(r'id="map-settings"[^>]*>(.*?)</script>', page))


def test_indicator_gives_classes_that_count_every_territory(demo, client):
    answer = json.loads(
        gzip.decompress(
            client.get("/territoires/iris/fragilite_numerique.json", headers={"accept-encoding": "gzip"}).content
        )
    )

    assert answer["titre"] == "Fragilité numérique"
    assert [known["nombre"] for known in answer["classes"]] == [8, 10, 6, 7, 7]
    assert answer["classes"][0]["texte"] == "de 92 à 101"
    assert answer["valeurs"]["595120101"] == ["115", 2]
    assert (len(answer["valeurs"]), answer["inconnus"]) == (38, 0)


def test_missing_figure_has_no_class(client):
    make_territory("iris", "A", indicators={"x": 1})
    make_territory("iris", "B", indicators={"x": None})
    make_territory("iris", "C")
    Indicator.objects.create(key="x", label="X")

    answer = client.get("/territoires/iris/x.json").json()

    assert answer["valeurs"] == {"A": ["1", 0], "B": ["–", None], "C": ["–", None]}
    assert answer["inconnus"] == 2


def test_municipal_layer_from_a_table_shows_the_fields_its_manager_chose(client, layer):
    make_territory("quartier", "Q1")
    content = "nom;type;tel;lat;lon\nLe Potager;associatif;03;50,69;3,18\nSans lieu;x;y;;\n;;;;\n".encode("cp1252")

    report = load_layer(layer, content)

    feature = client.get("/couches/jardins.geojson").json()["features"][0]
    assert feature["properties"] == {"nom": "Le Potager", "lignes": [["type", "associatif"]]}
    assert feature["geometry"]["coordinates"] == [3.18, 50.69]
    assert [line for line, _reason in report.refused] == [3]
    page = text_of(client.get("/couches/jardins/"))
    assert "Le Potager Type : associatif Quartier : Territoire Q1" in page


def test_municipal_layer_from_shapes_in_any_projection(client, layer):
    load_layer(layer, geojson([({"nom": "Parc"}, WEST), ({"nom": "Square"}, EAST)], epsg=2154, crs="EPSG:2154"))

    features = client.get("/couches/jardins.geojson").json()["features"]

    assert [f["properties"]["nom"] for f in features] == ["Parc", "Square"]
    assert features[0]["geometry"]["type"] == "Polygon"


def test_file_without_a_usable_object_leaves_the_layer_as_it_was(layer):
    load_layer(layer, b"nom,latitude,longitude\nA,50.69,3.18\n")

    for content in (b"nom,latitude,longitude\nA,0,0\n", b"nom,adresse\nA,rue\n", b"", b"PK\x03\x04"):
        with pytest.raises(UnreadableFile):
            load_layer(layer, content)

    assert [feature.name for feature in layer.features.all()] == ["A"]


def test_hidden_layer_is_nowhere(client, layer):
    layer.visible = False
    layer.save()

    assert client.get("/couches/jardins/").status_code == 404
    assert client.get("/couches/jardins.geojson").status_code == 404
    assert "Jardins" not in client.get("/territoires/").content.decode()
