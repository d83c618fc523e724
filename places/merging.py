"""Two places made one, by a human's decision: what the kept one takes, what history tells, and the way back.

Nothing is deleted: the place that goes stays archived, names the one that stands for it (`merged_into`), and its
address answers with a permanent redirect.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from places import history
from places.models import Duplicate, Permanence, Place, Revision

REASON_LENGTH = Revision._meta.get_field("reason").max_length


class Refused(Exception):
    """The decision no longer applies; the message is a sentence for the person who took it."""


def merge_pair(
    pair: Duplicate,
    kept: str,
    values: Mapping[str, Any],
    *,
    author,
    reason: str = "",
    seen: Mapping[str, str] | None = None,
) -> Place:
    """Merge a waiting pair into the place whose id is `kept` and return it; raise Refused when it is too late.

    `seen` are the versions of both places that the human read (see `version`): one that changed since is refused.
    """
    with transaction.atomic():
        pair = Duplicate.objects.select_for_update().get(pk=pair.pk)
        places = _locked(pair.one_id, pair.other_id)
        refuse_stale(pair, places, seen or {})
        gone = places[pair.other_id if kept == pair.one_id else pair.one_id]
        pair.undo = merge(places[kept], gone, values, author=author, reason=reason)
        _decide(pair, Duplicate.Decision.MERGED, author, reason)
        return Place.objects.get(pk=kept)


def refuse_stale(pair: Duplicate, places: Mapping[str, Place], seen: Mapping[str, str]) -> None:
    """Raise Refused when the pair was decided, or one of its places archived or changed, since a human read them."""
    _refuse_decided(pair)
    _refuse_archived(places.values())
    for pk, version_seen in seen.items():
        if version(places[pk]) != version_seen:
            raise Refused(_("« %s » a changé depuis que cette page est ouverte. La voici à jour.") % places[pk])


def part_pair(pair: Duplicate, *, author, reason: str = "") -> None:
    """Declare a waiting pair to be two places, for good; raise Refused when it is too late."""
    with transaction.atomic():
        pair = Duplicate.objects.select_for_update().get(pk=pair.pk)
        _refuse_decided(pair)
        _decide(pair, Duplicate.Decision.DISTINCT, author, reason)


def merge(kept: Place, gone: Place, values: Mapping[str, Any], *, author, reason: str = "") -> dict:
    """Give `kept` the chosen values, the permanences and the ids of `gone`, and archive `gone`.

    Returns what `unmerge` needs. Both are read again and locked; raises Refused when one of them was merged meanwhile.
    """
    with transaction.atomic():
        places = _locked(kept.pk, gone.pk)
        _refuse_archived(places.values())
        kept, gone = places[kept.pk], places[gone.pk]
        undo = {"gone": gone.pk, "status": gone.status}
        for name, value in values.items():
            setattr(kept, name, value)
        aliases = [alias for alias in (gone.pk, *gone.aliases) if alias not in kept.aliases and alias != kept.pk]
        kept.aliases = [*kept.aliases, *aliases]
        gone.status, gone.merged_into = Place.Status.ARCHIVED, kept
        before = _permanences(kept, gone)
        held = before[kept.pk]
        moved = [p.pk for p in gone.permanences.all() if p.snapshot() not in held]  # a twin would only be said twice
        Permanence.objects.filter(pk__in=moved).update(place=kept)
        more = _told(before, _permanences(kept, gone))
        more.setdefault(gone.pk, {})["merged_into"] = [None, kept.pk]
        _save(kept, more, author, _("Fusion avec « %(name)s » (%(id)s)."), gone, reason)
        _save(gone, more, author, _("Fusionné dans « %(name)s » (%(id)s)."), kept, reason)
    return undo | {"aliases": aliases, "permanences": moved}


def reopen_pair(pair: Duplicate, *, author) -> None:
    """Undo the decision about a pair, which waits again; raise Refused when it is too late."""
    with transaction.atomic():
        pair = Duplicate.objects.select_for_update().get(pk=pair.pk)
        if not pair.decision:
            raise Refused(_("Cette décision a déjà été défaite."))
        if pair.decision == Duplicate.Decision.MERGED:
            unmerge(pair, author=author)
        pair.decision, pair.decided_by, pair.decided_at = Duplicate.Decision.WAITING, None, None
        pair.reason, pair.undo = "", {}
        pair.save()


def unmerge(pair: Duplicate, *, author) -> None:
    """Bring back the place that a merge archived, with its ids and permanences.

    The values that the kept place took stay: history says what they were. Raises Refused when it was merged in turn.
    """
    with transaction.atomic():
        places = _locked(pair.one_id, pair.other_id)
        gone = places.pop(pair.undo["gone"])
        [kept] = places.values()
        if kept.merged_into_id:
            raise Refused(_("« %s » a été fusionné à son tour : défaire d’abord cette autre fusion.") % kept)
        kept.aliases = [alias for alias in kept.aliases if alias not in pair.undo["aliases"]]
        gone.status, gone.merged_into = pair.undo["status"], None
        before = _permanences(kept, gone)
        Permanence.objects.filter(pk__in=pair.undo["permanences"], place=kept).update(place=gone)
        more = _told(before, _permanences(kept, gone))
        more.setdefault(gone.pk, {})["merged_into"] = [kept.pk, None]
        _save(kept, more, author, _("Fusion défaite avec « %(name)s » (%(id)s)."), gone)
        _save(gone, more, author, _("Fusion défaite avec « %(name)s » (%(id)s)."), kept)


def version(place: Place) -> str:
    """Return what changes whenever the place is written."""
    return place.changed_at.isoformat()


def _refuse_decided(pair: Duplicate) -> None:
    if pair.decision:
        who = pair.decided_by and (pair.decided_by.get_full_name() or pair.decided_by.get_username())
        raise Refused(
            _("%(who)s a déjà décidé de ce doublon : %(what)s. Votre choix n’a pas été appliqué.")
            % {"who": who or _("Quelqu’un"), "what": pair.get_decision_display()}
        )


def _refuse_archived(places: Iterable[Place]) -> None:
    for place in places:
        if place.status == Place.Status.ARCHIVED:
            raise Refused(_("« %s » a été archivé ou fusionné entre-temps. Rien n’a été fait.") % place)


def _decide(pair: Duplicate, decision: str, author, reason: str) -> None:
    pair.decision, pair.decided_by, pair.decided_at, pair.reason = decision, author, timezone.now(), reason
    pair.save()


def _locked(*ids: str) -> dict[str, Place]:
    """Read places under lock, always in the same order so that two decisions never wait for each other."""
    places = Place.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return {place.pk: place for place in places}


def _permanences(*places: Place) -> dict[str, list[dict]]:
    held = {place.pk: [] for place in places}
    for permanence in Permanence.objects.filter(place__in=held):
        held[permanence.place_id].append(permanence.snapshot())
    return held


def _told(before: Mapping[str, list], after: Mapping[str, list]) -> dict[str, dict]:
    return {pk: {"permanences": [before[pk], after[pk]]} for pk in before if before[pk] != after[pk]}


def _save(place: Place, more: Mapping[str, dict], author, sentence: str, other: Place, reason: str = "") -> None:
    told = f"{sentence % {'name': other.nom, 'id': other.pk}} {reason}".strip()
    if len(told) > REASON_LENGTH:
        told = told[: REASON_LENGTH - 1] + "…"
    history.save([place], origin=Revision.Origin.ADMIN, author=author, reason=told, more=more)
