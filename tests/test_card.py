"""What a row of results and a card say of one place, by the question that was asked."""

from datetime import UTC, datetime

import pytest

from places.card import Card
from tests.factories import make_permanence, make_place
from tests.test_filters import ask

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


def card(place, query: str = "") -> Card:
    place.refresh_from_db()
    return Card(place, NOW, ask(query).asked)


def test_row_says_first_what_was_asked_for_and_is_here():
    place = make_place(services=["emploi", "comprendre"], langues=["arabe", "turc"])
    make_permanence(place, demarches=["caf"])

    row = card(place, "services=emploi&demarches=caf&demarches=impots&langues=turc")

    assert [str(term) for term in row.matched] == [
        "Chercher un emploi avec internet",
        "CAF : allocations, RSA, prime d’activité",
        "Turc",
    ]
    assert [str(term) for term in row.other_services] == ["Comprendre le monde d’internet"]


def test_row_tells_what_decides_once():
    place = make_place(
        frais_a_charge=["gratuit"],
        modalites_acces=["se-presenter", "telephoner"],
        langues=["arabe", "turc"],
        dispositif_programmes_nationaux=["france-services"],
    )

    assert [(fact.title, fact.labels) for fact in card(place, "langues=turc").deciding] == [
        ("Prix", ["Gratuit"]),
        ("Accès", ["Venir sans rendez-vous", "Téléphoner avant"]),
        ("On parle", ["Arabe"]),
        ("Programme", ["France services"]),
    ]


def test_row_of_a_place_that_states_nothing_claims_nothing():
    assert card(make_place()).deciding == []
    assert card(make_place(), "langues=turc").matched == []
