"""What makes a telephone keep /trouver/: the script that keeps its pages, these pages in one file, and the manifest.

The pages are those of the site as it answers them, with nothing asked yet; a module of theirs makes them true for now
(static/js/offline.js). The script changes with the data, the day and the release, and the telephone then keeps it all
again, or nothing.
"""

import gzip
import hashlib
import json
import re
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import conditional, languages
from places.finding import views
from places.finding.asking import Asked
from places.finding.card import find_place
from places.finding.keeping import around, kept_places
from places.finding.kept import KeptCard, facts
from places.finding.results import Row
from places.models import Place
from places.spoken import clock, spoken_day

FILES = ("css/finding.css", "js/offline.js")
# No addresses of the site: what the script answers with for a page that was not kept, and what its pages read.
ABSENT, FACTS = "absent/", "facts.json"
PATIENCE = 10_000  # milliseconds: a network that says nothing for longer is no network
ICONS = (192, 512)
COLOUR, GROUND = "#0b3d91", "#eef1f6"  # of finding.css


DAY = 24 * 3600  # seconds
_writing = Lock()  # every telephone asks for them when the data changes: they are written once


@dataclass(frozen=True)
class Kept:
    """When a page was put in the telephone, in words; which of the places there it is about."""

    at: datetime
    place: int | None = None

    @property
    def day(self) -> str:
        return spoken_day(timezone.localtime(self.at).date())

    @property
    def hour(self) -> str:
        return clock(timezone.localtime(self.at))


@require_safe
def worker(request):
    """The script, at the head of what it may serve: its own folder, in its own language."""
    scope, point = reverse("places:find"), around(request.GET.get("point", ""), request.data_version)
    kept = {
        "name": f"{scope} {hashlib.sha256(_edition(request, point).encode()).hexdigest()[:16]}",
        "scope": scope,
        "pages": reverse("places:find_pages") + (f"?point={point}" if point else ""),
        "absent": scope + ABSENT,
        "facts": scope + FACTS,
        "statics": settings.STATIC_URL,
        "patience": PATIENCE,
    }
    script = render(request, "places/finding/sw.js", {"kept": json.dumps(kept)}, content_type="text/javascript")
    script["Cache-Control"] = "no-cache"
    return script


@require_safe
def pages(request):
    """Every page to keep, by its path, and the files they need."""
    point = around(request.GET.get("point", ""), request.data_version)
    key = hashlib.sha256(f"{request.get_host()} {_edition(request, point)}".encode()).hexdigest()
    with _writing:
        compressed = cache.get_or_set(key, lambda: _compressed(_pages(request, point)), DAY)
    plain = b"" if "gzip" in request.headers.get("Accept-Encoding", "") else gzip.decompress(compressed)
    tag = hashlib.sha256(compressed).hexdigest()[:16]
    response = conditional.prepared(request, plain, compressed, tag, "application/json")
    return views.keepable(response)  # the script gives each page the policy of this answer


def _edition(request, point: str) -> str:
    """Return what changes when the pages do: the day, the release, and the data, unless there are too many places."""
    version = None if point else request.data_version
    return repr((languages.current().code, timezone.localdate(), version, point, *map(static, FILES)))


def _compressed(told: dict) -> bytes:
    return gzip.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


@require_safe
def manifest(request):
    """What the telephone shows of the site once it is on its first screen."""
    language, start = languages.current(), reverse("places:find")
    icons = [
        {"src": static(f"img/finding-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICONS
        for purpose in ("any", "maskable")
    ]
    told = {
        "id": start,
        "name": settings.SITE_NAME,
        "short_name": _("Aide numérique"),
        "lang": language.tag,
        "dir": language.direction,
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "theme_color": COLOUR,
        "background_color": GROUND,
        "icons": icons,
    }
    response = JsonResponse(told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _pages(request, point: str) -> dict:
    """Return each page as the site answers it with nothing asked, but told that it will be read later."""
    places, scope = kept_places(point), reverse("places:find")
    asking = copy(request)
    asking.GET, asking.kept = QueryDict(), Kept(timezone.now())
    screens = {name: getattr(views, name)(asking) for name in ("find", "find_where", "find_when")}
    answers = {reverse(f"places:{name}"): answer for name, answer in screens.items()}
    answers[reverse("places:find_results")] = _results(asking, places)
    answers[scope + ABSENT] = views.shown(asking, "absent", _nothing(asking), {})
    for number, place in enumerate(places):
        asking.kept = replace(asking.kept, place=number)
        answers[reverse("places:find_place", args=[place.slug])] = find_place(asking, place.slug)
    texts = {address: answer.content.decode() for address, answer in answers.items()}
    return {
        "pages": texts,
        "files": sorted({file for text in texts.values() for file in _files(text)}),
        "facts": facts(places, asking.kept.at),
    }


def _results(request, places: list[Place]) -> HttpResponse:
    """The page that answers every question from what it holds."""
    asked = _nothing(request)
    cards = (KeptCard(place, asked.now) for place in places)
    rows = [Row(card, asked.place_address(card.place.slug), card.opening) for card in cards]
    return views.shown(request, "kept_results", asked, {"rows": rows})


def _nothing(request) -> Asked:
    return Asked.read(request.GET, request.kept.at)


def _files(text: str) -> list[str]:
    return re.findall(rf'(?:href|src)="({re.escape(settings.STATIC_URL)}[^"#?]+)', text)
