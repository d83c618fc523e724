"""The one function that decides of a submission, and those that ask, and take a decision back.

Each locks the submission, then its place: two moderators at once apply it once, and the second is told who was first.
What a moderator did not see is never overwritten: a place that changed since the page was opened refuses the whole
decision, which comes back with the values of now.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from places import history
from places.merging import version
from places.models import Decision, Message, Place, Revision, Submission
from places.moderation import mails, permanences
from places.moderation.permanences import PERMANENCES
from places.moderation.proposed import FIELDS, POINT
from places.reverting import revert

Kind, State, Verdict = Submission.Kind, Submission.State, Decision.Verdict
POSITION, LOGO = "position", "logo"
TOPICS = [POSITION if name == "latitude" else name for name in FIELDS if name != "longitude"] + [PERMANENCES, LOGO]


class Refused(Exception):
    """The decision no longer applies; the message is a sentence for the moderator."""


class Changed(Refused):
    """The place changed since the moderator read it: to be read again."""


@dataclass(frozen=True)
class Ruling:
    """What a moderator says of one field; `value` is what to write when it is not what was proposed."""

    accepted: bool
    value: Any = None
    edited: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """One field of a submission: what was shown to the person, what they propose, what the place holds now."""

    name: str
    shown: Any
    proposed: Any
    now: Any

    @property
    def is_conflict(self) -> bool:
        """The place changed since the person read it, to something else than what they propose."""
        return not same(self.now, self.shown) and not same(self.now, self.proposed)

    @property
    def is_done(self) -> bool:
        """The place already says it."""
        return same(self.now, self.proposed)


@dataclass
class Done:
    submission: Submission
    revisions: list[Revision] = field(default_factory=list)


# --- what a submission would change
def differences(submission: Submission, place: Place | None) -> list[Difference]:
    """Return what is proposed, topic by topic in the order of the form; a point is one, and so is each permanence."""
    found = []
    for name in TOPICS:
        if name == PERMANENCES:
            changed = permanences.topics(submission, place)
            found += [Difference(topic.name, topic.shown, topic.proposed, topic.now) for topic in changed]
            continue
        proposed = value_in(submission.proposed, name)
        if proposed is not ABSENT:
            shown = value_in(submission.base, name)
            now = value_of(place, name) if place else blank(name)
            found.append(Difference(name, blank(name) if shown is ABSENT else shown, proposed, now))
    return found


ABSENT = object()


def value_in(values: Mapping[str, Any], name: str) -> Any:
    """Return a topic of a submission's values, ABSENT when it is not there; a point is `[latitude, longitude]`."""
    if name == POSITION:
        return [values.get(part) for part in POINT] if "latitude" in values else ABSENT
    return values.get(name, ABSENT)


def value_of(place: Place, name: str) -> Any:
    if name == POSITION:
        return [place.latitude, place.longitude]
    return history.plain(getattr(place, name))


def blank(name: str) -> Any:
    if name == POSITION:
        return [None, None]
    return history.plain(getattr(Place(), name))


def same(one: Any, other: Any) -> bool:
    return one == other or (one in (None, "", [], [None, None]) and other in (None, "", [], [None, None]))


