"""Sources read again when their turn comes: an unchanged file costs nothing, a failure is kept and told."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import mail_managers
from django.db import DatabaseError
from django.utils.translation import gettext as _

from places.files import UnreadableFile, download
from places.importing.applying import apply_file, read_file
from places.models import ImportRun, Source

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What one source gave: a sentence, and whether it is a failure."""

    source: Source
    sentence: str
    failed: bool = False


def sync_due(now: datetime) -> list[Outcome]:
    """Read every source whose turn has come at an aware `now`; one failure stops no other."""
    return [sync(source, now) for source in Source.objects.due(now)]


def sync(source: Source, now: datetime) -> Outcome:
    """Read one source: apply its file when it says so, else leave it to be read; keep and mail a failure."""
    try:
        outcome = _read(source)
    except UnreadableFile as error:
        outcome = Outcome(source, str(error), failed=True)
    source.checked_at = now
    source.failure = outcome.sentence[:500] if outcome.failed else ""
    source.failures = source.failures + 1 if outcome.failed else 0
    try:
        source.save(update_fields=["checked_at", "failure", "failures", "etag", "last_modified", "file_hash"])
    except DatabaseError:  # a disk so full that not even this is kept: it is mailed all the same
        logger.exception("failure of a source not kept")
        outcome = Outcome(source, outcome.sentence, failed=True)
    if outcome.failed:
        _tell(outcome)
    return outcome


def _read(source: Source) -> Outcome:
    found = download(source.address, etag=source.etag, last_modified=source.last_modified)
    if found.content is None:
        return Outcome(source, _("inchangé (le serveur le dit)."))
    digest = hashlib.sha256(found.content).hexdigest()
    unchanged = digest == source.file_hash
    if unchanged:
        outcome = Outcome(source, _("inchangé (même fichier)."))
    elif source.auto_apply:
        outcome = _apply(source, found.content, digest)
    else:
        outcome = _leave(source, found.content, digest)
    if not outcome.failed:
        # Kept only now: a file that failed is asked for again, whole, the next time.
        source.etag, source.last_modified, source.file_hash = found.etag[:300], found.last_modified[:100], digest
    return outcome


def _apply(source: Source, content: bytes, digest: str) -> Outcome:
    report, _run = apply_file(content, source.address, source.name)
    if report.refusal:
        return _leave(source, content, digest)  # a person may say that the file is complete
    _waiting(source).delete()
    words = report.counted
    return Outcome(source, _("appliqué : %(creees)d créés, %(modifiees)d modifiés.") % words)


def _leave(source: Source, content: bytes, digest: str) -> Outcome:
    waiting = _waiting(source)
    if waiting.filter(file_hash=digest).exists():
        return Outcome(source, _("déjà lu, attend d’être appliqué."))
    waiting.delete()  # an older version nobody applied: the newer one says it all
    run = read_file(content, source.address, source)
    if run.report["refuse"]:
        return Outcome(source, run.report["refuse"], failed=True)
    return Outcome(source, _("lu, attend d’être appliqué dans l’administration."))


def _waiting(source: Source):
    """The readings of its address that nobody applied; files given by hand are not among them."""
    return source.runs.filter(state=ImportRun.State.READ, file_name=source.address)


def _tell(outcome: Outcome) -> None:
    body = _("La source « %(name)s » n’a pas pu être relue (%(times)d fois de suite) :\n\n%(why)s\n") % {
        "name": outcome.source.name,
        "times": outcome.source.failures,
        "why": outcome.sentence,
    }
    try:
        mail_managers(_("Source en échec : %s") % outcome.source.name, body)
    except (OSError, SMTPException):
        logger.exception("mail to managers failed")
