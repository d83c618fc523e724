"""A resident's phone: three questions, then the nearest places that fit, five at a time."""

import pytest
from django.core.management import call_command
from django.http import QueryDict

from places.filters import PlaceFilter
from places.finding.needs import NEEDS
from places.models import Place
from places.vocabularies import Service
from tests.factories import make_place

pytestmark = pytest.mark.django_db


def names(response) -> list[str]:
    return [row.card.name for row in response.context["rows"]]


# --- what one needs


def test_each_need_asks_what_the_list_understands():
    asks = [ask for need in NEEDS.values() for ask in (*need.asks, need.almost)]

    ignored = {ask: PlaceFilter(QueryDict(ask)).ignored for ask in asks}
    kept = {ask: PlaceFilter(QueryDict(ask)).data.urlencode() for ask in asks}

    assert [ask for ask in asks if ignored[ask]] == []
    assert {ask: sorted(kept[ask].split("&")) for ask in asks} == {ask: sorted(ask.split("&")) for ask in asks}


def test_each_need_finds_a_place_of_roubaix(client):
    call_command("load_demo", verbosity=0)

    found = {slug: names(client.get("/trouver/resultats/", {"besoin": slug})) for slug in NEEDS}

    assert [slug for slug, places in found.items() if not places] == []


# --- five at a time


def test_pages_of_five_never_skip_nor_repeat_places_equally_far(client):
    for _n in range(12):
        make_place(services=[Service.DEMARCHES])
    question = {"point": "50.69,3.18", "autour": "Gare"}

    pages = [client.get("/trouver/resultats/", question | {"page": number}) for number in (1, 2, 3)]

    assert [len(names(page)) for page in pages] == [5, 5, 2]
    assert sorted(name for page in pages for name in names(page)) == sorted(Place.objects.values_list("nom", flat=True))
