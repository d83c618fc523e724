"""Work that is done by one at a time, whatever the number of machines: a lock that ends with whoever holds it.

On PostgreSQL, a lock of the session in the base that all machines share; on SQLite, of a file beside it.
"""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections


@contextmanager
def alone(name: str, *, wait: bool = False, alias: str = "default") -> Iterator[bool]:
    """Hold the lock of this name for the block, and say whether it is ours; with `wait`, it is in the end."""
    held = _held_in_base if connections[alias].vendor == "postgresql" else _held_by_file
    with held(name, wait, alias) as mine:
        yield mine


@contextmanager
def _held_in_base(name: str, wait: bool, alias: str) -> Iterator[bool]:
    """The connection is the lock's own: the work may close its own at any time."""
    number = int.from_bytes(hashlib.sha256(f"carte {name}".encode()).digest()[:8], signed=True)
    with closing(connections.create_connection(alias)) as connection, connection.cursor() as cursor:
        if wait:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [number])
            yield True
            return
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        yield cursor.fetchone()[0]


@contextmanager
def _held_by_file(name: str, wait: bool, alias: str) -> Iterator[bool]:
    folder = Path(settings.VAR_DIR) / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
