"""One import, from the file to the base: applied whole under the lock of its source, or not at all."""

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from places import bulk, duplicates, history
from places.files import UnreadableFile, fetch
from places.importing.comparing import POINT, Difference, compare
from places.importing.reading import Table, read_table
from places.importing.report import Report
from places.models import Conflict, DataVersion, ImportRun, Place, Revision, Source, SourceRecord
from places.standard import COLUMNS
from places.versions import recognise

AT_ONCE = 5_000  # places written with their history: what is made for more of them would weigh
MOST_GONE = 0.2  # of the places of a source: more is a broken file rather than news
Progress = Callable[[Iterable], Iterable]


class NotWritten(UnreadableFile):
    """The file is good, but the database could not take it: a full disk, a lost connection. Nothing has changed."""


def import_places(
    address: str,
    *,
    source_name: str = "",
    apply: bool = False,
    allow_gone: bool = False,
    progress: Progress = lambda rows: rows,
) -> Report:
    """Read a file or a web address, compare it with the base and, with `apply`, write the difference.

    The same file twice changes nothing the second time. Raises UnreadableFile before anything is written.
    """
    content = fetch(address)
    name = source_name or default_source_name(address)
    if apply:
        return apply_file(content, address, name, allow_gone=allow_gone, progress=progress)[0]
    table = read_table(content)
    report = _report(table, address, name)
    with uncollected(), transaction.atomic():
        source = Source.objects.filter(name=name).first()
        _refuse_vanishing(compare(table, source, report, progress(table.rows)), report, allow_gone)
    return report


def apply_file(
    content: bytes,
    file_name: str,
    source_name: str,
    *,
    allow_gone: bool = False,
    progress: Progress = lambda rows: rows,
    run: ImportRun | None = None,
    author=None,
) -> tuple[Report, ImportRun | None]:
    """Write the difference between a file and the base, in one transaction under the lock of its source.

    Returns the report and the run that tells it; no run, and nothing written, when the file would make too many places
    vanish. Two imports of one source at once follow each other, and the second compares with what the first wrote.
    """
    table = read_table(content)
    report = _report(table, file_name, source_name)
    with uncollected(), told_when_refused(), transaction.atomic():
        Source.objects.get_or_create(name=source_name)
        source = Source.objects.select_for_update().get(name=source_name)
        difference = compare(table, source, report, progress(table.rows))
        del table  # all its rows, before others as heavy are made of them
        if _refuse_vanishing(difference, report, allow_gone):
            transaction.set_rollback(True)
            return report, None
        report.applied = True
        return report, _write(difference, source, report, content, run, author)


def read_file(content: bytes, file_name: str, source: Source) -> ImportRun:
    """Keep a file and what applying it would change, for a moderator to read; raises UnreadableFile."""
    table = read_table(content)
    report = _report(table, file_name, source.name)
    with uncollected(), told_when_refused(), transaction.atomic():
        _refuse_vanishing(compare(table, source, report, table.rows), report, allow_gone=False)
        run = ImportRun(source=source, file_name=file_name, file_hash=hashlib.sha256(content).hexdigest())
        run.file = content
        run.counts, run.report = report.counted, report.as_dict()
        run.save()
    return run


