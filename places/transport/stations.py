"""Stops and lines alone, for a city whose timetables are not loaded yet: the demonstration."""

import csv
from collections import defaultdict
from pathlib import Path
from statistics import fmean

from django.conf import settings

from places.models import DataVersion
from places.transport.gtfs import read_colour
from places.transport.importing import put_in_force, slugs_of
from places.transport.models import Line, Stop, Timetable, number_in


def load_stations(stops: Path, lines: Path) -> None:
    """Write the stops and the lines of two CSV files, unless timetables are there; call it inside a transaction."""
    if Timetable.objects.exists():
        return
    timetable = Timetable.objects.create(source=stops.name, networks=["ilévia"], timezone=settings.TIME_ZONE)
    known = {}
    for rank, row in enumerate(_rows(lines)):
        known[row["nom"]] = Line(
            id=number_in(timetable, rank),
            timetable=timetable,
            code=row["code"],
            nom=row["nom"],
            description=row["parcours"],
            network="ilévia",
            mode=row["mode"],
            colour=read_colour(row["couleur"]),
            rank=rank,
        )
    Line.objects.bulk_create(known.values())
    named = defaultdict(list)
    for row in _rows(stops):
        named[row["nom"]].append(row)
    slugs = slugs_of(dict(enumerate(named)))
    for rank, (name, rows) in enumerate(named.items()):
        stop = Stop.objects.create(
            id=number_in(timetable, rank),
            timetable=timetable,
            slug=slugs[rank],
            nom=name,
            latitude=round(fmean(float(row["latitude"]) for row in rows), 6),
            longitude=round(fmean(float(row["longitude"]) for row in rows), 6),
        )
        stop.lines.set(known[line] for row in rows for line in row["lignes"].split("|"))
    put_in_force(timetable, [])
    DataVersion.objects.advance()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
