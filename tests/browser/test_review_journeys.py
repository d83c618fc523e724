"""A moderator at the review desk: by keyboard alone, on a place that changed meanwhile, and back."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from places import history
from places.merging import version
from places.models import Mail, Place, Sentence, Submission
from places.moderation import stamp
from places.moderation.proposed import shown
from tests.browser.test_admin_journeys import audit, moderator, sign_in  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo", "moderator")


@pytest.fixture
def place(demo) -> Place:
    return Place.objects.exclude(latitude=None).exclude(telephone="")[0]


def make_submission(place: Place, **given) -> Submission:
    values = {"base": shown(place), "base_version": version(place), "email": "voisine@exemple.fr"}
    return Submission.objects.create(kind="correction", place=place, fingerprint=str(given), **values | given)


def press_until(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until something of this name has the focus."""
    for _time in range(most):
        page.keyboard.press("Tab")
        if name in page.evaluate(
            "document.activeElement.labels?.[0]?.innerText || document.activeElement.innerText || ''"
        ):
            return
    raise AssertionError(f"Tab never reached « {name} »")


def test_moderator_decides_by_keyboard_alone_and_undoes_it(desktop, place):
    name = place.nom
    submission = make_submission(place, proposed={"nom": "Pizzeria", "telephone": "+33320815757"})
    sign_in(desktop, "/admin/places/submission/")
    assert audit(desktop) == []

    desktop.get_by_role("link", name=name).first.focus()
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_role("heading", level=1)).to_contain_text(name)
    assert audit(desktop) == []
    press_until(desktop, "Accepter")
    desktop.keyboard.press("ArrowRight")
    press_until(desktop, "Votre réponse")
    desktop.keyboard.type("Le nom est le bon.")
    press_until(desktop, "Appliquer")
    desktop.keyboard.press("Enter")

    expect(desktop.locator(".messagelist .success")).to_contain_text("acceptée en partie")
    place.refresh_from_db()
    assert (place.nom, place.telephone) == (name, "+33320815757")

    desktop.goto(f"/admin/places/submission/{submission.pk}/change/")
    assert audit(desktop) == []
    desktop.get_by_role("button", name="Défaire cette décision").press("Enter")
    expect(desktop.locator(".messagelist .success")).to_contain_text("à décider de nouveau")
    place.refresh_from_db()
    assert place.telephone != "+33320815757"


def test_conflict_is_shown_and_the_point_is_moved_on_the_map(desktop, place, complaints):
    complaints.allow("status of (409|422)")
    before = place.latitude
    submission = make_submission(
        place, proposed={"telephone": "+33320815757", "latitude": before + 0.002, "longitude": place.longitude}
    )
    sign_in(desktop, f"/admin/places/submission/{submission.pk}/change/")
    expect(desktop.get_by_text("Place actuelle sur la carte")).to_be_visible()
    place.telephone = "+33320000001"
    history.save([place], origin="admin", author=User.objects.get(username="samira"))

    desktop.get_by_role("button", name="Appliquer ces décisions").click()
    expect(desktop.locator(".messagelist .error")).to_contain_text("a changé depuis")
    topic = desktop.get_by_role("group", name="Téléphone changé depuis")
    expect(topic).to_contain_text("03 20 00 00 01")
    desktop.get_by_role("button", name="Appliquer ces décisions").click()
    expect(desktop.get_by_text("Changé depuis : choisir")).to_be_visible()
    assert audit(desktop) == []
    desktop.get_by_role("group", name="Téléphone", exact=True).get_by_label("Refuser").check()
    desktop.locator(".point-marker").focus()
    desktop.keyboard.press("ArrowUp")
    desktop.get_by_label("Votre réponse").fill("Le numéro vient de changer.")
    desktop.get_by_role("button", name="Appliquer ces décisions").click()

    expect(desktop.locator(".messagelist .success")).to_be_visible()
    place.refresh_from_db()
    assert place.telephone == "+33320000001"
    assert place.latitude > before + 0.002
    assert not Mail.objects.filter(to="voisine@exemple.fr").exists()  # nobody confirmed this address


def test_question_then_refusal_with_a_reason_by_keyboard_and_what_the_person_reads(
    desktop, phone, place, complaints, monkeypatch
):
    complaints.allow("status of 422")
    monkeypatch.setattr(stamp, "TOO_FAST", timedelta(0))
    Sentence.objects.create(kind="reason", title="Pas vérifiable", text="Nous n’avons pas pu le vérifier.")
    name = place.nom
    submission = make_submission(place, proposed={"nom": "Pizzeria"})
    page = f"/admin/places/submission/{submission.pk}/change/"

    sign_in(desktop, page)
    press_until(desktop, "Poser une question")
    desktop.keyboard.press("Enter")
    press_until(desktop, "Votre question")
    desktop.keyboard.type("Qui vous l’a dit ?")
    press_until(desktop, "Envoyer la question")
    desktop.keyboard.press("Enter")
    expect(desktop.locator(".messagelist .success")).to_contain_text("La question est posée")
    phone.goto(submission.get_absolute_url())
    expect(phone.locator(".state-name")).to_contain_text("Question posée")
    expect(phone.get_by_text("Qui vous l’a dit ?")).to_be_visible()
    phone.get_by_label("Votre réponse").fill("Un voisin.")
    phone.get_by_role("button", name="Envoyer").tap()
    expect(phone.get_by_text("Votre réponse est arrivée.")).to_be_visible()

    desktop.goto(page)
    expect(desktop.get_by_text("Un voisin.")).to_be_visible()
    press_until(desktop, "Tout refuser")
    desktop.keyboard.press("Enter")
    expect(desktop.get_by_text("Dire pourquoi : la personne lira cette réponse.")).to_be_visible()
    assert audit(desktop) == []
    press_until(desktop, "Une phrase toute prête")
    desktop.keyboard.type("Pas")
    press_until(desktop, "Votre réponse")
    desktop.keyboard.type("Le nom est sur la façade.")
    press_until(desktop, "Tout refuser")
    desktop.keyboard.press("Enter")
    expect(desktop.locator(".messagelist .success")).to_contain_text("Refusé")

    phone.goto(submission.get_absolute_url())
    expect(phone.locator(".state-name")).to_contain_text("Refusée")
    expect(phone.locator(".state blockquote")).to_have_text(
        re.compile(r"Nous n’avons pas pu le vérifier\.\s+Le nom est sur la façade\.")
    )
    assert audit(phone) == []
    place.refresh_from_db()
    assert place.nom == name


def test_quality_desk_is_clean_and_narrows_to_a_subject(desktop):
    sign_in(desktop, "/admin/qualite/")
    assert audit(desktop) == []
    desktop.get_by_role("link", name="Sans nouvelles depuis longtemps", exact=True).click()
    expect(desktop.locator("#work-heading")).to_contain_text("sans nouvelles")