def apply_run(run: ImportRun, author, *, allow_gone: bool = False) -> Report:
    """Apply a file that was read before, once. Returns the report, not applied when the run had been already."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        if run.state != ImportRun.State.READ:
            return Report(run.file_name, run.source.name, refusal=_("Cet import a déjà été appliqué."))
        return apply_file(run.file, run.file_name, run.source.name, allow_gone=allow_gone, run=run, author=author)[0]


def _report(table: Table, file_name: str, source_name: str) -> Report:
    names = recognise(table.header)[1]
    report = Report(file_name, source_name, format=table.format, remarks=list(table.remarks))
    report.unknown_columns = [title for title in table.header if title not in names]
    report.missing_columns = [column for column in COLUMNS if column not in names.values()]
    return report


def _refuse_vanishing(difference: Difference, report: Report, allow_gone: bool) -> bool:
    """Tell whether too many places of the source would be gone, and say so in the report."""
    before = difference.seen - report.counts["creees"] + len(difference.gone)
    if allow_gone or len(difference.gone) <= MOST_GONE * before:
        return False
    report.refusal = _("Refusé : %(gone)d lieux sur %(all)d ne sont plus dans ce fichier.") % {
        "gone": len(difference.gone),
        "all": before,
    }
    return True


def _write(
    difference: Difference, source: Source, report: Report, content: bytes, run: ImportRun | None, author
) -> ImportRun:
    run = run or ImportRun(source=source, file_name=report.file, file_hash=hashlib.sha256(content).hexdigest())
    run.state, run.applied_at, run.applied_by = ImportRun.State.APPLIED, timezone.now(), author
    run.counts, run.report = report.counted, report.as_dict()
    run.content = None  # once applied, the hash says which file it was
    run.save()
    for batch in history.batches(difference.places, AT_ONCE):
        history.save(batch, origin=Revision.Origin.IMPORT, author=author, import_run=run, reason=source.name)
    bulk.insert(SourceRecord, (row for row in difference.records if row["place_id"] not in difference.recorded))
    bulk.upsert(SourceRecord, (row for row in difference.records if row["place_id"] in difference.recorded))
    for batch in history.batches(difference.gone, history.BATCH):
        SourceRecord.objects.filter(pk__in=batch).update(gone_since=timezone.localdate())
    _keep_conflicts(difference, run)
    duplicates.propose(difference.pairs)
    if difference.gone or report.back:
        DataVersion.objects.advance()
    return run


def _keep_conflicts(difference: Difference, run: ImportRun) -> None:
    """Leave each disagreement to a human; one that waits goes once replaced, or given up by the source."""
    fields = {(place.pk, name) for place, name, _ours, _theirs in difference.conflicts}
    told = {record["place_id"]: record["values"] for record in difference.records}
    waiting = Conflict.objects.waiting().filter(place__import_source=run.source_id)
    for conflict in waiting:
        said = told.get(conflict.place_id, {}).get(conflict.field, conflict.theirs)
        if (conflict.place_id, conflict.field) in fields or said != conflict.theirs:
            conflict.delete()
    Conflict.objects.bulk_create(
        Conflict(place=place, run=run, field=name, ours=ours, theirs=theirs)
        for place, name, ours, theirs in difference.conflicts
    )


def decide(conflict: Conflict, decision: str, author) -> bool:
    """Keep ours or take theirs, once; False when somebody decided before. A point is decided whole.

    Raises ValidationError when the source's value is no longer valid.
    """
    with transaction.atomic():
        conflict = Conflict.objects.select_for_update().get(pk=conflict.pk)
        if conflict.decision:
            return False
        fields = POINT if conflict.field in POINT else (conflict.field,)
        if decision == Conflict.Decision.THEIRS:
            place = Place.objects.select_related("source_record").get(pk=conflict.place_id)
            for name in fields:
                theirs = conflict.theirs if name == conflict.field else place.source_record.values.get(name)
                setattr(place, name, theirs)
            if fields == POINT:
                quality = Place.PositionQuality
                place.position_quality = quality.SOURCE if place.point else quality.UNKNOWN
            place.full_clean(exclude=[field.name for field in Place._meta.fields if field.name not in fields])
            reason = _("valeur de la source %s") % conflict.run.source
            history.save([place], origin=Revision.Origin.ADMIN, author=author, reason=reason)
        waiting = Conflict.objects.waiting().filter(place=conflict.place_id, field__in=fields)
        waiting.update(decision=decision, decided_by=author, decided_at=timezone.now())
    return True


@contextmanager
def told_when_refused() -> Iterator[None]:
    """Say in a sentence that the database refused; the transaction inside has been undone."""
    try:
        yield
    except OperationalError as error:
        sentence = _("La base de données n’a pas pu écrire (%s) : rien n’a changé. Réessayer plus tard.") % error
        raise NotWritten(sentence) from error


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the collector of cycles aside: rows and places hold none, and it would walk them again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def default_source_name(address: str) -> str:
    """Name the source after its file: `…/hauts_de_france_lieux.csv` → `hauts_de_france_lieux`."""
    return PurePosixPath(address.split("?")[0].rstrip("/")).stem[:120] or address[:120]
