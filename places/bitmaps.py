"""Every public place as one bit of long whole numbers, kept in the process: a question is counted without the base.

There is one number for each term, whose bits are the places that offer it. « Or » is `|`, « and » is `&`, and counting
is one call, exact however many places there are: 20 microseconds for a million. The places lie in the order of their
numbers, by blocks (`models.block`); after a change only the blocks that it touched are read again.

A place that holds permanences offers at one time what those who are there then offer: see `schedules.by_turn`. Each of
its turns goes to a layer of its own, a number of bits as the places have, so that who is there is asked of all at once.
"""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_
from threading import Lock

from django.db.models import Q

from places import word_index
from places.lexicon import Entry
from places.models import DataVersion, Place, Turn
from places.models.block import BLOCKS, SHIFT, Block, block_of
from places.models.place import CLOSED_TO_PUBLIC
from places.understanding import Unit
from places.vocabularies import OFFERED, VOCABULARIES

OWN = 0  # the layer of what is said of the whole place; its turns follow
COLUMNS = [vocabulary.column for vocabulary in VOCABULARIES.values()]
BLANK = 63  # the rank, which no term has, of saying nothing in a list where that means everybody
MOST_MOMENTS = 16  # whose answers are kept
HIDDEN = {*Place.Status} - {Place.Status.PUBLISHED}
FEW_BLOCKS = 8  # read by their ranges; more are read with all the others, in one go
ZERO, ONE = 48, 49  # the digits, as bytes
DIGITS = bytes([ZERO, ONE])
DIGIT_OF_BIT = [bytes(ONE if byte >> bit & 1 else ZERO for byte in range(256)) for bit in range(8)]

Key = tuple[int, str, int]  # a layer, a list, the rank of a term


@dataclass(frozen=True)
class Places:
    """The bits of one block: as bytes, so that blocks are joined end to end."""

    numbers: array
    bits: dict[Key | str, bytes]
    schedules: tuple[int | None, ...]
    turns: tuple[tuple[tuple[int, int | None], ...], ...]  # by layer, where and when

    @property
    def length(self) -> int:
        return (len(self.numbers) + 7) // 8


