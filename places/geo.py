"""Points and boxes on the globe, in WGS84 degrees; distances in metres."""

from math import asin, cos, isfinite, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS = 6_371_008.8  # metres, mean radius of IUGG


class Point(NamedTuple):
    latitude: float
    longitude: float


class Box(NamedTuple):
    south: float
    west: float
    north: float
    east: float

    def holds(self, point: Point) -> bool:
        return self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east


class Range(NamedTuple):
    lowest: float
    highest: float

    def __contains__(self, number: object) -> bool:
        return isinstance(number, (int, float)) and self.lowest <= number <= self.highest


# Metropolitan France, and the metres its legal projection gives it (arrêté du 5 mars 2019: EPSG:2154).
FRANCE = Box(41.2, -5.3, 51.2, 9.8)
LAMBERT_EAST = Range(90_000, 1_260_000)
LAMBERT_NORTH = Range(6_030_000, 7_130_000)


def is_on_earth(latitude: float, longitude: float) -> bool:
    return isfinite(latitude) and isfinite(longitude) and -90 <= latitude <= 90 and -180 <= longitude <= 180


def read_point(latitude: float, longitude: float) -> tuple[Point | None, str]:
    """Return the point two numbers mean, and how it was read: "" as written, "swapped", or "lambert".

    None for 0, 0 (an empty cell once made a number) and for what is neither degrees nor Lambert-93 metres in France.
    Metropolitan France is told by its box, so that an overseas point is never taken for a swapped one.
    """
    if is_on_earth(latitude, longitude) and (latitude, longitude) != (0, 0):
        if FRANCE.holds(Point(longitude, latitude)) and not FRANCE.holds(Point(latitude, longitude)):
            return Point(longitude, latitude), "swapped"
        return Point(latitude, longitude), ""
    for east, north in ((longitude, latitude), (latitude, longitude)):
        if east in LAMBERT_EAST and north in LAMBERT_NORTH:
            found = from_lambert93(east, north)
            if FRANCE.holds(found):
                return found, "lambert"
    return None, ""


def from_lambert93(east: float, north: float) -> Point:
    """Convert metres of the French legal projection (EPSG:2154) to degrees, to the decimetre."""
    from pyproj import Transformer

    longitude, latitude = Transformer.from_crs(2154, 4326, always_xy=True).transform(east, north)
    return Point(round(latitude, 6), round(longitude, 6))


def distance(one: Point, other: Point) -> float:
    """Return the great-circle distance in metres (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(half))
