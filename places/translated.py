"""The words of the database, which are French: translated where a catalogue knows them, told apart where none does."""

from django.utils.translation import get_language, get_language_bidi, gettext


class French(str):
    """A French text in a page of another language."""


def translated(text: str) -> str:
    """Return a text of the database in the language of the page; a `French` when there is no translation."""
    if not text:
        return ""
    said = gettext(text)
    return said if said != text or is_french(get_language()) else French(text)


def isolated(text: str) -> str:
    """Keep a French text in its own order inside a sentence that is read from right to left."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if text and get_language_bidi() else text


def is_french(code: str | None) -> bool:
    """Tell whether a language is French, easy French included; no language at all is."""
    return code is None or code.partition("-")[0] == "fr"