@dataclass(frozen=True)
class Bitmaps:
    """The public places as they were at one version of the data; what was joined or asked before is kept."""

    version: int
    blocks: tuple[Places, ...]
    _joined: dict = field(default_factory=dict)
    _moments: dict = field(default_factory=dict)

    @property
    def everybody(self) -> int:
        return self._join("everybody")

    @property
    def unlocated(self) -> int:
        """Those without a point on the map."""
        return self._join("unlocated")

    def offering(self, entry: Entry, opened: frozenset[int | None] | None = None) -> int:
        """Return who offers a term; at the hours among those `opened`, when they are given."""
        own = self._said(OWN, entry)
        if opened is None or not VOCABULARIES[entry.vocabulary].offered:
            return own
        there, *layers = self._there(opened)
        turns = (self._said(layer, entry) & on for layer, on in enumerate(layers, start=1))
        return reduce(or_, turns, own & there)

    def saying(self, unit: Unit, opened: frozenset[int | None] | None = None) -> int:
        """Return who says a unit, in their text or by what they offer: see `PlaceQuerySet.saying`."""
        entries = unit.entries + unit.wide
        in_text = self.among(word_index.numbers_saying(unit.sought(text) for text in unit.texts))
        offering = self._any(entries)
        in_turn = [entry for entry in entries if VOCABULARIES[entry.vocabulary].offered]
        if opened is None or not in_turn:
            return in_text | offering
        alone = self._join("alone")
        return (in_text | offering) & alone | (self._any(in_turn, opened) | in_text & ~offering) & ~alone

    def _any(self, entries: Iterable[Entry], opened: frozenset[int | None] | None = None) -> int:
        return reduce(or_, (self.offering(entry, opened) for entry in entries), 0)

    def opened(self, opened: frozenset[int | None]) -> int:
        """Return where somebody is there, at the place itself or for one of its permanences."""
        return reduce(or_, self._there(opened))

    def among(self, numbers: Iterable[int]) -> int:
        """Return the public places of these numbers."""
        positions: list[list[int]] = [[] for _block in self.blocks]
        for number in numbers:
            rank = block_of(number)
            held = self.blocks[rank].numbers
            position = bisect_left(held, number)
            if position < len(held) and held[position] == number:
                positions[rank].append(position)
        return _whole(_marked(len(block.numbers), here) for block, here in zip(self.blocks, positions, strict=True))

    def numbers(self, bits: int) -> Iterator[int]:
        """Yield the numbers of these places."""
        for block in self.blocks:
            digits = f"{bits & (1 << 8 * block.length) - 1:b}"[::-1]
            bits >>= 8 * block.length
            position = digits.find("1")
            while position >= 0:
                yield block.numbers[position]
                position = digits.find("1", position + 1)

    def _said(self, layer: int, entry: Entry) -> int:
        said = self._join((layer, entry.vocabulary, entry.bit))
        if VOCABULARIES[entry.vocabulary].blank_is_all:
            said |= self._join((layer, entry.vocabulary, BLANK))
        return said

    def _there(self, opened: frozenset[int | None]) -> list[int]:
        """Return by layer who is there at these hours: the places without permanences, then each turn of the others."""
        there = self._moments.get(opened)
        if there is None:
            there = list(self._layers_there(opened))
            if len(self._moments) >= MOST_MOMENTS:
                self._moments.clear()
            self._moments[opened] = there
        return there

    def _layers_there(self, opened: frozenset[int | None]) -> Iterator[int]:
        yield self._join("alone") & _whole(_packed(map(opened.__contains__, block.schedules)) for block in self.blocks)
        for layer in range(max(len(block.turns) for block in self.blocks)):
            yield _whole(_marked(len(block.numbers), _held(block, layer, opened)) for block in self.blocks)

    def _join(self, key: Key | str) -> int:
        joined = self._joined.get(key)
        if joined is None:
            joined = _whole(block.bits.get(key) or bytes(block.length) for block in self.blocks)
            self._joined[key] = joined
        return joined


def _held(block: Places, layer: int, opened: frozenset[int | None]) -> Iterator[int]:
    held = block.turns[layer] if layer < len(block.turns) else ()
    return (position for position, schedule in held if schedule in opened)


# --- what the process knows


_known: Bitmaps | None = None
_version = 0  # the last that was heard of
_reading = Lock()


def follow(version: int) -> None:
    """Read what has changed at the next question, when the data has changed since it was read."""
    global _version
    _version = version


def forget() -> None:
    """Read everything again at the next question."""
    global _known
    _known = None


def current() -> Bitmaps:
    """Return the public places as they are now."""
    global _known
    known = _known
    if known is None or known.version < _version:
        with _reading:
            _known = known = _read(_known)
    return known


def _read(before: Bitmaps | None) -> Bitmaps:
    version = DataVersion.objects.current()
    changed = None
    if before is not None:
        changed = set(Block.objects.filter(version__gt=before.version).values_list("rank", flat=True))
        if len(changed) > FEW_BLOCKS:
            changed = None
    blocks = [Places(array("q"), {}, (), ())] * BLOCKS if changed is None else list(before.blocks)
    if changed != set():
        read = dict(_blocks(changed))
        for rank in read if changed is None else changed:
            blocks[rank] = read.get(rank) or Places(array("q"), {}, (), ())
    return Bitmaps(version, tuple(blocks))


