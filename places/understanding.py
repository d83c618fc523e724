"""What a person means by the words of the search box: phrases, other words for them, small words, typing errors.

Nothing here knows the database: what is known of words comes from a `Knowledge`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from places.lexicon import Entry
from places.text import WORD, fold, words_of

# Words of grammar: they say nothing of a place as soon as another word does.
SMALL_WORDS = frozenset(
    "a au aux avec ce ces cet cette chez comment d dans de des du elle en et est il ils j je l la le les leur ma mes "
    "mon ne nos notre on ou par pas pour qu que quel quelle qui s sa sans se ses son sur t ta tes ton un une vos votre "
    "vous y".split()
)
SHORT = 3  # letters: such a word, when it is known, is no beginning of another (ENT is not « entrée »)
ONE_ERROR, TWO_ERRORS = 4, 8  # letters from which as many typing errors are forgiven
MOST_CANDIDATES = 20


@dataclass(frozen=True)
class Meaning:
    """What an expression of the public stands for: terms of our lists, other words, or nothing worth looking for."""

    expression: str
    entries: tuple[Entry, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.others

    @property
    def wide(self) -> frozenset[Entry]:
        """The services among its terms, when another list says it more precisely."""
        services = frozenset(entry for entry in self.entries if entry.vocabulary == "services")
        return services if len(services) < len(self.entries) else frozenset()


@dataclass(frozen=True)
class Unit:
    """One word or phrase that a place must say in one way or another.

    `typed` is how people write it. `texts` are folded words to find in the text of the place, the first of them as
    understood from what was typed, which begins no longer word when it is `whole`; `entries` are the terms that stand
    for it, `wide` those that only hold it: who helps with paperwork may help with this one.
    """

    typed: str
    texts: tuple[str, ...]
    entries: tuple[Entry, ...]
    wide: tuple[Entry, ...] = ()
    whole: bool = False
    meaning: Meaning | None = None

    def sought(self, text: str) -> str:
        """Return what to find in a text made by `searchable`."""
        return f" {text} " if self.whole and text == self.texts[0] else f" {text}"


@dataclass(frozen=True)
class Understood:
    """A sentence as it is searched: `sentence` for people, `corrected` when it is not what was typed."""

    units: tuple[Unit, ...] = ()
    sentence: str = ""
    corrected: bool = False


@dataclass(frozen=True)
class Knowledge:
    """What is known of words.

    `phrases` gives the meaning of expressions by their key; `named` the terms that a word says by beginning one of
    their words (or by being just that); `begun` tells whether a known word begins so, `whole` whether one is that.
    `candidates` are the folded words to propose for one that nothing knows; of these, `ours` are those of our lists,
    `stands` tells whether one is worth proposing, and `shown` how people write it.
    """

    phrases: Mapping[tuple[str, ...], Meaning]
    named: Callable[[str, bool], tuple[Entry, ...]]
    begun: Callable[[str], bool]
    whole: Callable[[str], bool]
    candidates: Callable[[], Sequence[str]]
    ours: Callable[[str], bool]
    stands: Callable[[str], bool]
    shown: Callable[[str], str]


@lru_cache(maxsize=20_000)
def singular(word: str) -> str:
    """Return a folded word without the mark of its plural: « arnaques » and « arnaque » are one expression.

    >>> singular("jeux"), singular("css")
    ('jeu', 'css')
    """
    return word[:-1] if len(word) > SHORT and word[-1] in "sx" else word


def key(expression: str) -> tuple[str, ...]:
    """Return what makes two expressions the same.

    >>> key("Mots de passe") == key("mot de Passe")
    True
    """
    return tuple(singular(word) for word in fold(expression).split())


def understand(sentence: str, known: Knowledge, *, exactly: bool = False) -> Understood:
    """Read a sentence; typing errors of words that nothing knows are put right, unless it is meant `exactly`."""
    words = fold(sentence).split()
    corrections = {} if exactly else dict(_corrections(words, known))
    if corrections:
        sentence = WORD.sub(lambda word: corrections.get(fold(word[0]), word[0]), sentence)
        words = fold(sentence).split()
    parts = list(split(words, known.phrases))
    kept = [part for part in parts if not _says_nothing(part, known.phrases)] or parts
    shown = dict(words_of(sentence))
    units = [_unit(part, " ".join(shown.get(word, word) for word in part), known) for part in kept]
    return Understood(tuple(units), sentence, bool(corrections))


def split(words: list[str], phrases: Mapping[tuple[str, ...], Meaning]) -> Iterator[tuple[str, ...]]:
    """Cut into known phrases, the longest first from the left, and single words.

    >>> list(split(["ma", "carte", "grise"], {("carte", "grise"): Meaning("carte grise")}))
    [('ma',), ('carte', 'grise')]
    """
    longest = max((len(phrase) for phrase in phrases), default=1)
    position = 0
    while position < len(words):
        for length in range(min(longest, len(words) - position), 0, -1):
            part = tuple(words[position : position + length])
            if length == 1 or tuple(map(singular, part)) in phrases:
                yield part
                position += length
                break


def _says_nothing(part: tuple[str, ...], phrases: Mapping[tuple[str, ...], Meaning]) -> bool:
    meaning = phrases.get(tuple(map(singular, part)))
    return meaning.is_empty if meaning else part[0] in SMALL_WORDS


def _unit(part: tuple[str, ...], typed: str, known: Knowledge) -> Unit:
    text = " ".join(part)
    meaning = known.phrases.get(tuple(map(singular, part)))
    if meaning is None:
        # « imprimantes » finds « imprimante » too, once nothing says it in the plural.
        text = text if known.begun(text) or not known.whole(singular(text)) else singular(text)
        return Unit(typed, (text,), known.named(text, False))
    whole = len(text) <= SHORT
    texts = dict.fromkeys((text, *(fold(other) for other in meaning.others)))
    meanings = [meaning, *(more for other in meaning.others if (more := known.phrases.get(key(other))))]
    precise = dict.fromkeys(entry for each in meanings for entry in each.entries if entry not in each.wide)
    precise |= dict.fromkeys(known.named(text, whole))
    wide = dict.fromkeys(entry for each in meanings for entry in each.wide if entry not in precise)
    return Unit(meaning.expression, tuple(texts), tuple(precise), tuple(wide), whole, meaning)


def _corrections(words: list[str], known: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield each word that nothing knows with the known word it is closest to, if any is close enough."""
    parts = split(words, known.phrases)
    phrased = {word for part in parts if tuple(map(singular, part)) in known.phrases for word in part}
    for word in dict.fromkeys(words):
        if word in phrased or word in SMALL_WORDS or known.begun(word) or known.whole(singular(word)):
            continue
        near = near_words(word, known.candidates(), known.ours)
        if nearest := next(filter(known.stands, near), None):
            yield word, known.shown(nearest)


def near_words(word: str, candidates: Sequence[str], first: Callable[[str], bool]) -> list[str]:
    """Return the candidates within one typing error of a word (two when it is long), the closest first."""
    if len(word) < ONE_ERROR or not word.isalpha():
        return []
    most = 2 if len(word) >= TWO_ERRORS else 1
    found = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=most, limit=None)
    ranked = sorted((distance, not first(near), near[0] != word[0], near) for near, distance, *_ in found)
    return [near for *_, near in ranked[:MOST_CANDIDATES]]
