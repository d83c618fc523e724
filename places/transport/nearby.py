"""What is near: the stops around a point, the next departures there, and how sure the timetable is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from places.card import clock
from places.geo import Box, Point, distance, walk, walking_minutes
from places.spoken import dated, spoken_day, weekday
from places.transport.departures import Departure, departures
from places.transport.models import Line, Stop, Timetable

NEAR, FAR = 15, 60  # minutes on foot: where stops are looked for first, then for the nearest one only
MOST_STOPS = 4
NEXT = timedelta(hours=3)
LATER = timedelta(hours=36)
TIMES_SHOWN = 3
YEARS = range(2000, 2100)  # of the days that can be asked for


@dataclass(frozen=True)
class Passage:
    """The next departures of a line in a direction, in words."""

    line: Line
    direction: str
    times: list[str]
    note: str = ""


@dataclass
class NearStop:
    stop: Stop
    metres: float
    passages: list[Passage] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return walking_minutes(self.metres)


class Moment:
    """The day and the hour asked for in an address, or now; `is_wrong` when what was asked means nothing."""

    def __init__(self, now: datetime, zone: ZoneInfo, day: str = "", hour: str = ""):
        self.now = now.astimezone(zone)
        self.is_wrong = False
        self.day = self._read(date.fromisoformat, day, self.now.date())
        unchosen = self.now.time() if self.day == self.now.date() else time(8)
        self.hour = self._read(time.fromisoformat, hour, unchosen).replace(second=0, microsecond=0, tzinfo=None)
        self.is_chosen = bool(day or hour) and not self.is_wrong
        self.at = datetime.combine(self.day, self.hour, zone)
        if not self.is_chosen:
            self.at = max(self.at, self.now.replace(second=0, microsecond=0))

    def _read(self, parse, text: str, default):
        if not text:
            return default
        try:
            found = parse(text)
        except ValueError:
            self.is_wrong = True
            return default
        if isinstance(found, date) and found.year not in YEARS:
            self.is_wrong = True
            return default
        return found

    @property
    def words(self) -> str:
        if not self.is_chosen:
            return _("maintenant")
        return _("%(day)s à %(hour)s") % {
            "day": spoken_day(self.day),
            "hour": clock(self.hour),
        }


class Nearby:
    """The stops around a place and their next departures at a moment, whatever the place in a handful of queries."""

    def __init__(self, point: Point | None, now: datetime, day: str = "", hour: str = ""):
        self.point = point
        self.timetable = Timetable.objects.current() if point else None
        zone = ZoneInfo(self.timetable.timezone if self.timetable else "Europe/Paris")
        self.moment = Moment(now, zone, day, hour)

    @cached_property
    def stops(self) -> list[NearStop]:
        if self.timetable is None or self.point is None:
            return []
        near = nearest_stops(self.timetable, self.point)
        if self.timetable.has_hours and near:
            self._fill(near)
            # The nearest stop is where to get off; of the others, those that bring nothing more are left out.
            near = [one for one in near if one is near[0] or one.passages]
        return near

    @property
    def nearest(self) -> NearStop | None:
        return self.stops[0] if self.stops else None

    @property
    def has_passages(self) -> bool:
        return any(near.passages for near in self.stops)

    @property
    def doubts(self) -> list[str]:
        return doubts_of(self.timetable, self.moment.day, self.moment.now.date()) if self.timetable else []

    def _fill(self, near: list[NearStop]) -> None:
        """Give each line and direction to the nearest stop where it passes, and to no other."""
        at = self.moment.at
        keys = [one.stop.pk for one in near]
        shown = TIMES_SHOWN
        found = departures(self.timetable, keys, at, at + NEXT)
        if not found:
            shown = 1
            found = departures(self.timetable, keys, at, at + LATER)
        lines = {line.pk: line for one in near for line in one.stop.lines.all()}
        by_stop = {key: [] for key in keys}
        for departure in found:
            by_stop[departure.stop].append(departure)
        seen: set[tuple[int, str]] = set()
        for one in near:
            groups = grouped(by_stop[one.stop.pk])
            fresh = {key: passing for key, passing in groups.items() if key not in seen}
            seen.update(fresh)
            one.passages = sorted(
                (
                    passage_of(lines[line], direction, passing, at, shown)
                    for (line, direction), passing in fresh.items()
                ),
                key=lambda passage: (passage.line.rank, passage.direction),
            )


def grouped(found: Iterable[Departure]) -> dict[tuple[int, str], list[Departure]]:
    """Return the departures by line and direction, each in order."""
    groups: dict[tuple[int, str], list[Departure]] = {}
    for departure in found:
        groups.setdefault((departure.line, departure.direction), []).append(departure)
    return groups


def passage_of(line: Line, direction: str, passing: list[Departure], at: datetime, shown: int) -> Passage:
    first = passing[0]
    notes = []
    if first.every:
        notes.append(interval(first.every))
    if first.on_demand:
        notes.append(_("sur réservation"))
    times = list(dict.fromkeys(_said(departure.at, at) for departure in passing))[:shown]
    return Passage(line, direction, times[:1] if first.every else times, ", ".join(notes))


def interval(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    return _("toutes les %d min environ") % minutes if minutes > 1 else _("toutes les minutes environ")


def _said(moment: datetime, at: datetime) -> str:
    """The hour, with its day when it is not tonight's."""
    days = (moment.date() - at.date()).days
    if days == 0 or (days == 1 and moment.hour < 4):
        return clock(moment.time().replace(second=0))
    hour = clock(moment.time().replace(second=0))
    return _("%(day)s à %(hour)s") % {"day": weekday(moment), "hour": hour}


def nearest_stops(timetable: Timetable, point: Point) -> list[NearStop]:
    """Return the nearest stops within a walk, nearest first; beyond, the nearest one alone."""
    for minutes, most in ((NEAR, MOST_STOPS), (FAR, 1)):
        reach = walk(minutes)
        box = Box(*point, *point).widened(reach)
        inside = Stop.objects.filter(
            timetable=timetable, latitude__range=(box.south, box.north), longitude__range=(box.west, box.east)
        ).prefetch_related(known_lines())
        found = [NearStop(stop, distance(point, Point(stop.latitude, stop.longitude))) for stop in inside]
        found = sorted((one for one in found if one.metres <= reach), key=lambda one: (one.metres, one.stop.slug))
        if found:
            return found[:most]
    return []


def known_lines() -> Prefetch:
    """The lines of stops, without their drawings, which are large."""
    return Prefetch("lines", Line.objects.defer("geometry"))


def doubts_of(timetable: Timetable, day: date, today: date) -> list[str]:
    """Say what makes the timetable unsure on a day, with its dates."""
    if not timetable.has_hours:
        return [_("Les horaires des transports ne sont pas chargés : seuls les arrêts et leurs lignes sont connus.")]
    start, end = (dated(edge, year=True) for edge in (timetable.starts_on, timetable.ends_on))
    if today > timetable.ends_on:
        return [_("Ces horaires sont périmés depuis le %s : vérifiez-les avant de partir.") % end]
    if not timetable.covers(day):
        return [
            _("Les horaires connus vont du %(start)s au %(end)s : ce jour n’en fait pas partie.")
            % {"start": start, "end": end}
        ]
    return []