# --- deciding
def decide(
    submission: Submission,
    rulings: Mapping[str, Ruling],
    *,
    moderator,
    seen: str = "",
    reason: str = "",
    request: HttpRequest | None = None,
) -> Done:
    """Decide of every field at once, write what is accepted, and tell the person; once, whoever comes first.

    `seen` is the `version` of the place that the moderator read. Raises Refused when somebody decided before, Changed
    when the place is no more what was read, ValidationError when a value cannot be written.
    """
    with transaction.atomic():
        submission = _locked(submission)
        place = _locked_place(submission)
        if place and seen and version(place) != seen:
            raise Changed(_("La fiche a changé depuis que cette page est ouverte. La voici à jour : rien n’est écrit."))
        accepted = {name: ruling for name, ruling in rulings.items() if ruling.accepted}
        proposed = {difference.name: difference for difference in differences(submission, place)}
        creating = submission.kind == Kind.NEW and place is None
        if creating and accepted:
            place = Place(id=f"local-{uuid4()}", status=Place.Status.PUBLISHED, date_maj=timezone.localdate())
        known = [name for name in accepted if name in proposed or name in TOPICS] if place else ()
        before = {name: proposed[name].now if name in proposed else value_of(place, name) for name in known}
        written = _write(submission, place, accepted, proposed, moderator) if accepted else []
        if creating and accepted:
            submission.place = place
        submission.state = _state(rulings)
        submission.reason = reason
        submission.decided_by, submission.decided_at = moderator, timezone.now()
        submission.save(update_fields=["place", "state", "reason", "decided_by", "decided_at"])
        Decision.objects.bulk_create(
            Decision(
                submission=submission,
                field=name,
                verdict=_verdict(ruling),
                before=before.get(name),
                value=_value(name, ruling, proposed) if ruling.accepted else None,
                reason=ruling.reason,
                decided_by=moderator,
                revision=written[0] if written and ruling.accepted else None,
            )
            for name, ruling in rulings.items()
        )
        mails.tell(submission, request)
    return Done(submission, written)


def refuse(submission: Submission, *, moderator, reason: str, request: HttpRequest | None = None) -> Done:
    """Refuse all of it, with the reason that the person will read."""
    names = [difference.name for difference in differences(submission, None)] or [submission.kind]
    rulings = {name: Ruling(False) for name in names}
    return decide(submission, rulings, moderator=moderator, reason=reason, request=request)


def known_already(submission: Submission, *, moderator, request: HttpRequest | None = None) -> None:
    """Close a submission that says what somebody said before."""
    with transaction.atomic():
        submission = _locked(submission)
        submission.state = State.DUPLICATE
        submission.decided_by, submission.decided_at = moderator, timezone.now()
        submission.save(update_fields=["state", "decided_by", "decided_at"])
        mails.tell(submission, request)


def ask(submission: Submission, text: str, *, moderator, request: HttpRequest | None = None) -> None:
    """Ask the person something: the submission waits for them, not for a moderator any more."""
    with transaction.atomic():
        submission = _locked(submission)
        message = Message.objects.create(submission=submission, author=moderator, text=text)
        submission.state = State.QUESTION
        submission.save(update_fields=["state"])
        mails.tell_question(submission, message, request)


def undo(submission: Submission, *, moderator, force: bool = False) -> list:
    """Take a decision back: the place as it was before it, the submission waiting again; return the conflicts instead.

    Nothing is undone when somebody changed one of these fields since, unless asked again with `force`.
    """
    with transaction.atomic():
        submission = Submission.objects.select_for_update().get(pk=submission.pk)
        if submission.is_open:
            raise Refused(_("Cette décision a déjà été défaite."))
        standing = submission.decisions.standing()
        revisions = Revision.objects.filter(decisions__in=standing).distinct()
        for revision in revisions:
            if revision.created:
                _archive(revision, submission, moderator)
            else:
                seen = version(Place.objects.get(pk=revision.place_id)) if force else ""
                names = list(revision.changes)
                conflicts = revert(revision, names, author=moderator, force=names if force else (), seen=seen)
                if conflicts:
                    transaction.set_rollback(True)
                    return conflicts
        standing.update(undone_at=timezone.now(), undone_by=moderator)
        submission.state, submission.reason = State.WAITING, ""
        submission.decided_by = submission.decided_at = None
        submission.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    return []


# --- the parts of it
def _locked(submission: Submission) -> Submission:
    submission = Submission.objects.select_for_update().get(pk=submission.pk)
    if not submission.is_open:
        who = submission.decided_by and (submission.decided_by.get_full_name() or submission.decided_by.get_username())
        words = {"who": who or _("Quelqu’un"), "what": submission.get_state_display()}
        raise Refused(_("%(who)s a déjà décidé : %(what)s. Votre décision n’a pas été appliquée.") % words)
    return submission


