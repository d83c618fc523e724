"""Picking places, then giving them: by mouse, keyboard and finger, on the screen and on paper."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, open_list, scrolls_sideways

pytestmark = pytest.mark.usefixtures("demo")


def test_places_are_picked_in_the_list_and_given_as_a_sheet(desktop):
    open_list(desktop, "?services=emploi")
    pick = desktop.get_by_role("button", name="Sélectionner AFPA Roubaix")
    pick.focus()
    desktop.keyboard.press("Space")
    expect(pick).to_have_attribute("aria-pressed", "true")
    desktop.locator('.place[data-slug="amitie-partage"] .place-link').click()
    desktop.locator(".card-panel .pick").click()
    expect(desktop.locator("[data-picked]")).to_have_text("(2)")

    desktop.get_by_role("link", name="Ma sélection").click()

    expect(desktop.locator(".sheet-place h2")).to_have_text(["AFPA Roubaix", "Amitié Partage"])
    expect(desktop.locator("places-map")).to_have_attribute("data-drawn", "2")
    desktop.get_by_label("Pour", exact=True).fill("Mme Diallo")
    requests = []
    desktop.context.on("request", lambda request: requests.append(request.url))
    desktop.get_by_label("Pourquoi, et ce qu’il faut apporter").fill("Refaire le CV ; venir avec une pièce d’identité.")
    assert not [address for address in requests if "Diallo" in address or "CV" in address], "typed, never sent"
    assert findings(desktop) == []

    desktop.emulate_media(media="print")
    for hidden in (".site-nav", ".sheet-share", ".leaflet-control-zoom"):
        expect(desktop.locator(hidden).first).to_be_hidden()
    expect(desktop.get_by_label("Pour", exact=True)).to_have_value("Mme Diallo")
    expect(desktop.locator("places-map")).to_be_visible()


def test_selection_works_without_javascript_on_a_phone(open_page):
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto("/lieux/afpa-roubaix/")

    page.get_by_role("link", name="Ajouter à ma sélection").click()

    expect(page.locator(".sheet-place h2")).to_have_text(["AFPA Roubaix"])
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="Retirer AFPA Roubaix").click()
    expect(page.get_by_text("Aucun lieu choisi pour l’instant.")).to_be_visible()


def test_framed_map_is_previewed_and_stays_framed(open_page, settings):
    settings.EMBED_HOSTS = ["https://www.ville-roubaix.fr"]
    page = open_page(**DESKTOP)
    page.goto("/integrer/?services=emploi")
    framed = page.frame_locator(".embed-preview")

    expect(framed.locator(".results-count")).to_have_text("10 lieux")
    framed.get_by_role("link", name="AFPA Roubaix").click()
    expect(framed.locator(".card-panel h1")).to_have_text("AFPA Roubaix")
    expect(framed.locator(".site-header")).to_have_count(0)
    assert findings(page) == []
