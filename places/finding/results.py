"""The places that fit what a resident asked, from the nearest to the farthest; then those that almost fit, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from django.core.paginator import Page, Paginator
from django.db.models import Case, QuerySet, Value, When
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
        if self.opening.state == "unknown":
            return _("On ne connaît pas ses horaires : appelez avant de venir.")
        return self.opening.sentence

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


class Search:
    """The places of one question; a need is several questions of `PlaceFilter`, of which any one will do."""

    def __init__(self, asked: Asked):
        self.asked = asked
        self.now = asked.now

    def page(self, number: int) -> Page:
        """Return five of the places that fit; each is in exactly one page, even among those equally far."""
        return Paginator(self._in_order(self._fitting(self.need_asks, when=True)), AT_ONCE).get_page(number)

    def rows(self, page: Page) -> list[Row]:
        return [self._row(place) for place in page]

    def almost(self, found: list[Row]) -> list[Row]:
        """Return the nearest that almost fit, to fill a screen that has fewer than five: open at another time first."""
        rows: list[Row] = []
        seen = {row.card.place.pk for row in found}
        for places, late, unsure in self._relaxed():
            for place in self._in_order(places.exclude(pk__in=seen))[: AT_ONCE - len(found) - len(rows)]:
                seen.add(place.pk)
                rows.append(self._row(place, late, unsure))
        return rows

    @property
    def need_asks(self) -> tuple[str, ...]:
        return self.asked.need.asks if self.asked.need else ("",)

    def _relaxed(self) -> Iterator[tuple[QuerySet, bool, str]]:
        """Yield places of which less is asked: the time, then the need, then both; and what they do not fit."""
        need, timed = self.asked.need, self.asked.when is not None
        if timed:
            yield self._fitting(self.need_asks, when=False), True, ""
        if need:
            yield self._fitting((need.almost,), when=True), False, str(need.unsure)
        if need and timed:
            yield self._fitting((need.almost,), when=False), True, str(need.unsure)

    # --- the same engine as the list

    def _questions(self, asks: tuple[str, ...], *, when: bool) -> list[PlaceFilter]:
        return [PlaceFilter(self._parameters(ask, when=when), now=self.now) for ask in asks]

    def _parameters(self, ask: str, *, when: bool) -> QueryDict:
        parameters = QueryDict(ask, mutable=True)
        if when and self.asked.when:
            parameters["quand"] = self.asked.when.name
        return parameters

    def _fitting(self, asks: tuple[str, ...], *, when: bool):
        return reduce(or_, (question.qs for question in self._questions(asks, when=when)))

    def _in_order(self, places):
        """From the nearest; or, from nowhere, those that can be called, then the others, by name."""
        places = places.defer("search_text").prefetch_related("permanences")
        if self.asked.start:
            return ByDistance(places, self.asked.start.point)
        callable_first = Case(When(telephone="", then=Value(1)), default=Value(0))
        return places.order_by(callable_first, "slug")

    @cached_property
    def _masks(self) -> dict[str, int]:
        masks: dict[str, int] = {}
        for question in self._questions(self.need_asks, when=False):
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


def _listed(terms) -> str:
    return listed(term.short_label for term in terms)


def _tried(term) -> int:
    return ACCESS.index(term.slug) if term.slug in ACCESS else len(ACCESS)
