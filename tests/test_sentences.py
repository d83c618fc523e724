"""Sentences come whole to their translators: dates, moments, enumerations and the start, in any language."""

from datetime import date, datetime

import polib
import pytest
from django.http import QueryDict
from django.utils import translation

from places import enumerations
from places.card import opening_at
from places.near import start
from places.near.start import MY_POSITION, Start
from places.opening_hours import PARIS, parse_horaires
from places.spoken import dated, spoken_day

UKRAINIAN = {
    "Ma position": "Моє місце",
    "Autour de ma position": "Навколо мого місця",
    "%(first)s et %(last)s": "%(first)s та %(last)s",
    "%d h": "%d:00",
    "Fermé, ouvre demain à %(time)s": "Зачинено, відчиниться завтра о %(time)s",
    "Fermé, ouvre %(day)s à %(time)s": "Зачинено. Відчиниться: %(day)s, %(time)s",
}


@pytest.fixture
def ukrainian(settings, tmp_path):
    """Offer Ukrainian with these sentences alone, and give the folder of the catalogue back."""
    folder = tmp_path / "uk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.extend(polib.POEntry(msgid=text, msgstr=said) for text, said in UKRAINIAN.items())
    catalogue.save_as_mofile(folder / "django.mo")
    settings.LANGUAGES = [("fr", "Français"), ("uk", "Українська")]
    settings.LOCALE_PATHS = [tmp_path]
    start._own_positions.cache_clear()
    yield
    start._own_positions.cache_clear()


@pytest.mark.parametrize(
    ("code", "day", "first"),
    [
        ("fr", "jeudi 3 décembre", "1er janvier 2027"),
        ("en", "Thursday 3 December", "1 January 2027"),
        ("es", "jueves 3 de diciembre", "1 de enero de 2027"),
        ("pt", "quinta-feira 3 de dezembro", "1 de janeiro de 2027"),
        ("ro", "joi 3 decembrie", "1 ianuarie 2027"),
        ("pl", "czwartek 3 grudnia", "1 stycznia 2027"),
        ("uk", "четвер 3 грудня", "1 січня 2027"),
        ("tr", "Perşembe 3 Aralık", "1 Ocak 2027"),
    ],
)
def test_date_is_written_as_its_language_declines_it(settings, code, day, first):
    settings.LOCALE_PATHS = []  # the order of the words is for each catalogue to say

    with translation.override(code):
        said = spoken_day(date(2026, 12, 3)), dated(date(2027, 1, 1), year=True)

    assert [text.replace("\u00a0", " ") for text in said] == [day, first]


def test_every_moment_of_an_opening_has_a_sentence_of_its_own(ukrainian):
    monday = datetime(2026, 11, 23, 13, 0, tzinfo=PARIS)

    with translation.override("uk"):
        tomorrow, thursday = (
            opening_at(parse_horaires(hours), monday).sentence for hours in ("Tu 09:00-12:00", "Th 14:00-17:00")
        )

    assert tomorrow == "Зачинено, відчиниться завтра о 9:00"
    assert thursday == "Зачинено. Відчиниться: четвер, 14:00"


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        ("Mo 12:00-24:00; Tu 00:00-09:00", "Ouvert jusqu’à demain à 9 h"),
        ("2026 Nov 23 - 2026 Dec 03", "Ouvert jusqu’au 4 décembre"),
    ],
)
def test_place_open_for_long_says_until_when(hours, sentence):
    monday = datetime(2026, 11, 23, 13, 0, tzinfo=PARIS)

    assert opening_at(parse_horaires(hours), monday).sentence.replace("\u00a0", " ") == sentence


def test_enumeration_ends_as_its_language_does(ukrainian):
    assert enumerations.all_of([]) == ""
    assert enumerations.any_of(["lundi", "mardi", "jeudi"]) == "lundi, mardi ou jeudi"
    with translation.override("uk"):
        assert enumerations.all_of(["A", "B", "C"]) == "A, B та C"


@pytest.mark.parametrize("text", ["Ma position", "ma position", "Моє місце"])
def test_own_position_is_known_in_whatever_language_the_button_wrote_it(ukrainian, text):
    found = Start.read(QueryDict(f"autour={text}&repere={text}&point=50.69,3.18"))

    assert found.text == MY_POSITION
    assert found.around == "Autour de ma position"
    with translation.override("uk"):
        assert found.around == "Навколо мого місця"
        assert start.shown(found.text) == "Моє місце"
