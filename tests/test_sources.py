"""Sources are read again in their turn; an unchanged file costs nothing, and a failure is kept, mailed and survived."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from places import files
from places.files import UnreadableFile, download
from places.importing import apply_run
from places.importing.sources import sync, sync_due
from places.models import ImportRun, Place, Revision, Source
from tests.imports import ROW, as_csv

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def source(portal):
    return Source.objects.create(name="Portail", address=portal.address, every="day", auto_apply=True)


# --- whose turn it is


@pytest.mark.parametrize(
    ("every", "hours", "due"),
    [
        ("day", None, True),
        ("day", 23, False),
        ("day", 24, True),
        ("week", 24 * 6, False),
        ("week", 24 * 7, True),
        ("month", 24 * 29, False),
        ("month", 24 * 30, True),
        ("never", None, False),
        ("never", 24 * 400, False),
    ],
)
def test_source_is_due_in_its_turn(every, hours, due):
    checked = None if hours is None else NOW - timedelta(hours=hours)
    Source.objects.create(name="Portail", address="https://exemple.fr/a.csv", every=every, checked_at=checked)

    assert Source.objects.due(NOW).exists() == due


def test_source_without_an_address_is_never_due():
    Source.objects.create(name="À la main", every="day")

    assert not Source.objects.due(NOW).exists()


# --- what a reading does


def test_new_file_is_applied_when_the_source_says_so(source):
    outcome = sync(source, NOW)

    assert (outcome.failed, Place.objects.get().nom) == (False, "Mairie")
    source.refresh_from_db()
    assert (source.checked_at, source.failure, source.failures) == (NOW, "", 0)


def test_new_file_waits_for_a_moderator_otherwise(source):
    source.auto_apply = False

    sync(source, NOW)

    run = ImportRun.objects.get()
    assert (run.state, Place.objects.count()) == ("read", 0)
    apply_run(run, None)
    assert Place.objects.count() == 1


def test_file_that_waits_is_replaced_by_a_newer_one(source, portal):
    source.auto_apply = False
    sync(source, NOW)
    portal.body = as_csv(ROW, ROW | {"id": "2"})

    sync(source, NOW)

    assert [run.counts["creees"] for run in ImportRun.objects.all()] == [2]


def test_unchanged_file_is_asked_for_by_its_tag_and_costs_nothing(source, portal):
    portal.headers["ETag"] = '"v1"'
    sync(source, NOW)

    outcome = sync(Source.objects.get(), NOW)

    assert portal.asked[1]["If-None-Match"] == '"v1"'
    assert "inchangé" in outcome.sentence
    assert (ImportRun.objects.count(), Revision.objects.count()) == (1, 1)


def test_same_bytes_without_a_tag_are_not_compared_again(source, django_assert_max_num_queries):
    sync(source, NOW)

    with django_assert_max_num_queries(2):
        outcome = sync(Source.objects.get(), NOW)

    assert "même fichier" in outcome.sentence


# --- faults


def places() -> set[tuple]:
    return set(Place.objects.values_list("pk", "nom", "adresse"))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": 500}, "500"),
        ({"status": 404}, "404"),
        ({"body": b"<!doctype html><title>Maintenance</title>"}, "page web"),
        ({"body": b""}, "vide"),
        ({"body": as_csv(ROW)[:-5] + b'"'}, "coupé"),
        ({"length": 10_000}, "au milieu"),
        ({"body": as_csv(ROW | {"id": "autre"})}, "ne sont plus"),
        ({"status": 301, "headers": {"Location": "/lieux.csv"}}, "sans fin"),
        ({"status": 301, "headers": {"Location": "file:///etc/passwd"}}, "https"),
    ],
    ids=["500", "404", "html", "empty", "cut", "stopped", "vanished", "loop", "file"],
)
def test_fault_ends_with_a_sentence_and_the_places_as_they_were(source, portal, change, sentence):
    sync(source, NOW)
    before = places()
    for name, value in change.items():
        setattr(portal, name, value)

    outcome = sync(Source.objects.get(), NOW)

    assert outcome.failed
    assert sentence in outcome.sentence
    assert places() == before
    source.refresh_from_db()
    assert (source.failure, source.failures) == (outcome.sentence, 1)
    assert [message.to for message in mail.outbox] == [["ville@exemple.fr"]]
    assert sentence in mail.outbox[0].body


def test_source_that_works_again_is_in_failure_no_more(source, portal):
    portal.status = 500
    sync(source, NOW)
    portal.status = 200

    sync(Source.objects.get(), NOW)

    source.refresh_from_db()
    assert (source.failure, source.failures, Place.objects.count()) == ("", 0, 1)


def test_file_that_failed_is_asked_for_again_whole(source, portal):
    portal.headers["ETag"], portal.body = '"v1"', b"<html>"
    sync(source, NOW)
    portal.body = as_csv(ROW)

    sync(Source.objects.get(), NOW)

    assert "If-None-Match" not in portal.asked[1]
    assert Place.objects.count() == 1


def test_failure_of_one_source_stops_no_other(source, portal):
    Source.objects.create(name="Autre", address="http://127.0.0.1:9/a.csv", every="day")

    outcomes = sync_due(NOW)

    assert {outcome.source.name: outcome.failed for outcome in outcomes} == {"Autre": True, "Portail": False}
    assert Place.objects.count() == 1


def test_mail_that_cannot_leave_does_not_stop_the_reading(source, portal, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    portal.status = 500

    outcome = sync(source, NOW)

    assert outcome.failed
    assert Source.objects.get().failures == 1


def test_file_too_big_is_stopped_on_the_way(source, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 100)

    assert "trop gros" in sync(source, NOW).sentence


# --- where it may go


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/a.csv",
        "https://localhost/a.csv",
        "https://[::1]/a.csv",
        "https://10.0.0.1/a.csv",
        "https://192.168.1.1/a.csv",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/a.csv",
        "https://[::ffff:127.0.0.1]/a.csv",
    ],
)
def test_private_address_is_refused_before_a_byte_is_sent(address):
    with pytest.raises(UnreadableFile, match="privée"):
        download(address)


@pytest.mark.parametrize(
    "address", ["http://exemple.fr/a.csv", "ftp://exemple.fr/a.csv", "https://a:b@exemple.fr/", "https:///a"]
)
def test_only_https_without_a_password_is_read(address):
    with pytest.raises(UnreadableFile, match="https"):
        download(address)


# --- the command


def test_command_reads_what_is_due_and_fails_when_one_failed(source, portal, capsys):
    call_command("sync_sources")
    assert "appliqué : 1 créés" in capsys.readouterr().out.replace("\u00a0", " ")

    portal.status = 500
    with pytest.raises(CommandError, match="échec"):
        call_command("sync_sources", source="Portail")


def test_command_says_that_a_source_has_no_address():
    with pytest.raises(CommandError, match="Aucune source"):
        call_command("sync_sources", source="Rien")
