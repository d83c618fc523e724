"""Permanences of a submission, one by one: what each was, is and would become, and writing those that are accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from places.models import Permanence, Place, Submission
from places.vocabularies import OFFERED

PERMANENCES = "permanences"
PREFIX = "permanence-"  # of a topic: `permanence-12` has the id 12, `permanence-new-0` has none yet
FIRST = ("title", "horaires", "by_appointment", "langues", "details", "host", "contact")
COLUMNS = FIRST + tuple(f.name for f in Permanence._meta.fields if f.name in OFFERED and f.name not in FIRST)

Said = dict[str, Any] | None  # what is said of a permanence, blanks left out; None when there is no such permanence


@dataclass(frozen=True)
class Topic:
    """One permanence that a submission adds, changes or ends, and the one that the place holds now."""

    name: str
    shown: Said
    proposed: Said
    held: Permanence | None

    @property
    def now(self) -> Said:
        return said(self.held.snapshot()) if self.held else None


def topics(submission: Submission, place: Place | None) -> list[Topic]:
    """Return the permanences that a submission touches: those that the person read, then the new ones."""
    if PERMANENCES not in submission.proposed:
        return []
    wanted = submission.proposed[PERMANENCES]
    shown = {one["id"]: said(one) for one in submission.base.get(PERMANENCES, ())}
    kept = {one["id"]: said(one) for one in wanted if one.get("id") in shown}
    held = {one.pk: one for one in Permanence.objects.filter(place_id=place.pk)} if place else {}
    strays = [one for pk, one in held.items() if pk not in shown]
    found = []
    for key, before in shown.items():
        # A decision that was undone brought it back under another id.
        now = held.get(key) or _take(strays, before)
        if kept.get(key) != before:
            found.append(Topic(f"{PREFIX}{key}", before, kept.get(key), now))
    new = [said(one) for one in wanted if one.get("id") not in shown]
    found += [Topic(f"{PREFIX}new-{n}", None, values, _take(strays, values)) for n, values in enumerate(new)]
    return found


def write(submission: Submission, place: Place, values: Mapping[str, Said]) -> list[list[dict]]:
    """Give each named permanence what is to be said of it; return both states of the place, as history keeps them.

    The others stay as they are. Raises ValidationError, each sentence under `<topic>-<column>`.
    """
    before = _snapshots(place)
    for topic in topics(submission, place):
        if topic.name not in values:
            continue
        value = values[topic.name]
        if value is not None:
            _fill(topic.held or Permanence(place_id=place.pk), value, topic.name).save()
        elif topic.held:
            topic.held.delete()
    return [before, _snapshots(place)]


def said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what plain values say of a permanence, blanks left out: false says something.

    >>> said({"id": 12, "title": "Bus", "host": "", "by_appointment": False, "langues": []})
    {'title': 'Bus', 'by_appointment': False}
    """
    return {name: values[name] for name in COLUMNS if values.get(name) not in (None, "", [])}


def _fill(permanence: Permanence, value: dict[str, Any], topic: str) -> Permanence:
    blank = Permanence()
    for name in COLUMNS:
        try:
            setattr(permanence, name, value.get(name, getattr(blank, name)))
        except ValidationError as error:  # a term that is no more in the vocabulary
            raise ValidationError({f"{topic}-{name}": error.messages}) from error
    try:
        permanence.full_clean(exclude=["place"])
    except ValidationError as error:
        raise ValidationError({f"{topic}-{name}": told for name, told in error.message_dict.items()}) from error
    return permanence


def _take(strays: list[Permanence], value: Said) -> Permanence | None:
    """Take out and return the permanence that says just this, if there is one."""
    for number, one in enumerate(strays):
        if said(one.snapshot()) == value:
            return strays.pop(number)
    return None


def _snapshots(place: Place) -> list[dict]:
    return [permanence.snapshot() for permanence in Permanence.objects.filter(place_id=place.pk)]
