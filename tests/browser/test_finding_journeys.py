"""A resident's phone: from the entrance to a called number, by finger, by keyboard, without JavaScript or position."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, slow_down
from tests.browser.test_map_journeys import findings, scrolls_sideways

pytestmark = pytest.mark.usefixtures("demo")
ANDROID = PHONE | {"user_agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/150.0.0.0 Mobile"}
TOWN_HALL = {"latitude": 50.691534, "longitude": 3.175271, "accuracy": 30}
# A telephone that never finds itself; Playwright can only give a position or refuse it.
LOST = """Object.defineProperty(navigator.geolocation, "getCurrentPosition", {
  value: (_found, failed) => failed({ code: 3, PERMISSION_DENIED: 1, TIMEOUT: 3 }),
})"""
TOO_SMALL = """(least) => [...document.querySelectorAll("main :is(a, button, summary, [type=text])")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least)
  .map((one) => one.outerHTML)"""


def assert_is_kind(page: Page) -> None:
    """Nothing that axe finds, nothing to scroll sideways for, nothing too small for a thumb."""
    assert findings(page) == []
    assert not scrolls_sideways(page)
    assert page.evaluate(TOO_SMALL, 48) == []
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 20


def minutes(page: Page) -> list[int]:
    return [int(text.split()[0]) for text in page.locator(".results").first.locator("strong").all_inner_texts()]


@pytest.mark.parametrize("scripts", [True, False], ids=["with-javascript", "without-javascript"])
def test_telephone_leads_from_the_entrance_to_a_number_in_four_taps(open_page, settings, scripts):
    settings.HELP_PHONE, settings.HELP_NAME = "+33320815757", "CCAS de Roubaix"
    phone = open_page(**ANDROID, java_script_enabled=scripts)
    slow_down(phone)
    phone.goto("/")
    taps = [("De quoi avez-vous besoin", "Retraite"), ("Où êtes-vous", "Peu importe"), ("Quand", "Peu importe")]

    for question, answer in taps:
        expect(phone.get_by_role("heading", level=1)).to_contain_text(question)
        if scripts:
            assert_is_kind(phone)
        else:
            expect(phone.get_by_role("button", name="Ma position")).to_have_count(0)
        phone.get_by_role("link", name=answer).tap()
    call = phone.get_by_role("link", name=re.compile(r"Appeler CCAS de Roubaix, 03"))  # the fourth tap calls

    expect(call).to_have_attribute("href", "tel:+33320815757")
    if scripts:
        assert_is_kind(phone)
    phone.go_back()
    expect(phone).to_have_url(re.compile(r"/trouver/quand/\?besoin=retraite$"))


def test_position_is_asked_on_tap_rounded_and_its_precision_said(open_page):
    phone = open_page(**ANDROID, geolocation=TOWN_HALL, permissions=["geolocation"])
    phone.goto("/trouver/ou/?besoin=caf")

    phone.get_by_role("button", name="Ma position").tap()
    phone.get_by_role("link", name="Cette semaine").tap()

    expect(phone.get_by_role("link", name="Près de vous, à 30 mètres près")).to_be_visible()
    assert phone.url.endswith("?besoin=caf&point=50.6915%2C3.1753&precision=30&quand=semaine")
    assert minutes(phone) == sorted(minutes(phone))
    assert findings(phone) == []


@pytest.mark.parametrize(
    ("lost", "words"),
    [(False, "Vous avez refusé de donner votre position."), (True, "Votre téléphone ne trouve pas où vous êtes.")],
    ids=["refused", "too-late"],
)
def test_position_that_is_not_had_leads_to_an_address_by_keyboard(open_page, lost, words):
    phone = open_page(**ANDROID, permissions=[])
    if lost:
        phone.add_init_script(LOST)
    phone.goto("/trouver/ou/?besoin=lettre")

    phone.get_by_role("button", name="Ma position").tap()

    expect(phone.get_by_role("status")).to_contain_text(words)
    expect(phone.get_by_label("J’écris mon adresse")).to_be_focused()
    phone.keyboard.type("eurotele")
    phone.keyboard.press("Enter")
    expect(phone).to_have_url(re.compile(r"/trouver/quand/\?besoin=lettre&autour=Eurot%C3%A9l%C3%A9port&point="))
    phone.get_by_role("link", name="Peu importe").focus()
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("link", name="Près de : Eurotéléport")).to_be_visible()
    assert minutes(phone) == sorted(minutes(phone))
