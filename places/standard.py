"""The national schema "Lieux de médiation numérique" 1.0.2: from the cells of one row to clean values.

Every rule is a small function from a text to a Cell; it raises Refusal, with a sentence, for what it cannot use. The
row survives unless its identity, its name or its place is unusable. Sources of the rules: the schema 1.0.2, the faults
seen in published files.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from places import geo, opening_hours
from places.text import fold
from places.typologies import RENAMED, TYPOLOGIES
from places.validators import validate_id, validate_link
from places.vocabularies import LOCAL, NATIONAL

COLUMNS = (
    "id pivot nom commune code_postal code_insee adresse complement_adresse latitude longitude typologie telephone "
    "courriels site_web horaires presentation_resume presentation_detail source itinerance structure_parente date_maj "
    "services publics_specifiquement_adresses prise_en_charge_specifique frais_a_charge "
    "dispositif_programmes_nationaux formations_labels autres_formations_labels modalites_acces "
    "modalites_accompagnement fiche_acces_libre prise_rdv"
).split()
EXTENSION = (*LOCAL, "verification")
REQUIRED_HEADERS = ("id", "nom")
UNKNOWN_PIVOT = "0" * 14
RESUME_LENGTH = 280
PLACEHOLDERS = {"-", "--", "?", "#n/d", "#n/a", "null", "null null", "none", "nan"}
REGIONS = {
    "971": "GP",
    "972": "MQ",
    "973": "GF",
    "974": "RE",
    "976": "YT",
    "975": "PM",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


class Refusal(ValueError):
    """This value cannot be used; the message says why and what would be accepted."""


@dataclass(frozen=True)
class Cell:
    """A clean value; `reason` says why it is not what the file holds."""

    value: Any
    reason: str = ""


@dataclass(frozen=True)
class Note:
    """What happened to one cell: corrected, refused or only remarked."""

    kind: str
    column: str
    value: str
    reason: str
    becomes: str = ""


@dataclass
class Record:
    """One usable row: clean values by column, and the notes its cells left."""

    values: dict[str, Any]
    notes: list[Note] = field(default_factory=list)


class RefusedRow(Exception):
    """The whole row is unusable, because of the cell in `note`."""

    def __init__(self, note: Note):
        super().__init__(note.reason)
        self.note = note


# Official texts and slugs of each list, folded, to the official text: {"services": {"aide aux demarches …": "Aide …"}}
Lists = Mapping[str, Mapping[str, str]]


def read_row(row: Mapping[str, str], lists: Lists) -> Record:
    """Return the clean record of one row of a 1.0.2 file; raise RefusedRow when it names no place."""
    cells = {column: tidy(text) for column, text in row.items() if column in COLUMNS or column in EXTENSION}
    record = Record({})
    for column in ("id", "nom"):
        if not cells.get(column):
            raise RefusedRow(Note("refus", column, cells.get(column, ""), _("obligatoire, et la cellule est vide.")))
    region = REGIONS.get(cells.get("code_postal", "")[:3], "FR")
    for column, text in cells.items():
        _read_cell(record, column, text, lists, region)
    _read_point(record, cells)
    _fit_resume(record)
    if not any(record.values.get(name) for name in ("commune", "code_postal", "code_insee", "latitude")):
        raise RefusedRow(
            Note("refus", "commune", "", _("ni commune, ni code postal, ni coordonnées : où est ce lieu ?"))
        )
    return record


def tidy(text: str | None) -> str:
    """Return the cell without the marks that mean nothing: control characters, outer spaces, placeholders."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "", (text or "").replace("\u00a0", " ")).strip()
    return "" if text.casefold() in PLACEHOLDERS else text


def _read_cell(record: Record, column: str, text: str, lists: Lists, region: str) -> None:
    if column in ("latitude", "longitude"):
        return
    try:
        if column in lists:
            value, notes = read_terms(column, text, lists[column])
            record.values[column] = value
            record.notes += notes
            return
        cell = read_phone(text, region) if column == "telephone" else READERS.get(column, read_line)(text)
    except (Refusal, ValidationError) as error:
        reason = error.messages[0] if isinstance(error, ValidationError) else str(error)
        note = Note("refus", column, text, reason)
        if column == "id":
            raise RefusedRow(note) from error
        record.notes.append(note)
        record.values[column] = BLANKS.get(column, "")
        return
    record.values[column] = cell.value
    if cell.reason:
        shown = "|".join(cell.value) if isinstance(cell.value, list) else str(cell.value or "")
        # A list that lost an item, hours that stay a text: told, and not counted as a repair when nothing changed.
        kind = "remarque" if shown == text else "correction"
        record.notes.append(Note(kind, column, text, cell.reason, becomes=shown))


