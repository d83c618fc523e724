"""What mails say to the person who sent something, and to whom they may go.

An address that nobody confirmed gets one mail, which holds nothing that was typed; its link leads to a page with a
button. From then on each step is told: `tell` after every change of state, `tell_question` for a moderator's question.
Both do nothing for those who gave no address or did not confirm it, so moderators' code calls them without asking.
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from places.models import Message, Submission
from places.moderation.mail_queue import queue

SALT = "places.moderation.confirm"
CONFIRM_WITHIN = timedelta(days=7)
CONFIRMED_FOR = timedelta(days=30)
CONFIRMATIONS_A_DAY = 3
SUBJECTS = {
    Submission.State.WAITING: "Bien reçu : %s",
    Submission.State.ACCEPTED: "C’est sur la carte : %s",
    Submission.State.PARTLY: "En partie sur la carte : %s",
    Submission.State.REFUSED: "Pas de changement : %s",
    Submission.State.DUPLICATE: "Nous le savions déjà : %s",
}


def tell(submission: Submission, request: HttpRequest | None = None) -> None:
    """Queue the mail that says where a submission stands, once for each time it comes to stand there."""
    if submission.state in SUBJECTS and submission.may_be_mailed:
        since = submission.decided_at.isoformat() if submission.decided_at else ""
        _queue(
            f"submission {submission.pk} {submission.state} {since}",
            _(SUBJECTS[submission.state]) % submission.subject,
            submission.state,
            submission,
            request,
        )


def tell_question(submission: Submission, message: Message, request: HttpRequest | None = None) -> None:
    """Queue a moderator's question or message of the thread."""
    if submission.may_be_mailed:
        subject = _("Une question sur %s") % submission.subject
        _queue(f"message {message.pk}", subject, "question", submission, request, message=message)


def tell_support(submission: Submission, request: HttpRequest | None = None) -> None:
    """Queue for the support address what is wrong with the map itself."""
    if submission.kind == Submission.Kind.PROBLEM and settings.SUPPORT_EMAIL:
        text = render_to_string("places/moderation/mails/problem.txt", {"submission": submission})
        queue(f"problem {submission.pk}", settings.SUPPORT_EMAIL, _("Un problème avec la carte"), text, submission)


def ask_to_confirm(submission: Submission, request: HttpRequest | None = None) -> None:
    """Queue the only mail that goes to an address that somebody typed."""
    signed = signing.dumps([submission.pk, submission.email], salt=SALT)
    context = {
        "link": absolute(reverse("places:confirm-address", args=[signed]), request),
        "days": CONFIRM_WITHIN.days,
        "site_name": settings.SITE_NAME,
    }
    text = render_to_string("places/moderation/mails/confirm.txt", context)
    queue(f"confirm {submission.pk}", submission.email, _("Voulez-vous être tenu au courant ?"), text, submission)


def read_confirmation(signed: str) -> Submission | None:
    """Return the submission whose mail this link came in; None when it is too old, forged, or the address erased."""
    try:
        pk, email = signing.loads(signed, salt=SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature:
        return None
    return Submission.objects.filter(pk=pk, email=email).first()


def confirm(submission: Submission, request: HttpRequest | None = None) -> None:
    """Believe that the address is read by the person, for everything they sent with it from the same place."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        theirs = Submission.objects.select_for_update().filter(email=submission.email, email_confirmed_at=None)
        theirs = theirs.filter(pk=submission.pk) | theirs.of_sender(submission.sender)
        for one in theirs:
            one.email_confirmed_at = timezone.now()
            one.save(update_fields=["email_confirmed_at"])
            tell(one, request)
            if question := one.messages.filter(from_visitor=False).last():
                tell_question(one, question, request)


def confirmed_before(submission: Submission) -> datetime | None:
    """Return when the same person confirmed the same address lately: they are not asked each time."""
    theirs = Submission.objects.of_sender(submission.sender).filter(
        email=submission.email, email_confirmed_at__gte=timezone.now() - CONFIRMED_FOR
    )
    return theirs.values_list("email_confirmed_at", flat=True).first() if submission.email else None


def absolute(path: str, request: HttpRequest | None = None) -> str:
    """Return a whole address for a mail: that of SITE_URL, else of the request, else of the first allowed host."""
    if settings.SITE_URL or request is None:
        host = next((host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*"))), "localhost")
        return (settings.SITE_URL.rstrip("/") or f"{'https' if settings.HTTPS else 'http'}://{host}") + path
    return request.build_absolute_uri(path)


def _queue(key: str, subject: str, template: str, submission: Submission, request, **context) -> None:
    context |= {
        "submission": submission,
        "link": absolute(submission.get_absolute_url(), request),
        "place": absolute(submission.place.get_absolute_url(), request) if submission.place_id else "",
        "site_name": settings.SITE_NAME,
        "site": urlsplit(absolute("/", request)).netloc,
    }
    text = render_to_string(f"places/moderation/mails/{template}.txt", context)
    queue(key, submission.email, subject, text, submission)
