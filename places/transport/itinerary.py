"""How to come to a place: on foot, by public transport, by car, in the person's own application; nothing is called."""

import re
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.utils.translation import gettext as _

from places.card import Link, Way
from places.geo import Point, distance
from places.transport.nearby import Nearby, NearStop


@dataclass(frozen=True)
class Itinerary:
    """The ways to a located place, from `start` when the visitor said where they come from."""

    name: str
    target: Point
    start: Point | None
    nearby: Nearby

    @cached_property
    def way(self) -> Way | None:
        return Way.of(distance(self.start, self.target)) if self.start else None

    @property
    def stop(self) -> NearStop | None:
        """Where to get off."""
        return self.nearby.nearest

    @property
    def on_foot(self) -> str:
        return self._openstreetmap("fossgis_osrm_foot")

    @property
    def by_bike(self) -> str:
        return self._openstreetmap("fossgis_osrm_bike")

    @property
    def by_car(self) -> str:
        return self._openstreetmap("fossgis_osrm_car")

    @property
    def by_transport(self) -> Link:
        return Link(planner_address(self.name, self.target, self.start), settings.JOURNEY_PLANNER_NAME)

    @property
    def applications(self) -> list[Link]:
        """The addresses that open the map application of a phone: any one of them, then each maker's own."""
        target, start = written(self.target), written(self.start) if self.start else ""
        google = {"api": "1", "destination": target} | ({"origin": start} if start else {})
        apple = {"daddr": target} | ({"saddr": start} if start else {})
        return [
            Link(f"geo:{target}?q={target}({quote(self.name)})", _("L’application de mon téléphone")),
            Link(f"https://www.google.com/maps/dir/?{urlencode(google)}", "Google Maps"),
            Link(f"https://maps.apple.com/?{urlencode(apple)}", "Plans (Apple)"),
        ]

    def _openstreetmap(self, engine: str) -> str:
        start = written(self.start) if self.start else ""
        query = urlencode({"engine": engine, "route": f"{start};{written(self.target)}"}, safe=",;")
        return f"https://www.openstreetmap.org/directions?{query}"


def written(point: Point) -> str:
    return f"{point.latitude},{point.longitude}"


def planner_address(name: str, target: Point, start: Point | None) -> str:
    """Fill in the address of the journey planner; what would tell an unknown start is left out of its question."""
    values = {"to_lat": f"{target.latitude:.6f}", "to_lon": f"{target.longitude:.6f}", "to_name": name}
    values |= {
        "from_lat": f"{start.latitude:.6f}" if start else "",
        "from_lon": f"{start.longitude:.6f}" if start else "",
    }
    address = settings.JOURNEY_PLANNER_URL
    if start is None:
        parts = urlsplit(address)
        asked = [pair for pair in parts.query.split("&") if "{from_" not in pair]
        address = urlunsplit(parts._replace(query="&".join(asked)))
    return re.sub(r"{(\w+)}", lambda found: quote(values[found[1]], safe=""), address)
