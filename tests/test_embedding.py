"""The map inside another site: who may frame which page, and the snippet that does it."""

import re
from html import unescape

import pytest

from tests.factories import make_place

pytestmark = pytest.mark.django_db
CITY = "https://www.ville-roubaix.fr"


def ancestors(response) -> str:
    return re.search("frame-ancestors ([^;]*)", response["Content-Security-Policy"])[1]


@pytest.fixture
def framed(settings):
    settings.EMBED_HOSTS = [CITY]


@pytest.mark.usefixtures("framed")
def test_framed_list_and_card_are_for_the_named_sites_only(client):
    place = make_place()

    for address in ("/lieux/?integration=1", f"{place.get_absolute_url()}?services=emploi&integration=1"):
        response = client.get(address)
        assert ancestors(response) == f"'self' {CITY}"
        assert "X-Frame-Options" not in response
        assert "site-header" not in response.content.decode()


@pytest.mark.usefixtures("framed")
@pytest.mark.parametrize(
    "address", ["/lieux/", "/lieux/?integration=oui", "/selection/?integration=1", "/admin/login/?integration=1"]
)
def test_nothing_else_is_framed(client, address):
    response = client.get(address)

    assert ancestors(response) == "'none'"
    assert response["X-Frame-Options"] == "DENY"


def test_nobody_frames_anything_until_the_city_says_who(client):
    assert ancestors(client.get("/lieux/?integration=1")) == "'self'"
    assert "Aucun autre site ne peut encore afficher" in client.get("/integrer/").content.decode()


@pytest.mark.usefixtures("framed")
def test_every_link_and_form_of_a_framed_page_stays_framed(client):
    for _number in range(21):
        make_place(services=["emploi"])

    page = client.get("/lieux/?services=emploi&integration=1").content.decode()

    mine = re.findall(r'href="(/lieux/[^"]*)"(?! target)', page)
    assert len(mine) > 22
    assert {link for link in mine if "integration=1" not in unescape(link)} == set()
    assert '<input type="hidden" name="integration" value="1">' in page


@pytest.mark.usefixtures("framed")
def test_generator_writes_the_snippet_of_the_question(client):
    page = client.get("/integrer/?services=emploi&services_op=et&langues=turc&hauteur=900").content.decode()

    snippet = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])
    address = unescape(re.search(r'src="([^"]+)"', snippet)[1])
    assert address == "http://testserver/lieux/?services=emploi&services_op=et&langues=turc&integration=1"
    assert 'height="900"' in snippet
    assert CITY in page


@pytest.mark.usefixtures("framed")
def test_generator_escapes_what_was_typed(client):
    page = client.get("/integrer/", {"q": '"><script>alert(1)</script>', "hauteur": "1 onload=x"}).content.decode()

    assert "<script>alert" not in page
    assert "onload=x" not in page
