"""The one way a place is written: with its history, its territories and what is derived from it, all or nothing."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from operator import itemgetter

from django.db import models, router, transaction
from django.utils import timezone

from places import bitmaps, bulk, schedules, word_index
from places.fields import TermSet
from places.models import (
    DataVersion,
    ImportRun,
    KnownWord,
    Permanence,
    Place,
    Revision,
    Schedule,
    Submission,
    Touched,
    Turn,
)
from places.territories import locate
from places.text import fold
from places.vocabularies import OFFERED

# What history tells: everything a person or a file can say of a place.
TOLD = tuple(field for field in Place._meta.concrete_fields if field.editable or field.primary_key)
TOLD_NAMES = tuple(field.name for field in TOLD)
TOLD_VALUES = itemgetter(*(field.attname for field in TOLD))
DERIVED = ["search_text", "number", "schedule", "has_permanences", *(f"offered_{name}" for name in OFFERED)]
BATCH = 500
FEW_NAMES = 50


def save(
    places: Iterable[Place],
    *,
    origin: str,
    author=None,
    reason: str = "",
    import_run: ImportRun | None = None,
    submission: Submission | None = None,
    more: Mapping[str, dict] | None = None,
) -> list[Place]:
    """Write new and changed places with one Revision each, and return them. An unchanged place writes nothing.

    `more` adds changes that are not columns (its permanences) to the revision of the place with that id.
    """
    places = {place.pk: place for place in places}
    more = more or {}
    with transaction.atomic():
        stored = {place.pk: place for place in Place.objects.select_for_update(of=("self",)).filter(pk__among=places)}
        changes = {pk: diff(stored.get(pk), place) | more.get(pk, {}) for pk, place in places.items()}
        written = {pk: places[pk] for pk, change in changes.items() if change or pk not in stored}
        if not written:
            return []
        created = [place for pk, place in written.items() if pk not in stored]
        _name(created)
        locate([place for pk, place in written.items() if pk not in stored or place.point != stored[pk].point])
        held = _permanences(written)
        _derive(written.values(), held)
        now = timezone.now()
        for place in written.values():
            place.changed_at = now
        bulk.insert(Place, map(vars, created))
        bulk.upsert(Place, (vars(place) for pk, place in written.items() if pk in stored), kept=["created_at"])
        _keep_turns(written, held)
        same = {
            "made_at": now,
            "author_id": author and author.pk,
            "origin": origin,
            "reason": reason,
            "import_run_id": import_run and import_run.pk,
            "submission_id": submission and submission.pk,
        }
        bulk.insert(
            Revision,
            ({**same, "place_id": pk, "created": pk not in stored, "changes": changes[pk]} for pk in written),
        )
        for place in written.values():
            place._state.adding, place._state.db = False, router.db_for_write(Place)
        DataVersion.objects.advance()
        bitmaps.follow(Touched.objects.touch(place.number for place in written.values()))
    return list(written.values())


def diff(before: Place | None, after: Place) -> dict[str, list]:
    """Return `{field: [old, new]}` as plain data, for the fields that differ; old is None for a new place."""
    new = vars(after)
    if before is None:
        said = zip(TOLD_NAMES, TOLD_VALUES(new), strict=True)
        return {
            name: [None, plain(value)] for name, value in said if (value if type(value) is str else not is_blank(value))
        }
    old = vars(before)
    return {
        field.name: [plain(old[field.attname]), plain(new[field.attname])]
        for field in TOLD
        if old[field.attname] != new[field.attname]
    }


def is_blank(value) -> bool:
    """Tell a value that says nothing: no text, no item, no term; zero and false say something."""
    if type(value) is TermSet:
        return not value.mask
    return not value and (value is None or value in ("", []))


def told(place: Place) -> dict:
    """Return everything history tells of a place, to compare it later."""
    return {field.name: getattr(place, field.attname) for field in TOLD}


def plain(value):
    """Return a value as JSON keeps it: official texts for terms, ISO for dates."""
    if type(value) is str:
        return value
    if type(value) is TermSet:
        return value.values if value.mask else []
    return value.isoformat() if isinstance(value, date) else value


def batches(items: Iterable, size: int) -> Iterable[list]:
    items = list(items)
    return (items[start : start + size] for start in range(0, len(items), size))


def derive_anew() -> int:
    """Derive again the places of number 0, which a migration left so; return how many."""
    old = Place.objects.filter(number=0).order_by()
    derived = 0
    for batch in batches(old.values_list("pk", flat=True), BATCH):
        with transaction.atomic():
            places = {place.pk: place for place in Place.objects.select_for_update(of=("self",)).filter(pk__in=batch)}
            held = _permanences(places)
            _derive(places.values(), held)
            Place.objects.bulk_update(places.values(), DERIVED)
            _keep_turns(places, held)
            DataVersion.objects.advance()
            Touched.objects.touch([0, *(place.number for place in places.values())])
            derived += len(places)
    return derived


def _permanences(ids: Iterable[str]) -> dict[str, list[Permanence]]:
    """Return those that each of these places holds, by its id."""
    held: dict[str, list[Permanence]] = {}
    for permanence in Permanence.objects.filter(place__id__among=ids) if ids else ():
        held.setdefault(permanence.place_id, []).append(permanence)
    return held


def _derive(places: Collection[Place], held: Mapping[str, list[Permanence]]) -> None:
    """Compute what is derived from each place and its permanences, and keep the words and the hours that are new."""
    said = []
    for place in places:
        said += place.derive(held.get(place.id, ()))
    KnownWord.objects.learn(said)
    word_index.write((place.number, place.search_text) for place in places)
    hours = {place.schedule: place.horaires for place in places}
    hours |= {schedules.key_of(one.horaires): one.horaires for held_here in held.values() for one in held_here}
    _keep_schedules(hours)


def _keep_schedules(hours: dict[int | None, str]) -> None:
    """Add the hours that are new; the same text always has the same key, whoever adds it first."""
    keys = hours.keys() - {None}
    if new := sorted(keys - set(Schedule.objects.filter(key__among=keys).values_list("key", flat=True))):
        bulk.insert(Schedule, ({"key": key, "text": hours[key].strip()} for key in new), only_new=True)
        schedules.forget()


def _keep_turns(places: Mapping[str, Place], held: Mapping[str, list[Permanence]]) -> None:
    """Write who is there when, at the places that hold permanences."""
    Turn.objects.filter(place__id__among=places).delete()
    bulk.insert(Turn, (row for pk, permanences in held.items() for row in schedules.by_turn(places[pk], permanences)))


def _name(places: list[Place]) -> None:
    """Give each new place an address of its own: its name, then its town, then a number."""
    wanted = [place for place in places if not place.slug]
    taken = _slugs_like({slug(place.nom) for place in wanted})
    for place in wanted:
        name, town = slug(place.nom), slug(place.commune)
        place.slug = name
        if place.slug in taken and town not in name:
            place.slug = name = f"{name}-{town}"
        number = 2
        while place.slug in taken:
            place.slug = f"{name}-{number}"
            number += 1
        taken.add(place.slug)


def _slugs_like(bases: set[str]) -> set[str]:
    """The addresses already given that could be in the way; all of them when there are many names to give."""
    given = Place.objects.order_by().values_list("slug", flat=True)
    if not bases:
        return set()
    if len(bases) <= FEW_NAMES:
        given = given.filter(models.Q(*(("slug__startswith", base) for base in bases), _connector=models.Q.OR))
    return set(given)


def slug(text: str) -> str:
    return fold(text).replace(" ", "-")[:90].strip("-") or "lieu"
