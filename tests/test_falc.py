"""Easy French: every text of its catalogue follows the rules that a program can see; administrative French does not."""

import polib
import pytest

from tests import catalogues, readability


def easy() -> list[str]:
    return [text for entry in polib.pofile(catalogues.path_of("fr-falc")) for text in catalogues.translations(entry)]


def share_of_hard_words(texts: list[str]) -> float:
    words = sum(len(readability.words_of(text)) for text in texts)
    return sum(len(readability.hard_words(text)) for text in texts) / words


def test_every_text_follows_the_rules_of_easy_french():
    assert {text: found for text in easy() if (found := readability.difficulties(text))} == {}


def test_its_words_are_those_that_everybody_knows():
    assert share_of_hard_words(easy()) < readability.SHARE
    assert share_of_hard_words([*catalogues.messages()]) > 2 * readability.SHARE


@pytest.mark.parametrize(
    ("text", "difficulty"),
    [
        (
            "Les usagers sont invités à se rapprocher de l’établissement afin de solliciter, le cas échéant, "
            "l’instruction de leur dossier.",
            "21 words in a sentence",
        ),
        ("Fournir un justificatif (moins de trois mois).", "parentheses or a semicolon"),
        ("Venez le matin ; apportez vos papiers.", "parentheses or a semicolon"),
        ("Votre dossier MDPH est prêt.", "an abbreviation"),
        ("Apportez une facture, une photo, etc.", "an abbreviation"),
        ("Vous ne pouvez pas venir sans rendez-vous, pas plus que sans papiers.", "two negations"),
        ("La demande est examinée par la commission.", "a passive"),
    ],
)
def test_administrative_french_breaks_the_rules(text, difficulty):
    assert difficulty in readability.difficulties(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sous réserve de recevabilité, l’attributaire est tenu de produire les pièces justificatives susmentionnées.",
        "La domiciliation ouvre droit aux prestations légales, réglementaires et conventionnelles.",
        "Le demandeur s’acquitte du reliquat auprès du régisseur dûment mandaté.",
    ],
)
def test_administrative_words_are_not_those_that_everybody_knows(text):
    assert share_of_hard_words([text]) > 5 * readability.SHARE


def test_easy_sentence_breaks_no_rule():
    text = "Ce lieu est fermé. Il ouvre demain à 9 heures. Appelez avant de venir."

    assert readability.difficulties(text) == readability.hard_words(text) == []


@pytest.mark.django_db
def test_easy_french_is_french_to_a_browser(client):
    answer = client.get("/fr-falc/lieux/")

    assert answer.headers["Content-Language"] == "fr"
    assert '<html lang="fr">' in answer.content.decode()
    assert "Papiers à faire" in answer.content.decode()
