"""A structure and its own link: read, confirm, correct, without an account, on a phone and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from places.models import Place, Submission
from places.moderation import stamp
from places.structure import links
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, scrolls_sideways
from tests.factories import make_place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address() -> str:
    place = make_place(nom="Centre social", courriels=["centre@exemple.fr"], telephone="+33320815757")
    return f"/structure/{links.sign(place, 'centre@exemple.fr')}/"


@pytest.mark.parametrize(
    "screen",
    [PHONE, DESKTOP, PHONE | {"java_script_enabled": False}],
    ids=["phone", "desktop", "phone without JavaScript"],
)
def test_structure_says_that_nothing_changed(open_page, address, screen):
    page = open_page(**screen)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre fiche est-elle encore juste")
    assert Place.objects.get().verified_on is None, "the link alone says nothing: mail readers follow links"
    assert not scrolls_sideways(page)

    page.get_by_role("button", name="Rien n’a changé").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Merci, c’est noté")
    assert Place.objects.get().verified_on == timezone.localdate()
    if screen.get("java_script_enabled", True):
        assert findings(page) == []


def test_structure_corrects_its_number_by_keyboard(desktop, address, monkeypatch):
    monkeypatch.setattr(stamp, "TOO_FAST", timedelta(0))  # tests type faster than people
    desktop.goto(address)
    desktop.get_by_role("link", name="Corriger").focus()
    desktop.keyboard.press("Enter")
    desktop.locator("details:has(#id_telephone) > summary").press("Enter")
    desktop.get_by_label("Téléphone", exact=True).fill("03 20 66 45 00")
    desktop.get_by_role("button", name="Envoyer").click()

    expect(desktop.get_by_role("heading", level=1)).to_contain_text("Merci")
    submission = Submission.objects.get()
    assert submission.by_structure
    assert Place.objects.get().telephone == "+33320815757", "a moderator reads it first"


def test_forged_link_leads_to_a_way_out(phone, complaints):
    complaints.allow("404|410")
    phone.goto("/structure/faux/")

    expect(phone.get_by_role("heading", level=1)).to_have_text("Ce lien ne marche plus")
    phone.get_by_role("link", name="Chercher le lieu").click()
    expect(phone.locator(".results-count")).to_be_visible()
