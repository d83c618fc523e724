"""Which places a telephone keeps: all of them in a city; where there are too many, those around where one started."""

from django.core.cache import cache
from django.urls import reverse

from places import geo
from places.finding.asking import Asked
from places.geo import Point
from places.models import Place
from places.near.nearest import ByDistance

MOST = 200  # a city: three seconds to write their cards, and 0.2 MB to keep them
AROUND = 60  # of too many: a second
DECIMALS = 2  # of a degree, about a kilometre: all that is kept of where one was


def worker_address(version: int, asked: Asked) -> str:
    """Return the address of the script that keeps the pages; blank until one knows which of too many places."""
    address = reverse("places:find_worker")
    if _are_few(version):
        return address
    return f"{address}?point={_about(asked.start.point)}" if asked.start else ""


def around(text: str, version: int) -> str:
    """Return the point that decides which places are kept, as addresses write it; blank when all are."""
    point = geo.parse_point(text)
    return _about(point) if point and not _are_few(version) else ""


def kept_places(around: str) -> list[Place]:
    places = Place.objects.published().defer("search_text").prefetch_related("permanences")
    if around:
        nearest = [place.pk for place in ByDistance(places, geo.parse_point(around))[:AROUND]]
        places = places.filter(pk__in=nearest)
    return list(places.order_by("slug")[:MOST])


def _are_few(version: int) -> bool:
    return cache.get_or_set(f"few-places-{version}", lambda: not Place.objects.published()[MOST : MOST + 1].exists())


def _about(point: Point) -> str:
    return geo.write_point(Point(*(round(degrees, DECIMALS) + 0.0 for degrees in point)))
