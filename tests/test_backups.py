"""A backup is the whole site, survives a wreck, and is refused in a sentence when anything of it is not as written."""

import gzip
import io
import json
import shutil
import sqlite3
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from places.backups import archive, databases, making, rotation
from places.models import Chore, DataVersion, Place
from tests.factories import make_place
from tests.production import environment, run
from tests.s3_server import KEY, running_store
from tests.tables import rows

NIGHT = datetime(2026, 12, 1, 3, 30, tzinfo=UTC)
VERSION = DataVersion._meta.db_table


@pytest.fixture
def site(settings, tmp_path, transactional_db):
    """An installation with a place, two uploads, and a folder for its backups."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.BACKUP_TO = str(tmp_path / "kept")
    (tmp_path / "media" / "logos").mkdir(parents=True)
    (tmp_path / "media" / "logos" / "a.png").write_bytes(bytes(range(256)))
    (tmp_path / "media" / "logos" / "b.png").write_bytes(b"")
    make_place(nom="Maison d’été", presentation_resume="« ça », 你好")
    return tmp_path


def uploads(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def state() -> dict:
    return {table: found for table, found in rows(connection).items() if table != VERSION}


def said(*command, **options) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def wreck(folder: Path) -> None:
    make_place(nom="De trop")
    Place.objects.filter(nom="Maison d’été").delete()
    shutil.rmtree(folder / "media")


@pytest.mark.parametrize("encrypted", [False, True])
def test_site_that_is_wrecked_comes_back_row_for_row_and_file_for_file(site, settings, monkeypatch, encrypted):
    public, secret = archive.new_key()
    settings.BACKUP_KEY = public if encrypted else ""
    call_command("backup", stdout=io.StringIO())
    (name,) = making.names()
    Chore.objects.all().delete()  # written once the backup is made
    before, files, version = state(), uploads(site / "media"), DataVersion.objects.current()
    assert before["places_place"] != []

    wreck(site)
    monkeypatch.setenv("BACKUP_SECRET_KEY", secret)
    checked = said("restore", name)
    still_wrecked = [*Place.objects.values_list("nom", flat=True)]
    restored = said("restore", name, "--apply")

    assert name.endswith(".age") == encrypted
    assert checked.endswith("dont 2 images.\nRien n’a été touché : ajouter --apply.\n")
    assert still_wrecked == ["De trop"]
    assert restored.startswith("Restaurée : sauvegarde du ")
    assert (state(), uploads(site / "media")) == (before, files)
    assert DataVersion.objects.current() > version + 1  # nothing remembered of the days in between is shown again
    assert [path.name for path in site.iterdir() if path.name.startswith("backup-")] == []


def test_backup_is_of_one_moment_while_somebody_writes(site):
    """What is committed is in it; what somebody is still writing is not, and neither waits for the other."""
    make_place(nom="Écrit avant")
    if connection.vendor == "sqlite":
        writer = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE places_place SET nom = 'En cours'")
    else:
        writer = psycopg.connect(**connection.get_connection_params())
        writer.execute("UPDATE places_place SET nom = 'En cours'")

    name = making.make(NIGHT).name
    writer.rollback()
    writer.close()
    Place.objects.update(nom="Après")
    making.restore(name, "", apply=True)

    assert sorted(Place.objects.values_list("nom", flat=True)) == ["Maison d’été", "Écrit avant"]


def changed(file: Path, name: str, change) -> Path:
    """Write the archive again with its plain tar changed, its checksums left as they were."""
    plain = bytearray(gzip.decompress(file.read_bytes()))
    other = file.with_name(name)
    other.write_bytes(gzip.compress(bytes(change(plain)), 1))
    return other


def with_member(plain: bytearray, name: str) -> bytes:
    out = io.BytesIO(plain)
    with tarfile.open(fileobj=out, mode="a") as tar:
        tar.addfile(tarfile.TarInfo(name))
    return out.getvalue()


def flipped(plain: bytearray) -> bytearray:
    plain[plain.index(bytes(range(256))) + 9] ^= 1
    return plain


def test_archive_that_is_not_as_it_was_written_is_refused_and_touches_nothing(site, settings):
    name = making.make(NIGHT).name
    good = site / "kept" / name
    settings.BACKUP_KEY, secret = archive.new_key()
    locked = site / "kept" / making.make(NIGHT + timedelta(days=1)).name
    cut, torn, other = site / "cut", site / "torn", site / "other"
    cut.write_bytes(good.read_bytes()[:-2000])
    torn.write_bytes(locked.read_bytes()[:-40] + bytes(40))
    other.write_bytes(b"not an archive")
    before, files = rows(connection), uploads(site / "media")
    _public, foreign = archive.new_key()

    refused = {}
    for case, file, key in (
        ("cut", cut, ""),
        ("one bit", changed(good, "flipped", flipped), ""),
        ("outside", changed(good, "outside", lambda plain: with_member(plain, "../escaped")), ""),
        ("one too many", changed(good, "more", lambda plain: with_member(plain, "media/more.png")), ""),
        ("no archive", other, ""),
        ("absent", Path("sauvegarde-20200101T000000Z.tar.gz"), ""),
        ("no key", locked, ""),
        ("not a key", locked, "sesame"),
        ("another key", locked, foreign),
        ("torn", torn, secret),
    ):
        with pytest.raises(archive.Unusable) as error:
            making.restore(str(file), key, apply=True)
        refused[case] = str(error.value)

    assert refused == {
        "cut": "L’archive est abîmée : elle ne se lit pas jusqu’au bout.",
        "one bit": "L’archive est abîmée : « media/logos/a.png » n’est pas comme il a été écrit.",
        "outside": "L’archive contient autre chose que des fichiers : elle n’est pas d’ici.",
        "one too many": "L’archive est abîmée : « media/more.png » n’est pas comme il a été écrit.",
        "no archive": "L’archive est abîmée : elle ne se lit pas jusqu’au bout.",
        "absent": f"« sauvegarde-20200101T000000Z.tar.gz » n’est ni un fichier, ni une sauvegarde de {site / 'kept'}.",
        "no key": "L’archive est chiffrée : donner la clé secrète (AGE-SECRET-KEY-1…).",
        "not a key": "La clé n’est pas une clé secrète age (AGE-SECRET-KEY-1…).",
        "another key": "L’archive ne s’ouvre pas : ce n’est pas sa clé, ou elle est abîmée.",
        "torn": "L’archive ne s’ouvre pas : ce n’est pas sa clé, ou elle est abîmée.",
    }
    assert (rows(connection), uploads(site / "media")) == (before, files)
    assert not (site.parent / "escaped").exists()


def test_backup_of_an_older_release_is_migrated_and_of_a_newer_one_refused(site, monkeypatch):
    call_command("migrate", "places", "0015", verbosity=0)
    old = making.make(NIGHT).name
    call_command("migrate", verbosity=0)
    monkeypatch.setattr(databases, "applied_migrations", lambda: ["places.0001_initial", "places.9999_tomorrow"])
    new = making.make(NIGHT + timedelta(days=1)).name
    monkeypatch.undo()

    making.restore(old, "", apply=True)
    Chore.objects.note("backup", "the table is there")
    with pytest.raises(archive.Unusable, match=r"version plus récente du site \(places\.9999_tomorrow\)"):
        making.restore(new, "", apply=True)

    assert call_command("migrate", check_unapplied=True, verbosity=0) is None
    assert Chore.objects.count() == 1


def test_backup_of_another_kind_of_database_is_refused(site):
    name = making.make(NIGHT).name
    manifest = {"vendor": "postgresql" if connection.vendor == "sqlite" else "sqlite", "migrations": []}
    file = site / "foreign"
    archive.write(file, [("database", site / "kept" / name)], manifest)

    with pytest.raises(archive.Unusable, match="Cette sauvegarde est d’une base "):
        making.restore(str(file), "", apply=True)


def test_settings_are_kept_and_their_secrets_are_not(site, monkeypatch):
    monkeypatch.setenv("SITE_NAME", "La carte")
    monkeypatch.setenv("GEOCODER_URL", "https://carte:sesame@adresses.fr")
    name = making.make(NIGHT).name

    with tarfile.open(site / "kept" / name) as tar:
        text = tar.extractfile("settings.env").read().decode()
        manifest = json.load(tar.extractfile("manifest.json"))

    lines = text.splitlines()
    assert {"SITE_NAME=La carte", "SECRET_KEY=", "GEOCODER_URL="} <= {*lines}
    assert ("only-for-the-tests" in text, "sesame" in text) == (False, False)
    assert {*manifest["files"]} == {"database", "settings.env", "media/logos/a.png", "media/logos/b.png"}


def test_backup_goes_to_a_bucket_and_comes_back(site, settings):
    with running_store() as (address, kept):
        kept["/seau/ville/notes.txt"] = b"not a backup"
        settings.BACKUP_TO, settings.BACKUP_STORE_URL = "s3://seau/ville", address
        settings.BACKUP_STORE_ACCESS_KEY, settings.BACKUP_STORE_SECRET_KEY = KEY, "secret"
        for days in range(9):
            made = making.make(NIGHT - timedelta(days=8 - days))
        found = making.names()
        Place.objects.all().delete()
        making.restore(found[0], "", apply=True)
        settings.BACKUP_STORE_ACCESS_KEY = "SOMEBODYELSE"
        with pytest.raises(CommandError, match=r"s3://seau/ville ne répond pas comme il faut : .*InvalidAccessKeyId"):
            call_command("backup")

    assert found[0] == made.name
    assert [f"/seau/ville/{name}" for name in found] == sorted({*kept} - {"/seau/ville/notes.txt"}, reverse=True)
    assert len(found) == 7  # the last days, which hold the ends of the week and of the month
    assert Place.objects.count() == 1
    assert Chore.objects.get(name="backup").failed


def test_folder_that_cannot_be_written_is_said_and_noted(site, settings):
    (site / "file").write_text("")
    settings.BACKUP_TO = str(site / "file" / "kept")

    with pytest.raises(CommandError, match=r"La sauvegarde a échoué : .*ne répond pas comme il faut"):
        call_command("backup")

    assert Chore.objects.get(name="backup").failed


def test_database_that_does_not_answer_is_said_in_a_sentence(tmp_path):
    env = environment(tmp_path, DATABASE_URL="postgres://carte:sesame@127.0.0.1:1/carte")

    result = run(env, "manage.py", "backup")

    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("CommandError: La base ne répond pas : ")
    assert "sesame" not in result.stderr


def test_seven_days_four_weeks_and_twelve_months_are_kept():
    nights = [NIGHT - timedelta(hours=12 * half) for half in range(2 * 800)]
    names = [rotation.name_at(night, encrypted=False) for night in nights] + ["notes.txt", "sauvegarde-x.tar.gz"]

    removed = {*rotation.superseded(names)}
    kept = [night.date() for night, name in zip(nights, names, strict=False) if name not in removed]

    days = [(NIGHT - timedelta(days=day)).date() for day in range(7)]
    assert kept[:7] == days
    assert [str(day) for day in kept[7:]] == [
        *("2026-11-22", "2026-11-15", "2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30"),
        *("2026-05-31", "2026-04-30", "2026-03-31", "2026-02-28", "2026-01-31"),
    ]
    assert not removed & {"notes.txt", "sauvegarde-x.tar.gz"}


def test_new_pair_of_keys_locks_and_opens(tmp_path):
    public, secret = (line.split()[-1].removeprefix("BACKUP_KEY=") for line in said("backup", "--new-key").splitlines())
    (tmp_path / "file").write_text("texte")
    archive.write(tmp_path / "locked", [("file", tmp_path / "file")], {}, public)

    archive.unpack(tmp_path / "locked", tmp_path / "out", secret)

    assert (tmp_path / "out" / "file").read_text() == "texte"
