"""The database as one file, the same at every byte whoever writes meanwhile, and put back all at once."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.postgresql.client import DatabaseClient
from django.utils.translation import gettext as _

from places.backups.archive import Unusable

# Every table and function of ours, so that the dump makes them again; those that an extension brought stay.
WIPE = """
DO $$
DECLARE found text;
BEGIN
    FOR found IN
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE 'DROP TABLE IF EXISTS ' || found || ' CASCADE';
    END LOOP;
    FOR found IN
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE 'DROP FUNCTION IF EXISTS ' || found || ' CASCADE';
    END LOOP;
END $$;
"""
PLAIN = ("--no-owner", "--no-privileges", "--no-comments")


def dump(target: Path) -> None:
    """Write the default database as it is at one moment."""
    if connection.vendor == "postgresql":
        _run("pg_dump", "--format=custom", *PLAIN, f"--file={target}", *_where())
    else:
        _copy_sqlite(Path(connection.settings_dict["NAME"]), target)


def check(source: Path) -> None:
    """Refuse, before anything is touched, a dump that the database's own program cannot read."""
    if connection.vendor == "postgresql":
        _run("pg_restore", "--list", str(source))
        return
    try:
        with closing(sqlite3.connect(source)) as database:
            said = database.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error:
        said = None
    if said != ("ok",):
        raise Unusable(_("La base de l’archive est abîmée."))


def load(source: Path) -> None:
    """Replace everything in the default database by the dump: all of it, or nothing."""
    connection.close()
    if connection.vendor == "postgresql":
        wipe, script = source.with_suffix(".wipe"), source.with_suffix(".sql")
        wipe.write_text(WIPE, encoding="utf-8")
        _run("pg_restore", *PLAIN, f"--file={script}", str(source))
        together = ("--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={wipe}", f"--file={script}")
        _run("psql", "--no-psqlrc", "--quiet", *together, *_where())
        return
    target = Path(connection.settings_dict["NAME"])
    if target.exists() and not _is_database(target):
        # What is not a database any more cannot be written to; its journals would be taken for the new one's.
        for path in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
            if path.exists():
                path.replace(path.with_name(path.name + ".damaged"))
    _copy_sqlite(source, target)


def size() -> int:
    """Return the bytes of the default database."""
    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        return cursor.execute("SELECT pg_database_size(current_database())").fetchone()[0]


def applied_migrations() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        return [f"{app}.{name}" for app, name in cursor.fetchall()]


def data_version() -> int:
    """Return the number of the data, 0 when nothing can be read of it."""
    from places.models import DataVersion

    try:
        return DataVersion.objects.current()
    except DatabaseError:
        return 0
    finally:
        connection.close()


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy through SQLite itself, in one transaction: processes that have either file open see it whole."""
    try:
        with (
            closing(sqlite3.connect(source, timeout=20)) as reader,
            closing(sqlite3.connect(target, timeout=20)) as writer,
        ):
            reader.backup(writer)
    except sqlite3.Error as error:
        raise Unusable(_("La base n’a pas pu être copiée : %s") % error) from error


def _is_database(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as database:
            return database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError:
        return False


def _where() -> list[str]:
    arguments, _environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return arguments[1:]


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs; its password goes through the environment, which nobody else reads."""
    import os

    _arguments, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    # Somebody who holds a table would make a restoration wait for ever.
    environment = os.environ | (environment or {}) | {"PGOPTIONS": "-c lock_timeout=20s"}
    if which := connection.settings_dict["OPTIONS"].get("target_session_attrs"):
        environment["PGTARGETSESSIONATTRS"] = which  # of several hosts, the one that takes writes
    try:
        result = subprocess.run(  # noqa: S603
            [program, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=settings.VAR_DIR
        )
    except FileNotFoundError as error:
        raise Unusable(_("« %s » n’a pas été trouvé : installer postgresql-client.") % program) from error
    if result.returncode:
        said = result.stderr.strip().splitlines() or [str(result.returncode)]
        raise Unusable(_("%(program)s a refusé : %(said)s") % {"program": program, "said": said[0]})
