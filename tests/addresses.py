"""Every public address, read from the table of addresses: a new page cannot escape what holds for all of them."""

from django.urls import reverse

from places.models import Indicator, Layer
from places.urls import urlpatterns
from tests.factories import make_place, make_stop, make_territory

# Both of the demonstration and of make_public_data().
PLACE = {"id": "cnfs-627b6674ad1bdb06edc492ff", "nom": "CCAS de Roubaix"}
ARGUMENTS = {
    "slug": "ccas-de-roubaix",
    "id": PLACE["id"],
    "kind": "quartier",
    "code": "Q1",
    "layer": "insertion",
    "indicator": "population",
    "stop": "gare-jean-lebas",
}

PUBLIC = [
    reverse(f"places:{pattern.name}", kwargs={name: ARGUMENTS[name] for name in pattern.pattern.converters})
    for pattern in urlpatterns
]


def make_public_data() -> None:
    """Save what the public addresses lead to."""
    make_territory("quartier", "Q1", indicators={"population": 1000})
    Indicator.objects.create(key="population", label="Population")
    Layer.objects.create(slug="insertion", name="Insertion", licence="Licence Ouverte 2.0")
    make_place(**PLACE)
    make_stop(slug=ARGUMENTS["stop"])
