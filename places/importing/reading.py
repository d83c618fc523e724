"""Bytes to rows: CSV in its dialects, JSON, GeoJSON, .xlsx and .ods, as titles and texts with their line numbers."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, load_workbook

from places.files import UnreadableFile

MOST_UNPACKED = 300 * 1024 * 1024  # bytes of a spreadsheet once unpacked
MOST_CELLS = 20_000_000
MOST_BEFORE_HEADER = 20  # rows of title and notes above the titles of a workbook
DELIMITERS = ",;\t|"
csv.field_size_limit(1_000_000)

Row = tuple[int, "dict[str, str] | None"]


@dataclass
class Table:
    """The rows of a file as `(line, {title: text})`; a row with more cells than titles is None.

    Lines are those a person sees: of the text file, of the sheet, or the rank of the object in a JSON file.
    """

    format: str
    header: list[str]
    rows: list[Row]
    remarks: list[str] = field(default_factory=list)


def read_table(content: bytes, is_header: Callable[[list[str]], bool] = any) -> Table:
    """Read a file by what it holds, not by its name; raise UnreadableFile with a sentence.

    `is_header` finds the titles of a workbook that begins with something else, by the texts of a row.
    """
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise UnreadableFile(_("Ce fichier est vide."))
    if start.startswith(b"PK\x03\x04"):
        table = _read_workbook(content, is_header)
    elif start[:1] in b"{[":
        table = _read_json(content)
    elif start[:1] == b"<":
        raise UnreadableFile(_("C’est une page web, pas un fichier de données."))
    else:
        table = _read_csv(content)
    titles = [title for title in table.header if title]
    if len(set(titles)) != len(titles):
        raise UnreadableFile(_("Une colonne est présente deux fois dans l’en-tête."))
    return table


# --- CSV


def _read_csv(content: bytes) -> Table:
    text, remarks = _decode(content)
    delimiter = _delimiter(text)
    if delimiter != ",":
        remarks.append(_("séparateur « %s » au lieu de la virgule.") % delimiter.replace("\t", "tabulation"))
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    short = None
    try:
        header = [title.strip().strip('"') for title in next(reader, [])]
        line = reader.line_num + 1
        for cells in reader:
            if any(map(str.strip, cells)):
                short = len(cells) if len(cells) < len(header) else None
                whole = len(cells) <= len(header) or not any(cells[len(header) :])
                rows.append((line, dict(zip(header, cells, strict=False)) if whole else None))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(
            _("Ligne %(line)d : ce n’est pas du CSV, ou le fichier est coupé (%(why)s).")
            % {"line": reader.line_num, "why": error}
        ) from error
    if short is not None and not text.endswith("\n"):
        raise UnreadableFile(
            _("Ligne %(line)d : le fichier semble coupé, il n’y a que %(cells)d cellules sur %(all)d.")
            % {"line": reader.line_num, "cells": short, "all": len(header)}
        )
    return Table("CSV", header, rows, remarks)


def _decode(content: bytes) -> tuple[str, list[str]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        if error.end >= len(content) - 3 and error.reason == "unexpected end of data":
            raise UnreadableFile(_("Le fichier est coupé au milieu d’une lettre.")) from error
    # The five bytes that Windows-1252 leaves undefined become a mark that no reader mistakes for a letter.
    return content.decode("cp1252", errors="replace"), [_("encodage Windows-1252 au lieu d’UTF-8.")]


def _delimiter(text: str) -> str:
    """The separator most frequent in the header, outside quotes."""
    header = "".join(part for n, part in enumerate(text.split("\n", 1)[0].split('"')) if n % 2 == 0)
    return max(DELIMITERS, key=lambda mark: (header.count(mark), -DELIMITERS.index(mark)))


# --- JSON and GeoJSON


def _read_json(content: bytes) -> Table:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(_("Ce fichier n’est pas du JSON, ou il est coupé : %s.") % error) from error
    form = "JSON"
    if isinstance(document, dict) and document.get("type") == "FeatureCollection":
        form, objects = "GeoJSON", document.get("features")
    elif isinstance(document, dict):
        objects = next((document[name] for name in ("lieux", "results", "data", "records") if name in document), None)
    else:
        objects = document
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise UnreadableFile(_("Ce JSON n’est ni une liste d’objets, ni une FeatureCollection."))
    rows: list[Row] = []
    header: dict[str, None] = {}
    for number, item in enumerate(objects, start=1):
        cells = _feature_cells(item) if form == "GeoJSON" else item
        row = {str(title): as_text(value) for title, value in cells.items()}
        header.update(dict.fromkeys(row))
        rows.append((number, row))
    return Table(form, list(header), rows)


def _feature_cells(feature: dict) -> dict[str, Any]:
    cells = dict(feature.get("properties") or {})
    geometry = feature.get("geometry") or {}
    point = geometry.get("coordinates") if isinstance(geometry, dict) and geometry.get("type") == "Point" else None
    if isinstance(point, list) and len(point) >= 2:
        cells.setdefault("longitude", point[0])
        cells.setdefault("latitude", point[1])
    if "id" in feature:
        cells.setdefault("id", feature["id"])
    return cells


# --- spreadsheets


def _read_workbook(content: bytes, is_header: Callable[[list[str]], bool]) -> Table:
    _refuse_bomb(content)
    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise UnreadableFile(_("Ce classeur ne peut pas être lu : %s.") % error) from error
    if sum(len(row) for row in rows) > MOST_CELLS:
        raise UnreadableFile(_("Ce classeur a trop de cellules."))
    first = next((n for n, row in enumerate(rows[:MOST_BEFORE_HEADER]) if is_header([as_text(c) for c in row])), 0)
    header = [as_text(title).strip() for title in rows[first]] if rows else []
    table = Table(_("classeur"), header, [])
    for line, cells in enumerate(rows[first + 1 :], start=first + 2):
        texts = [as_text(cell) for cell in cells]
        if any(text.strip() for text in texts):
            table.rows.append((line, {title: text for title, text in zip(header, texts, strict=False) if title}))
    table.header = [title for title in header if title]
    return table


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UnreadableFile(_("Ce classeur est abîmé ou coupé.")) from error
    if unpacked > MOST_UNPACKED:
        raise UnreadableFile(_("Ce classeur, une fois déplié, est trop gros : %d Mo.") % (unpacked // 1024**2))


def as_text(value: Any) -> str:
    """Write a value as the national file would: lists by `|`, whole numbers without decimals, dates in ISO."""
    if value is None or isinstance(value, bool):
        return {True: "oui", False: "non"}.get(value, "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "|".join(as_text(item) for item in value)
    return str(value)
