"""Text as people search it: accents, case and punctuation folded away."""

import re
import unicodedata
from functools import lru_cache

LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Return lower-case words without accents, separated by single spaces.

    >>> fold("L’Épeule – n°12")
    'l epeule n 12'
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(LIGATURES)).casefold()
    return NOT_A_WORD.sub(" ", "".join(c for c in decomposed if not unicodedata.combining(c))).strip()


def searchable(*texts: str) -> str:
    """Return one text in which `contains " xyz"` finds the words that begin with xyz.

    >>> searchable("Mairie", "", "9 rue Pellart")
    ' mairie 9 rue pellart'
    """
    return " " + " ".join(folded for text in texts if text and (folded := fold(text)))
