"""Every public address, read from the table of addresses: a new page cannot escape what holds for all of them."""

from django.urls import resolve, reverse

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

# Known only to those who were given them, or that nothing leads to yet: test_following, test_logos, test_structure.
SECRET = {"follow", "confirm-address", "logo", "proposed-logo", "structure", "structure-correct", "structure-closed"}

# What visitors may send to as well as read.
FORMS = {"propose", "correct", "report", "place-closed", "place-confirmed", "problem"}

PUBLIC = [
    reverse(f"places:{pattern.name}", kwargs={name: ARGUMENTS[name] for name in pattern.pattern.converters})
    for pattern in urlpatterns
    if pattern.name not in SECRET
]


def make_public_data() -> None:
    """Save what the public addresses lead to."""
    make_territory("quartier", "Q1", indicators={"population": 1000})
    Indicator.objects.create(key="population", label="Population")
    Layer.objects.create(slug="insertion", name="Insertion", licence="Licence Ouverte 2.0")
    make_place(**PLACE)
    make_stop(slug=ARGUMENTS["stop"])


def is_form(path: str) -> bool:
    return resolve(path).url_name in FORMS
