"""Whatever is written after the question mark, or instead of an address, no public page breaks."""

from urllib.parse import quote, quote_from_bytes, unquote

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from places.filters import AREAS
from places.finding.needs import NEEDS
from places.map_data import MOST_POINTS
from places.models import Place, Territory
from places.vocabularies import VOCABULARIES
from places.when import LABELS
from tests.addresses import PUBLIC, make_public_data

pytestmark = pytest.mark.django_db

NAMES = [
    "q",
    "page",
    "bbox",
    "zoom",
    "limit",
    "after",
    "kind",
    "outline",
    "quoi",
    "par",
    "minutes",
    "indicateur",
    "quand",
    "inconnus",
    "jour",
    "heure",
    "depart_jour",
    "depart_heure",
    "minutes",
    "direct",
    "ligne",
    "autour",
    "point",
    "repere",
    "besoin",
    "changer",
    "precision",
    "format",
    "pliage",
    *AREAS,
    *VOCABULARIES,
    *(f"{name}_op" for name in VOCABULARIES),
]
MEANT = [
    "oui",
    "50.69,3.18",
    "90,0",
    "-90,180",
    "10",
    "ma position",
    "et",
    "ou",
    "Q1",
    "1",
    "2",
    "3.1,50.6,3.2,50.7",
    "14",
    "aide aux démarches",
]
MEANT += [*LABELS, "2026-12-25", "0001-01-01", "9999-12-31", "10:00", "24:00", "10:00+02:00"]
MEANT += [*NEEDS, "services:emploi", "moment:soir", "iris", "15", "population"]
MEANT += [seed.slug for vocabulary in VOCABULARIES.values() for seed in vocabulary.seeds[:3]]
NUMBERS = [
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1e999",
    "-1",
    "0",
    "-0",
    "0x1F",
    "1_000",
    "٣",
    "²",
    "½",
    "9" * 20,
    "9" * 5_000,
]
BOXES = [
    *("nan,nan,nan,nan", "-inf,-inf,inf,inf", "-180,-85,180,85", "-180,-90,180,90", "3,50,3,50", "4,51,3,50"),
    *("1e308,1e308,1e309,1e309", "3.17,50.68,3.19,50.70", "1,2,3", ",,,", "0,0,5e-324,5e-324"),
]
BROKEN = [
    "%",
    "%f",
    "%zz",
    "%ff",
    "%ff%fe",
    "%ed%a0%80",
    "%00",
    "%u0041",
    "%c3%28",
    "é",
    "\xff",
    "&&",
    "=",
    ";",
    "+",
    "#",
]
ASKED_MOST = [reverse("places:list"), reverse("data:geojson"), reverse("data:api-places"), reverse("places:feed")]
ASKED_MOST += [reverse("places:detail", args=["ccas-de-roubaix"]), reverse("places:find_results")]
LEADING = [reverse("places:find_where"), reverse("places:find_place", args=["ccas-de-roubaix"])]  # when they can
LONGEST = 4_000  # gunicorn takes no longer address
NOT_WRITTEN_RAW = set("&#") | {chr(code) for code in range(33)}


def anything() -> st.SearchStrategy[str]:
    """Text as it travels in an address: quoted, quoted from bytes that are no text, or not quoted at all."""
    return st.one_of(
        st.sampled_from(MEANT).map(quote),
        st.sampled_from(NUMBERS).map(quote),
        st.sampled_from(BOXES).map(quote),
        st.sampled_from(BROKEN),
        st.text(max_size=30).map(quote),
        st.text(st.characters(), max_size=10).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
        st.binary(max_size=20).map(quote_from_bytes),
        st.characters(max_codepoint=255).filter(lambda letter: letter not in NOT_WRITTEN_RAW),
        st.floats().map(str),
        st.integers().map(str),
        st.builds(
            lambda text, times: quote(text) * times, st.text(min_size=1, max_size=3), st.sampled_from([50, 2_000])
        ),
    )


