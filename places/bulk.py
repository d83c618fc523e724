"""Thousands of rows of one table written by one prepared statement: as `bulk_create` writes them, several times faster.

`bulk_create` writes a long statement for each few rows and asks every field of every object for its default, its
relations and its expressions. Here the statement is made once and an object gives its values as they are.
"""

from collections.abc import Iterable
from itertools import repeat
from operator import itemgetter

from django.db import connections, models, router

from places.fields import ScheduleField, TermSetField

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
    ScheduleField: {int, NOTHING},
    models.ForeignKey: {str, int, NOTHING},
}


def insert(objects: Iterable[models.Model]) -> None:
    """Write new rows of one model; their automatic keys are not told back."""
    _write(list(objects), "")


def upsert(objects: Iterable[models.Model], *, kept: Iterable[str] = ()) -> None:
    """Write rows whole, by their primary key; on a row that is there already, the columns of `kept` stay."""
    objects = list(objects)
    if not objects:
        return
    options, quote = objects[0]._meta, connections[router.db_for_write(type(objects[0]))].ops.quote_name
    names = [
        quote(field.column) for field in options.concrete_fields if not field.primary_key and field.name not in kept
    ]
    key = quote(options.pk.column)
    _write(objects, f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in names)}")


def _write(objects: list[models.Model], ending: str) -> None:
    if not objects:
        return
    model = type(objects[0])
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns, marks = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks}){ending}"  # noqa: S608 – names of ours, quoted
    with connection.cursor() as cursor:
        for start in range(0, len(objects), BATCH):
            cursor.executemany(statement, _rows(objects[start : start + BATCH], fields, connection))
    for item in objects:
        item._state.adding, item._state.db = False, connection.alias


def _rows(objects: list[models.Model], fields: list[models.Field], connection) -> list[tuple]:
    """Return the values of each object as the database takes them, made one column at a time."""
    held = map(itemgetter(*(field.attname for field in fields)), map(vars, objects))
    columns = map(_column, fields, zip(*held, strict=True), repeat(connection))
    return list(zip(*columns, strict=True))


def _column(field: models.Field, values: tuple, connection) -> Iterable:
    if set(map(type, values)) <= AS_IT_IS.get(type(field), set()):
        return values
    if type(field) is TermSetField:
        return [terms.mask for terms in values]
    if isinstance(field, models.DateField):  # and moments: the same few, or the same one, on every row
        written = {value: field.get_db_prep_save(value, connection) for value in set(values)}
        return [written[value] for value in values]
    return [field.get_db_prep_save(value, connection) for value in values]
