"""What history keeps, in a moderator's words: each field by its name, each value as lines of text."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from places import lexicon
from places.fields import TermSetField
from places.models import Permanence, Place, Revision


class Change(NamedTuple):
    label: str
    before: list[str]
    after: list[str]
    name: str = ""


def described(revision: Revision) -> Iterator[Change]:
    """Yield the changes of one revision, in the order of the columns."""
    for name, (old, new) in in_order(Place, revision.changes):
        if name == "permanences":
            old, new = old or [], new or []
            yield Change(_("permanences"), [*map(permanence_in_words, old)], [*map(permanence_in_words, new)], name)
        else:
            yield Change(label(Place, name), in_words(Place, name, old), in_words(Place, name, new), name)


def in_order(model: type[models.Model], told: dict) -> list[tuple]:
    """Return the items in the order of the model's columns, the rest at the end; PostgreSQL's JSON keeps no order."""
    order = {field.name: number for number, field in enumerate(model._meta.concrete_fields)}
    return sorted(told.items(), key=lambda item: order.get(item[0], len(order)))


def label(model: type[models.Model], name: str) -> str:
    if name == "permanences" and model is Place:
        return _("permanences")
    field = column(model, name)
    return str(field.verbose_name) if field else name


def column(model: type[models.Model], name: str) -> models.Field | None:
    """Return the field; None for one that a later version has dropped, of which history still speaks."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if field.concrete else None


def in_words(model: type[models.Model], name: str, value) -> list[str]:
    """Return a stored value as lines: one per item of a list, none when there is nothing."""
    if value in (None, "", []):
        return []
    field = column(model, name)
    if isinstance(field, TermSetField):
        return [str(lexicon.find(field.vocabulary, word) or word) for word in value]
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(field, models.DateField):
        return [date_format(date.fromisoformat(value))]
    if isinstance(field, models.ForeignKey):
        return [str(field.related_model.objects.filter(pk=value).first() or value)]
    return [str(dict(field.flatchoices).get(value, value) if field else value)]


def permanence_in_words(snapshot: dict) -> str:
    """Return a permanence as one line: its title, then whatever it says."""
    return " – ".join(permanence_in_lines(snapshot))


def permanence_in_lines(snapshot: dict) -> list[str]:
    said = (
        f"{label(Permanence, name)} : {', '.join(in_words(Permanence, name, value))}"
        for name, value in in_order(Permanence, snapshot)
        if name != "title" and value not in (None, "", [])
    )
    return [snapshot.get("title", ""), *said]
