"""Places that may be one, inside the base or between a file and the base; only a human decides (places.merging)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.history import batches
from places.likeness import Candidate, Pair, proposed_pairs
from places.models import Duplicate, Place, Source

COMPARED = (
    "nom adresse code_postal commune code_insee latitude longitude pivot telephone courriels typologie source".split()
)
BATCH = 500
CELL = 0.008  # degrees around a point rounded to 0.01: it lies within 0.005, and its neighbours within 0.003 more
MOST_CELLS = 40  # in one question; places more scattered than that are compared with the whole base
SHOWN = 200  # pairs told on a terminal


@dataclass
class Found:
    """The likely duplicates, best first; `new` of them were not waiting yet, `gone` no longer look alike."""

    pairs: list[Pair]
    new: int = 0
    gone: int = 0
    applied: bool = False

    def lines(self) -> Iterator[str]:
        """Say in French what was found."""
        yield ngettext("%d doublon possible.", "%d doublons possibles.", len(self.pairs)) % len(self.pairs)
        for pair in self.pairs[:SHOWN]:
            yield from told(pair)
        if len(self.pairs) > SHOWN:
            yield _("… et %d autres.") % (len(self.pairs) - SHOWN)
        if self.applied:
            yield _("C’est écrit : %(new)d nouveaux attendent dans l’administration, %(gone)d n’y sont plus.") % {
                "new": self.new,
                "gone": self.gone,
            }
        else:
            yield _("Rien n’a été écrit.")


def told(pair: Pair) -> Iterator[str]:
    """Describe a pair on four lines: its score and evidence, then each place."""
    yield f"{pair.likeness.score:3}  " + " ".join(evidence.words for evidence in pair.likeness.evidence)
    for place in (pair.one, pair.other):
        yield f"     {place.nom} – {place.written_address} [{place.key}]"


def find(*, apply: bool = False) -> Found:
    """Look for duplicates in the whole base and, with `apply`, bring the list that waits for a human up to date."""
    found = Found(_undecided(proposed_pairs(candidates_of(Place.objects.all()))), applied=apply)
    if apply:  # the long part is over: on SQLite, writers wait for this transaction
        with transaction.atomic():
            found.new = propose(found.pairs)
            found.gone = _withdraw({(pair.one.key, pair.other.key) for pair in found.pairs})
    return found


def duplicates_of(records: Sequence[Mapping[str, Any]], *, source: Source | None = None, places=None) -> list[Pair]:
    """Return the likely duplicates of clean records (`standard.read_row(…).values`), in their file and in the base.

    A record that the base already holds, by its identifier in `source` or else by its own id, stands for its place: it
    is not its own duplicate, and what a human decided of the place holds. The `key` of a candidate is the id of its
    place, or that of the record when there is none yet. `places` is the part of the base to look at, all by default.
    """
    owners = _owners([record["id"] for record in records], source)
    taken = set() if source is None else _taken(records)
    read = {}
    for record in records:
        key = owners.get(record["id"], record["id"])
        read[key if record["id"] in owners or key not in taken else _("%s (fichier)") % key] = record
    stored = candidates_of(Place.objects.all() if places is None else places)
    # What was archived here, merged or closed, is nobody's duplicate in the file either.
    archived = _archived(owners.values())
    fresh = [Candidate.of(key, record) for key, record in read.items() if key not in archived]
    rest = [candidate for candidate in stored if candidate.key not in read]
    return _undecided(proposed_pairs([*fresh, *rest], new=len(fresh)))


def likely_among(places: Sequence[Place]) -> list[Pair]:
    """Return the likely duplicates of places that are not written yet, with each other and with the base."""
    fresh = [
        Candidate.of(place.pk, {name: getattr(place, name) for name in COMPARED})
        for place in places
        if place.status != Place.Status.ARCHIVED
    ]
    own = {candidate.key for candidate in fresh}
    rest = [candidate for candidate in candidates_of(_around(fresh)) if candidate.key not in own]
    return _undecided(proposed_pairs([*fresh, *rest], new=len(fresh)))


def _around(candidates: Sequence[Candidate]):
    """The places of the base in the towns of these, by any of the ways in which a town is written, or a step away."""
    cells = {(round(c.point.latitude, 2), round(c.point.longitude, 2)) for c in candidates if c.point}
    if len(cells) > MOST_CELLS:
        return Place.objects.all()
    near = Q(pk__in=[])
    for name in ("code_insee", "code_postal", "commune"):
        near |= Q(**{f"{name}__in": {getattr(candidate, name) for candidate in candidates} - {""}})
    for south, west in cells:
        near |= Q(latitude__range=(south - CELL, south + CELL), longitude__range=(west - CELL, west + CELL))
    return Place.objects.filter(near)


def propose(pairs: Iterable[Pair]) -> int:
    """Put pairs of places on the list that waits for a human; return how many are new. Decided ones stay decided."""
    pairs = {(pair.one.key, pair.other.key): pair.likeness for pair in pairs}
    known = {
        (duplicate.one_id, duplicate.other_id): duplicate
        for batch in batches({one for one, _other in pairs}, BATCH)
        for duplicate in Duplicate.objects.filter(one__in=batch)
    }
    fresh, changed = [], []
    for (one, other), likeness in pairs.items():
        evidence = [item._asdict() for item in likeness.evidence]
        duplicate = known.get((one, other))
        if duplicate is None:
            fresh.append(Duplicate(one_id=one, other_id=other, score=likeness.score, evidence=evidence))
        elif not duplicate.decision and (duplicate.score, duplicate.evidence) != (likeness.score, evidence):
            duplicate.score, duplicate.evidence = likeness.score, evidence
            changed.append(duplicate)
    Duplicate.objects.bulk_create(fresh, batch_size=BATCH, ignore_conflicts=True)
    Duplicate.objects.bulk_update(changed, ["score", "evidence"], batch_size=BATCH)
    return len(fresh)


def _withdraw(still: set[tuple[str, str]]) -> int:
    """Take the waiting pairs that no longer look alike off the list; return how many."""
    waiting = Duplicate.objects.filter(decision="").values_list("pk", "one_id", "other_id")
    gone = [pk for pk, one, other in waiting if (one, other) not in still]
    return sum(Duplicate.objects.filter(pk__in=batch, decision="").delete()[0] for batch in batches(gone, BATCH))


def candidates_of(places) -> list[Candidate]:
    """Return what is compared of the places of a queryset; those archived are left out."""
    rows = places.exclude(status=Place.Status.ARCHIVED).order_by("pk").values("pk", *COMPARED)
    return [Candidate.of(row["pk"], row) for row in rows]


def _undecided(pairs: list[Pair]) -> list[Pair]:
    """Leave out the pairs that a human declared distinct, also under the names of what was merged into them."""
    merged = dict(Place.objects.exclude(merged_into=None).values_list("pk", "merged_into"))

    def successor(pk: str) -> str:
        met = set()
        while pk in merged and pk not in met:
            met.add(pk)
            pk = merged[pk]
        return pk

    distinct = {
        frozenset({successor(one), successor(other)})
        for one, other in Duplicate.objects.distinct_places().values_list("one", "other")
    }
    return [pair for pair in pairs if frozenset({pair.one.key, pair.other.key}) not in distinct]


def _owners(identities: Sequence[str], source: Source | None) -> dict[str, str]:
    """The places that the base already has of these rows, by their identifiers."""
    known = Place.objects.all() if source is None else Place.objects.filter(import_source=source)
    owners = {}
    for batch in batches(identities, BATCH):
        wanted = set(batch)
        for pk, row_id in known.filter(Q(pk__in=batch) | Q(source_id__in=batch)).values_list("pk", "source_id"):
            owners[row_id if row_id in wanted else pk] = pk
    return owners


def _taken(records: Sequence[Mapping[str, Any]]) -> set[str]:
    """The identifiers of rows that some place of the base bears as its own."""
    return {
        pk
        for batch in batches((record["id"] for record in records), BATCH)
        for pk in Place.objects.filter(pk__in=batch).values_list("pk", flat=True)
    }


def _archived(places: Iterable[str]) -> set[str]:
    return {
        pk
        for batch in batches(places, BATCH)
        for pk in Place.objects.filter(pk__in=batch, status=Place.Status.ARCHIVED).values_list("pk", flat=True)
    }
