"""The places one reaches from a stop: on foot, or by a line without a change and then on foot."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from places.geo import Box, Point, distance, walk, walking_minutes
from places.models import Place
from places.transport.departures import departing_patterns
from places.transport.models import Call, Line, Stop, Timetable

BOARDED_WITHIN = timedelta(hours=1)
CELL = 0.01  # degrees: places are looked up by these squares
MOST_SHOWN = 100


@dataclass(frozen=True)
class Reached:
    place: Place
    minutes: int
    line: Line | None = None
    stop: Stop | None = None  # where to get off


@dataclass(frozen=True)
class Ride:
    stop: int
    seconds: int
    line: int


def reached_on_foot(stop: Stop, minutes: int) -> list[Reached]:
    """Return the published places within a walk of a stop, nearest first."""
    here = Point(stop.latitude, stop.longitude)
    box = Box(*here, *here).widened(walk(minutes))
    found = [Reached(place, walking_minutes(distance(here, place.point))) for place in _places_in(box)]
    return _nearest(reached for reached in found if reached.minutes <= minutes)


def reached_by_line(timetable: Timetable, stop: Stop, minutes: int, at: datetime) -> list[Reached]:
    """Return the places reached on foot, or by what leaves within the hour and a walk; the wait is not counted."""
    best = {reached.place.pk: reached for reached in reached_on_foot(stop, minutes)}
    rides = [ride for ride in rides_from(timetable, stop, at) if ride.seconds < minutes * 60]
    stops = Stop.objects.in_bulk([ride.stop for ride in rides])
    lines = Line.objects.defer("geometry").in_bulk({ride.line for ride in rides})
    if not stops:
        return _nearest(best.values())
    around = Box(
        min(other.latitude for other in stops.values()),
        min(other.longitude for other in stops.values()),
        max(other.latitude for other in stops.values()),
        max(other.longitude for other in stops.values()),
    ).widened(walk(minutes))
    cells: dict[tuple[int, int], list[Place]] = defaultdict(list)
    for place in _places_in(around):
        cells[_cell(place.latitude), _cell(place.longitude)].append(place)
    for ride in rides:
        off = stops[ride.stop]
        here = Point(off.latitude, off.longitude)
        ridden = -(-ride.seconds // 60)
        box = Box(*here, *here).widened(walk(minutes - ridden))
        for row in range(_cell(box.south), _cell(box.north) + 1):
            for column in range(_cell(box.west), _cell(box.east) + 1):
                for place in cells.get((row, column), ()):
                    total = ridden + walking_minutes(distance(here, place.point))
                    if total <= minutes and (place.pk not in best or total < best[place.pk].minutes):
                        best[place.pk] = Reached(place, total, lines[ride.line], off)
    return _nearest(best.values())


def rides_from(timetable: Timetable, stop: Stop, at: datetime) -> list[Ride]:
    """Return the quickest ride to each stop further on, with a vehicle that leaves within the hour; two queries."""
    boarded: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for pattern, rank, departure in departing_patterns(timetable, stop, at, at + BOARDED_WITHIN):
        boarded[pattern].append((rank, departure))
    best: dict[int, Ride] = {}
    calls = Call.objects.filter(pattern__in=list(boarded), alighting__gt=Call.Boarding.NO).values_list(
        "pattern", "rank", "stop", "arrival", "pattern__line"
    )
    for pattern, rank, other, arrival, line in calls:
        for from_rank, departure in boarded[pattern]:
            seconds = arrival - departure
            if rank > from_rank and other != stop.pk and (other not in best or seconds < best[other].seconds):
                best[other] = Ride(other, seconds, line)
    return sorted(best.values(), key=lambda ride: (ride.seconds, ride.stop))


def _places_in(box: Box):
    return (
        Place.objects.published()
        .located()
        .filter(latitude__range=(box.south, box.north), longitude__range=(box.west, box.east))
        .only("id", "slug", "nom", "adresse", "commune", "latitude", "longitude")
    )


def _cell(degrees: float) -> int:
    return floor(degrees / CELL)


def _nearest(found) -> list[Reached]:
    return sorted(found, key=lambda reached: (reached.minutes, reached.place.slug))[:MOST_SHOWN]
