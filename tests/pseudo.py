"""Two languages made for the tests: « en » and « ar » say each French text between brackets, so that what is said in
French on their pages, and nowhere in a catalogue, stands out."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import polib

from tests import catalogues

LANGUAGES = [("fr", "Français"), ("en", "English"), ("ar", "العربية")]
ATTRIBUTES = {"alt", "title", "aria-label", "placeholder"}
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
OPENS, CLOSES = "⟦", "⟧"


def write(folder: Path) -> None:
    """Write the catalogues of the two languages."""
    for code, _name in LANGUAGES[1:]:
        catalogue = polib.POFile()
        catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": catalogues.PLURALS[code]}
        for message in catalogues.messages().values():
            entry = polib.POEntry(msgid=message.text)
            if message.plural:
                entry.msgid_plural = message.plural
                forms = [message.text, *[message.plural] * (catalogues.forms_of(code) - 1)]
                entry.msgstr_plural = {number: f"{OPENS}{form}{CLOSES}" for number, form in enumerate(forms)}
            else:
                entry.msgstr = f"{OPENS}{message.text}{CLOSES}"
            catalogue.append(entry)
        path = folder / code / "LC_MESSAGES" / "django.mo"
        path.parent.mkdir(parents=True)
        catalogue.save_as_mofile(path)


def left_behind(page: str) -> list[str]:
    """Return what a page says outside brackets and outside what is marked as another language's."""
    reader = _Reader()
    reader.feed(page)
    return [text for text in reader.left if re.search(r"[^\W\d_]", text)]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.left: list[str] = []
        self.elements: list[tuple[str, dict]] = []
        self.depth = 0

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag not in VOID:
            self.elements.append((tag, values))
        if self._is_other() or (tag != "html" and "lang" in values):
            return
        for name, value in attributes:
            described = name == "content" and values.get("name") == "description"
            words = name.startswith("data-") and " " in (value or "")
            if value and (name in ATTRIBUTES or described or words):
                self._keep(value)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.elements.pop()

    def handle_endtag(self, tag):
        while self.elements and self.elements.pop()[0] != tag:
            pass

    def handle_data(self, text):
        inside = [tag for tag, _values in self.elements]
        if "script" in inside:
            if self.elements[-1][1].get("type") == "application/json":
                self._walk(json.loads(text))
        elif not {"style", "code", "textarea"} & {*inside} and not self._is_other():
            self.depth = self._keep(text, self.depth)

    def _is_other(self) -> bool:
        """Tell whether we are in something that says to be in another language than the page."""
        return any("lang" in values for tag, values in self.elements if tag != "html")

    def _walk(self, known):
        if isinstance(known, dict):
            known = list(known.values())
        if isinstance(known, list):
            for value in known:
                self._walk(value)
        elif isinstance(known, str) and " " in known:
            self._keep(known)

    def _keep(self, text: str, depth: int = 0) -> int:
        """Note what stands outside brackets, of which `depth` are open; return how many are open then."""
        kept = []
        for character in text:
            if character == CLOSES:
                depth -= 1
            if depth == 0:
                kept.append(" " if character == CLOSES else character)
            if character == OPENS:
                depth += 1
        self.left.append(" ".join("".join(kept).replace(OPENS, " ").split()))
        return depth
