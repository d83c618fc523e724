"""Rows of a file against the base, three ways: what the source said before, what it says now, what humans wrote.

A field that only the source changed is taken, one that only humans changed is kept, one that both changed is a
conflict.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from statistics import median
from typing import Any, NamedTuple

from django.db.models.base import ModelState
from django.utils.translation import gettext as _

from places import duplicates, history, lexicon
from places.files import UnreadableFile
from places.geo import Point, distance
from places.importing.reading import Row, Table
from places.importing.report import Report
from places.likeness import Pair
from places.models import Place, Source, SourceRecord
from places.standard import REQUIRED_HEADERS, Note, Record, RefusedRow, folded_lists, read_row
from places.versions import HEIRS, MODERN, modernise, recognise
from places.vocabularies import LOCAL, NATIONAL

RULES = 2  # moves when the cleaning rules change: rows that had not changed are then read again
ABSENT = "\1"  # in a digest, a cell that the row does not have: it is not a blank one
IN_BASE = 500  # places fetched at once
FAR = 20_000  # metres: further from the other places of its postcode, a point is doubtful
FEW = 3  # places that make a postcode known
MOST_ALIKE = 3_000  # new places among which a report looks for duplicates: nobody reads the pairs of a whole country
POINT = ("latitude", "longitude")  # one value in two columns: corrected, taken and decided together


@dataclass
class Difference:
    """What applying a file would write."""

    places: list[Place] = field(default_factory=list)
    records: list[dict] = field(default_factory=list)  # what the source now says of them, as rows of SourceRecord
    recorded: set[str] = field(default_factory=set)  # the places of which it said something before
    gone: list[str] = field(default_factory=list)  # ids of places
    conflicts: list[tuple[Place, str, Any, Any]] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)  # likely duplicates
    seen: int = 0


class Told(NamedTuple):
    """What is kept of a row as its source last gave it, but its values: those of an unchanged row are never needed."""

    place_id: str
    digest: str
    notes: list[dict]
    gone_since: date | None


def compare(table: Table, source: Source | None, report: Report, rows: Iterable[Row]) -> Difference:
    """Return the difference between a file and the base, and tell it in the report; nothing is written."""
    report.version, names = recognise(table.header)
    columns = set(names.values())
    for name in REQUIRED_HEADERS:
        if name not in columns:
            raise UnreadableFile(_("Ce n’est pas un fichier du standard national : colonne « %s » absente.") % name)
    reader = RowReader(names, report)
    known = _known(source)
    difference = Difference(recorded={told.place_id for told in known.values()})
    fresh: list[tuple[int, str, Record, str]] = []
    for line, row in rows:
        report.counts["lignes"] += 1
        digest = reader.digest(row)
        identity = reader.identity(row)
        record = known.get(identity) if identity else None
        if record is not None and record.digest == digest and identity not in reader.seen and not record.gone_since:
            reader.seen[identity] = line
            report.counts["inchangees"] += 1
            for note in record.notes:
                report.add_entry({**note, "ligne": line})
            continue
        found = reader.read(line, row)
        if found is not None:
            fresh.append((line, digest, *found))
    _compare_fresh(fresh, source, known, report, difference)
    difference.pairs = _alike(difference.places, report)
    difference.gone = _gone(known, reader.seen, report)
    difference.seen = len(reader.seen)
    return difference


class RowReader:
    """Reads rows with the lists of this moment, and remembers which identifiers were read."""

    def __init__(self, names: Mapping[str, str], report: Report):
        self.names = names
        self.report = report
        self.seen: dict[str, int] = {}
        terms = {name: [(e.value, e.slug) for e in lexicon.entries(name)] for name in (*NATIONAL, *LOCAL)}
        self.lists = folded_lists(terms, HEIRS, _held)
        self.is_modern = all(title == column for title, column in names.items()) and MODERN.issuperset(names)
        salt = json.dumps([RULES, sorted(names.items()), terms])
        self.salted = hashlib.sha256(salt.encode())
        self.id_title = next(title for title, column in names.items() if column == "id")

    def digest(self, row: dict[str, str] | None) -> str:
        digest = self.salted.copy()
        digest.update("\0".join(map(row.get, self.names, repeat(ABSENT)) if row else ()).encode(errors="surrogatepass"))
        return digest.hexdigest()

    def identity(self, row: dict[str, str] | None) -> str:
        return ((row or {}).get(self.id_title) or "").strip()

    def read(self, line: int, row: dict[str, str] | None) -> tuple[Record, list[dict]] | None:
        """Return the record of a row and its notes as the report holds them; None when the row is refused."""
        first = len(self.report.notes)
        try:
            record = self._read(row)
        except RefusedRow as refused:
            self.report.counts["refusees"] += 1
            self.report.add(line, refused.note, kept=False)
            return None
        self.seen[record.values["id"]] = line
        for note in record.notes:
            self.report.add(line, note, kept=True)
        return record, self.report.notes[first:]

    def _read(self, row: dict[str, str] | None) -> Record:
        if row is None:
            raise RefusedRow(Note("refus", "", "", _("plus de cellules que de colonnes : guillemets oubliés ?")))
        record = read_row(row if self.is_modern else modernise(row, self.names), self.lists)
        identity = record.values["id"]
        if identity in self.seen:
            reason = _("identifiant déjà lu à la ligne %d.") % self.seen[identity]
            raise RefusedRow(Note("refus", "id", identity, reason))
        return record


def _compare_fresh(fresh, source: Source | None, known: dict[str, Told], report: Report, difference: Difference):
    """Compare the rows that are new or differ from what the source last said."""
    identities = [record.values["id"] for _line, _digest, record, _notes in fresh]
    far = _flag_far(fresh, report)
    stored = _stored(source, identities)
    ancestors = _ancestors(stored.values())
    taken = _taken(source, identities)
    blank = Place(import_source_id=source and source.pk)
    fresh.reverse()
    while fresh:  # each record is let go once compared: thousands of them weigh as much as the places
        _line, digest, record, notes = fresh.pop()
        identity = record.values.pop("id")
        del record.told["id"]
        place = stored.get(identity)
        if place is None:
            own_id = f"{history.slug(report.source)}-{identity}" if identity in taken else identity
            place = _begun(blank, id=own_id, source_id=identity)
            _fill(place, record.values)
            report.counts["creees"] += 1
            report.created.append({"id": own_id, "nom": place.nom})
            difference.places.append(place)
        elif place.merged_into_id:
            report.counts["inchangees"] += 1  # its record now lives under another: nothing comes back by the file
        else:
            _merge(place, record, ancestors.get(place.pk), report, difference)
        if far and identity in far and place.point:
            place.position_quality = Place.PositionQuality.FAR
        before = known.get(identity)
        if before is not None and before.gone_since:
            report.back.append({"id": place.pk, "nom": place.nom})
        difference.records.append(
            {"place_id": place.id, "values": record.told, "notes": notes, "digest": digest, "gone_since": None}
        )


def _merge(place: Place, record: Record, ancestor: dict | None, report: Report, difference: Difference) -> None:
    """Take what only the source changed, keep what only humans changed, tell what both did."""
    taken: dict[str, Any] = {}
    for name, value in record.values.items():
        ours, theirs = plain(getattr(place, name)), record.told[name]
        if ours == theirs:
            continue
        parts = POINT if name in POINT else (name,)
        if ancestor is None or name not in ancestor or all(plain(getattr(place, n)) == ancestor[n] for n in parts):
            taken[name] = value
        elif any(record.told[n] != ancestor[n] for n in parts):
            difference.conflicts.append((place, name, ours, theirs))
            report.conflicts.append({"id": place.pk, "nom": place.nom, "champ": name, "notre": ours, "source": theirs})
    if not taken:
        report.counts["inchangees"] += 1
        return
    changes = {name: [plain(getattr(place, name)), record.told[name]] for name in taken}
    _fill(place, taken)
    report.counts["modifiees"] += 1
    report.changed.append({"id": place.pk, "nom": place.nom, "champs": changes})
    difference.places.append(place)


def _held(column: str, value: Any) -> Any:
    """Return a clean value as a place holds it."""
    return Place._meta.get_field(column).to_python(value)


def _begun(blank: Place, **values: Any) -> Place:
    """Return a new place like this one: many times quicker than asking each field of its class for its default."""
    place = Place.__new__(Place)
    vars(place).update(vars(blank), _state=ModelState(), **values)
    return place


def _fill(place: Place, values: Mapping[str, Any]) -> None:
    moved = (place.latitude, place.longitude)
    vars(place).update(values)
    if (place.latitude, place.longitude) != moved:
        _say_where_from(place)


def _say_where_from(place: Place) -> None:
    place.position_quality = place.PositionQuality.SOURCE if place.point else place.PositionQuality.UNKNOWN


def _flag_far(fresh, report: Report) -> set[str]:
    """Remark the points far from where their postcode is, and return the identifiers of their rows.

    A postcode is where its other places are, in the file and in the base, when there are enough of them.
    """
    points: dict[str, list[Point]] = {}
    for _line, _digest, record, _notes in fresh:
        if (point := _point(record)) and record.values.get("code_postal"):
            points.setdefault(record.values["code_postal"], []).append(point)
    stored = Place.objects.filter(code_postal__among=points).located().exclude(position_quality="far")
    for code, latitude, longitude in stored.values_list("code_postal", "latitude", "longitude"):
        points[code].append(Point(latitude, longitude))
    centres = {
        code: Point(median(p.latitude for p in found), median(p.longitude for p in found))
        for code, found in points.items()
        if len(found) > FEW
    }
    far = set()
    for line, _digest, record, notes in fresh:
        centre, point = centres.get(record.values.get("code_postal", "")), _point(record)
        if centre is None or point is None or _is_close(centre, point) or (metres := distance(centre, point)) <= FAR:
            continue
        far.add(record.values["id"])
        reason = _("à %(km)d km des autres lieux du %(code)s : à vérifier.") % {
            "km": metres / 1000,
            "code": record.values["code_postal"],
        }
        shown = f"{point.latitude} / {point.longitude}"
        report.add(line, Note("remarque", "latitude", shown, reason, becomes=shown), kept=True)
        notes.append(report.notes[-1])
    return far


def _is_close(one: Point, other: Point) -> bool:
    """Tell nearly every point at once: no degree is longer than 112 km."""
    return (abs(one.latitude - other.latitude) + abs(one.longitude - other.longitude)) * 112_000 < FAR


def _point(record: Record) -> Point | None:
    latitude, longitude = record.values.get("latitude"), record.values.get("longitude")
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def plain(value: Any) -> Any:
    """Return a value as JSON keeps it, a set of terms as sorted texts so that order never makes a difference."""
    found = value if type(value) is list else history.plain(value)
    return sorted(found) if isinstance(found, list) else found


def _known(source: Source | None) -> dict[str, Told]:
    """What the source last said, by the identifier it gave."""
    if source is None:
        return {}
    records = SourceRecord.objects.filter(place__import_source=source)
    told = records.values_list("place__source_id", "place_id", "digest", "notes", "gone_since")
    return {identity: Told(*rest) for identity, *rest in told.iterator(chunk_size=IN_BASE)}


def _ancestors(places: Iterable[Place]) -> dict[str, dict]:
    """The values that the source last gave of these places."""
    told = SourceRecord.objects.filter(place__id__among=[place.id for place in places])
    return dict(told.values_list("place_id", "values"))


def _stored(source: Source | None, identities: list[str]) -> dict[str, Place]:
    if source is None:
        return {}
    return {place.source_id: place for place in source.places.filter(source_id__among=identities)}


def _taken(source: Source | None, identities: list[str]) -> set[str]:
    """The identifiers that a place of another source already bears."""
    others = Place.objects.filter(pk__among=identities)
    if source is not None:
        others = others.exclude(import_source=source)
    return set(others.values_list("pk", flat=True))


def _alike(places: list[Place], report: Report) -> list[Pair]:
    """Look for the duplicates of what is new or has moved, in the file and in the base, and tell them."""
    told = {place["id"] for place in report.created}
    told |= {place["id"] for place in report.changed if not place["champs"].keys().isdisjoint(duplicates.COMPARED)}
    if len(told) > MOST_ALIKE:
        report.remarks.append(
            _("%d lieux nouveaux ou changés : c’est trop pour chercher leurs doublons ici, find_duplicates le fera.")
            % len(told)
        )
        return []
    pairs = duplicates.likely_among([place for place in places if place.pk in told]) if told else []
    created = {place["id"] for place in report.created}
    report.duplicates = [
        {
            "ressemblance": pair.likeness.score,
            "indices": [evidence.words for evidence in pair.likeness.evidence],
            "lieux": [
                {"id": one.key, "nom": one.nom, "adresse": one.written_address, "nouveau": one.key in created}
                for one in (pair.one, pair.other)
            ],
        }
        for pair in pairs
    ]
    return pairs


def _gone(known: dict[str, Told], seen: Mapping[str, int], report: Report) -> list[str]:
    gone = [told.place_id for identity, told in known.items() if identity not in seen and not told.gone_since]
    names = dict(Place.objects.filter(pk__in=gone[:IN_BASE]).values_list("pk", "nom"))
    report.gone = [{"id": pk, "nom": names.get(pk, pk)} for pk in gone]
    return gone
