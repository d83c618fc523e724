"""Every public place as one bit of long rows of bits, kept in the process: a question is counted without the base.

There is one row for each term, whose bits are the places that offer it. « Or » is `|`, « and » is `&`, and counting is
one call, exact however many places there are. A place keeps its position: after a change only the places that it
touched (`models.touched`) are read again. The points lie beside, in the same positions, for the map.

A place that holds permanences offers at one time what those who are there then offer: see `schedules.by_turn`. Each of
its turns goes to a layer of its own, a row of bits as the places have, so that who is there is asked of all at once.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import islice
from operator import or_
from threading import Lock

import numpy
from django.db import Error, connections
from django.db.models import IntegerField, QuerySet
from django.db.models.functions import Cast, Coalesce
from numpy import ndarray

from places import word_index
from places.geo import Box
from places.lexicon import Entry
from places.models import DataVersion, Place, Touched, Turn
from places.models.place import CLOSED_TO_PUBLIC
from places.understanding import Unit
from places.vocabularies import OFFERED, VOCABULARIES

logger = logging.getLogger(__name__)
OWN = 0  # the layer of what is said of the whole place; its turns follow
PLACE = ("number", "latitude", "longitude", "schedule", "has_permanences", *(v.column for v in VOCABULARIES.values()))
TURN = ("number", "schedule", *OFFERED)
TYPES = {"number": int, "latitude": float, "longitude": float, "schedule": int, "has_permanences": bool}
MASK = numpy.uint64
UNKNOWN = -1  # stands for no schedule: keys are never negative
# What the base says as a plain number costs no object of Python.
ASKED = {
    "schedule": Coalesce("schedule", UNKNOWN),
    "has_permanences": Cast("has_permanences", IntegerField()),
}
BLANK = 63  # the rank, which no term has, of saying nothing in a list where that means everybody
MOST_KEPT = 16  # answers about one moment, or about some words
ROOM = 1_024  # positions kept for new places, and one more for each 32 of those there are; then all are read again
MANY = 1_000  # touched places, and a quarter of all: reading all of them again is as quick
CHUNK = 10_000  # rows
HIDDEN = {*Place.Status} - {Place.Status.PUBLISHED}

Key = tuple[int, str, int]  # a layer, a list, the rank of a term
Bits = ndarray  # of whole words of 64 bits


@dataclass(frozen=True)
class Bitmaps:
    """The public places as they were at one version of the data; what was asked before is kept."""

    version: int
    bits: dict[Key | str, Bits]
    nobody: Bits
    numbers: ndarray
    ranked: ndarray  # the positions, in the order of the numbers
    latitudes: ndarray  # not a number for a place without a point
    longitudes: ndarray
    hours: ndarray  # the ranks of their schedules
    schedules: dict[int | None, int]
    turns: tuple[tuple[ndarray, ndarray], ...] = ()  # by layer, where and when
    _kept: dict = field(default_factory=dict)

    @property
    def everybody(self) -> Bits:
        return self._bits("everybody")

    @property
    def unlocated(self) -> Bits:
        """Those without a point on the map."""
        return self._bits("unlocated")

    def offering(self, entry: Entry, opened: frozenset[int | None] | None = None) -> Bits:
        """Return who offers a term; at the hours among those `opened`, when they are given."""
        own = self._said(OWN, entry)
        if opened is None or not VOCABULARIES[entry.vocabulary].offered:
            return own
        there, *layers = self._there(opened)
        turns = (self._said(layer, entry) & on for layer, on in enumerate(layers, start=1))
        return reduce(or_, turns, own & there)

    def saying(self, unit: Unit, opened: frozenset[int | None] | None = None) -> Bits:
        """Return who says a unit, in their text or by what they offer: see `PlaceQuerySet.saying`."""
        entries = unit.entries + unit.wide
        in_text = self.writing(*(unit.sought(text) for text in unit.texts))
        offering = self._any(entries)
        in_turn = [entry for entry in entries if VOCABULARIES[entry.vocabulary].offered]
        if opened is None or not in_turn:
            return in_text | offering
        alone = self._bits("alone")
        return (in_text | offering) & alone | (self._any(in_turn, opened) | in_text & ~offering) & ~alone

    def writing(self, *texts: str) -> Bits:
        """Return whose text holds one of these: see `word_index.saying`."""
        return self._keep(texts, lambda: self.among(word_index.numbers_saying(texts)))

    def opened(self, opened: frozenset[int | None]) -> Bits:
        """Return where somebody is there, at the place itself or for one of its permanences."""
        return reduce(or_, self._there(opened))

    def among(self, numbers: Iterable[int]) -> Bits:
        """Return the public places of these numbers."""
        positions = self.find(numpy.sort(numpy.fromiter(numbers, int)))  # in order, neighbours are looked for nearby
        return self._packed(positions[positions >= 0]) & self.everybody

    def find(self, numbers: ndarray) -> ndarray:
        """Return the positions of these numbers, -1 for one that has none."""
        if not len(self.numbers):
            return numpy.full(len(numbers), -1)
        ranks = numpy.searchsorted(self.numbers, numbers, sorter=self.ranked)
        positions = self.ranked[numpy.minimum(ranks, len(self.ranked) - 1)]
        return numpy.where(self.numbers[positions] == numbers, positions, -1)

    def positions(self, bits: Bits, box: Box | None = None) -> ndarray:
        """Return where these places are among the numbers and the points; in a box, only those whose point it holds."""
        positions = numpy.flatnonzero(_unpacked(bits))
        if box:
            latitudes = self.latitudes[positions]
            positions = positions[(latitudes >= box.south) & (latitudes <= box.north)]
            longitudes = self.longitudes[positions]
            positions = positions[(longitudes >= box.west) & (longitudes <= box.east)]
        return positions

    def numbers_of(self, bits: Bits) -> list[int]:
        """Return the numbers of these places."""
        return self.numbers[self.positions(bits)].tolist()

    def _any(self, entries: Iterable[Entry], opened: frozenset[int | None] | None = None) -> Bits:
        return reduce(or_, (self.offering(entry, opened) for entry in entries), self.nobody)

    def _said(self, layer: int, entry: Entry) -> Bits:
        said = self._bits((layer, entry.vocabulary, entry.bit))
        if VOCABULARIES[entry.vocabulary].blank_is_all:
            said = said | self._bits((layer, entry.vocabulary, BLANK))
        return said

    def _there(self, opened: frozenset[int | None]) -> list[Bits]:
        """Return by layer who is there at these hours: the places without permanences, then each turn of the others."""
        return self._keep(opened, lambda: list(self._layers_there(opened)))

    def _layers_there(self, opened: frozenset[int | None]) -> Iterator[Bits]:
        accepted = numpy.fromiter(map(opened.__contains__, self.schedules), bool, len(self.schedules))
        yield self._bits("alone") & self._packed(numpy.flatnonzero(accepted[self.hours]))
        for positions, hours in self.turns:
            yield self._packed(positions[accepted[hours]])

    def _keep(self, key: object, make: Callable):
        """Return what is kept under a key, made the first time; the oldest answers leave."""
        kept = self._kept.get(key)
        if kept is None:
            kept = make()
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = kept
        return kept

    def _bits(self, key: Key | str) -> Bits:
        return self.bits.get(key, self.nobody)

    def _packed(self, positions: ndarray) -> Bits:
        flags = numpy.zeros(64 * len(self.nobody), bool)
        flags[positions] = True
        return _packed(flags)


def count(bits: Bits) -> int:
    return int(numpy.bitwise_count(bits).sum())


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


def read_ahead() -> None:
    """Read the places before the first visitor asks: a million take seconds. A base that is not there yet can wait."""
    try:
        current()
    except Error:
        logger.warning("places not read ahead")
    connections.close_all()


def current() -> Bitmaps:
    """Return the public places as they are now."""
    global _known
    known = _known
    if known is None or known.version < _version:
        with _reading:
            if _known is None or _known.version < _version:
                _known = _read_on(_known) if _known else _read()
            known = _known
    return known


def _read() -> Bitmaps:
    """Return all the places as the base has them."""
    version = DataVersion.objects.current()
    places, turns = _columns(_public(), PLACE), _columns(Turn.objects.all(), TURN)
    size = len(places["number"])
    nobody = _packed(numpy.zeros((size + size // 32 + ROOM) // 64 * 64, bool))
    none = numpy.empty(0, int)
    return _with(Bitmaps(version, {}, nobody, none, none, none, none, none, {}), version, places, turns, none)


def _read_on(before: Bitmaps) -> Bitmaps:
    """Return what is known, with the places that were touched since as they are now."""
    version = DataVersion.objects.current()
    since = Touched.objects.filter(version__gt=before.version).values_list("number", flat=True)
    touched = numpy.fromiter(since, int)
    if not len(touched):
        return replace(before, version=version)
    # A place left without a number by a migration has just been given one; many are as soon read with all the others.
    if 0 in touched or len(touched) > MANY + len(before.numbers) // 4:
        return _read()
    places, turns = _public().filter(number__in=since), Turn.objects.filter(number__in=since)
    return _with(before, version, _columns(places, PLACE), _columns(turns, TURN), touched)


def _public() -> QuerySet:
    # The published ones, without the equality that would lead the base to an index in another order.
    return Place.objects.exclude(status__in=HIDDEN).exclude(modalites_acces__any=CLOSED_TO_PUBLIC).order_by()


def _columns(rows: QuerySet, names: tuple[str, ...]) -> dict[str, ndarray]:
    """Return these columns of rows; the hours that nobody knows as UNKNOWN."""
    columns = {name: numpy.empty(0, TYPES.get(name, MASK)) for name in names}
    size = 0
    read = rows.values_list(*(ASKED.get(name, name) for name in names)).iterator(CHUNK)
    while chunk := list(islice(read, CHUNK)):
        end = size + len(chunk)
        for values, held in zip(zip(*chunk, strict=True), columns.values(), strict=True):
            if end > len(held):  # in large steps, so that the memory goes back whole
                held.resize(2 * end, refcheck=False)
            kind = held.dtype
            held[size:end] = (
                numpy.array(values, kind) if kind.kind == "f" else numpy.fromiter(values, kind, len(values))
            )
        size = end
    for held in columns.values():
        held.resize(size, refcheck=False)
    return columns


def _with(
    before: Bitmaps, version: int, places: dict[str, ndarray], turns: dict[str, ndarray], touched: ndarray
) -> Bitmaps:
    """Return the places of before with these as they are here; those touched that are not here are public no more."""
    numbers = places["number"]
    here, known = before.find(numbers), before.find(touched)
    new = numpy.flatnonzero(here < 0)
    size = len(before.numbers) + len(new)
    if size > 64 * len(before.nobody):
        return _read()
    here[new] = numpy.arange(len(before.numbers), size)
    at = numpy.concatenate([here, numpy.setdiff1d(known[known >= 0], here)])
    schedules = dict(before.schedules)
    turns = _layered(turns, numbers, places["has_permanences"])
    hours = _ranks(turns["schedule"], schedules)
    there = []
    for layer in range(max(len(before.turns), turns["layer"].max(initial=-1) + 1)):
        positions, ranks = before.turns[layer] if layer < len(before.turns) else (here[:0], hours[:0])
        stays, mine = ~numpy.isin(positions, at), turns["layer"] == layer
        there.append(
            (numpy.append(positions[stays], here[turns["place"][mine]]), numpy.append(ranks[stays], hours[mine]))
        )
    bits, rest = dict(before.bits), set(before.bits)
    for key, those, flags in _said(places, turns):
        spread = numpy.zeros(len(at), bool)
        spread[those] = flags
        bits[key] = _put_bits(bits.get(key, before.nobody), at, spread)
        rest.discard(key)
    for key in rest:
        bits[key] = _put_bits(bits[key], at, numpy.zeros(len(at), bool))
    all_numbers = _put(before.numbers, here, numbers, size)
    return Bitmaps(
        version,
        bits,
        before.nobody,
        all_numbers,
        numpy.argsort(all_numbers, kind="stable") if len(new) else before.ranked,
        _put(before.latitudes, here, places["latitude"], size),
        _put(before.longitudes, here, places["longitude"], size),
        _put(before.hours, here, _ranks(places["schedule"], schedules), size),
        schedules,
        tuple(there),
    )


def _ranks(keys: ndarray, schedules: dict[int | None, int]) -> ndarray:
    """Return the rank of each of these schedules; a new one gets the next."""
    distinct, where = numpy.unique(keys, return_inverse=True)
    told = (None if key == UNKNOWN else key for key in distinct.tolist())
    ranks = [schedules.setdefault(key, len(schedules)) for key in told]
    return numpy.array(ranks, numpy.int32)[where]


def _layered(turns: dict[str, ndarray], numbers: ndarray, holding: ndarray) -> dict[str, ndarray]:
    """Return the turns of the places that hold permanences, with the rank of their place and their layer: one each."""
    order = numpy.argsort(turns["number"], kind="stable")
    order = order[numpy.isin(turns["number"][order], numbers[holding])]
    turns = {name: column[order] for name, column in turns.items()}
    ranked = numpy.argsort(numbers, kind="stable")
    turns["place"] = ranked[numpy.searchsorted(numbers, turns["number"], sorter=ranked)]
    turns["layer"] = numpy.arange(len(order)) - numpy.searchsorted(turns["number"], turns["number"])
    return turns


def _said(
    places: dict[str, ndarray], turns: dict[str, ndarray]
) -> Iterator[tuple[Key | str, slice | ndarray, ndarray]]:
    """Yield each row of bits, as yes or no for some of these places: the others say no."""
    everybody = slice(len(places["number"]))
    yield "everybody", everybody, numpy.ones(len(places["number"]), bool)
    yield "alone", everybody, ~places["has_permanences"]
    yield "unlocated", everybody, numpy.isnan(places["latitude"])
    for name, vocabulary in VOCABULARIES.items():
        for bit, flags in _terms(name, places[vocabulary.column]):
            yield (OWN, name, bit), everybody, flags
    for layer in range(turns["layer"].max(initial=-1) + 1):
        mine = turns["layer"] == layer
        for name in OFFERED:
            for bit, flags in _terms(name, turns[name][mine]):
                yield (OWN + 1 + layer, name, bit), turns["place"][mine], flags


def _terms(name: str, masks: ndarray) -> Iterator[tuple[int, ndarray]]:
    """Yield the rank of each term that one of these masks holds, and which do."""
    if VOCABULARIES[name].blank_is_all:
        masks = numpy.where(masks == 0, MASK(1 << BLANK), masks)
    held = int(numpy.bitwise_or.reduce(masks))
    for bit in range(held.bit_length()):
        if held >> bit & 1:
            yield bit, masks & MASK(1 << bit) != 0


# --- from yes and no to bits


def _packed(flags: ndarray) -> Bits:
    bits = numpy.packbits(flags, bitorder="little").view(numpy.uint64)
    bits.setflags(write=False)  # they are shared
    return bits


def _unpacked(bits: Bits) -> ndarray:
    return numpy.unpackbits(bits.view(numpy.uint8), bitorder="little").view(bool)


def _put_bits(bits: Bits, at: ndarray, flags: ndarray) -> Bits:
    """Return bits with these at some positions; themselves when nothing differs."""
    if len(at) < MANY:
        held = bits.view(numpy.uint8)[at >> 3] >> (at & 7).astype(numpy.uint8) & 1
        if numpy.array_equal(held, flags):
            return bits
    unpacked = _unpacked(bits)
    unpacked[at] = flags
    return _packed(unpacked)


def _put(values: ndarray, at: ndarray, new: ndarray, size: int) -> ndarray:
    """Return values, as many as `size`, with these at some positions; themselves when nothing differs."""
    if len(values) == size and numpy.array_equal(values[at], new, equal_nan=True):
        return values
    put = numpy.empty(size, new.dtype)
    put[: len(values)] = values
    put[at] = new
    return put
