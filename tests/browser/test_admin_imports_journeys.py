"""A moderator gives a file, reads what it would change, applies it, decides: by mouse, keyboard, phone, no script."""

import csv
import io

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from places import history
from places.importing import apply_run, read_file
from places.models import Conflict, ImportRun, Place, Revision, Source
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin_journeys import audit, sign_in

pytestmark = pytest.mark.usefixtures("demo")


@pytest.fixture
def moderator(demo):
    return User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")


def demo_rows() -> list[dict]:
    text = (settings.BASE_DIR / "fixtures" / "roubaix_lieux.csv").read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def file_of(rows: list[dict]) -> dict:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return {"name": "lieux.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}


@pytest.fixture
def corrected(moderator) -> Place:
    """A place whose address a moderator corrected."""
    place = Place.objects.get(source_id=demo_rows()[0]["id"])
    place.adresse = "12 rue de la Mairie"
    history.save([place], origin=Revision.Origin.ADMIN, author=moderator)
    return place


def changed_rows() -> list[dict]:
    """The demonstration with a corrected address changed again, another place renamed and a new one."""
    rows = demo_rows()
    rows[0]["adresse"] = "14 rue de la Source"
    rows[1]["nom"] = "Un autre nom"
    return [*rows, rows[2] | {"id": "nouveau", "nom": "<script>alert(1)</script> Fablab"}]


def give_file(page: Page, rows: list[dict]) -> None:
    page.get_by_role("link", name="Importer un fichier").click()
    page.get_by_label("Fichier").set_input_files(file_of(rows))
    page.get_by_label("Source :", exact=True).select_option("Démonstration")
    page.get_by_role("button", name="Lire le fichier").click()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_moderator_reads_applies_and_decides(open_page, corrected, moderator, javascript):
    page = open_page(**DESKTOP, java_script_enabled=javascript)
    sign_in(page, "/admin/places/importrun/")

    give_file(page, changed_rows())
    expect(page.locator("#content")).to_contain_text("1 lieu créé, 1 lieu modifié")
    expect(page.locator("#crees")).to_contain_text("<script>alert(1)</script> Fablab")
    expect(page.locator("#modifies ins")).to_have_text("Un autre nom")
    assert Place.objects.count() == 40

    page.get_by_role("button", name="Appliquer").click()
    expect(page.locator(".messagelist .success")).to_contain_text("Appliqué")
    assert Place.objects.count() == 41

    page.get_by_role("link", name="Voir les désaccords").click()
    expect(page.locator("#result_list")).to_contain_text("12 rue de la Mairie")
    page.get_by_role("button", name="Prendre celle de la source").click()
    expect(page.locator(".messagelist .success")).to_contain_text("1 désaccord décidé")

    corrected.refresh_from_db()
    assert corrected.adresse == "14 rue de la Source"
    assert Conflict.objects.get().decided_by == moderator


def test_places_changed_are_one_link_away(desktop, corrected):
    sign_in(desktop, "/admin/places/importrun/")
    give_file(desktop, changed_rows())
    desktop.get_by_role("button", name="Appliquer").click()

    desktop.get_by_role("link", name="Voir les lieux changés").click()

    expect(desktop.locator("#result_list tbody tr")).to_have_count(2)
    expect(desktop.locator("#result_list")).to_contain_text("Un autre nom")


def test_file_that_lost_most_places_is_applied_only_with_the_box_ticked(desktop, moderator):
    sign_in(desktop, "/admin/places/importrun/")
    give_file(desktop, demo_rows()[:10])

    expect(desktop.locator(".errornote")).to_contain_text("30 lieux sur 40")
    desktop.get_by_role("button", name="Appliquer quand même").click()
    assert ImportRun.objects.first().state == "read"  # the browser asks for the box
    desktop.get_by_label("Le fichier est complet").check()
    desktop.get_by_role("button", name="Appliquer quand même").click()

    expect(desktop.locator(".messagelist .success")).to_contain_text("30 lieux qui ne sont plus dans la source")


def test_keyboard_alone_applies(desktop, corrected):
    sign_in(desktop, "/admin/places/importrun/")
    give_file(desktop, changed_rows())

    desktop.get_by_role("button", name="Appliquer").focus()
    desktop.keyboard.press("Enter")

    expect(desktop.locator(".messagelist .success")).to_be_visible()


def test_on_a_phone_both_values_and_their_buttons_are_on_the_screen(phone, corrected):
    leave_everything()
    sign_in(phone, "/admin/places/conflict/")

    for name in ("Garder la nôtre", "Prendre celle de la source"):
        box = phone.get_by_role("button", name=name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360

    phone.get_by_role("button", name="Garder la nôtre").tap()

    expect(phone.locator(".messagelist .success")).to_contain_text("notre valeur est gardée")


def leave_everything() -> list[str]:
    """Leave an import to read, one that is refused, a conflict and a source in failure; return their pages."""
    source = Source.objects.get()
    apply_run(read_file(file_of(changed_rows())["buffer"], "lieux.csv", source), None)
    rows = changed_rows()
    rows[3]["telephone"], rows[4]["code_postal"], rows[5]["nom"] = "03 20 81 57 57", "abc", "Encore un nom"
    waiting = read_file(file_of(rows)["buffer"], "lieux.csv", source)
    refused = read_file(file_of(rows[:5])["buffer"], "lieux.csv", source)
    address = f"https://exemple.fr/{'une-adresse-tres-longue' * 10}.csv"
    failing = Source.objects.create(name="Région", address=address, failures=2, failure=f"« {address} » ne répond pas.")
    place = Conflict.objects.get().place
    return [
        "/admin/",
        "/admin/places/importrun/",
        "/admin/places/importrun/add/",
        f"/admin/places/importrun/{waiting.pk}/change/",
        f"/admin/places/importrun/{refused.pk}/change/",
        "/admin/places/conflict/",
        "/admin/places/conflict/?decision=toutes",
        "/admin/places/source/",
        f"/admin/places/source/{failing.pk}/change/",
        f"/admin/places/place/{place.pk}/change/",
    ]


def test_pages_neither_overflow_nor_have_accessibility_findings(open_page, corrected):
    paths = leave_everything()
    findings = {}

    for size in (DESKTOP, PHONE):
        page = open_page(**size)
        sign_in(page)
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            findings[path] = audit(page) + findings.get(path, [])

    assert {path: found for path, found in findings.items() if found} == {}