def parameters() -> st.SearchStrategy[str]:
    names = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), anything())
    values = st.one_of(anything(), st.lists(anything(), min_size=4, max_size=4).map(",".join))
    return st.builds(
        lambda name, values: "&".join(f"{name}={value}" for value in values), names, st.lists(values, max_size=4)
    )


def queries() -> st.SearchStrategy[str]:
    return st.one_of(st.lists(parameters(), min_size=1, max_size=6).map("&".join), anything())


def ask(client, path: str, query: str):
    """Ask with the query exactly as written; what the site raises is raised here."""
    return client.get(path, QUERY_STRING=query.encode("utf-8", "surrogatepass").decode("latin-1"))


def paths() -> st.SearchStrategy[str]:
    """Addresses near ours that lead nowhere."""
    ours = [
        "/%s",
        "/%s/",
        "/lieux/%s/",
        "/lieux/%s",
        "/lieux%s",
        "/territoires/%s.geojson",
        "/lieux/ccas-de-roubaix/%s",
    ]
    return st.builds(lambda ours, text: ours % text, st.sampled_from(ours), anything().filter(leads_nowhere))


def leads_nowhere(text: str) -> bool:
    """Not what is left of an address of ours once its query, its fragment and an empty parameter (`;`) are cut."""
    if "?" in text or "#" in text or text.startswith("."):
        return False
    left = unquote(text.strip(";")).strip("/")
    return bool(text.strip("/.;")) and left not in {"lieux", "admin", *Territory.Kind.values}


@pytest.mark.parametrize("path", PUBLIC)
def test_public_address_answers_every_query(client, path):
    make_public_data()
    expected = {302} if path == reverse("places:home") else {200}
    expected |= {302} if path in LEADING else set()
    expected |= {400} if path.startswith("/api/") else set()  # a program is told of its mistakes

    @settings(max_examples=200 if path in ASKED_MOST else 50, deadline=None)
    @given(query=queries())
    def every_query_is_answered(query):
        answer = ask(client, path, query)

        assert answer.status_code in expected
        assert answer.getvalue() or answer.status_code == 302  # what is sent piece by piece is written only now

    every_query_is_answered()


def test_map_answers_every_view_of_more_places_than_it_draws(client):
    """Few places never reach the counting of cells, which computes with what was asked."""
    Place.objects.bulk_create(
        Place(id=str(n), slug=str(n), latitude=n % 181 - 90, longitude=n % 361 - 180) for n in range(MOST_POINTS + 1)
    )
    degrees = st.one_of(st.floats(-200, 200), st.floats(), st.integers(-181, 181)).map(str)

    @settings(max_examples=200, deadline=None)
    @given(
        box=st.one_of(st.lists(degrees, min_size=4, max_size=4).map(",".join), st.sampled_from(BOXES)),
        zoom=st.one_of(st.integers(-1, 20).map(str), st.sampled_from(NUMBERS)),
    )
    @example(box="3.17,50.68,3.19,50.70", zoom="9" * 20)
    def every_view_is_answered(box, zoom):
        answer = client.get(reverse("data:geojson"), {"bbox": box, "zoom": zoom})

        assert (answer.status_code, answer.json()["total"]) == (200, MOST_POINTS + 1)

    every_view_is_answered()


@pytest.mark.parametrize("path", ["/lieux/", "/lieux.geojson", "/lieux/ccas-de-roubaix/"])
def test_query_of_a_thousand_parameters_is_refused(client, path):
    make_public_data()
    query = "&".join(f"a{number}=1" for number in range(1_001))

    answer = ask(client, path, query)

    assert answer.status_code == 400


@settings(max_examples=300, deadline=None)
@given(path=paths(), query=queries().filter(lambda query: len(query) < LONGEST))
def test_address_that_leads_nowhere_is_not_found(path, query):
    answer = Client().get(path, follow=True, QUERY_STRING=query.encode("utf-8", "surrogatepass").decode("latin-1"))

    assert answer.status_code == 404
