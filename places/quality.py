"""What a record lacks to help somebody: its score, its missing parts, and the questions asked of all records at once.

A part is told as soon as one of its columns is; the weights add up to 100. The same table answers for one place in
Python (`completeness`) and for all of them in SQL (`scored`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Avg, Case, IntegerField, Q, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from places.fields import TermSet, TermSetField
from places.links import dead
from places.models import Place, QualityNote, Territory
from places.opening_hours import parse_horaires

COMPLETE_FROM = 70  # of 100: below, a record asks to be completed


@dataclass(frozen=True)
class Part:
    title: str | Promise
    weight: int
    columns: tuple[str, ...]


PARTS = (
    Part(_("adresse"), 15, ("adresse",)),
    Part(_("position"), 10, ("latitude",)),
    Part(_("téléphone ou e-mail"), 20, ("telephone", "courriels")),
    Part(_("horaires"), 20, ("horaires",)),
    Part(_("aides proposées"), 15, ("offered_services", "offered_demarches")),
    Part(_("comment y accéder"), 5, ("modalites_acces",)),
    Part(_("prix"), 5, ("frais_a_charge",)),
    Part(_("présentation"), 5, ("presentation_resume", "presentation_detail")),
    Part(_("site internet"), 5, ("site_web",)),
)


@dataclass(frozen=True)
class Completeness:
    score: int
    missing: list[str]


def completeness(told: Mapping) -> Completeness:
    """Return the score of a record given as `{column: value}`, and the titles of what it does not tell."""
    missing = [part for part in PARTS if all(_is_blank(told.get(column)) for column in part.columns)]
    return Completeness(100 - sum(part.weight for part in missing), [str(part.title) for part in missing])


def completeness_of(place: Place) -> Completeness:
    return completeness({column: getattr(place, column) for part in PARTS for column in part.columns})


def _is_blank(value) -> bool:
    return not value.mask if type(value) is TermSet else value in (None, "", [])


# --- questions asked of all records; an archived place asks for nothing any more
def scored(places: QuerySet) -> QuerySet:
    """Annotate places with their `score`."""
    told = [Case(When(_told(part), then=Value(part.weight)), default=0, output_field=IntegerField()) for part in PARTS]
    return places.annotate(score=sum(told[1:], start=told[0]))


def _told(part: Part) -> Q:
    return Q(*map(_said, part.columns), _connector=Q.OR)


def _said(column: str) -> Q:
    field = Place._meta.get_field(column)
    if field.null:
        return Q(**{f"{column}__isnull": False})
    return ~Q(**{column: 0 if isinstance(field, TermSetField) else ""})


def unverified(places: QuerySet, today: date) -> QuerySet:
    """Those whose data says « à vérifier » and that nobody has verified since."""
    return _kept(places).filter(verification__contains="à vérifier", verified_on=None)


def incomplete(places: QuerySet, today: date) -> QuerySet:
    return scored(_kept(places)).filter(score__lt=COMPLETE_FROM)


def stale(places: QuerySet, today: date) -> QuerySet:
    """Those that nobody has verified, nor their source updated, for longer than the setting says."""
    since = today - timedelta(days=settings.STALE_AFTER_DAYS)
    old = Q(verified_on__isnull=True) | Q(verified_on__lt=since)
    return _kept(places).filter(old, Q(date_maj__isnull=True) | Q(date_maj__lt=since))


def without_point(places: QuerySet, today: date) -> QuerySet:
    return _kept(places).filter(latitude__isnull=True)


def outside_commune(places: QuerySet, today: date) -> QuerySet:
    """Those whose point is far from their commune, as an import noticed, or outside its contour when it is known."""
    lost = set()
    for commune in Territory.objects.current().of_kind("commune"):
        theirs = _kept(places).order_by().filter(latitude__isnull=False)
        theirs = theirs.filter(Q(code_insee=commune.code) | Q(code_insee="", commune__iexact=commune.nom))
        points = theirs.values_list("pk", "latitude", "longitude")
        lost |= set(_outside(commune, points))
    return _kept(places).filter(Q(position_quality=Place.PositionQuality.FAR) | Q(pk__in=lost))


def _outside(commune: Territory, points):
    import shapely
    from shapely.geometry import shape

    points = list(points)
    contour = shape(commune.geometry)
    shapely.prepare(contour)
    inside = shapely.intersects_xy(contour, [p[2] for p in points], [p[1] for p in points]) if points else []
    return [pk for (pk, *_point), held in zip(points, inside, strict=True) if not held]


def unreadable_hours(places: QuerySet, today: date) -> QuerySet:
    """Those whose hours are only a text: no page can tell from them whether the place is open."""
    written = places.order_by().exclude(horaires="").values_list("horaires", flat=True).distinct()
    return _kept(places).filter(horaires__in=[text for text in written if parse_horaires(text) is None])


def with_dead_links(places: QuerySet, today: date) -> QuerySet:
    addresses = set(dead())
    linked = _kept(places).order_by().exclude(site_web="", prise_rdv="", fiche_acces_libre="")
    columns = linked.values_list("pk", "site_web", "prise_rdv", "fiche_acces_libre")
    found = [pk for pk, sites, *others in columns if addresses & {*sites, *others}] if addresses else []
    return _kept(places).filter(pk__in=found)


def _kept(places: QuerySet) -> QuerySet:
    return places.exclude(status=Place.Status.ARCHIVED)


@dataclass(frozen=True)
class Question:
    name: str
    title: str | Promise
    sign: str | Promise  # said beside one place
    find: Callable[[QuerySet, date], QuerySet]


QUESTIONS = (
    Question("a-verifier", _("à vérifier"), _("à vérifier"), unverified),
    Question("incomplets", _("incomplets"), _("incomplet"), incomplete),
    Question("anciens", _("sans nouvelles depuis longtemps"), _("sans nouvelles"), stale),
    Question("sans-position", _("sans position sur la carte"), _("sans position"), without_point),
    Question("hors-commune", _("hors de leur commune"), _("hors de la commune"), outside_commune),
    Question("horaires", _("aux horaires illisibles"), _("horaires illisibles"), unreadable_hours),
    Question("liens", _("aux liens morts"), _("lien mort"), with_dead_links),
)


# --- figures over time
def note(today: date) -> QualityNote:
    """Keep the counts of a day; noted again, they replace those of the same day."""
    places = Place.objects.all()
    counts = {question.name: question.find(places, today).count() for question in QUESTIONS}
    counts["lieux"] = _kept(places).count()
    counts["score"] = round(scored(_kept(places)).aggregate(mean=Avg("score"))["mean"] or 0, 1)
    return QualityNote.objects.update_or_create(day=today, defaults={"counts": counts})[0]


def public_writers_first(places: QuerySet) -> QuerySet:
    """Annotate places with `writer`, 1 for those of public writers: the city wants them right first."""
    writer = When(offered_themes__any=["ecrivain-public"], then=Value(1))
    return places.annotate(writer=Case(writer, default=Value(0), output_field=IntegerField()))