# --- one rule per kind of column


def read_line(text: str) -> Cell:
    line = " ".join(text.split())
    return Cell(line, _("retours à la ligne ou espaces en trop.") if line != text else "")


def read_text(text: str) -> Cell:
    return Cell(text.replace("\r\n", "\n"))


def read_id(text: str) -> Cell:
    validate_id(text)
    return Cell(text)


def read_pivot(text: str) -> Cell:
    """A SIRET, RNA or SIREN, without its spaces; 14 zeros when it is not known (as the reference ETL writes it)."""
    compact = re.sub(r"[\s.\-]", "", text)
    if not compact:
        return Cell(UNKNOWN_PIVOT, _("absent : remplacé par quatorze zéros."))
    if not re.fullmatch(r"[a-zA-Z0-9]{9,14}", compact):
        raise Refusal(_("9 à 14 chiffres ou lettres attendus."))
    return Cell(compact, _("espaces ou points retirés.") if compact != text else "")


def read_postcode(text: str) -> Cell:
    digits = re.sub(r"\.0$|\s", "", text)
    if not digits:
        return Cell("")
    if re.fullmatch(r"[0-9]{4}", digits):
        return Cell(f"0{digits}", _("zéro de tête rétabli."))
    if not re.fullmatch(r"[0-9]{5}", digits):
        raise Refusal(_("cinq chiffres attendus."))
    return Cell(digits, _("écriture du nombre corrigée.") if digits != text else "")


def read_insee(text: str) -> Cell:
    code = text.upper()
    if code and not re.fullmatch(r"([013-9][0-9]|2[AB1-9])[0-9]{3}", code):
        raise Refusal(_("code de commune à cinq caractères attendu, par exemple 59512."))
    return Cell(code, _("mis en capitales.") if code != text else "")


def read_date(text: str) -> Cell:
    """ISO, or day first when slashed; never 1970, which is how an empty date comes out of the reference ETL."""
    if not text:
        return Cell(None, "")
    found = re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:\D|$)", text)
    parts = found.groups() if found else ()
    if not found and (found := re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\D|$)", text)):
        parts = found.groups()[::-1]
    try:
        day = date(*map(int, parts))
    except (ValueError, TypeError) as error:
        raise Refusal(_("date attendue, comme 2024-04-02.")) from error
    if day.year <= 1970:
        raise Refusal(_("date impossible : avant 1971, elle veut dire « inconnue »."))
    return Cell(day, _("écrite en AAAA-MM-JJ.") if day.isoformat() != text else "")


def read_phone(text: str, region: str) -> Cell:
    """One number in E.164; national forms are read in the region of the postcode, overseas included."""
    if not text:
        return Cell("")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise Refusal(_("numéro de téléphone illisible ; attendu comme +33320815757.")) from error
    if not phonenumbers.is_valid_number(number):
        raise Refusal(_("ce numéro n’existe pas dans le plan de numérotation ; attendu comme +33320815757."))
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Cell(written, _("écrit en format international.") if written != text else "")


def read_emails(text: str) -> Cell:
    good, bad = [], []
    for email in re.split(r"[|;,\s]+(?:(?:ou|et|-|/)\s+)?|\s*/\s*", text):
        if email in ("", "-", "ou", "et"):
            continue
        try:
            validate_email(email)
        except ValidationError:
            bad.append(email)
        else:
            good.append(email)
    return _list_cell(text, good, bad, _("adresse e-mail refusée"))


def read_links(text: str) -> Cell:
    good, bad = [], []
    for link in re.split(r"[|\s;]+", text):
        if not link:
            continue
        try:
            good.append(_link(link))
        except ValidationError:
            bad.append(link)
    return _list_cell(text, good, bad, _("adresse web refusée"))


def read_link(text: str) -> Cell:
    if not text:
        return Cell("")
    link = _link(text)
    return Cell(link, _("https:// ajouté.") if link != text else "")


def read_hours(text: str) -> Cell:
    line = " ".join(text.split())
    if line and opening_hours.parse_horaires(line) is None:
        return Cell(line, _("horaires qui ne suivent pas la syntaxe OSM : gardés et montrés comme un texte."))
    return Cell(line, _("espaces en trop.") if line != text else "")


