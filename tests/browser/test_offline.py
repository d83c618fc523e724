"""One visit, then no network: the three questions, a card and its number; updates; and nothing else is kept."""

from datetime import datetime, timedelta
from itertools import cycle, product
from threading import Event
from urllib.parse import urlencode, urlsplit

import pytest
from django.http import Http404, HttpResponse
from playwright.sync_api import Error, Page, expect

from places import history
from places.finding import keeping, offline, views
from places.finding.needs import NEEDS
from places.models import Place
from places.opening_hours import PARIS
from tests.browser.conftest import PHONE
from tests.browser.test_admin_journeys import audit

ROWS = """() => [document.querySelector("h1").innerText, ...[...document.querySelectorAll("li.place")].map((row) =>
  [...row.querySelectorAll("h2, h3, .notice, .state, [data-way], .hint")].map((one) => one.tagName + one.innerText))]"""
KEPT = """async () => (await Promise.all((await caches.keys()).map(async (name) =>
  (await (await caches.open(name)).keys()).map(({ url }) => url)))).flat()"""
UPDATE = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  await registration.update();
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  const isOver = () => ["redundant", "activated"].includes(worker.state);
  while (!isOver()) await new Promise((changed) => worker.addEventListener("statechange", changed, { once: true }));
  return worker.state;
}"""
GONE = "async (name) => { while (await caches.has(name)) await new Promise((soon) => setTimeout(soon, 20)); }"
POINTS = ["", "50.6906,3.1817", "50.7106,3.1512"]
TIMES = ["", "maintenant", "aujourdhui", "semaine"]


@pytest.fixture
def telephone(open_page, demo, complaints) -> Page:
    complaints.allow("ERR_INTERNET_DISCONNECTED")
    return open_page(**PHONE)


def visit(page: Page, address: str = "/trouver/") -> None:
    """Open a page and leave it open until the telephone keeps the site."""
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready")


def test_one_visit_then_the_three_questions_without_network(telephone):
    visit(telephone)
    policy = telephone.goto("/trouver/").headers["content-security-policy"]
    telephone.context.set_offline(True)
    assert telephone.reload().headers["content-security-policy"] == policy

    telephone.get_by_role("link", name="CAF").tap()
    expect(telephone.get_by_text("Vous êtes hors connexion.")).to_be_visible()
    telephone.get_by_text("Je choisis mon quartier").tap()
    telephone.get_by_role("link", name="Espérance Centre").tap()
    expect(telephone.locator("h1")).to_have_text("Quand voulez-vous y aller ?")
    expect(telephone.get_by_text("il est")).to_have_count(0)  # the hour at which the page was kept
    telephone.get_by_role("link", name="Peu importe").tap()

    expect(telephone.locator("h1")).to_contain_text("lieux pour vous")
    expect(telephone.locator(".asked")).to_contain_text("Près de : Espérance Centre")
    assert audit(telephone) == []
    name = telephone.locator(".place", has_text="Appeler").first.locator("h2, h3").inner_text()
    telephone.get_by_role("link", name=name, exact=True).tap()
    expect(telephone.locator("h1")).to_have_text(name)
    expect(telephone.locator(".is-today")).to_contain_text("Aujourd’hui")
    expect(telephone.locator(".bring")).to_contain_text("numéro d’allocataire")
    expect(telephone.get_by_text("min à pied").first).to_be_visible()
    assert telephone.get_by_role("link", name="Appeler").get_attribute("href").startswith("tel:+33")
    assert audit(telephone) == []
    telephone.get_by_role("link", name="Retour").tap()
    expect(telephone.locator(".asked")).to_contain_text("CAF")


def test_site_that_fails_or_says_nothing_is_answered_by_what_was_kept(telephone, complaints, monkeypatch):
    complaints.allow("status of 503")
    monkeypatch.setattr(offline, "PATIENCE", 500)
    visit(telephone)
    answers = Event()
    with monkeypatch.context() as broken:
        broken.setattr(views, "shown", lambda *_given: HttpResponse("panne", status=503))
        telephone.goto("/trouver/quand/?besoin=caf")
        expect(telephone.locator("h1")).to_have_text("Quand voulez-vous y aller ?")
        telephone.goto("/trouver/?essai=1")
        expect(telephone.locator("h1")).to_have_text("De quoi avez-vous besoin ?")

        broken.setattr(views, "shown", lambda *_given: answers.wait(20) and HttpResponse("trop tard"))
        telephone.goto("/trouver/ou/?besoin=caf")
        expect(telephone.locator("h1")).to_have_text("Où êtes-vous ?")
        answers.set()


def test_answers_are_those_of_the_site_two_days_later(telephone, monkeypatch):
    at(telephone, monkeypatch, datetime(2026, 12, 1, 10, 30, tzinfo=PARIS))
    visit(telephone)
    at(telephone, monkeypatch, datetime(2026, 12, 3, 14, 10, tzinfo=PARIS))
    asked = zip([need for need in ["", *NEEDS] for _turn in "12"], cycle(product(POINTS, TIMES)), strict=False)
    questions = [
        urlencode({name: value for name, value in {"besoin": need, "point": point, "quand": time}.items() if value})
        for need, (point, time) in asked
    ]

    online = [answer(telephone, question) for question in questions]
    telephone.context.set_offline(True)

    assert [answer(telephone, question) for question in questions] == online


def at(page: Page, monkeypatch, moment: datetime) -> None:
    """Set the clocks of the site and of the telephone."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    page.clock.set_fixed_time(moment)


