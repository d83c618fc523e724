"""The selection: a cookie of the visitor's own, a link that shares it, a sheet, codes and messages."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils.html import escape

from places import selection
from tests.factories import make_place

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("", []),
        ("ccas.mairie.ccas", ["ccas", "mairie"]),
        ("CCAS.<script>.a b.../etc", []),
        (".".join(f"lieu-{n}" for n in range(50)), [f"lieu-{n}" for n in range(20)]),
        ("a" * 10_000, []),
    ],
)
def test_slugs_are_read_each_once_and_nothing_else(text, slugs):
    assert selection.read(text) == slugs


def test_places_are_added_and_taken_out_without_javascript(client):
    ccas, mairie = make_place(nom="CCAS"), make_place(nom="Mairie")

    for place in (ccas, mairie, ccas):
        response = client.get(f"/selection/?ajouter={place.slug}")
        assert response["Location"] == "/selection/"
    assert client.cookies["selection"].value == "mairie.ccas"
    assert client.cookies["selection"]["samesite"] == "Lax"

    page = client.get("/selection/")
    assert [card.name for card in page.context["cards"]] == ["Mairie", "CCAS"]

    client.get("/selection/?retirer=mairie")
    assert client.cookies["selection"].value == "ccas"


def test_unknown_or_hidden_place_is_not_added(client):
    hidden = make_place(status="draft")

    client.get(f"/selection/?ajouter={hidden.slug}")
    client.get("/selection/?ajouter=nulle-part")

    assert client.cookies["selection"].value == ""


def test_link_shows_the_same_sheet_to_somebody_else_and_says_what_is_gone(client):
    make_place(nom="CCAS")
    make_place(nom="Mairie", status="archived")

    page = client.get("/selection/?lieux=ccas.mairie.inconnu")

    assert [card.name for card in page.context["cards"]] == ["CCAS"]
    assert "2 lieux de cette sélection ne sont plus publiés." in page.content.decode()
    assert "Retirer" not in page.content.decode(), "it is not the visitor's own"
    assert "noindex" in page.content.decode()


def test_mail_and_message_say_the_places_and_the_link(client):
    make_place(nom="CCAS & Cie", adresse="9 rue Pellart", telephone="+33320815757", horaires="24/7")

    page = client.get("/selection/?lieux=ccas-cie").content.decode()

    mail = urlsplit(unescape(re.search(r'href="(mailto:[^"]+)"', page)[1]))
    said = parse_qs(mail.query)
    assert "CCAS & Cie\n9 rue Pellart, 59100 Roubaix\nOuvert\n03\u00a020\u00a081\u00a057\u00a057\n" in said["body"][0]
    assert "http://testserver/selection/?lieux=ccas-cie" in said["body"][0]
    message = unescape(re.search(r'href="(sms:[^"]+)"', page)[1])
    assert "http://testserver/selection/?lieux=ccas-cie" in parse_qs(urlsplit(message).query)["body"][0]


def test_hostile_name_is_escaped_in_sheet_mail_and_message(client):
    make_place(nom='"><script>alert(1)</script>', id="mal")

    page = client.get("/selection/?lieux=script-alert-1-script").content.decode()

    assert escape('"><script>alert(1)</script>') in page
    assert "<script>alert" not in page


def test_codes_are_drawings_of_this_sites_own_addresses(client):
    make_place(nom="CCAS")

    for address in (
        "/lieux/ccas/qr.svg",
        "/selection/qr.svg?lieux=ccas",
        "/selection/qr.svg?lieux=https://ailleurs.fr",
    ):
        response = client.get(address)
        assert response["Content-Type"] == "image/svg+xml"
        assert response.content.startswith(b"<?xml")
        assert b"<path" in response.content
        assert b"ailleurs" not in response.content
    assert client.get("/lieux/nulle-part/qr.svg").status_code == 404


def test_sheet_asks_no_more_questions_for_more_places(client, django_assert_max_num_queries):
    for number in range(8):
        make_place(nom=f"Lieu {number}")
    client.get("/selection/?lieux=lieu-0")

    with django_assert_max_num_queries(6):
        client.get("/selection/?lieux=" + ".".join(f"lieu-{n}" for n in range(8)))
