"""From a GTFS file to the timetable in force: read and checked first, then swapped in one transaction."""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.files import UnreadableFile, fetch
from places.geo import Box
from places.models import DataVersion, Place, Territory
from places.spoken import dated
from places.text import fold
from places.transport.folding import Progress, Timings
from places.transport.gtfs import Fault, Faults, Feed
from places.transport.models import (
    Call,
    Line,
    Mode,
    Pattern,
    Run,
    Service,
    ServiceDay,
    Stop,
    Timetable,
    number_in,
)
from places.transport.network import Network
from places.transport.shapes import drawn_lines

BATCH = 2_000
MARGIN = 2.0  # kilometres around the territory: the stop across the border is sometimes the nearest
FAULTS_SAID = 50


@dataclass
class TransportReport:
    applied: bool = False
    networks: list[str] = field(default_factory=list)
    starts_on: date | None = None
    ends_on: date | None = None
    is_over: bool = False
    lines: int = 0
    stops: int = 0
    trips: int = 0
    kept_trips: int = 0
    stop_times: int = 0
    patterns: int = 0
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    remarks: list[str] = field(default_factory=list)

    @property
    def is_refused(self) -> bool:
        return bool(self.fault_count)

    def sentences(self) -> Iterator[str]:
        """Say in French what was found."""
        for fault in self.faults[:FAULTS_SAID]:
            yield str(fault)
        if self.fault_count > FAULTS_SAID:
            yield _("… et %d autres fautes.") % (self.fault_count - FAULTS_SAID)
        if self.is_refused:
            yield (
                ngettext(
                    "Fichier refusé : %d faute. Les horaires d’avant restent en vigueur.",
                    "Fichier refusé : %d fautes. Les horaires d’avant restent en vigueur.",
                    self.fault_count,
                )
                % self.fault_count
            )
            return
        yield _("%(networks)s, du %(start)s au %(end)s.") % {
            "networks": ", ".join(self.networks) or _("Réseau sans nom"),
            "start": dated(self.starts_on, year=True),
            "end": dated(self.ends_on, year=True),
        }
        yield _("%(times)d horaires et %(trips)d courses lus ; %(kept)d courses passent par le territoire.") % {
            "times": self.stop_times,
            "trips": self.trips,
            "kept": self.kept_trips,
        }
        yield _("%(lines)d lignes, %(stops)d arrêts, %(patterns)d façons de les parcourir.") % vars(self)
        yield from self.remarks
        if self.is_over:
            yield _("Attention : ces horaires sont périmés.")
        if not self.applied:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")


def import_gtfs(
    address: str,
    *,
    apply: bool = False,
    margin: float = MARGIN,
    licence: str = "",
    today: date,
    progress: Progress = iter,
) -> TransportReport:
    """Read a feed, say what is wrong with it or what it holds here and, when asked, put it in force.

    `today` bounds the days that are kept. Raises UnreadableFile when the file is no feed at all.
    """
    faults = Faults()
    report = TransportReport()
    with ExitStack() as stack:
        feed = Feed(stack.enter_context(_opened(address)), faults)
        territory = territory_box(margin)
        network = Network(feed, today)
        feed.require()
        if faults.count:
            return _refused(report, faults)
        network.read()
        timings = Timings(network, territory, progress)
        stack.callback(timings.close)
        timings.read()
        if not faults.count and not timings.served:
            faults.add("stop_times.txt", 0, _("aucun arrêt desservi n’est dans le territoire."))
        drawings = {} if faults.count else drawn_lines(network, timings, territory)
        if faults.count:
            return _refused(report, faults)
        report.remarks = network.remarks
        _count(report, network, timings, today)
        if apply:
            with transaction.atomic():
                _write(address, licence, network, timings, drawings, report)
                DataVersion.objects.advance()
            report.applied = True
    return report


def _refused(report: TransportReport, faults: Faults) -> TransportReport:
    report.faults, report.fault_count = faults.kept, faults.count
    return report


def territory_box(margin: float) -> Box | None:
    """Return the box of the communes and the published places, `margin` kilometres wider; None when there are none."""
    boxes = [
        Territory.objects.current()
        .of_kind(Territory.Kind.COMMUNE)
        .aggregate(south=Min("south"), west=Min("west"), north=Max("north"), east=Max("east")),
        Place.objects.published()
        .located()
        .aggregate(south=Min("latitude"), west=Min("longitude"), north=Max("latitude"), east=Max("longitude")),
    ]
    boxes = [box for box in boxes if box["south"] is not None]
    if not boxes:
        return None
    whole = Box(
        min(box["south"] for box in boxes),
        min(box["west"] for box in boxes),
        max(box["north"] for box in boxes),
        max(box["east"] for box in boxes),
    )
    return whole.widened(margin * 1000)


def _opened(address: str) -> BinaryIO:
    if re.match(r"https?://", address, re.IGNORECASE):
        return io.BytesIO(fetch(address))
    try:
        return Path(address).open("rb")
    except OSError as error:
        raise UnreadableFile(
            _("« %(file)s » ne peut pas être lu : %(why)s.") % {"file": address, "why": error.strerror}
        ) from error


def _count(report: TransportReport, network: Network, timings: Timings, today: date) -> None:
    days = 0
    for service in timings.services:
        days |= service
    first = (days & -days).bit_length() - 1
    report.starts_on = network.first_day + timedelta(first)
    report.ends_on = network.first_day + timedelta(days.bit_length() - 1)
    if network.stated_end:
        report.ends_on = max(report.starts_on, min(report.ends_on, network.stated_end))
    report.is_over = report.ends_on < today
    report.networks = network.networks
    report.stops = len({stop for stop, _line in timings.served})
    report.lines = len({line for _stop, line in timings.served})
    report.trips, report.kept_trips = timings.trips, timings.kept_trips
    report.stop_times, report.patterns = timings.stop_times, timings.patterns


