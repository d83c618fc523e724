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

from django.core.cache import cache
from django.db.models import Avg, Count, F, FloatField, IntegerField
from django.db.models.functions import Cast, Floor

from places.filters import PlaceFilter
from places.geo import Box
from places.models import Place, Territory
from places.models.place import family_of
from places.transport import layers

MOST_POINTS = 1_000  # 30 KB, compressed
TILE_ZOOMS = range(20)
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
    located = question.qs.located()
    total = question.total - question.unlocated
    shown = located
    if total > MOST_POINTS and view is not None:
        shown = located.filter(
            latitude__range=(view.box.south, view.box.north), longitude__range=(view.box.west, view.box.east)
        )
    points = total if shown is located else shown.count()
    drawn = _points(shown, question.asked_services) if points <= MOST_POINTS else _cells(shown, view)
    return {
        "type": "FeatureCollection",
        "complete": total <= MOST_POINTS,
        "total": total,
        "features": drawn,
    }


def point(place: Place) -> dict:
    """Return the feature of one located place."""
    return _feature(place.pk, place.slug, place.nom, place.latitude, place.longitude, place.family())


def _points(places, asked: int) -> list[dict]:
    rows = places.order_by("slug").values_list("id", "slug", "nom", "latitude", "longitude", "offered_services")
    return [_feature(*row, family_of(services, asked)) for *row, services in rows]


def _feature(pk: str, slug: str, nom: str, latitude: float, longitude: float, family: str) -> dict:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]},
        "properties": {"id": pk, "slug": slug, "nom": nom, "famille": family},
    }


def _cells(places, view: View | None) -> list[dict]:
    """Counts per cell of a plain latitude and longitude grid, each drawn at the mean of its places."""
    zoom = view.zoom if view else 6
    step = 360 / 2**zoom / CELLS_PER_TILE
    rows = (
        places.order_by()
        .annotate(
            row=Cast(Floor(F("latitude") / step, output_field=FloatField()), IntegerField()),
            column=Cast(Floor(F("longitude") / step, output_field=FloatField()), IntegerField()),
        )
        .values_list("row", "column")
        .annotate(number=Count("*"), latitude_mean=Avg("latitude"), longitude_mean=Avg("longitude"))
        .order_by("row", "column")
    )
    return [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(longitude, 5), round(latitude, 5)]},
            "properties": {"lieux": number},
        }
        for _row, _column, number, latitude, longitude in rows
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
