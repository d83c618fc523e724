"""The pages of the stops, and what the card of a place says of the ways to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places.geo import parse_point
from places.models import Place
from places.spoken import dated, spoken_day
from places.text import fold
from places.transport.departures import Departure, departures
from places.transport.itinerary import Itinerary
from places.transport.models import Line, Stop, Timetable
from places.transport.nearby import Moment, Nearby, doubts_of, grouped, interval, known_lines
from places.transport.reach import MOST_SHOWN, reached_by_line, reached_on_foot

MOMENT = ("depart_jour", "depart_heure")
DAY_BEGINS = time(4)  # the night belongs to the day before, as people count it
MINUTES = (5, 10, 15, 20, 30)
PER_PAGE = 200


def ways_to(request, place: Place) -> dict:
    """What `_itinerary.html` shows of a located place: the day and the hour are those of the address.

    Without its own, the card follows the moment that the question is about (`quand=choisi`).
    """
    if not place.point:
        return {}
    day, hour = (request.GET.get(name, "") for name in MOMENT)
    if not day and not hour and request.GET.get("quand") == "choisi":
        day, hour = request.GET.get("jour", ""), request.GET.get("heure", "")
    nearby = Nearby(place.point, timezone.now(), day, hour)
    return {
        "itinerary": Itinerary(place.nom, place.point, parse_point(request.GET.get("point", "")), nearby),
        "kept": [(name, value) for name in request.GET if name not in MOMENT for value in request.GET.getlist(name)],
    }


@dataclass(frozen=True)
class Hour:
    """A line of a timetable: the minutes past an hour, or the interval of what keeps no timetable."""

    name: str
    minutes: list[str]
    interval: str


@dataclass(frozen=True)
class Board:
    line: Line
    direction: str
    on_demand: bool
    hours: list[Hour]


@require_safe
def stop_page(request, stop):
    """The timetable of a stop for a day, its lines, and the places one reaches from it."""
    timetable = Timetable.objects.current()
    if timetable is None:
        raise Http404
    found = get_object_or_404(Stop.objects.filter(timetable=timetable).prefetch_related(known_lines()), slug=stop)
    moment = Moment(
        timezone.now(), ZoneInfo(timetable.timezone), request.GET.get("jour", ""), request.GET.get("heure", "")
    )
    minutes = _minutes(request.GET.get("minutes", ""))
    direct = timetable.has_hours and request.GET.get("direct") == "oui"
    reached = reached_by_line(timetable, found, minutes, moment.at) if direct else reached_on_foot(found, minutes)
    lines = {line.pk: line for line in found.lines.all()}
    return render(
        request,
        "places/transport/stop.html",
        {
            "stop": found,
            "timetable": timetable,
            "moment": moment,
            "doubts": doubts_of(timetable, moment.day, moment.now.date()),
            "boards": list(boards_of(timetable, found, lines, moment.day)),
            "words": {
                "day": spoken_day(moment.day, year=True),
                "next": dated(moment.day + timedelta(1)),
                "start": timetable.has_hours and dated(timetable.starts_on, year=True),
                "end": timetable.has_hours and dated(timetable.ends_on, year=True),
            },
            "changes": _changes(found),
            "reached": reached,
            "is_cut": len(reached) == MOST_SHOWN,
            "minutes": minutes,
            "choices": MINUTES,
            "direct": direct,
        },
    )


def boards_of(timetable: Timetable, stop: Stop, lines: dict[int, Line], day: date) -> Iterable[Board]:
    """Give the timetable of each line and direction from four in the morning to four the next morning."""
    zone = ZoneInfo(timetable.timezone)
    start = datetime.combine(day, DAY_BEGINS, zone)
    found = departures(timetable, [stop.pk], start, datetime.combine(day + timedelta(1), DAY_BEGINS, zone))
    groups = sorted(grouped(found).items(), key=lambda group: (lines[group[0][0]].rank, group[0][1]))
    for (line, direction), passing in groups:
        on_demand = all(departure.on_demand for departure in passing)
        yield Board(lines[line], direction, on_demand, list(_hours(passing, day)))


def _hours(passing: list[Departure], day: date) -> Iterable[Hour]:
    hours: dict[tuple[date, int], list[Departure]] = {}
    for departure in passing:
        hours.setdefault((departure.at.date(), departure.at.hour), []).append(departure)
    rows: list[tuple[list[str], list[str], str]] = []
    for (when, hour), inside in hours.items():
        minutes = dict.fromkeys(f"{departure.at:%M}" for departure in inside if not departure.every)
        every = ", ".join(dict.fromkeys(interval(departure.every) for departure in inside if departure.every))
        name = _("%d h") % hour if when == day else _("%d h (nuit)") % hour
        if rows and every and not minutes and rows[-1][1:] == ([], every):
            rows[-1][0].append(name)
        else:
            rows.append(([name], list(minutes), every))
    for names, minutes, every in rows:
        yield Hour(" – ".join(dict.fromkeys((names[0], names[-1]))), minutes, every)


def _changes(stop: Stop) -> list[tuple[Stop, int | None]]:
    """The stops one walks to from here, with the minutes when the network says them."""
    others = Stop.objects.in_bulk([other for other, _seconds in stop.changes])
    return [
        (others[other], -(-seconds // 60) if seconds is not None else None)
        for other, seconds in stop.changes
        if other in others
    ]


def _minutes(text: str) -> int:
    return int(text) if text in {str(choice) for choice in MINUTES} else 10


@require_safe
def stop_list(request):
    """Every line and every stop in words: the text of the map's layers."""
    timetable = Timetable.objects.current()
    lines = Line.objects.current().defer("geometry")
    asked = request.GET.get("ligne", "")
    line = next((known for known in lines if known.code == asked), None)
    stops = Stop.objects.current().prefetch_related(known_lines())
    if line:
        stops = stops.filter(lines=line)
    number = request.GET.get("page", "")
    page = Paginator(sorted(stops, key=lambda stop: (fold(stop.nom), stop.slug)), PER_PAGE).get_page(
        number if number.isascii() and len(number) < 9 else 1
    )
    return render(
        request,
        "places/transport/stops.html",
        {
            "timetable": timetable,
            "lines": lines,
            "line": line,
            "page": page,
            "doubts": doubts_of(timetable, timezone.localdate(), timezone.localdate()) if timetable else [],
        },
    )
