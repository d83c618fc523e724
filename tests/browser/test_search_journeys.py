"""A prescriber types what the person in front of them says, with a mistake, and sees what was understood and why."""

import re

import pytest
from playwright.sync_api import expect

from places.models import Place
from tests.browser.axe import findings
from tests.browser.conftest import PHONE

pytestmark = pytest.mark.usefixtures("demo")


def test_carte_grise_with_a_mistake_is_found_by_keyboard_and_says_why(desktop, monkeypatch):
    helping = [place for place in Place.objects.published() if "demarches-administratives" in place.offered_services]
    desktop.goto("/lieux/")

    desktop.get_by_label("Chercher un lieu ou une aide").focus()
    desktop.keyboard.type("carte grize")
    desktop.keyboard.press("Enter")

    results = desktop.locator("#resultats")
    expect(results).to_be_focused()
    expect(results.locator(".understood")).to_contain_text(re.compile("Résultats pour «.carte grise.»"))
    expect(desktop.locator("#annonce")).to_contain_text(re.compile("avec les mots «.carte grise.»"))
    expect(results.locator(".results-count")).to_have_text(f"{len(helping)} lieux")
    for reason in results.locator(".why").all_inner_texts():
        assert re.search("carte grise.*Aide aux démarches", reason, re.DOTALL)
    assert findings(desktop) == []

    # The first stop in the results is the way to what was typed.
    desktop.keyboard.press("Tab")
    expect(desktop.get_by_role("link", name=re.compile("Chercher «.carte grize.» tel quel"))).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(desktop.locator(".understood")).to_contain_text(re.compile("«.carte grize.» est cherché tel quel"))
    expect(desktop.locator(".results-count")).to_have_text(re.compile("0 lieux?"))
    assert "exact=oui" in desktop.url
    assert findings(desktop) == []

    # And back: the same stop forgives the mistake again.
    expect(results).to_be_focused()
    desktop.keyboard.press("Tab")
    expect(desktop.get_by_role("link", name="Pardonner les fautes de frappe")).to_be_focused()
    desktop.keyboard.press("Enter")
    expect(results.locator(".results-count")).to_have_text(f"{len(helping)} lieux")
    expect(results).to_be_focused()

    # In a whole country the best matches cannot be told among so many: a notice says so.
    monkeypatch.setattr("places.filters.MOST_RANKED", 1)
    desktop.goto("/lieux/?q=carte+grise")
    expect(results.get_by_text("Trop de lieux répondent")).to_be_visible()
    assert findings(desktop) == []


def test_without_javascript_on_a_phone_the_same_words_are_understood(open_page, complaints):
    complaints.allow(r"request failed: csp \S+\.js$")  # modules that are asked for ahead, and not taken
    phone = open_page(**PHONE, java_script_enabled=False)
    phone.goto("/lieux/")

    phone.get_by_label("Chercher un lieu ou une aide").fill("amelie")
    phone.get_by_role("button", name="Chercher", exact=True).click()

    expect(phone.locator(".understood")).to_contain_text(re.compile("Résultats pour «.ameli.»"))
    expect(phone.locator(".why").first).to_contain_text(re.compile("Ameli.*Santé"))
