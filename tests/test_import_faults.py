"""An import that the machine stops, at any point: a sentence, the places as they were, and the next import works."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import mail as mailbox
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.urls import reverse

from places import files
from places.importing import apply_file, import_places, read_file
from places.importing.applying import NotWritten
from places.importing.sources import sync
from places.models import DataVersion, ImportRun, Place, Revision, Source, SourceRecord
from tests.imports import ROW, as_csv
from tests.production import ROOT, environment

SQLITE = connection.vendor == "sqlite"
MANY = 6_000


def rows(number: int, **cells: str) -> list[dict]:
    """Rows of places of one town that do not look alike: comparing twins two by two is not what is tested here."""
    return [ROW | {"id": str(n), "nom": f"Lieu {n * 7919 % 99991:05d}", "pivot": ""} | cells for n in range(number)]


def everything() -> tuple:
    """What an import may write."""
    return (
        set(Place.objects.values_list("pk", "nom", "adresse", "slug", "changed_at")),
        set(SourceRecord.objects.values_list("pk", "digest", "gone_since")),
        set(Revision.objects.values_list("pk", flat=True)),
        set(ImportRun.objects.values_list("pk", "state")),
        set(Source.objects.values_list("name", flat=True)),
        DataVersion.objects.current(),
    )


# --- killed half-way


def database_url() -> str:
    found = connection.settings_dict
    if SQLITE:
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def has_begun_to_write() -> bool:
    """Tell that another process has put places in its transaction: pages spilled to disk, or locks on the table."""
    if SQLITE:
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        return log.exists() and log.stat().st_size > 2_000_000
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
            "WHERE relname = 'places_place' AND mode = 'RowExclusiveLock' AND granted"
        )
        return cursor.fetchone() is not None


@pytest.mark.django_db(transaction=True)
def test_import_killed_while_it_writes_leaves_the_places_as_they_were(tmp_path):
    path = tmp_path / "coop.csv"
    path.write_bytes(as_csv(*rows(20)))
    import_places(str(path), source_name="Coop", apply=True)
    before = everything()
    path.write_bytes(as_csv(*rows(MANY, adresse="1 rue Neuve")))
    if SQLITE:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    command = [sys.executable, "manage.py", "import_places", str(path), "--source", "Coop", "--apply"]
    env = environment(tmp_path, DATABASE_URL=database_url())

    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not has_begun_to_write():
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)

    assert process.returncode == -signal.SIGKILL, "it had finished: give it more rows"
    assert everything() == before

    again = import_places(str(path), source_name="Coop", apply=True)

    assert (again.counted["creees"], again.counted["modifiees"]) == (MANY - 20, 20)
    assert Place.objects.filter(adresse="1 rue Neuve").count() == MANY


# --- a disk that is full


@pytest.fixture
def full_disk(db):
    """A database that may not grow any more: SQLite then answers as it does when the disk is full."""
    if not SQLITE:
        pytest.skip("only SQLite can be told the size of its disk")
    fill_the_disk()
    yield
    give_room()


def fill_the_disk():
    with connection.cursor() as cursor:
        [pages] = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages + 10}")


def give_room():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.fixture
def one_place(db):
    apply_file(as_csv(ROW), "coop.csv", "Coop")


def test_full_disk_is_told_and_leaves_the_places_as_they_were(one_place, full_disk):
    before = everything()

    with pytest.raises(NotWritten, match="rien n’a changé"):
        apply_file(as_csv(*rows(2_000)), "coop.csv", "Coop", allow_gone=True)

    assert everything() == before

    give_room()
    report, _run = apply_file(as_csv(*rows(2_000)), "coop.csv", "Coop", allow_gone=True)

    assert report.counted["creees"] == 1_999


def test_command_says_that_the_disk_is_full(one_place, full_disk, tmp_path):
    path = tmp_path / "coop.csv"
    path.write_bytes(as_csv(*rows(2_000)))

    with pytest.raises(CommandError, match="full"):
        call_command("import_places", str(path), source="Coop", apply=True)


def test_reading_on_a_full_disk_keeps_nothing(one_place, full_disk):
    before = everything()

    with pytest.raises(NotWritten, match="rien n’a changé"):
        read_file(as_csv(*rows(3_000, adresse="zut !")), "coop.csv", Source.objects.get())

    assert everything() == before


def test_moderator_reads_that_the_disk_is_full(one_place, full_disk, admin_client):
    give_room()
    run = read_file(as_csv(*rows(2_000)), "coop.csv", Source.objects.get())
    fill_the_disk()
    before = everything()

    answer = admin_client.post(
        reverse("admin:places_importrun_apply", args=[run.pk]), {"allow_gone": "on"}, follow=True
    )

    assert "rien n’a changé" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("auto_apply", [True, False])
def test_source_read_on_a_full_disk_is_a_failure_kept_shown_and_mailed(
    one_place, full_disk, portal, auto_apply, admin_client
):
    give_room()
    Source.objects.filter(name="Coop").update(address=portal.address, every="day", auto_apply=auto_apply)
    portal.body = as_csv(*rows(MANY))
    fill_the_disk()
    before = everything()

    with pytest.raises(CommandError, match="en échec"):
        call_command("sync_sources", source="Coop")

    give_room()
    assert everything() == before
    source = Source.objects.get(name="Coop")
    assert "rien n’a changé" in source.failure
    assert (source.failures, source.file_hash) == (1, "")
    assert "rien n’a changé" in admin_client.get(reverse("admin:places_source_changelist")).content.decode()
    assert [(mail.to, "rien n’a changé" in mail.body) for mail in mailbox.outbox] == [(["ville@exemple.fr"], True)]

    portal.body = as_csv(*rows(20))
    call_command("sync_sources", source="Coop")

    source.refresh_from_db()
    assert (source.failure, source.failures) == ("", 0)


def test_a_failure_that_nothing_can_keep_is_mailed(one_place, portal, monkeypatch):
    Source.objects.filter(name="Coop").update(address=portal.address, every="day")
    source = Source.objects.get(name="Coop")
    portal.status = 500

    with connection.execute_wrapper(refuse_writing):
        outcome = sync(source, datetime(2026, 11, 23, 6, tzinfo=UTC))

    assert outcome.failed
    assert [mail.to for mail in mailbox.outbox] == [["ville@exemple.fr"]]


def refuse_writing(execute, sql, params, many, context):
    if not sql.startswith("SELECT"):
        raise OperationalError("database or disk is full")
    return execute(sql, params, many, context)


# --- far too much


@pytest.mark.django_db
def test_file_of_200_mb_is_refused_without_being_read(tmp_path):
    path = tmp_path / "lieux.csv"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)

    with pytest.raises(files.UnreadableFile, match="100 Mo au plus"):
        import_places(str(path), apply=True)

    assert not Place.objects.exists()
