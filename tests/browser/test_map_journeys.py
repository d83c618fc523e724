"""The journey of the list and the map, as people make it: by mouse, keyboard and finger, and without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.usefixtures("demo")
EMPLOI = "Lieux qui aident à chercher un emploi avec internet"
MATERIEL = "Lieux où utiliser un ordinateur, le wifi, une imprimante"


def open_list(page: Page, query: str = "") -> None:
    page.goto(f"/lieux/{query}")
    expect(page.locator(".marker").first).to_be_visible()


def open_filters(page: Page) -> None:
    filters = page.locator("details.filters")
    if filters.get_attribute("open") is None:
        filters.locator("> summary").click()


def drawn(page: Page) -> int:
    """How many places the markers stand for."""
    alone = page.locator(".marker[data-slug]").count()
    piled = page.locator(".marker-pile").evaluate_all(
        "piles => piles.map(pile => pile.dataset.slugs.split(' ').length)"
    )
    return alone + sum(piled)


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request, open_page) -> Page:
    return open_page(**request.param)


def test_filtering_changes_results_counts_and_markers_and_keeps_the_focus(screen):
    open_list(screen)
    expect(screen.locator(".results-count")).to_have_text("40 lieux")
    assert drawn(screen) == 37

    open_filters(screen)
    screen.get_by_label(EMPLOI).check()

    expect(screen.locator(".results-count")).to_have_text("10 lieux")
    expect(screen.locator("places-map")).to_have_attribute("data-drawn", "10")
    assert drawn(screen) == 10
    expect(screen.get_by_label(EMPLOI)).to_be_focused()
    expect(screen.locator("#annonce")).to_contain_text("10 lieux")
    assert "services=emploi" in screen.url

    screen.locator("input[name=services_op][value=et]").check()
    screen.get_by_label(MATERIEL).check()

    expect(screen.locator(".results-count")).to_have_text("2 lieux")
    expect(screen.locator(".results-sentence")).to_contain_text("à la fois")
    expect(screen.locator("places-map")).to_have_attribute("data-drawn", "2")
    assert not scrolls_sideways(screen)


def test_back_button_and_chips_undo_the_question(desktop):
    open_list(desktop)
    desktop.get_by_label(EMPLOI).check()
    expect(desktop.locator(".results-count")).to_have_text("10 lieux")
    desktop.get_by_label(MATERIEL).check()
    expect(desktop.locator(".chip:not(.chip-reset)")).to_have_count(2)

    desktop.go_back()

    expect(desktop.locator(".results-count")).to_have_text("10 lieux")
    expect(desktop.get_by_label(MATERIEL)).not_to_be_checked()

    desktop.get_by_role("link", name=re.compile("Retirer.*Chercher un emploi")).click()

    expect(desktop.locator(".results-count")).to_have_text("40 lieux")
    expect(desktop.get_by_label(EMPLOI)).not_to_be_checked()
    expect(desktop.locator("#resultats")).to_be_focused()


def test_typing_words_searches_without_a_button(desktop):
    open_list(desktop)

    desktop.get_by_label("Chercher un lieu ou une aide").fill("mediatheque")

    expect(desktop.locator(".place h3")).to_have_text(["Médiathèque La Grand-Plage"])
    expect(desktop.locator("places-map")).to_have_attribute("data-drawn", "1")


def test_card_opens_from_the_list_by_mouse_and_closes_where_it_was(desktop):
    open_list(desktop, "?services=emploi")

    desktop.get_by_role("link", name="AFPA Roubaix").click()

    panel = desktop.locator(".card-panel")
    expect(panel.get_by_role("heading", level=1)).to_have_text("AFPA Roubaix")
    expect(panel).to_contain_text("20 rue du Luxembourg")
    assert "/lieux/afpa-roubaix/?services=emploi" in desktop.url
    assert panel.bounding_box()["width"] > 600

    panel.get_by_role("button", name="Fermer la fiche").click()

    expect(panel).to_be_hidden()
    expect(desktop.get_by_role("link", name="AFPA Roubaix")).to_be_focused()
    assert desktop.url.endswith("/lieux/?services=emploi")


def test_marker_shows_a_short_card_and_opens_the_wide_one_by_mouse(desktop):
    open_list(desktop)
    marker = desktop.locator('.marker[data-slug="afpa-roubaix"]')

    marker.hover()

    expect(desktop.locator(".short-card")).to_contain_text("20 rue du Luxembourg")
    expect(desktop.locator('.place[data-slug="afpa-roubaix"]')).to_have_class(re.compile("is-pointed"))

    marker.click()

    expect(desktop.locator(".card-panel").get_by_role("heading", level=1)).to_have_text("AFPA Roubaix")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_marker_shows_a_short_card_and_opens_the_wide_one_by_keyboard(desktop, key):
    open_list(desktop)
    marker = desktop.locator('.marker[data-slug="afpa-roubaix"]')

    marker.focus()
    expect(desktop.locator(".short-card")).to_contain_text("AFPA Roubaix")
    desktop.keyboard.press(key)

    expect(desktop.locator(".card-panel").get_by_role("heading", level=1)).to_have_text("AFPA Roubaix")
    expect(desktop.locator(".card-panel #fiche")).to_be_focused()

    desktop.keyboard.press("Escape")

    expect(desktop.locator(".card-panel")).to_be_hidden()
    expect(marker).to_be_focused()


def test_every_marker_is_named_and_reached_by_tab(desktop):
    open_list(desktop)

    names = desktop.locator(".marker").evaluate_all("all => all.map(m => [m.tabIndex, m.getAttribute('aria-label')])")

    assert {index for index, _name in names} == {0}
    assert all(name for _index, name in names)


def test_pointing_at_a_row_lights_its_marker(desktop):
    open_list(desktop)

    desktop.locator('.place[data-slug="afpa-roubaix"]').hover()
    expect(desktop.locator('.marker[data-slug="afpa-roubaix"]')).to_have_class(re.compile("is-pointed"))

    desktop.get_by_label("Chercher un lieu ou une aide").hover()
    expect(desktop.locator(".marker.is-pointed")).to_have_count(0)
    desktop.mouse.wheel(0, 100_000)
    desktop.mouse.wheel(0, 100_000)
    desktop.wait_for_function("document.querySelector('.question').scrollTop > 0")
    assert desktop.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
        "the wheel would leave the map behind"
    )


def test_places_at_one_spot_open_as_a_list(desktop):
    open_list(desktop)
    pile = desktop.locator('.marker-pile[data-slugs*="maison-de-la-justice-et-du-droit-de-roubaix"]')

    pile.focus()
    desktop.keyboard.press("Enter")

    names = desktop.locator(".pile-list a")
    expect(names).to_have_count(3)
    expect(names.first).to_be_focused()

    names.filter(has_text="justice").click()

    expect(desktop.locator(".card-panel").get_by_role("heading", level=1)).to_contain_text("justice")


def test_layers_are_switched_on_and_off_by_keyboard_and_told_apart_by_pattern(screen):
    open_list(screen)
    screen.locator(".map-panel summary").press("Enter")
    areas = screen.locator("path.area-line[fill^='url(']")

    screen.get_by_label("Quartiers prioritaires (QPV)").press("Space")
    expect(screen.locator("path[fill='url(#hachures-qpv)']")).to_have_count(3)
    screen.get_by_label("Quartiers", exact=True).press("Space")
    expect(screen.locator("path[fill='url(#points-quartier)']")).to_have_count(13)
    styles = areas.evaluate_all(
        "all => all.map(a => [a.getAttribute('fill'), a.getAttribute('stroke-dasharray')].join(' '))"
    )
    assert len(set(styles)) == 2

    screen.get_by_label("Quartiers prioritaires (QPV)").press("Space")
    screen.get_by_label("Quartiers", exact=True).press("Space")
    expect(areas).to_have_count(0)


def test_tiles_that_fail_leave_the_places_the_limits_and_a_sentence(desktop, complaints):
    complaints.allow("")
    desktop.route("**/*.png", lambda route: route.abort())

    open_list(desktop)

    expect(desktop.locator(".map-status")).to_contain_text("Le fond de plan ne répond pas")
    expect(desktop.locator("path.area-line")).to_have_count(1)
    assert drawn(desktop) == 37


def test_map_data_that_fails_leaves_the_list_and_a_sentence(desktop, complaints):
    complaints.allow("")
    desktop.route("**/lieux.geojson*", lambda route: route.fulfill(status=500, body="zut"))

    desktop.goto("/lieux/")

    expect(desktop.locator(".map-status")).to_contain_text("La liste, elle, est complète")
    expect(desktop.locator(".place")).to_have_count(20)


def test_journey_without_javascript(open_page):
    page = open_page(**DESKTOP, java_script_enabled=False)
    page.goto("/lieux/")
    expect(page.locator(".map-without-script")).to_be_visible()

    page.get_by_label(EMPLOI).check()
    page.get_by_label(MATERIEL).check()
    page.locator("input[name=services_op][value=et]").check()
    page.get_by_role("button", name="Voir les lieux").click()

    expect(page.locator(".results-count")).to_have_text("2 lieux")
    page.locator(".place-link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("France Travail")
    page.get_by_role("link", name="Retour aux résultats").click()
    expect(page.locator(".results-count")).to_have_text("2 lieux")
    page.get_by_role("link", name="Tout effacer").first.click()
    page.get_by_role("link", name="Page suivante").click()
    expect(page.locator(".pages")).to_contain_text("Page 2 sur 2")


def test_phone_shows_results_first_and_a_whole_card(phone):
    open_list(phone)
    assert phone.locator("details.filters").get_attribute("open") is None

    phone.locator('.place[data-slug="ccas-de-roubaix"] .place-link').tap()

    card = phone.locator(".card-panel")
    expect(card.get_by_role("heading", level=1)).to_have_text("CCAS de Roubaix")
    assert card.bounding_box()["width"] == 360
    expect(card.get_by_role("link", name="Appeler")).to_have_attribute("href", "tel:+33320815757")
    assert not scrolls_sideways(phone)


def test_targets_are_large_enough_for_a_finger(phone):
    open_list(phone)
    open_filters(phone)

    small = phone.locator(
        "button, .button, .option, .operator label, summary, select, input[type=search], .marker"
    ).evaluate_all(
        """all => all.filter(e => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44))
                    .map(e => e.outerHTML.slice(0, 80))"""
    )

    assert small == []


def test_page_of_a_place_shows_its_point(desktop):
    desktop.goto("/lieux/ccas-de-roubaix/")

    expect(desktop.locator(".marker")).to_have_count(1)


@pytest.mark.parametrize(
    "address",
    ["/lieux/", "/lieux/?services=emploi&langues=zzz", "/lieux/ccas-de-roubaix/", "/accessibilite/", "/rien/"],
)
def test_accessibility_rules_find_nothing(screen, address, complaints):
    complaints.allow("404")
    screen.goto(address)
    screen.wait_for_timeout(300)

    assert findings(screen) == []


def test_accessibility_rules_find_nothing_with_everything_open(screen):
    open_list(screen)
    open_filters(screen)
    screen.locator("details.display > summary").click()
    for group in screen.locator("details.section, details.group").all():
        if group.get_attribute("open") is None:
            group.locator("> summary").click()
    screen.locator(".map-panel summary").click()
    screen.get_by_label("Quartiers prioritaires (QPV)").check()
    assert findings(screen) == []

    screen.locator('.place[data-slug="ccas-de-roubaix"] .place-link').click()
    expect(screen.locator(".card-panel .card")).to_be_visible()
    assert findings(screen) == []


def test_hostile_name_is_text_on_the_map_and_in_its_cards(desktop):
    from tests.factories import make_place

    make_place(nom="<img src=x onerror=alert(1)>", id="mal", latitude=50.71, longitude=3.2)
    open_list(desktop)
    marker = desktop.locator('.marker[data-slug="img-src-x-onerror-alert-1"]')

    marker.hover()
    expect(desktop.locator(".short-card strong")).to_have_text("<img src=x onerror=alert(1)>")
    marker.click()

    expect(desktop.locator(".card-panel h1")).to_have_text("<img src=x onerror=alert(1)>")
    assert desktop.locator("img[src=x]").count() == 0
