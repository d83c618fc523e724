"""The API: what its document promises, page by page without drift, for any site."""

import json
from urllib.parse import quote

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings

from places import history, openapi
from places.models import Place, Revision, Term
from places.standard import COLUMNS
from places.vocabularies import LOCAL, VOCABULARIES, Service
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
ADDRESSES = ["/api/v1/places", "/api/v1/terms", "/api/v1/territories", "/api/v1/openapi.json"]


def filled():
    for code in range(3):
        make_territory("quartier", f"Q{code}", indicators={"population": 1200})
    make_territory("qpv", "QP1", next_code="QN1")
    for number in range(4):
        make_permanence(make_place(services=[Service.INSERTION], langues=["arabe"], aliases=[f"ancien-{number}"]))
    make_place(id="a/b?c#d é\n%2F", latitude=None, longitude=None, adresse="", date_maj=None)


# --- the document, and whatever a program may send


@pytest.fixture(params=["empty", "filled"])
def api(request, transactional_db):
    """The whole site behind WSGI, which closes its connection to the base after each request."""
    if request.param == "filled":
        filled()
    request.node._nodeid = request.node.nodeid  # which schemathesis 4 reads, and pytest 9.2 has renamed
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_api_answers_as_its_document_says(case):
    case.call_and_validate(headers={"Accept-Encoding": "identity"})


def test_place_of_every_page_is_as_the_document_says_and_found_by_its_identifier(api, client):
    """The fuzzer seldom guesses an identifier: these are the real ones."""
    one = api["/api/v1/places/{id}"]["GET"]

    for place in walk(client, "/api/v1/places?limit=2"):
        case = one.Case(path_parameters={"id": quote(place["id"], safe="")})
        answer = case.call_and_validate(headers={"Accept-Encoding": "identity"})
        assert answer.json() | {"card_url": ""} == place | {"card_url": ""}  # the two are asked under other hosts


def walk(client, address: str, name: str = "places") -> list[dict]:
    """Return the items of every page, from the first to the last."""
    items = []
    while address:
        page = client.get(address).json()
        items += page[name]
        address = page["next"]
    return items


def test_document_knows_every_column_and_every_term():
    Term.objects.create(vocabulary="langues", value="tamoul", slug="tamoul", short_label="Tamoul")

    schemas = openapi.document("http://testserver/")["components"]["schemas"]

    place = schemas["Place"]["properties"]
    assert [*place][: len(COLUMNS)] == COLUMNS
    for name, vocabulary in VOCABULARIES.items():
        assert {seed.value for seed in vocabulary.seeds} <= set(place[name]["items"]["enum"])
    assert "tamoul" in place["langues"]["items"]["enum"]


# --- places


def test_place_is_whole(client):
    make_territory("quartier", "Q1", nom="Épeule")
    place = make_place(
        id="coop-1", nom="Mairie", courriels=["a@exemple.fr"], telephone="+33320815757", langues=["arabe"]
    )
    make_permanence(place, title="Écrivain public", by_appointment=False, themes=["ecrivain-public"])

    answer = client.get("/api/v1/places/coop-1").json()

    assert [*answer][: len(COLUMNS) + len(LOCAL)] == [*COLUMNS, *LOCAL]
    assert {
        "id": "coop-1",
        "nom": "Mairie",
        "latitude": 50.69,
        "telephone": "+33320815757",
        "courriels": ["a@exemple.fr"],
        "horaires": None,
        "services": [],
        "langues": ["arabe"],
        "date_maj": "2026-01-15",
        "card_url": "http://testserver/lieux/mairie/",
        "quartier": {"code": "Q1", "next_code": None, "nom": "Épeule", "vintage": "2024"},
        "qpv": None,
    }.items() <= answer.items()
    assert answer["permanences"][0]["title"] == "Écrivain public"


@pytest.mark.parametrize("id", ["coop/1", "a b", "é", "a?b#c", "100%", "a\nb", "..", "a//b", "a__b|c"])
def test_place_is_found_whatever_its_identifier(client, id):
    make_place(id=id)

    assert client.get(f"/api/v1/places/{quote(id, safe='')}").json()["id"] == id