def _locked_place(submission: Submission) -> Place | None:
    if submission.place_id is None:
        return None
    return Place.objects.select_for_update().get(pk=submission.place_id)


def _write(submission, place, accepted, proposed, moderator) -> list[Revision]:
    """Write the accepted values on a place, if it is about one; what its columns refuse is said field by field."""
    if place is None:
        return []
    touched = set()
    for name, ruling in accepted.items():
        touched |= _set(place, name, _value(name, ruling, proposed), submission, moderator)
    if place.merged_into_id and "status" in touched:
        raise Refused(_("Ce lieu a été fusionné dans un autre : défaire d’abord la fusion."))
    if submission.kind == Kind.NEW:
        place.status = Place.Status.PUBLISHED
        touched |= {"nom", "commune"}
    place.full_clean(exclude=[f.name for f in Place._meta.fields if f.name not in touched], validate_unique=False)
    last = place.revisions.aggregate(last=Max("pk"))["last"] or 0
    said = {name: _value(name, ruling, proposed) for name, ruling in accepted.items() if _is_permanence(name)}
    more = {}
    if said:
        # Both databases check a foreign key when the transaction ends: a permanence may precede its place.
        former, latter = permanences.write(submission, place, said)
        more = {place.pk: {PERMANENCES: [former, latter]}} if former != latter else {}
    history.save(
        [place],
        origin=Revision.Origin.LINK if submission.by_structure else Revision.Origin.SUBMISSION,
        author=moderator,
        reason=_("%(kind)s n° %(number)d") % {"kind": submission.get_kind_display(), "number": submission.pk},
        submission=submission,
        more=more,
    )
    # Read again: revisions are written many at once, and come back without their keys.
    return list(place.revisions.filter(submission=submission, pk__gt=last).order_by("pk"))


def _set(place: Place, name: str, value: Any, submission: Submission, moderator) -> set[str]:
    """Set one topic on a place in memory; return the columns it touched."""
    if name == POSITION:
        place.latitude, place.longitude = value
        quality = Place.PositionQuality
        place.position_quality = quality.UNKNOWN if place.latitude is None else quality.EXACT
        return {*POINT, "position_quality"}
    if name == Kind.CLOSED:
        place.status = Place.Status.ARCHIVED
        return {"status"}
    if name == Kind.CONFIRMED:
        place.verified_on = timezone.localdate(submission.created_at)
        place.verified_by = _("une personne, relue par %s") % (moderator.get_full_name() or moderator.get_username())
        return {"verified_on", "verified_by"}
    if _is_permanence(name) or name in Kind.values:
        return set()
    try:
        setattr(place, name, value)
    except ValidationError as error:  # a term that is no more in the vocabulary
        raise ValidationError({name: error.messages}) from error
    return {name}


def _is_permanence(name: str) -> bool:
    return name.startswith(permanences.PREFIX)


def _value(name: str, ruling: Ruling, proposed: Mapping[str, Difference]) -> Any:
    if ruling.edited or name not in proposed:
        return ruling.value
    return proposed[name].proposed


def _verdict(ruling: Ruling) -> str:
    if not ruling.accepted:
        return Verdict.REFUSED
    return Verdict.EDITED if ruling.edited else Verdict.ACCEPTED


def _state(rulings: Mapping[str, Ruling]) -> str:
    accepted = [ruling.accepted for ruling in rulings.values()]
    if all(accepted):
        return State.ACCEPTED
    return State.PARTLY if any(accepted) else State.REFUSED


def _archive(revision: Revision, submission: Submission, moderator) -> None:
    place = Place.objects.select_for_update().get(pk=revision.place_id)
    place.status = Place.Status.ARCHIVED
    reason = _("Décision défaite : %(kind)s n° %(number)d")
    words = {"kind": submission.get_kind_display(), "number": submission.pk}
    history.save([place], origin=Revision.Origin.ADMIN, author=moderator, reason=reason % words, submission=submission)
