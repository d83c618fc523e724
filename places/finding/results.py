"""The places that fit what a resident asked, from the nearest to the farthest; then those that almost fit, and why."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from places.card import Card, Opening, opening_at
from places.enumerations import listed
from places.filters import PlaceFilter
from places.finding.asking import Asked
from places.models import Place
from places.near.nearest import ByDistance
from places.opening_hours import Hours, State, parse_horaires
from places.schedules import by_turn
from places.vocabularies import VOCABULARIES

AT_ONCE = 5
KEPT_FOR = 3600  # seconds
# How one comes, in the order that a person would try them.
ACCESS = ("se-presenter", "telephoner", "rdv-en-ligne", "mail", "fiche-prescription")


@dataclass(frozen=True)
class Row:
    """One place on the screen; `late` when it is not open at the time asked for, `unsure` why it may not help."""

    card: Card
    address: str
    opening: Opening
    late: bool = False
    unsure: str = ""

    @property
    def why_late(self) -> str:
        return why_late(self.opening)

    @property
    def price(self) -> str:
        return _listed(self.card.place.frais_a_charge)

    @property
    def access(self) -> str:
        return _listed(sorted(self.card.place.modalites_acces, key=_tried))

    @property
    def languages(self) -> str:
        return _listed(self.card.place.offered_langues)

    @property
    def unknown(self) -> str:
        """What this place does not say, and one may ask it."""
        if not self.price:
            return (
                _("À demander : le prix.") if self.access else _("À demander : le prix, et s’il faut un rendez-vous.")
            )
        return "" if self.access else _("À demander : s’il faut un rendez-vous.")


class CallableFirst:
    """Places that have a telephone, then the others, each by name; counted and sliced like a list."""

    def __init__(self, places: QuerySet, counted: tuple[int, int]):
        """`counted` tells how many have one and how many have none."""
        self.places = places.order_by("slug")
        self._counted = counted

    def count(self) -> int:
        return sum(self._counted)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, wanted: slice) -> list[Place]:
        """Return the places of a slice with bounds of at least 0 and no step."""
        callable_places = self._counted[0]
        first, last, _step = wanted.indices(self.count())
        found = list(self.places.exclude(telephone="")[first : max(first, min(last, callable_places))])
        if last > callable_places:
            rest = slice(max(first - callable_places, 0), last - callable_places)
            found += self.places.filter(telephone="")[rest]
        return found


class Search:
    """The places of one question; a need is several questions of `PlaceFilter`, of which any one will do."""

    def __init__(self, asked: Asked, version: int | None = None):
        """With the `version` of the data, what is counted is kept until the data changes."""
        self.asked = asked
        self.now = asked.now
        self.version = version

    def page(self, number: int) -> Page:
        """Return five of the places that fit; each is in exactly one page, even among those equally far."""
        return Paginator(self._ordered(self._asks, timed=True), AT_ONCE).get_page(number)

    def rows(self, page: Page) -> list[Row]:
        return [self._row(place) for place in page]

    def almost(self, found: list[Row]) -> list[Row]:
        """Return the nearest that almost fit, to fill a screen that has fewer than five: open at another time first."""
        rows: list[Row] = []
        seen = {row.card.place.pk for row in found}
        for places, late, unsure in self._relaxed():
            others = [place for place in places[: AT_ONCE + len(seen)] if place.pk not in seen]
            for place in others[: AT_ONCE - len(seen)]:
                seen.add(place.pk)
                rows.append(self._row(place, late, unsure))
        return rows

    @property
    def _asks(self) -> tuple[str, ...]:
        return self.asked.need.asks if self.asked.need else ("",)

    def _relaxed(self) -> Iterator[tuple["ByDistance | CallableFirst", bool, str]]:
        """Yield places of which less is asked: the time, then the need, then both; and what they do not fit."""
        need, timed = self.asked.need, self.asked.when is not None
        if timed:
            yield self._ordered(self._asks, timed=False), True, ""
        if need:
            yield self._ordered((need.almost,), timed=True), False, str(need.unsure)
        if need and timed:
            yield self._ordered((need.almost,), timed=False), True, str(need.unsure)

    # --- the same engine as the list

    def _questions(self, asks: tuple[str, ...], *, timed: bool) -> list[PlaceFilter]:
        asked = [QueryDict(ask, mutable=True) for ask in asks]
        if timed and self.asked.when:
            for parameters in asked:
                parameters["quand"] = self.asked.when.name
        questions = [PlaceFilter(parameters, self.now) for parameters in asked]
        for question in questions:
            # What is public is asked once, outside the “or”: inside, it would hide the index from the base.
            question.queryset = Place.objects.all()
        return questions

    def _ordered(self, asks: tuple[str, ...], *, timed: bool) -> "ByDistance | CallableFirst":
        """Return what answers any of the questions: from the nearest or, from nowhere, who can be called first."""
        questions = self._questions(asks, timed=timed)
        places = Place.objects.published() & reduce(or_, (question.qs for question in questions))
        read = places.defer("search_text").prefetch_related("permanences")
        stamps = [question.stamp for question in questions]
        if self.asked.start:
            counted = self._counted(places, Q(latitude=None), stamps)
            return ByDistance(read, self.asked.start.point, counted)
        return CallableFirst(read, self._counted(places, Q(telephone=""), stamps))

    def _counted(self, places: QuerySet, apart: Q, stamps: list[str]) -> tuple[int, int]:
        """Return how many places there are but those `apart`, and how many of these."""

        def count() -> tuple[int, int]:
            last = places.order_by().filter(apart).count()
            return places.order_by().count() - last, last

        if self.version is None:
            return count()
        key = hashlib.sha256(f"finding {self.version} {apart} {stamps}".encode()).hexdigest()
        return cache.get_or_set(key, count, KEPT_FOR)

    @cached_property
    def _masks(self) -> dict[str, int]:
        masks: dict[str, int] = {}
        for question in self._questions(self._asks, timed=False):
            for name, mask in question.asked.items():
                masks[name] = masks.get(name, 0) | mask
        return masks

    def _row(self, place: Place, late: bool = False, unsure: str = "") -> Row:
        start = self.asked.start
        card = Card(place, self.now, self._masks, start=start and start.point, when=self.asked.when)
        return Row(card, self.asked.place_address(place.slug), self._opening(card), late, unsure)

    def _opening(self, card: Card) -> Opening:
        """Say when somebody is there who helps with the need: the one who is there first."""
        place = card.place
        if not place.has_permanences:
            return card.opening
        permanences = list(place.permanences.all())
        turns = zip(by_turn(place, permanences), [place, *permanences], strict=True)
        texts = [held.horaires for offered, held in turns if self._answers(place, offered)]
        known = [hours for hours in map(parse_horaires, texts) if hours]
        return opening_at(min(known, key=self._wait, default=None), self.now) if known else card.opening

    def _answers(self, place: Place, offered: Mapping[str, int]) -> bool:
        found = {name: offered.get(name, getattr(place, VOCABULARIES[name].column).mask) for name in self._masks}
        return not self._masks or any(found[name] & mask for name, mask in self._masks.items())

    def _wait(self, hours: Hours) -> tuple[int, float]:
        """Order hours by how soon they open; those open now first, those nobody knows last."""
        now = hours.at(self.now)
        until = now.until.timestamp() if now.until else float("inf")
        return (0, -until) if now.state is State.OPEN else (1 if now.state is State.CLOSED else 2, until)


def why_late(opening: Opening) -> str:
    if opening.state == "unknown":
        return _("On ne connaît pas ses horaires : appelez avant de venir.")
    return opening.sentence


def _listed(terms) -> str:
    return listed(term.short_label for term in terms)


def _tried(term) -> int:
    return ACCESS.index(term.slug) if term.slug in ACCESS else len(ACCESS)
