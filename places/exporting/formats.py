"""The formats: the national CSV and its complements, JSON and GeoJSON, and two files that a spreadsheet may open.

A spreadsheet runs a cell that begins like a formula. The CSV of the standard is for machines and keeps every value as
it is; the files meant for a spreadsheet cannot hold a formula.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from places.exporting import national, ods
from places.exporting.publication import Publication
from places.exporting.records import HELD, Record, records
from places.models.place import PlaceQuerySet
from places.standard import COLUMNS
from places.vocabularies import LOCAL, OFFERED

PIECE = 32_768  # characters sent at once
IN_MEMORY = 1 << 20  # bytes, beyond which a spreadsheet under way goes to the disk
MOST_ROWS = 100_000  # of a spreadsheet: more takes minutes to make, and as long to open
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
SHEET = (*COLUMNS, *LOCAL, "verification", "verified_on", "quartier", "qpv", "card_url")
DATES = {"date_maj", "verified_on"}
CSV = "text/csv; charset=utf-8"


class TooManyForASpreadsheet(Exception):
    """The message is a sentence for the person who asked."""


@dataclass(frozen=True)
class Format:
    """One file that can be downloaded: its address, the end of its name, what people read, and how it is written."""

    name: str
    address: str
    ending: str
    type: str
    title: str
    use: str
    write: Callable[[PlaceQuerySet, Publication, national.Report], Iterator[str] | Iterator[bytes]]


def national_csv(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[str]:
    """Comma, UTF-8 without mark, the 32 columns in order, one header row; only the places that conform."""
    found = national.rows(records(places, publication.root), report)
    return in_pieces(csv_lines(COLUMNS, (row.cells for _record, row in found)))


def complements_csv(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[str]:
    """The same identifiers in the same order, with what the schema has no column for."""
    found = national.rows(records(places, publication.root), report)
    return in_pieces(csv_lines(national.COMPLEMENTS, (national.complements(*both) for both in found)))


def places_json(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[str]:
    return in_pieces(_wrapped(publication.as_dict(), "lieux", counted(records(places, publication.root), report)))


def places_geojson(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[str]:
    """Every place, with all that is known of it; `geometry` is null for one without a point."""
    found = counted(records(places, publication.root), report)
    about = {"type": "FeatureCollection", "publication": publication.as_dict()}
    return in_pieces(_wrapped(about, "features", (_feature(record) for record in found)))


def spreadsheet_csv(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[str]:
    """As a French spreadsheet reads CSV: semicolons, decimal commas, a mark for UTF-8; no cell begins a formula."""
    found = counted(records(places, publication.root), report)
    rows = ({name: _harmless(name, value) for name, value in _sheet_row(record).items()} for record in found)
    lines = csv_lines(SHEET, rows, delimiter=";", quoting=csv.QUOTE_ALL)
    return in_pieces(_after("\ufeff", lines))


def spreadsheet_ods(places: PlaceQuerySet, publication: Publication, report: national.Report) -> Iterator[bytes]:
    """Two sheets, places and permanences, whose cells are typed: a text is a text, whatever it begins with.

    It is made whole on the disk, then sent. Raises TooManyForASpreadsheet.
    """
    if places.count() > MOST_ROWS:
        raise TooManyForASpreadsheet(
            ngettext(
                "Plus de %d lieu : c’est trop pour un tableur. Précisez la question, ou prenez le fichier CSV.",
                "Plus de %d lieux : c’est trop pour un tableur. Précisez la question, ou prenez le fichier CSV.",
                MOST_ROWS,
            )
            % MOST_ROWS
        )
    return _ods(counted(records(places, publication.root), report))


def _ods(found: Iterable[Record]) -> Iterator[bytes]:
    with SpooledTemporaryFile(IN_MEMORY, mode="w+", encoding="utf-8") as held, SpooledTemporaryFile(IN_MEMORY) as file:
        rows = (_typed(_sheet_row(record)) for record in _keeping_permanences(found, held))
        first = ods.Sheet("Lieux", SHEET, rows)
        second = ods.Sheet("Permanences", ("id", "nom", *HELD, *OFFERED), _permanence_rows(held))
        ods.write(file, [first, second])
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


FORMATS = {
    file.name: file
    for file in (
        Format(
            "ods",
            "lieux.ods",
            ".ods",
            ods.TYPE,
            gettext_lazy("Tableur (ODS)"),
            gettext_lazy("Pour LibreOffice ou Excel : deux feuilles, les lieux et les permanences."),
            spreadsheet_ods,
        ),
        Format(
            "tableur",
            "lieux-tableur.csv",
            "-tableur.csv",
            CSV,
            gettext_lazy("CSV pour tableur"),
            gettext_lazy("Pour un tableur qui n’ouvre pas l’ODS ; les codes postaux peuvent y perdre leur zéro."),
            spreadsheet_csv,
        ),
        Format(
            "csv",
            "lieux.csv",
            ".csv",
            CSV,
            gettext_lazy("CSV du standard national"),
            gettext_lazy("Les 32 colonnes, pour la cartographie nationale, data.gouv.fr et les programmes."),
            national_csv,
        ),
        Format(
            "complements",
            "lieux-complements.csv",
            "-complements.csv",
            CSV,
            gettext_lazy("CSV des compléments"),
            gettext_lazy("Ce que le standard ne prévoit pas : démarches, matériel, langues, permanences, quartiers."),
            complements_csv,
        ),
        Format(
            "json",
            "lieux.json",
            ".json",
            "application/json",
            gettext_lazy("JSON"),
            gettext_lazy("Tous les lieux, avec tout ce qui en est su, pour les programmes."),
            places_json,
        ),
        Format(
            "geojson",
            "lieux-complets.geojson",
            ".geojson",
            "application/geo+json",
            gettext_lazy("GeoJSON"),
            gettext_lazy("La même chose, pour les logiciels de cartes."),
            places_geojson,
        ),
    )
}


# --- text, piece by piece


def counted(found: Iterable[Record], report: national.Report) -> Iterator[Record]:
    for record in found:
        report.written += 1
        yield record


def csv_lines(header: Iterable[str], rows: Iterable[dict[str, str]], **dialect) -> Iterator[str]:
    """Yield the lines of a CSV file, ended as RFC 4180 wants (a lone CR in a cell is then quoted too)."""
    writer = csv.writer(_Echo(), lineterminator="\r\n", **dialect)
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow(row.values())


class _Echo:
    """Gives back to `writerow` the line it has just written."""

    def write(self, line: str) -> str:
        return line


def in_pieces(lines: Iterable[str]) -> Iterator[str]:
    """Join lines into pieces worth a packet each."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _after(first: str, lines: Iterable[str]) -> Iterator[str]:
    yield first
    yield from lines


