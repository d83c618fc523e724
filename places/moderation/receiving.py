"""From a valid form to a submission: within the limits, once, with its picture and its first mail."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from places import limits, logos
from places.models import Message, Place, Submission
from places.moderation import mails
from places.moderation.forms import SenderForm
from places.moderation.place_form import PlaceForm
from places.moderation.proposed import changed

HOUR, DAY = 3600, 24 * 3600
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)


class TooMany(Exception):
    """One too many; the message is a sentence for the person."""


def receive(
    request: HttpRequest,
    kind: str,
    form: SenderForm,
    *,
    place: Place | None = None,
    alike: Sequence[str] = (),
    by_structure: bool = False,
) -> Submission:
    """Keep what a valid form says and return it, or the same thing already sent that still waits; raise TooMany.

    `alike` are the ids of the neighbours that the person saw and said were other places; `by_structure` says that the
    form was behind the structure's own link.
    """
    address = limits.client_address(request)
    picture = form.picture() if isinstance(form, PlaceForm) else b""
    submission = Submission(kind=kind, place=place, sender=sender_of(address), **_content(form))
    submission.alike = list(alike)
    submission.by_structure = by_structure
    submission.fingerprint = _fingerprint(submission, picture)
    if same := _same(submission):
        return same
    try:
        _refuse_many(address, place)
    except TooMany:
        if same := _same(submission):  # its twin came in meanwhile
            return same
        raise
    submission.email_confirmed_at = mails.confirmed_before(submission)
    if picture:
        submission.proposed["logo"] = logos.keep(picture)
    try:
        with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):  # mails are in French
            submission.save(force_insert=True)
            # Counted by the one of several twins that is kept, and undone with its mail.
            if submission.email and not submission.may_be_mailed and _may_ask(submission.email):
                mails.ask_to_confirm(submission, request)
            mails.tell(submission, request)
            mails.tell_support(submission, request)
    except IntegrityError:
        return _same(submission)
    return submission


def receive_answer(request: HttpRequest, submission: Submission, text: str) -> None:
    """Add the person's words to the thread; what waited for an answer goes back to the moderators. Raise TooMany."""
    if Message.objects.filter(submission=submission, from_visitor=True, text=text).exists():
        return
    if not limits.allowed("answer", str(submission.pk), settings.SUBMISSIONS_PER_ADDRESS, HOUR):
        raise TooMany(_("Vous avez déjà beaucoup écrit depuis une heure. Renvoyez votre réponse un peu plus tard."))
    with transaction.atomic():
        submission = Submission.objects.select_for_update().get(pk=submission.pk)
        Message.objects.create(submission=submission, from_visitor=True, text=text)
        submission.wait_again()


def sender_of(address: str) -> str:
    """Return the keyed hash of a network address, "" when nobody can tell it; the address itself is not kept."""
    return salted_hmac("places.sender", address, algorithm="sha256").hexdigest() if address else ""


def _content(form: SenderForm) -> dict[str, Any]:
    """The columns that a form fills."""
    cleaned = form.cleaned_data
    content = {name: cleaned[name] for name in ("text", "role", "email", "wrong", "page") if cleaned.get(name)}
    texts = [cleaned.get("text", "")]
    if form.stamp is not None:
        content |= {"base": form.stamp.base, "base_version": form.stamp.version}
    if isinstance(form, PlaceForm):
        content["proposed"] = changed(form.stamp.base, form.typed())
        texts = form.texts()
    content["links"] = min(sum(len(LINK.findall(text)) for text in texts), 1000)
    return content


def _fingerprint(submission: Submission, picture: bytes) -> str:
    """The same content about the same place from the same address; when it was shown, and how, does not count."""
    names = "kind place_id proposed wrong text page role email sender".split()
    said = [getattr(submission, name) for name in names]
    text = json.dumps([said, hashlib.sha256(picture).hexdigest()], sort_keys=True)
    return salted_hmac("places.submission", text, algorithm="sha256").hexdigest()


def _same(submission: Submission) -> Submission | None:
    return Submission.objects.open().filter(fingerprint=submission.fingerprint).first()


def _refuse_many(address: str, place: Place | None) -> None:
    if not limits.allowed("submission", address, settings.SUBMISSIONS_PER_ADDRESS, HOUR):
        raise TooMany(
            _(
                "Beaucoup d’envois sont partis de cette connexion depuis une heure. Rien n’est perdu : gardez cette "
                "page ouverte et renvoyez dans une heure."
            )
        )
    if place and not limits.allowed("submission about", place.pk, settings.SUBMISSIONS_PER_PLACE, HOUR):
        raise TooMany(
            _(
                "Beaucoup de personnes ont écrit sur ce lieu depuis une heure. Rien n’est perdu : gardez cette page "
                "ouverte et renvoyez dans une heure."
            )
        )


def _may_ask(email: str) -> bool:
    """Say whether this address, that anybody may have typed, can get one more mail it did not ask for."""
    return limits.allowed("confirmation", email.casefold(), mails.CONFIRMATIONS_A_DAY, DAY)
