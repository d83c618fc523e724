"""The way back: one change field by field, or everything that one author or one import changed.

Nothing is taken out of history: going back is one more revision. What somebody changed since is never overwritten
without being asked; a place that was created is archived, never deleted; a merge is undone from its own page.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from places import history
from places.history import BATCH, batches, plain
from places.models import Permanence, Place, Revision

PERMANENCES = "permanences"
TOGETHER = ({"latitude", "longitude", "position_quality"}, {"verified_on", "verified_by"})
RESTORED = {field.name: field for field in history.TOLD if not field.primary_key}


class Refused(Exception):
    """The change cannot be undone; the message is a sentence for the person who asked."""


@dataclass
class Conflict:
    """A field that is no more what the change had made of it."""

    field: str
    before: object
    after: object
    now: object


@dataclass
class Undoing:
    """What undoing changes, and what it leaves alone, with the reason of each."""

    places: list[Place] = field(default_factory=list)
    archived: list[Place] = field(default_factory=list)
    fields: int = 0
    kept: list[tuple[Place, str, str]] = field(default_factory=list)  # place, field or "", why


# --- one change
def may_be_reverted(revision: Revision) -> bool:
    return not revision.created and "merged_into" not in revision.changes and bool(_restorable(revision))


def revert(
    revision: Revision, names: Collection[str], *, author, force: Collection[str] = (), seen: str = ""
) -> list[Conflict]:
    """Give fields of a place the values they had before a change, in one revision; return the conflicts instead.

    Fields that only make sense together go together. Nothing is written when one of them changed since, unless it is
    in `force`, for whoever read the place as it was at `seen` (its `changed_at`). Raises Refused with a sentence.
    """
    if not may_be_reverted(revision):
        raise Refused(_("Ce changement ne se défait pas ici."))
    names = _with_company(set(names), revision)
    with transaction.atomic():
        place = Place.objects.select_for_update().get(pk=revision.place_id)
        if place.merged_into_id and "status" in names:
            raise Refused(_("Ce lieu a été fusionné dans un autre : défaire d’abord la fusion."))
        conflicts = [
            Conflict(name, *revision.changes[name], now)
            for name in RESTORED.keys() | {PERMANENCES}
            if name in names and not _same(name, now := value_of(place, name), revision.changes[name][1])
        ]
        conflicts = [conflict for conflict in conflicts if not _same(conflict.field, conflict.now, conflict.before)]
        if conflicts and not ({c.field for c in conflicts} <= {*force} and seen == place.changed_at.isoformat()):
            return conflicts
        more = _restore(place, {name: revision.changes[name][0] for name in names})
        made = timezone.localtime(revision.made_at)
        words = {"number": revision.pk, "date": f"{made:%d/%m/%Y}"}
        history.save(
            [place],
            origin=Revision.Origin.ADMIN,
            author=author,
            reason=_("Retour avant le changement n° %(number)d du %(date)s.") % words,
            more=more,
        )
    return []


# --- everything by one author or one import
def undo(revisions: models.QuerySet, *, author=None, origin: str, reason: str, apply: bool) -> Undoing:
    """Undo all of `revisions`, newest first; what others changed since is kept and told. Writes only with `apply`."""
    report = Undoing()
    chosen = set(revisions.values_list("pk", flat=True))
    ids = revisions.order_by("place").values_list("place", flat=True).distinct()
    with transaction.atomic():
        for batch in batches(ids, BATCH):
            told = defaultdict(list)
            for revision in Revision.objects.filter(place__in=batch):  # newest first
                told[revision.place_id].append(revision)
            places = Place.objects.select_for_update(of=("self",)).filter(pk__in=batch).order_by("pk")
            changed, more = [], {}
            for place in places:
                done = _undo_place(place, told[place.pk], chosen, report, apply)
                if done is not None:
                    changed.append(place)
                    more |= done
            if apply and changed:
                history.save(changed, origin=origin, author=author, reason=reason, more=more)
    return report


def _undo_place(place: Place, revisions: list[Revision], chosen: set[int], report: Undoing, apply: bool) -> dict | None:
    """Put a place back in memory (its permanences in the database, with `apply`); None when nothing changes."""
    if any(revision.pk in chosen and "merged_into" in revision.changes for revision in revisions):
        report.kept.append((place, "", _("fusion : à défaire depuis la page des doublons")))
        return None
    if revisions[-1].created and revisions[-1].pk in chosen:
        return _undo_creation(place, revisions, chosen, report)
    targets, kept = {}, set()
    for name in RESTORED.keys() | {PERMANENCES}:
        touching = [revision for revision in revisions if name in revision.changes]
        ours = [revision for revision in touching if revision.pk in chosen]
        if not ours:
            continue
        start = touching.index(ours[0])
        target = ours[0].changes[name][0]
        for revision in touching[start + 1 :]:
            if revision.pk not in chosen:
                break
            target = revision.changes[name][0]
        now = value_of(place, name)
        if _same(name, now, target):
            continue
        if not _same(name, now, ours[0].changes[name][1]):
            kept.add(name)
            continue
        targets[name] = target
    report.kept += [(place, name, _("changé depuis par quelqu’un d’autre")) for name in sorted(kept)]
    for company in TOGETHER:  # half a point would be another point
        if kept & company:
            targets = {name: value for name, value in targets.items() if name not in company}
    if place.merged_into_id:
        targets.pop("status", None)
    if not targets:
        return None
    try:
        more = _restore(place, targets, write=apply)
    except Refused as error:
        report.kept.append((place, "", str(error)))
        return None
    report.places.append(place)
    report.fields += len(targets)
    return more


def _undo_creation(place: Place, revisions: list[Revision], chosen: set[int], report: Undoing) -> dict | None:
    if place.status == Place.Status.ARCHIVED:
        return None
    if any(revision.pk not in chosen for revision in revisions):
        report.kept.append((place, "", _("créé ainsi, mais d’autres l’ont changé depuis : à archiver à la main")))
        return None
    place.status = Place.Status.ARCHIVED
    report.archived.append(place)
    return {}


# --- values
def value_of(place: Place, name: str):
    """Return what a place holds now, as history keeps it."""
    if name == PERMANENCES:
        return [permanence.snapshot() for permanence in Permanence.objects.filter(place_id=place.pk)]
    return plain(getattr(place, RESTORED[name].attname))


def _restorable(revision: Revision) -> set[str]:
    return {name for name in revision.changes if name in RESTORED or name == PERMANENCES}


def _with_company(names: set[str], revision: Revision) -> set[str]:
    for company in TOGETHER:
        if names & company:
            names |= company
    return names & _restorable(revision)


def _same(name: str, one, other) -> bool:
    if name == PERMANENCES:
        return sorted(map(repr, map(_ordered, one or []))) == sorted(map(repr, map(_ordered, other or [])))
    return one == other or (one in (None, "", []) and other in (None, "", []))


def _ordered(snapshot: dict) -> dict:
    """PostgreSQL's JSON keeps no order."""
    return dict(sorted(snapshot.items()))


