"""The drawing of each line in the territory: its shapes or, without them, the way from stop to stop."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from django.utils.translation import gettext as _
from shapely import LineString, box, get_parts, union_all
from shapely.geometry.base import BaseGeometry

from places.geo import Box
from places.transport.folding import BATCH, Timings
from places.transport.gtfs import read_number, read_position
from places.transport.network import Network

TOLERANCE = 0.0001  # degrees: some 10 m
SAME_STREET = 0.0004  # degrees: the other direction, or a variant, adds nothing nearer than this
SHORTEST = 0.002  # degrees: what a variant must add to be drawn
DECIMALS = 5


def drawn_lines(network: Network, timings: Timings, territory: Box | None) -> dict[int, dict]:
    """Return the MultiLineString of each line, by rank; what most trips do first, what variants add after."""
    shapes = _read_shapes(network, {shape for _line, shape in timings.shapes if shape})
    found: dict[int, list[tuple[int, LineString]]] = defaultdict(list)
    without: set[int] = set()
    for (line, shape), trips in timings.shapes.items():
        if shape in shapes:
            found[line].append((trips, shapes[shape]))
        else:
            without.add(line)
    for line, stops in timings.ways():
        if line in without and line not in found and len(set(stops)) > 1:
            places = [(network.stops[stop].longitude, network.stops[stop].latitude) for stop in stops]
            found[line].append((len(stops), LineString(places)))
    window = territory and box(territory.west, territory.south, territory.east, territory.north)
    drawn = {line: _network_of(ways, window) for line, ways in found.items()}
    return {line: geometry for line, geometry in drawn.items() if geometry}


def _read_shapes(network: Network, wanted: set[str]) -> dict[str, LineString]:
    """Read the shapes that trips follow, sorted on the disk, simplified one by one."""
    names = list(wanted)
    ranks = {name: rank for rank, name in enumerate(names)}
    store = sqlite3.connect("")
    store.execute("CREATE TABLE point (shape INT, sequence INT, latitude REAL, longitude REAL)")
    points: list[tuple] = []
    for point in _points(network, ranks):
        points.append(point)
        if len(points) == BATCH:
            store.executemany("INSERT INTO point VALUES (?,?,?,?)", points)
            points.clear()
    store.executemany("INSERT INTO point VALUES (?,?,?,?)", points)
    shapes = {}
    for rank, rows in groupby(store.execute("SELECT * FROM point ORDER BY shape, sequence"), itemgetter(0)):
        way = [(longitude, latitude) for _shape, _sequence, latitude, longitude in rows]
        if len(set(way)) > 1:
            shapes[names[rank]] = LineString(way).simplify(TOLERANCE)
    store.close()
    if missing := len(wanted) - len(shapes):
        network.remarks.append(_("%d tracés manquent : ces lignes sont dessinées d’arrêt en arrêt.") % missing)
    return shapes


def _points(network: Network, ranks: dict[str, int]) -> Iterator[tuple]:
    columns = ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence")
    for line, (shape, latitude, longitude, sequence) in network.feed.rows("shapes.txt", columns):
        with network.faults.of("shapes.txt", line):
            position = read_position(latitude, longitude)
            number = read_number(sequence, "shape_pt_sequence", most=2**31 - 1)
            if shape in ranks:
                yield ranks[shape], number, *position


def _network_of(ways: list[tuple[int, LineString]], window: BaseGeometry | None) -> dict | None:
    kept: list[BaseGeometry] = []
    for _trips, way in sorted(ways, key=itemgetter(0), reverse=True):
        rest = way.intersection(window) if window else way
        if kept:
            rest = rest.difference(union_all(kept).buffer(SAME_STREET))
            rest = union_all([part for part in get_parts(rest) if part.length > SHORTEST])
        if rest.length:
            kept.append(rest)
    lines = [
        [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in part.coords]
        for geometry in kept
        for part in get_parts(geometry.simplify(TOLERANCE))
        if part.geom_type in ("LineString", "LinearRing")
    ]
    return {"type": "MultiLineString", "coordinates": lines} if lines else None
