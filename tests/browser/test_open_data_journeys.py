"""Somebody takes the data home: filtered or whole, by mouse, by keyboard, by phone, without JavaScript."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect
from python_calamine import CalamineWorkbook

from tests.browser.axe import findings
from tests.browser.conftest import DESKTOP, PHONE

pytestmark = pytest.mark.usefixtures("demo")
EMPLOI = "Lieux qui aident à chercher un emploi avec internet"


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def screen(request, open_page) -> Page:
    return open_page(**request.param)


def taken(page: Page, name: str) -> Download:
    with page.expect_download() as waited:
        page.get_by_role("link", name=name, exact=True).click()
    return waited.value


def test_filtered_results_are_downloaded_as_they_are_shown(desktop, complaints):
    desktop.goto("/lieux/")
    desktop.get_by_label(EMPLOI).check()
    expect(desktop.locator(".results-count")).to_have_text("10 lieux")

    desktop.get_by_text("Télécharger ces résultats").click()
    download = taken(desktop, "Tableur (ODS)")

    assert download.suggested_filename.endswith("_roubaix_lieux-de-mediation-numerique_roubaix.ods")
    sheet = CalamineWorkbook.from_path(download.path()).get_sheet_by_name("Lieux").to_python()
    assert len(sheet) == 1 + 10


def test_downloads_are_opened_by_keyboard_and_without_javascript(open_page):
    page = open_page(**DESKTOP, java_script_enabled=False)
    page.goto("/lieux/?services=emploi")

    page.locator(".downloads summary").press("Enter")
    download = taken(page, "CSV du standard national")

    rows = list(csv.DictReader(io.StringIO(Path(download.path()).read_text(encoding="utf-8"), newline="")))
    assert len(rows) == 10


def test_whole_data_is_found_from_any_page(phone):
    phone.goto("/lieux/ccas-de-roubaix/")
    phone.get_by_role("link", name="Données ouvertes").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Données ouvertes")
    download = taken(phone, "CSV pour tableur")

    assert download.suggested_filename.endswith("-tableur.csv")
    assert len(Path(download.path()).read_text(encoding="utf-8-sig").splitlines()) >= 41


def test_page_has_no_accessibility_findings_and_does_not_overflow(screen, complaints):
    screen.goto("/donnees-ouvertes/")

    assert findings(screen) == []
    assert screen.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_list_of_downloads_is_large_enough_for_a_finger(phone):
    phone.goto("/lieux/?services=emploi")
    phone.locator(".downloads summary").tap()

    small = phone.locator(".downloads summary, .downloads a").evaluate_all(
        "all => all.filter(e => e.offsetHeight < 44).map(e => e.outerHTML.slice(0, 80))"
    )

    assert small == []
    assert findings(phone) == []
