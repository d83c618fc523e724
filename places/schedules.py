"""Which opening hours are open during some time: each distinct text is read once a day, not once a place.

Places and permanences hold the key of their hours; many share one. A question about time reads the known texts, whose
answers for a day are kept in the process, and asks the base for the places whose key is among those that are open.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from django.apps import apps
from django.db.models import Q

from places.opening_hours import DAY, Piece, State, is_readable, parse_horaires
from places.vocabularies import OFFERED

MOST_DAYS = 16  # kept in the process, the last asked for
# What is held at set times and not at a counter: a permanence that says when narrows what the place says of itself.
AT_SET_TIMES = ("themes", "ateliers")
# What a permanence takes from its place when it says nothing of its own: for whom it is, and in which languages.
INHERITED = ("publics_specifiquement_adresses", "langues")


class Slice(NamedTuple):
    """Some minutes of one day, on the clock of Paris; the last one is not in it."""

    day: date
    start: int
    end: int


@dataclass(frozen=True)
class States:
    """The keys of the hours that are open at some time of a question, and of those that may be."""

    opened: tuple[int, ...]
    unknown: tuple[int, ...]

    def accepting(self, *, unknown: bool) -> Q:
        """Return the condition on a `schedule`: open for sure, or also where nobody knows."""
        accepted = self.accepted(unknown=unknown)
        return Q(schedule__among=accepted - {None}) | (Q(schedule=None) if unknown else Q())

    def accepted(self, *, unknown: bool) -> frozenset[int | None]:
        """Return the same, as the schedules themselves."""
        return frozenset(self.opened) | ({*self.unknown, None} if unknown else set())

    @property
    def stamp(self) -> str:
        """Return what changes when a place opens or closes, and only then."""
        return hashlib.sha256(repr((self.opened, self.unknown)).encode()).hexdigest()[:16]


def key_of(text: str) -> int | None:
    """Return the number that stands for these hours, the same everywhere; None when nobody can read them."""
    text = text.strip()
    if not is_readable(text):
        return None
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def by_turn(place, permanences: Iterable) -> list[dict]:
    """Return what is offered when at a place that holds permanences, as rows of `Turn`: the place itself, then each.

    A term counts only while somebody who offers it is there. So what the place says of itself goes with its own hours,
    and what a permanence says goes with the permanence's; a writer or a workshop that a permanence announces is there
    for that permanence only, even when the place is open all week and says it has one.
    """
    permanences = list(permanences)
    own = {name: getattr(place, name).mask for name in OFFERED}
    for name in AT_SET_TIMES:
        for permanence in permanences:
            own[name] &= ~getattr(permanence, name).mask
    rows = [{"permanence_id": None, "schedule": key_of(place.horaires), **own}]
    for permanence in permanences:
        held = {name: getattr(permanence, name).mask for name in OFFERED}
        for name in INHERITED:
            held[name] = held[name] or getattr(place, name).mask
        rows.append({"permanence_id": permanence.pk, "schedule": key_of(permanence.horaires), **held})
    return [{"place_id": place.pk, "number": place.number, **row} for row in rows]


# --- what the process knows


_days: OrderedDict[date, dict[int, tuple[Piece, ...]]] = OrderedDict()
_lock = Lock()
_generation = 0  # of the known texts: what was computed from older ones is not found again
_version: int | None = None


def forget() -> None:
    """Read the known hours again at the next question."""
    global _generation
    _generation += 1


def follow(version: int) -> None:
    """Read them again when the data has changed since they were read."""
    global _version
    if _version != version:
        _version = version
        forget()


def states(slices: tuple[Slice, ...]) -> States:
    """Return which of the known hours are open at some time of these, and which may be."""
    return _states(slices, _generation)


@lru_cache(maxsize=32)
def _states(slices: tuple[Slice, ...], generation: int) -> States:
    opened: set[int] = set()
    unknown: set[int] = set()
    for asked in slices:
        for key, pieces in _day(asked.day, generation):
            for piece in pieces:
                if piece.start < asked.end and asked.start < piece.end:
                    (opened if piece.state is State.OPEN else unknown).add(key)
    return States(tuple(sorted(opened)), tuple(sorted(unknown - opened)))


def _day(day: date, generation: int) -> list[tuple[int, tuple[Piece, ...]]]:
    """Return the pieces of the known hours on a day, reading only those not read yet."""
    texts = _texts(generation)
    with _lock:
        pieces = _days.pop(day, {})
        _days[day] = pieces
        while len(_days) > MOST_DAYS:
            _days.popitem(last=False)
        shared: dict[tuple[Piece, ...], tuple[Piece, ...]] = {}
        for key in texts.keys() - pieces.keys():
            hours = parse_horaires(texts[key])
            found = hours.pieces(day) if hours else (Piece(0, DAY, State.UNKNOWN),)
            pieces[key] = shared.setdefault(found, found)
        return [(key, pieces[key]) for key in texts]


@lru_cache(maxsize=1)
def _texts(generation: int) -> Mapping[int, str]:
    return dict(apps.get_model("places", "Schedule").objects.values_list("key", "text"))
