"""What we know ourselves of where people start from: places, their addresses, stations, streets, neighbourhoods.

It answers when the national geocoder does not, and before it when the name is exactly one of ours.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from places import geo
from places.geo import Point
from places.models import DataVersion, Landmark, Place, Territory
from places.near.words import corrections, main_words, plain, ways_to_say
from places.text import searchable

MOST = 8
MOST_WORDS = 8
MOST_LISTED = 60  # names that one reads through to choose from
CANDIDATES = 120  # of each table: then they are ranked
MOST_PLACES = 50_000  # of which each name is looked at
SAME_SPOT = 300  # metres between two that have the same name
KEPT_FOR = 24 * 3600  # seconds
MOST_READINGS = 6  # of a sentence with typing errors
AREAS = (Territory.Kind.QUARTIER, Territory.Kind.QPV, Territory.Kind.COMMUNE)
KINDS = {
    "station": _("Station"),
    "quartier": _("Quartier"),
    "qpv": _("Quartier prioritaire (QPV)"),
    "commune": _("Commune"),
    "street": _("Rue ou place"),
    "spot": _("Lieu-dit"),
    "place": _("Lieu d’aide"),
    "address": _("Adresse"),
}


@dataclass(frozen=True)
class Spot:
    """Somewhere to start from: its name, its kind (of KINDS), what tells it from its namesakes, its point."""

    name: str
    kind: str
    point: Point
    detail: str = ""
    exact: bool = False

    @property
    def label(self) -> str:
        """What tells two spots apart in one line."""
        return " – ".join(part for part in (str(KINDS[self.kind]), self.detail) if part)


def search(text: str, most: int = MOST) -> list[Spot]:
    """Return the spots whose names hold every word of `text`, the best first; typing errors only when nothing does."""
    asked = _asked(text)
    if not asked:
        return []
    found = _holding(asked, text)
    if not found:
        for reading in _readings(asked):
            found += _holding(reading, " ".join(reading))
    ranked = sorted(found, key=lambda pair: pair[0])
    return list(distinct((spot for _rank, spot in ranked), most))


def street_alone(text: str) -> str:
    """Return an address without its number, blank when it has none: the street may be known when the number is not."""
    words = plain(text).split()
    if len(words) < 2 or not words[0][0].isdecimal():
        return ""
    repeated = len(words) > 2 and words[1] in {"bis", "ter", "quater"}
    return " ".join(words[2 if repeated else 1 :])


# --- what may be chosen without writing


def neighbourhoods() -> list[Spot]:
    """Return the neighbourhoods by name, each at a point inside it; none where there are too many to choose from."""
    return _kept("neighbourhoods", _read_neighbourhoods)


def _read_neighbourhoods() -> list[Spot]:
    areas = Territory.objects.current().of_kind(Territory.Kind.QUARTIER).order_by("nom", "pk")
    found = list(areas.values_list("nom", "kind", "outline")[: MOST_LISTED + 1])
    return [Spot(nom, kind, geo.inner_point(outline)) for nom, kind, outline in found if len(found) <= MOST_LISTED]


def stations() -> list[Spot]:
    """Return the stations and the named spots by name; none where there are too many to choose from."""
    return _kept("stations", _read_stations)


def _read_stations() -> list[Spot]:
    kinds = (Landmark.Kind.STATION, Landmark.Kind.SPOT)
    found = list(Landmark.objects.filter(kind__in=kinds).order_by("plain_name", "pk")[: MOST_LISTED + 1])
    spots = (Spot(landmark.nom, landmark.kind, landmark.point, landmark.detail) for landmark in found)
    return list(spots) if len(found) <= MOST_LISTED else []


# --- what was asked


def _asked(text: str) -> list[str]:
    """Return the words that count."""
    return main_words(_named(text).split()[:MOST_WORDS])


def _named(text: str) -> str:
    """Return the plain text without the postcode of the town, unless it is all there is."""
    words = plain(text).split()
    return " ".join([word for word in words if not (len(word) == 5 and word.isdecimal())] or words)


def _readings(asked: list[str]) -> list[list[str]]:
    """Return what the words may be once typing errors are put right; nothing when a word is like no known one."""
    known = _known_words()
    ways = []
    for word in asked:
        right = any(name.startswith(word) for name in known)
        ways.append([word] if right or word.isdecimal() else corrections(word, known))
    return [list(reading) for reading in list(product(*ways))[:MOST_READINGS]]


def _kept(name: str, make: Callable[[], Any]) -> Any:
    """Return what `make` reads of our names, from the cache until the data changes."""
    return cache.get_or_set(f"gazetteer-{name}-{DataVersion.objects.current()}", make, KEPT_FOR)


def _known_words() -> frozenset[str]:
    """Return every word of our names."""
    return _kept("words", _read_words)


def _read_words() -> frozenset[str]:
    names = set(Landmark.objects.exclude(kind=Landmark.Kind.ADDRESS).values_list("search_text", flat=True).distinct())
    if _holds_few_places():
        for named in Place.objects.published().located().order_by().values_list("nom", "adresse"):
            names |= set(map(plain, named))
    names |= {folded for folded, *_rest in _areas()}
    return frozenset(word for name in names for word in name.split())


def _holds_few_places() -> bool:
    """A country has the national geocoder, and its search box, for the names of its places."""
    return _kept("few", lambda: Place.objects.published().count() <= MOST_PLACES)


def _areas() -> list[tuple[str, str, str, int]]:
    """Return every territory one may start from: plain name, name, kind, key."""
    return _kept("areas", _read_areas)


def _read_areas() -> list[tuple[str, str, str, int]]:
    areas = Territory.objects.current().filter(kind__in=AREAS).order_by("kind", "nom", "pk")
    return [(plain(nom), nom, kind, pk) for nom, kind, pk in areas.values_list("nom", "kind", "pk")]


# --- what answers


def _holding(words: list[str], text: str) -> list[tuple[tuple, Spot]]:
    """Return the spots that hold every word, each with its rank: the smaller the better."""
    sought = _named(text)
    return [*_landmarks(words, sought), *_territories(words, sought), *_places(words, sought)]


def _landmarks(words: list[str], sought: str) -> Iterable[tuple[tuple, Spot]]:
    holding = Q()
    for word in words:
        holding &= Q(*(Q(search_text__contains=f" {way}") for way in ways_to_say(word)), _connector=Q.OR)
    # A name that is exactly the one asked must not be lost behind a hundred addresses of its street.
    for candidates in (
        Landmark.objects.filter(plain_name=sought),
        Landmark.objects.filter(holding).exclude(kind=Landmark.Kind.ADDRESS),
        Landmark.objects.filter(holding, kind=Landmark.Kind.ADDRESS),
    ):
        for landmark in candidates.order_by("plain_name", "pk")[:CANDIDATES]:
            detail = ", ".join(part for part in (landmark.detail, landmark.commune) if part)
            names = (landmark.plain_name, plain(f"{landmark.nom} {landmark.commune}"))
            yield _ranked(landmark.nom, names, landmark.kind, landmark.point, detail, sought, words)


def _territories(words: list[str], sought: str) -> Iterable[tuple[tuple, Spot]]:
    areas = [area for area in _areas() if _begins_words(f"quartier {area[0]}", words)][:CANDIDATES]
    outlines = Territory.objects.filter(pk__in=[pk for *_named, pk in areas]).values_list("pk", "outline")
    points = {pk: geo.inner_point(outline) for pk, outline in outlines}
    for name, nom, kind, pk in areas:
        if pk in points:
            # INSEE names one neighbourhood by several: « Fosse aux Chênes / Alma Sud / Alma Nord ».
            parts = [plain(part) for part in nom.split("/")]
            names = (name, *parts, *(f"quartier {part}" for part in parts), f"quartier {name}")
            yield _ranked(nom, names, kind, points[pk], "", sought, words)


def _places(words: list[str], sought: str) -> Iterable[tuple[tuple, Spot]]:
    """Our own places, by their name or as the address they stand at."""
    if not _holds_few_places():
        return
    places = Place.objects.published().located().order_by("slug")
    for word in words:
        places = places.filter(Q(*(Q(search_text__contains=f" {way}") for way in ways_to_say(word)), _connector=Q.OR))
    columns = ("nom", "adresse", "code_postal", "commune", "latitude", "longitude")
    for nom, adresse, code_postal, commune, *point in places.values_list(*columns)[:CANDIDATES]:
        locality = f"{code_postal} {commune}".strip()
        if _begins_words(plain(f"{nom} {commune}"), words):
            names = (plain(nom), plain(f"{nom} {commune}"))
            detail = ", ".join(part for part in (adresse, commune) if part)
            yield _ranked(nom, names, "place", Point(*point), detail, sought, words)
        elif adresse and _begins_words(plain(f"{adresse} {commune}"), words):
            names = (plain(adresse), plain(f"{adresse} {commune}"))
            yield _ranked(adresse, names, "address", Point(*point), locality, sought, words)


def _begins_words(name: str, words: list[str]) -> bool:
    held = searchable(name)
    return all(any(f" {way}" in held for way in ways_to_say(word)) for word in words)


def _ranked(
    name: str, names: tuple[str, ...], kind: str, point: Point, detail: str, sought: str, words: list[str]
) -> tuple[tuple, Spot]:
    exact = sought in names
    whole = set(words) <= set(names[-1].split())
    numbered = words[0][0].isdecimal()
    order = list(KINDS).index(kind)
    rank = (
        not exact,
        not names[0].startswith(sought),
        not whole,
        kind != "address" if numbered else kind == "address",
        order,
        len(names[0]),
        names[0],
        name.isupper(),
        detail,
    )
    rounded = Point(round(point.latitude, geo.POINT_DECIMALS), round(point.longitude, geo.POINT_DECIMALS))
    return rank, Spot(name, kind, rounded, detail, exact)


def distinct(spots: Iterable[Spot], most: int = MOST) -> Iterator[Spot]:
    """Yield the best, without what a better one already says: the same name at the same spot."""
    kept: dict[str, list[Spot]] = {}
    number = 0
    for spot in spots:
        namesakes = kept.setdefault(plain(spot.name), [])
        if all(geo.distance(other.point, spot.point) >= SAME_SPOT for other in namesakes):
            namesakes.append(spot)
            number += 1
            yield spot
        if number == most:
            return
