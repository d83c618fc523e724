"""What waits for a moderator, counted; each task leads to the list that holds exactly those rows."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from places import quality
from places.models import Conflict, Duplicate, ImportRun, Mail, Place, Source, Submission


@dataclass(frozen=True)
class Task:
    title: str
    count: int
    address: str


def to_complete(places):
    """Those without an address or a point; an archived place asks for nothing any more."""
    return places.to_complete().exclude(status=Place.Status.ARCHIVED)


def to_verify(places):
    return quality.unverified(places, timezone.localdate())


def gone(places):
    """Those that their source no longer holds and that nobody has archived."""
    return places.filter(source_record__gone_since__isnull=False).exclude(status=Place.Status.ARCHIVED)


def failing(sources):
    return sources.filter(failures__gt=0)


def tasks(user) -> list[Task]:
    """Return the tasks that wait, among what this user may see."""
    places, runs = Place.objects.all(), ImportRun.objects.filter(state=ImportRun.State.READ)
    waiting = (
        (_("Propositions à traiter"), Submission.objects.waiting(), ""),
        (_("Lieux à compléter : sans adresse ou sans position"), to_complete(places), "a_completer=oui"),
        (_("Lieux à vérifier"), to_verify(places), "a_verifier=oui"),
        (_("Brouillons à publier"), places.filter(status=Place.Status.DRAFT), "status__exact=draft"),
        (_("Lieux qui ne sont plus dans leur source"), gone(places), "disparus=oui"),
        (_("Imports à lire et à appliquer"), runs, "state__exact=read"),
        (_("Désaccords avec une source, à décider"), Conflict.objects.waiting(), ""),
        (_("Doublons possibles, à décider"), Duplicate.objects.waiting(), ""),
        (_("Sources en échec"), failing(Source.objects.all()), "echec=oui"),
        (_("Courriels en échec"), Mail.objects.failing(), "etat=echec"),
    )
    return [
        Task(title, count, f"{_list(rows.model)}?{question}")
        for title, rows, question in waiting
        if _may_see(user, rows.model) and (count := rows.count())
    ]


def _may_see(user, model) -> bool:
    if model is Duplicate:  # seen by who may decide, and who decides changes places
        return user.has_perm("places.change_place")
    name = model._meta.model_name
    return user.has_perm(f"places.view_{name}") or user.has_perm(f"places.change_{name}")


def _list(model) -> str:
    return reverse(f"admin:places_{model._meta.model_name}_changelist")