def _restore(place: Place, values: dict, *, write: bool = True) -> dict:
    """Set old values on a place, write its old permanences, and return what `history.save` adds to the revision."""
    for name, value in values.items():
        if name == PERMANENCES:
            continue
        column = RESTORED[name]
        try:
            setattr(place, column.attname, _blank(column) if value is None else column.to_python(value))
        except ValidationError as error:
            raise Refused(
                _("L’ancienne valeur de « %(field)s » n’existe plus : %(why)s")
                % {"field": column.verbose_name, "why": " ".join(error.messages)}
            ) from error
    if PERMANENCES not in values:
        return {}
    before = value_of(place, PERMANENCES)
    wanted = [_ordered(snapshot) for snapshot in values[PERMANENCES] or []]
    if write:
        _write_permanences(place, wanted)
    return {place.pk: {PERMANENCES: [before, value_of(place, PERMANENCES) if write else wanted]}}


def _write_permanences(place: Place, wanted: list[dict]) -> None:
    """Keep the permanences that are wanted as they are, delete the others, and make those that are missing."""
    missing = list(wanted)
    for permanence in Permanence.objects.filter(place_id=place.pk):
        snapshot = _ordered(permanence.snapshot())
        if snapshot in missing:
            missing.remove(snapshot)
        else:
            permanence.delete()
    for snapshot in missing:
        Permanence.objects.create(place=place, **_known(snapshot))


def _known(snapshot: dict) -> dict:
    """Leave out what a later version has dropped."""
    known = {}
    for name, value in snapshot.items():
        try:
            Permanence._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        known[name] = value
    return known


def _blank(column: models.Field):
    return None if column.null else column.get_default()
