"""Classes of an indicator: how a map colours it, and what its legend says."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

MOST = 5


@dataclass(frozen=True)
class Class:
    """Values from `low` to `high`, both met; `number` of them."""

    low: float
    high: float
    number: int


def classes(values: Iterable[float], most: int = MOST) -> list[Class]:
    """Share values into at most `most` classes of about as many territories each; equal values stay together.

    >>> [(c.low, c.high, c.number) for c in classes([1, 2, 3, 3, 9], 2)]
    [(1, 3, 4), (9, 9, 1)]
    """
    ordered = sorted(values)
    if not ordered:
        return []
    wanted = min(most, len(set(ordered)))
    bounds = sorted({ordered[math.ceil(len(ordered) * (n + 1) / wanted) - 1] for n in range(wanted)})
    found, start = [], 0
    for bound in bounds:
        end = sum(value <= bound for value in ordered)
        found.append(Class(ordered[start], ordered[end - 1], end - start))
        start = end
    return found


def class_of(value: float, found: list[Class]) -> int:
    """Return the rank of the class that holds a value."""
    return next(rank for rank, known in enumerate(found) if value <= known.high)
