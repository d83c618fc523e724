"""Opening hours in the OpenStreetMap syntax: open or closed at a given moment, and the week as people read it.

The clock is always an argument. A public holiday that the hours do not mention makes them uncertain, never "open".
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opening_hours import OpeningHours, ParserError

PARIS = ZoneInfo("Europe/Paris")
# A comment alone parses as "always open, says the comment"; so does a blank.
SAYS_WHEN = re.compile(r"\d|\b(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH|off|closed)\b")
QUOTED = re.compile(r'"[^"]*"')
MENTIONS_HOLIDAYS = re.compile(r"\bPH\b")
DAY = 24 * 60  # minutes
HORIZON = 366  # days; further away, a change is no news


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Now:
    """The state at one moment: until when it lasts (None: for days), and whether a holiday makes it uncertain."""

    state: State
    until: datetime | None = None
    comment: str = ""
    holiday: bool = False


@dataclass(frozen=True)
class Span:
    start: time
    end: time
    comment: str = ""


@dataclass(frozen=True)
class Day:
    date: date
    spans: tuple[Span, ...]
    holiday: bool = False
    uncertain: bool = False


class Piece(NamedTuple):
    """Some of a day, in minutes from its midnight on the wall clock, whatever the change of hour."""

    start: int
    end: int
    state: State


class Hours:
    """Readable hours of one place, in Europe/Paris."""

    def __init__(self, text: str):
        self.text = text
        self._rules = OpeningHours(text, timezone=PARIS, country="FR", max_interval_days=HORIZON)
        self._knows_holidays = bool(MENTIONS_HOLIDAYS.search(QUOTED.sub("", text)))

    def at(self, moment: datetime) -> Now:
        """Return the state at an aware `moment`."""
        local = moment.astimezone(PARIS)
        if is_holiday(local.date()) and not self._knows_holidays:
            return Now(State.UNKNOWN, holiday=True)
        _start, end, raw, comment = next(self._rules.intervals(local))
        return Now(_STATES[str(raw)], until=end if end and end.year < 9999 else None, comment=comment)

    def day(self, day: date) -> Day:
        """Return the spans that begin on `day`, those past midnight whole."""
        midnight = datetime.combine(day, time(), PARIS)
        next_midnight = datetime.combine(day + timedelta(days=1), time(), PARIS)
        spans = []
        for start, end, raw, comment in self._rules.intervals(midnight, next_midnight + timedelta(hours=12)):
            if str(raw) != "open" or start >= next_midnight:
                continue
            if start == midnight and self._open_before(midnight):
                # The tail of last night, told with the day it began; a day and a night without a break keep both.
                if end >= next_midnight:
                    spans.append(Span(time(), time(), comment))
                continue
            spans.append(Span(start.time(), min(end, next_midnight + timedelta(hours=12)).time(), comment))
        holiday = is_holiday(day)
        return Day(day, tuple(spans), holiday, uncertain=holiday and not self._knows_holidays)

    def pieces(self, day: date) -> tuple[Piece, ...]:
        """Return when `day` is not closed, by the clock of Paris: what `at` says, minute by minute."""
        if is_holiday(day) and not self._knows_holidays:
            return (Piece(0, DAY, State.UNKNOWN),)
        midnight = datetime.combine(day, time(), PARIS)
        next_midnight = datetime.combine(day + timedelta(days=1), time(), PARIS)
        found = (
            Piece(_minute(start, day), _minute(end, day), _STATES[str(raw)])
            for start, end, raw, _comment in self._rules.intervals(midnight, next_midnight)
            if str(raw) != "closed"
        )
        # One night of March the clock goes from 2 h to 3 h at once: hours inside that hour have no length.
        return tuple(piece for piece in found if piece.start < piece.end)

    def week(self, first: date) -> list[Day]:
        """Return seven days from `first`."""
        return [self.day(first + timedelta(days=n)) for n in range(7)]

    def _open_before(self, midnight: datetime) -> bool:
        return self._rules.is_open(midnight - timedelta(minutes=1))


def _minute(moment: datetime, day: date) -> int:
    return moment.hour * 60 + moment.minute if moment.date() == day else DAY


_STATES = {"open": State.OPEN, "closed": State.CLOSED, "unknown": State.UNKNOWN}
_HOLIDAYS = OpeningHours("PH", timezone=PARIS, country="FR")


@lru_cache(maxsize=800)
def is_holiday(day: date) -> bool:
    """Tell the eleven public holidays of metropolitan France (those of the hours library)."""
    return _HOLIDAYS.is_open(datetime.combine(day, time(12), PARIS))


@lru_cache(maxsize=50_000)
def is_readable(text: str) -> bool:
    """Tell whether `parse_horaires` reads this text: an answer far smaller to keep than the hours themselves."""
    return _parse(text) is not None


@lru_cache(maxsize=4096)
def parse_horaires(text: str) -> Hours | None:
    """Return readable hours; None for a blank, a lone comment, or anything that is not the OSM syntax."""
    return _parse(text)


def _parse(text: str) -> Hours | None:
    text = text.strip()
    if not SAYS_WHEN.search(QUOTED.sub("", text)):
        return None
    try:
        return Hours(text)
    except (ParserError, ValueError):
        return None
