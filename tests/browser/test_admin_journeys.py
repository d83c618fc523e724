"""A moderator completes a place that waits for its address: by mouse, by keyboard, by phone, without JavaScript."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from places.models import ImportRun, Place, Term, Territory
from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE

WAITING = "/admin/places/place/?a_completer=oui"
# Django's own: the label of its search box is a picture.
KNOWN = "label-title-only"

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def moderator(demo):
    return User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")


def sign_in(page: Page, path: str = "/admin/") -> None:
    page.goto(path)
    page.get_by_label("Nom d’utilisateur").fill("samira")
    page.get_by_label("Mot de passe").fill("long-enough-1")
    page.get_by_role("button", name="Connexion").click()
    page.wait_for_url(f"**{path}")


def open_waiting_place(page: Page) -> Place:
    """Sign in, open the first of the places to complete, and return it."""
    sign_in(page, WAITING)
    link = page.locator("#result_list .field-nom a").first
    place = Place.objects.get(nom=link.inner_text())
    link.click()
    expect(page.get_by_label("Nom :", exact=True)).to_have_value(place.nom)
    return place


def point(page: Page) -> tuple[float, float]:
    return float(page.get_by_label("Latitude").input_value()), float(page.get_by_label("Longitude").input_value())


def save(page: Page) -> None:
    page.get_by_role("button", name="Enregistrer", exact=True).first.click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_click_on_the_map_completes_a_place_and_shows_it_to_the_public(desktop, moderator):
    place = open_waiting_place(desktop)

    desktop.get_by_label("Adresse :", exact=True).fill("12 rue du Test")
    desktop.locator("point-picker .map").click(position={"x": 300, "y": 200})
    clicked = point(desktop)
    save(desktop)

    place.refresh_from_db()
    assert (place.latitude, place.longitude) == clicked
    assert place.position_quality == Place.PositionQuality.EXACT
    assert place.revisions.first().author == moderator
    expect(desktop.locator("#result_list")).not_to_contain_text(place.nom)
    desktop.goto(place.get_absolute_url())
    expect(desktop.locator("main")).to_contain_text("12 rue du Test")


def test_drag_moves_the_point_and_the_button_erases_it(desktop, moderator):
    open_waiting_place(desktop)
    desktop.locator("point-picker .map").click(position={"x": 300, "y": 200})
    before = point(desktop)

    marker = desktop.locator(".point-marker").bounding_box()
    desktop.mouse.move(marker["x"] + 18, marker["y"] + 20)
    desktop.mouse.down()
    desktop.mouse.move(marker["x"] + 98, marker["y"] + 60, steps=4)
    desktop.mouse.up()
    after = point(desktop)
    desktop.get_by_role("button", name="Effacer le point").click()

    assert after[0] < before[0]
    assert after[1] > before[1]
    expect(desktop.locator(".point-marker")).to_have_count(0)
    expect(desktop.get_by_label("Latitude")).to_have_value("")


def test_typed_numbers_move_the_marker(desktop, moderator):
    open_waiting_place(desktop)

    desktop.get_by_label("Latitude").fill("50.6905")
    expect(desktop.locator(".point-marker")).to_have_count(0)
    desktop.get_by_label("Longitude").fill("3.1817")

    expect(desktop.locator(".point-marker")).to_be_visible()


def test_keyboard_alone_places_and_saves_a_point(desktop, moderator):
    place = open_waiting_place(desktop)

    desktop.get_by_role("button", name="Placer le point au centre de la carte").focus()
    desktop.keyboard.press("Enter")
    placed = point(desktop)
    expect(desktop.get_by_role("button", name=re.compile("Position du lieu"))).to_be_focused()
    desktop.keyboard.press("ArrowUp")
    desktop.keyboard.press("Shift+ArrowRight")
    moved = point(desktop)
    desktop.get_by_label("Latitude").press("Enter")
    expect(desktop.locator(".messagelist .success")).to_be_visible()

    up, right = moved[0] - placed[0], moved[1] - placed[1]
    assert 0 < up < right
    place.refresh_from_db()
    assert (place.latitude, place.longitude) == moved


def test_without_javascript_the_point_is_typed(open_page, moderator):
    page = open_page(java_script_enabled=False)
    place = open_waiting_place(page)

    expect(page.locator(".field-map noscript")).to_be_visible()
    expect(page.locator("point-picker")).to_be_hidden()
    page.get_by_label("Latitude").fill("50.6905")
    page.get_by_label("Longitude").fill("3.1817")
    page.get_by_label("Intitulé").first.fill("Écrivain public")
    save(page)

    place.refresh_from_db()
    assert place.point == (50.6905, 3.1817)
    assert place.permanences.get().title == "Écrivain public"
    assert {"latitude", "longitude", "permanences"} < {*place.revisions.first().changes}


def test_on_a_phone_a_touch_places_the_point(phone, moderator):
    open_waiting_place(phone)

    phone.locator("point-picker .map").tap(position={"x": 150, "y": 200})

    expect(phone.locator(".point-marker")).to_be_visible()


def test_tiles_that_fail_are_said_and_the_point_is_placed_all_the_same(desktop, moderator, complaints):
    complaints.allow(r"net::ERR_FAILED")
    desktop.route("**/*.png", lambda route: route.abort())
    open_waiting_place(desktop)

    expect(desktop.get_by_text("Le fond de carte ne s’affiche pas")).to_have_count(1)
    desktop.locator("point-picker .map").click(position={"x": 300, "y": 200})

    expect(desktop.locator(".point-marker")).to_be_visible()


def every_page() -> list[str]:
    place, term = Place.objects.first(), Term.objects.first()
    territory, run = Territory.objects.first(), ImportRun.objects.first()
    return [
        "/admin/",
        "/admin/password_change/",
        "/admin/places/place/",
        "/admin/places/place/add/",
        f"/admin/places/place/{place.pk}/change/",
        f"/admin/places/place/{place.pk}/history/",
        "/admin/places/permanence/",
        "/admin/places/term/",
        "/admin/places/term/add/",
        f"/admin/places/term/{term.pk}/change/",
        "/admin/places/territory/",
        f"/admin/places/territory/{territory.pk}/change/",
        "/admin/places/source/",
        "/admin/places/importrun/",
        f"/admin/places/importrun/{run.pk}/change/",
    ]


def test_no_page_of_the_desk_overflows_or_makes_the_browser_complain(open_page, moderator):
    """The strict policy holds in any page: neither an inline script or style nor another origin."""
    for size in (DESKTOP, PHONE):
        page = open_page(**size)
        sign_in(page)

        for path in every_page():
            page.goto(path)

            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_pages_of_the_desk_have_no_accessibility_findings(desktop, moderator):
    desktop.goto("/admin/login/")
    broken = {"/admin/login/": audit(desktop)}
    sign_in(desktop)

    for path in every_page():
        desktop.goto(path)
        broken[path] = audit(desktop)

    assert {path: found for path, found in broken.items() if found} == {}


def audit(page: Page) -> list[str]:
    return [found for found in findings(page) if not found.startswith(KNOWN)]
