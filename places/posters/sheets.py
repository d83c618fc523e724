"""What each sheet of paper says, and at which size: the poster of a place, the poster and the leaflet of an area."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places import lexicon
from places.card import Card, Fact
from places.enumerations import listed
from places.models import Place
from places.opening_hours import PARIS
from places.openings import in_brief, usual_week
from places.posters.fitting import LEADING, Row, Text, largest, packed
from places.translated import French

SCALES = (1.2, 1.1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
MOST_SERVICES, MOST_PERMANENCES, MOST_LANGUAGES = 6, 3, 8
LONGEST_HOURS, LONGEST_EMAIL = 90, 60  # characters; longer, the place is to be asked
WIDTH, HEIGHT = 182, 262  # millimetres inside the margins, and the date at the foot
AFTER = 6  # the blank after each place of an area
CODE, LINES_ABOVE = 44, 3  # beside and under the name of an area: the code, the sentence about the rest in any language
HEADING = Row([[Text("x", 6.5, WIDTH, bold=True)]], after=2)


def purpose() -> str:
    """What every sheet says first."""
    return _("De l’aide pour internet, l’ordinateur et les papiers en ligne")


class PlacePoster:
    """One place, for its own door or for a wall nearby."""

    def __init__(self, place: Place, now: datetime):
        self.place = place
        self.card = Card(place, now)
        self._today = now.astimezone(PARIS).date()

    @property
    def address(self) -> str:
        return self.card.address or self.place.locality

    @cached_property
    def services(self) -> list[lexicon.Entry]:
        return self.card.services[:MOST_SERVICES]

    @property
    def others(self) -> str:
        number = len(self.card.services) - MOST_SERVICES
        return ngettext("et %d autre aide", "et %d autres aides", number) % number if number > 0 else ""

    @cached_property
    def week(self) -> list[tuple[str, str]]:
        found = usual_week(self.place.hours, self._today) if self.place.hours else []
        return [(days, _unbroken(hours)) for days, hours in found]

    @property
    def hours(self) -> str:
        """What is said of the hours when they make no week."""
        if self.week:
            return ""
        if self.place.hours is not None:
            return _("Les horaires changent d’une semaine à l’autre : demandez au lieu.")
        written = self.place.horaires.strip()
        return French(written) if 0 < len(written) <= LONGEST_HOURS else _("Jours et heures : demandez au lieu.")

    @cached_property
    def permanences(self) -> list[tuple[str, str]]:
        """The first ones, each with when it is held."""
        held = list(self.place.permanences.all())[:MOST_PERMANENCES]
        return [(brief.title, _short(brief.held)) for brief in (in_brief(one, None, self.card.now) for one in held)]

    @cached_property
    def facts(self) -> list[Fact]:
        """Price, access, languages, programmes."""
        return [replace(fact, labels=fact.labels[:MOST_LANGUAGES]) for fact in self.card.deciding]

    @property
    def email(self) -> str:
        """Where to write, when nobody can be called."""
        emails = self.place.courriels
        return emails[0] if emails and not self.card.phone and len(emails[0]) <= LONGEST_EMAIL else ""

    @cached_property
    def scale(self) -> float:
        return largest(SCALES, self._rows(), HEIGHT)

    @property
    def percent(self) -> int:
        return round(self.scale * 100)

    def _rows(self) -> list[Row]:
        services = [
            Row([[Text(s.short_label, 6, 68, bold=True)] for s in pair], 14, 3) for pair in _pairs(self.services)
        ]
        week = [Row([[Text(days, 5.5, 48, bold=True)], [Text(hours, 5.5, 68)]], after=1.5) for days, hours in self.week]
        if self.hours:
            week = [Row([[Text(self.hours, 5.5, 118)]])]
        held = [
            Row([[Text(title, 5.5, 118, bold=True), Text(when, 5.5, 118)]], after=1.5)
            for title, when in self.permanences
        ]
        beside = sum(row.height(1) for row in (HEADING, *week))  # the code stands beside the hours
        return [
            Row([[Text(purpose(), 6, WIDTH)]], after=5),
            Row([[Text(self.card.name, 13, 142, bold=True), Text(self.address, 6.5, 142)]], 34, 6),
            *([HEADING, *services] if services else []),
            *([Row([[Text(self.others, 5.5, WIDTH)]], after=2)] if self.others else []),
            *([Row([[Text(f"{fact.title} : {listed(fact.labels)}", 5.5, WIDTH)]], after=1) for fact in self.facts]),
            Row([], after=4),
            *([HEADING, *week, *([HEADING] if held else []), *held]),
            Row([], least=max(0, 62 - beside), after=5),
            Row([[Text(self.card.phone.label if self.card.phone else self.email, 12, 150, bold=True)]], 18),
        ]


@dataclass(frozen=True)
class Entry:
    """One place among those of an area, in a few lines."""

    name: str
    family: str
    address: str
    services: list[str]
    hours: list[str]
    phone: str
    is_inside: bool

    @classmethod
    def of(cls, place: Place, now: datetime, *, is_inside: bool) -> "Entry":
        poster = PlacePoster(place, now)
        opened = [capfirst(f"{days} {hours}") for days, hours in poster.week if hours != _("fermé")]
        return cls(
            poster.card.name,
            poster.card.family,
            poster.address,
            [service.short_label for service in poster.card.services[:3]],
            opened or [poster.hours or _("Fermé")],
            poster.card.phone.label if poster.card.phone else "",
            is_inside,
        )

    def height(self, room: float, scale: float) -> float:
        beside = room - 15 * scale  # the drawing, and the blank after it
        name, phone = (Text(words, 6, beside, bold=True) for words in (self.name, self.phone))
        where = [] if self.is_inside else [_("À côté du quartier")]
        between = [*where, self.address, " · ".join(self.services), *self.hours]
        return Row([[name, *(Text(line, 5, beside) for line in between), phone]], 12, AFTER).height(scale)


@dataclass(frozen=True)
class Layout:
    """So many columns of one width, at one scale."""

    columns: int
    width: float
    scale: float


PANELS = 4  # on each side of a leaflet; the first is its cover
PANEL = (62, 186)  # millimetres inside the margins of a panel
TITLE = (132, 30)  # what the name may take beside the code
# For each paper, the largest first: the one that shows everything is taken, else the last.
_A4 = (Layout(1, WIDTH, 1), *(Layout(2, 88, scale) for scale in (0.9, 0.8, 0.7, 0.6)))
LAYOUTS = {
    "a4": _A4,
    "a3": (*_A4, Layout(2, 88, 0.5), Layout(3, 57, 0.45)),
    "leaflet": tuple(
        Layout(columns, PANEL[0], scale) for columns, scale in ((3, 0.9), (3, 0.7), (7, 0.9), (7, 0.7), (7, 0.64))
    ),
}


class AreaSheet:
    """The places of an area and, where they are few, those beside it, on one sheet: as many as it holds."""

    def __init__(self, nom: str, inside: Sequence[Place], beside: Sequence[Place], paper: str, now: datetime):
        title = Row([[Text(nom, 9, PANEL[0] if paper == "leaflet" else TITLE[0], bold=True)]])
        self.title_scale = largest(SCALES[2:], [title], TITLE[1])
        room = PANEL[1] if paper == "leaflet" else HEIGHT - self._head(title)
        entries = [Entry.of(place, now, is_inside=True) for place in inside]
        entries += [Entry.of(place, now, is_inside=False) for place in beside]
        for layout in LAYOUTS[paper]:
            heights = [entry.height(layout.width, layout.scale) for entry in entries]
            counts = packed(heights, [room + AFTER * layout.scale] * layout.columns)
            if sum(counts) == len(entries):
                break
        self.scale = layout.scale
        waiting = iter(entries)
        self.columns = [[next(waiting) for _n in range(count)] for count in counts]
        self.shown = sum(entry.is_inside for column in self.columns for entry in column)

    def _head(self, title: Row) -> float:
        """What stands above the columns of a poster: its purpose, the name, the sentence about the rest."""
        head = Row([[Text(purpose(), 6, TITLE[0])]], after=5)
        return max(CODE, head.height(1) + title.height(self.title_scale) + LINES_ABOVE * 5.5 * LEADING) + AFTER

    @property
    def percent(self) -> int:
        return round(self.scale * 100)

    @property
    def title_percent(self) -> int:
        return round(self.title_scale * 100)

    @property
    def sides(self) -> list[list[list[Entry]]]:
        """The panels of each side of a leaflet, the cover left blank."""
        panels = [[], *self.columns]
        return [panels[first : first + PANELS] for first in range(0, len(panels), PANELS)]


def _unbroken(hours: str) -> str:
    """Keep each span on one line: a line may end after a dash, unless a word joiner follows it."""
    return hours.replace(" – ", "\u00a0–\u2060\u00a0")


def _short(held: str) -> str:
    return held if len(held) <= LONGEST_HOURS else _("Jours et heures : demandez au lieu.")


def _pairs(services: list[lexicon.Entry]) -> list[list[lexicon.Entry]]:
    return [services[n : n + 2] for n in range(0, len(services), 2)]