def _write(
    address: str, licence: str, network: Network, timings: Timings, drawings: dict[int, dict], report: TransportReport
) -> None:
    """Write the new timetable beside the one in force, put it in its place, then remove what it replaces."""
    replaced = list(Timetable.objects.select_for_update())
    timetable = Timetable.objects.create(
        source=address[:500],
        licence=licence,
        networks=network.networks,
        version=network.version,
        timezone=network.timezone,
        starts_on=report.starts_on,
        ends_on=report.ends_on,
        longest=timings.longest,
    )
    _write_lines(timetable, network, timings, drawings)
    _write_stops(timetable, network, timings)
    _write_services(timetable, network, timings)
    _write_patterns(timetable, timings)
    put_in_force(timetable, replaced)


def put_in_force(timetable: Timetable, replaced: Iterable[Timetable]) -> None:
    """Make this timetable the one people see, and remove those it replaces; inside a transaction."""
    for old in replaced:
        remove(old)
    timetable.current = True
    timetable.save(update_fields=["current"])


def remove(timetable: Timetable) -> None:
    """Delete a timetable from its leaves up, so that nothing is read to be deleted."""
    Call.objects.filter(pattern__timetable=timetable).delete()
    Run.objects.filter(pattern__timetable=timetable).delete()
    ServiceDay.objects.filter(service__timetable=timetable).delete()
    Pattern.objects.filter(timetable=timetable).delete()
    Service.objects.filter(timetable=timetable).delete()
    Stop.lines.through.objects.filter(stop__timetable=timetable).delete()
    Stop.objects.filter(timetable=timetable).delete()
    Line.objects.filter(timetable=timetable).delete()
    timetable.delete()


def _write_lines(timetable: Timetable, network: Network, timings: Timings, drawings: dict[int, dict]) -> None:
    served = sorted({line for _stop, line in timings.served}, key=lambda rank: _reading_order(network.lines[rank]))
    _write_all(
        Line,
        (
            Line(
                id=number_in(timetable, rank),
                timetable=timetable,
                code=line.code,
                nom=line.nom,
                description=line.description,
                network=line.network,
                mode=line.mode,
                colour=line.colour,
                rank=order,
                geometry=drawings.get(rank),
            )
            for order, rank in enumerate(served)
            for line in [network.lines[rank]]
        ),
    )


def _reading_order(line) -> tuple:
    """The order of the network when it has one, then metro before tram before bus, then 2 before 10."""
    words = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", fold(line.nom)) if part]
    return line.order, Mode.values.index(line.mode), words, line.code


def _write_stops(timetable: Timetable, network: Network, timings: Timings) -> None:
    kept = {stop for stop, _line in timings.served}
    slugs = slugs_of(
        {rank: network.stops[rank].nom for rank in sorted(kept, key=lambda r: min(network.stops[r].codes))}
    )
    _write_all(
        Stop,
        (
            Stop(
                id=number_in(timetable, rank),
                timetable=timetable,
                slug=slugs[rank],
                codes=sorted(stop.codes),
                nom=stop.nom,
                latitude=round(stop.latitude, 6),
                longitude=round(stop.longitude, 6),
                wheelchair=stop.wheelchair,
                changes=[
                    [number_in(timetable, other), seconds] for other, seconds in stop.changes.items() if other in kept
                ],
            )
            for rank in sorted(kept)
            for stop in [network.stops[rank]]
        ),
    )
    _write_all(
        Stop.lines.through,
        (
            Stop.lines.through(stop_id=number_in(timetable, stop), line_id=number_in(timetable, line))
            for stop, line in sorted(timings.served)
        ),
    )


def slugs_of(names: dict[int, str]) -> dict[int, str]:
    """Return an address for each name, numbered in the order given when several are the same."""
    slugs: dict[int, str] = {}
    taken: set[str] = set()
    for rank, name in names.items():
        base = fold(name).replace(" ", "-")[:180] or "arret"
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        slugs[rank] = slug
    return slugs


def _write_services(timetable: Timetable, network: Network, timings: Timings) -> None:
    _write_all(
        Service,
        (Service(id=number_in(timetable, rank), timetable=timetable) for rank in range(len(timings.services))),
    )
    _write_all(
        ServiceDay,
        (
            ServiceDay(service_id=number_in(timetable, rank), day=network.first_day + timedelta(day))
            for rank, days in enumerate(timings.services)
            for day in range(days.bit_length())
            if days >> day & 1
        ),
    )


def _write_patterns(timetable: Timetable, timings: Timings) -> None:
    _write_all(
        Pattern,
        (
            Pattern(
                id=number_in(timetable, rank),
                timetable=timetable,
                line_id=number_in(timetable, line),
                direction=direction,
            )
            for rank, (line, direction) in enumerate(timings.found_patterns())
        ),
    )
    _write_all(
        Call,
        (
            Call(
                pattern_id=number_in(timetable, pattern),
                stop_id=number_in(timetable, stop),
                rank=rank,
                arrival=arrival,
                departure=departure,
                boarding=boarding,
                alighting=alighting,
                direction=direction,
            )
            for rank, pattern, stop, arrival, departure, boarding, alighting, direction in timings.found_calls()
        ),
    )
    _write_all(
        Run,
        (
            Run(
                pattern_id=number_in(timetable, pattern),
                service_id=number_in(timetable, service),
                starts=sorted(set(starts)),
                spans=sorted(timings.spans.get((pattern, service), [])),
            )
            for (pattern, service), starts in timings.starts.items()
        ),
    )


def _write_all(model, rows: Iterator) -> None:
    while batch := list(islice(rows, BATCH)):
        model.objects.bulk_create(batch)
