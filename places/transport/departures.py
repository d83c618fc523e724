"""The next departures at stops, between two moments: calls of patterns, starts of runs, days of services."""

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from places.transport.models import Call, Stop, Timetable

HALF_DAY = timedelta(hours=12)
RUN = ("pattern__runs__starts", "pattern__runs__spans", "pattern__runs__service__days__day")


@dataclass(frozen=True, order=True)
class Departure:
    """One vehicle at one stop; `every` is its interval in seconds when it keeps no timetable."""

    at: datetime
    stop: int
    line: int
    direction: str
    on_demand: bool = False
    every: int = 0


def departures(timetable: Timetable, stops: Collection[int], start: datetime, end: datetime) -> list[Departure]:
    """Return the departures from `stops` (their keys) from `start` on and before `end`, in order; one query.

    Both moments are aware; those returned are in the time zone of the network.
    """
    zone = ZoneInfo(timetable.timezone)
    origins = dict(_service_days(timetable, zone, start, end))
    rows = _runs(stops, origins).values_list(
        "stop", "departure", "boarding", "direction", "pattern__direction", "pattern__line", *RUN
    )
    found = set()
    for stop, offset, boarding, own_direction, direction, line, starts, spans, day in rows:
        origin = origins[day]
        low, high = (int((moment - origin).total_seconds()) - offset for moment in (start, end))
        for seconds, every in _starts_between(starts, spans, low, high):
            at = (origin + timedelta(seconds=seconds + offset)).astimezone(zone)
            on_demand = boarding == Call.Boarding.ON_DEMAND
            found.add(Departure(at, stop, line, own_direction or direction, on_demand, every))
    return sorted(found)


def departing_patterns(timetable: Timetable, stop: Stop, start: datetime, end: datetime) -> set[tuple[int, int, int]]:
    """Return `(pattern, rank, seconds after its start)` of what leaves a stop between two moments; one query."""
    origins = dict(_service_days(timetable, ZoneInfo(timetable.timezone), start, end))
    found = set()
    rows = _runs([stop.pk], origins).values_list("pattern", "rank", "departure", *RUN)
    for pattern, rank, offset, starts, spans, day in rows:
        low, high = (int((moment - origins[day]).total_seconds()) - offset for moment in (start, end))
        if any(_starts_between(starts, spans, low, high)):
            found.add((pattern, rank, offset))
    return found


def _runs(stops: Collection[int], origins: Collection[date]):
    """The calls at stops of what runs on some days, one row for each run."""
    return Call.objects.filter(
        stop__in=stops, boarding__gt=Call.Boarding.NO, pattern__runs__service__days__day__in=list(origins)
    )


def origin_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment from which a service day counts its seconds: noon minus twelve hours, in UTC."""
    return datetime.combine(day, time(12), zone).astimezone(UTC) - HALF_DAY


def _service_days(
    timetable: Timetable, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[date, datetime]]:
    """Give the days whose vehicles may run between two moments, those of the night before included."""
    first = (start - timedelta(seconds=timetable.longest, days=1)).astimezone(zone).date()
    last = (end + timedelta(days=1)).astimezone(zone).date()
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        origin = origin_of(day, zone)
        if origin < end and origin + timedelta(seconds=timetable.longest) >= start:
            yield day, origin


def _starts_between(starts: list[int], spans: list[list[int]], low: int, high: int) -> Iterator[tuple[int, int]]:
    for seconds in starts[bisect_left(starts, low) : bisect_left(starts, high)]:
        yield seconds, 0
    for first, end, every in spans:
        begin = first + max(0, -(-(low - first) // every)) * every
        for seconds in range(begin, min(end, high), every):
            yield seconds, every