def test_place_is_found_by_the_identifiers_it_had(client):
    make_place(id="new", aliases=["Old__1", "older"])
    make_place(id="other", aliases=["old__10"])

    found = [client.get(f"/api/v1/places/{id}") for id in ("Old__1", "older", "old", "old__1", "OLDER", "Old__1|older")]

    assert [answer.json().get("id") for answer in found] == ["new", "new", None, None, None, None]
    assert [answer.status_code for answer in found] == [200, 200, 404, 404, 404, 404]


@pytest.mark.parametrize("given", [{"status": "draft"}, {"status": "archived"}, {"modalites_acces": ["pas-de-public"]}])
def test_place_that_is_not_public_is_nowhere(client, given):
    make_place(id="hidden", aliases=["was"], **given)

    assert client.get("/api/v1/places").json()["places"] == []
    assert client.get("/api/v1/places/hidden").status_code == 404
    assert client.get("/api/v1/places/was").json() == {"erreur": "Aucun lieu publié n’a cet identifiant."}


def test_places_follow_the_question_and_say_what_they_left_aside(client):
    make_place(id="a", services=[Service.INSERTION], langues=["arabe"])
    make_place(id="b", services=[Service.INSERTION])

    answer = client.get("/api/v1/places?services=emploi&langues=arabe&langues=zzz&services_op=peut-être").json()

    assert [place["id"] for place in answer["places"]] == ["a"]
    assert (answer["total"], answer["next"]) == (1, None)
    assert answer["ignored"] == ["peut-être", "zzz"]


def test_next_page_keeps_the_question(client):
    for _n in range(3):
        make_place(services=[Service.INSERTION])
    make_place()

    found = walk(client, "/api/v1/places?services=emploi&limit=1")

    assert len(found) == 3


def test_pages_do_not_drift_when_places_come_and_go(client):
    """Between two pages one place of the first is withdrawn, the last one given too, and one is added before them."""
    for nom in "bcdefg":
        make_place(id=nom, nom=nom)
    first = client.get("/api/v1/places?limit=3").json()
    Place.objects.filter(pk__in=["b", "d"]).update(status="archived")
    make_place(id="a", nom="a")

    second = client.get(first["next"]).json()

    assert [place["id"] for place in first["places"] + second["places"]] == list("bcdefg")
    assert second["next"] is None


def test_pages_hold_every_place_once(client):
    places = [Place(id=str(n), nom=f"Lieu {n % 7}", commune="Roubaix") for n in range(120)]
    history.save(places, origin=Revision.Origin.COMMAND)

    assert sorted(int(place["id"]) for place in walk(client, "/api/v1/places?limit=17")) == list(range(120))
    assert len(client.get("/api/v1/places").json()["places"]) == 50
    assert len(client.get("/api/v1/places?limit=100").json()["places"]) == 100


@pytest.mark.parametrize("asked", ["limit=0", "limit=101", "limit=-1", "limit=", "limit=x", "limit=1e2", "limit=٣"])
@pytest.mark.parametrize("address", ["/api/v1/places", "/api/v1/territories"])
def test_limit_that_means_nothing_is_refused_with_a_sentence(client, address, asked):
    answer = client.get(f"{address}?{asked}")

    assert (answer.status_code, answer.json()) == (400, {"erreur": "« limit » : un nombre de 1 à 100 est attendu."})


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/places?after=",
        "/api/v1/places?after=a%20b",
        "/api/v1/places?after=a%00",
        "/api/v1/places?after=é",
        "/api/v1/territories?after=x",
        "/api/v1/territories?after=9999999999999999999",
        "/api/v1/territories?after=1%0A",
    ],
)
def test_cursor_that_is_none_of_ours_is_refused_with_a_sentence(client, address):
    answer = client.get(address)

    assert answer.status_code == 400
    assert "next" in answer.json()["erreur"]


# --- terms and territories


def test_terms_are_those_of_the_city_and_the_hidden_ones_too(client):
    Term.objects.get(vocabulary="demarches", slug="caf").delete()
    Term.objects.create(vocabulary="demarches", value="rsa", slug="rsa", short_label="RSA", visible=False)

    lists = {found["name"]: found for found in client.get("/api/v1/terms").json()["vocabularies"]}

    assert [*lists] == [*VOCABULARIES]
    assert (lists["services"]["national"], lists["demarches"]["national"]) == (True, False)
    assert {term["value"]: term["visible"] for term in lists["demarches"]["terms"]}.items() >= {"rsa": False}.items()
    assert "caf" not in {term["slug"] for term in lists["demarches"]["terms"]}


