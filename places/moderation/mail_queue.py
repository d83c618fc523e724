"""The mails that wait: queued in the transaction of what they tell, tried soon after, and again until they leave.

A small table rather than a library. django-mailer keeps pickled messages, of which no command can erase an address, and
waits no longer after each failure; django-post-office brings templates, attachments and a pool of processes. Neither
queues a thing once and only once (`Mail.key`).

A mail may leave twice only when the process dies between the server's yes and the next line of code: its Message-ID is
the same both times, so that the mailbox can tell.
"""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from threading import BoundedSemaphore, Lock, Thread

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import close_old_connections, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from places.models import Mail, Submission

logger = logging.getLogger(__name__)
SUBJECT_LENGTH = Mail._meta.get_field("subject").max_length
FAILURE_LENGTH = Mail._meta.get_field("failure").max_length
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # a subject is one line
_sending, _turns = Lock(), BoundedSemaphore(2)  # one thread sends, one waits to send what came meanwhile


@dataclass
class Sent:
    sent: int = 0
    failed: int = 0
    given_up: int = 0


@dataclass(frozen=True)
class Outcome:
    """Why a mail did not leave, blank when it did; whether trying it again, or any other one now, is useless."""

    failure: str = ""
    final: bool = False
    unreachable: bool = False


def queue(key: str, to: str, subject: str, text: str, submission: Submission | None = None) -> None:
    """Put a mail in the queue, once for each `key`, and try to send it as soon as the transaction is committed."""
    subject = BREAKS.sub(" ", f"{settings.EMAIL_SUBJECT_PREFIX}{subject}")[:SUBJECT_LENGTH]
    mail = Mail(key=key, to=to, subject=subject, text=text, submission=submission)
    Mail.objects.bulk_create([mail], ignore_conflicts=True)
    if settings.MAIL_SOON:
        transaction.on_commit(send_soon)


def send_soon() -> Thread | None:
    """Send what waits, without making the visitor wait for the mail server."""
    if not _turns.acquire(blocking=False):
        return None
    thread = Thread(target=_send_and_close, name="mail", daemon=True)
    thread.start()
    return thread


def send_due(now: datetime | None = None) -> Sent:
    """Try every mail whose time has come, each once; what fails waits longer and longer, then is given up."""
    report = Sent()
    for pk in list(Mail.objects.due(now or timezone.now()).values_list("pk", flat=True)):
        mail = _claim(pk, now or timezone.now())
        if mail is None:
            continue  # another process has it
        outcome = _attempt(mail)
        _note(mail, outcome, now or timezone.now(), report)
        if outcome.unreachable:
            break  # the others would wait for nothing, each as long as the time-out
    return report


def _send_and_close() -> None:
    try:
        with _sending:
            close_old_connections()
            send_due()
    finally:
        connection.close()
        _turns.release()


def _claim(pk: int, now: datetime) -> Mail | None:
    """Take a mail for this process by moving its next try: the others no longer see it, even if this process dies."""
    mail = Mail.objects.due(now).filter(pk=pk).first()
    if mail is None:
        return None
    wait = mail.wait
    mine = Mail.objects.due(now).filter(pk=pk, tries=mail.tries)
    if not mine.update(tries=mail.tries + 1, next_try_at=now + wait):
        return None
    mail.tries += 1
    return mail


def _attempt(mail: Mail) -> Outcome:
    """Send one mail and say what came of it; never the address, nor what the server said of it."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    message = EmailMessage(
        mail.subject,
        mail.text,
        settings.DEFAULT_FROM_EMAIL,
        [mail.to],
        headers={"Message-ID": f"<{mail.identity}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _said in error.recipients.values()]
        shown = ", ".join(map(str, codes))
        return Outcome(_("adresse refusée par le serveur de courriels (%s)") % shown, final=min(codes) >= 500)
    except SMTPResponseException as error:
        return Outcome(_("le serveur de courriels répond %s") % error.smtp_code)
    except (SMTPException, OSError) as error:
        return Outcome(_("serveur de courriels injoignable (%s)") % type(error).__name__, unreachable=True)
    except ValueError as error:  # an address or a subject that no server could take
        return Outcome(_("courriel impossible à écrire (%s)") % type(error).__name__, final=True)
    return Outcome()


def _note(mail: Mail, outcome: Outcome, now: datetime, report: Sent) -> None:
    mine = Mail.objects.filter(pk=mail.pk)
    if not outcome.failure:
        mine.update(sent_at=now, failure="")
        report.sent += 1
        return
    given_up = outcome.final or now - mail.created_at > Mail.PATIENCE
    mine.update(failure=outcome.failure[:FAILURE_LENGTH], given_up_at=now if given_up else None)
    report.failed += 1
    report.given_up += given_up
    logger.warning("mail not sent", extra={"mail": mail.pk, "tries": mail.tries, "reason": outcome.failure})
