"""OpenDocument spreadsheets, written row by row: memory does not grow with the file, and no cell is a formula.

A library that builds the document as a tree needs gigabytes for 25,000 rows; the few elements a table needs are these
(OpenDocument 1.3, part 3, chapter 9).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

TYPE = "application/vnd.oasis.opendocument.spreadsheet"
NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SPACES = re.compile(r"  +|^ | $")
LONGEST = 32_767  # characters in a cell: what spreadsheets hold
XMLNS = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        *((name, name) for name in ("office", "table", "text", "style")),
        *(("number", "datastyle"), ("fo", "xsl-fo-compatible")),
    )
)
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
BEGINNING = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {XMLNS} office:version="1.3">'
    "<office:automatic-styles>"
    '<number:date-style style:name="iso"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>"
    '<style:style style:name="day" style:family="table-cell" style:data-style-name="iso"/>'
    '<style:style style:name="head" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>'
    "</office:automatic-styles><office:body><office:spreadsheet>"
)
END = "</office:spreadsheet></office:body></office:document-content>"


@dataclass
class Sheet:
    """A named table: its header, then rows of texts, numbers, dates and None."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Any]]


def write(file: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a whole document; the same rows give the same bytes."""
    with ZipFile(file, "w") as archive:
        archive.writestr(_entry("mimetype", ZIP_STORED), TYPE)  # first and not compressed, as the norm wants
        archive.writestr(_entry("META-INF/manifest.xml"), MANIFEST)
        with archive.open(_entry("content.xml"), "w", force_zip64=True) as content:
            content.write(BEGINNING.encode())
            for sheet in sheets:
                for line in _table(sheet):
                    content.write(line.encode())
            content.write(END.encode())


def legal(text: str) -> str:
    """Return the text without the characters that XML cannot hold."""
    return NOT_XML.sub("", text)


def _entry(name: str, compression: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name)  # dated 1980: the same rows give the same bytes
    entry.compress_type = compression
    return entry


def _table(sheet: Sheet) -> Iterator[str]:
    yield f"<table:table table:name={quoteattr(sheet.name)}><table:table-header-rows>"
    yield f"<table:table-row>{''.join(_text(name, 'head') for name in sheet.header)}</table:table-row>"
    yield "</table:table-header-rows>"
    for row in sheet.rows:
        yield f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"
    yield "</table:table>"


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        day = value.isoformat()
        return (
            f'<table:table-cell table:style-name="day" office:value-type="date" office:date-value="{day}">'
            f"<text:p>{day}</text:p></table:table-cell>"
        )
    if isinstance(value, (int, float)):
        return (
            f'<table:table-cell office:value-type="float" office:value="{value!r}">'
            f"<text:p>{value!r}</text:p></table:table-cell>"
        )
    return _text(str(value))


def _text(text: str, style: str = "") -> str:
    named = f' table:style-name="{style}"' if style else ""
    lines = legal(text)[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    paragraphs = "".join(f"<text:p>{_spaced(escape(line))}</text:p>" for line in lines)
    return f'<table:table-cell{named} office:value-type="string">{paragraphs}</table:table-cell>'


def _spaced(line: str) -> str:
    """Keep tabs, and spaces that follow one another, which a reader would otherwise join."""
    line = SPACES.sub(lambda spaces: f'<text:s text:c="{len(spaces[0])}"/>', line)
    return line.replace("\t", "<text:tab/>")
