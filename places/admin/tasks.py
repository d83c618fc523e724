"""What waits for a moderator, counted; each task leads to the list that holds exactly those places."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from places.models import Place


@dataclass(frozen=True)
class Task:
    title: str
    count: int
    address: str


def to_complete(places):
    """Those without an address or a point; an archived place asks for nothing any more."""
    return places.to_complete().exclude(status=Place.Status.ARCHIVED)


def to_verify(places):
    """Those whose data says « à vérifier » and that nobody has verified since."""
    return places.filter(verification__contains="à vérifier", verified_on=None).exclude(status=Place.Status.ARCHIVED)


def tasks(user) -> list[Task]:
    """Return the moderator's tasks, nothing for who may not see places."""
    if not (user.has_perm("places.view_place") or user.has_perm("places.change_place")):
        return []
    every = Place.objects.all()
    waiting = (
        (_("Lieux à compléter : sans adresse ou sans position"), to_complete(every), "a_completer=oui"),
        (_("Lieux à vérifier"), to_verify(every), "a_verifier=oui"),
        (_("Brouillons à publier"), every.filter(status=Place.Status.DRAFT), "status__exact=draft"),
    )
    lists = reverse("admin:places_place_changelist")
    return [Task(title, places.count(), f"{lists}?{question}") for title, places, question in waiting]
