"""How much room words take on paper, told before they are drawn: what fits is chosen, and nothing is ever cut.

Lengths are millimetres of an A4 sheet; an A3 sheet is the same drawing, larger. The estimate is that of a wide font, so
that a narrower one leaves blanks rather than a second sheet. The sizes are those of static/css/posters.css.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

CHARACTER, BOLD = 0.61, 0.69  # average width of a letter, of the size of the text
LEADING = 1.25
WIDE = 1.6  # a capital, against a small letter
SPACES = re.compile(r"[ \t\r\n]+")  # where a line may end: not at a no-break space


@dataclass(frozen=True)
class Text:
    """Some words in letters of one size, in a column of one width; a scale changes the size, never the column."""

    words: str
    size: float
    room: float
    bold: bool = False

    def height(self, scale: float = 1) -> float:
        size = self.size * scale
        return lines(self.words, self.room / (size * (BOLD if self.bold else CHARACTER))) * size * LEADING


@dataclass(frozen=True)
class Row:
    """Columns side by side, each a pile of texts, or a drawing of one height; then a blank."""

    columns: Sequence[Sequence[Text]]
    least: float = 0
    after: float = 0

    def height(self, scale: float) -> float:
        tallest = max((sum(text.height(scale) for text in pile) for pile in self.columns), default=0)
        return max(tallest, self.least * scale) + self.after * scale


def lines(words: str, room: float) -> int:
    """Return how many lines of `room` average letters these words fill; a word longer than a line is cut in several.

    >>> lines("Maison de quartier", 12), lines("", 12), lines("anticonstitutionnellement", 12)
    (2, 0, 3)
    """
    filled, number = 0.0, 0
    for word in filter(None, SPACES.split(words)):
        length = sum(map(_width, word))
        if number and filled + 1 + length <= room:
            filled += 1 + length
            continue
        broken = max(1, ceil(length / max(1, room - WIDE)))
        number += broken
        filled = length if broken == 1 else room
    return number


def _width(character: str) -> float:
    if unicodedata.combining(character):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    return WIDE if character.isupper() or character in "mw@%—…&" else 1


def largest(scales: Sequence[float], rows: Iterable[Row], room: float) -> float:
    """Return the first of these scales, from the largest, at which the rows fit in this height; the last otherwise."""
    rows = list(rows)
    return next((scale for scale in scales if sum(row.height(scale) for row in rows) <= room), scales[-1])


def packed(heights: Sequence[float], columns: Sequence[float]) -> list[int]:
    """Return how many of these, in their order, go into each column; what is beyond the sum is left out.

    >>> packed([3, 3, 3, 3], [5, 7])
    [1, 2]
    """
    counts, waiting = [], list(heights)
    for room in columns:
        taken = 0
        while waiting and waiting[0] <= room:
            room -= waiting.pop(0)
            taken += 1
        counts.append(taken)
    return counts
