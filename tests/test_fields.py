"""A set of terms is one integer, and "any of" and "all of" answer like Python's sets."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from places.fields import PipeListField, TermSet
from places.models import Place
from places.vocabularies import VOCABULARIES, Service
from tests.factories import make_place

pytestmark = pytest.mark.django_db
SERVICES = list(Service)


def test_assigning_texts_slugs_or_a_mask_gives_the_same_set():
    place = Place()

    readings = []
    for value in (
        ["Aide aux démarches administratives", "Loisirs et créations numériques"],
        ["loisirs-creations", "demarches-administratives"],
        0b100001,
    ):
        place.services = value
        readings.append(place.services)

    assert len(set(readings)) == 1
    assert readings[0].values == [Service.DEMARCHES, Service.LOISIRS]


def test_set_behaves_like_a_set():
    services = TermSet.of("services", [Service.DEMARCHES, Service.ACCES])

    assert len(services) == 2
    assert Service.ACCES in services
    assert "acces-materiel" in services
    assert Service.LOISIRS not in services
    assert [entry.value for entry in services] == [Service.DEMARCHES, Service.ACCES]
    assert not TermSet.of("services", None)


def test_unknown_term_is_refused_with_its_name():
    with pytest.raises(ValidationError, match="Faire du café"):
        Place(services=["Faire du café"])


def test_set_comes_back_from_the_database_as_it_went_in():
    make_place(id="a", services=[Service.ACCES], langues=["arabe", "turc"])

    place = Place.objects.get(pk="a")

    assert (place.services.values, place.langues.values) == ([Service.ACCES], ["arabe", "turc"])


def test_set_left_out_of_a_query_is_read_when_asked_for():
    make_place(id="a", services=[Service.ACCES])

    place = Place.objects.defer("services").get(pk="a")

    assert place.services.values == [Service.ACCES]


@settings(max_examples=40, deadline=None)
@given(held=st.lists(st.sets(st.sampled_from(SERVICES)), max_size=6), asked=st.sets(st.sampled_from(SERVICES)))
def test_lookups_answer_like_sets(held, asked):
    Place.objects.all().delete()
    Place.objects.bulk_create(Place(id=str(n), slug=str(n), services=terms) for n, terms in enumerate(held))

    any_of = set(Place.objects.filter(services__any=asked).values_list("pk", flat=True))
    all_of = set(Place.objects.filter(services__all=asked).values_list("pk", flat=True))

    assert any_of == {str(n) for n, terms in enumerate(held) if terms & asked}
    assert all_of == {str(n) for n, terms in enumerate(held) if terms >= asked}


def test_lookups_write_the_same_sql_on_both_databases():
    query = Place.objects.filter(services__any=[Service.ACCES], langues__all=["arabe"]).only("pk").order_by()

    where = str(query.query).split("WHERE ")[1]

    assert where == '(("places_place"."langues" & 2) = 2 AND ("places_place"."services" & 128) <> 0)'


@pytest.mark.parametrize("name", VOCABULARIES)
def test_last_bit_of_a_mask_survives_the_database(name):
    Place.objects.bulk_create([Place(id="a", slug="a", **{VOCABULARIES[name].column: 1 << 62})])

    found = Place.objects.filter(**{f"{VOCABULARIES[name].column}__any": 1 << 62})

    assert [getattr(place, VOCABULARIES[name].column).mask for place in found] == [1 << 62]


def test_list_in_one_column_keeps_its_items_and_drops_blanks():
    make_place(id="a", courriels=["a@exemple.fr", " b@exemple.fr "], typologie="CCAS||CS")

    place = Place.objects.get(pk="a")

    assert (place.courriels, place.typologie) == (["a@exemple.fr", "b@exemple.fr"], ["CCAS", "CS"])
    assert PipeListField().get_prep_value(place.courriels) == "a@exemple.fr|b@exemple.fr"
