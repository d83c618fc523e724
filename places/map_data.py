"""What the map draws: every result when a browser can hold them, otherwise what is in view, as points or as counts.

The answer depends only on the question, the view and the version of the data, so it is made once and kept; that of a
question about time, as long as nobody opens or closes.
"""

import gzip
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy
from django.core.cache import cache
from numpy import ndarray

from places.filters import PlaceFilter
from places.geo import Box
from places.models import Place, Territory
from places.models.place import family_of
from places.transport import layers

MOST_POINTS = 1_000  # 30 KB, compressed
TILE_ZOOMS = range(20)
COUNTRY = 6  # the zoom of who does not tell any
MOST_TILES = 32  # that a screen shows on each side; whoever asks for more gets counts of larger cells
CELLS_PER_TILE = 4  # on each side: a count every 64 pixels
KEPT_FOR = 3600  # seconds


@dataclass(frozen=True)
class View:
    """What a screen shows, widened to whole tiles so that neighbours on screen ask the same question."""

    box: Box
    zoom: int

    @classmethod
    def read(cls, bbox: str, zoom: str) -> "View | None":
        """Read `west,south,east,north` and a zoom; None when either means nothing."""
        try:
            west, south, east, north = (float(part) for part in bbox.split(","))
            level = int(zoom)
        except ValueError:
            return None
        if not (-180 <= west < east <= 180 and -85 <= south < north <= 85) or level not in TILE_ZOOMS:
            return None
        while 2**level * max(east - west, north - south) > 360 * MOST_TILES:
            level -= 1
        return cls(_snapped(Box(south, west, north, east), level), level)


@dataclass(frozen=True)
class Answer:
    """The bytes of one map answer, plain and compressed, and the tag that changes when they do."""

    body: bytes
    compressed: bytes
    tag: str


def answer(question: PlaceFilter, view: View | None, version: int) -> Answer:
    """Return the map's answer to a question, from the cache when the data has not moved since."""
    return kept(f"places {question.selection} {question.moment} {view}", version, lambda: features(question, view))


def outlines(kind: str, version: int) -> Answer:
    """Return the outlines of the current territories of a kind, simplified, with their code and name."""
    return kept(f"outlines {kind}", version, lambda: _outlines(kind))


def transport(layer: str, version: int) -> Answer:
    """Return the lines or the stops of public transport."""
    return kept(f"transport {layer}", version, {"lignes": layers.drawn_lines, "arrets": layers.drawn_stops}[layer])


def kept(name: str, version: int, make: Callable[[], dict]) -> Answer:
    key = hashlib.sha256(f"{version} {name}".encode()).hexdigest()
    answer = cache.get(key)
    if answer is None:
        body = json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode()
        answer = Answer(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:16])
        cache.set(key, answer, KEPT_FOR)
    return answer


def _outlines(kind: str) -> dict:
    territories = Territory.objects.current().of_kind(kind).order_by("code")
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": outline, "properties": {"code": code, "nom": nom}}
            for code, nom, outline in territories.values_list("code", "nom", "outline")
        ],
    }


def features(question: PlaceFilter, view: View | None) -> dict:
    """Return a FeatureCollection: `total` located results, `complete` when all of them are in it."""
    places = question.bitmaps
    located = question.found & ~places.unlocated
    total = question.total - question.unlocated
    shown = places.positions(located, view.box if view and total > MOST_POINTS else None)
    if len(shown) <= MOST_POINTS:
        drawn = _points(places.numbers[shown].tolist(), question.asked_services)
    else:
        drawn = _cells(places.latitudes[shown], places.longitudes[shown], view.zoom if view else COUNTRY)
    return {
        "type": "FeatureCollection",
        "complete": total <= MOST_POINTS,
        "total": total,
        "features": drawn,
    }


def point(place: Place) -> dict:
    """Return the feature of one located place."""
    return _feature(place.pk, place.slug, place.nom, place.latitude, place.longitude, place.family())


def _points(numbers: list[int], asked: int) -> list[dict]:
    places = Place.objects.filter(number__among=numbers).order_by("slug")
    rows = places.values_list("id", "slug", "nom", "latitude", "longitude", "offered_services")
    return [_feature(*row, family_of(services, asked)) for *row, services in rows]


def _feature(pk: str, slug: str, nom: str, latitude: float, longitude: float, family: str) -> dict:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]},
        "properties": {"id": pk, "slug": slug, "nom": nom, "famille": family},
    }


def _cells(latitudes: ndarray, longitudes: ndarray, zoom: int) -> list[dict]:
    """Counts per cell of a plain latitude and longitude grid, each drawn at the mean of its places."""
    step = 360 / 2**zoom / CELLS_PER_TILE
    rows, columns = (numpy.floor(degrees / step).astype(int) for degrees in (latitudes, longitudes))
    rows -= rows.min()
    columns -= columns.min()
    cells = rows * (columns.max() + 1) + columns
    counts, south, west = (numpy.bincount(cells, weights) for weights in (None, latitudes, longitudes))
    held = numpy.flatnonzero(counts)
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(west / number, 5), round(south / number, 5)]},
            "properties": {"lieux": number},
        }
        for number, south, west in zip(*(sums[held].tolist() for sums in (counts, south, west)), strict=True)
    ]


def _snapped(box: Box, zoom: int) -> Box:
    """Widen a box to the borders of the web map's tiles at this zoom."""
    size = 2**zoom

    def row(latitude: float) -> float:
        radians = math.radians(latitude)
        return (1 - math.asinh(math.tan(radians)) / math.pi) / 2 * size

    def latitude(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / size))))

    def column(longitude: float) -> float:
        return (longitude + 180) / 360 * size

    return Box(
        south=latitude(math.ceil(row(box.south))),
        west=math.floor(column(box.west)) / size * 360 - 180,
        north=latitude(math.floor(row(box.north))),
        east=math.ceil(column(box.east)) / size * 360 - 180,
    )
