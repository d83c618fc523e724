"""Somebody looks how to come: the next departures on a card, the page of a stop and its print, the lines on the map."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from places.transport.importing import import_gtfs
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, open_list, scrolls_sideways
from tests.gtfs import EVERY_DAY, calls, feed, saved

pytestmark = pytest.mark.usefixtures("demo", "network")
CCAS = "/lieux/ccas-de-roubaix/"


@pytest.fixture
def network(demo, tmp_path):
    """A bus at each hour from Eurotéléport, every day from last week to the next month."""
    today = timezone.localdate()
    start, end = today - timedelta(7), today + timedelta(30)
    hours = range(5, 24)
    content = feed(
        trips=[
            {"route_id": "N", "service_id": "tous", "trip_id": f"n{h}", "trip_headsign": "Hem Centre"} for h in hours
        ],
        stop_times=[c for h in hours for c in calls(f"n{h}", ("C", f"{h:02}:15:00"), ("A", f"{h:02}:24:00"))],
        calendar=[{"service_id": "tous", **EVERY_DAY, "start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}"}],
    )
    assert import_gtfs(saved(tmp_path, content), apply=True, today=today).applied


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request, open_page) -> Page:
    return open_page(**request.param)


def choose(page: Page, hour: str) -> str:
    day = (timezone.localdate() + timedelta(3)).isoformat()
    card = page.locator(".card")  # the list asks for a day too
    card.get_by_label("Jour", exact=True).fill(day)
    card.get_by_label("Heure", exact=True).fill(hour)
    page.get_by_role("button", name="Voir les passages").press("Enter")
    return day


def small_targets(page: Page, within: str) -> list[str]:
    return page.locator(f"{within} :is(a, button, input, select)").evaluate_all(
        "all => all.filter(e => e.offsetHeight && e.offsetHeight < 44 && !e.closest('label.check'))"
        ".map(e => e.outerHTML.slice(0, 90))"
    )


def test_departures_of_another_day_are_read_in_the_card_beside_the_list(screen):
    open_list(screen)
    screen.get_by_role("link", name="CCAS de Roubaix").first.click()
    card = screen.locator(".card-panel")
    expect(card.locator(".near-stops")).to_contain_text("Eurotéléport")

    choose(screen, "09:00")

    expect(card.locator(".moment-words")).to_contain_text("à 9 h")
    expect(card.locator(".moment-words")).to_be_focused()
    expect(card.locator(".passage-times").first).to_have_text("9 h 15 · 10 h 15 · 11 h 15")
    expect(card.locator("h1")).to_have_text("CCAS de Roubaix")  # nothing else of the screen has moved
    assert findings(screen) == []
    assert not scrolls_sideways(screen)
    assert small_targets(screen, ".card-panel .ways") == []


def test_departures_are_chosen_without_javascript_and_the_question_stays(open_page):
    page = open_page(**DESKTOP, java_script_enabled=False)
    page.goto(f"{CCAS}?services=acces-materiel")

    day = choose(page, "22:00")

    expect(page.locator(".passage-times").first).to_have_text("22 h 15 · 23 h 15")
    expect(page).to_have_url(re.compile(f"services=acces-materiel&depart_jour={day}&depart_heure=22%3A00"))
    page.get_by_role("link", name="Retour aux résultats").click()
    expect(page).to_have_url(re.compile(r"/lieux/\?services=acces-materiel$"))


def test_timetable_of_a_stop_is_read_by_day_and_printed(screen):
    screen.goto(CCAS)
    screen.locator(".near-stops").get_by_role("link", name="Eurotéléport").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text("Arrêt Eurotéléport")
    expect(screen.locator(".hours tr")).to_have_count(19)
    expect(screen.locator(".hours tr").first).to_have_text(re.compile(r"5\sh\s*15"))
    assert findings(screen) == []
    assert not scrolls_sideways(screen)
    assert small_targets(screen, ".stop") == []

    screen.get_by_label("Jour", exact=True).fill((timezone.localdate() + timedelta(29)).isoformat())
    screen.get_by_role("button", name="Voir ce jour").click()
    expect(screen.locator(".hours tr")).to_have_count(19)
    screen.get_by_label("Temps de trajet").select_option("20")
    screen.get_by_label("Aussi en bus, tram ou métro sans changer").check()
    screen.get_by_role("button", name="Chercher").click()
    expect(screen.locator(".reach")).to_contain_text("descendre à Gare")

    screen.emulate_media(media="print")
    expect(screen.locator(".hours").first).to_be_visible()
    for hidden in (".moment", ".reach-form", ".way-back"):
        expect(screen.locator(hidden).first).to_be_hidden()
    assert screen.pdf().startswith(b"%PDF")


def test_lines_and_stops_are_shown_when_asked_and_kept_in_the_address(desktop):
    asked = []
    desktop.on("request", lambda request: asked.append(request.url))
    open_list(desktop)
    assert not [url for url in asked if "arrets.geojson" in url or "lignes.geojson" in url]

    lines, stops = desktop.get_by_label("Lignes de transport"), desktop.get_by_label("Arrêts", exact=True)
    desktop.locator(".map-panel > summary").press("Enter")
    lines.focus()
    desktop.keyboard.press("Space")
    expect(desktop.locator(".line-way")).to_have_count(1)
    expect(desktop.locator(".line-legend")).to_have_text("36")
    stops.focus()
    desktop.keyboard.press("Space")
    expect(desktop.locator(".stop-target")).to_have_count(2)
    expect(desktop).to_have_url(re.compile("couches=lignes,arrets"))
    assert findings(desktop) == []

    desktop.reload()
    expect(desktop.locator(".stop-target")).to_have_count(2)
    desktop.locator(".stop-target").first.dispatch_event("click")
    expect(
        desktop.locator(".leaflet-popup a[href='/arrets/gare/'], .leaflet-popup a[href='/arrets/euroteleport/']")
    ).to_be_visible()
    desktop.keyboard.press("Escape")
    desktop.locator(".map-panel > summary").press("Enter")
    lines.uncheck()
    stops.uncheck()
    expect(desktop.locator(".line-way")).to_have_count(0)
    expect(desktop.locator(".stop-target")).to_have_count(0)
