"""Drawings made by the server: shapes of territories, bars, clouds and lines, as numbers for a template's SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians

from places.territories import words

WIDTH = 640


@dataclass(frozen=True)
class Shape:
    """One territory drawn: its path, its class of colour (None: unknown), and what a pointer reads."""

    path: str
    rank: int | None
    title: str
    address: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    shapes: list[Shape]


class Frame:
    """Degrees to the units of a drawing WIDTH wide, without distortion at its middle."""

    def __init__(self, boxes: Iterable[tuple[float, float, float, float]], width: int = WIDTH):
        souths, wests, norths, easts = zip(*boxes, strict=True)
        self.north, self.west = max(norths), min(wests)
        wide, tall = max(easts) - self.west, self.north - min(souths)
        self.narrow = cos(radians((self.north + min(souths)) / 2))
        self.scale = width / max(wide * self.narrow, tall / 1.5, 1e-9)
        self.width = round(wide * self.narrow * self.scale)
        self.height = max(1, round(tall * self.scale))

    def path(self, geometry: dict) -> str:
        """Return an SVG path for a GeoJSON polygon or multipolygon."""
        parts = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        return "".join(self._ring(ring) for part in parts for ring in part)

    def _ring(self, ring: Sequence) -> str:
        points = []
        for longitude, latitude in ring[:-1]:
            point = (
                f"{(longitude - self.west) * self.narrow * self.scale:.0f} {(self.north - latitude) * self.scale:.0f}"
            )
            if not points or points[-1] != point:
                points.append(point)
        return f"M{'L'.join(points)}Z"


def draw(territories: Sequence, ranks: dict, titles: dict, strong: str = "", links: bool = True) -> Drawing | None:
    """Draw territories with their outlines, coloured by rank and titled by code; None when there are none."""
    if not territories:
        return None
    frame = Frame([(t.south, t.west, t.north, t.east) for t in territories])
    shapes = [
        Shape(
            frame.path(territory.outline),
            ranks.get(territory.code),
            titles.get(territory.code, territory.nom),
            territory.get_absolute_url() if links else "",
            territory.code == strong,
        )
        for territory in territories
    ]
    return Drawing(frame.width, frame.height, sorted(shapes, key=lambda shape: shape.strong))


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    title: str
    strong: bool

    @property
    def left(self) -> float:
        return round(self.x - self.radius, 1)

    @property
    def top(self) -> float:
        return round(self.y - self.radius, 1)

    @property
    def side(self) -> float:
        return round(2 * self.radius, 1)


@dataclass(frozen=True)
class Mark:
    at: float
    label: str


@dataclass(frozen=True)
class Cloud:
    """Points between two axes; `limits` are where the quarters meet."""

    dots: list[Dot]
    x_marks: list[Mark]
    y_marks: list[Mark]
    x_limit: float
    y_limit: float


PLOT = (60, 20, 580, 300)  # left, top, width, height of where points stand in a drawing of 660 by 370


def cloud(rows: Sequence[tuple[float, float, float, str, bool]], x_limit: float, y_limit: float) -> Cloud | None:
    """Place `(x, share, weight, title, strong)` rows; the share goes from 0 at the bottom to 1."""
    if not rows:
        return None
    left, top, width, height = PLOT
    lowest, highest = min(row[0] for row in rows), max(row[0] for row in rows)
    room = (highest - lowest) * 0.05 or 1
    lowest, highest = lowest - room, highest + room
    heaviest = max(row[2] for row in rows) or 1

    def across(x: float) -> float:
        return round(left + (x - lowest) / (highest - lowest) * width, 1)

    def up(share: float) -> float:
        return round(top + (1 - share) * height, 1)

    dots = [
        Dot(across(x), up(share), round(4 + 10 * (max(weight, 0) / heaviest) ** 0.5, 1), title, strong)
        for x, share, weight, title, strong in rows
    ]
    marks = [lowest + room + (highest - lowest - 2 * room) * n / 4 for n in range(5)]
    return Cloud(
        dots,
        [Mark(across(mark), f"{mark:.0f}") for mark in marks],
        [Mark(up(share), words.percent(share)) for share in (0, 0.25, 0.5, 0.75, 1)],
        across(x_limit),
        up(y_limit),
    )


@dataclass(frozen=True)
class Line:
    points: str
    dots: list[Dot]
    x_marks: list[Mark]
    y_marks: list[Mark]


def line(values: Sequence[tuple[str, float]]) -> Line | None:
    """Join shares over time, from 0 to 1; None below two moments."""
    if len(values) < 2:
        return None
    left, top, width, height = PLOT
    places = [
        (round(left + width * n / (len(values) - 1), 1), round(top + (1 - value) * height, 1))
        for n, (_label, value) in enumerate(values)
    ]
    every = max(1, len(values) // 6)
    return Line(
        " ".join(f"{x},{y}" for x, y in places),
        [
            Dot(x, y, 5, words.beside(label, words.percent(value)), False)
            for (x, y), (label, value) in zip(places, values, strict=True)
        ],
        [Mark(x, label) for n, ((x, _y), (label, _v)) in enumerate(zip(places, values, strict=True)) if n % every == 0],
        [Mark(round(top + (1 - s) * height, 1), words.percent(s)) for s in (0, 0.25, 0.5, 0.75, 1)],
    )
