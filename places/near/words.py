"""Addresses as people write them: abbreviations, little words, typing errors."""

from collections.abc import Iterable

from places.text import fold

ABBREVIATIONS = {
    "all": "allee",
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "bvd": "boulevard",
    "ch": "chemin",
    "chem": "chemin",
    "fg": "faubourg",
    "fbg": "faubourg",
    "gal": "general",
    "gen": "general",
    "imp": "impasse",
    "mal": "marechal",
    "pl": "place",
    "pdt": "president",
    "prof": "professeur",
    "qu": "quai",
    "r": "rue",
    "rte": "route",
    "sq": "square",
    "st": "saint",
    "ste": "sainte",
}
LITTLE = frozenset("a au aux d de des du en et l la le les sur".split())
FEW_LETTERS, MANY_LETTERS = 4, 8  # of a word: below the first no error is forgiven, from the second two are


def plain(text: str) -> str:
    """Return folded words with abbreviations written out.

    >>> plain("Bd du Gal-Leclerc")
    'boulevard du general leclerc'
    """
    return " ".join(ABBREVIATIONS.get(word, word) for word in fold(text).split())


def main_words(words: list[str]) -> list[str]:
    """Return the words without the little ones, unless there is nothing else."""
    return [word for word in words if word not in LITTLE] or words


def ways_to_say(word: str) -> set[str]:
    """Return a word and, when it is an abbreviation, what it stands for."""
    return {word, ABBREVIATIONS.get(word, word)}


def corrections(word: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Return the known words that begin like this one but for a typing error or two, the closest first.

    The first letter, which people seldom miss, is one of the first two of both.
    """
    if len(word) < FEW_LETTERS or word.isdecimal():
        return []
    allowed = 2 if len(word) >= MANY_LETTERS else 1
    found = []
    for candidate in known:
        if len(candidate) < max(FEW_LETTERS, len(word) - allowed) or candidate.isdecimal():
            continue
        if word[0] not in candidate[:2] and candidate[0] not in word[:2]:
            continue
        errors = errors_to_begin(word, candidate, allowed)
        if errors <= allowed:
            found.append((errors, abs(len(candidate) - len(word)), candidate))
    return [candidate for *_rank, candidate in sorted(found)[:most]]


def errors_to_begin(word: str, candidate: str, most: int) -> int:
    """Count the letters to add, drop, change or swap with the next to begin `candidate`; `most` + 1 stands for more.

    >>> errors_to_begin("epuel", "epeule", 2)
    1
    """
    candidate = candidate[: len(word) + most]
    before, row = [], list(range(len(candidate) + 1))
    for i, letter in enumerate(word, start=1):
        before, last, row = row, before, [i]
        for j, opposite in enumerate(candidate, start=1):
            best = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != opposite))
            if i > 1 and j > 1 and letter == candidate[j - 2] and word[i - 2] == opposite:
                best = min(best, last[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return min(row)
