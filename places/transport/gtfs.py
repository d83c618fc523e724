"""The files of a GTFS Schedule feed as checked rows: nothing is unpacked on the disk, nothing is read whole.

Reference: https://gtfs.org/documentation/schedule/reference/
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext as _

from places.files import UnreadableFile
from places.geo import is_on_earth
from places.transport.models import Mode

MOST_UNPACKED = 2 * 1024**3  # bytes of all the files of a feed once unpacked
MOST_ROWS = 20_000_000  # of one file
LONGEST_LINE = 100_000  # characters
MOST_FAULTS_KEPT = 200
DAY = 86_400
REQUIRED = ("agency.txt", "stops.txt", "routes.txt", "trips.txt", "stop_times.txt")
LATEST = 7 * DAY  # a trip that lasts a week is a mistake

# Values of route_type, the plain ones and the extended ones by their hundreds.
MODES = {0: "tram", 1: "metro", 2: "train", 3: "bus", 4: "ferry", 5: "tram", 6: "cable", 7: "funiculaire"}
MODES |= {11: "trolley", 12: "metro", 715: "demande", 717: "autre"}
EXTENDED = {1: "train", 2: "bus", 3: "train", 4: "metro", 5: "metro", 6: "metro", 7: "bus", 8: "trolley", 9: "tram"}
EXTENDED |= {10: "ferry", 12: "ferry", 13: "cable", 14: "funiculaire"}

TIME = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
DATE = re.compile(r"\d{8}")
COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True)
class Fault:
    """What is wrong, where: line 0 is the whole file."""

    file: str
    line: int
    reason: str

    def __str__(self):
        if self.line:
            return _("%(file)s, ligne %(line)d : %(reason)s") % vars(self)
        return _("%(file)s : %(reason)s") % vars(self)


@dataclass
class Faults:
    """Every fault is counted, the first ones are kept."""

    count: int = 0
    kept: list[Fault] = field(default_factory=list)

    def add(self, file: str, line: int, reason: str) -> None:
        self.count += 1
        if len(self.kept) < MOST_FAULTS_KEPT:
            self.kept.append(Fault(file, line, reason))

    @contextmanager
    def of(self, file: str, line: int) -> Iterator[None]:
        """Take the ValueError of a row as its fault, and go on with the next row."""
        try:
            yield
        except ValueError as error:
            self.add(file, line, str(error))


class Feed:
    """An open feed. Raises UnreadableFile when it is no zip, or a dangerous one."""

    def __init__(self, file: BinaryIO, faults: Faults):
        self.faults = faults
        try:
            self.archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UnreadableFile(_("Ce n’est pas un fichier zip, ou il est coupé.")) from error
        self.files = self._files()

    def _files(self) -> dict[str, zipfile.ZipInfo]:
        unpacked = 0
        found: dict[str, list[zipfile.ZipInfo]] = {}
        for member in self.archive.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in member.filename:
                raise UnreadableFile(_("Ce zip contient un chemin interdit : « %s ».") % member.filename[:100])
            if member.flag_bits & 1:
                raise UnreadableFile(_("Ce zip est protégé par un mot de passe."))
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise UnreadableFile(_("Ce zip est comprimé d’une façon inconnue."))
            unpacked += member.file_size
            if path.suffix == ".txt" and "__MACOSX" not in path.parts:
                found.setdefault(str(path.parent), []).append(member)
        if unpacked > MOST_UNPACKED:
            raise UnreadableFile(_("Ce zip, une fois déplié, est trop gros : %d Mo.") % (unpacked // 1024**2))
        # The specification wants the files at the root; many a feed puts them in one folder.
        folder = "." if "." in found else next(iter(found)) if len(found) == 1 else None
        if folder is None:
            raise UnreadableFile(_("Ce zip ne contient pas de fichiers GTFS."))
        files = {PurePosixPath(member.filename.replace("\\", "/")).name: member for member in found[folder]}
        if len(files) != len(found[folder]):
            raise UnreadableFile(_("Ce zip contient deux fois le même fichier."))
        return files

    def __contains__(self, file: str) -> bool:
        return file in self.files

    def require(self) -> None:
        """Say which of the files that every feed has are not there."""
        for file in REQUIRED:
            if file not in self.files:
                self.faults.add(file, 0, _("le fichier manque."))
        if not self.files.keys() & {"calendar.txt", "calendar_dates.txt"}:
            self.faults.add("calendar.txt", 0, _("ni calendar.txt ni calendar_dates.txt ne sont là."))

    def rows(self, file: str, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> Iterator[tuple[int, list]]:
        """Give `(line, values)` in the order of the columns asked for, blank where a column is missing.

        A file that is not there has no rows. What cannot be read ends the file with a fault.
        """
        if file not in self.files:
            return
        try:
            with self.archive.open(self.files[file]) as stream:
                yield from self._rows(file, stream, required, optional)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            self.faults.add(file, 0, _("le fichier est abîmé ou coupé (%s).") % error)

    def _rows(self, file, stream, required, optional) -> Iterator[tuple[int, list]]:
        lines = Lines(stream)
        reader = csv.reader(lines, strict=True)
        try:
            header = [title.strip() for title in next(reader, [])]
            if not header:
                self.faults.add(file, 0, _("le fichier est vide."))
                return
            missing = [column for column in required if column not in header]
            repeated = {title for title in header if title and header.count(title) > 1}
            if missing or repeated:
                for column in missing:
                    self.faults.add(file, 1, _("la colonne « %s » manque.") % column)
                for column in sorted(repeated):
                    self.faults.add(file, 1, _("la colonne « %s » est présente deux fois.") % column[:100])
                return
            width = len(header)
            # A blank is put at the end of each row: the place of every column that the file lacks.
            places = [header.index(column) if column in header else width for column in required + optional]
            line = lines.number + 1
            for cells in reader:
                if len(cells) == width:
                    cells.append("")
                    yield line, [cells[place].strip() for place in places]
                elif len(cells) > width and not any(cells[width:]):
                    yield line, [cells[place].strip() for place in places]
                elif any(cells):
                    reason = _("%(found)d cellules au lieu de %(wanted)d.") % {"found": len(cells), "wanted": width}
                    self.faults.add(file, line, reason)
                if lines.number > MOST_ROWS:
                    self.faults.add(file, line, _("trop de lignes : %d au plus.") % MOST_ROWS)
                    return
                line = lines.number + 1
        except csv.Error as error:
            self.faults.add(file, lines.number, _("ce n’est pas du CSV, ou le fichier est coupé (%s).") % error)
        except UnicodeDecodeError:
            self.faults.add(file, lines.number, _("ce n’est pas de l’UTF-8."))


class Lines:
    """The lines of a stream as text, counted; a line without end is refused."""

    def __init__(self, stream: BinaryIO):
        self.stream = io.BufferedReader(stream, 2**18)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        encoding = "utf-8-sig"
        while line := self.stream.readline(LONGEST_LINE):
            self.number += 1
            if len(line) == LONGEST_LINE:
                raise csv.Error(_("ligne trop longue"))
            if b"\0" in line:
                raise csv.Error(_("caractère nul"))
            yield line.decode(encoding)
            encoding = "utf-8"


def read_time(text: str) -> int:
    """Return the seconds of `H:MM:SS`, which may pass 24 hours; raise ValueError with a sentence."""
    found = TIME.fullmatch(text)
    if not found:
        raise ValueError(_("l’heure « %s » ne se lit pas (HH:MM:SS).") % text[:20])
    hours, minutes, seconds = map(int, found.groups())
    time = hours * 3600 + minutes * 60 + seconds
    if time > LATEST:
        raise ValueError(_("l’heure « %s » dépasse une semaine.") % text)
    return time


def read_date(text: str) -> date:
    """Return the day of `YYYYMMDD`; raise ValueError with a sentence."""
    try:
        if not DATE.fullmatch(text) or not text.isascii():
            raise ValueError
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise ValueError(_("la date « %s » ne se lit pas (AAAAMMJJ).") % text[:20]) from None


def read_number(text: str, column: str, *, most: int, least: int = 0, blank: int | None = None) -> int:
    """Return a whole number within bounds, `blank` for none when it is given; raise ValueError with a sentence."""
    if not text and blank is not None:
        return blank
    if text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most:
        return int(text)
    raise ValueError(_("« %(value)s » n’est pas une valeur de %(column)s.") % {"value": text[:20], "column": column})


def read_position(latitude: str, longitude: str) -> tuple[float, float]:
    """Return degrees; raise ValueError with a sentence."""
    try:
        position = float(latitude), float(longitude)
    except ValueError:
        position = float("nan"), float("nan")
    if not is_on_earth(*position) or position == (0, 0):
        raise ValueError(
            _("« %(latitude)s, %(longitude)s » n’est pas un point de la Terre.")
            % {"latitude": latitude[:20], "longitude": longitude[:20]}
        )
    return position


def read_mode(route_type: int) -> str:
    return MODES.get(route_type) or EXTENDED.get(route_type // 100, Mode.OTHER.value)


def read_colour(text: str) -> str:
    """Return `#rrggbb`, blank for none; raise ValueError with a sentence."""
    if not text:
        return ""
    if not (found := COLOUR.fullmatch(text)):
        raise ValueError(_("« %s » n’est pas une couleur (RRGGBB).") % text[:20])
    return f"#{found[1].lower()}"
