"""The bits that a process keeps: what is read on after each change equals what is read anew, and what the base says."""

from itertools import product

import pytest
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st

from places import bitmaps, history, lexicon
from places.geo import Box
from places.models import Permanence, Place, Revision
from places.schedules import key_of
from places.vocabularies import VOCABULARIES
from tests.factories import make_permanence

pytestmark = pytest.mark.django_db

NAMES = ("services", "langues", "publics_specifiquement_adresses", "themes")
TERMS = st.fixed_dictionaries(
    {name: st.sets(st.sampled_from([seed.slug for seed in VOCABULARIES[name].seeds][:2])) for name in NAMES}
)
HOURS = ("", "Mo 09:00-12:00", "Tu 09:00-12:00")
PLACE = st.fixed_dictionaries(
    {
        "point": st.none() | st.tuples(st.sampled_from([50.5, 50.75, 51.0]), st.sampled_from([3.0, 3.25, 3.5])),
        "status": st.sampled_from(["published", "published", "draft"]),
        "horaires": st.sampled_from(HOURS),
        "terms": TERMS,
        "permanences": st.lists(st.tuples(st.sampled_from(HOURS), TERMS), max_size=2),
    }
)
OPENED = [None, *(frozenset(keys) for keys in ((), {key_of(HOURS[1])}, {key_of(HOURS[2]), None}))]
BOX = Box(50.5, 3.0, 50.8, 3.3)


def write(number: int, said: dict) -> None:
    latitude, longitude = said["point"] or (None, None)
    place = Place.objects.filter(pk=str(number)).first() or Place(id=str(number), nom="Lieu", commune="Roubaix")
    place.latitude, place.longitude, place.status, place.horaires = (
        latitude,
        longitude,
        said["status"],
        said["horaires"],
    )
    for name, slugs in said["terms"].items():
        setattr(place, name, slugs)
    Permanence.objects.filter(place=number).delete()
    history.save([place], origin=Revision.Origin.COMMAND, more={place.pk: {"permanences": [[], []]}})
    for horaires, terms in said["permanences"]:
        make_permanence(place, horaires=horaires, **terms)


def seen() -> dict:
    """Everything the bits tell, as sets of numbers."""
    places = bitmaps.current()

    def told(bits) -> set[int]:
        assert bitmaps.count(bits) == len(places.numbers_of(bits))
        return {*places.numbers_of(bits)}

    entries = [lexicon.entries(name)[rank] for name, rank in product(NAMES, range(2))]
    return {
        "everybody": told(places.everybody),
        "unlocated": told(places.everybody & places.unlocated),
        "in the box": {*places.numbers[places.positions(places.everybody, BOX)].tolist()},
        **{("open", hours): told(places.opened(hours)) for hours in OPENED[1:]},
        **{
            (entry.slug, hours): told(places.everybody & places.offering(entry, hours))
            for entry in entries
            for hours in OPENED
        },
    }


@settings(max_examples=40, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 3), PLACE), min_size=1, max_size=8))
def test_places_read_on_after_each_change_equal_places_read_anew(changes):
    Place.objects.all().delete()
    bitmaps.forget()

    for number, said in changes:
        write(number, said)
        seen()
    read_on = seen()

    bitmaps.forget()
    assert read_on == seen()
    public = Place.objects.published()
    assert read_on["everybody"] == {*public.values_list("number", flat=True)}
    assert read_on["unlocated"] == {*public.filter(latitude=None).values_list("number", flat=True)}
    assert read_on["in the box"] == {place.number for place in public.located() if BOX.holds(place.point)}
    for name, rank, hours in product(NAMES, range(2), OPENED):
        entry = lexicon.entries(name)[rank]
        opened = (
            None
            if hours is None
            else Q(schedule__among=hours - {None}) | Q(schedule=None, pk__isnull=None not in hours)
        )
        offering = public.offering(name, [entry], opened=opened)
        assert read_on[entry.slug, hours] == {*offering.values_list("number", flat=True)}, (entry.slug, hours)
