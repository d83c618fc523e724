"""Values of the environment, read once at start; a value that makes no sense is refused by its name."""

import os
import re
from collections.abc import Callable
from datetime import date
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")

SECRET = re.compile(r"SECRET|PASSWORD|KEY|DATABASE|CACHE|DSN|TOKEN")
asked: set[str] = set()  # every variable that the settings have read

TRUE = {"1", "true", "yes", "on", "oui"}
FALSE = {"0", "false", "no", "off", "non"}


def load_file(path: Path) -> None:
    """Put the `NAME=value` lines of `path`, when it exists, behind what the environment already says."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ImproperlyConfigured(f"{path.name}, ligne {number} : « NOM=valeur » attendu, « {line} » trouvé.")
        os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def read(name: str, default: Value, parse: Callable[[str], Value], expected: str) -> Value:
    """Return the parsed variable, `default` when it is absent or blank; refuse it by name otherwise."""
    asked.add(name)
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        return parse(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} : {expected} attendu, « {text} » trouvé.") from error


def text(name: str, default: str = "") -> str:
    asked.add(name)
    return os.environ.get(name, "").strip() or default


def without_secrets() -> str:
    """Return `NAME=value` lines of what was given; of a secret, or of an address that holds one, only the name."""
    given = {name: text(name) for name in sorted(asked) if text(name)}
    secret = {name for name, value in given.items() if SECRET.search(name) or re.search(r"://[^/]*@", value)}
    return "".join(f"{name}={'' if name in secret else value}\n" for name, value in given.items())


def age_key(name: str) -> str:
    """Return the public key of age, which locks and does not open."""

    def parse(text: str) -> str:
        if not re.fullmatch("age1[0-9a-z]{58}", text):
            raise ValueError
        return text

    return read(name, "", parse, "une clé publique age1…")


def boolean(name: str, default: bool) -> bool:
    def parse(text: str) -> bool:
        if text.lower() in TRUE:
            return True
        if text.lower() in FALSE:
            return False
        raise ValueError

    return read(name, default, parse, "« oui » ou « non »")


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    def parse(text: str) -> int:
        value = int(text)
        if not minimum <= value <= maximum:
            raise ValueError
        return value

    return read(name, default, parse, f"un nombre entier de {minimum} à {maximum}")


def names(name: str, default: list[str]) -> list[str]:
    """Return a comma-separated list, blanks dropped."""
    return read(name, default, lambda text: [part.strip() for part in text.split(",") if part.strip()], "une liste")


def origins(name: str, default: list[str]) -> list[str]:
    """Return comma-separated origins of web sites (`https://www.ville.fr`, a first label `*` allowed)."""

    def parse(text: str) -> list[str]:
        found = [part.strip().rstrip("/") for part in text.split(",") if part.strip()]
        if not all(re.fullmatch(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?", origin) for origin in found):
            raise ValueError
        return found

    return read(name, default, parse, "des adresses comme https://www.ville.fr, séparées par des virgules,")


def contact(name: str, default: str) -> str:
    """Return an address to write to: `mailto:` or https."""

    def parse(text: str) -> str:
        if not re.fullmatch(r"mailto:[^@\s]+@[^@\s]+|https://[^\s]+", text):
            raise ValueError
        return text

    return read(name, default, parse, "mailto:quelqu’un@exemple.fr ou https://…")


def day(name: str, default: date | None) -> date | None:
    return read(name, default, date.fromisoformat, "un jour AAAA-MM-JJ")


def networks(name: str, default: list[IPv4Network | IPv6Network]) -> list[IPv4Network | IPv6Network]:
    """Return comma-separated networks or single addresses of machines."""

    def parse(text: str) -> list[IPv4Network | IPv6Network]:
        return [ip_network(part.strip()) for part in text.split(",") if part.strip()]

    return read(name, default, parse, "des réseaux comme 10.0.0.0/8, séparés par des virgules,")


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError
        return text

    return read(name, default, parse, " ou ".join(f"« {value} »" for value in allowed))


def file_name_part(name: str, default: str) -> str:
    """Return letters, digits and hyphens, which every system accepts in the name of a file."""

    def parse(text: str) -> str:
        if not re.fullmatch("[A-Za-z0-9-]{1,60}", text):
            raise ValueError
        return text

    return read(name, default, parse, "lettres sans accent, chiffres et tirets")


def web_address(name: str, default: str) -> str:
    """Return an absolute http(s) address; its braces ({z}, {x}, {y}) are kept."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.netloc or any(space in text for space in " \t'\";,"):
            raise ValueError
        return text

    return read(name, default, parse, "une adresse http:// ou https://")


def secure_address(name: str, default: str) -> str:
    """Return an https address; http is for this very machine."""

    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost"}:
            raise ValueError
        return text

    return read(name, default, parse, "une adresse https://") and web_address(name, default)


def all_or_none(*names: str) -> None:
    """Refuse variables of which some are given and some are not, by the name of the first that is missing."""
    given, missing = [name for name in names if text(name)], [name for name in names if not text(name)]
    if given and missing:
        raise ImproperlyConfigured(f"{missing[0]} : obligatoire avec {given[0]}.")


def web_address_or_none(name: str, default: str) -> str:
    """Return an absolute http(s) address, blank when the variable says no."""
    return "" if text(name).lower() in FALSE else web_address(name, default)


def phone(name: str) -> str:
    """Return a telephone number in its international form (E.164); blank when there is none."""

    def parse(text: str) -> str:
        try:
            number = phonenumbers.parse(text, "FR")
        except phonenumbers.NumberParseException as error:
            raise ValueError from error
        if not phonenumbers.is_valid_number(number):
            raise ValueError
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return read(name, "", parse, "un numéro comme +33320815757")


def point(name: str, default: tuple[float, float]) -> tuple[float, float]:
    """Return `latitude,longitude` in degrees."""

    def parse(text: str) -> tuple[float, float]:
        latitude, longitude = (float(part) for part in text.split(","))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ValueError
        return latitude, longitude

    return read(name, default, parse, "« latitude,longitude » en degrés")
