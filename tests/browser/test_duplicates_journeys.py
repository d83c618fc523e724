"""A moderator decides whether two descriptions are one place: by keyboard, by touch, without JavaScript."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from places.duplicates import find
from places.models import Duplicate, Place
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin_journeys import audit, sign_in
from tests.factories import make_permanence, make_place

LIST = "/admin/places/duplicate/"


@pytest.fixture
def pair(transactional_db) -> Duplicate:
    User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")
    make_place(
        id="a", nom="Le Fil de l’Épeule", adresse="132 rue des Arts", services=["emploi"], horaires="Mo 09:00-12:00"
    )
    fuller = make_place(
        id="b",
        nom="LE FIL DE L'EPEULE",
        adresse="132 Rue des Arts",
        latitude=50.6902,
        telephone="+33320815757",
        courriels=["accueil.et.renseignements@le-fil-de-l-epeule.example"],
        services=["acces-materiel"],
        presentation_detail="Un long texte. " * 30,
    )
    make_permanence(fuller, title="Écrivain public")
    find(apply=True)
    return Duplicate.objects.get()


def tab_to(page: Page, locator) -> None:
    """Press Tab until the focus is there."""
    for _press in range(60):
        page.keyboard.press("Tab")
        if locator.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"the keyboard does not reach {locator}")


def test_keyboard_alone_merges_with_the_chosen_values(desktop, pair):
    sign_in(desktop, LIST)
    tab_to(desktop, desktop.get_by_role("link", name="LE FIL DE L'EPEULE"))
    desktop.keyboard.press("Enter")

    tab_to(desktop, desktop.get_by_role("link", name="Garder plutôt la fiche 1"))
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("region", name="Fiche 1")).to_contain_text("Fiche gardée")
    services = desktop.get_by_role("group", name="Services")
    tab_to(desktop, services.get_by_role("radio", name="Fiche 1"))
    desktop.keyboard.press("ArrowRight")
    desktop.keyboard.press("ArrowRight")
    expect(services.get_by_role("radio", name="Les deux ensemble")).to_be_checked()
    tab_to(desktop, desktop.get_by_label("Pourquoi"))
    desktop.keyboard.type("Vu sur place")
    tab_to(desktop, desktop.get_by_role("button", name="Fusionner"))
    desktop.keyboard.press("Enter")

    expect(desktop.locator(".messagelist .success")).to_contain_text("C’est fusionné")
    kept = Place.objects.get(pk="a")
    assert (kept.nom, kept.telephone) == ("Le Fil de l’Épeule", "+33320815757")
    assert {entry.slug for entry in kept.services} == {"emploi", "acces-materiel"}
    assert kept.permanences.get().title == "Écrivain public"
    desktop.goto(f"{Place.objects.get(pk='b').get_absolute_url()}?services=emploi")
    expect(desktop).to_have_url(f"{desktop.url.split('/lieux/')[0]}{kept.get_absolute_url()}?services=emploi")
    expect(desktop.locator("main")).to_contain_text("Le Fil de l’Épeule")


def test_touch_says_that_these_are_two_places(phone, pair):
    sign_in(phone, LIST)
    phone.get_by_role("link", name="LE FIL DE L'EPEULE").tap()
    buttons = phone.locator(".pair").get_by_role("button").all() + phone.locator(".pair .options label").all()
    assert min(button.bounding_box()["height"] for button in buttons) >= 44

    phone.get_by_label("Comment le savez-vous").fill("Deux étages")
    phone.get_by_role("button", name="Ce sont deux lieux différents").tap()

    expect(phone.locator(".messagelist .success")).to_contain_text("restent deux lieux")
    pair.refresh_from_db()
    assert (pair.decision, pair.reason) == ("distinct", "Deux étages")
    assert Place.objects.published().count() == 2


def test_without_javascript_a_merge_is_done_and_undone(open_page, pair):
    page = open_page(java_script_enabled=False)
    sign_in(page, f"{LIST}{pair.pk}/change/")

    page.get_by_role("group", name="Nom").get_by_role("radio", name="Fiche 1").check()
    page.get_by_role("button", name="Fusionner").click()
    assert Place.objects.get(pk="a").merged_into_id == "b"
    page.goto(f"{LIST}{pair.pk}/change/")
    page.get_by_role("button", name="Défaire la fusion").click()

    expect(page.get_by_role("button", name="Fusionner")).to_be_visible()
    assert Place.objects.published().count() == 2


def test_pages_fit_every_screen_and_have_no_accessibility_findings(open_page, pair, complaints):
    complaints.allow("Applying inline style|preload|widgets")  # axe itself, which reads style sheets by writing them
    other = Duplicate.objects.create(one_id="a", other=make_place(id="c"), score=70, decision="distinct")
    for size in (DESKTOP, PHONE):
        page = open_page(**size)
        sign_in(page, LIST)
        for path in (LIST, f"{LIST}{pair.pk}/change/", f"{LIST}{other.pk}/change/"):
            page.goto(path)

            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert audit(page) == [], path
