"""What a migration may not do while the release before it still runs, on other machines, over the same tables."""

from collections.abc import Iterator

from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

# What only Python knows of a field: the table stays the same.
ONLY_SAID = {"verbose_name", "help_text", "choices", "default", "validators", "blank", "editable", "error_messages"}
# Tables that take long to read whole, and so to index: by RunPython, concurrently on PostgreSQL.
BIG = {"place", "revision", "sourcerecord", "submission", "mail", "turn", "cell", "timetable", "duplicate"}
SAFE = (
    operations.CreateModel,  # nobody of before knows it
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.RemoveIndex,
    operations.RemoveConstraint,
    operations.RunPython,  # read by whoever reviews it
)


def breaks(migration: Migration, state: ProjectState) -> Iterator[str]:
    """Yield what the release before would stumble on, one sentence each; `state` is moved past the migration."""
    for operation in migration.operations:
        done = (
            operation.database_operations if isinstance(operation, operations.SeparateDatabaseAndState) else [operation]
        )
        for one in done:
            if why := _breaks(one, migration.app_label, state):
                yield f"{migration.name} : {one.describe()} – {why}"
        operation.state_forwards(migration.app_label, state)


def _breaks(operation, app: str, state: ProjectState) -> str:
    model = getattr(operation, "model_name", "").lower()
    if isinstance(operation, SAFE):
        return ""
    if isinstance(operation, operations.AddField):
        return _added(operation.field)
    if isinstance(operation, operations.AlterField):
        return _altered(state.models[app, model].fields[operation.name], operation.field)
    if isinstance(operation, operations.AddIndex):
        return "a big table is held while it is indexed" if model in BIG else ""
    return "what the release before asks for is no longer there, or refused"


def _added(field: models.Field) -> str:
    if field.many_to_many or field.null or field.db_default is not NOT_PROVIDED:
        return ""
    return "the release before leaves it out of its new rows: null=True or db_default"


def _altered(before: models.Field, after: models.Field) -> str:
    (_name, one, _args, old), (_name, other, _args, new) = before.deconstruct(), after.deconstruct()
    changed = {key for key in {*old, *new} - ONLY_SAID if old.get(key) != new.get(key)}
    if new.get("null"):
        changed.discard("null")
    if after.max_length is None or after.max_length >= (before.max_length or 0):
        changed.discard("max_length")
    return "" if one == other and not changed else "the release before writes it as it was"
