"""The week of the écrivains publics (N5): who is where, when, in which language, with or without an appointment.

Any permanence that carries the term is in it. A permanence that says nothing of its languages has those of its place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, reduce
from itertools import islice
from operator import or_

from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from places import lexicon
from places.card import phone_link
from places.models import Permanence, Place, Territory
from places.opening_hours import PARIS, Hours, is_holiday, parse_horaires
from places.openings import next_time, spans_of
from places.spoken import dated, short_day, spoken_day
from places.translated import isolated
from places.when import AHEAD, BEHIND

TERM = ("themes", "ecrivain-public")
PER_PAGE = 40
WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
SUNDAY = 6


@dataclass(frozen=True)
class Column:
    """One day of the week."""

    date: date
    today: bool
    holiday: bool

    @property
    def name(self) -> str:
        """`lundi 30 novembre`."""
        return spoken_day(self.date)

    @property
    def short_name(self) -> str:
        """`lundi 30`."""
        return short_day(self.date)


@dataclass(frozen=True)
class Cell:
    """When somebody is there on a day: blank when nobody is; `note` is what the hours say beside the clock."""

    spans: str
    note: str = ""


class Row:
    """One permanence, its place, and its week."""

    def __init__(self, permanence: Permanence, monday: date):
        self.permanence = permanence
        self.place = permanence.place
        self._monday = monday

    @cached_property
    def hours(self) -> Hours | None:
        return parse_horaires(self.permanence.horaires)

    @cached_property
    def cells(self) -> list[Cell]:
        return [
            Cell(spans_of(day) if day.spans else "", ", ".join({isolated(s.comment) for s in day.spans if s.comment}))
            for day in (self.hours.week(self._monday) if self.hours else [])
        ]

    @property
    def languages(self) -> list[lexicon.Entry]:
        return list(self.permanence.langues or self.place.langues)

    @property
    def needs_verification(self) -> bool:
        return self.place.needs_verification or "à vérifier" in f"{self.permanence.title} {self.permanence.details}"

    @property
    def phone(self) -> str:
        """Whom to call: the permanence's own contact, or the place."""
        link = phone_link(self.place.telephone)
        return self.permanence.contact or (link.label if link else "")

    @property
    def next_time(self) -> str:
        """The first day it is held after the week shown; as it is written when that is far away."""
        after = self._monday + timedelta(days=7)
        return (self.hours and next_time(self.hours, after)) or self.permanence.horaires

    @property
    def is_held_this_week(self) -> bool:
        return any(cell.spans for cell in self.cells)


@dataclass(frozen=True)
class Choice:
    """A language or a neighbourhood to narrow to."""

    value: str
    label: str
    key: int  # the mask of the language, the neighbourhood's own key
    chosen: bool


class Week:
    """The week asked for, this one by default; a week too far away is not one."""

    def __init__(self, text: str, today: date):
        self.today = today
        this_week = today - timedelta(days=today.weekday())
        self.monday = _monday(text, today) or this_week
        self.is_this_one = self.monday == this_week

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=n) for n in range(7)]

    @property
    def name(self) -> str:
        """As the address writes it; blank for this week, which stays this week."""
        return "" if self.is_this_one else self.monday.strftime("%G-W%V")

    @property
    def first(self) -> str:
        return dated(self.days[0])

    @property
    def last(self) -> str:
        return dated(self.days[-1], year=True)

    def beside(self, weeks: int) -> "Week | None":
        """Return the week before or after; None where there is no need to look."""
        monday = self.monday + timedelta(weeks=weeks)
        if not self.today - BEHIND <= monday <= self.today + AHEAD:
            return None
        return Week(monday.strftime("%G-W%V"), self.today)


def _monday(text: str, today: date) -> date | None:
    if not (found := WEEK.fullmatch(text)):
        return None
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        return None
    return monday if today - BEHIND - timedelta(days=7) <= monday <= today + AHEAD else None


