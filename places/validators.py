"""What a public field may hold; shared by the forms, the admin and the importer."""

from urllib.parse import urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

MAX_ID_BYTES = 2700  # an index entry of PostgreSQL holds 2,704 bytes


def validate_id(value: str) -> None:
    if not value.strip() or len(value.encode()) > MAX_ID_BYTES:
        raise ValidationError(_("Un identifiant a de 1 à %(max)s octets."), params={"max": MAX_ID_BYTES})


def validate_phone(value: str) -> None:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValidationError(_("Numéro international attendu, comme +33320815757."))


def validate_link(value: str) -> None:
    """Accept an absolute http(s) address with a host, and nothing a browser could run."""
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or "." not in host or any(c.isspace() for c in value):
        raise ValidationError(_("« %(value)s » n’est pas une adresse web (http ou https)."), params={"value": value})


def validate_links(values: list[str]) -> None:
    for value in values:
        validate_link(value)


def validate_emails(values: list[str]) -> None:
    for value in values:
        validate_email(value)
