"""The national file: each cell valid to the letter under the schema 1.0.2 or empty; what it cannot hold is kept apart.

The rules are stricter than the patterns of the schema where these let mistakes through: digits are 0 to 9, nothing
follows the last character, a cell of spaces is not a value.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from places.exporting.records import AREAS, Record
from places.standard import COLUMNS, RESUME_LENGTH
from places.vocabularies import LOCAL, NATIONAL, VOCABULARIES, FormationLabel

REQUIRED = ("id", "pivot", "nom", "commune", "code_postal", "adresse", "date_maj")
# The pattern of the schema has lost the space that its own description holds.
AS_THE_PATTERN_SAYS = {FormationLabel.ETAPES_NUMERIQUES: "Étapes numériques(La Poste)"}
OFFICIAL = {
    name: {seed.value: AS_THE_PATTERN_SAYS.get(seed.value, str(seed.value)) for seed in VOCABULARIES[name].seeds}
    for name in NATIONAL
}
COMPLEMENTS = (
    *("id", "nom", "commune", *LOCAL, "verification", "verified_on", "position_quality", "slug", "card_url"),
    *(name for area in AREAS for name in (f"{area}_code", area)),
    *("import_source", "aliases", "permanences", "not_in_standard", "changed_at"),
)


@dataclass(frozen=True)
class Row:
    """One row of the national file: a cell for every column, and what the place says that no cell may hold."""

    cells: dict[str, str]
    left: Record

    @property
    def missing(self) -> list[str]:
        """The required columns that are empty: with any of them, the row stays out of the file."""
        return [column for column in REQUIRED if not self.cells[column]]


@dataclass
class Report:
    """What an export wrote, and what it had to leave out, by the column that is the reason."""

    written: int = 0
    left_out: int = 0
    missing: Counter = field(default_factory=Counter)
    emptied: Counter = field(default_factory=Counter)


def rows(records: Iterable[Record], report: Report | None = None) -> Iterator[tuple[Record, Row]]:
    """Yield the records that may leave, each with its row; the others are only counted in the report."""
    report = report or Report()
    for record in records:
        row = row_of(record)
        if row.missing:
            report.left_out += 1
            report.missing.update(row.missing)
            continue
        report.written += 1
        report.emptied.update(row.left.keys())
        yield record, row


def row_of(record: Record) -> Row:
    cells, left = {}, {}
    for column in COLUMNS:
        cells[column], rest = WRITERS.get(column, text)(record[column])
        if rest:
            left[column] = rest
    if not (cells["latitude"] and cells["longitude"]):
        cells["latitude"] = cells["longitude"] = ""
    return Row(cells, left)


def complements(record: Record, row: Row) -> dict[str, str]:
    """Return the cells of the second file: the city's own lists, where the place is, and what the first cannot hold."""
    own = {name: record[name] for name in COMPLEMENTS if name in record}
    for area in AREAS:
        own[area], own[f"{area}_code"] = (record[area]["nom"], record[area]["code"]) if record[area] else (None, None)
    own["not_in_standard"] = row.left
    return {name: _plain_cell(own[name]) for name in COMPLEMENTS}


def _plain_cell(value: Any) -> str:
    """Write lists as the schema does, with pipes, and what is deeper as JSON."""
    if not value:
        return ""
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
        return json.dumps(value, ensure_ascii=False)
    return "|".join(value) if isinstance(value, list) else str(value)


# --- how each kind of column is written: its cell, and what the cell cannot hold

Writer = Callable[[Any], tuple[str, Any]]


def text(value: str | None) -> tuple[str, None]:
    return (value, None) if value and value.strip() else ("", None)


def matching(pattern: str) -> Writer:
    """Keep what is wholly of this pattern."""
    whole = re.compile(pattern)

    def write(value: str | None):
        return (value, None) if value and whole.fullmatch(value) else ("", value)

    return write


def short_text(value: str | None) -> tuple[str, str | None]:
    return ("", value) if value and len(value) > RESUME_LENGTH else text(value)


def items(values: list[str]) -> tuple[str, None]:
    return "|".join(values), None


def official(vocabulary: str) -> Writer:
    """Keep the terms of the schema; a term that a city has added to a national list is not one of them."""
    texts = OFFICIAL[vocabulary]

    def write(values: list[str]):
        return "|".join(texts[value] for value in values if value in texts), [v for v in values if v not in texts]

    return write


def number(value: float | None) -> tuple[str, None]:
    """Write with a decimal point, and never as 1e-05."""
    return ("" if value is None else f"{Decimal(repr(value)):f}"), None


WRITERS: dict[str, Writer] = {
    "pivot": matching(r"[a-zA-Z0-9]{9,14}"),
    "code_postal": matching(r"[0-9]{5}"),
    "code_insee": matching(r"([013-9][0-9]|2[AB1-9])[0-9]{3}"),
    "latitude": number,
    "longitude": number,
    "typologie": items,
    "telephone": matching(r"\+(33|590|594|262|596|269|687|689|508|681)[0-9]{6,9}"),
    "courriels": items,
    "site_web": items,
    "presentation_resume": short_text,
    "autres_formations_labels": items,
    **{name: official(name) for name in NATIONAL},
}
