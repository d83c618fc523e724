"""The terms of every vocabulary, kept in the process and read again when the data's version has moved."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.utils.translation import get_language

from places.text import searchable
from places.translated import translated

MOST_SETS = 20_000  # sets of terms whose texts are kept


@dataclass(frozen=True, slots=True)
class Entry:
    """One term as pages use it: its official text, its bit, and the words of the city, in the language of the page."""

    vocabulary: str
    value: str
    slug: str
    bit: int
    french_label: str
    french_short_label: str
    french_help: str
    french_group: str
    pictogram: str
    colour: str
    visible: bool
    searched: str
    translations: tuple[tuple[str, str], ...] = ()  # the city's own, by the code of their language

    @property
    def mask(self) -> int:
        return 1 << self.bit

    @property
    def label(self) -> str:
        return self._own_name() or translated(self.french_label)

    @property
    def short_label(self) -> str:
        return self._own_name() or translated(self.french_short_label)

    @property
    def help(self) -> str:
        return translated(self.french_help)

    @property
    def group(self) -> str:
        return translated(self.french_group)

    def _own_name(self) -> str:
        return dict(self.translations).get(get_language(), "") if self.translations else ""

    def __str__(self) -> str:
        return self.short_label


@dataclass(frozen=True)
class Lexicon:
    version: int
    lists: dict[str, tuple[Entry, ...]] = field(default_factory=dict)
    words: dict[tuple[str, str], Entry] = field(default_factory=dict)
    texts: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Entry]:
        return (entry for terms in self.lists.values() for entry in terms)


_lexicon: Lexicon | None = None


def entries(vocabulary: str) -> tuple[Entry, ...]:
    """Return the terms of one vocabulary in the order of the screen, hidden ones included."""
    return _current().lists.get(vocabulary, ())


def find(vocabulary: str, word: object) -> Entry | None:
    """Return the term whose official value or slug is `word`, to the letter."""
    return _current().words.get((vocabulary, word)) if isinstance(word, str) else None


def texts(vocabulary: str, mask: int) -> tuple[str, ...]:
    """Return the official texts of the bits of a mask, in their order; the same few sets are asked for all the time."""
    current = _current()
    found = current.texts.get((vocabulary, mask))
    if found is None:
        told = sorted((e for e in current.lists.get(vocabulary, ()) if mask & e.mask), key=lambda entry: entry.bit)
        found = tuple(entry.value for entry in told)
        if len(current.texts) < MOST_SETS:
            current.texts[vocabulary, mask] = found
    return found


def forget() -> None:
    """Read the terms again at the next question (a term has just changed in this process)."""
    global _lexicon
    _lexicon = None


def follow(version: int) -> None:
    """Read the terms again when another process has changed the data since they were read."""
    if _lexicon is not None and _lexicon.version != version:
        forget()


def edition() -> Lexicon:
    """Return all of them at once; another object as soon as the data has changed."""
    return _current()


def _current() -> Lexicon:
    global _lexicon
    if _lexicon is None:
        _lexicon = _read()
    return _lexicon


def _read() -> Lexicon:
    version = apps.get_model("places", "DataVersion").objects.current()
    lists: dict[str, list[Entry]] = {}
    words: dict[tuple[str, str], Entry] = {}
    for term in apps.get_model("places", "Term").objects.order_by("vocabulary", "order", "bit"):
        entry = Entry(
            vocabulary=term.vocabulary,
            value=term.value,
            slug=term.slug,
            bit=term.bit,
            french_label=term.label or term.short_label,
            french_short_label=term.short_label,
            french_help=term.help,
            french_group=term.group,
            pictogram=term.pictogram,
            colour=term.colour,
            visible=term.visible,
            searched=searchable(term.value, term.label, term.short_label, *term.translated.values()),
            translations=tuple(term.translated.items()),
        )
        lists.setdefault(term.vocabulary, []).append(entry)
        words[term.vocabulary, term.slug] = words[term.vocabulary, term.value] = entry
    return Lexicon(version, {name: tuple(terms) for name, terms in lists.items()}, words)
