"""A week as a grid, Monday to Sunday and two spans a day: what people fill in, and the OSM syntax that says the same.

Hours that the grid cannot hold (weeks of the month, school holidays, comments, three spans…) have no grid: whoever
shows them keeps them as text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import groupby, pairwise

from django.utils.translation import gettext as _

OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SPANS = 2  # a day
NIGHT_ENDS = time(6)  # a span may go past midnight, up to here: later, it is a slip
MIDNIGHT = time(0)

DAY = rf"(?:{'|'.join(OSM_DAYS)})"
DAYS = re.compile(rf"{DAY}(?:-{DAY})?(?:,{DAY}(?:-{DAY})?)*")
CLOCK = r"\d{1,2}:\d{2}"
RULE = re.compile(
    rf"(?P<days>{DAYS.pattern})?\s*(?P<hours>{CLOCK}-{CLOCK}(?:,\s*{CLOCK}-{CLOCK})*|off|closed)", re.ASCII
)
HOLIDAYS_OFF = re.compile(r"PH\s+(?:off|closed)")

Day = tuple[tuple[time, time], ...]


class Misfit(ValueError):
    """These times make no day; the message is the end of a sentence that begins with the day."""


@dataclass(frozen=True)
class Grid:
    """Seven days of at most two spans, in order; whether it is closed on public holidays is known or not."""

    days: tuple[Day, ...]
    closed_on_holidays: bool = False

    def __bool__(self) -> bool:
        return any(self.days)

    @property
    def text(self) -> str:
        """The OSM syntax; blank when no day has hours. Neighbouring days with the same hours are said together."""
        if not self:
            return ""
        rules = [f"{_osm_days(numbers)} {_osm_spans(day)}" for numbers, day in _runs(self.days) if day]
        if self.closed_on_holidays:
            rules.append("PH off")
        return "; ".join(rules)


def grid_of(text: str) -> Grid | None:
    """Return the grid that says the same as these hours; None when the grid cannot, or when they are no OSM hours.

    >>> grid_of("Mo-Fr 09:00-12:00; PH off").text
    'Mo-Fr 09:00-12:00; PH off'
    >>> grid_of("Mo[1] 09:00-12:00") is None
    True
    """
    days: list[Day] = [()] * 7
    closed_on_holidays = False
    text = text.strip().removesuffix(";").strip()
    for rule in text.split(";") if text != "24/7" else ["00:00-24:00"]:
        if HOLIDAYS_OFF.fullmatch(rule.strip()):
            closed_on_holidays = True
            continue
        read = RULE.fullmatch(rule.strip())
        if read is None:
            return None
        spans = _spans(read["hours"])
        if spans is None:
            return None
        if closed_on_holidays and not read["days"]:
            return None  # « PH off; 09:00-12:00 » opens holidays again
        for number in _numbers(read["days"]) if read["days"] else range(7):
            days[number] = spans
    return Grid(tuple(days), closed_on_holidays)


def day_of(times: Sequence[tuple[time | None, time | None]]) -> Day:
    """Return the spans of one day as typed, blanks left out; raise Misfit on those that cannot be."""
    spans = []
    for start, end in times:
        if start is None and end is None:
            continue
        if start is None:
            raise Misfit(_("il manque l’heure de début."))
        if end is None:
            raise Misfit(_("il manque l’heure de fin."))
        if start == end and start != MIDNIGHT:
            raise Misfit(_("l’heure de début et l’heure de fin sont les mêmes."))
        if end < start and end > NIGHT_ENDS:
            raise Misfit(_("l’heure de fin vient avant l’heure de début."))
        spans.append((start, end))
    spans.sort()
    for (start, end), (next_start, _next_end) in pairwise(spans):
        if end <= start or next_start < end:
            raise Misfit(_("les deux horaires se chevauchent."))
    return tuple(spans)


def in_french(text: str) -> str:
    """Return these hours as French people write them, in a form that reads back the same; as they are otherwise.

    >>> in_french("Tu 09:00-12:00")
    'mardi 9h-12h'
    """
    grid = grid_of(text)
    if not grid or grid.closed_on_holidays:
        return text
    return " ; ".join(
        f"{_french_days(numbers)} {' et '.join(f'{_clock(start)}-{_clock(end)}' for start, end in day)}"
        for numbers, day in _runs(grid.days)
        if day
    )


def _runs(days: Sequence[Day]) -> list[tuple[list[int], Day]]:
    """Neighbouring days that hold the same spans."""
    return [([number for number, _day in run], day) for day, run in groupby(enumerate(days), key=lambda item: item[1])]


def _osm_days(numbers: list[int]) -> str:
    first, last = OSM_DAYS[numbers[0]], OSM_DAYS[numbers[-1]]
    return first if len(numbers) == 1 else f"{first}{',' if len(numbers) == 2 else '-'}{last}"


def _french_days(numbers: list[int]) -> str:
    first, last = FRENCH_DAYS[numbers[0]], FRENCH_DAYS[numbers[-1]]
    if len(numbers) == 1:
        return first
    return f"{first} et {last}" if len(numbers) == 2 else f"du {first} au {last}"


def _osm_spans(day: Day) -> str:
    return ",".join(f"{start:%H:%M}-{'24:00' if end == MIDNIGHT else f'{end:%H:%M}'}" for start, end in day)


def _clock(moment: time) -> str:
    return f"{moment.hour}h{moment.minute:02}" if moment.minute else f"{moment.hour}h"


def _numbers(days: str) -> list[int]:
    numbers = []
    for part in days.split(","):
        first, _dash, last = part.partition("-")
        start, end = OSM_DAYS.index(first), OSM_DAYS.index(last or first)
        numbers += range(start, end + 1) if start <= end else [*range(start, 7), *range(end + 1)]
    return numbers


def _spans(hours: str) -> Day | None:
    """Read `09:00-12:00,14:00-18:00`; None when it is more than a day of the grid."""
    if hours in ("off", "closed"):
        return ()
    times = []
    for span in hours.split(","):
        start, end = (_time(clock.strip()) for clock in span.split("-"))
        if start is None or end is None:
            return None
        times.append((start, end))
    if len(times) > SPANS:
        return None
    try:
        return day_of(times)
    except Misfit:
        return None


def _time(clock: str) -> time | None:
    hour, minute = (int(part) for part in clock.split(":"))
    if (hour, minute) == (24, 0):
        return MIDNIGHT
    return time(hour, minute) if hour < 24 and minute < 60 else None
