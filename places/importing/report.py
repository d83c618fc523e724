"""Files of the national standard, read, compared with the base, and applied in one transaction."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from places import history, lexicon
from places.files import UnreadableFile, fetch
from places.models import ImportRun, Place, Revision, Source
from places.standard import COLUMNS, EXTENSION, REQUIRED_HEADERS, Note, Record, RefusedRow, folded_lists, read_row
from places.vocabularies import LOCAL, NATIONAL

IN_BASE = 500  # places fetched at once


@dataclass
class Report:
    """What one reading found; `counts` add up: lignes = creees + modifiees + inchangees + refusees.

    `corrigees` counts the cells that were repaired, `refus` holds refused rows and the refused cells of rows kept.
    """

    file: str
    source: str
    applied: bool = False
    counts: Counter = field(default_factory=Counter)
    unknown_columns: list[str] = field(default_factory=list)
    missing_columns: list[str] = field(default_factory=list)
    notes: list[dict] = field(default_factory=list)

    COUNTED = ("lignes", "creees", "modifiees", "inchangees", "refusees", "corrigees")

    def add(self, line: int, note: Note, *, kept: bool) -> None:
        entry = {
            "nature": note.kind,
            "ligne": line,
            "colonne": note.column,
            "valeur": note.value,
            "raison": note.reason,
        }
        if note.kind != "refus":
            entry["devient"] = note.becomes
        else:
            entry["ligne_gardee"] = kept
        self.notes.append(entry)
        self.counts["corrigees"] += note.kind == "correction"

    def of_kind(self, kind: str) -> list[dict]:
        return [note for note in self.notes if note["nature"] == kind]

    def as_dict(self) -> dict:
        return {
            "fichier": self.file,
            "source": self.source,
            "applique": self.applied,
            **{name: self.counts[name] for name in self.COUNTED},
            "colonnes_inconnues": self.unknown_columns,
            "colonnes_absentes": self.missing_columns,
            "refus": self.of_kind("refus"),
            "corrections": self.of_kind("correction"),
            "remarques": self.of_kind("remarque"),
        }

    def lines(self) -> Iterator[str]:
        """Say in French what was found, for a terminal."""
        yield _("%(lignes)d lignes lues dans « %(file)s » (source : %(source)s).") % self.counted
        yield (
            _("%(creees)d à créer, %(modifiees)d à modifier, %(inchangees)d inchangées, %(refusees)d refusées.")
            % self.counted
        )
        for title, kind in ((_("Refus"), "refus"), (_("Corrections"), "correction"), (_("Remarques"), "remarque")):
            notes = self.of_kind(kind)
            if not notes:
                continue
            yield f"{title} : {len(notes)}"
            groups = Counter((note["colonne"], note["raison"]) for note in notes)
            for (column, reason), number in groups.most_common(12):
                first = next(n for n in notes if (n["colonne"], n["raison"]) == (column, reason))
                yield _("  %(number)d × %(column)s : %(reason)s (ligne %(line)d : « %(value)s »)") % {
                    "number": number,
                    "column": column,
                    "reason": reason,
                    "line": first["ligne"],
                    "value": first["valeur"][:60],
                }
            if len(groups) > 12:
                yield _("  … et d’autres : le rapport complet est dans le fichier demandé par --report.")
        if self.unknown_columns:
            yield _("Colonnes inconnues, laissées de côté : %s.") % ", ".join(self.unknown_columns)
        if self.missing_columns:
            yield _("Colonnes du standard absentes, non touchées : %s.") % ", ".join(self.missing_columns)
        yield _("C’est écrit.") if self.applied else _("Rien n’a été écrit : ajouter --apply pour appliquer.")

    @property
    def counted(self) -> dict:
        return {name: self.counts[name] for name in self.COUNTED} | {"file": self.file, "source": self.source}


def import_places(
    address: str,
    *,
    source_name: str = "",
    apply: bool = False,
    progress: Callable[[Iterable], Iterable] = lambda rows: rows,
) -> Report:
    """Read a file or an https address, compare it with the base and, with `apply`, write the difference.

    The same file twice changes nothing the second time. Raises UnreadableFile before anything is written.
    """
    content = fetch(address)
    header, rows = read_csv(content)
    report = Report(address, source_name or default_source_name(address), applied=apply)
    report.unknown_columns = [name for name in header if name not in COLUMNS and name not in EXTENSION]
    report.missing_columns = [name for name in COLUMNS if name not in header]
    records = list(read_records(progress(rows), report))
    with transaction.atomic():
        source = Source.objects.filter(name=report.source).first()
        changed = list(compare(records, source, report))
        if apply:
            source = source or Source.objects.create(name=report.source)
            _write(changed, source, report, content)
    return report


def read_csv(content: bytes) -> tuple[list[str], list[tuple[int, dict[str, str] | None]]]:
    """Return the header and `(line, row)` pairs; a row is None when it has more cells than the header.

    Lines are those of the file, where the row begins; blank rows are skipped. Raises UnreadableFile.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_("Ce fichier n’est pas en UTF-8 (octet %d).") % error.start) from error
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), strict=True)
    rows: list[tuple[int, dict[str, str] | None]] = []
    try:
        header = [name.strip().strip('"') for name in next(reader, [])]
        missing = [name for name in REQUIRED_HEADERS if name not in header]
        if missing:
            raise UnreadableFile(
                _("Ce n’est pas un fichier du standard national : colonne « %s » absente.") % missing[0]
            )
        if len(set(header)) != len(header):
            raise UnreadableFile(_("Une colonne est présente deux fois dans l’en-tête."))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, dict(zip(header, cells, strict=False)) if len(cells) <= len(header) else None))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFile(
            _("Ligne %(line)d : ce n’est pas du CSV (%(why)s).") % {"line": reader.line_num, "why": error}
        ) from error
    return header, rows


