"""Somebody proposes, corrects and confirms, on a phone or at a desk, with and without JavaScript, mail included."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from places.models import Submission
from places.moderation import stamp
from places.moderation.mail_queue import send_due
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_admin_journeys import audit
from tests.factories import make_place
from tests.mail_server import Mailbox, serving
from tests.test_logos import png

FORMS = ("corriger", "signaler", "ferme", "tout-est-juste")


@pytest.fixture
def place(transactional_db):
    return make_place(
        nom="Le Fil de l’Épeule",
        adresse="132 rue des Arts",
        telephone="+33320815757",
        horaires="Mo-Fr 09:00-12:00",
        services=["emploi"],
    )


@pytest.fixture(autouse=True)
def as_people_do(monkeypatch, complaints):
    """Tests type faster than people; and a form that comes back is news for the browser's console."""
    complaints.allow("status of 422")
    complaints.allow(r"request failed: csp \S+\.js$")  # modules that are asked for ahead, and not taken
    monkeypatch.setattr(stamp, "TOO_FAST", timedelta(0))


def is_whole(page: Page) -> None:
    """Nothing sticks out of the screen, and every target is large enough for a finger."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """[...document.querySelectorAll("main :is(button, input:not([type=hidden]), select, textarea, summary)")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".trap"))
        .filter((element) => !element.matches(".visually-hidden, .leaflet-container *"))
        .map((element) => [element.closest("label.option") ?? element, element])
        .filter(([target]) => target.getBoundingClientRect().height < 43.5)
        .map(([, element]) => element.outerHTML.slice(0, 80))"""
    )
    assert small == []


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page_is_whole_and_accessible_on_every_screen(open_page, place, screen):
    page = open_page(**screen)
    for address in ("/proposer/", "/un-probleme/", *(f"/lieux/{place.slug}/{form}/" for form in FORMS)):
        page.goto(address)
        page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        is_whole(page)
        assert audit(page) == []


def test_phone_corrects_the_hours_day_by_day_and_finds_its_draft_again(phone, place):
    phone.goto(f"/lieux/{place.slug}/")
    phone.get_by_role("link", name="Corriger cette fiche").tap()
    phone.locator("#partie-horaires > summary").tap()
    phone.get_by_label("Lundi, de").first.fill("08:30")
    phone.get_by_label("Lundi, à").first.fill("12:30")
    for day in ("Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi"):
        phone.get_by_role("button", name=f"{day} : Comme la veille").tap()
    phone.get_by_label("Votre e-mail").fill("camille@exemple.fr")
    expect(phone.get_by_text("Brouillon gardé dans ce navigateur.")).to_be_visible()
    phone.get_by_label("Lundi, de").first.fill("08:00")

    phone.reload()  # at once
    phone.get_by_role("button", name="Vous aviez commencé : reprendre").tap()
    expect(phone.get_by_label("Samedi, à").first).to_have_value("12:30")
    expect(phone.get_by_label("Lundi, de").first).to_have_value("08:00")
    expect(phone.get_by_label("Votre e-mail")).to_have_value("")
    phone.locator("#partie-horaires > summary").tap()
    phone.get_by_label("Lundi, de").first.fill("08:30")
    phone.get_by_role("button", name="Envoyer mes corrections").tap()

    expect(phone.get_by_role("heading", level=1)).to_have_text("Merci, c’est bien reçu")
    expect(phone.locator(".sent ins")).to_have_text(re.compile("du lundi au samedi 8h30-12h30"))
    assert Submission.objects.get().proposed == {"horaires": "Mo-Sa 08:30-12:30"}
    is_whole(phone)
    assert audit(phone) == []
    assert phone.evaluate("localStorage.length") == 0


def test_desk_adds_a_place_by_its_point_its_permanences_and_its_logo_after_seeing_its_lookalike(desktop, place):
    desktop.goto("/proposer/")
    desktop.get_by_role("textbox", name="Nom du lieu").fill("Le Fil de l'Épeule")
    desktop.get_by_role("textbox", name="Numéro et rue").fill("132 rue des Arts")
    desktop.get_by_role("textbox", name="Code postal").fill("59100")
    desktop.get_by_role("button", name="Trouver l’adresse sur la carte").click()
    desktop.get_by_role("button", name="132 rue des Arts").click()
    expect(desktop.get_by_text("Le point est sur")).to_be_visible()
    desktop.get_by_label("Chercher un emploi avec internet").check()
    desktop.locator("#partie-permanences > summary").click()
    desktop.get_by_role("textbox", name="Quoi ?").fill("Écrivain public")
    first = desktop.get_by_role("group", name="Nouvelle permanence").first
    first.get_by_label("Mardi, de").first.fill("14:00")
    first.get_by_label("Mardi, à").first.fill("16:00")
    desktop.get_by_role("button", name="Ajouter une autre permanence").click()
    desktop.get_by_role("textbox", name="Quoi ?").nth(1).fill("Bus")
    second = desktop.get_by_role("group", name="Nouvelle permanence").nth(1)
    second.get_by_label("Lundi, de").first.fill("09:00")
    second.get_by_label("Lundi, à").first.fill("10:00")
    second.get_by_role("button", name="Mardi : Comme la veille").click()
    desktop.locator("#partie-details > summary").click()
    desktop.get_by_label("Quelle sorte de structure").select_option("ASSO")
    desktop.locator("#partie-logo > summary").click()
    desktop.locator("#id_logo").set_input_files({"name": "l.png", "mimeType": "image/png", "buffer": png()})
    desktop.get_by_role("button", name="Envoyer").click()

    alike = desktop.get_by_role("alert")
    expect(alike).to_contain_text("Ce lieu est peut-être déjà sur la carte")
    expect(alike).to_contain_text("Le Fil de l’Épeule")
    assert audit(desktop) == []
    desktop.locator("#partie-logo > summary").click()
    expect(desktop.get_by_text("Votre image est gardée.")).to_be_visible()
    alike.get_by_role("button", name="l’ajouter quand même").click()

    expect(desktop.get_by_role("heading", level=1)).to_have_text("Merci, c’est bien reçu")
    submission = Submission.objects.get()
    assert submission.alike == [place.pk]
    assert (submission.proposed["latitude"], submission.proposed["longitude"]) == (place.latitude, place.longitude)
    assert [(held["title"], held["horaires"]) for held in submission.proposed["permanences"]] == [
        ("Écrivain public", "Tu 14:00-16:00"),
        ("Bus", "Mo,Tu 09:00-10:00"),
    ]
    assert submission.proposed["typologie"] == ["ASSO"]
    assert submission.proposed["logo"]


def test_mistake_is_read_first_and_leads_to_its_field(desktop, place):
    desktop.goto(f"/lieux/{place.slug}/corriger/")
    desktop.locator("#partie-contact > summary").click()
    desktop.get_by_role("textbox", name="Téléphone").fill("12")
    with desktop.expect_response(re.compile("corriger")) as answer:
        desktop.get_by_role("button", name="Envoyer mes corrections").click()

    assert answer.value.status == 422
    summary = desktop.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Ce numéro de téléphone n’existe pas.").click()
    expect(desktop.get_by_role("textbox", name="Téléphone")).to_be_focused()
    expect(desktop.get_by_role("textbox", name="Téléphone")).to_have_accessible_description(
        re.compile("Ce numéro de téléphone")
    )
    expect(desktop.get_by_role("textbox", name="Téléphone")).to_have_value("12")
    assert audit(desktop) == []


def test_without_javascript_a_place_is_added_with_two_permanences_and_a_mistake_on_the_way(open_page, place):
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto("/proposer/")
    page.locator("#partie-permanences > summary").tap()
    page.get_by_role("textbox", name="Quoi ?").fill("Écrivain public")
    page.get_by_role("button", name="Ajouter une autre permanence").tap()
    page.get_by_role("textbox", name="Quoi ?").nth(1).fill("Bus")
    second = page.get_by_role("group", name="Nouvelle permanence").nth(1)
    second.get_by_label("Vendredi, de").first.fill("17:00")
    second.get_by_label("Vendredi, à").first.fill("19:00")
    page.get_by_role("textbox", name="Téléphone").fill("03 20 00 00 01")
    page.get_by_text("Écrire la latitude et la longitude").tap()
    page.get_by_role("textbox", name="Latitude").fill("50,691")
    page.get_by_role("textbox", name="Longitude").fill("3,171")
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_role("alert")).to_contain_text("Il manque le nom du lieu.")
    page.get_by_role("textbox", name="Nom du lieu").fill("Maison des jeunes")
    page.get_by_role("button", name="Envoyer").tap()

    expect(page.get_by_role("heading", level=1)).to_have_text("Merci, c’est bien reçu")
    proposed = Submission.objects.get().proposed
    assert [(held["title"], held["horaires"]) for held in proposed["permanences"]] == [
        ("Écrivain public", ""),
        ("Bus", "Fr 17:00-19:00"),
    ]
    assert (proposed["latitude"], proposed["longitude"]) == (50.691, 3.171)


@pytest.mark.parametrize("with_javascript", [True, False])
def test_error_is_reported_and_followed_by_real_mail(open_page, place, settings, with_javascript):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    mailbox = Mailbox()
    page = open_page(**PHONE, java_script_enabled=with_javascript)
    page.goto(f"/lieux/{place.slug}/")
    page.get_by_role("link", name="Signaler une erreur").tap()
    page.get_by_text("Le téléphone").tap()
    page.get_by_label("Qu’est-ce qui serait juste ?").fill("C’est le 03 20 00 00 01")
    page.get_by_label("Votre e-mail").fill("camille@exemple.fr")
    page.get_by_role("button", name="Signaler").tap()
    expect(page.get_by_text("Un e-mail est parti vers camille@exemple.fr.")).to_be_visible()

    with serving(mailbox) as settings.EMAIL_PORT:
        send_due()
        page.goto(re.search(r"http://\S+", mailbox.messages[0].get_content())[0])
        assert not with_javascript or audit(page) == []
        page.get_by_role("button", name="Oui, c’est mon adresse").tap()
        expect(page.get_by_text("Votre adresse e-mail est confirmée")).to_be_visible()
        send_due()

    page.goto(re.search(r"http://\S+/suivi/\S+", mailbox.messages[1].get_content())[0])
    page.get_by_text("Ajouter quelque chose").tap()
    page.get_by_label("Votre réponse").fill("Vérifié en appelant")
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_text("Votre réponse est arrivée.")).to_be_visible()
    submission = Submission.objects.get()
    assert (submission.wrong, submission.messages.get().text) == (["telephone"], "Vérifié en appelant")
