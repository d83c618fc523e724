"""Projections of official files, and how their coordinates become WGS84 degrees."""

from collections.abc import Callable
from functools import lru_cache

from django.utils.translation import gettext as _

from places.files import UnreadableFile
from places.geo import FRANCE, LAMBERT_EAST, LAMBERT_NORTH

WGS84, LAMBERT93 = 4326, 2154


@lru_cache(maxsize=32)
def to_degrees(said: str) -> tuple[str, Callable | None]:
    """Return the name of a projection and what turns arrays of x, y into longitudes and latitudes; None for degrees.

    `said` is a WKT, `EPSG:2154`, an OGC urn, or a number. Raises UnreadableFile when nobody knows it.
    """
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    text = said.strip()
    if text.isdecimal():
        text = f"EPSG:{text}"
    try:
        system = CRS.from_user_input(text)
        if not (system.is_projected or system.is_geographic):
            raise CRSError(text)
        # RGF93 and WGS84 differ by less than what a contour knows: a geographic system is read as degrees.
        transform = None if system.is_geographic else Transformer.from_crs(system, WGS84, always_xy=True).transform
    except CRSError as error:
        raise UnreadableFile(_("Projection inconnue : « %s ».") % text[:60]) from error
    return system.name, transform


def guess(x: float, y: float) -> str | None:
    """Return the projection that a coordinate suggests when a file does not say: degrees, or Lambert-93 in France."""
    if -180 <= x <= 180 and -90 <= y <= 90:
        return str(WGS84)
    if x in LAMBERT_EAST and y in LAMBERT_NORTH:
        return str(LAMBERT93)
    return None


def is_swapped(west: float, south: float, east: float, north: float) -> bool:
    """Tell a box of degrees written latitude first: it would be in France the other way round, and is not this way."""
    return (
        FRANCE.south <= west <= east <= FRANCE.north
        and FRANCE.west <= south <= north <= FRANCE.east
        and not (FRANCE.west <= west <= east <= FRANCE.east and FRANCE.south <= south <= north <= FRANCE.north)
    )
