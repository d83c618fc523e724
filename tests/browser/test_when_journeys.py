"""Asking when, with the keyboard alone, and reading the week of the écrivains publics on any screen and on paper."""

import re
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone
from playwright.sync_api import Page, expect

from places.filters import PlaceFilter
from places.opening_hours import PARIS, is_holiday
from places.spoken import spoken_day
from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import make_permanence, make_place

pytestmark = pytest.mark.usefixtures("demo")


def next_tuesday():
    """A working Tuesday to come, whenever the test is run."""
    day = timezone.now().astimezone(PARIS).date() + timedelta(days=1)
    while day.weekday() != 1 or is_holiday(day):
        day += timedelta(days=1)
    return day


def test_time_is_asked_with_the_keyboard_alone(desktop):
    place = make_place(nom="Accueil de jour et de nuit", horaires="24/7; PH open")
    make_permanence(place, title="Écrivain public", horaires="Tu 14:00-17:00; PH off", themes=["ecrivain-public"])
    desktop.goto("/lieux/")
    section = desktop.locator("#section-quand")

    section.locator("> summary").focus()
    desktop.keyboard.press("Enter")
    desktop.keyboard.press("Tab")
    expect(desktop.locator("#quand-indifferent")).to_be_focused()
    desktop.keyboard.press("ArrowDown")
    desktop.keyboard.press("ArrowDown")

    expect(desktop.locator("#quand-aujourdhui")).to_be_focused()
    expect(desktop.locator(".results-sentence")).to_contain_text("ouverts aujourd’hui")
    expect(desktop.get_by_role("link", name="Accueil de jour et de nuit")).to_be_visible()
    expect(desktop.locator(".unknown-hours")).to_contain_text("n’ont pas d’horaires connus")

    tuesday = next_tuesday()
    desktop.keyboard.press("Tab")
    expect(desktop.locator("#jour")).to_be_focused()
    desktop.keyboard.type("0101")  # whatever the order of its parts, its year is still to come
    desktop.locator("#jour").fill(str(tuesday))

    expect(desktop.locator("#quand-choisi")).to_be_checked()
    expect(desktop.locator(".results-sentence")).to_contain_text(spoken_day(tuesday).replace("\u00a0", " "))
    expected = PlaceFilter(QueryDict(f"quand=choisi&jour={tuesday}")).qs.count()
    expect(desktop.locator(".results-count")).to_have_text(f"{expected} lieux")
    expect(desktop.locator("#jour")).to_be_focused()
    assert f"jour={tuesday}" in desktop.url
    assert findings(desktop) == []

    desktop.goto(f"/lieux/?themes=ecrivain-public&quand=choisi&jour={tuesday}&heure=15:00")
    row = desktop.locator(".place").filter(has_text="Accueil de jour et de nuit")
    expect(row).to_contain_text(re.compile("Écrivain public\u00a0: mardi .* 14.h – 17.h"))
    desktop.go_back()
    desktop.get_by_role("link", name="les montrer").press("Enter")
    expect(desktop.locator("#inconnus")).to_be_checked()
    expect(desktop.locator(".results-sentence")).to_contain_text("ou aux horaires inconnus")
    expect(desktop.locator("#resultats")).to_be_focused()


def test_time_is_asked_without_javascript(open_page, complaints):
    complaints.allow(r"request failed: csp \S+\.js$")  # modules that are asked for ahead, and not taken
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto("/lieux/")

    page.locator("#section-quand > summary").click()
    page.get_by_label("Un autre jour").check()
    page.get_by_role("button", name="Voir les lieux").click()
    expect(page.locator("#jour-manque")).to_be_visible()

    page.locator("#jour").fill(str(next_tuesday()))
    page.get_by_role("button", name="Voir les lieux").click()
    expect(page.locator(".results-sentence")).to_contain_text("ouverts le mardi")


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request, open_page) -> Page:
    return open_page(**request.param)


def test_week_of_the_writers_is_read_narrowed_turned_and_printed(screen):
    screen.goto("/lieux/")
    screen.get_by_role("link", name="Écrivains publics").first.click()
    screen.get_by_role("link", name="Semaine suivante").click()

    wide = screen.viewport_size["width"] > 1000
    expect(screen.locator(".writers-table")).to_be_visible(visible=wide)
    expect(screen.locator(".writers-days")).to_be_visible(visible=not wide)
    week = screen.locator(".writers-table" if wide else ".writers-days")
    expect(week).to_contain_text("Centre social de l’Alma")
    assert findings(screen) == []
    assert screen.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    screen.get_by_label("Langue parlée").select_option("Arabe")
    screen.get_by_role("button", name="Voir").press("Enter")
    expect(week).not_to_contain_text("Centre social de l’Alma")
    expect(week).to_contain_text("Centre social des Quatre Quartiers")
    expect(week).to_contain_text("À vérifier")
    assert "semaine=" in screen.url

    paper = screen.pdf(prefer_css_page_size=True)
    [box] = set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper))
    assert [round(float(side)) for side in box] == [842, 595]  # A4 on its side
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1

    week.get_by_role("link", name="Centre social des Quatre Quartiers").click()
    expect(screen.get_by_role("heading", level=1)).to_have_text("Centre social des Quatre Quartiers")
