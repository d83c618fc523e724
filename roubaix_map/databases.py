"""The addresses of the databases, how long they may take, and what to make of their failures."""

from enum import Enum
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, InterfaceError, OperationalError

POSTGRESQL = "django.db.backends.postgresql"
CONNECT_TIMEOUT = 2  # seconds, the least that libpq takes
# A machine that vanished without a word is noticed after some seconds rather than a quarter of an hour.
ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
# Of commands, which nobody waits for in front of a screen: a statement, a lock, in seconds. Of pages: the settings.
COMMAND_TIMEOUTS = (3600, 60)


class Trouble(Enum):
    """Why a database did not do what it was asked, when the request is not to blame."""

    LOST = "lost"
    UNWRITABLE = "unwritable"
    SLOW = "slow"
    CUT = "cut"  # a replica had to go on without this question


# By the first characters of the states of PostgreSQL and the names of SQLite, the longest first.
TROUBLES = {
    "57014": Trouble.SLOW,  # the time is over
    "55P03": Trouble.SLOW,  # somebody holds the lock
    "40P01": Trouble.SLOW,  # a deadlock
    "40001": Trouble.CUT,
    "25006": Trouble.UNWRITABLE,  # a replica
    "53100": Trouble.UNWRITABLE,  # the disk is full
    "58": Trouble.UNWRITABLE,  # the disk fails
    "53": Trouble.LOST,  # no connection or no memory left
    "57": Trouble.LOST,  # stopping, starting
    "08": Trouble.LOST,
    "SQLITE_BUSY": Trouble.SLOW,
    "SQLITE_LOCKED": Trouble.SLOW,
    "SQLITE_FULL": Trouble.UNWRITABLE,
    "SQLITE_READONLY": Trouble.UNWRITABLE,
    "SQLITE_IOERR": Trouble.UNWRITABLE,
    "SQLITE_CANTOPEN": Trouble.LOST,
}


def trouble(error: Error) -> Trouble | None:
    """Return what kept the database from answering; None for a mistake of ours."""
    cause = error.__cause__
    said = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    if said:
        return next((found for start, found in TROUBLES.items() if said.startswith(start)), None)
    # libpq gives no state to a connection that is refused, late or cut.
    is_cut = isinstance(error, OperationalError | InterfaceError) and type(cause).__module__.startswith("psycopg")
    return Trouble.LOST if is_cut else None


def parse(address: str) -> dict[str, Any]:
    """Return the settings of the database at an address; raise ValueError when it is none.

    Several hosts, `postgres://carte@un:5432,deux:5432/carte`, are one base: the one of them that takes writes.
    """
    scheme, colon, rest = address.partition("://")
    authority, slash, path = rest.partition("/")
    who, at, hosts = authority.rpartition("@")
    first, *others = hosts.split(",")
    database = dj_database_url.parse(
        f"{scheme}{colon}{who}{at}{first}{slash}{path}", conn_max_age=60, conn_health_checks=True
    )
    if database["ENGINE"] not in (POSTGRESQL, "django.db.backends.sqlite3") or not database["NAME"]:
        raise ValueError
    if database["ENGINE"] != POSTGRESQL:
        return database
    options = database.setdefault("OPTIONS", {})
    if others:
        servers = [urlsplit(f"//{host}") for host in hosts.split(",")]
        if not all(server.hostname for server in servers):
            raise ValueError
        database["HOST"] = ",".join(unquote(server.hostname) for server in servers)
        database["PORT"] = ",".join(str(server.port or 5432) for server in servers)
        options.setdefault("target_session_attrs", "read-write")
    said = f"{bounds(*COMMAND_TIMEOUTS)} {options.pop('options', '')}".strip()
    database["OPTIONS"] = {"connect_timeout": CONNECT_TIMEOUT, **ALIVE, "options": said, **options}
    return database


def bounds(statement: int, lock: int) -> str:
    """Return what bounds each statement and each wait for a lock, in seconds."""
    return f"-c statement_timeout={statement}s -c lock_timeout={lock}s"


def bound_pages() -> None:
    """Bound what this process asks as pages must be, not commands; to be called before any connection."""
    for database in settings.DATABASES.values():
        if database["ENGINE"] == POSTGRESQL:
            page = bounds(settings.STATEMENT_TIMEOUT, settings.LOCK_TIMEOUT)
            options = database["OPTIONS"]
            options["options"] = options["options"].replace(bounds(*COMMAND_TIMEOUTS), page)


def primary(address: str) -> dict[str, Any]:
    """Return the database that takes writes; a wrong address is not quoted, as it may hold a password."""
    try:
        return parse(address)
    except ValueError as error:
        raise ImproperlyConfigured("DATABASE_URL : « sqlite:///… » ou « postgres://…/base » attendu.") from error


def replicas(addresses: list[str], primary: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the replicas of a primary by their alias: replica1, replica2…"""
    if addresses and primary["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured("DATABASE_REPLICA_URLS : seulement avec PostgreSQL, et DATABASE_URL mène à SQLite.")
    found = {}
    for number, address in enumerate(addresses, start=1):
        try:
            database = parse(address)
            if database["ENGINE"] != POSTGRESQL:
                raise ValueError
        except ValueError as error:
            raise ImproperlyConfigured(
                f"DATABASE_REPLICA_URLS : « postgres://…/base » attendu, et la n° {number} n’en est pas une."
            ) from error
        # Tests would otherwise make it a base of its own.
        found[f"replica{number}"] = {**database, "TEST": {"MIRROR": "default"}}
    return found