def test_territories_come_without_their_outlines_unless_asked(client):
    make_territory("quartier", "Q1", nom="Épeule", indicators={"population": 1200}, source="Insee")
    make_territory("qpv", "QP1")
    make_territory("qpv", "OLD", current=False)

    plain = walk(client, "/api/v1/territories?limit=1", "territories")
    drawn = walk(client, "/api/v1/territories?kind=quartier&outline=1", "territories")

    whole = {
        "kind": "quartier",
        "code": "Q1",
        "next_code": None,
        "nom": "Épeule",
        "vintage": "2024",
        "source": "Insee",
        "indicators": {"population": 1200},
        "bbox": [3.17, 50.68, 3.19, 50.7],
    }
    assert (plain[0], [area["code"] for area in plain]) == (whole, ["Q1", "QP1"])
    assert [{**area, "outline": area["outline"]["type"]} for area in drawn] == [whole | {"outline": "Polygon"}]


@pytest.mark.parametrize("asked", ["kind=canton", "outline=oui"])
def test_choice_of_territories_that_does_not_exist_is_refused(client, asked):
    answer = client.get(f"/api/v1/territories?{asked}")

    assert answer.status_code == 400
    assert asked.partition("=")[0] in answer.json()["erreur"]


# --- every answer


@pytest.mark.parametrize("address", ADDRESSES)
def test_answer_is_tagged_and_not_sent_again(client, address):
    make_place()
    first = client.get(address)
    tag = first.headers["ETag"]

    again = client.get(address, headers={"If-None-Match": tag})
    weak = client.get(address, headers={"If-None-Match": f'"x", W/{tag}'})
    make_place()
    changed = client.get(address, headers={"If-None-Match": tag})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert weak.status_code == 304
    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)


def test_tag_of_another_page_is_another(client):
    for _n in range(3):
        make_place()

    tags = [client.get(f"/api/v1/places{query}").headers["ETag"] for query in ("", "?limit=1", "?limit=2", "?q=lieu")]

    assert len(set(tags)) == 4


def test_error_is_never_said_to_be_known(client):
    answer = client.get("/api/v1/places/nowhere", headers={"If-None-Match": "*"})

    assert (answer.status_code, "ETag" in answer.headers) == (404, False)


@pytest.mark.parametrize("address", [*ADDRESSES, "/api/v1/places/nowhere", "/api/v1/places?limit=x"])
def test_answer_is_for_any_site_without_a_cookie(client, address):
    answer = client.get(address, headers={"Origin": "https://ailleurs.exemple.fr"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Expose-Headers"] == "ETag"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Content-Type"] == "application/json"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert not answer.cookies


@pytest.mark.parametrize("address", [*ADDRESSES, "/api/v1/places/nowhere"])
def test_browser_may_ask_before_it_reads(client, address):
    answer = client.options(
        address,
        headers={
            "Origin": "https://ailleurs.exemple.fr",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("address", [*ADDRESSES, "/api/v1/places/nowhere"])
def test_nothing_is_written(method, address):
    answer = Client(enforce_csrf_checks=True).generic(method, address)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json() == {"erreur": "Cette adresse ne fait que se lire (GET, HEAD, OPTIONS)."}


def test_too_many_parameters_are_refused_in_json(client):
    answer = client.get("/api/v1/places?" + "&".join(f"a{number}=1" for number in range(1_001)))

    assert (answer.status_code, answer.json()) == (400, {"erreur": "Trop de paramètres."})


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/places",
        "/api/v1/places?services=emploi&qpv=oui&q=lieu",
        "/api/v1/territories?outline=1",
        "/api/v1/terms",
        "ONE",
    ],
)
def test_api_asks_no_more_questions_when_the_data_doubles(client, address):
    numbers = []
    for added in (4, 4, 8):
        for _n in range(added):
            make_permanence(make_place(services=[Service.INSERTION]), langues=["arabe"])
            make_territory("qpv", f"QP{Place.objects.count()}")
        asked = f"/api/v1/places/{Place.objects.first().pk}" if address == "ONE" else address
        with CaptureQueriesContext(connection) as queries:
            json.loads(client.get(asked).content)
        numbers.append(len(queries))

    assert numbers[1:] == [numbers[0]] * 2
