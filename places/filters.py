"""The visitor's question: one filterset behind the list, the map, and every file that follows the filters.

A value that means nothing is dropped and said; the rest of the question stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import and_, or_

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places import bitmaps, geo, knowledge, lexicon, schedules, when
from places.bitmaps import Bitmaps, Bits, count
from places.enumerations import all_of, any_of
from places.lexicon import Entry
from places.models import Place, Territory
from places.near.nearest import ByDistance, within
from places.near.start import Start
from places.schedules import States
from places.text import fold
from places.understanding import Understood
from places.vocabularies import VOCABULARIES, Section
from places.when import When

TOGETHER, EITHER = "et", "ou"
EXACTLY = "exact"  # with `oui`, the words are searched as they were typed
MAX_WORDS = 8
MAX_LENGTH = 120
AREAS = {"quartier": gettext_lazy("Quartier"), "qpv": gettext_lazy("Quartier prioritaire (QPV)")}
# What is asked in a section besides its lists.
ASKED_IN = {Section.QUAND: ("quand",), Section.LIEU: tuple(AREAS)}
NAMED_AREAS = {"qpv": gettext_lazy("dans un quartier prioritaire (QPV)")}
WALKS = (5, 10, 15, 20, 30)  # minutes on foot
BY_PLACE = (*AREAS, "minutes")  # what the base is asked of where places are
MOST_RANKED = 20_000  # places that say the words: putting more of them in order would take seconds
PAGE = 20


class TermsFilter(django_filters.Filter):
    """Any or all of the chosen terms of one vocabulary, as its `_op` says."""

    field_class = forms.MultipleChoiceField

    def filter(self, places, chosen):
        if not chosen:
            return places
        together = self.parent.is_together(self.field_name)
        return places.offering(self.field_name, chosen, together=together, opened=self.parent.opened)


class AreaFilter(django_filters.Filter):
    """One territory of a kind, by its code."""

    def filter(self, places, code):
        return places.within(self.field_name, code) if code else places


@dataclass(frozen=True)
class Option:
    """One choice on the screen; `count` places are what choosing it leaves, or adds where any of several will do."""

    value: str
    label: str
    count: int
    checked: bool
    help: str = ""
    group: str = ""
    pictogram: str = ""


@dataclass(frozen=True)
class Group:
    """The filters of one list: its options, whether they are shown only once it is opened, and under a title."""

    name: str
    question: str
    options: list[Option]
    together: bool
    folded: bool
    titled: bool

    @property
    def chosen(self) -> int:
        return sum(option.checked for option in self.options)


@dataclass(frozen=True)
class SectionOfQuestion:
    """One question in people's words, with its groups; `chosen` counts what was answered."""

    name: str
    title: str
    groups: list[Group]
    chosen: int
    opened: bool


@dataclass(frozen=True)
class Chip:
    """One thing that was asked, and the address of the same question without it."""

    label: str
    without: str


class PlaceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="filter_words")
    quand = django_filters.CharFilter(method="filter_when")
    quartier = AreaFilter(field_name="quartier")
    qpv = AreaFilter(field_name="qpv")
    minutes = django_filters.CharFilter(method="filter_walk")

    class Meta:
        model = Place
        fields = []

    @classmethod
    def get_filters(cls):
        return super().get_filters() | {name: TermsFilter(field_name=name) for name in VOCABULARIES}

    def __init__(self, data: QueryDict | None = None, now: datetime | None = None):
        self.ignored: list[str] = []
        self.start: Start | None = None
        self.now = now or timezone.now()
        self.when: When | None = None
        self._asks_a_day = bool(data) and data.get("quand") == when.CHOSEN
        super().__init__(self._understood(data or QueryDict()), queryset=Place.objects.published())
        for name in VOCABULARIES:
            self.filters[name].extra["choices"] = [(entry.slug, entry.slug) for entry in lexicon.entries(name)]

    # --- what was understood

    def _understood(self, data: QueryDict) -> QueryDict:
        """Return the question with slugs for official values and without what means nothing, in a constant order."""
        kept = QueryDict(mutable=True)
        if words := self._words(data.get("q", "")):
            kept["q"] = words
            if data.get(EXACTLY) == "oui":
                kept[EXACTLY] = "oui"
        for name in VOCABULARIES:
            slugs = [entry.slug for value in data.getlist(name) if (entry := self._term(name, value))]
            asked = set(slugs)
            chosen = [entry.slug for entry in lexicon.entries(name) if entry.slug in asked]
            if chosen:
                kept.setlist(name, chosen)
            operator = data.get(f"{name}_op", EITHER)
            if operator not in (TOGETHER, EITHER):
                self._ignore(operator)
            elif operator == TOGETHER:
                kept[f"{name}_op"] = TOGETHER
        for kind in AREAS:
            if code := data.get(kind, "").strip():
                if (code == "oui" and kind in NAMED_AREAS) or self._area(kind, code):
                    kept[kind] = code
                else:
                    self._ignore(code)
        self._understand_start(data, kept)
        self.when = when.read(data, self.now, self._ignore)
        if self.when:
            kept.update(when.parameters(self.when))
        if data.get("integration") == "1":  # not a question, but every link of a framed page has to keep it
            kept["integration"] = "1"
        return kept

    def _understand_start(self, data: QueryDict, kept: QueryDict) -> None:
        """Keep where the visitor starts from, once it has a point, and how far they walk.

        Whoever asks finds the point of an address first: see `near.finding`.
        """
        self.start = Start.read(data)
        if self.start is None:
            for name in ("autour", "point", "minutes"):
                if text := data.get(name, "").strip():
                    self._ignore(text)
            return
        if self.start.text:
            kept["autour"] = self.start.text
        kept["point"] = geo.write_point(self.start.point)
        if minutes := data.get("minutes", "").strip():
            if minutes in map(str, WALKS):
                kept["minutes"] = minutes
            else:
                self._ignore(minutes)

    def _term(self, name: str, value: str) -> Entry | None:
        entry = lexicon.find(name, value.strip())
        if entry is None and value.strip():
            self._ignore(value)
        return entry

    def _words(self, text: str) -> str:
        words = " ".join(text.replace("\x00", " ").split())
        if words and not fold(words):
            self._ignore(words)
            return ""
        return " ".join(words[:MAX_LENGTH].split()[:MAX_WORDS])

    def _ignore(self, value: str) -> None:
        self.ignored.append(value.replace("\x00", "")[:60])

    @cached_property
    def areas(self) -> dict[str, list[Territory]]:
        areas = {kind: [] for kind in AREAS}
        found = Territory.objects.current().filter(kind__in=AREAS).order_by("nom")
        for territory in found.only("kind", "code", "next_code", "nom"):
            areas[territory.kind].append(territory)
        return areas

    def _area(self, kind: str, code: str) -> Territory | None:
        return next((area for area in self.areas[kind] if code in (area.code, area.next_code)), None)

    def is_together(self, name: str) -> bool:
        return self.data.get(f"{name}_op") == TOGETHER

    def filter_words(self, places, name, words):
        return places.saying(self.said, self.opened)

    @cached_property
    def said(self) -> Understood:
        """The words as they were understood."""
        return knowledge.search(self.words, exactly=self.is_exact)

    @property
    def is_exact(self) -> bool:
        """Whether the words are searched as they were typed."""
        return EXACTLY in self.data

    def filter_walk(self, places, name, minutes):
        return places.filter(within(self.start.point, geo.walk(int(minutes))))

    def filter_when(self, places, name, value):
        return places.opened_then(self.opened)

    # --- the time asked for

    @cached_property
    def _states(self) -> States | None:
        return self.when and schedules.states(self.when.slices)

    @property
    def opened(self) -> Q | None:
        """The condition on a schedule at the time asked for; None when any time will do."""
        return self._states and self._states.accepting(unknown=self.when.unknown)

    @property
    def moment(self) -> str:
        """What changes when a place opens or closes, for a question about time; blank for any other."""
        return self._states.stamp if self.when else ""

    @property
    def stamp(self) -> str:
        """The question as it stands now: an answer may be kept until this changes, the data apart."""
        return f"{self.query} {self.moment}"

    @property
    def unknown_hours(self) -> int:
        """How many more places there would be with those whose hours nobody knows at the time asked for."""
        if self.when is None or self.when.unknown:
            return 0
        return self.asked_with(inconnus="oui").total - self.total

    def asked_with(self, **parameters: str) -> "PlaceFilter":
        """Return the same question of the same places at the same moment, with other parameters."""
        data = self.data.copy()
        data.update(parameters)
        return PlaceFilter(data, self.now)

    @property
    def when_controls(self) -> when.Controls:
        return when.controls(when.CHOSEN if self._asks_a_day else "", self.when, self.now)

    @property
    def with_unknown(self) -> str:
        """The address of the question that keeps them."""
        return self.asked_with(inconnus="oui").query

    # --- what is counted

    @cached_property
    def total(self) -> int:
        """How many places answer."""
        return count(self.found)

    @cached_property
    def unlocated(self) -> int:
        """How many of them have no point on the map."""
        return count(self.found & self.bitmaps.unlocated)

    @cached_property
    def _counts(self) -> dict[str, dict[Entry, int]]:
        """How many places choosing a term leaves; or finds, whatever else is chosen in a list where any will do."""
        counts = {}
        for name in VOCABULARIES:
            widened = name in self.data and not self.is_together(name)
            among = self._found_but(name) if widened else self.found
            counts[name] = {
                entry: count(among & self.bitmaps.offering(entry, self._accepted)) for entry in lexicon.entries(name)
            }
        return counts

    @cached_property
    def bitmaps(self) -> Bitmaps:
        return bitmaps.current()

    @cached_property
    def _accepted(self) -> frozenset[int | None] | None:
        return self._states and self._states.accepted(unknown=self.when.unknown)

    @cached_property
    def found(self) -> Bits:
        """The places that answer, as bits."""
        return self._found_but("")

    def _found_but(self, left: str) -> Bits:
        """Return those that would answer without the choices of one list."""
        found = self._found_apart
        for name in VOCABULARIES:
            if name != left and (chosen := self.chosen(name)):
                offering = (self.bitmaps.offering(entry, self._accepted) for entry in chosen)
                found = found & reduce(and_ if self.is_together(name) else or_, offering)
        return found

    @cached_property
    def _found_apart(self) -> Bits:
        """What answers the rest of the question than its lists."""
        found = self.bitmaps.everybody if self._accepted is None else self.bitmaps.opened(self._accepted)
        for unit in self.said.units:
            found = found & self.bitmaps.saying(unit, self._accepted)
        if self.data.keys() & BY_PLACE:
            places = self.queryset.order_by()
            self.form.is_valid()  # always true: what means nothing was dropped already
            for name in BY_PLACE:
                places = self.filters[name].filter(places, self.form.cleaned_data[name])
            found = found & self.bitmaps.among(places.values_list("number", flat=True))
        return found

    # --- the results

    @cached_property
    def in_order(self):
        """The results as a person reads them: the best matches first when words were asked without a start."""
        if self.is_crowded:
            return Place.objects.order_by("number")  # a page of them is taken by `paged`
        ranked = bool(self.words) and not self.start
        if not ranked and (self.start or self.total**2 > PAGE * count(self.bitmaps.everybody)):
            return self.qs  # a page of many is soon found in the whole list
        # Few are read by their numbers, all of them public; an index of the list would only lead the base astray.
        places = Place.objects.filter(number__among=self.bitmaps.numbers_of(self.found))
        if not ranked:
            return places
        return places.best_first(self.said).prefetch_related("permanences")  # in which a word may stand

    @property
    def is_crowded(self) -> bool:
        """Whether so many places say the words that the best matches cannot be told in time."""
        return bool(self.words) and not self.start and self.total > MOST_RANKED

    def paged(self, places):
        """Give places of this question to be sliced: from the nearest to the farthest, when it has a start."""
        if self.start:
            return ByDistance(places, self.start.point, (self.total - self.unlocated, self.unlocated))
        return Numbered(places, self.bitmaps.numbers_of(self.found)) if self.is_crowded else places

    def chosen(self, name: str) -> list[Entry]:
        return [entry for slug in self.data.getlist(name) if (entry := lexicon.find(name, slug))]

    @property
    def words(self) -> str:
        return self.data.get("q", "")

    @cached_property
    def asked(self) -> dict[str, int]:
        """What was asked of each list, as masks: rows and cards say it first."""
        masks = {name: sum(entry.mask for entry in self.chosen(name)) for name in VOCABULARIES}
        return {name: mask for name, mask in masks.items() if mask}

    @property
    def exactly(self) -> str:
        """The address of the same question, its words searched as they were typed."""
        return self.asked_with(**{EXACTLY: "oui"}).query

    @property
    def inexactly(self) -> str:
        """The address of the same question, its typing errors put right."""
        return self.asked_with(**{EXACTLY: ""}).query

    @property
    def point(self) -> geo.Point | None:
        return self.start and self.start.point

    @property
    def walk(self) -> int | None:
        """How far the visitor walks, in minutes; None as far as one likes."""
        return int(self.data["minutes"]) if "minutes" in self.data else None

    @property
    def asked_services(self) -> int:
        """The mask of the services asked for: the markers show these first."""
        return self.asked.get("services", 0)

    @property
    def is_blank(self) -> bool:
        return all(name.endswith("_op") or name == "integration" for name in self.data)

    @property
    def blank(self) -> str:
        """The query string of no question at all, on the same screen."""
        return "?integration=1" if "integration" in self.data else ""

    @property
    def query(self) -> str:
        """The question as an address, always written the same way."""
        return self.data.urlencode()

    @property
    def selection(self) -> str:
        """What decides which places answer, whatever their order: two questions that have it alike share one map."""
        asked = self.data.copy()
        for name in ("autour", "integration"):
            asked.pop(name, None)
        if "minutes" not in asked:
            asked.pop("point", None)
        return asked.urlencode()

    # --- the question in words and as controls

    def sections(self) -> list[SectionOfQuestion]:
        return [self._section(section) for section in Section]

    def _section(self, section: Section) -> SectionOfQuestion:
        groups = [self._group(name) for name, vocabulary in VOCABULARIES.items() if vocabulary.section is section]
        chosen = sum(group.chosen for group in groups) + sum(name in self.data for name in ASKED_IN.get(section, ()))
        opened = section is Section.AIDE or bool(chosen) or (section is Section.QUAND and self._asks_a_day)
        return SectionOfQuestion(section.slug, _(section), groups, chosen, opened)

    def _group(self, name: str) -> Group:
        chosen = set(self.data.getlist(name))
        options = [
            Option(
                value=entry.slug,
                label=entry.label,
                count=count,
                checked=entry.slug in chosen,
                help=entry.help,
                group=entry.group,
                pictogram=entry.pictogram,
            )
            for entry, count in self._counts[name].items()
            if entry.visible or entry.slug in chosen
        ]
        vocabulary = VOCABULARIES[name]
        folded = vocabulary.folded and not chosen
        return Group(name, _(vocabulary.question), options, self.is_together(name), folded, vocabulary.titled)

    def chips(self) -> list[Chip]:
        return list(self._chips())

    def wider(self) -> list[tuple[Chip, int]]:
        """What each choice costs: the questions without one of them, with their results, the widest first."""
        rest = [(chip, PlaceFilter(QueryDict(chip.without), self.now).total) for chip in self.chips()]
        return sorted((one for one in rest if one[1]), key=lambda one: -one[1])

    def _chips(self) -> Iterator[Chip]:
        if self.words:
            yield self._chip(_("« %s »") % self.words, "q")
        for name in VOCABULARIES:
            for entry in self.chosen(name):
                yield self._chip(entry.short_label, name, entry.slug)
        for kind in AREAS:
            if kind in self.data:
                yield self._chip(self._area_name(kind), kind)
        if self.walk:
            yield self._chip(_("À %d min à pied au plus") % self.walk, "minutes")
        if self.start:
            yield self._chip(self.start.around, "autour")
        if self.when:
            yield self._chip(self.when.label, "quand")
            if self.when.unknown:
                yield self._chip(_("Horaires inconnus aussi"), "inconnus")

    def _chip(self, label: str, name: str, value: str | None = None) -> Chip:
        rest = self.data.copy()
        left = [other for other in rest.getlist(name) if value is not None and other != value]
        rest.setlist(name, left)
        if not left:
            rest.pop(name, None)
            rest.pop(f"{name}_op", None)
            if name == "q":
                rest.pop(EXACTLY, None)
        if name == "autour":
            rest.pop("point")
            rest.pop("minutes", None)
        if name == "quand":
            for parameter in when.PARAMETERS:
                rest.pop(parameter, None)
        return Chip(label, rest.urlencode())

    def _area_name(self, kind: str) -> str:
        code = self.data[kind]
        area = self._area(kind, code)
        return str(NAMED_AREAS[kind]) if area is None else f"{AREAS[kind]} {area.nom}"

    def sentence(self) -> str:
        """Say in French what is shown: ET or OU inside each group, ET between groups."""
        parts = [self._part(name) for name in VOCABULARIES if self.chosen(name)]
        parts += [self._area_name(kind) for kind in AREAS if kind in self.data]
        if self.when:
            parts.append(self.when.words)
        if self.words:
            parts.append(_("avec les mots « %s »") % self.said.sentence)
        if self.walk:
            parts.append(self.start.within(self.walk))
        sentence = _("Lieux %s") % _(" ; et ").join(parts) if parts else _("Tous les lieux")
        if self.start and not self.walk:
            return self.start.nearest_first(sentence)
        return sentence

    def _part(self, name: str) -> str:
        verb = _(VOCABULARIES[name].verb)
        names = [entry.short_label for entry in self.chosen(name)]
        if len(names) == 1:
            return _("%(verb)s : %(name)s") % {"verb": verb, "name": names[0]}
        if self.is_together(name):
            return _("%(verb)s à la fois : %(names)s") % {"verb": verb, "names": all_of(names)}
        return _("%(verb)s l’un ou l’autre de : %(names)s") % {"verb": verb, "names": any_of(names)}


class Numbered:
    """Places too many to be put in order, sliced by their numbers like a list."""

    def __init__(self, places: QuerySet, numbers: list[int]):
        self.places = places
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, wanted: slice) -> list[Place]:
        return list(self.places.filter(number__among=self.numbers[wanted]))


def areas_of(question: PlaceFilter) -> list[dict]:
    """The territories to choose from, by kind, for the templates; a kind nobody has loaded is not offered."""
    return [
        {
            "name": kind,
            "label": label,
            "any": NAMED_AREAS.get(kind),
            "options": question.areas[kind],
            "chosen": question.data.get(kind, ""),
        }
        for kind, label in AREAS.items()
        if question.areas[kind]
    ]
