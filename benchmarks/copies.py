"""A country out of a region: its places copied in SQL, with their permanences, their turns and their words.

A copy is a place of its own (id, slug, number, point) that says and offers what the first one does, so that every index
holds a million rows. It has no history, which no public page reads. One family name, Lannoy, becomes in each copy that
of a river: « lannoy » stays as rare as in the region.
"""

import sys
from collections.abc import Iterator

from django.db import connection, models, transaction
from django.db.models import Max

RARE = "Lannoy"
RIVERS = (
    "Loire|Seine|Rhône|Garonne|Dordogne|Meuse|Marne|Lot|Oise|Cher|Allier|Loir|Saône|Adour|Vienne|Tarn|Charente|Sarthe|"
    "Yonne|Aisne|Isère|Creuse|Aude|Orne|Eure|Somme|Mayenne|Indre|Durance|Vilaine|Aveyron|Doubs|Ardèche|Drôme|Gers|"
    "Hérault|Sambre|Gartempe|Sioule|Truyère"
).split("|")
MAP = "benchmark_copies"
# Degrees between two copies, and those of the first: the region stays whole between Le Havre, Longwy and the Landes.
SOUTH, EAST, ACROSS = 0.5, 0.8, 5
FIRST_SOUTH, FIRST_EAST = 1.2, -1.6


def copy_places(wanted: int) -> None:
    """Copy the places of the database until there are `wanted` of them, a multiple of their number."""
    from places import word_index
    from places.models import KnownWord, Permanence, Place, Turn

    times = wanted // Place.objects.count()
    if times * Place.objects.count() != wanted or times > len(RIVERS):
        sys.exit(f"{wanted} places cannot be made of copies of {Place.objects.count()}.")
    keys = list(Place.objects.order_by("pk").values_list("pk", flat=True))
    last = Permanence.objects.aggregate(last=Max("pk"))["last"] or 0
    permanence = {"id": f"old.id + c.rank * {last}", "place_id": "c.copy"}
    turn = {
        "place_id": "c.copy",
        "number": "c.number",
        "permanence_id": f"old.permanence_id + c.rank * {last}",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {MAP} (place varchar(2704), copy varchar(2704), number bigint, rank integer)"
        )
        cursor.executemany(f"INSERT INTO {MAP} VALUES (%s, %s, %s, %s)", _copies(keys, times))
        cursor.execute(f"CREATE INDEX {MAP}_rank ON {MAP} (rank)")
        for rank, river in enumerate(RIVERS[1:times], start=1):
            cursor.execute(*_insert(Place, _place(rank, river), f"c.place = old.id AND c.rank = {rank}"))
            _say(f"{(rank + 1) * wanted // times:,} places")
        cursor.execute(*_insert(Permanence, permanence, "c.place = old.place_id"))
        cursor.execute(*_insert(Turn, turn, "c.place = old.place_id", but=("id",)))
        _say("the words")
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO {word_index.TABLE} (rowid, text) SELECT p.number, p.search_text FROM {MAP} c"
                " CROSS JOIN places_place p ON p.id = c.copy ORDER BY p.number"
            )
        cursor.execute(f"DROP TABLE {MAP}")
        KnownWord.objects.learn(RIVERS[1:times])
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('places_permanence', 'id'), max(id)) FROM places_permanence"
            )
    if connection.vendor == "postgresql":  # what autovacuum does by itself in a base that lives
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _copies(keys: list[str], times: int) -> Iterator[tuple[str, str, int, int]]:
    from places import word_index

    for key in keys:
        for rank in range(1, times):
            copy = f"{key}-{rank}"
            yield key, copy, word_index.number(copy), rank


def _place(rank: int, river: str) -> dict[str, str]:
    down, across = divmod(rank - 1, ACROSS)
    fold = f"replace(old.search_text, '{RARE.lower()}', '{_folded(river)}')"
    return {
        "id": "c.copy",
        "slug": f"substr(old.slug, 1, 110) || '-copie-{rank}'",
        "number": "c.number",
        "nom": f"replace(old.nom, '{RARE}', '{river}')",
        "adresse": f"replace(old.adresse, '{RARE}', '{river}')",
        "search_text": fold,
        "latitude": f"round(CAST(old.latitude - {FIRST_SOUTH + SOUTH * down} AS numeric), 6)",
        "longitude": f"round(CAST(old.longitude + {FIRST_EAST + EAST * across} AS numeric), 6)",
        **dict.fromkeys(("qpv_id", "quartier_id", "iris_id"), "NULL"),
    }


def _folded(text: str) -> str:
    from places.text import fold

    return fold(text)


def _insert(model: type[models.Model], changed: dict[str, str], joined: str, but: tuple[str, ...] = ()) -> tuple[str]:
    """Return the SQL that copies the rows of a table, these columns apart."""
    columns = [field.column for field in model._meta.concrete_fields if field.column not in but]
    values = ", ".join(changed.get(column, f'old."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table
    return (f"INSERT INTO {table} ({names}) SELECT {values} FROM {MAP} c CROSS JOIN {table} old WHERE {joined}",)


def _say(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{text}", end="", file=sys.stderr)
