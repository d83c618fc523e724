"""The index of the words of places, a table of each base: full-text on SQLite, word vectors on PostgreSQL.

Both answer with the numbers of the places that say a text, so that the rest of a question is read from the index of
what places offer. A text is made of folded words (see `text.searchable`): nothing in it has a meaning for the base.
"""

import hashlib
from collections.abc import Iterable

from django.db import connection, connections
from django.db.models.expressions import RawSQL

from roubaix_map.replicas import read_alias

TABLE = "place_words"
LONGEST = 60  # letters of a word that are looked at: a vector is of a mebibyte at most, and may hold 16,383 ranks
# A vector holds the words of a text and their ranks; what a parser would take for numbers or addresses is a word too.
# The base writes it, whoever writes the place: the release before, which runs a little longer, knows nothing of it.
VECTORS = """
CREATE TABLE place_vectors (number bigint PRIMARY KEY, said tsvector NOT NULL);
CREATE FUNCTION place_vector(text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(quote_literal(left(word, 60)) || ':' || rank, ' '), '')::tsvector
    FROM unnest(string_to_array($1, ' ')) WITH ORDINALITY AS words (word, rank) WHERE word <> '' AND rank <= 16383
$$;
CREATE FUNCTION place_vector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> 0 AND (TG_OP = 'INSERT' OR (OLD.number, OLD.search_text) <> (NEW.number, NEW.search_text)) THEN
        INSERT INTO place_vectors VALUES (NEW.number, place_vector(NEW.search_text))
        ON CONFLICT (number) DO UPDATE SET said = EXCLUDED.said;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER place_vector AFTER INSERT OR UPDATE ON places_place FOR EACH ROW EXECUTE FUNCTION place_vector();
INSERT INTO place_vectors SELECT number, place_vector(search_text) FROM places_place WHERE number <> 0;
CREATE INDEX place_vectors_said ON place_vectors USING gin (said) WITH (fastupdate = off);
"""


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
    asked = " | ".join(f"({_phrase(text)}{'' if text.endswith(' ') else ':*'})" for text in texts)
    return "SELECT number FROM place_vectors WHERE said @@ %s::tsquery", [asked]


def _phrase(text: str) -> str:
    return " <-> ".join(repr(word[:LONGEST]) for word in text.split())


def write(rows: Iterable[tuple[int, str]]) -> None:
    """Put the searched texts of these places in the index, in the transaction that writes the places."""
    if connection.vendor == "sqlite":
        # In their order: at each number lower than the one before, the table writes all it had gathered.
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT OR REPLACE INTO {TABLE} (rowid, text) VALUES (%s, %s)", sorted(rows))  # noqa: S608


def create(schema_editor) -> None:
    """Make the index, with what is in the base."""
    if schema_editor.connection.vendor == "sqlite":
        # The marks between the parts of a text are words, so that no phrase is found across them.
        schema_editor.execute(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5(text, tokenize = \"unicode61 tokenchars '<>'\")"
        )
    else:
        schema_editor.execute(VECTORS)


def drop(schema_editor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f"DROP TABLE IF EXISTS {TABLE}")
    else:
        schema_editor.execute(
            "DROP TABLE place_vectors; DROP FUNCTION place_vector() CASCADE; DROP FUNCTION place_vector(text)"
        )