def read_kinds(text: str) -> Cell:
    codes = [code for code in re.split(r"[|;,{}\"\s]+", text) if code]
    kept = list(dict.fromkeys(RENAMED.get(code, code) for code in codes))
    unknown = [code for code in kept if code not in TYPOLOGIES]
    if kept != codes:
        return Cell(kept, _("code remplacé ou répété."))
    return Cell(kept, _("code inconnu de data·inclusion, gardé : %s.") % ", ".join(unknown) if unknown else "")


def read_list(text: str) -> Cell:
    return Cell([item for part in text.split("|") if (item := " ".join(part.split()))])


def read_terms(column: str, text: str, known: Mapping[str, str]) -> tuple[list[str], list[Note]]:
    """Return the official texts among `|` (or, as old files do, `;`) and a note for each value repaired or refused."""
    values, notes = [], []
    for part in re.split(r"[|;\n]", text):
        word = " ".join(part.split())
        if not word:
            continue
        official = known.get(fold(word))
        if official is None:
            notes.append(Note("refus", column, word, _("n’est pas dans la liste.")))
            continue
        if official not in values:
            values.append(official)
        if official != word and fold(official) == fold(word):
            notes.append(Note("correction", column, word, _("écriture officielle rétablie."), becomes=official))
    return values, notes


def _list_cell(text: str, good: list[str], bad: list[str], sentence: str) -> Cell:
    kept = list(dict.fromkeys(good))
    if bad:
        return Cell(kept, f"{sentence} : {', '.join(bad)}.")
    return Cell(kept, _("séparateur ou écriture corrigés.") if "|".join(kept) != text else "")


def _link(text: str) -> str:
    link = text if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text) else f"https://{text.lstrip('/')}"
    validate_link(link)
    return link


def _read_point(record: Record, cells: Mapping[str, str]) -> None:
    if "latitude" not in cells and "longitude" not in cells:
        return
    texts = cells.get("latitude", ""), cells.get("longitude", "")
    record.values["latitude"] = record.values["longitude"] = None
    if not any(texts):
        return
    try:
        latitude, longitude = (float(text.replace(",", ".")) for text in texts)
    except ValueError:
        record.notes.append(Note("refus", "latitude", " / ".join(texts), _("deux nombres attendus, en degrés.")))
        return
    if not geo.is_on_earth(latitude, longitude) or (latitude, longitude) == (0, 0):
        record.notes.append(
            Note(
                "refus", "latitude", " / ".join(texts), _("latitude de -90 à 90 et longitude de -180 à 180 attendues.")
            )
        )
        return
    record.values |= {"latitude": latitude, "longitude": longitude}
    if any("," in text for text in texts):
        record.notes.append(
            Note(
                "correction", "latitude", " / ".join(texts), _("virgule décimale."), becomes=f"{latitude} / {longitude}"
            )
        )


def _fit_resume(record: Record) -> None:
    resume = record.values.get("presentation_resume") or ""
    if len(resume) <= RESUME_LENGTH:
        return
    short = resume[: RESUME_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    record.values["presentation_resume"] = short
    if not record.values.get("presentation_detail"):
        record.values["presentation_detail"] = resume
    record.notes.append(
        Note(
            "correction",
            "presentation_resume",
            resume,
            _("280 caractères au plus : coupé, le texte entier est gardé."),
            short,
        )
    )


READERS: dict[str, Callable[[str], Cell]] = {
    "id": read_id,
    "pivot": read_pivot,
    "code_postal": read_postcode,
    "code_insee": read_insee,
    "typologie": read_kinds,
    "courriels": read_emails,
    "site_web": read_links,
    "horaires": read_hours,
    "presentation_resume": read_text,
    "presentation_detail": read_text,
    "date_maj": read_date,
    "autres_formations_labels": read_list,
    "fiche_acces_libre": read_link,
    "prise_rdv": read_link,
}
BLANKS: dict[str, Any] = {"pivot": UNKNOWN_PIVOT, "date_maj": None, "typologie": [], "courriels": [], "site_web": []}


def folded_lists(lists: Mapping[str, Sequence[tuple[str, str]]]) -> Lists:
    """Return the Lists of `{name: [(official text, slug), …]}`; an official text wins over a slug that folds alike."""
    return {
        name: {fold(slug): value for value, slug in terms} | {fold(value): value for value, _slug in terms}
        for name, terms in lists.items()
        if name in NATIONAL or name in LOCAL
    }
