"""A manager adds a map of the city: names it, gives its file, chooses what it shows."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from places.models import DataVersion, Layer
from tests.territory_files import EAST, WEST, geojson

pytestmark = pytest.mark.django_db
TABLE = b"nom,type,telephone,latitude,longitude\nLe Potager,associatif,03,50.69,3.18\nSans lieu,prive,04,,\n"


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("samira", password="long-enough-1"))
    return client


def form(content: bytes | None = TABLE, **given) -> dict:
    values = {
        "name": "Jardins partagés",
        "slug": "jardins",
        "licence": "Licence Ouverte 2.0",
        "colour": "#00594f",
        "pictogram": "etoile",
        "visible": "on",
        "order": "10",
        "fields": "type",
    } | given
    return values | ({"file": SimpleUploadedFile("jardins.csv", content)} if content is not None else {})


def test_manager_adds_a_layer_from_a_file_and_it_is_public(desk, client):
    version = DataVersion.objects.current()

    answer = desk.post("/admin/places/layer/add/", form(), follow=True)

    layer = Layer.objects.get()
    assert (layer.fields, layer.features.count()) == (["type"], 1)
    assert "1 objet lu." in answer.content.decode()
    assert "Ligne 3 laissée de côté" in answer.content.decode()
    assert DataVersion.objects.current() > version
    assert client.get("/couches/jardins.geojson").json()["features"][0]["properties"]["lignes"] == [
        ["type", "associatif"]
    ]
    assert 'data-layer="jardins"' in client.get("/lieux/").content.decode()


def test_words_of_a_layer_change_without_its_file(desk):
    desk.post("/admin/places/layer/add/", form())
    layer = Layer.objects.get()

    desk.post(f"/admin/places/layer/{layer.pk}/change/", form(None, name="Jardins", fields="telephone\ntype"))

    layer.refresh_from_db()
    assert (layer.name, layer.fields, layer.features.count()) == ("Jardins", ["telephone", "type"], 1)


def test_another_file_replaces_what_the_layer_held(desk):
    desk.post("/admin/places/layer/add/", form())
    layer = Layer.objects.get()
    shapes = geojson([({"nom": "Parc", "type": "x"}, WEST), ({"nom": "Square", "type": "y"}, EAST)])

    desk.post(f"/admin/places/layer/{layer.pk}/change/", form(shapes))

    assert [feature.name for feature in layer.features.all()] == ["Parc", "Square"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"content": None}, "obligatoire"),
        ({"content": b"nom,latitude,longitude\nA,,\n", "fields": ""}, "coordonnées absentes"),
        ({"content": b"\x00\xff\xfe"}, "ne peut être placé|latitude et longitude|pas du"),
        ({"colour": "#ffff00"}, "Couleur trop claire"),
        ({"colour": "rouge"}, "#0b3d91"),
        ({"fields": "type\ncouleur"}, "Colonnes absentes du fichier : couleur. Il y a : nom, type, telephone."),
    ],
)
def test_layer_that_cannot_be_drawn_is_refused_with_a_sentence(desk, given, sentence):
    content = given.pop("content", TABLE)

    answer = desk.post("/admin/places/layer/add/", form(content, **given))

    assert any(part in answer.content.decode() for part in sentence.split("|"))
    assert Layer.objects.count() == 0
