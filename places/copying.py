"""The whole site copied into another database, an empty PostgreSQL, and checked there row by row."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dj_database_url
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import DatabaseError, Error, connections, models, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from places.models import Place, Source, Submission

HERE, THERE = "default", "copy"
BATCH = 2000


class Refused(Exception):
    """Why nothing was copied; the message is a sentence to show."""


@dataclass(frozen=True)
class Table:
    """One table, its number of rows, and a digest that does not depend on their order."""

    name: str
    rows: int
    digest: int


def copy_to(address: str, *, replace: bool, told: Callable[[Table], None]) -> bool:
    """Copy everything to the PostgreSQL at `address`, all or nothing; return False when it was there already.

    What the other database holds is replaced only when told to: two sites are never mixed.
    """
    with _opened(address):
        return _copied_site(address, replace, told)


def _copied_site(address: str, replace: bool, told: Callable[[Table], None]) -> bool:
    if MigrationExecutor(connections[HERE]).migration_plan(_leaves()):
        raise Refused(_("Des migrations attendent ici : manage.py migrate d’abord."))
    if not replace and _holds_a_site():
        if _same_schema() and all(_summed(model, THERE) == _summed(model, HERE) for model in _models()):
            return False
        raise Refused(_("La base d’arrivée contient déjà un site ; --replace le remplace en entier."))
    if not _same_schema():
        _migrate(address)
    try:
        with transaction.atomic(using=HERE), transaction.atomic(using=THERE):
            _empty()
            for model in _models():
                told(_copied(model))
            _reset_sequences()
    except Error as error:
        raise Refused(_("PostgreSQL a refusé : %s") % str(error).splitlines()[0]) from error
    with connections[THERE].cursor() as cursor:
        cursor.execute("ANALYZE")
    return True


@contextmanager
def _opened(address: str) -> Iterator[None]:
    try:
        asked = dj_database_url.parse(address)
    except ValueError as error:  # not quoted: it may hold a password
        raise Refused(_("« postgres://…/base » attendu.")) from error
    if asked["ENGINE"] != "django.db.backends.postgresql" or not asked["NAME"]:
        raise Refused(_("« postgres://…/base » attendu."))
    complete = connections.configure_settings({"default": asked})["default"]
    connections[THERE] = DatabaseWrapper(complete, THERE)
    try:
        try:
            connections[THERE].ensure_connection()
        except DatabaseError as error:
            raise Refused(_("La base d’arrivée ne répond pas : %s") % str(error).splitlines()[0]) from error
        yield
    finally:
        connections[THERE].close()
        del connections[THERE]


def _models() -> list[type[models.Model]]:
    """Return every table of ours. Their order is free: foreign keys are checked at the end of the transaction."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.can_migrate(connections[HERE])]


def _leaves() -> list[tuple[str, str]]:
    return MigrationExecutor(connections[HERE]).loader.graph.leaf_nodes()


def _holds_a_site() -> bool:
    tables = connections[THERE].introspection.table_names()
    kept = (Place, get_user_model(), Submission, Source)
    return any(model._meta.db_table in tables and model._base_manager.using(THERE).exists() for model in kept)


def _same_schema() -> bool:
    here, there = (MigrationRecorder(connections[alias]).applied_migrations() for alias in (HERE, THERE))
    return {*here} == {*there}


def _migrate(address: str) -> None:
    """Make the tables there with the commands of a fresh site, in a process whose only database it is."""
    result = subprocess.run(  # noqa: S603
        [sys.executable, settings.BASE_DIR / "manage.py", "migrate", "--verbosity=0", "--no-input"],
        env=os.environ | {"DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise Refused(_("Les tables n’ont pas pu être faites : %s") % result.stderr.strip().splitlines()[-1])


def _empty() -> None:
    quote = connections[THERE].ops.quote_name
    with connections[THERE].cursor() as cursor:
        cursor.execute("TRUNCATE {}".format(", ".join(quote(model._meta.db_table) for model in _models())))


def _copied(model: type[models.Model]) -> Table:
    """Copy one table and read it again there."""
    there, fields = connections[THERE], model._meta.concrete_fields
    quote = there.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
    try:
        with there.wrap_database_errors, there.cursor() as cursor, cursor.copy(statement) as copy:
            for row in _rows(model, HERE):
                copy.write_row([field.get_db_prep_save(value, there) for field, value in zip(fields, row, strict=True)])
    except Error as error:
        why = str(error).splitlines()[0]
        raise Refused(
            _("La table « %(table)s » n’a pas pu être copiée : %(why)s") % {"table": model._meta.db_table, "why": why}
        ) from error
    here, copied = _summed(model, HERE), _summed(model, THERE)
    if here != copied:
        raise Refused(
            _("La table « %(table)s » n’est pas la même à l’arrivée : %(here)d lignes, %(there)d copiées.")
            % {"table": here.name, "here": here.rows, "there": copied.rows}
        )
    return copied


def _rows(model: type[models.Model], alias: str) -> Iterator[tuple]:
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.using(alias).order_by().values_list(*names).iterator(BATCH)


def _summed(model: type[models.Model], alias: str) -> Table:
    """Count and add the digests of the rows: the two databases do not sort texts alike."""
    fields, rows, total = model._meta.concrete_fields, 0, 0
    for row in _rows(model, alias):
        plain = [_plain(field.get_prep_value(value)) for field, value in zip(fields, row, strict=True)]
        total += int.from_bytes(hashlib.sha256(repr(plain).encode()).digest())
        rows += 1
    return Table(model._meta.db_table, rows, total % 2**256)


def _plain(value):
    """Return what both databases say of a value: PostgreSQL keeps neither the order of JSON's keys nor its `1.0`."""
    if isinstance(value, dict):
        return sorted((key, _plain(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reset_sequences() -> None:
    """Let the next row of each table take a number that is free."""
    with connections[THERE].cursor() as cursor:
        for statement in connections[THERE].ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)
