"""What this process knows of words: the public's expressions, our terms, and every word that some place says.

Expressions and terms are read again when the data has changed; the words of places, which are only ever added, are read
on from the last one.
"""

from bisect import bisect_left
from dataclasses import dataclass, field, replace

from places import bitmaps, lexicon
from places.lexicon import Entry, Lexicon
from places.models import KnownWord, Synonym
from places.text import fold, words_of
from places.understanding import Knowledge, Meaning, Understood, understand

MEANT_FROM = 4  # letters
MOST_WORDS = 300_000  # about 60 MB; beyond, the newest words of places are not proposed


@dataclass(frozen=True)
class Ours:
    """The words of our lists and of the public, with what they mean."""

    edition: Lexicon
    phrases: dict[tuple[str, ...], Meaning]
    shown: dict[str, str]
    begun: list[str]


@dataclass(frozen=True)
class Theirs:
    """The words of places, up to the one of number `last`."""

    edition: Lexicon | None = None
    last: int = 0
    shown: dict[str, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)


_ours: Ours | None = None
_theirs = Theirs()


def search(sentence: str, *, exactly: bool = False) -> Understood:
    """Understand the words of the search box with everything that is known now."""
    if not sentence:
        return Understood()
    ours = _read_ours()
    knowledge = Knowledge(
        phrases=ours.phrases,
        named=_named,
        begun=lambda word: _begins(ours.begun, word) or _is_said(word),
        whole=lambda word: word in ours.shown or word in _read_theirs().shown,
        candidates=lambda: [*ours.shown, *_read_theirs().shown],
        ours=ours.shown.__contains__,
        stands=lambda word: word in ours.shown or _is_public(word),
        shown=lambda word: ours.shown.get(word) or _read_theirs().shown[word],
    )
    return understand(sentence, knowledge, exactly=exactly)


def forget() -> None:
    """Read every word again at the next question."""
    global _ours, _theirs
    _ours, _theirs = None, Theirs()


def _named(text: str, whole: bool) -> tuple[Entry, ...]:
    """Return the terms one of whose words begins with this text, or is it when `whole`.

    The beginning of an expression says what it means: « whatsap », « ordina ».
    """
    sought = f" {text} " if whole else f" {text}"
    named = dict.fromkeys(entry for entry in lexicon.edition() if sought in f"{entry.searched} ")
    if len(text) >= MEANT_FROM:
        for key, meaning in _read_ours().phrases.items():
            if len(key) == 1 and key[0].startswith(text):
                named |= dict.fromkeys(entry for entry in meaning.entries if entry not in meaning.wide)
    return tuple(named)


def _is_said(word: str) -> bool:
    """A place says a word that begins so; the base has the last word, as another process may just have added it."""
    return _begins(_read_theirs().begun, word) or KnownWord.objects.filter(text__startswith=word).exists()


def _is_public(word: str) -> bool:
    return bool(bitmaps.current().writing(f" {word}").any())


def _begins(words: list[str], beginning: str) -> bool:
    place = bisect_left(words, beginning)
    return place < len(words) and words[place].startswith(beginning)


def _read_ours() -> Ours:
    global _ours
    edition = lexicon.edition()
    if _ours is None or _ours.edition is not edition:
        phrases = {
            tuple(synonym.key.split()): Meaning(synonym.expression, tuple(synonym.entries), tuple(synonym.others))
            for synonym in Synonym.objects.all()
        }
        # « motdepasse » is « mot de passe » too.
        joined = {("".join(key),): meaning for key, meaning in phrases.items() if len(key) > 1}
        phrases = joined | phrases
        spoken = [meaning.expression for meaning in phrases.values()]
        named = [text for entry in edition for text in (entry.french_label, entry.french_short_label)]
        shown = {folded: word for text in (*named, *spoken) for folded, word in words_of(text)}
        shown |= {fold(text).replace(" ", ""): text for text in spoken if " " in fold(text)}
        official = {word for entry in edition for word in entry.searched.split()}
        _ours = Ours(edition, phrases, shown, sorted({*shown, *official}))
    return _ours


def _read_theirs() -> Theirs:
    global _theirs
    edition, theirs = lexicon.edition(), _theirs
    if theirs.edition is not edition:
        newer = KnownWord.objects.filter(pk__gt=theirs.last).order_by("pk").values_list("pk", "text", "shown")
        if added := list(newer[: MOST_WORDS - len(theirs.shown)]):
            shown = theirs.shown | {text: shown for _pk, text, shown in added}
            theirs = Theirs(edition, added[-1][0], shown, sorted(shown))
        else:
            theirs = replace(theirs, edition=edition)
        _theirs = theirs
    return theirs
