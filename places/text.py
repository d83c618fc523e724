"""Text as people search it: accents, case and punctuation folded away."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
# The five blocks of combining marks: what a decomposed letter leaves beside itself.
COMBINING = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
NOT_A_WORD = re.compile(r"[^a-z0-9]+")
WORD = re.compile(r"\w+")
LONGEST_WORD = 40


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return lower-case words without accents, separated by single spaces.

    >>> fold("L’Épeule – n°12")
    'l epeule n 12'
    """
    if not text.isascii():
        text = COMBINING.sub("", unicodedata.normalize("NFKD", text.translate(LIGATURES)))
    return NOT_A_WORD.sub(" ", text.casefold()).strip()


def searchable(*texts: str) -> str:
    """Return one text in which `contains " xyz"` finds the words that begin with xyz.

    >>> searchable("Mairie", "", "9 rue Pellart")
    ' mairie 9 rue pellart'
    """
    return " " + " ".join(folded for text in texts if text and (folded := fold(text)))


def words_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each word folded, and as people write it.

    >>> list(words_of("L’Épeule"))
    [('l', 'l'), ('epeule', 'épeule')]
    """
    for shown in WORD.findall(text.lower()):
        folded = fold(shown)
        if folded and " " not in folded and len(folded) <= LONGEST_WORD:
            yield folded, shown[:LONGEST_WORD]
