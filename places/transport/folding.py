"""Stop times folded into patterns: trips with the same stops at the same pace are one pattern and a list of starts.

Millions of stop times pass one by one through a private temporary database on the disk, which sorts them by trip;
what stays in memory is one small number per trip and per pattern.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import chain, groupby
from operator import itemgetter

from django.utils.translation import gettext as _

from places.geo import Box, Point
from places.transport.gtfs import read_number, read_time
from places.transport.models import Call
from places.transport.network import Network, Trip

BATCH = 20_000
MOST_SEQUENCE = 2**31 - 1
YES, NO, ON_DEMAND = Call.Boarding.YES, Call.Boarding.NO, Call.Boarding.ON_DEMAND
# What pickup_type and drop_off_type say: as planned, none, by phone, by asking the driver.
BOARDINGS = (YES.value, NO.value, ON_DEMAND.value, ON_DEMAND.value)
COLUMNS = ("trip_id", "stop_sequence")
OPTIONAL = (
    *("stop_id", "arrival_time", "departure_time", "pickup_type", "drop_off_type", "stop_headsign"),
    *("location_group_id", "location_id"),
)

Progress = Callable[[Iterable], Iterable]


class Timings:
    """The patterns and the runs of a feed in one territory; `close()` gives its disk space back."""

    def __init__(self, network: Network, box: Box | None, progress: Progress = iter):
        self.network = network
        self.faults = network.faults
        self.progress = progress
        self.is_near = [box is None or box.holds(Point(stop.latitude, stop.longitude)) for stop in network.stops]
        self.stop_times = self.trips = self.kept_trips = self.longest = 0
        self.patterns = 0
        self.services: list[int] = []  # the days of each, as bits
        self.starts: dict[tuple[int, int], array] = {}  # of a pattern on the days of a service
        self.spans: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
        self.served: set[tuple[int, int]] = set()  # (stop, line)
        self.shapes: dict[tuple[int, str], int] = {}  # (line, shape): trips
        self._ranks: dict[bytes, int] = {}
        self._service_ranks: dict[int, int] = {}
        self._headsigns: dict[str, int] = {"": 0}
        self._store = sqlite3.connect("", isolation_level=None)  # a temporary file of SQLite's own
        self._store.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA cache_size=-8000;"
            "CREATE TABLE time (trip INT, sequence INT, stop INT, arrival INT, departure INT, boarding INT,"
            " alighting INT, headsign INT, line INT);"
            "CREATE TABLE pattern (line INT, direction TEXT);"
            "CREATE TABLE call (pattern INT, stop INT, arrival INT, departure INT, boarding INT, alighting INT,"
            " direction TEXT);"
        )

    def close(self) -> None:
        self._store.close()

    def read(self) -> None:
        """Take every stop time in, then fold them trip by trip unless something is wrong."""
        self._store.execute("BEGIN")
        rows: list[tuple] = []
        for row in self._times():
            rows.append(row)
            if len(rows) == BATCH:
                self._store.executemany("INSERT INTO time VALUES (?,?,?,?,?,?,?,?,?)", rows)
                self.stop_times += len(rows)
                rows.clear()
        self._store.executemany("INSERT INTO time VALUES (?,?,?,?,?,?,?,?,?)", rows)
        self.stop_times += len(rows)
        self._store.execute("COMMIT")
        if not self.stop_times and not self.faults.count:
            self.faults.add("stop_times.txt", 0, _("le fichier n’a aucune ligne."))
        self._headsign_texts = list(self._headsigns)
        self._fold()

    def _times(self) -> Iterator[tuple]:
        """The rows of stop_times.txt as numbers. The inner loop: plain, without calls where it can."""
        trip_of, stop_of, headsigns = self.network.trip_of, self.network.stop_of, self._headsigns
        seconds_of: dict[str, int | None] = {"": None}
        previous, trip = None, 0
        for line, values in self.progress(self.network.feed.rows("stop_times.txt", COLUMNS, OPTIONAL)):
            code, sequence, stop, arrival, departure, pickup, drop, headsign, group, area = values
            try:
                if code != previous:
                    if code not in trip_of:
                        raise ValueError(_("la course « %s » n’existe pas.") % code[:100])
                    previous, trip = code, trip_of[code]
                if not stop and (group or area):  # an area served on demand, without stops: nothing to show
                    continue
                if (rank := stop_of.get(stop)) is None:
                    raise ValueError(
                        _("« %s » n’est pas un arrêt de véhicule.") % stop[:100]
                        if stop in stop_of
                        else _("l’arrêt « %s » n’existe pas.") % stop[:100]
                    )
                for text in (arrival, departure):
                    if text not in seconds_of:
                        seconds_of[text] = read_time(text)
                arrives, leaves = seconds_of[arrival], seconds_of[departure]
                if arrives is not None and leaves is not None and leaves < arrives:
                    raise ValueError(_("le départ est avant l’arrivée."))
                yield (
                    trip,
                    read_number(sequence, "stop_sequence", most=MOST_SEQUENCE),
                    rank,
                    leaves if arrives is None else arrives,
                    arrives if leaves is None else leaves,
                    BOARDINGS[read_number(pickup, "pickup_type", most=3, blank=0)],
                    BOARDINGS[read_number(drop, "drop_off_type", most=3, blank=0)],
                    headsigns.setdefault(headsign[:300], len(headsigns)) if headsign else 0,
                    line,
                )
            except ValueError as error:
                self.faults.add("stop_times.txt", line, str(error))

    def _fold(self) -> None:
        ordered = self._store.execute("SELECT * FROM time ORDER BY trip, sequence")
        patterns: list[tuple] = []
        calls: list[tuple] = []
        writer = self._store.cursor()
        for trip, rows in groupby(ordered, itemgetter(0)):
            self.trips += 1
            times = list(rows)
            if not self._is_right(times) or self.faults.count:
                continue
            self._keep(self.network.trips[trip], times, patterns, calls)
            if len(calls) > BATCH:
                self._write(writer, patterns, calls)
        self._write(writer, patterns, calls)
        self._store.execute("DROP TABLE time")

    @staticmethod
    def _write(writer, patterns: list[tuple], calls: list[tuple]) -> None:
        writer.executemany("INSERT INTO pattern VALUES (?,?)", patterns)
        writer.executemany("INSERT INTO call VALUES (?,?,?,?,?,?,?)", calls)
        patterns.clear()
        calls.clear()

    def _is_right(self, times: list[tuple]) -> bool:
        """Check one trip, the times in order; say what is wrong."""
        first, last = times[0], times[-1]
        for time in (first, last):
            if time[3] is None:
                self.faults.add(
                    "stop_times.txt", time[8], _("le premier et le dernier arrêt d’une course ont une heure.")
                )
                return False
        before = None
        sequence = None
        for _trip, rank, _stop, arrival, departure, *_flags, line in times:
            if rank == sequence:
                self.faults.add("stop_times.txt", line, _("stop_sequence %d est présent deux fois.") % rank)
                return False
            sequence = rank
            if arrival is None:
                continue
            if before is not None and arrival < before:
                self.faults.add("stop_times.txt", line, _("l’heure recule dans la course."))
                return False
            before = departure
        return True

    def _keep(self, trip: Trip, times: list[tuple], patterns: list[tuple], calls: list[tuple]) -> None:
        """Add one trip to its pattern, made when it is the first of its kind in the territory."""
        if not trip.days or len(times) < 2:
            return
        arrivals, departures = _filled([time[3] for time in times], [time[4] for time in times])
        start = departures[0]
        end = len(times) - 1
        kept = [
            (
                stop,
                arrivals[rank] - start,
                departures[rank] - start,
                boarding if rank < end else NO.value,
                alighting if rank else NO.value,
                headsign,
            )
            for rank, (_trip, _sequence, stop, _arrival, _departure, boarding, alighting, headsign, _line) in enumerate(
                times
            )
            if self.is_near[stop]
        ]
        if not kept:
            return
        self.kept_trips += 1
        direction = trip.direction or self.network.stops[times[-1][2]].nom
        key = blake2b(f"{trip.line} {direction}".encode(), digest_size=16)
        key.update(array("q", chain.from_iterable(kept)).tobytes())
        pattern = self._ranks.setdefault(key.digest(), len(self._ranks))
        if pattern == self.patterns:
            self.patterns += 1
            patterns.append((trip.line, direction))
            texts = self._headsign_texts
            calls += ((pattern, *call[:5], texts[call[5]] if texts[call[5]] != direction else "") for call in kept)
            self.served.update((call[0], trip.line) for call in kept)
        self.shapes[trip.line, trip.shape] = self.shapes.get((trip.line, trip.shape), 0) + 1
        self._run(pattern, trip, start, latest=departures[-1] - start)

    def _run(self, pattern: int, trip: Trip, start: int, latest: int) -> None:
        service = self._service_ranks.setdefault(trip.days, len(self.services))
        if service == len(self.services):
            self.services.append(trip.days)
        starts = self.starts.setdefault((pattern, service), array("l"))
        if trip.intervals is None:
            starts.append(start)
            self.longest = max(self.longest, start + latest)
            return
        for first, end, every, is_exact in trip.intervals:
            if is_exact:
                starts.extend(range(first, end, every))
            else:
                self.spans.setdefault((pattern, service), []).append((first, end, every))
            self.longest = max(self.longest, end + latest)

    # --- what was found

    def found_patterns(self) -> Iterator[tuple[int, str]]:
        """Give `(line, direction)` of each pattern, in their order."""
        return iter(self._store.execute("SELECT line, direction FROM pattern ORDER BY rowid"))

    def found_calls(self) -> Iterator[tuple]:
        """Give `(rank, pattern, stop, arrival, departure, boarding, alighting, direction)`, pattern by pattern."""
        for _pattern, calls in groupby(self._store.execute("SELECT * FROM call ORDER BY rowid"), itemgetter(0)):
            yield from ((rank, *call) for rank, call in enumerate(calls))

    def ways(self) -> Iterator[tuple[int, list[int]]]:
        """Give `(line, stops)` of each pattern, for the lines that are drawn from stop to stop."""
        rows = self._store.execute(
            "SELECT pattern.line, call.pattern, call.stop FROM call JOIN pattern ON pattern.rowid = call.pattern + 1"
            " ORDER BY call.rowid"
        )
        for (line, _pattern), calls in groupby(rows, itemgetter(0, 1)):
            yield line, [stop for *_rest, stop in calls]


def _filled(arrivals: list[int | None], departures: list[int | None]) -> tuple[list[int], list[int]]:
    """Fill the blanks evenly from a departure to the next known arrival; the first and the last are never blank.

    >>> _filled([0, None, None, 40], [10, None, None, 40])
    ([0, 20, 30, 40], [10, 20, 30, 40])
    """
    if None not in arrivals:
        return arrivals, departures
    arrivals, departures = list(arrivals), list(departures)
    before = 0
    for rank in range(len(arrivals)):
        if arrivals[rank] is None:
            continue
        for blank in range(before + 1, rank):
            share = (arrivals[rank] - departures[before]) * (blank - before) // (rank - before)
            arrivals[blank] = departures[blank] = departures[before] + share
        before = rank
    return arrivals, departures