def _wrapped(about: dict, name: str, found: Iterable[dict]) -> Iterator[str]:
    """Yield the text of `{**about, name: [*found]}`, one item per line."""
    yield f'{_json(about)[:-1]},"{name}":['
    separator = "\n"
    for item in found:
        yield separator + _json(item)
        separator = ",\n"
    yield "\n]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _feature(record: Record) -> dict:
    point = [record["longitude"], record["latitude"]]
    return {
        "type": "Feature",
        "id": record["id"],
        "geometry": None if None in point else {"type": "Point", "coordinates": point},
        "properties": record,
    }


# --- what a spreadsheet opens


def _sheet_row(record: Record) -> Record:
    row = {name: record[name] for name in SHEET}
    for area in ("quartier", "qpv"):
        row[area] = record[area] and record[area]["nom"]
    return {name: "|".join(value) if isinstance(value, list) else value for name, value in row.items()}


def _typed(row: Record) -> list[Any]:
    return [date.fromisoformat(value) if value and name in DATES else value for name, value in row.items()]


def _harmless(name: str, value: Any) -> str:
    """Return a cell as people write it, an apostrophe before what a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, float):
        return national.number(value)[0].replace(".", ",")
    if name == "telephone":
        value = _as_dialled(value)
    return f"'{value}" if value.lstrip(" \u00a0").startswith(FORMULA) else value


def _as_dialled(telephone: str) -> str:
    """Return a number as it is dialled from France: `03 20 81 57 57` stays a text, `+33320815757` becomes a sum."""
    try:
        return phonenumbers.format_out_of_country_calling_number(phonenumbers.parse(telephone), "FR")
    except phonenumbers.NumberParseException:
        return telephone


def _keeping_permanences(found: Iterable[Record], held: IO[str]) -> Iterator[Record]:
    """Set the permanences aside on the way, for the second sheet."""
    for record in found:
        for permanence in record["permanences"]:
            held.write(_json([record["id"], record["nom"], permanence]) + "\n")
        yield record


def _permanence_rows(held: IO[str]) -> Iterator[list[Any]]:
    held.seek(0)
    for line in held:
        identity, nom, said = json.loads(line)
        appointment = {True: _("oui"), False: _("non")}.get(said["by_appointment"])
        said = said | {"by_appointment": appointment}
        yield [identity, nom, *(said[name] for name in HELD), *("|".join(said[name]) for name in OFFERED)]
