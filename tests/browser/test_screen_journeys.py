"""What the screen shows besides the question: other places, the view in the address, undo, contrast and size."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import EMPLOI, MATERIEL, drawn, findings, open_filters, open_list, scrolls_sideways

pytestmark = pytest.mark.usefixtures("demo")


def test_other_places_stay_on_the_map_told_apart_and_at_hand(desktop):
    open_list(desktop)
    desktop.get_by_label(EMPLOI).check()
    expect(desktop.locator("places-map")).to_have_attribute("data-drawn", "10")
    assert desktop.locator(".marker-other").count() == 0

    desktop.get_by_label("Garder aussi les autres lieux, en petit").check()

    expect(desktop.locator(".marker-other")).to_have_count(27)
    assert drawn(desktop) == 10
    other = desktop.get_by_role("button", name="CCAS de Roubaix (ne correspond pas à la recherche)")
    other.focus()
    desktop.keyboard.press("Enter")
    expect(desktop.locator(".card-panel h1")).to_have_text("CCAS de Roubaix")
    desktop.get_by_role("button", name="Fermer la fiche").click()
    desktop.get_by_label("Garder aussi les autres lieux, en petit").uncheck()
    expect(desktop.locator(".marker-other")).to_have_count(0)


def test_link_reproduces_question_view_and_other_places(desktop, open_page):
    open_list(desktop)
    desktop.get_by_label(EMPLOI).check()
    expect(desktop.locator("places-map")).to_have_attribute("data-drawn", "10")
    desktop.get_by_label("Garder aussi les autres lieux, en petit").check()
    desktop.get_by_role("button", name="Agrandir la carte").click()
    expect(desktop).to_have_url(re.compile("vue="))
    desktop.get_by_label(MATERIEL).check()
    expect(desktop.locator(".results-sentence")).to_contain_text("ou")
    link, view = desktop.url, desktop.evaluate("document.querySelector('places-map').map.getCenter()")

    again = open_page(**DESKTOP)
    again.goto(link)

    expect(again.locator(".results-count")).to_have_text(desktop.locator(".results-count").text_content().strip())
    expect(again.locator(".marker-other").first).to_be_visible()
    seen = again.evaluate("document.querySelector('places-map').map.getCenter()")
    assert seen["lat"] == pytest.approx(view["lat"], abs=0.001)
    assert seen["lng"] == pytest.approx(view["lng"], abs=0.001)


def test_last_choice_is_undone_by_its_button_and_the_focus_is_on_the_results(desktop):
    open_list(desktop)
    undo = desktop.get_by_role("button", name="Annuler le dernier choix")
    desktop.get_by_label(EMPLOI).check()
    expect(desktop.locator(".chip:not(.chip-reset)")).to_have_count(1)
    desktop.get_by_label(MATERIEL).check()
    expect(desktop.locator(".chip:not(.chip-reset)")).to_have_count(2)

    undo.click()

    expect(desktop.locator(".chip:not(.chip-reset)")).to_have_count(1)
    expect(desktop.get_by_label(MATERIEL)).not_to_be_checked()
    expect(desktop.locator("#resultats")).to_be_focused()
    undo.click()
    expect(desktop.locator(".results-count")).to_have_text("40 lieux")
    expect(undo).to_have_count(0)


def colour_of(page: Page, selector: str) -> str:
    return page.evaluate("s => getComputedStyle(document.querySelector(s)).color", selector)


def test_contrast_and_size_are_chosen_and_remembered(desktop):
    open_list(desktop)
    desktop.locator("details.display > summary").click()
    desktop.get_by_role("button", name="Contraste renforcé").click()
    desktop.get_by_role("button", name="Texte plus grand").click()

    desktop.goto("/accessibilite/")

    assert colour_of(desktop, "body") == "rgb(0, 0, 0)"
    assert desktop.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    desktop.locator("details.display > summary").click()
    expect(desktop.get_by_role("button", name="Contraste renforcé")).to_have_attribute("aria-pressed", "true")
    desktop.get_by_role("button", name="Contraste renforcé").click()
    desktop.reload()
    assert colour_of(desktop, "body") == "rgb(20, 24, 31)"


@pytest.mark.parametrize(
    "wish",
    [{"color_scheme": "dark"}, {"contrast": "more"}, {"forced_colors": "active"}],
    ids=["dark", "more", "forced"],
)
def test_wishes_of_the_system_are_followed_and_readable(open_page, wish):
    page = open_page(**DESKTOP | wish)
    open_list(page, "?services=emploi&autres=oui")
    page.locator(".map-panel summary").click()

    assert findings(page) == []


def test_four_hundred_per_cent_loses_nothing(open_page):
    """1366 pixels at 400 % are 341: one column, nothing to the side, filters, results and map all there."""
    page = open_page(viewport={"width": 341, "height": 192})
    open_list(page)

    assert not scrolls_sideways(page)
    open_filters(page)
    page.get_by_label(EMPLOI).check()
    expect(page.locator(".results-count")).to_have_text("10 lieux")
    page.locator(".place-link").first.click()
    expect(page.locator(".card-panel h1")).to_be_visible()
    assert not scrolls_sideways(page)
    assert findings(page) == []


def test_nothing_found_says_which_choice_to_give_up(open_page):
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto("/lieux/?services=emploi&demarches=caf")

    page.get_by_role("link", name="sans « CAF : allocations, RSA, prime d’activité » : 10 lieux").click()

    expect(page.locator(".results-count")).to_have_text("10 lieux")