@require_safe
def writers(request):
    """The week of the écrivains publics, by place on a wide page and on paper, by day on a phone."""
    now = timezone.now().astimezone(PARIS)
    week = Week(request.GET.get("semaine", ""), now.date())
    known = list(_held())
    languages, areas = _languages(known, request.GET.get("langues", "")), _areas(known, request.GET.get("quartier", ""))
    page = Paginator(_narrowed(known, languages, areas), PER_PAGE).get_page(request.GET.get("page"))
    rows = [Row(permanence, week.monday) for permanence in _permanences(page)]
    asked = {
        "langues": next((choice.value for choice in languages if choice.chosen), ""),
        "quartier": next((choice.value for choice in areas if choice.chosen), ""),
    }
    return render(
        request,
        "places/ecrivains_publics.html",
        {
            "week": week,
            "now": now,
            "before": _address(asked, week.beside(-1)),
            "after": _address(asked, week.beside(1)),
            "this_week": _address(asked, Week("", week.today)),
            "columns": _columns(rows, week),
            "rows": [row for row in rows if row.is_held_this_week],
            "elsewhen": [row for row in rows if row.hours and not row.is_held_this_week],
            "unknown": [row for row in rows if row.hours is None],
            "days": _days(rows, week),
            "places": _places_without({held.place for held in known}, asked) if page.number == 1 else [],
            "languages": languages,
            "areas": areas,
            "asked": [choice.label for choice in (*languages, *areas) if choice.chosen],
            "narrows": any(asked.values()) or not week.is_this_one or page.number > 1,
            "page": page,
            "page_address": _address(asked, week),
        },
    )


@dataclass(frozen=True)
class Held:
    """What narrows a permanence: the languages spoken there, as a mask, and the neighbourhood of its place."""

    pk: int
    place: str
    languages: int
    area: int | None


def _held() -> Iterator[Held]:
    """The permanences of the écrivains publics at public places, in the order of the list: read once for everything."""
    vocabulary, slug = TERM
    writer = [entry for entry in [lexicon.find(vocabulary, slug)] if entry]
    public = Place.objects.published().order_by().values("pk")
    found = Permanence.objects.filter(**{f"{vocabulary}__any": writer}, place__in=public).order_by("place__slug", "pk")
    for pk, place, own, of_place, area in found.values_list(
        "pk", "place", "langues", "place__langues", "place__quartier"
    ):
        yield Held(pk, place, own or of_place, area)


def _narrowed(known: list[Held], languages: Iterable[Choice], areas: Iterable[Choice]) -> list[int]:
    """Return the permanences that are held in the chosen language and neighbourhood."""
    for choice in languages:
        if choice.chosen:
            known = [held for held in known if held.languages & choice.key]
    for choice in areas:
        if choice.chosen:
            known = [held for held in known if held.area == choice.key]
    return [held.pk for held in known]


def _permanences(numbers: Iterable[int]):
    return (
        Permanence.objects.filter(pk__in=list(numbers))
        .select_related("place__quartier")
        .defer("place__search_text", "place__quartier__geometry", "place__quartier__outline")
        .order_by("place__slug", "pk")
    )


def _places_without(held: set[str], asked: dict[str, str]) -> list[Place]:
    """The places that say they have an écrivain public, and hold no permanence that says when."""
    vocabulary, slug = TERM
    places = Place.objects.published().offering(vocabulary, [e for e in [lexicon.find(vocabulary, slug)] if e])
    if asked["langues"]:
        places = places.offering("langues", [lexicon.find("langues", asked["langues"])])
    if asked["quartier"]:
        places = places.within("quartier", asked["quartier"])
    without = (pk for pk in places.values_list("pk", flat=True).iterator() if pk not in held)
    return list(places.filter(pk__in=list(islice(without, PER_PAGE))))


def _languages(known: list[Held], asked: str) -> list[Choice]:
    mask = reduce(or_, (held.languages for held in known), 0)
    return [
        Choice(entry.slug, entry.short_label, entry.mask, entry.slug == asked)
        for entry in lexicon.entries("langues")
        if entry.mask & mask
    ]


def _areas(known: list[Held], asked: str) -> list[Choice]:
    areas = Territory.objects.filter(pk__in={held.area for held in known} - {None}).order_by("nom")
    return [Choice(area.code, area.nom, area.pk, area.code == asked) for area in areas.only("code", "nom")]


def _columns(rows: list[Row], week: Week) -> list[Column]:
    """The days of the week, Sunday only when somebody is there."""
    days = week.days if any(row.cells and row.cells[SUNDAY].spans for row in rows) else week.days[:SUNDAY]
    return [Column(day, day == week.today, is_holiday(day)) for day in days]


def _days(rows: list[Row], week: Week) -> list[tuple[Column, list[tuple[Cell, Row]]]]:
    """The same week told day by day; a day without anybody is left out."""
    told = []
    for number, column in enumerate(_columns(rows, week)):
        there = [(row.cells[number], row) for row in rows if row.cells and row.cells[number].spans]
        if there:
            told.append((column, there))
    return told


def _address(asked: dict[str, str], week: Week | None) -> str:
    """Return the address of a week that keeps what was asked; blank for a week that is not offered."""
    if week is None:
        return ""
    query = urlencode({name: value for name, value in (asked | {"semaine": week.name}).items() if value})
    return reverse("places:writers") + (f"?{query}" if query else "")
