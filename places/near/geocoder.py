"""The national geocoder, asked for what we do not know; late, broken or talkative, it costs a second and a half.

Only what it answers well is kept, and nothing says who asked.
"""

import hashlib
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.core.cache import cache
from django.db.models import Max, Min

from places import geo
from places.geo import Box, Point
from places.limits import allowed
from places.models import DataVersion, Place, Territory
from places.near.gazetteer import Spot
from places.near.words import plain

TIMEOUT = 1.5  # seconds in all, names and certificates included
MAX_BYTES = 200_000
SHORTEST, LONGEST = 3, 200  # characters of a question, as the service wants them
ASKED = 15  # answers, of which those of the territory are kept
MARGIN = 2_000  # metres around the territory: people live just across its border
KEPT_FOR = 24 * 3600  # seconds
AT_ONCE = 4  # questions of one process: a late service must not hold every thread
PER_MINUTE = 120  # questions of one address: a whole library has only one
PER_MINUTE_IN_ALL = 1_500  # the service accepts 50 a second from one server
KINDS = {"housenumber": "address", "street": "street", "locality": "spot", "municipality": "commune"}

_places_left = BoundedSemaphore(AT_ONCE)


class NoAnswer(Exception):
    """The geocoder cannot be asked, or did not answer well; our own names are what there is."""


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_arguments):
        return None  # which makes it an error


def search(text: str, who: str) -> list[Spot]:
    """Return the spots of the territory that the geocoder knows by this text, its best first; raise NoAnswer.

    `who` is the address that asks, for `limits.allowed`.
    """
    asked = " ".join(text.split())[:LONGEST]
    if len(plain(asked)) < SHORTEST:
        return []
    version = DataVersion.objects.current()
    key = "geocoder-" + hashlib.sha256(f"{version} {plain(asked)}".encode()).hexdigest()
    spots = cache.get(key)
    if spots is None:
        if not settings.GEOCODER_URL or not _may_ask(who):
            raise NoAnswer
        box = territory(version)
        spots = list(_read(_fetch(_address(asked, box)), box, plain(asked)))
        if spots:
            cache.set(key, spots, KEPT_FOR)
    return spots


def _may_ask(who: str) -> bool:
    return allowed("geocoder", who, PER_MINUTE, 60) and allowed("geocoder-in-all", "", PER_MINUTE_IN_ALL, 60)


def territory(version: int) -> Box:
    """Return where answers may lie, from the cache while the data is of this version."""
    return cache.get_or_set(f"territory-{version}", _territory, KEPT_FOR)


def _territory() -> Box:
    """The communes, else the places, else around the middle of the map."""
    sides = Territory.objects.current().of_kind(Territory.Kind.COMMUNE)
    box = sides.aggregate(Min("south"), Min("west"), Max("north"), Max("east"))
    if None in box.values():
        sides = Place.objects.published().located().order_by()
        box = sides.aggregate(Min("latitude"), Min("longitude"), Max("latitude"), Max("longitude"))
    if None in box.values():
        return Box(*settings.MAP_CENTER, *settings.MAP_CENTER).widened(10_000)
    return Box(*box.values()).widened(MARGIN)


def _address(text: str, box: Box) -> str:
    """Return the question as a web address; the middle of the territory brings its streets first."""
    query = {
        "q": text,
        "index": "address,poi",
        "limit": ASKED,
        "lat": round((box.south + box.north) / 2, 4),
        "lon": round((box.west + box.east) / 2, 4),
    }
    return f"{settings.GEOCODER_URL.rstrip('/')}/search?{urlencode(query)}"


def _fetch(address: str) -> Any:
    """Return the JSON of an address within TIMEOUT, whatever takes the time; raise NoAnswer."""
    if not _places_left.acquire(blocking=False):
        raise NoAnswer
    answer = _asking().submit(_fetch_slowly, address)
    answer.add_done_callback(_leave)
    try:
        return answer.result(TIMEOUT)
    except (OSError, ValueError, RecursionError, http.client.HTTPException) as error:
        raise NoAnswer from error


def _leave(_answer: Future) -> None:
    _places_left.release()


@lru_cache(maxsize=1)
def _asking() -> ThreadPoolExecutor:
    """The threads that wait for the geocoder, started in the process that serves."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="geocoder")


def _fetch_slowly(address: str) -> Any:
    request = Request(address, headers={"Accept": "application/json", "User-Agent": "roubaix-map"})  # noqa: S310 (the setting is http or https)
    try:
        with build_opener(NoRedirect).open(request, timeout=TIMEOUT) as answer:
            content = answer.read(MAX_BYTES + 1)
    except HTTPError as refusal:
        refusal.close()
        raise
    if len(content) > MAX_BYTES:
        raise ValueError("more than an answer")
    return json.loads(content)


# --- what it answers: read as if anybody had written it


def _read(answer: Any, box: Box, sought: str) -> Iterator[Spot]:
    """Yield the spots of a FeatureCollection that lie in the box; raise NoAnswer when it is none."""
    features = answer.get("features") if isinstance(answer, dict) else None
    if not isinstance(features, list):
        raise NoAnswer
    for feature in features:
        spot = _spot(feature, sought)
        if spot is not None and box.holds(spot.point):
            yield spot


def _spot(feature: Any, sought: str) -> Spot | None:
    if not isinstance(feature, dict):
        return None
    geometry, properties = feature.get("geometry"), feature.get("properties")
    if not isinstance(geometry, dict) or not isinstance(properties, dict):
        return None
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        return None
    point = geo.parse_point(f"{coordinates[1]},{coordinates[0]}")
    name = _text(properties, "name", "toponym", "label")
    if point is None or not plain(name):
        return None
    locality = f"{_text(properties, 'postcode')} {_text(properties, 'city')}".strip()
    names = (plain(name), plain(f"{name} {locality}"), plain(f"{name} {_text(properties, 'city')}"))
    kind = KINDS.get(_text(properties, "type"), "spot")
    return Spot(name, kind, Point(*point), locality, exact=sought in names)


def _text(properties: dict, *names: str) -> str:
    """Return the first of these properties that is a text, or a list that begins with one; in one short line."""
    for name in names:
        value = properties.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and value.strip():
            return " ".join(value.replace("\x00", "").split())[:120]
    return ""
