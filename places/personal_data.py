"""What is kept of one person, known by a mail address or the name of an account: shown to them, or erased.

Erasing keeps what makes the map: the change stays in history, without whom it came from.
"""

from dataclasses import dataclass

from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet

from places.accounts import second_factor
from places.history import plain
from places.models import Chase, DataVersion, Mail, Message, Place, Revision, Submission

ERASED = "(effacé à la demande de la personne)"
OF_SUBMISSIONS = "kind created_at proposed wrong text page role state reason email email_confirmed_at".split()


@dataclass(frozen=True)
class Held:
    """Everything that is kept of one person."""

    accounts: QuerySet
    submissions: QuerySet
    mails: QuerySet
    attempts: QuerySet

    @property
    def is_empty(self) -> bool:
        return not self.total

    @property
    def total(self) -> int:
        return sum(rows.count() for rows in (self.accounts, self.submissions, self.mails, self.attempts))

    @property
    def names(self) -> set[str]:
        """How these accounts sign what they verify."""
        return {name for user in self.accounts for name in (user.get_full_name(), user.get_username()) if name}


def held_of(who: str) -> Held:
    """Find a person by their mail address or by the name of their account; nothing for a blank."""
    who = who.strip()
    users = get_user_model().objects
    accounts = users.filter(Q(username__iexact=who) | Q(email__iexact=who)) if who else users.none()
    addresses = {who, *accounts.exclude(email="").values_list("email", flat=True)} - {""}
    theirs = Q(pk=None)
    sent_to = Q(pk=None)
    for address in addresses:
        theirs |= Q(email__iexact=address)
        sent_to |= Q(to__iexact=address)
    return Held(
        accounts,
        Submission.objects.filter(theirs),
        Mail.objects.filter(sent_to | Q(submission__in=Submission.objects.filter(theirs).values("pk"))),
        AccessAttempt.objects.filter(username__in=accounts.values("username")),
    )


def export(held: Held) -> dict:
    """Return everything that is kept of a person as plain data, for them to read."""
    return {
        "comptes": [
            {
                "nom_utilisateur": user.get_username(),
                "prenom": user.first_name,
                "nom": user.last_name,
                "courriel": user.email,
                "groupes": [group.name for group in user.groups.all()],
                "inscrit_le": user.date_joined.isoformat(),
                "derniere_connexion": plain(user.last_login),
                "lieux_tenus": [holding.place.nom for holding in user.holdings.select_related("place")],
                "changements": Revision.objects.filter(author=user).count(),
                "relances": Chase.objects.filter(sent_by=user).count(),
            }
            for user in held.accounts
        ],
        "propositions": [
            {name: plain(getattr(submission, name)) for name in OF_SUBMISSIONS}
            | {
                "lieu": submission.place and submission.place.nom,
                "echanges": [
                    {"le": message.created_at.isoformat(), "de_vous": message.from_visitor, "texte": message.text}
                    for message in submission.messages.all()
                ],
            }
            for submission in held.submissions.select_related("place")
        ],
        "courriels": [
            {"a": mail.to, "objet": mail.subject, "texte": mail.text, "parti_le": plain(mail.sent_at)}
            for mail in held.mails
        ],
        "connexions_refusees": [
            {"le": attempt.attempt_time.isoformat(), "adresse": attempt.ip_address} for attempt in held.attempts
        ],
    }


def erase(held: Held) -> None:
    """Erase who they are from everything that is kept; what they did stays, without them."""
    with transaction.atomic():
        for name in held.names:
            _forget_name(name)
        held.attempts.delete()
        Message.objects.filter(submission__in=held.submissions, from_visitor=True).update(text=ERASED)
        mails = list(held.mails.values_list("pk", flat=True))
        held.submissions.exclude(text="").update(text=ERASED)
        held.submissions.update(email="", email_confirmed_at=None, sender="", page="")
        Mail.objects.filter(pk__in=mails).update(to="", text="", subject=ERASED)
        for user in list(held.accounts):
            _close(user)


def _close(user) -> None:
    """Close an account and leave its number: history still tells two authors apart."""
    second_factor.forget(user)
    user.holdings.all().delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username, user.first_name, user.last_name, user.email = f"compte-efface-{user.pk}", "", "", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()  # which also ends its sessions
    user.save()


def _forget_name(name: str) -> None:
    """Take a name out of what says who verified a place, in the places and in their history."""
    if Place.objects.filter(verified_by__contains=name).update(verified_by=ERASED):
        DataVersion.objects.advance()
    for revision in Revision.objects.filter(changes__has_key="verified_by"):
        told = revision.changes["verified_by"]
        clean = [ERASED if value and name in value else value for value in told]
        if clean != told:
            Revision.objects.filter(pk=revision.pk).update(changes=revision.changes | {"verified_by": clean})
