"""The file of a backup: a compressed tar whose last member gives the checksums of all others, encrypted by age or not.

Both are formats that other programs read: `age --decrypt`, then `tar --extract`, give the files back without this one.
"""

import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import pyrage
from django.utils.translation import gettext as _

MANIFEST = "manifest.json"
FORMAT = 1
AGE = b"age-encryption.org/"
BLOCK = 1024 * 1024
# What tarfile and gzip raise on a file that is cut, or that something has changed.
BROKEN = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, KeyError, TypeError, AttributeError)


class Unusable(Exception):
    """An archive that must not be restored; the message is a sentence to show."""


class _Hashing:
    """A file to read that keeps the checksum of what was read."""

    def __init__(self, file):
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int = BLOCK) -> bytes:
        block = self.file.read(size)
        self.digest.update(block)
        self.size += len(block)
        return block

    def told(self) -> dict:
        return {"bytes": self.size, "sha256": self.digest.hexdigest()}


def new_key() -> tuple[str, str]:
    """Return what locks backups and what opens them."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def write(target: Path, members: Iterable[tuple[str, Path]], about: dict, key: str = "") -> dict:
    """Write these files under these names, `about` them in the manifest; return it. A file that is gone is left out."""
    plain = target.with_suffix(".plain") if key else target
    files = {}
    with tarfile.open(plain, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, path in members:
            try:
                opened = path.open("rb")
            except FileNotFoundError:
                continue
            with opened as file:
                hashing = _Hashing(file)
                tar.addfile(tar.gettarinfo(arcname=name, fileobj=file), hashing)
                files[name] = hashing.told()
        manifest = {"format": FORMAT} | about | {"files": files}
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(text)
        with target.with_suffix(".manifest").open("w+b") as file:
            file.write(text)
            file.seek(0)
            tar.addfile(info, file)
    if key:
        with plain.open("rb") as reader, target.open("wb") as writer:
            pyrage.encrypt_io(reader, writer, [pyrage.x25519.Recipient.from_str(key)])
        plain.unlink()
    return manifest


def unpack(archive: Path, folder: Path, key: str = "") -> dict:
    """Write the members under `folder` once everything is checked; return the manifest, or raise Unusable."""
    with archive.open("rb") as file:
        locked = file.read(len(AGE)) == AGE
    if locked:
        archive = _decrypted(archive, folder.with_suffix(".plain"), key)
    try:
        return _unpacked(archive, folder)
    except BROKEN as error:
        raise Unusable(_("L’archive est abîmée : elle ne se lit pas jusqu’au bout.")) from error


def _decrypted(archive: Path, target: Path, key: str) -> Path:
    if not key:
        raise Unusable(_("L’archive est chiffrée : donner la clé secrète (AGE-SECRET-KEY-1…)."))
    try:
        identity = pyrage.x25519.Identity.from_str(key)
    except pyrage.IdentityError as error:
        raise Unusable(_("La clé n’est pas une clé secrète age (AGE-SECRET-KEY-1…).")) from error
    try:
        with archive.open("rb") as reader, target.open("wb") as writer:
            pyrage.decrypt_io(reader, writer, [identity])
    except (pyrage.DecryptError, OSError) as error:
        raise Unusable(_("L’archive ne s’ouvre pas : ce n’est pas sa clé, ou elle est abîmée.")) from error
    return target


def _unpacked(archive: Path, folder: Path) -> dict:
    found, manifest = {}, None
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            if member.name == MANIFEST:
                manifest = json.loads(tar.extractfile(member).read())
                continue
            target = folder / _safe(member)
            target.parent.mkdir(parents=True, exist_ok=True)
            hashing = _Hashing(tar.extractfile(member))
            with target.open("wb") as file:
                while block := hashing.read():
                    file.write(block)
            found[member.name] = hashing.told()
    if manifest is None:
        raise Unusable(_("L’archive est abîmée : sa fin manque."))
    if manifest["format"] != FORMAT:
        raise Unusable(_("L’archive vient d’une version du logiciel qui est inconnue ici."))
    if found != manifest["files"]:
        changed = sorted({*found, *manifest["files"]}, key=lambda name: found.get(name) == manifest["files"].get(name))
        raise Unusable(_("L’archive est abîmée : « %s » n’est pas comme il a été écrit.") % changed[0])
    return manifest


def _safe(member: tarfile.TarInfo) -> PurePosixPath:
    path = PurePosixPath(member.name)
    if not member.isreg() or path.is_absolute() or ".." in path.parts:
        raise Unusable(_("L’archive contient autre chose que des fichiers : elle n’est pas d’ici."))
    return path