def answer(page: Page, question: str) -> list:
    page.goto(f"/trouver/resultats/?{question}")
    page.wait_for_selector("main:not([aria-busy])")
    return page.evaluate(ROWS)


def test_hours_are_not_told_any_more_after_a_week(telephone, monkeypatch):
    visit(telephone)
    telephone.clock.set_fixed_time(datetime.now(PARIS) + timedelta(days=8))
    telephone.context.set_offline(True)

    telephone.goto("/trouver/lieu/ccas-de-roubaix/")
    expect(telephone.locator(".state")).to_have_text("Horaires à vérifier")
    expect(telephone.locator("table")).to_have_count(0)
    telephone.goto("/trouver/resultats/?besoin=caf&quand=maintenant")

    expect(telephone.locator("h1")).to_have_text("Aucun lieu ne correspond tout à fait")
    expect(telephone.locator(".place .notice").first).to_have_text(
        "On ne connaît pas ses horaires : appelez avant de venir."
    )


def test_an_update_is_whole_or_nothing(telephone, complaints, monkeypatch):
    complaints.allow("status of 404")
    visit(telephone)
    before = telephone.evaluate("caches.keys()")
    telephone.goto("/trouver/resultats/?besoin=caf")

    with monkeypatch.context() as broken:
        broken.setattr(offline, "_pages", fail)
        rename("CCAS de Roubaix", "Nouveau nom")
        assert telephone.evaluate(UPDATE) == "redundant"
    assert telephone.evaluate("caches.keys()") == before
    telephone.context.set_offline(True)
    telephone.reload()
    expect(telephone.get_by_role("link", name="CCAS de Roubaix", exact=True)).to_be_visible()

    telephone.context.set_offline(False)
    telephone.reload()
    assert telephone.evaluate(UPDATE) == "activated"
    assert len(telephone.evaluate("caches.keys()")) == 2  # the page that is open has its files
    telephone.context.set_offline(True)
    telephone.reload()
    expect(telephone.get_by_role("link", name="Nouveau nom", exact=True)).to_be_visible()
    telephone.evaluate(GONE, before[0])


def fail(*_given):
    raise Http404


def rename(name: str, to: str) -> None:
    place = Place.objects.get(nom=name)
    place.nom = to
    history.save([place], origin="admin")


def test_nothing_but_the_pages_of_the_questions_is_ever_kept(telephone, complaints):
    complaints.allow("status of 404")
    visit(telephone)
    for address in (
        "/admin/login/",
        "/proposer/",
        "/lieux/",
        "/suivi/nulle-part/",
        "/trouver/resultats/?point=50.69,3.18",
    ):
        telephone.goto(address)

    kept = telephone.evaluate(KEPT)
    telephone.context.set_offline(True)

    assert not [address for address in kept if not urlsplit(address).path.startswith(("/trouver/", "/static/"))]
    assert not [address for address in kept if "?" in address]
    with pytest.raises(Error, match="ERR_INTERNET_DISCONNECTED"):
        telephone.goto("/admin/login/")


def test_nothing_is_asked_for_when_data_is_to_be_saved(telephone):
    telephone.add_init_script("Object.defineProperty(navigator, 'connection', { value: { saveData: true } })")
    for address in ("/trouver/", "/trouver/ou/", "/trouver/quand/"):
        telephone.goto(address)
        telephone.evaluate("new Promise((idle) => requestIdleCallback(() => requestIdleCallback(idle)))")

    assert telephone.evaluate("navigator.serviceWorker.getRegistrations()") == []


def test_places_around_a_neighbourhood_are_kept_where_there_are_too_many(telephone, monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 20)
    monkeypatch.setattr(keeping, "AROUND", 10)
    telephone.goto("/trouver/ou/?besoin=caf")
    telephone.get_by_text("Je choisis mon quartier").tap()
    telephone.get_by_role("link", name="Espérance Centre").tap()
    expect(telephone.locator("h1")).to_have_text("Quand voulez-vous y aller ?")
    telephone.evaluate("navigator.serviceWorker.ready")
    telephone.context.set_offline(True)

    telephone.get_by_role("link", name="Peu importe").tap()

    expect(telephone.get_by_text("Vous êtes hors connexion.")).to_be_visible()
    expect(telephone.locator("h1")).to_contain_text("pour vous")
    asked = telephone.locator("#gardes").evaluate("(held) => held.content.children.length")
    assert asked + telephone.locator(".place").count() == 10
