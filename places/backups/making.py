"""Making a backup, and putting one back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from django.utils.translation import gettext as _

from places.backups import archive, databases, rotation
from places.backups.archive import Unusable
from places.backups.stores import failures, store
from places.models import DataVersion
from roubaix_map import env

DATABASE, MEDIA, SETTINGS = "database", "media", "settings.env"
RESTORED_SETTINGS = "settings-restored.env"


@dataclass(frozen=True)
class Made:
    name: str
    place: str
    bytes: int
    files: int
    removed: list[str]


@dataclass(frozen=True)
class Found:
    """A backup that was checked: when and with what it was made, and the files it holds."""

    made_at: str
    vendor: str
    files: dict[str, dict]

    @property
    def uploads(self) -> int:
        return sum(name.startswith(f"{MEDIA}/") for name in self.files)


def make(now: datetime) -> Made:
    """Back up the site as it is at an aware `now`, and let go of the backups it supersedes."""
    with _scratch() as folder:
        databases.dump(folder / DATABASE)
        (folder / SETTINGS).write_text(env.without_secrets(), encoding="utf-8")
        members = [(DATABASE, folder / DATABASE), (SETTINGS, folder / SETTINGS), *_uploads()]
        about = {
            "made_at": now.isoformat(timespec="seconds"),
            "vendor": connection.vendor,
            "migrations": databases.applied_migrations(),
        }
        file = folder / "archive"
        manifest = archive.write(file, members, about, settings.BACKUP_KEY)
        kept_in, name = store(), rotation.name_at(now, encrypted=bool(settings.BACKUP_KEY))
        with _said(kept_in):
            kept_in.put(name, file)
            removed = rotation.superseded(kept_in.names())
            for old in removed:
                kept_in.delete(old)
        return Made(name, str(kept_in), file.stat().st_size, len(manifest["files"]), removed)


def names() -> list[str]:
    """Return the backups that are kept, the newest first."""
    kept_in = store()
    with _said(kept_in):
        return rotation.backups(kept_in.names())


def restore(name_or_path: str, key: str, *, apply: bool) -> Found:
    """Check a backup to its last byte; put it back when told to. Raise Unusable, and touch nothing, when it is not."""
    with _scratch() as folder:
        file = Path(name_or_path)
        if not file.is_file():
            file = _fetched(name_or_path, folder / "archive")
        unpacked = folder / "unpacked"
        manifest = archive.unpack(file, unpacked, key)
        _refuse_foreign(manifest)
        databases.check(unpacked / DATABASE)
        if apply:
            _put_back(unpacked)
        return Found(manifest["made_at"], manifest["vendor"], manifest["files"])


def _put_back(unpacked: Path) -> None:
    before = databases.data_version()
    databases.load(unpacked / DATABASE)
    call_command("migrate", verbosity=0, interactive=False)
    # Past both numbers: what is remembered under a number of the days in between is never shown again.
    number = max(before, DataVersion.objects.current()) + 1
    DataVersion.objects.update(number=number, changed_at=timezone.now())
    (unpacked / MEDIA).mkdir(exist_ok=True)
    old = unpacked / "replaced"
    if settings.MEDIA_ROOT.exists():
        settings.MEDIA_ROOT.replace(old)
    (unpacked / MEDIA).replace(settings.MEDIA_ROOT)
    shutil.copyfile(unpacked / SETTINGS, settings.VAR_DIR / RESTORED_SETTINGS)


def _refuse_foreign(manifest: dict) -> None:
    if manifest["vendor"] != connection.vendor:
        raise Unusable(
            _("Cette sauvegarde est d’une base %(theirs)s, le site est sur %(ours)s. La restaurer sur %(theirs)s.")
            % {"theirs": manifest["vendor"], "ours": connection.vendor}
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    if newer := [name for name in manifest["migrations"] if name not in known]:
        raise Unusable(
            _("Cette sauvegarde vient d’une version plus récente du site (%s) : le mettre à jour d’abord.") % newer[0]
        )


def _uploads() -> Iterator[tuple[str, Path]]:
    for path in sorted(settings.MEDIA_ROOT.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{MEDIA}/{path.relative_to(settings.MEDIA_ROOT).as_posix()}", path


def _fetched(name: str, target: Path) -> Path:
    kept_in = store()
    with _said(kept_in):
        if name not in rotation.backups(kept_in.names()):
            raise Unusable(_("« %(name)s » n’est ni un fichier, ni une sauvegarde de %(place)s.") % {
                "name": name, "place": kept_in
            })  # fmt: skip
        kept_in.get(name, target)
    return target


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of its own beside the data, that only this account reads, gone afterwards."""
    with TemporaryDirectory(prefix="backup-", dir=settings.VAR_DIR) as folder:
        yield Path(folder)


@contextmanager
def _said(kept_in) -> Iterator[None]:
    try:
        yield
    except failures() as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unusable(_("%(place)s ne répond pas comme il faut : %(why)s") % {"place": kept_in, "why": why}) from error
