"""Who has help within reach on foot: distances from every cell of the population grid to the nearest place.

Straight lines from the centre of each cell, lengthened and walked as `places.geo` says. Every published, located place
counts, also across a border; a cell split by a border gives each side its share of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy

from places.geo import EARTH_RADIUS, walk

MINUTES = (5, 10, 15)
SERVED = 0.9  # the least served tenth is what remains
CELLS_AT_ONCE = 64


@dataclass(frozen=True)
class Reach:
    """Of one population: the share within each of MINUTES, and the straight line its least served tenth exceeds."""

    near: tuple[float | None, ...]
    farthest: float | None


def nearest(cells: Sequence, places: Sequence, chosen: Sequence[numpy.ndarray]) -> numpy.ndarray:
    """Return metres from each cell (a row) to the nearest of each choice of places (a column); infinite where none.

    `cells` and `places` are pairs of latitude and longitude; each of `chosen` is an array of ranks in `places`.
    """
    result = numpy.full((len(cells), len(chosen)), numpy.inf)
    if not len(cells) or not len(places):
        return result
    homes, helps = _on_sphere(cells), _on_sphere(places)
    for start in range(0, len(homes), CELLS_AT_ONCE):
        cosines = homes[start : start + CELLS_AT_ONCE] @ helps.T
        for column, ranks in enumerate(chosen):
            if len(ranks):
                best = cosines[:, ranks].max(axis=1)
                half = numpy.sqrt(numpy.clip((1 - best) / 2, 0, 1))
                result[start : start + CELLS_AT_ONCE, column] = 2 * EARTH_RADIUS * numpy.arcsin(half)
    return result


def _on_sphere(points: Sequence) -> numpy.ndarray:
    latitudes, longitudes = numpy.radians(numpy.asarray(points, dtype=float)).T
    return numpy.column_stack(
        (
            numpy.cos(latitudes) * numpy.cos(longitudes),
            numpy.cos(latitudes) * numpy.sin(longitudes),
            numpy.sin(latitudes),
        )
    )


def reach(distances: numpy.ndarray, people: numpy.ndarray) -> list[Reach]:
    """Say how far each help (a column) is from these people, one row and one number of people per cell."""
    population = people.sum()
    if not population:
        return [Reach((None,) * len(MINUTES), None)] * distances.shape[1]
    near = [people @ (distances <= walk(minutes)) / population for minutes in MINUTES]
    order = numpy.argsort(distances, axis=0, kind="stable")
    served = people[order].cumsum(axis=0) < SERVED * population
    ranks = numpy.minimum(served.sum(axis=0), len(people) - 1)
    columns = numpy.arange(distances.shape[1])
    farthest = distances[order[ranks, columns], columns]
    return [
        Reach(tuple(float(shares[n]) for shares in near), float(far) if numpy.isfinite(far) else None)
        for n, far in enumerate(farthest)
    ]
