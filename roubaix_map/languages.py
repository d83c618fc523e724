"""The languages that the public pages can speak, and those they do: the ones whose catalogue is in locale/."""

from pathlib import Path

from django.utils.translation import to_locale

SOURCE = "fr"
# In the order of the switch, each by its own name. FALC is French written by the European rules of « easy to read ».
NAMES = {
    SOURCE: "Français",
    "fr-falc": "Français facile (FALC)",
    "en": "English",
    "ar": "العربية",
    "tr": "Türkçe",
    "pt": "Português",
    "es": "Español",
    "ro": "Română",
    "uk": "Українська",
    "pl": "Polski",
}


def offered(folder: Path) -> list[tuple[str, str]]:
    """Return the code and the name of French and of each language that has a catalogue in this folder."""
    return [(code, name) for code, name in NAMES.items() if code == SOURCE or catalogue(folder, code).exists()]


def catalogue(folder: Path, code: str) -> Path:
    """Return where the compiled catalogue of a language is kept."""
    return folder / to_locale(code) / "LC_MESSAGES" / "django.mo"
