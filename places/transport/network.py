"""What a feed says apart from its stop times: networks, days of service, stops as people name them, lines, trips."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from places.geo import Point, distance
from places.text import fold
from places.transport.gtfs import Feed, read_colour, read_date, read_mode, read_number, read_position, read_time

SAME_NAME_WITHIN = 300.0  # metres: stops of the same name are then the two sides of a street
DAYS_AHEAD, DAYS_KEPT = 400, 800  # a calendar may run to 2099; nobody plans that far
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_EXACT = 2_000_000  # departures of the trips that run at an exact interval
UNWRITTEN_ORDER = 1_000_000


@dataclass
class ReadLine:
    code: str
    nom: str
    description: str
    network: str
    mode: str
    colour: str
    order: int


@dataclass
class ReadStop:
    codes: list[str]
    nom: str
    latitude: float
    longitude: float
    wheelchair: bool | None = None
    changes: dict[int, int | None] = field(default_factory=dict)  # rank of another stop: seconds, when they are said


@dataclass
class Trip:
    line: int
    days: int  # bits, from the first day kept
    direction: str
    shape: str
    intervals: list[tuple[int, int, int, bool]] | None = None  # `(first, end, every, exact)`
    is_timed: bool = False


class Network:
    """Everything but stop times and shapes, read in the order that references ask for; what is wrong is in `faults`."""

    def __init__(self, feed: Feed, today: date):
        self.feed = feed
        self.faults = feed.faults
        self.today = today
        self.remarks: list[str] = []
        self.agencies: dict[str, str] = {}
        self.timezone = "Europe/Paris"
        self.version = ""
        self.stated_end: date | None = None
        self.stops: list[ReadStop] = []
        self.stop_of: dict[str, int | None] = {}  # code: rank in `stops`; None for what no vehicle serves
        self._stations: dict[str, int] = {}
        self.lines: list[ReadLine] = []
        self.line_of: dict[str, int] = {}
        self.first_day = today
        self.days_of: dict[str, int] = {}  # service: bits, from `first_day`
        self.trips: list[Trip] = []
        self.trip_of: dict[str, int] = {}

    def read(self) -> None:
        self._read_agencies()
        self._read_info()
        self._read_stops()
        self._read_routes()
        self._read_calendars()
        self._read_trips()
        self._read_frequencies()
        self._read_transfers()
        for file, found in (
            ("agency.txt", self.agencies),
            ("stops.txt", self.stop_of),
            ("routes.txt", self.line_of),
            ("trips.txt", self.trip_of),
        ):
            if not found and not self.faults.count:
                self.faults.add(file, 0, _("le fichier n’a aucune ligne."))

    @property
    def networks(self) -> list[str]:
        return sorted(set(filter(None, self.agencies.values())))

    # --- who

    def _read_agencies(self) -> None:
        zones: list[str] = []
        rows = self.feed.rows("agency.txt", ("agency_name", "agency_timezone"), ("agency_id",))
        for line, (name, zone, code) in rows:
            with self.faults.of("agency.txt", line):
                if code in self.agencies:
                    raise ValueError(_("agency_id « %s » est présent deux fois.") % code[:100])
                self.agencies[code] = name[:200]
                if zone not in available_timezones():
                    raise ValueError(_("« %s » n’est pas un fuseau horaire.") % zone[:50])
                zones.append(zone)
                if not _same_clock(zones[0], zone, self.today):
                    raise ValueError(
                        _("« %(zone)s » n’a pas la même heure que « %(first)s », et un fichier n’en a qu’une.")
                        % {"zone": zone, "first": zones[0]}
                    )
        self.timezone = zones[0] if zones else self.timezone

    def _read_info(self) -> None:
        for line, (end, version) in self.feed.rows("feed_info.txt", (), ("feed_end_date", "feed_version")):
            self.version = version[:200]
            with self.faults.of("feed_info.txt", line):
                self.stated_end = read_date(end) if end else None

    # --- when

    def _read_calendars(self) -> None:
        weeks: dict[str, tuple[list[int], date, date]] = {}
        rows = self.feed.rows("calendar.txt", ("service_id", *WEEK, "start_date", "end_date"))
        for line, (code, *cells, start, end) in rows:
            with self.faults.of("calendar.txt", line):
                _refuse_blank(code, "service_id")
                if code in weeks:
                    raise ValueError(_("service_id « %s » est présent deux fois.") % code[:100])
                weeks[code] = [], date.min, date.min
                runs = [read_number(cell, name, most=1) for cell, name in zip(cells, WEEK, strict=True)]
                first, last = read_date(start), read_date(end)
                if last < first:
                    raise ValueError(_("le service « %s » finit avant de commencer.") % code[:100])
                weeks[code] = runs, first, last
        exceptions: dict[str, dict[date, bool]] = defaultdict(dict)
        rows = self.feed.rows("calendar_dates.txt", ("service_id", "date", "exception_type"))
        for line, (code, day, kind) in rows:
            with self.faults.of("calendar_dates.txt", line):
                _refuse_blank(code, "service_id")
                when = read_date(day)
                if when in exceptions[code]:
                    raise ValueError(_("le service « %s » a deux exceptions le même jour.") % code[:100])
                exceptions[code][when] = read_number(kind, "exception_type", least=1, most=2) == 1
        said = [day for _runs, *ends in weeks.values() for day in ends if day > date.min]
        said += [day for days in exceptions.values() for day, added in days.items() if added]
        self.days_of = dict.fromkeys([*weeks, *exceptions], 0)
        if not said:
            return
        end = min(max(said), max(self.today, min(said)) + timedelta(DAYS_AHEAD))
        self.first_day = max(min(said), end - timedelta(DAYS_KEPT))
        if (self.first_day, end) != (min(said), max(said)):
            self.remarks.append(
                _("Seuls les jours du %(first)s au %(last)s sont gardés.") % {"first": self.first_day, "last": end}
            )
        for code in self.days_of:
            self.days_of[code] = self._days(weeks.get(code), exceptions.get(code, {}), end)

    def _days(self, week: tuple[list[int], date, date] | None, exceptions: dict[date, bool], end: date) -> int:
        days = 0
        if week and week[0]:
            runs, first, last = week
            for day in range(max(first, self.first_day).toordinal(), min(last, end).toordinal() + 1):
                if runs[(day - 1) % 7]:  # the first day of all was a Monday
                    days |= 1 << (day - self.first_day.toordinal())
        for day, added in exceptions.items():
            if self.first_day <= day <= end:
                bit = 1 << (day - self.first_day).days
                days = days | bit if added else days & ~bit
        return days

    # --- where

    def _read_stops(self) -> None:
        """Platforms join their station; without one, the stops of the same name nearby are one."""
        stations = self._stations
        children: list[tuple[int, str, str, ReadStop | None]] = []
        namesakes: dict[str, list[int]] = defaultdict(list)
        rows = self.feed.rows(
            "stops.txt",
            ("stop_id",),
            ("stop_name", "stop_lat", "stop_lon", "location_type", "parent_station", "wheelchair_boarding"),
        )
        for line, (code, name, latitude, longitude, kind, parent, wheelchair) in rows:
            with self.faults.of("stops.txt", line):
                _refuse_blank(code, "stop_id")
                if code in self.stop_of:
                    raise ValueError(_("stop_id « %s » est présent deux fois.") % code[:100])
                self.stop_of[code] = None
                location = read_number(kind, "location_type", most=4, blank=0)
                if location > 1:  # an entrance, a node of a path, a part of a platform: nothing stops there
                    _refuse_blank(parent, "parent_station")
                    children.append((line, code, parent, None))
                    continue
                _refuse_blank(name, "stop_name")
                access = {"1": True, "2": False}.get(wheelchair)
                stop = ReadStop([code], name[:300], *read_position(latitude, longitude), access)
                if location == 1:
                    if parent:
                        raise ValueError(_("une station n’a pas de parent_station."))
                    stations[code] = len(self.stops)
                    self.stops.append(stop)
                elif parent:
                    children.append((line, code, parent, stop))
                else:
                    self.stop_of[code] = self._joined(stop, namesakes[fold(name)])
        for line, code, parent, stop in children:
            if parent not in stations and (stop or parent not in self.stop_of):
                self.faults.add("stops.txt", line, _("la station « %s » n’existe pas.") % parent[:100])
            elif stop:
                self.stop_of[code] = stations[parent]
                station = self.stops[stations[parent]]
                station.codes.append(code)
                station.wheelchair = stop.wheelchair if station.wheelchair is None else station.wheelchair

    def _joined(self, stop: ReadStop, namesakes: list[int]) -> int:
        """Return the rank of the stop of the same name within reach, of a new one when there is none."""
        for rank in namesakes:
            known = self.stops[rank]
            apart = distance(Point(known.latitude, known.longitude), Point(stop.latitude, stop.longitude))
            if apart <= SAME_NAME_WITHIN:
                share = 1 / (len(known.codes) + 1)
                known.latitude += (stop.latitude - known.latitude) * share
                known.longitude += (stop.longitude - known.longitude) * share
                known.codes += stop.codes
                known.wheelchair = known.wheelchair if stop.wheelchair is None else stop.wheelchair
                return rank
        namesakes.append(len(self.stops))
        self.stops.append(stop)
        return len(self.stops) - 1

    # --- what runs

    def _read_routes(self) -> None:
        rows = self.feed.rows(
            "routes.txt",
            ("route_id", "route_type"),
            ("agency_id", "route_short_name", "route_long_name", "route_color", "route_sort_order"),
        )
        for line, (code, kind, agency, short, long, colour, order) in rows:
            with self.faults.of("routes.txt", line):
                _refuse_blank(code, "route_id")
                if code in self.line_of:
                    raise ValueError(_("route_id « %s » est présent deux fois.") % code[:100])
                self.line_of[code] = 0
                if agency not in self.agencies and (agency or len(self.agencies) > 1):
                    raise ValueError(_("l’agence « %s » n’existe pas.") % agency[:100])
                if not short and not long:
                    raise ValueError(_("route_short_name et route_long_name sont vides."))
                self.line_of[code] = len(self.lines)
                network = self.agencies[agency] if agency in self.agencies else next(iter(self.agencies.values()), "")
                self.lines.append(
                    ReadLine(
                        code[:200],
                        (short or long)[:200],
                        long[:500] if short else "",
                        network,
                        read_mode(read_number(kind, "route_type", most=1799)),
                        read_colour(colour),
                        read_number(order, "route_sort_order", most=10**9, blank=UNWRITTEN_ORDER),
                    )
                )

    def _read_trips(self) -> None:
        rows = self.feed.rows("trips.txt", ("route_id", "service_id", "trip_id"), ("trip_headsign", "shape_id"))
        for line, (route, service, code, headsign, shape) in rows:
            with self.faults.of("trips.txt", line):
                _refuse_blank(code, "trip_id")
                if code in self.trip_of:
                    raise ValueError(_("trip_id « %s » est présent deux fois.") % code[:100])
                self.trip_of[code] = len(self.trips)
                self.trips.append(Trip(0, 0, headsign[:300], shape))
                if route not in self.line_of:
                    raise ValueError(_("la ligne « %s » n’existe pas.") % route[:100])
                if service not in self.days_of:
                    raise ValueError(_("le service « %s » n’existe pas.") % service[:100])
                self.trips[-1].line, self.trips[-1].days = self.line_of[route], self.days_of[service]

    def _read_frequencies(self) -> None:
        columns = ("trip_id", "start_time", "end_time", "headway_secs")
        total = 0
        for line, (code, start, end, every, exact) in self.feed.rows("frequencies.txt", columns, ("exact_times",)):
            with self.faults.of("frequencies.txt", line):
                if code not in self.trip_of:
                    raise ValueError(_("la course « %s » n’existe pas.") % code[:100])
                first, last = read_time(start), read_time(end)
                seconds = read_number(every, "headway_secs", least=1, most=86_400)
                if last <= first:
                    raise ValueError(_("l’intervalle finit avant de commencer."))
                trip = self.trips[self.trip_of[code]]
                trip.intervals = trip.intervals or []
                if any(first < other[1] and last > other[0] for other in trip.intervals):
                    raise ValueError(_("deux intervalles de la course « %s » se chevauchent.") % code[:100])
                is_exact = read_number(exact, "exact_times", most=1, blank=0) == 1
                trip.intervals.append((first, last, seconds, is_exact))
                total += (last - first) // seconds if is_exact else 0
                if total > MOST_EXACT:
                    self.faults.add("frequencies.txt", line, _("trop de départs : %d au plus.") % MOST_EXACT)
                    return

    def _read_transfers(self) -> None:
        rows = self.feed.rows("transfers.txt", (), ("from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time"))
        for line, (start, end, kind, seconds) in rows:
            with self.faults.of("transfers.txt", line):
                transfer = read_number(kind, "transfer_type", most=5, blank=0)
                if transfer > 3 and not start and not end:  # between two trips of the same vehicle
                    continue
                for code in (start, end):
                    if code not in self.stop_of:
                        raise ValueError(_("l’arrêt « %s » n’existe pas.") % code[:100])
                least = read_number(seconds, "min_transfer_time", most=86_400, blank=-1)
                one, other = self._rank_of(start), self._rank_of(end)
                if transfer != 3 and None not in (one, other) and one != other:
                    known = self.stops[one].changes.get(other)
                    self.stops[one].changes[other] = max(least, known or 0) if least >= 0 else known

    def _rank_of(self, code: str) -> int | None:
        """The stop as people name it of any code: of a station too."""
        found = self.stop_of[code]
        return self._stations.get(code) if found is None else found


def _refuse_blank(cell: str, column: str) -> None:
    if not cell:
        raise ValueError(_("%s est vide.") % column)


def _same_clock(one: str, other: str, today: date) -> bool:
    """Tell whether two zones show the same hour all through the year around `today`."""
    if one == other:
        return True
    noons = (datetime.combine(today, time(12), UTC) + timedelta(days) for days in range(-DAYS_AHEAD, DAYS_AHEAD, 7))
    return all(
        noon.astimezone(ZoneInfo(one)).utcoffset() == noon.astimezone(ZoneInfo(other)).utcoffset() for noon in noons
    )
