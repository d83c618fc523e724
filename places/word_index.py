"""The index of the words of places: a full-text table of SQLite, the trigrams of PostgreSQL.

Both answer with the numbers of the places that say a text, so that the rest of a question is read from the index of
what places offer. A text is made of folded words (see `text.searchable`): nothing in it has a meaning for the base.
"""

import hashlib
from collections.abc import Iterable

from django.db import DatabaseError, connection, connections, transaction
from django.db.models.expressions import RawSQL

from roubaix_map.replicas import read_alias

TABLE = "place_words"


def number(identifier: str) -> int:
    """Return the number of a place in the index, the same for ever; 63 bits, of which two places never share all."""
    return int.from_bytes(hashlib.blake2b(identifier.encode(), digest_size=8).digest()) >> 1 or 1


def saying(texts: Iterable[str]) -> RawSQL:
    """Return the numbers of the places that say one of these texts; one that ends with a space does so whole."""
    return RawSQL(*_asked(texts))  # noqa: S611 – the texts are parameters


def numbers_saying(texts: Iterable[str]) -> list[int]:
    """Return the same numbers, read at once."""
    with connections[read_alias()].cursor() as cursor:
        cursor.execute(*_asked(texts))
        return [number for (number,) in cursor.fetchall()]


def _asked(texts: Iterable[str]) -> tuple[str, list[str]]:
    if connection.vendor == "sqlite":
        # The last word begins a longer one with `*`.
        asked = " OR ".join(f'"{text.strip()}"{"" if text.endswith(" ") else " *"}' for text in texts)
        return f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s", [asked]  # noqa: S608 – a name of ours
    likes = [f"%{text}%" for text in texts]
    said = " OR ".join(["search_text LIKE %s"] * len(likes))
    return f"SELECT number FROM places_place WHERE {said}", likes  # noqa: S608 – the texts are parameters


def write(rows: Iterable[tuple[int, str]]) -> None:
    """Put the searched texts of these places in the index, in the transaction that writes the places."""
    if connection.vendor == "sqlite":
        # In their order: at each number lower than the one before, the table writes all it had gathered.
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT OR REPLACE INTO {TABLE} (rowid, text) VALUES (%s, %s)", sorted(rows))  # noqa: S608


def create(schema_editor) -> None:
    """Make the index; PostgreSQL without its trigrams, or without the right to add them, reads every text instead."""
    if schema_editor.connection.vendor == "sqlite":
        # The marks between the parts of a text are words, so that no phrase is found across them.
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5(text, tokenize = \"unicode61 tokenchars '<>'\")"
        )
    elif _has_trigrams(schema_editor):
        schema_editor.execute("CREATE INDEX place_words ON places_place USING gin (search_text gin_trgm_ops)")


def drop(schema_editor) -> None:
    kind = "TABLE" if schema_editor.connection.vendor == "sqlite" else "INDEX"
    schema_editor.execute(f"DROP {kind} IF EXISTS {TABLE}")


def _has_trigrams(schema_editor) -> bool:
    try:
        with transaction.atomic(using=schema_editor.connection.alias), schema_editor.connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return False
    return True
