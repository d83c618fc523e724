"""The national schema "Lieux de médiation numérique" 1.0.2: from the cells of one row to clean values.

Every rule is a small function from a text to a Cell; it raises Refusal, with a sentence, for what it cannot use. The
row survives unless its identity, its name or its place is unusable. Sources of the rules: the schema 1.0.2, the faults
seen in published files.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from stdnum.fr import siret

from places import french_hours, geo, opening_hours
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
KNOWN = {*COLUMNS, *EXTENSION} - {"latitude", "longitude"}  # read one cell at a time
REQUIRED_HEADERS = ("id", "nom")
UNKNOWN_PIVOT = "0" * 14
LA_POSTE = "356000000"
RESUME_LENGTH = 280
PLACEHOLDERS = {"-", "--", "?", "#n/d", "#n/a", "null", "null null", "none", "nan"}
# Their codes and labels, folded: two codes share a label, the first has it.
KINDS = {fold(label): code for code, label in reversed(TYPOLOGIES.items())} | {fold(code): code for code in TYPOLOGIES}
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


# Half a letter, which no base can write, is one of them: JSON can hold it.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Ready made: most of their cells are met only once in a file.
IN_PIVOT, PIVOT = re.compile(r"[\s.\-]"), re.compile(r"[a-zA-Z0-9]{9,14}")
LETTER, WITHOUT_ZERO, WITHOUT_PLUS = map(re.compile, (r"[a-zA-Z]", r"[1-9]\d{8}", r"33[1-9]\d{8}"))
BETWEEN_PHONES = re.compile(r"[|;,/\n]|\bou\b|\bet\b|(?<=\d)\s+-\s+(?=[\d+])")
BETWEEN_EMAILS = re.compile(r"[|;,\s]+(?:(?:ou|et|-|/)\s+)?|\s*/\s*")
BETWEEN_LINKS = re.compile(r"[|\s;]+|(?<=[a-z0-9/])(?=https?://)")
ODD_SCHEME, SCHEME = re.compile(r"^(https?)(?::/?|//)(?=[^/])", re.IGNORECASE), re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
WEB = re.compile(r"^https?(?=:)", re.IGNORECASE)
DOUBLED = str.maketrans("0123456789", "0246813579")  # the digits of twice as much, added up
FALSE_ZERO = re.compile(r"^0\s+(?=\D)")


class Refusal(ValueError):
    """This value cannot be used; the message says why and what would be accepted."""


class Cell(NamedTuple):
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
    """One usable row: clean values by column, the same as JSON keeps them, and the notes its cells left."""

    values: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


class RefusedRow(Exception):
    """The whole row is unusable, because of the cell in `note`."""

    def __init__(self, note: Note):
        super().__init__(note.reason)
        self.note = note


REMEMBERED = 10_000  # cells of one column whose reading is kept: a file says the same thing many times
Held = Callable[[str, Any], Any]  # from a column and its clean value to the value that is kept


def as_it_is(_column: str, value: Any) -> Any:
    return value


class Readings(dict[str | None, tuple[Any, Any, list[Note]]]):
    """The cells of one column to what they say, each read once: the value, the same for JSON, and its notes."""

    def __init__(self, read: Callable[[str], tuple[Any, list[Note]]], held: Callable[[Any], Any]):
        super().__init__()
        self._read = read
        self._held = held

    def __missing__(self, text: str | None) -> tuple[Any, Any, list[Note]]:
        value, notes = self._read(tidy(text))
        reading = self._held(value), plain(value), notes
        if len(self) < REMEMBERED:
            self[text] = reading
        return reading


class Lists(dict[str, Mapping[str, str]]):
    """The words of each list, folded, to their official text: {"services": {"aide aux demarches …": "Aide …"}}.

    It keeps the cells that were read with them.
    """

    def __init__(self, words: Mapping[str, Mapping[str, str]], held: Held = as_it_is):
        super().__init__(words)
        self._held = held
        self._everywhere = {column: self._readings(column, "FR") for column in KNOWN}
        self._regions = {"FR": self._everywhere}

    def in_region(self, region: str) -> Mapping[str, Readings]:
        """Return the Readings of each column: only telephones are not read everywhere alike."""
        if region not in self._regions:
            self._regions[region] = self._everywhere | {"telephone": self._readings("telephone", region)}
        return self._regions[region]

    def _readings(self, column: str, region: str) -> Readings:
        return Readings(partial(_clean, column, self, region), partial(self._held, column))


def read_row(row: Mapping[str, str], lists: Lists) -> Record:
    """Return the clean record of one row of a 1.0.2 file; raise RefusedRow when it names no place."""
    for column in ("id", "nom"):
        if not tidy(row.get(column)):
            raise RefusedRow(Note("refus", column, "", _("obligatoire, et la cellule est vide.")))
    record = Record()
    values, told = record.values, record.told
    readings = lists.in_region(REGIONS.get(tidy(row.get("code_postal"))[:3], "FR"))
    for column, text in row.items():
        if (known := readings.get(column)) is None:
            continue
        values[column], told[column], notes = known[text]
        if notes:
            if column == "id":
                raise RefusedRow(notes[0])
            record.notes += notes
    _read_point(record, row)
    _fit_resume(record)
    if not any(values.get(name) for name in ("commune", "code_postal", "code_insee", "latitude")):
        raise RefusedRow(
            Note("refus", "commune", "", _("ni commune, ni code postal, ni coordonnées : où est ce lieu ?"))
        )
    return record


def tidy(text: str | None) -> str:
    """Return the cell without the marks that mean nothing: control characters, outer spaces, placeholders."""
    if not text:
        return ""
    if not text.isprintable():
        text = CONTROLS.sub("", text.replace("\u00a0", " "))
    text = text.strip()
    return "" if text.casefold() in PLACEHOLDERS else text


def plain(value: Any) -> Any:
    """Return a clean value as JSON keeps it, its items sorted so that their order never makes a difference."""
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, list) else value


def _clean(column: str, lists: Lists, region: str, text: str) -> tuple[Any, list[Note]]:
    """Return the clean value of a cell and the notes it leaves."""
    if not text and column != "pivot":
        return blank(column), []
    if column in lists:
        return read_terms(column, text, lists[column])
    try:
        cell = read_phone(text, region) if column == "telephone" else READERS.get(column, read_line)(text)
    except (Refusal, ValidationError) as error:
        reason = error.messages[0] if isinstance(error, ValidationError) else str(error)
        return blank(column), [Note("refus", column, text, reason)]
    if not cell.reason:
        return cell.value, []
    shown = "|".join(cell.value) if isinstance(cell.value, list) else str(cell.value or "")
    # Hours that stay a text, a doubtful key: told, and not counted as a repair since nothing changed.
    kind = "remarque" if shown == text else "correction"
    return cell.value, [Note(kind, column, text, cell.reason, becomes=shown)]


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
    compact = IN_PIVOT.sub("", text)
    if not compact:
        return Cell(UNKNOWN_PIVOT, _("absent : remplacé par quatorze zéros."))
    if not PIVOT.fullmatch(compact):
        raise Refusal(_("9 à 14 chiffres ou lettres attendus."))
    if compact != text:
        return Cell(compact, _("espaces ou points retirés."))
    if len(compact) == 14 and compact != UNKNOWN_PIVOT and not is_siret(compact):
        return Cell(compact, _("la clé de ce SIRET est fausse\u00a0: à vérifier."))
    return Cell(compact, _("un SIREN (9 chiffres) au lieu d’un SIRET.") if re.fullmatch(r"\d{9}", compact) else "")


def is_siret(digits: str) -> bool:
    """Tell whether both keys of a SIRET are right, that of the body and its own.

    Luhn's sum is done here, several times quicker than by the library, which judges the rest: La Poste has its own.
    """
    if digits.startswith(LA_POSTE) or not digits.isdecimal():
        return siret.is_valid(digits)
    return not (_luhn(digits) or _luhn(digits[:9]))


def _luhn(digits: str) -> int:
    return (sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(DOUBLED)))) % 10


def read_commune(text: str) -> Cell:
    """The town alone: no CEDEX, no postcode behind it."""
    town = re.sub(r"\s+CEDEX(\s+\d+)?$|\s+\d{5}$", "", " ".join(text.split()), flags=re.IGNORECASE)
    return Cell(town, _("mention CEDEX, code postal ou espaces retirés.") if town != text else "")


def read_address(text: str) -> Cell:
    """Number and street: repaired accents, no false number 0."""
    street = FALSE_ZERO.sub("", mended(" ".join(text.split())))
    return Cell(street, _("retours à la ligne, accents abîmés ou numéro 0 retirés.") if street != text else "")


def mended(text: str) -> str:
    """`RÃ©publique` → `République`: UTF-8 that was once read as Windows-1252."""
    if "Ã" not in text and "â€" not in text:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


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
    """One number in E.164, the first readable one; national forms are read in the region of the postcode."""
    if not text:
        return Cell("")
    if written := _phone(text, region):
        return Cell(written, _("écrit en format international.") if written != text else "")
    for part in BETWEEN_PHONES.split(text):
        if written := _phone(part, region):
            return Cell(written, _("plusieurs numéros : le premier est gardé."))
    raise Refusal(_("numéro de téléphone illisible\u202f; attendu comme +33320815757."))


def _phone(text: str, region: str) -> str:
    text = text.strip().removesuffix(".0")
    if region == "FR" and WITHOUT_ZERO.fullmatch(text):
        text = f"0{text}"  # a spreadsheet took it for a number
    elif WITHOUT_PLUS.fullmatch(text):
        text = f"+{text}"
    if LETTER.search(text):
        return ""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if len(written) > 9 else ""  # 3949 is a number, but not an international one


def read_emails(text: str) -> Cell:
    good, bad = [], []
    for email in BETWEEN_EMAILS.split(text):
        if email in ("", "-", "ou", "et"):
            continue
        try:
            validate_email(email)
        except ValidationError:
            bad.append(email)
        else:
            good.append(email)
    return _list_cell(text, good, _("adresse e-mail refusée : %s.") % ", ".join(bad) if bad else "")


def read_links(text: str) -> Cell:
    good, bad = [], []
    for link in BETWEEN_LINKS.split(text):
        if not link:
            continue
        try:
            good.append(_link(link))
        except ValidationError:
            bad.append(link)
    return _list_cell(text, good, _("adresse web refusée : %s.") % ", ".join(bad) if bad else "")


def read_link(text: str) -> Cell:
    if not text:
        return Cell("")
    link = _link(text)
    return Cell(link, _("écriture de l’adresse corrigée.") if link != text else "")


def read_hours(text: str) -> Cell:
    """The OSM syntax; French text becomes it when it has one meaning, else stays a text with a proposal beside it."""
    line = " ".join(text.split())
    if not line or opening_hours.is_readable(line):
        return Cell(line, _("espaces en trop.") if line != text else "")
    reading = french_hours.read_french_hours(text)
    if reading is not None and reading.certain:
        return Cell(reading.horaires, _("texte français écrit dans la syntaxe OSM."))
    if reading is not None:
        proposal = _("horaires gardés comme un texte ; à confirmer : %s") % reading.horaires
        return Cell(line, proposal)
    return Cell(line, _("horaires illisibles : gardés et montrés comme un texte."))


def read_kinds(text: str) -> Cell:
    """Codes by `|`, by commas or in the `{EPN,"Centre social"}` of PostgreSQL; a label stands for its code."""
    parts = [part for piece in re.split(r"[|;,{}\"\n]+", text) if (part := " ".join(piece.split()))]
    kept = list(dict.fromkeys(code for part in parts for code in _kinds(part)))
    if not kept:
        raise Refusal(_("codes de data·inclusion attendus, comme CCAS|CS."))
    unknown = [code for code in kept if code not in TYPOLOGIES]
    if "|".join(kept) != text:
        return Cell(kept, _("code remplacé, répété ou mal séparé."))
    return Cell(kept, _("code inconnu de data·inclusion, gardé : %s.") % ", ".join(unknown) if unknown else "")


def _kinds(part: str) -> list[str]:
    """The code, the label or the codes set apart by spaces; what is none of these stays whole."""
    words = part.split()
    known = [RENAMED.get(word) or KINDS.get(fold(word)) for word in words]
    if code := KINDS.get(fold(part)):
        return [code]
    return known if all(known) else [part]


def read_list(text: str) -> Cell:
    return Cell([item for part in text.split("|") if (item := " ".join(part.split()))])


def read_terms(column: str, text: str, known: Mapping[str, str]) -> tuple[list[str], list[Note]]:
    """Return the official texts among `|` (or, as old files do, `;`) and a note for each value repaired or refused."""
    values, notes = [], []
    for word in _words_of(text, known):
        official = _official(word, known)
        if official is None:
            notes.append(Note("refus", column, word, _("n’est pas dans la liste.")))
        elif not official:
            notes.append(Note("remarque", column, word, _("n’a plus d’équivalent dans le standard.")))
        else:
            if official not in values:
                values.append(official)
            if official != word and fold(word) in known and not _is_slug(word):
                notes.append(Note("correction", column, word, _("écriture officielle rétablie."), becomes=official))
    return values, notes


def before_colon(value: str) -> str:
    """`Gratuit : Je peux accéder…` → `Gratuit`: the long texts of 0.1 are known by their beginning."""
    return value.split(":", 1)[0].strip()


def _words_of(text: str, known: Mapping[str, str]) -> list[str]:
    words = [word for part in re.split(r"[|;\n]", text) if (word := " ".join(part.split()).strip(", "))]
    split = []
    for word in words:
        parts = [part.strip() for part in word.split(",")]
        separate = _official(word, known) is None and all(_official(part, known) is not None for part in parts)
        split += parts if separate else [word]
    return split


def _official(word: str, known: Mapping[str, str]) -> str | None:
    """The official text of a word or of an old one, "" when it has no heir, None when it is unknown."""
    return next((known[fold(text)] for text in (word, before_colon(word)) if fold(text) in known), None)


def _is_slug(word: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9-]+", word))


def _list_cell(text: str, good: list[str], refusal: str) -> Cell:
    kept = list(dict.fromkeys(good))
    if refusal:
        return Cell(kept, refusal)
    return Cell(kept, _("séparateur ou écriture corrigés.") if "|".join(kept) != text else "")


def _link(text: str) -> str:
    link = ODD_SCHEME.sub(r"\1://", text)
    if not SCHEME.match(link):
        link = f"https://{link.lstrip('/')}"
    link = WEB.sub(lambda scheme: scheme[0].lower(), link)
    validate_link(link)
    return link


def _read_point(record: Record, cells: Mapping[str, str]) -> None:
    """Both coordinates or none, in WGS84 degrees: decimal commas, pairs in one cell, swapped or in Lambert-93."""
    if "latitude" not in cells and "longitude" not in cells:
        return
    _keep(record, latitude=None, longitude=None)
    texts = [tidy(cells.get("latitude")), tidy(cells.get("longitude"))]
    shown = " / ".join(text for text in texts if text)
    if not shown:
        return
    numbers = _numbers(texts)
    if numbers is None:
        record.notes.append(Note("refus", "latitude", shown, _("deux nombres attendus, en degrés.")))
        return
    point, reason = geo.read_point(*numbers)
    if point is None:
        accepted = _("latitude de -90 à 90 et longitude de -180 à 180 attendues, ou des mètres Lambert-93.")
        record.notes.append(Note("refus", "latitude", shown, accepted))
        return
    _keep(record, **point._asdict())
    if reason or "," in shown or "(" in shown or not all(texts):
        why = {"swapped": _("latitude et longitude échangées."), "lambert": _("mètres Lambert-93 convertis en degrés.")}
        becomes = f"{point.latitude} / {point.longitude}"
        written = why.get(reason, _("écriture des coordonnées."))
        record.notes.append(Note("correction", "latitude", shown, written, becomes=becomes))


def _keep(record: Record, **values: str | float | None) -> None:
    """Put in a record values that JSON keeps as they are."""
    record.values.update(values)
    record.told.update(values)


def _numbers(texts: list[str]) -> tuple[float, float] | None:
    """Read two cells, or a pair in one of them: `[lat, lon]`, `lat, lon`, `POINT (lon lat)`."""
    alone = [text for text in texts if text]
    if len(alone) == 1:
        found = re.findall(r"-?\d+(?:\.\d+)?", alone[0])
        if len(found) != 2:
            return None
        texts = found[::-1] if "POINT" in alone[0].upper() else found
    one, other = texts
    try:
        return float(one.replace(",", ".").replace(" ", "")), float(other.replace(",", ".").replace(" ", ""))
    except ValueError:
        return None


def _fit_resume(record: Record) -> None:
    resume = record.values.get("presentation_resume") or ""
    if len(resume) <= RESUME_LENGTH:
        return
    short = resume[: RESUME_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    _keep(record, presentation_resume=short)
    if not record.values.get("presentation_detail"):
        _keep(record, presentation_detail=resume)
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
    "commune": read_commune,
    "adresse": read_address,
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
LISTS = {"typologie", "courriels", "site_web", "autres_formations_labels", *NATIONAL, *LOCAL}


def blank(column: str) -> Any:
    """Return what a column holds when it holds nothing."""
    if column in LISTS:
        return []
    return {"pivot": UNKNOWN_PIVOT, "date_maj": None}.get(column, "")


def folded_lists(
    lists: Mapping[str, Sequence[tuple[str, str]]],
    heirs: Mapping[str, Mapping[str, str | None]] | None = None,
    held: Held = as_it_is,
) -> Lists:
    """Return the Lists of `{name: [(official text, slug), …]}` and of the old values in `heirs`.

    An official text wins over a slug that folds alike, and both over an old value.
    """
    words = {
        name: {old: new or "" for old, new in (heirs or {}).get(name, {}).items()}
        | {fold(slug): value for value, slug in terms}
        | {fold(value): value for value, _slug in terms}
        for name, terms in lists.items()
        if name in NATIONAL or name in LOCAL
    }
    return Lists(words, held)
