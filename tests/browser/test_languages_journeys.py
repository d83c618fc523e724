"""Somebody who does not read French, or hardly: from the switch to a number to call, in Arabic and in easy French."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, slow_down
from tests.browser.test_map_journeys import findings, scrolls_sideways

pytestmark = pytest.mark.usefixtures("demo")


@pytest.mark.parametrize(
    ("code", "name", "direction", "scripts"),
    [
        ("ar", "العربية", "rtl", True),
        ("ar", "العربية", "rtl", False),
        ("fr-falc", "Français facile (FALC)", "ltr", True),
    ],
    ids=["arabic", "arabic-without-javascript", "easy-french"],
)
def test_telephone_leads_from_the_switch_to_a_number_in_another_language(open_page, code, name, direction, scripts):
    phone = open_page(**PHONE, java_script_enabled=scripts)
    slow_down(phone)
    phone.goto("/trouver/ou/?besoin=caf")

    phone.locator("a.language").tap()
    phone.get_by_role("link", name=name).tap()

    expect(phone).to_have_url(re.compile(rf"/{code}/trouver/ou/\?besoin=caf$"))
    expect(phone.locator("html")).to_have_css("direction", direction)
    phone.goto("/trouver/")  # an entrance: the choice is remembered
    expect(phone).to_have_url(re.compile(rf"/{code}/trouver/$"))
    phone.locator("main a.answer").first.tap()
    phone.locator("main a.answer").last.tap()
    phone.locator("main a.answer").last.tap()
    expect(phone.locator(".results a[href^='tel:']").first).to_be_visible()
    if scripts:
        assert findings(phone) == []
        assert not scrolls_sideways(phone)
    phone.locator(".results h2 a").first.tap()
    expect(phone.locator("a[href^='tel:']").first).to_be_visible()
    if scripts:
        whole = open_page(**PHONE)
        whole.goto(f"/{code}/lieux/?services=emploi&quand=choisi&jour=2026-12-24&inconnus=oui")
        assert findings(whole) == []
        assert not scrolls_sideways(whole)
