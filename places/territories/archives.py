"""The parts of a zip archive, read in memory: nothing is ever unpacked on the disk."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from places.files import UnreadableFile

MOST_PARTS = 2_000
MOST_UNPACKED = 400 * 1024 * 1024  # bytes, of what is read from one archive
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c"


class Archive:
    """A zip archive whose names and sizes are checked; every refusal is an UnreadableFile with a sentence."""

    def __init__(self, content: bytes):
        self._left = MOST_UNPACKED
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            parts = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise UnreadableFile(_("Cette archive zip est abîmée ou coupée.")) from error
        if len(parts) > MOST_PARTS:
            raise UnreadableFile(_("Cette archive contient trop de fichiers : %d.") % len(parts))
        for part in parts:
            if part.filename.startswith(("/", "\\")) or ".." in part.filename.replace("\\", "/").split("/"):
                raise UnreadableFile(_("Cette archive contient un chemin interdit : « %s ».") % part.filename[:80])
        self._parts = {part.filename: part for part in parts if not part.is_dir()}

    def names(self, *endings: str) -> list[str]:
        """Return the names of the parts that end so, whatever their case; hidden ones of a Mac are left out."""
        return sorted(
            name
            for name in self._parts
            if name.lower().endswith(endings) and not PurePosixPath(name).name.startswith("._")
        )

    def sibling(self, name: str, ending: str) -> str | None:
        """Return the part of the same name with another ending: `a.SHP` and `.dbf` give `a.dbf` or `a.DBF`."""
        stem = name.rpartition(".")[0].lower()
        return next((other for other in self._parts if other.lower() == stem + ending), None)

    def read(self, name: str) -> bytes:
        """Return the bytes of a part, as long as the archive stays under MOST_UNPACKED, whatever it declares."""
        try:
            with self._zip.open(self._parts[name]) as part:
                content = part.read(self._left + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise UnreadableFile(
                _("« %s » ne peut pas être lu dans l’archive : elle est abîmée ou protégée.") % name
            ) from error
        self._left -= len(content)
        if self._left < 0:
            raise UnreadableFile(
                _("Cette archive, une fois dépliée, est trop grosse : %d Mo au plus.") % (MOST_UNPACKED // 1024**2)
            )
        return content
