"""What a telephone keeps to answer the three questions without network, in the order and in the words of `results`.

Everything that needs a vocabulary, opening hours or a sentence is worked out here, once: the browser looks it up.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.card import LONGEST_WALK, Card, Opening, Way, opening_at
from places.filters import PlaceFilter
from places.finding.asking import TIMES
from places.finding.needs import NEEDS
from places.finding.papers import PAPERS
from places.finding.results import AT_ONCE, why_late
from places.geo import walk
from places.models import Place
from places.opening_hours import PARIS, Hours, parse_horaires
from places.openings import PermanenceInBrief, in_brief
from places.schedules import by_turn
from places.vocabularies import OFFERED, VOCABULARIES

DAYS_KNOWN = 7  # hours asked for longer ago than that are not told any more
DAYS_TOLD = 2 * DAYS_KNOWN  # “this week”, asked for on the last of those days


class Piece(NamedTuple):
    """What is said of some hours from a minute on, and when they change next; minutes are those of `Timelines`."""

    start: int
    state: str
    sentence: str
    until: int | None


class Timelines:
    """Opening hours as sentences, each from its minute on; minutes count from the first midnight, in Paris."""

    def __init__(self, first: date):
        self._days = [first + timedelta(days=n) for n in range(DAYS_TOLD + 1)]
        self._origin = _at(first, 0).timestamp()
        self._numbers: dict[str, int | None] = {}
        self.lines: list[list[Piece]] = []

    @property
    def origin(self) -> int:
        """The first midnight, in minutes since 1970."""
        return int(self._origin // 60)

    @property
    def midnights(self) -> list[int]:
        return [self.minute(_at(day, 0)) for day in self._days]

    def minute(self, moment: datetime) -> int:
        return int((moment.timestamp() - self._origin) // 60)

    def of(self, text: str) -> int | None:
        """Return the number of the line of these hours; None when nobody can read them."""
        if text not in self._numbers:
            hours = parse_horaires(text)
            self._numbers[text] = self._keep(self._pieces(hours)) if hours else None
        return self._numbers[text]

    def saying(self, opening: Opening) -> int:
        """Return the number of a line that always says the same."""
        return self._keep([Piece(0, opening.state, opening.sentence, None)])

    def _keep(self, pieces: Iterable[Piece]) -> int:
        self.lines.append(list(pieces))
        return len(self.lines) - 1

    def _pieces(self, hours: Hours) -> Iterator[Piece]:
        """Yield what `opening_at` says at every moment: it changes at midnight, or when the hours do."""
        last = None
        for moment in self._moments(hours):
            opening, until = opening_at(hours, moment), hours.at(moment).until
            said = (opening.state, opening.sentence, until and self.minute(until))
            if said != last:
                yield Piece(self.minute(moment), *said)
                last = said

    def _moments(self, hours: Hours) -> list[datetime]:
        found = set()
        for day in self._days[:-1]:
            changes = (minute for piece in hours.pieces(day) for minute in (piece.start, piece.end))
            found |= {_at(day, minute) for minute in (0, *changes)}
        return sorted(found)


class Atoms:
    """The conditions that needs are made of, numbered: some terms of one list, any of which will do."""

    def __init__(self):
        self._numbers: dict[tuple[str, int], int] = {}

    def of(self, ask: str) -> list[int]:
        """Return the conditions of one question of `PlaceFilter`, all of which have to be met."""
        question = PlaceFilter(QueryDict(ask))
        found = []
        for name, mask in question.asked.items():
            masks = [entry.mask for entry in question.chosen(name)] if question.is_together(name) else [mask]
            found += [self._numbers.setdefault((name, mask), len(self._numbers)) for mask in masks]
        return found

    def met(self, masks: Mapping[str, int]) -> list[int]:
        return [number for (name, mask), number in self._numbers.items() if masks.get(name, 0) & mask]

    @property
    def lasting(self) -> list[int]:
        """Those that do not depend on who is there."""
        return [number for (name, _mask), number in self._numbers.items() if name not in OFFERED]


class KeptCard(Card):
    """A place as the page holds it before anything is asked: all its permanences, and room for the way there."""

    @cached_property
    def answering(self) -> list[PermanenceInBrief]:
        return [in_brief(permanence, None, self.now) for permanence in self.place.permanences.all()]

    @cached_property
    def way(self) -> Way | None:
        return Way("", "") if self.place.point else None


def facts(places: Iterable[Place], now: datetime) -> dict:
    """Return what the page needs to answer any question about these places, as plain data."""
    atoms, timelines = Atoms(), Timelines(now.astimezone(PARIS).date())
    needs = {
        slug: {
            "title": str(need.title),
            "unsure": str(need.unsure),
            "asks": [atoms.of(ask) for ask in need.asks],
            "almost": [atoms.of(need.almost)],
            "bring": [str(thing) for thing in PAPERS[slug].things] if slug in PAPERS else [],
        }
        for slug, need in NEEDS.items()
    }
    told = [_told(place, now, atoms, timelines) for place in places]
    return {
        "atOnce": AT_ONCE,
        "needs": needs,
        "times": {name: str(title) for name, title in TIMES.items()},
        "places": told,
        "lasting": atoms.lasting,
        **clockwork(timelines, now),
        "walks": [Way.of(walk(minutes)).on_foot for minutes in range(1, LONGEST_WALK + 2)],
        "counts": [counted(number) for number in range(len(told) + 1)],
        "words": {
            "unknown": why_late(Opening("unknown", "")),
            "stale": _("Horaires à vérifier"),
            "anyNeed": _("Tous les besoins"),
            "anyTime": _("N’importe quand"),
            "anywhere": _("Partout"),
            "near": _("Près de : %s"),
            "nearYou": _("Près de vous"),
        },
    }


def clockwork(timelines: Timelines, now: datetime) -> dict:
    """Return the lines of hours as small as a page can read them, and until when they may be told."""
    sentences: dict[str, int] = {}
    pieces: dict[tuple, int] = {}
    lines = [
        [
            pieces.setdefault((start, state, sentences.setdefault(said, len(sentences)), until), len(pieces))
            for start, state, said, until in line
        ]
        for line in timelines.lines
    ]
    return {
        "origin": timelines.origin,
        "midnights": timelines.midnights,
        "known": timelines.minute(now + timedelta(days=DAYS_KNOWN)),
        "sentences": list(sentences),
        "pieces": list(pieces),
        "lines": lines,
    }


def counted(number: int) -> str:
    return ngettext("%(number)s lieu pour vous", "%(number)s lieux pour vous", number) % {"number": number}


def _told(place: Place, now: datetime, atoms: Atoms, timelines: Timelines) -> dict:
    offered = {name: getattr(place, vocabulary.column).mask for name, vocabulary in VOCABULARIES.items()}
    line = timelines.of(place.horaires)
    turns = [(line, offered)]
    if place.has_permanences:
        permanences = list(place.permanences.all())
        turns = [
            (timelines.of(held.horaires), turn)
            for held, turn in zip([place, *permanences], by_turn(place, permanences), strict=True)
        ]
    return {
        "point": place.point,
        "phone": bool(place.telephone),
        "line": timelines.saying(Card(place, now).opening) if line is None else line,
        "offers": atoms.met(offered),
        "turns": [[number, atoms.met(masks)] for number, masks in turns],
    }


def _at(day: date, minutes: int) -> datetime:
    """Return a moment of the clock of Paris, minutes after midnight."""
    return datetime.combine(day + timedelta(days=minutes // (24 * 60)), time(minutes // 60 % 24, minutes % 60), PARIS)