def _blocks(ranks: set[int] | None) -> Iterator[tuple[int, Places]]:
    """Yield the blocks of these ranks that hold a public place; all of them without."""
    ranges = Q(*(Q(number__range=(rank << SHIFT, (rank + 1 << SHIFT) - 1)) for rank in ranks or ()), _connector=Q.OR)
    turns: dict[int, list] = {}
    for turn in Turn.objects.filter(ranges).order_by("number", "pk").values_list("number", "schedule", *OFFERED):
        turns.setdefault(block_of(turn[0]), []).append(turn)
    # The published ones, without the equality that would lead the base to an index in another order.
    public = Place.objects.filter(ranges).exclude(status__in=HIDDEN).exclude(modalites_acces__any=CLOSED_TO_PUBLIC)
    unlocated = {*public.order_by().filter(latitude=None).values_list("number", flat=True)}
    places = public.order_by("number")
    rows = places.values_list("number", "schedule", "has_permanences", *COLUMNS).iterator(chunk_size=5_000)
    hours: dict[int | None, int | None] = {}  # the same object for the same hours: a key is three times heavier than it
    for rank, group in groupby(rows, key=lambda row: block_of(row[0])):
        yield rank, _block(list(group), turns.get(rank, []), unlocated, hours)


def _block(rows: list[tuple], turns: list[tuple], unlocated: set[int], hours: dict) -> Places:
    numbers, schedules, holding, *columns = zip(*rows, strict=True)
    bits: dict[Key | str, bytes] = {
        "everybody": _packed(True for _number in numbers),
        "alone": _packed(not holds for holds in holding),
        "unlocated": _packed(map(unlocated.__contains__, numbers)),
    }
    for name, masks in zip(VOCABULARIES, columns, strict=True):
        bits |= _terms(OWN, name, masks)
    positions = {number: position for position, number in enumerate(numbers) if holding[position]}
    held = [(positions[turn[0]], *turn[1:]) for turn in turns if turn[0] in positions]
    layers: list[list[tuple]] = []
    for _place, group in groupby(held, key=itemgetter(0)):
        for layer, turn in enumerate(group):
            if layer == len(layers):
                layers.append([])
            layers[layer].append(turn)
    for layer, here in enumerate(layers, start=1):
        where = [position for position, *_rest in here]
        for name, masks in zip(OFFERED, list(zip(*here, strict=True))[2:], strict=True):
            bits |= _terms(layer, name, masks, where, len(numbers))
    return Places(
        array("q", numbers),
        bits,
        tuple(hours.setdefault(key, key) for key in schedules),
        tuple(tuple((turn[0], hours.setdefault(turn[1], turn[1])) for turn in here) for here in layers),
    )


def _terms(
    layer: int, name: str, masks: Collection[int], where: list[int] | None = None, size: int = 0
) -> Iterator[tuple[Key, bytes]]:
    """Yield the bits of each term that one of these masks holds; `where` the masks stand, when it is not everywhere."""
    if VOCABULARIES[name].blank_is_all:
        masks = [mask or 1 << BLANK for mask in masks]
    held = reduce(or_, masks, 0)
    if where is not None:
        spread = [0] * size
        for position, mask in zip(where, masks, strict=True):
            spread[position] = mask
        masks = spread
    bytes_of_masks = array("Q", masks)
    if sys.byteorder == "big":
        bytes_of_masks.byteswap()
    raw = bytes_of_masks.tobytes()
    for bit in range(held.bit_length()):
        if held >> bit & 1:
            yield (layer, name, bit), _number(raw[bit >> 3 :: 8].translate(DIGIT_OF_BIT[bit & 7]))


# --- from yes and no to bits


def _packed(flags: Iterable[bool]) -> bytes:
    return _number(bytes(flags).translate(DIGITS.ljust(256, b"0")))


def _marked(size: int, positions: Iterable[int]) -> bytes:
    digits = bytearray([ZERO]) * size
    for position in positions:
        digits[position] = ONE
    return _number(bytes(digits))


def _number(digits: bytes) -> bytes:
    """Return digits of base two, the first the lowest, as the bytes of their number."""
    return int(digits[::-1], 2).to_bytes((len(digits) + 7) // 8, "little") if digits else b""


def _whole(blocks: Iterable[bytes]) -> int:
    return int.from_bytes(b"".join(blocks), "little")
