"""The lists of the product are those of the national schema, to the letter, bit by bit."""

import json
import re
from pathlib import Path

import pytest

from places import lexicon
from places.models import Place, Term
from places.standard import COLUMNS
from places.vocabularies import NATIONAL, VOCABULARIES

SCHEMA = json.loads((Path(__file__).parent / "data" / "schema-1.0.2.json").read_text())
PATTERNS = {field["name"]: field["constraints"].get("pattern", "") for field in SCHEMA["fields"]}
# The schema's pattern writes this value without its space; its own text, and we, write it with.
SLIP = "Étapes numériques(La Poste)"


def options(pattern: str) -> list[str]:
    """Return the literal options of a list pattern `(?:(?:^|\\|)(a|b))+$`."""
    inside = re.fullmatch(r"\(\?:\(\?:\^\|\\\|\)\((.*)\)\)\+\$", pattern).group(1)
    return [re.sub(r"\\(.)", r"\1", option) for option in re.split(r"(?<!\\)\|", inside)]


def test_columns_are_those_of_the_schema_in_its_order():
    assert [field["name"] for field in SCHEMA["fields"]] == COLUMNS


def test_place_holds_every_column_of_the_schema_under_its_name_and_in_its_order():
    names = [field.name for field in Place._meta.concrete_fields]

    assert names[: len(COLUMNS)] == COLUMNS


@pytest.mark.parametrize("name", NATIONAL)
def test_national_list_is_that_of_the_schema(name):
    expected = ["Étapes numériques (La Poste)" if value == SLIP else value for value in options(PATTERNS[name])]

    assert [seed.value for seed in VOCABULARIES[name].seeds] == expected


@pytest.mark.parametrize("name", VOCABULARIES)
def test_list_fits_in_one_mask_and_names_each_term_once(name):
    seeds = VOCABULARIES[name].seeds

    assert len(seeds) <= 63
    assert len({seed.slug for seed in seeds}) == len(seeds)
    assert len({seed.value for seed in seeds}) == len(seeds)


@pytest.mark.django_db
def test_migrating_brings_every_term_with_the_bit_of_its_rank():
    expected = {
        (name, seed.value): bit
        for name, vocabulary in VOCABULARIES.items()
        for bit, seed in enumerate(vocabulary.seeds)
    }

    assert {(term.vocabulary, term.value): term.bit for term in Term.objects.all()} == expected


@pytest.mark.django_db
def test_completing_never_touches_what_the_city_wrote():
    term = Term.objects.get(vocabulary="services", slug="emploi")
    term.short_label = "Trouver du travail"
    term.save()

    Term.objects.complete()

    term.refresh_from_db()
    assert term.short_label == "Trouver du travail"
    assert lexicon.find("services", "emploi").short_label == "Trouver du travail"


@pytest.mark.django_db
def test_completing_gives_a_later_term_a_bit_that_was_never_used():
    """A city's own term may already hold the bit a new release would like."""
    Term.objects.filter(vocabulary="langues", slug="lsf").delete()
    Term.objects.create(vocabulary="langues", value="occitan", slug="occitan", short_label="Occitan", bit=21)

    Term.objects.complete()

    assert Term.objects.get(vocabulary="langues", slug="lsf").bit == 22


@pytest.mark.django_db
def test_term_too_pale_to_be_seen_is_refused():
    term = Term.objects.get(vocabulary="services", slug="emploi")
    term.colour = "#ffee00"

    with pytest.raises(Exception, match="contraste"):
        term.full_clean()


def test_words_of_the_public_never_say_mediation_numerique():
    words = [
        f"{vocabulary.question} {seed.label} {seed.short_label} {seed.help}".casefold()
        for vocabulary in VOCABULARIES.values()
        for seed in vocabulary.seeds
    ]

    assert [text for text in words if "médiation" in text or "aide personnalisée" in text] == []
