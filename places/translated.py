"""The words of the database, which are French: translated where a catalogue knows them, told apart where none does."""

from django.utils.translation import get_language, gettext


class French(str):
    """A French text in a page of another language."""


def translated(text: str) -> str:
    """Return a text of the database in the language of the page; a `French` when there is no translation."""
    if not text:
        return ""
    said = gettext(text)
    return said if said != text or is_french(get_language()) else French(text)


def is_french(code: str | None) -> bool:
    """Tell whether a language is French, easy French included; no language at all is."""
    return code is None or code.partition("-")[0] == "fr"
