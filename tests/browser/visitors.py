"""A person before a screen, in any browser, with a mouse or with a keyboard alone: the words the journeys are told in.

Things are found by the name they have for everybody, sighted or not: their label, or what is written on them.
"""

import time

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page

PATIENCE = 30  # seconds before something expected is given up, on a busy machine
MOST_STEPS = 400  # of the Tab key from one thing of a page to another

NAMED = """
const plain = (text) => text.replace(/[\\s\\u00a0\\u202f]+/g, " ").trim();
const said = (element) => plain(
  element.getAttribute("aria-label") ??
  (element.labels?.length ? [...element.labels].map((label) => label.textContent).join(" ") : element.textContent));
const isSeen = (element) => element.checkVisibility({ visibilityProperty: true });
const named = (wanted) => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(isSeen);
  return all.find((one) => said(one) === plain(wanted)) ?? all.find((one) => said(one).startsWith(plain(wanted)));
};
"""


class ChromiumBrowser:
    """The four verbs of `firefox.Firefox`, on Playwright's page."""

    def __init__(self, page: Page):
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address)

    def look(self, script: str, *values):
        return self.page.evaluate(f"async (values) => (await ({script})(...values)) ?? null", list(values))

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)


class Visitor:
    def __init__(self, browser, site: str, *, keyboard: bool):
        self.browser, self.site, self.keyboard = browser, site, keyboard

    def goes_to(self, path: str) -> None:
        self.browser.open(f"{self.site}{path}")

    def activates(self, name: str) -> None:
        """Follow a link, press a button, open a part of the page."""
        self._reaches(name)
        if self.keyboard:
            self.browser.press("Enter")

    def ticks(self, name: str) -> None:
        self._reaches(name)
        if self.keyboard:
            self.browser.press("Space")
        self._waits(f"(wanted) => {{ {NAMED} return named(wanted)?.checked; }}", name, f"« {name} » coché")

    def chooses(self, name: str) -> None:
        """Take one of several choices that exclude each other; the keyboard goes from one to the next by arrows."""
        if not self.keyboard:
            self._reaches(name)
        else:
            chosen = f"""(wanted) => {{ {NAMED}
              return said(document.querySelector(`input[name="${{named(wanted).name}}"]:checked`)); }}"""
            self._reaches(self.browser.look(chosen, name))
            self.browser.press("ArrowDown")
        self._waits(f"(wanted) => {{ {NAMED} return named(wanted)?.checked; }}", name, f"« {name} » choisi")

    def types(self, name: str, text: str) -> None:
        self._reaches(name)
        self.browser.type(text)

    def sees(self, text: str) -> None:
        script = f"(wanted) => {{ {NAMED} return plain(document.body.innerText).includes(plain(wanted)); }}"
        self._waits(script, text, f"« {text} » à l’écran")

    def sees_results(self, number: int) -> None:
        """The list says this number, and the map draws as many of them as have a point."""
        script = "(wanted) => document.querySelector('.results-count').textContent.trim().split(/\\s/)[0] === wanted"
        self._waits(script, str(number), f"{number} résultats")

    def is_at(self, part: str) -> None:
        self._waits("(wanted) => location.href.includes(wanted)", part, f"{part} dans l’adresse")

    def looks(self, script: str, *values):
        return self.browser.look(script, *values)

    def _reaches(self, name: str) -> None:
        """Click it, or come to it with the Tab key alone, forwards or back, and see the focus there."""
        self._waits(f"(wanted) => {{ {NAMED} return Boolean(named(wanted)); }}", name, f"« {name} »")
        if self.keyboard:
            way = f"""(wanted) => {{ {NAMED}
              const here = document.activeElement, there = named(wanted);
              if (here === there) return "here";
              return here.compareDocumentPosition(there) & Node.DOCUMENT_POSITION_PRECEDING ? "Shift+Tab" : "Tab";
            }}"""
            for _step in range(MOST_STEPS):
                if (key := self.browser.look(way, name)) == "here":
                    return
                self.browser.press(key)
            raise AssertionError(f"« {name} » ne s’atteint pas au clavier")
        centre = self.browser.look(
            f"""(wanted) => {{ {NAMED}
              const target = named(wanted);
              target.scrollIntoView({{ block: "center", behavior: "instant" }});
              const box = target.getBoundingClientRect();
              return [box.x + box.width / 2, box.y + Math.min(box.height / 2, 22)];
            }}""",
            name,
        )
        self.browser.click(*centre)

    def _waits(self, script: str, wanted: str, what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self._looks_now(script, wanted):
            if time.monotonic() > end:
                raise AssertionError(f"{what} : pas vu")
            time.sleep(0.1)

    def _looks_now(self, script: str, wanted: str):
        try:
            return self.browser.look(script, wanted)
        except (PlaywrightError, RuntimeError):  # between two pages there is nothing to look at
            return None
