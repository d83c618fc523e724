"""A database that takes nothing or takes too long, on one machine: a sentence, and nothing typed is lost."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from places.models import DataVersion, Submission
from tests.submissions import a_while_ago, fields_of, opened, send

UNSENT = "Votre envoi n’a pas pu être enregistré"


@pytest.fixture
def full_disk(transactional_db):
    """A SQLite that may not grow any more."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such limit; its own errors are in test_replicas.py")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no page is left over
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    yield
    connection.close()  # which the limit is of


def test_form_comes_back_as_typed_when_the_disk_is_full(client, full_disk):
    text = "Le plan est à l’envers. " * 200

    answer = send(client, "/un-probleme/", text=text)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert UNSENT in answer.content.decode()
    assert fields_of(answer.content.decode())["text"] == [text]
    assert Submission.objects.count() == 0


@pytest.fixture
def no_versions(monkeypatch):
    """A base whose first question fails: `fails.append(error)` before asking."""
    fails = []

    def fail_first(execute, sql, params, many, context):
        if fails and "places_dataversion" in sql:
            raise fails[0]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_first):
        yield fails


class Busy(Exception):
    sqlite_errorname = "SQLITE_BUSY"


class NoSuchTable(Exception):
    sqlite_errorname = "SQLITE_ERROR"


def failure(cause: Exception) -> OperationalError:
    error = OperationalError()
    error.__cause__ = cause
    return error


@pytest.mark.django_db
def test_page_without_its_database_keeps_what_was_typed_to_send_it_again(client, no_versions):
    fields = a_while_ago(opened(client, "/un-probleme/")) | {"text": ["C’est « cassé »."]}
    no_versions.append(failure(Busy()))

    refused = client.post("/un-probleme/", fields)
    again = fields_of(refused.content.decode())
    no_versions.clear()
    sent = client.post("/un-probleme/", again)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert {name: again[name] for name in fields} == fields
    assert sent.status_code == 302


@pytest.mark.django_db
def test_password_is_not_written_in_the_page_that_says_to_try_again(client, no_versions):
    no_versions.append(failure(Busy()))

    answer = client.post("/admin/login/", {"username": "samira", "password": "tres-secret"})

    assert answer.status_code == 503
    assert "Réessayez dans quelques minutes" in answer.content.decode()
    assert "samira" not in answer.content.decode()


@pytest.mark.django_db
def test_programme_is_told_in_json(client, no_versions):
    no_versions.append(failure(Busy()))

    answer = client.get("/api/v1/places")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json() == {"erreur": "Cette page demande trop de temps"}


@pytest.mark.django_db
def test_mistake_of_ours_stays_an_error(no_versions):
    DataVersion.objects.current()
    no_versions.append(failure(NoSuchTable()))

    answer = Client(raise_request_exception=False).get("/lieux/")

    assert (answer.status_code, "Un problème est survenu" in answer.content.decode()) == (500, True)
