"""From SQLite to PostgreSQL: every row arrives, as it was, and two sites are never mixed."""

import io
import json
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from places.models import ImportRun, Place, Revision, Source
from tests.factories import make_permanence, make_place, make_stop, make_territory
from tests.people import make_person
from tests.postgresql import find_programs, running_cluster
from tests.production import environment, run

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="from SQLite")
# Says, in a process whose only database is the copy, every row by Django's own means, and serves a search.
READ = """
import django; django.setup()
from django.core.management import call_command
from django.test import Client
from places.models import Revision, Place
call_command("dumpdata")
print()
client = Client(headers={"host": "carte.exemple.fr"})
print(client.get("/api/v1/places?q=mediatheque", secure=True).json()["places"][0]["nom"])
print(Revision.objects.create(place=Place.objects.first(), origin="command").pk)
"""


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """Give the address of a database, empty at the first of these tests."""
    with running_cluster(find_programs()) as address:
        server = address.rpartition("/")[0]
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE copied")
        yield f"{server}/copied"


@pytest.fixture
def site(db):
    """Rows of every sort: accents, JSON, bytes, numbers, many-to-many, an account."""
    place = make_place(nom="Médiathèque « La Grand’Plage »")
    make_permanence(place)
    make_stop()
    make_territory()
    make_person()
    source = Source.objects.create(name="Ville")
    run = ImportRun(source=source, file_name="lieux.csv", file_hash="0", report={"b": 1.0, "a": [None, "é"]})
    run.file = bytes(range(256))
    run.save()


def copy(address: str, *options: str) -> list[str]:
    out = io.StringIO()
    call_command("copy_to_postgresql", address, *options, stdout=out)
    return out.getvalue().splitlines()


def query(address: str, sql: str) -> list[tuple]:
    with psycopg.connect(address) as there:
        return there.execute(sql).fetchall()


def dumped(text: str) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in json.loads(text))


def test_everything_arrives_and_serves(site, target, tmp_path):
    out = io.StringIO()
    call_command("dumpdata", stdout=out)

    lines = copy(target, "--replace")

    read = run(environment(tmp_path, DATABASE_URL=target, LOG_LEVEL="ERROR"), "-c", READ)
    assert read.returncode == 0, read.stderr
    rows, found, number = read.stdout.splitlines()
    assert dumped(rows) == dumped(out.getvalue())
    assert found == "Médiathèque « La Grand’Plage »"
    assert int(number) == Revision.objects.order_by("pk").last().pk + 1
    assert [line.partition(",")[0] for line in lines if line.split()[:1] == ["places_place"]] == [
        "places_place : 1 lignes"
    ]
    assert lines[-1].startswith("Tout est copié et vérifié")


def test_copied_again_it_changes_nothing_and_what_differs_is_never_mixed(site, target):
    copy(target, "--replace")
    same = copy(target)
    query(target, "UPDATE places_place SET nom = 'Corrigé là-bas' RETURNING 1")
    with pytest.raises(CommandError) as refused:
        copy(target)
    left = query(target, "SELECT nom FROM places_place")
    Place.objects.update(nom="x" * 5000)  # SQLite keeps texts longer than their column says
    with pytest.raises(CommandError) as undone:
        copy(target, "--replace")
    still = query(target, "SELECT nom FROM places_place")
    Place.objects.update(nom="Corrigé ici")
    copy(target, "--replace")

    assert same == ["La base d’arrivée contient déjà les mêmes lignes : rien à faire."]
    assert str(refused.value) == (
        "La base d’arrivée contient déjà un site ; --replace le remplace en entier. Rien n’a été copié."
    )
    assert str(undone.value).startswith("La table « places_place » n’a pas pu être copiée : ")
    assert left == still == [("Corrigé là-bas",)]
    assert query(target, "SELECT nom FROM places_place") == [("Corrigé ici",)]
    assert connection.vendor == "sqlite"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("sqlite:////tmp/other.sqlite3", "« postgres://…/base » attendu."),
        ("postgres://a:sesame@127.0.0.1:1/none", "La base d’arrivée ne répond pas : "),
    ],
)
def test_target_that_is_none_is_refused_in_a_sentence_without_its_password(db, address, sentence):
    with pytest.raises(CommandError) as refused:
        copy(address)

    assert str(refused.value).startswith(sentence)
    assert "sesame" not in str(refused.value)
