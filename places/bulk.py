"""Thousands of rows of one table written by one prepared statement: as `bulk_create` writes them, several times faster.

`bulk_create` writes a long statement for each few rows and asks every field of every object for its default, its
relations and its expressions. Here the statement is made once, and a row is `{attribute: value}`, as `vars` tells an
object: no object is made only to be written.
"""

from collections.abc import Iterable, Mapping
from itertools import islice, repeat
from operator import itemgetter
from typing import Any

import orjson
from django.db import connections, models, router

from places.fields import PipeListField, ScheduleField, TermSetField

BATCH = 500
# Values that these fields give the database as they are.
NOTHING = type(None)
AS_IT_IS: dict[type[models.Field], set[type]] = {
    models.CharField: {str, NOTHING},
    models.SlugField: {str, NOTHING},
    models.TextField: {str, NOTHING},
    models.FloatField: {float, NOTHING},
    models.BooleanField: {bool, NOTHING},
    models.BigIntegerField: {int, NOTHING},
    TermSetField: {int},
    ScheduleField: {int, NOTHING},
    models.ForeignKey: {str, int, NOTHING},
    models.OneToOneField: {str, int, NOTHING},
}
Row = Mapping[str, Any]


def insert(model: type[models.Model], rows: Iterable[Row], *, only_new: bool = False) -> None:
    """Write new rows; with `only_new`, one whose key is there already changes nothing."""
    _write(model, rows, " ON CONFLICT DO NOTHING" if only_new else "")


def upsert(model: type[models.Model], rows: Iterable[Row], *, kept: Iterable[str] = ()) -> None:
    """Write rows whole over those of the same primary key, of which the columns of `kept` stay.

    Rows known to be new are for `insert`: SQLite journals each page that a statement touches when it may also update.
    """
    options, quote = model._meta, connections[router.db_for_write(model)].ops.quote_name
    names = [
        quote(field.column) for field in options.concrete_fields if not field.primary_key and field.name not in kept
    ]
    key = quote(options.pk.column)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    _write(model, rows, f" ON CONFLICT ({key}) DO UPDATE SET {changed}")


def _write(model: type[models.Model], rows: Iterable[Row], ending: str) -> None:
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns, marks = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks}){ending}"  # noqa: S608 – names of ours, quoted
    values = itemgetter(*(field.attname for field in fields))
    rows = iter(rows)
    with connection.cursor() as cursor:
        while batch := list(map(values, islice(rows, BATCH))):
            columns = map(_column, fields, zip(*batch, strict=True), repeat(connection))
            cursor.executemany(statement, list(zip(*columns, strict=True)))


def _column(field: models.Field, values: tuple, connection) -> Iterable:
    if set(map(type, values)) <= AS_IT_IS.get(type(field), set()):
        return values
    if type(field) is TermSetField:
        return [terms.mask for terms in values]
    if type(field) is PipeListField:
        return map(field.get_prep_value, values)
    if type(field) is models.JSONField:
        return [orjson.dumps(value).decode() for value in values]
    if isinstance(field, models.DateField):  # and moments: the same few, or the same one, on every row
        written = {value: field.get_db_prep_save(value, connection) for value in set(values)}
        return [written[value] for value in values]
    return [field.get_db_prep_save(value, connection) for value in values]
