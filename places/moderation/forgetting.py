"""What is no longer needed to answer people is erased: their addresses, and the pictures that nobody took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from places import logos
from places.models import Mail, Place, Revision, Submission

FORGOTTEN_ANYWAY = timedelta(days=365)  # a submission that nobody ever decided


@dataclass(frozen=True)
class Forgotten:
    submissions: int
    mails: int
    pictures: int


def forget(now: datetime, *, apply: bool) -> Forgotten:
    """Erase, or only count, the contacts and pictures whose time is over at `now`; what was proposed stays."""
    submissions, mails = old_contacts(now), old_mails(now)
    pictures = unused_pictures(now)
    forgotten = Forgotten(submissions.count(), mails.count(), len(pictures))
    if apply:
        mails.update(to="", text="")
        submissions.update(email="", email_confirmed_at=None, sender="")
        for path in pictures:
            path.unlink(missing_ok=True)
    return forgotten


def old_contacts(now: datetime) -> QuerySet[Submission]:
    """Those decided for long, or that have waited for a year, and still say who sent them."""
    kept = timedelta(days=settings.CONTACTS_KEPT_DAYS)
    old = Q(decided_at__lt=now - kept) | Q(created_at__lt=now - max(kept, FORGOTTEN_ANYWAY))
    return Submission.objects.filter(old).exclude(email="", sender="")


def old_mails(now: datetime) -> QuerySet[Mail]:
    """Those that left, or never will, long ago."""
    kept = now - timedelta(days=settings.CONTACTS_KEPT_DAYS)
    return Mail.objects.filter(Q(sent_at__lt=kept) | Q(given_up_at__lt=kept)).exclude(to="", text="")


def unused_pictures(now: datetime) -> list:
    """The pictures that no place bears or bore, that no open submission proposes, and that are not of these days."""
    named = {*Place.objects.exclude(logo="").values_list("logo", flat=True)}
    for changes in Revision.objects.filter(changes__has_key="logo").values_list("changes", flat=True):
        named |= {*changes["logo"]}
    for proposed in Submission.objects.open().filter(proposed__has_key="logo").values_list("proposed", flat=True):
        named.add(proposed["logo"])
    return [path for path in logos.older_than(now - logos.UNUSED_FOR) if path.name not in named]
