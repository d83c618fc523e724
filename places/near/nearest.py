"""Places within a walk of a point, and places from the nearest to the farthest.

Both are exact on the globe, and neither measures more places than it has to: a box of latitudes and longitudes, which
the index answers, is drawn first.
"""

from math import pi, radians, sin

from django.db.models import F, Q, QuerySet, Value
from django.db.models import functions as sql
from django.db.models.lookups import LessThanOrEqual

from places import geo
from places.geo import Box, Point

FEW = 2_000  # located places: measuring them all is as quick as looking for a box
FIRST_BOX = 0.002  # degrees of latitude on each side of the start: about 220 m
GROWTH = 3
WIDEST_BOX = 20.0  # degrees: beyond, every place is measured
CROWD = 4_000  # places in a box: worth a smaller one


def within(point: Point, metres: float) -> Q:
    """Narrow to what is at most this far, in a straight line."""
    farthest = sin(min(metres / geo.EARTH_RADIUS, pi) / 2) ** 2
    return _in_boxes(geo.around(point, metres)) & Q(LessThanOrEqual(haversine(point), Value(farthest)))


def haversine(point: Point):
    """Return the SQL of what grows with the distance to a point: the square of the sine of half its angle."""
    radian = radians(1)
    north = sql.Sin((F("latitude") - Value(point.latitude)) * Value(radian / 2))
    east = sql.Sin((F("longitude") - Value(point.longitude)) * Value(radian / 2))
    parallel = sql.Cos(F("latitude") * Value(radian)) * sql.Cos(Value(radians(point.latitude)))
    return north * north + parallel * east * east


class ByDistance:
    """Places from the nearest to a start to the farthest, then those without a point; counted and sliced like a list.

    Places equally far come in the order of their names, so that turning pages repeats and skips nothing.
    """

    def __init__(self, places: QuerySet, start: Point, counted: tuple[int, int] | None = None):
        """`counted` tells how many have a point and how many have none, when that is known already."""
        self.places = places
        self.start = start
        self._counted = counted

    def count(self) -> int:
        return sum(self._counts())

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list:
        """Return the places of a slice with bounds of at least 0 and no step."""
        located, unlocated = self._counts()
        first, last, _step = wanted.indices(located + unlocated)
        rows = self._nearest(first, min(last, located)) if first < located else []
        if last > located:
            lost = self.places.filter(latitude__isnull=True).order_by("slug").values_list("pk", "number")
            rows += lost[max(first - located, 0) : last - located]
        # By their numbers: the base then reads the rows of these alone.
        read = self.places.filter(number__in={number for _pk, number in rows}).order_by()
        found = {place.pk: place for place in read}
        # One that another process has just taken away is missed by this page only.
        return [found[pk] for pk, _number in rows if pk in found]

    def _counts(self) -> tuple[int, int]:
        if self._counted is None:
            places = self.places.order_by()
            unlocated = places.filter(latitude__isnull=True).count()  # few, and the index of points tells them
            self._counted = places.count() - unlocated, unlocated
        return self._counted

    def _nearest(self, first: int, last: int) -> list[tuple[str, int]]:
        """Return the keys and numbers of located places from one rank to another."""
        measured = self.places.filter(latitude__isnull=False)
        if self._counts()[0] > FEW and (metres := self._radius(last)):
            measured = self.places.filter(_in_boxes(geo.around(self.start, metres)))
        return list(measured.order_by(haversine(self.start), "slug").values_list("pk", "number")[first:last])

    def _radius(self, number: int) -> float | None:
        """Return metres around the start that hold this many places, not many more; None when that is too wide."""
        half, found = FIRST_BOX, self._held(FIRST_BOX)
        while found < number:
            half *= GROWTH
            if half > WIDEST_BOX:
                return None
            found = self._held(half)
        smaller = half / GROWTH
        while found > number + CROWD and half / smaller > 1.1:
            middle = (half * smaller) ** 0.5
            if (held := self._held(middle)) < number:
                smaller = middle
            else:
                half, found = middle, held
        return _farthest(self.start, self._box(half))

    def _held(self, half: float) -> int:
        return self.places.order_by().filter(_in_boxes([self._box(half)])).count()

    def _box(self, half: float) -> Box:
        """A box about as wide as high, cut at the poles and at the antimeridian."""
        return Box(*self.start, *self.start).widened(radians(half) * geo.EARTH_RADIUS)


def _farthest(start: Point, box: Box) -> float:
    """Return the distance to the farthest point of a box around the start, less than a quarter of the globe away."""
    corners = (Point(latitude, longitude) for latitude in box[::2] for longitude in box[1::2])
    return max(geo.distance(start, corner) for corner in corners)


def _in_boxes(boxes: list[Box]) -> Q:
    return Q(
        *(Q(latitude__range=(box.south, box.north), longitude__range=(box.west, box.east)) for box in boxes),
        _connector=Q.OR,
    )
