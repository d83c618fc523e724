"""The territory in a browser: layers by keyboard, colours and legend, a territory's page, a printed diagnosis."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.usefixtures("demo")
LAYERS = re.compile(r"/(territoires|couches)/.*json")


def test_layers_come_by_keyboard_when_asked_and_stay_in_the_address(desktop):
    asked = []
    desktop.on("request", lambda request: LAYERS.search(request.url) and asked.append(request.url.split("/", 3)[3]))
    desktop.goto("/lieux/")
    expect(desktop.locator("places-map path.area-line")).to_have_count(1)
    assert asked == ["territoires/commune.geojson"]

    desktop.locator(".map-panel summary").press("Enter")
    desktop.get_by_label("Habitants, par IRIS").press("Space")
    expect(desktop.locator("path.area-coloured")).to_have_count(38)
    legend = desktop.locator(".map-legend")
    expect(legend).to_contain_text("Fragilité numérique")
    expect(legend.locator("li")).to_have_count(5)
    counted = [int(text.rsplit("(", 1)[1].rstrip(")")) for text in legend.locator("li").all_inner_texts()]
    drawn = [desktop.locator(f"path.area-coloured.class-{rank}").count() for rank in range(5)]
    assert counted == drawn == [8, 10, 6, 7, 7]
    fills = {desktop.locator(f"path.class-{rank}").first.evaluate("e => getComputedStyle(e).fill") for rank in range(5)}
    assert len(fills) == 5

    desktop.get_by_label("Indicateur qui colore les IRIS").select_option("population")
    expect(legend).to_contain_text("Population")
    desktop.get_by_label("Acteurs de l’insertion").press("Space")
    expect(desktop.locator(".marker-municipal")).to_have_count(16)
    assert "couches=iris:population,insertion" in desktop.url
    assert findings(desktop) == []

    desktop.reload()
    expect(desktop.locator("path.area-coloured")).to_have_count(38)
    expect(desktop.locator(".marker-municipal")).to_have_count(16)
    desktop.locator(".map-panel summary").press("Enter")
    desktop.get_by_label("Habitants, par IRIS").press("Space")
    expect(desktop.locator("path.area-coloured")).to_have_count(0)
    expect(legend).to_be_empty()
    assert "couches=insertion" in desktop.url


def test_figure_that_is_missing_is_hatched_and_said(desktop):
    from places.models import Territory

    territory = Territory.objects.get(kind="iris", code="595120101")
    territory.indicators["population"] = None
    territory.save()

    desktop.goto("/lieux/?couches=iris:population")

    expect(desktop.locator("path[fill='url(#hachures-inconnu)'].area-coloured")).to_have_count(1)
    expect(desktop.locator(".map-legend")).to_contain_text("non renseigné (1)")


def test_municipal_actor_is_read_by_keyboard(desktop):
    desktop.goto("/lieux/?couches=insertion")
    actor = desktop.get_by_role("button", name="CENTRE SOCIAL DE L'ALMA", exact=True)

    actor.press("Enter")

    expect(desktop.locator(".leaflet-popup-content")).to_contain_text("type : SIAE ACI")


def test_card_leads_to_a_territory_and_to_the_diagnosis(open_page, complaints):
    complaints.allow(r"request failed: csp \S+\.js$")  # modules that are asked for ahead, and not taken
    for screen in (DESKTOP, PHONE):
        page = open_page(**screen, java_script_enabled=screen is DESKTOP)
        page.goto("/lieux/adil-du-nord-et-du-pas-de-calais-roubaix/")
        page.get_by_role("link", name="Espérance Centre / Nations Unies / Anseele").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Espérance")
        expect(page.get_by_role("heading", name="Ce qui manque")).to_be_visible()
        page.get_by_role("link", name="Tous les territoires").click()
        page.get_by_role("link", name="Le diagnostic : ce qui manque, et où").click()
        page.get_by_label("Ce qu’on cherche").select_option("services:emploi")
        page.get_by_label("Territoires", exact=True).select_option("iris")
        page.get_by_role("button", name="Montrer").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("emploi")
        expect(page.locator(".shape-area")).to_have_count(38)
        wide = (
            page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if screen is DESKTOP
            else 0
        )
        assert wide == 0


def test_pages_of_the_territory_break_no_rule_of_accessibility(open_page):
    for screen in (DESKTOP, PHONE):
        page = open_page(**screen)
        for address in (
            "/territoires/",
            "/territoires/qpv/QP059082/",
            "/couches/insertion/",
            "/diagnostic/?par=iris",
            "/diagnostic/methode/",
            "/en-chiffres/",
            "/en-chiffres/?integration=1",
        ):
            page.goto(address)
            assert findings(page) == [], address


def test_diagnosis_prints_as_a_report_with_its_sources(desktop, tmp_path):
    desktop.goto("/diagnostic/?par=quartier")
    desktop.emulate_media(media="print")

    expect(desktop.locator(".chooser")).to_be_hidden()
    expect(desktop.get_by_text("Sources, méthode, limites")).to_be_visible()
    expect(desktop.locator(".territory-map").first).to_be_visible()
    content = desktop.pdf(path=tmp_path / "diagnostic.pdf", format="A4", print_background=False)
    assert 2 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page>") + content.count(b"/Type /Page ") <= 12
