"""Searching around an address as people do it: by keyboard, by finger, without JavaScript, with a position or not."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, open_list, scrolls_sideways
from tests.geocoder import Geocoder, feature

pytestmark = pytest.mark.usefixtures("demo")
FIELD = "Chercher autour d’une adresse"
TOWN_HALL = {"latitude": 50.69150, "longitude": 3.17523, "accuracy": 30}


def minutes(page: Page) -> list[int]:
    """The minutes on foot of the rows, in their order."""
    return [int(re.match(r"\d+", text)[0]) for text in page.locator(".place .distance strong").all_inner_texts()]


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request, open_page) -> Page:
    return open_page(**request.param)


def test_start_is_found_by_keyboard_and_taken_away_by_its_chip(screen):
    open_list(screen)
    field = screen.get_by_role("combobox", name=FIELD)

    field.focus()
    screen.keyboard.type("eurotel")
    expect(screen.locator(".suggestions [role=option]")).to_have_count(1)
    expect(screen.locator(".near-status")).to_have_text("1 proposition : flèche bas pour y aller")
    expect(field).to_have_attribute("aria-expanded", "true")
    screen.keyboard.press("Escape")
    expect(screen.locator(".suggestions [role=option]")).to_have_count(0)
    expect(field).to_have_value("eurotel")
    screen.keyboard.press("ArrowDown")
    expect(screen.locator(".suggestions [role=option]")).to_have_count(1)
    screen.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "autour-suggestion-0")
    assert findings(screen) == []
    screen.keyboard.press("Enter")

    expect(screen.locator(".results-sentence")).to_contain_text("du plus proche au plus loin de « Eurotéléport »")
    expect(screen.locator(".place .distance")).to_have_count(20)
    assert minutes(screen) == sorted(minutes(screen))
    expect(field).to_have_value("Eurotéléport")
    expect(screen.locator(".marker-start")).to_be_attached()
    assert "point=50.69119,3.17946" in screen.url.replace("%2C", ",")
    assert findings(screen) == []
    assert not scrolls_sideways(screen)

    screen.get_by_label("Temps de marche").select_option("10")

    expect(screen.locator(".results-sentence")).to_contain_text("à moins de 10 minutes à pied")
    assert max(minutes(screen)) <= 10
    expect(screen.locator("places-map")).to_have_attribute("data-drawn", str(len(minutes(screen))))

    screen.get_by_role("link", name=re.compile("Retirer.*Autour de")).click()

    expect(screen.locator(".results-count")).to_have_text("40 lieux")
    expect(screen.locator(".distance")).to_have_count(0)
    expect(screen.locator(".marker-start")).to_have_count(0)
    expect(field).to_have_value("")
    expect(screen.get_by_label("Temps de marche")).to_have_value("")


def test_address_typed_whole_is_found_by_the_geocoder_and_survives_back_and_reload(desktop, settings):
    national = Geocoder()
    national.features = [feature("12 Rue de l'Épeule", 50.6905, 3.1612)]
    settings.GEOCODER_URL = national.url
    try:
        open_list(desktop)
        desktop.get_by_label(FIELD).fill("12 rue de l’épeule")
        desktop.get_by_label(FIELD).press("Enter")

        expect(desktop.locator(".results-sentence")).to_contain_text("« 12 Rue de l'Épeule »")
        expect(desktop.get_by_label(FIELD)).to_have_value("12 Rue de l'Épeule")
        expect(desktop.locator("#resultats")).to_be_focused()
        desktop.go_back()
        expect(desktop.locator(".distance")).to_have_count(0)
        desktop.go_forward()
        expect(desktop.locator(".distance")).to_have_count(20)
        national.status = 500
        desktop.reload()
        expect(desktop.locator(".results-sentence")).to_contain_text("« 12 Rue de l'Épeule »")
        expect(desktop.locator(".notice")).to_have_count(0)

        desktop.get_by_label(FIELD).fill("999 rue de nulle part")
        expect(desktop.locator(".near-status")).to_contain_text("Le service national d’adresses ne répond pas")
        desktop.get_by_role("button", name="Partir d’ici").click()
        expect(desktop.locator(".near-note").first).to_contain_text("Le service national d’adresses ne répond pas")
        expect(desktop.locator(".near-status")).to_contain_text("n’a pas été trouvé : voici tous les lieux")
        expect(desktop.locator(".results-count")).to_have_text("40 lieux")
        expect(desktop.get_by_label(FIELD)).to_have_value("999 rue de nulle part")
        assert findings(desktop) == []
    finally:
        national.close()


def test_start_is_chosen_among_links_without_javascript(open_page):
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto("/lieux/")
    expect(page.get_by_role("button", name="Ma position")).to_be_hidden()

    page.get_by_label(FIELD).fill("epeule")
    page.get_by_label("Temps de marche").select_option("15")
    page.get_by_role("button", name="Partir d’ici").click()

    expect(page.locator(".near-note")).to_have_text("« epeule » : d’où partez-vous ?")
    page.get_by_role("link", name=re.compile("^rue de l’Épeule")).click()
    expect(page.locator(".results-sentence")).to_contain_text("à moins de 15 minutes à pied de « rue de l’Épeule »")
    assert minutes(page) == sorted(minutes(page))
    assert max(minutes(page)) <= 15

    page.get_by_label(FIELD).fill("26 rue de l'epeule")
    page.get_by_role("button", name="Partir d’ici").click()
    expect(page.locator(".results-sentence")).to_contain_text("« 26 rue de l’Épeule »")
    assert not scrolls_sideways(page)


def test_own_position_is_asked_on_a_tap_rounded_and_explained_when_refused(open_page):
    page = open_page(**PHONE, geolocation=TOWN_HALL)
    open_list(page)
    expect(page.locator(".near-status")).to_be_empty()

    page.context.grant_permissions(["geolocation"])
    page.get_by_role("button", name="Ma position").tap()

    expect(page.locator(".results-sentence")).to_contain_text("du plus proche au plus loin de ma position")
    expect(page.locator(".near-status")).to_contain_text("à 30 mètres près")
    assert "point=50.6915,3.1752" in page.url.replace("%2C", ",")
    assert minutes(page) == sorted(minutes(page))

    page.context.clear_permissions()
    page.goto("/lieux/")
    page.get_by_role("button", name="Ma position").tap()

    expect(page.locator(".near-status")).to_have_text(
        "Votre appareil ne donne pas sa position. Écrivez plutôt une adresse, une station ou un quartier."
    )
    expect(page.get_by_label(FIELD)).to_be_focused()
    assert findings(page) == []
