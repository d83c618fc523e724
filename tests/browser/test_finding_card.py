"""The card of a place in the hand of a person: calling, the map under one finger and two, hearing, giving, keeping."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, scrolls_sideways

pytestmark = pytest.mark.usefixtures("demo")
CARD = "/trouver/lieu/ccas-de-roubaix/"
VOICE = """
window.spoken = [];
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => [{ lang: "fr_FR" }],
  speak: (part) => spoken.push(part.text),
  cancel: () => (spoken.length = 0),
} });
"""
SMALL = """() => [...document.querySelectorAll("a, button, summary, input")].filter((one) =>
  one.checkVisibility() && !one.closest("p, .skip, .bottom") && one.getBoundingClientRect().height < 47.5
).map((one) => one.outerHTML.slice(0, 80))"""


def view(page: Page) -> list[float]:
    """The centre of the map and its zoom, once it stands still."""
    canvas = page.locator(".map-canvas")
    expect(canvas).to_have_attribute("data-view", re.compile("."))
    expect(page.locator(".leaflet-zoom-anim")).to_have_count(0)
    return [float(number) for number in canvas.get_attribute("data-view").split(",")]


def drag(page: Page, *fingers: tuple[float, float], down: float = 0, apart: float = 0) -> None:
    """Move fingers together down the screen, or away from each other, as the browser itself feels them."""
    tools = page.context.new_cdp_session(page)
    for step in range(10):
        kind, part = "touchStart" if step == 0 else "touchMove", step / 9
        points = [
            {"x": x + (apart if number else -apart) * part, "y": y + down * part, "id": number}
            for number, (x, y) in enumerate(fingers)
        ]
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_map_comes_when_asked_and_moves_under_two_fingers_only(phone):
    asked = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(f"{CARD}?besoin=caf&point=50.69,3.18")
    expect(phone.get_by_role("link", name="Appeler 03 20 81 57 57")).to_have_attribute("href", "tel:+33320815757")
    assert findings(phone) == []
    assert not scrolls_sideways(phone)
    assert phone.evaluate(SMALL) == []
    assert [address for address in asked if "leaflet" in address or ".png" in address] == []

    phone.get_by_role("link", name="Voir la carte").tap()
    before = view(phone)
    expect(phone.get_by_text("Deux doigts pour bouger la carte")).to_be_visible()
    assert findings(phone) == []
    phone.evaluate("""() => {
      const hint = document.querySelector(".map-fingers");
      const look = () => (window.wasTold ||= hint.classList.contains("is-told"));
      new MutationObserver(look).observe(hint, { attributes: true });
    }""")
    height = phone.evaluate("scrollY")
    drag(phone, (180, 400), down=-100)
    phone.wait_for_function("height => scrollY > height + 60", arg=height)  # one finger scrolls the page
    assert view(phone) == before
    assert phone.evaluate("window.wasTold")

    phone.wait_for_function("async (y = scrollY) => (await new Promise((r) => setTimeout(r, 200)), y === scrollY)")
    phone.locator(".map-canvas").scroll_into_view_if_needed()
    box = phone.locator(".map-canvas").bounding_box()
    height = phone.evaluate("scrollY")
    drag(phone, (140, box["y"] + 100), (220, box["y"] + 100), down=120)
    expect(phone.locator(".map-canvas")).not_to_have_attribute("data-view", re.compile(rf"^{before[0]:.5f},"))
    assert view(phone)[0] > before[0] + 0.0005, "two fingers move the map"
    assert phone.evaluate("scrollY") == height

    drag(phone, (140, box["y"] + 200), (220, box["y"] + 200), apart=80)
    expect(phone.locator(".map-canvas")).not_to_have_attribute("data-view", re.compile(rf",{before[2]:.0f}$"))
    zoom = view(phone)[2]
    assert zoom > before[2], "and enlarge it"
    button = phone.get_by_role("button", name="Agrandir la carte")
    assert min(button.bounding_box()[side] for side in ("width", "height")) >= 48
    button.tap()
    expect(phone.locator(".map-canvas")).to_have_attribute("data-view", re.compile(rf",{zoom + 1:.0f}$"))

    phone.get_by_role("button", name="Plein écran").tap()
    expect(phone.locator("dialog:modal")).to_be_visible()
    before = view(phone)
    drag(phone, (180, 300), down=150)
    expect(phone.locator(".map-canvas")).not_to_have_attribute("data-view", re.compile(rf"^{before[0]:.5f},"))
    phone.keyboard.press("Escape")
    expect(phone.locator("dialog:modal")).to_have_count(0)
    phone.get_by_role("button", name="Fermer la carte").tap()
    expect(phone.get_by_role("link", name="Voir la carte")).to_be_focused()


def test_card_is_heard_given_and_kept(open_page, complaints):
    phone = open_page(**PHONE, permissions=["clipboard-read", "clipboard-write"])
    phone.add_init_script(VOICE)
    phone.goto(f"{CARD}?point=50.69,3.18")

    phone.get_by_role("button", name="Écouter cette page").tap()
    heard = phone.evaluate("spoken")
    assert heard[0] == "CCAS de Roubaix"
    assert [part for part in heard if "8 h jusqu’à 12 h" in part], heard
    assert heard.index("Ce qu’on fait ici") < heard.index("Quand venir") < heard.index("Comment venir")
    phone.get_by_role("button", name="Arrêter la lecture").tap()
    assert phone.evaluate("spoken") == []

    expect(phone.get_by_role("button", name="Partager")).to_be_hidden()  # this browser cannot
    phone.get_by_text("Montrer le code QR").tap()
    expect(phone.get_by_role("img", name="Code QR")).to_be_visible()
    phone.get_by_role("button", name="Copier le lien").tap()
    expect(phone.get_by_text("Lien copié")).to_be_visible()
    assert phone.evaluate("navigator.clipboard.readText()").endswith(CARD), "without the position"

    complaints.allow("ERR_INTERNET_DISCONNECTED")
    phone.context.set_offline(True)
    phone.get_by_role("link", name="Voir la carte").tap()
    expect(phone.get_by_text("La carte ne vient pas sans internet.")).to_be_visible()
    phone.context.set_offline(False)

    phone.get_by_role("button", name="Garder ce lieu").tap()
    expect(phone.get_by_role("button", name="Gardé dans « Mes lieux »")).to_have_attribute("aria-pressed", "true")
    phone.goto("/trouver/")
    phone.get_by_text("Mes lieux (1)").tap()
    assert findings(phone) == []
    expect(phone.get_by_role("link", name="Appeler 03 20 81 57 57")).to_have_attribute("href", "tel:+33320815757")
    phone.get_by_role("link", name="CCAS de Roubaix").tap()
    phone.get_by_role("button", name="Gardé dans « Mes lieux »").tap()
    phone.go_back()
    expect(phone.get_by_text("Mes lieux (1)")).to_be_hidden()


def test_card_is_whole_without_javascript_and_without_voice(open_page):
    silent = open_page(**DESKTOP)
    silent.goto(CARD)
    expect(silent.get_by_role("button", name="Garder ce lieu")).to_be_visible()
    expect(silent.get_by_text("Écouter cette page")).to_be_hidden()
    silent.get_by_role("link", name="Voir la carte").press("Enter")
    before = view(silent)
    silent.keyboard.press("ArrowDown")
    expect(silent.locator(".map-canvas")).not_to_have_attribute("data-view", re.compile(rf"^{before[0]:.5f},"))
    assert findings(silent) == []

    plain = open_page(**PHONE, java_script_enabled=False)
    plain.goto(CARD)
    for name in ("Partager", "Garder ce lieu", "Copier le lien", "Écouter cette page"):
        expect(plain.get_by_text(name, exact=True)).to_be_hidden()
    expect(plain.get_by_role("link", name="Donner par SMS")).to_be_visible()
    plain.get_by_role("link", name="Voir la carte").tap()
    expect(plain.get_by_role("heading", level=1)).to_have_text("CCAS de Roubaix")
    assert plain.url.endswith("/lieux/ccas-de-roubaix/#carte")