def read_records(rows: Iterable[tuple[int, dict[str, str] | None]], report: Report) -> Iterator[Record]:
    """Yield the usable records; refused rows and repaired cells go to the report."""
    lists = folded_lists({name: [(e.value, e.slug) for e in lexicon.entries(name)] for name in (*NATIONAL, *LOCAL)})
    seen: dict[str, int] = {}
    for line, row in rows:
        report.counts["lignes"] += 1
        try:
            record = _read_one(line, row, lists, seen)
        except RefusedRow as refused:
            report.counts["refusees"] += 1
            report.add(line, refused.note, kept=False)
            continue
        for note in record.notes:
            report.add(line, note, kept=True)
        yield record


def _read_one(line: int, row: dict[str, str] | None, lists, seen: dict[str, int]) -> Record:
    if row is None:
        raise RefusedRow(Note("refus", "", "", _("plus de cellules que de colonnes : guillemets oubliés ?")))
    record = read_row(row, lists)
    identity = record.values["id"]
    if identity in seen:
        reason = _("identifiant déjà lu à la ligne %d.") % seen[identity]
        raise RefusedRow(Note("refus", "id", identity, reason))
    seen[identity] = line
    return record


def compare(records: list[Record], source: Source | None, report: Report) -> Iterator[Place]:
    """Yield, unsaved, the places that are new or differ from the base; the rest is counted as unchanged."""
    known = _known_places(records, source)
    taken = _taken_ids(records, source)
    for record in records:
        identity = record.values["id"]
        place = known.get(identity)
        before = place and history.told(place)
        if place is None:
            own_id = f"{history.slug(report.source)}-{identity}" if identity in taken else identity
            place = Place(id=own_id, source_id=identity, import_source=source)
        _fill(place, record)
        if before is None:
            report.counts["creees"] += 1
        elif before != history.told(place):
            report.counts["modifiees"] += 1
        else:
            report.counts["inchangees"] += 1
            continue
        yield place


def _known_places(records: list[Record], source: Source | None) -> dict[str, Place]:
    """The places of this source, by the identifier they have in it."""
    if source is None:
        return {}
    known = {}
    for batch in history.batches((record.values["id"] for record in records), IN_BASE):
        for place in source.places.filter(source_id__in=batch):
            known[place.source_id] = place
    return known


def _taken_ids(records: list[Record], source: Source | None) -> set[str]:
    """The identifiers that a place of another source already bears."""
    taken = set()
    for batch in history.batches((record.values["id"] for record in records), IN_BASE):
        others = Place.objects.filter(pk__in=batch)
        if source is not None:
            others = others.exclude(import_source=source)
        taken.update(others.values_list("pk", flat=True))
    return taken


def _fill(place: Place, record: Record) -> None:
    moved = (place.latitude, place.longitude)
    for column, value in record.values.items():
        if column != "id":
            setattr(place, column, value)
    if (place.latitude, place.longitude) != moved:
        place.position_quality = place.PositionQuality.SOURCE if place.point else place.PositionQuality.UNKNOWN


def _write(places: list[Place], source: Source, report: Report, content: bytes) -> None:
    run = ImportRun.objects.create(
        source=source,
        file_name=report.file,
        file_hash=hashlib.sha256(content).hexdigest(),
        applied_at=timezone.now(),
        counts={name: report.counts[name] for name in Report.COUNTED},
        report=report.as_dict(),
    )
    for place in places:
        place.import_source = source
    history.save(places, origin=Revision.Origin.IMPORT, import_run=run, reason=source.name)


def default_source_name(address: str) -> str:
    """Name the source after its file: `…/hauts_de_france_lieux.csv` → `hauts_de_france_lieux`."""
    return Path(address.split("?")[0].rstrip("/")).stem[:120] or address[:120]
