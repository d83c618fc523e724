"""Text as people search it: accents, case and punctuation folded away."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
# The five blocks of combining marks: what a decomposed letter leaves beside itself.
COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class Folded(dict[int, str]):
    """Each character to what is left of it once folded, for `str.translate`; those of our alphabets are kept."""

    def __missing__(self, code: int) -> str:
        letters = COMBINING.sub("", unicodedata.normalize("NFKD", chr(code).translate(LIGATURES)))
        folded = NOT_A_WORD.sub(" ", letters.casefold())
        if code < MOST_KEPT:
            self[code] = folded
        return folded


FOLDED = Folded()
WORD = re.compile(r"\w+")
MOST_KEPT = 0x3000  # the first character that no alphabet of ours holds
LONGEST_WORD = 40


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return lower-case words without accents, separated by single spaces.

    >>> fold("L’Épeule – n°12")
    'l epeule n 12'
    """
    return " ".join(text.translate(FOLDED).split())


def searchable(*texts: str) -> str:
    """Return one text in which `contains " xyz"` finds the words that begin with xyz.

    >>> searchable("Mairie", "", "9 rue Pellart")
    ' mairie 9 rue pellart'
    """
    return " " + " ".join(folded for text in texts if text and (folded := fold(text)))


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each different word folded, and as people write it.

    >>> list(words_of("L’Épeule"))
    [('l', 'l'), ('epeule', 'épeule')]
    """
    for shown in dict.fromkeys(WORD.findall(text.lower())):
        folded = fold(shown)
        if folded and " " not in folded and len(folded) <= LONGEST_WORD:
            yield folded, shown[:LONGEST_WORD]
