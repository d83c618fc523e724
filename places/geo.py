"""Points and boxes on the globe, in WGS84 degrees; distances in metres."""

from math import asin, ceil, cos, degrees, isfinite, pi, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS = 6_371_008.8  # metres, mean radius of IUGG
# On foot: streets are longer than a straight line by about a third, and people who are not in a hurry make 4.5 km/h.
DETOUR = 1.3
WALKED_PER_MINUTE = 4_500 / 60  # metres
POINT_DECIMALS = 5  # of a degree in an address: about a metre
ROUNDING = 1e-9  # degrees: a tenth of a millimetre


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

    def widened(self, metres: float) -> "Box":
        """Return the box with a margin on every side; it stays on the map rather than wrap around it."""
        tall = degrees(metres / EARTH_RADIUS)
        wide = tall / max(cos(radians(max(abs(self.south), abs(self.north)))), 0.01)
        return Box(
            max(-90, self.south - tall),
            max(-180, self.west - wide),
            min(90, self.north + tall),
            min(180, self.east + wide),
        )


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


def walking_minutes(metres: float) -> int:
    """Return the minutes on foot to a point this far in a straight line, the minute begun counted; at least 1.

    Exactly the points within `walk(n)` are n minutes away or less.
    """
    return max(1, ceil(metres * DETOUR / WALKED_PER_MINUTE - ROUNDING))


def walk(minutes: int) -> float:
    """Return how far in a straight line one gets on foot, in metres."""
    return minutes * WALKED_PER_MINUTE / DETOUR


def parse_point(text: str) -> Point | None:
    """Read `latitude,longitude` as addresses write it, rounded; None when it is not a point on earth."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not is_on_earth(latitude, longitude):
        return None
    # Adding zero makes a plain zero of a negative one.
    return Point(round(latitude, POINT_DECIMALS) + 0.0, round(longitude, POINT_DECIMALS) + 0.0)


def write_point(point: Point) -> str:
    """Write a point as `parse_point` reads it: `50.69064,3.17409`."""
    return ",".join(f"{degrees:.{POINT_DECIMALS}f}".rstrip("0").rstrip(".") for degrees in point)


def around(point: Point, metres: float) -> list[Box]:
    """Return the boxes that together hold every point at most this far: two across the antimeridian, one elsewhere."""
    angle = metres / EARTH_RADIUS
    tall = degrees(angle) + ROUNDING
    south, north = max(-90.0, point.latitude - tall), min(90.0, point.latitude + tall)
    if angle >= pi / 2 or south == -90 or north == 90:  # a pole is inside: every longitude
        return [Box(south, -180.0, north, 180.0)]
    wide = degrees(asin(min(1.0, sin(angle) / cos(radians(point.latitude))))) + ROUNDING
    west, east = point.longitude - wide, point.longitude + wide
    if west < -180:
        return [Box(south, -180.0, north, east), Box(south, west + 360, north, 180.0)]
    if east > 180:
        return [Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360)]
    return [Box(south, west, north, east)]


def inner_point(geometry: dict) -> Point:
    """Return a point inside a GeoJSON polygon or multipolygon, about its middle: where "the neighbourhood" is.

    On the parallel through the middle of its largest part, the middle of the longest stretch that is inside.
    """
    parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    rings = max(parts, key=lambda part: _area(part[0]))
    heights = [latitude for _longitude, latitude in rings[0]]
    middle = (min(heights) + max(heights)) / 2
    crossings = []
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
            if (y1 > middle) != (y2 > middle):
                crossings.append(x1 + (middle - y1) / (y2 - y1) * (x2 - x1))
    crossings.sort()
    stretches = list(zip(crossings[::2], crossings[1::2], strict=False)) or [(rings[0][0][0], rings[0][0][0])]
    west, east = max(stretches, key=lambda stretch: stretch[1] - stretch[0])
    return Point(round(middle, POINT_DECIMALS), round((west + east) / 2, POINT_DECIMALS))


def _area(ring: list) -> float:
    """Return the plain area of a ring in square degrees, good enough to tell the largest."""
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2
