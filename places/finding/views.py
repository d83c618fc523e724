"""The four screens of /trouver/: three questions and their answer, complete without JavaScript."""

from collections.abc import Iterable

from csp.constants import SELF
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import searches
from places.finding.asking import TIMES, Asked
from places.finding.keeping import worker_address
from places.finding.needs import OTHERS, PAPERS
from places.finding.results import AT_ONCE, Search
from places.limits import client_address
from places.near import gazetteer
from places.near.finding import MOST_CHOICES, Found
from places.near.finding import find as look_for
from places.near.gazetteer import Spot
from places.near.start import MY_POSITION, typed
from places.near.words import plain
from places.spoken import clock, spoken_day
from places.views import page_number
from places.when import NOW, TODAY, WEEK, When


@require_safe
def find(request):
    """What one needs: eight papers, and what else a place may help with."""
    asked = Asked.read(request.GET, timezone.now())
    papers, others = ([(need, asked.next("find", besoin=need.slug)) for need in needs] for needs in (PAPERS, OTHERS))
    return shown(request, "need", asked, {"papers": papers, "others": others})


@require_safe
def find_where(request):
    """Where one is: a position, an address, a neighbourhood, a landmark; or never mind."""
    asked = Asked.read(request.GET, timezone.now())
    text = typed(request.GET)
    found = None
    if asked.start is None and plain(text) and text != MY_POSITION:
        found = look_for(text, client_address(request))
        if found.one:
            return redirect(asked.starting(found.one))
    return shown(
        request,
        "where",
        asked,
        {
            "text": text,
            "found": found,
            "unclear": "" if asked.start else unclear(text, found),
            "choices": leading(asked, found.spots[:MOST_CHOICES] if found else []),
            "neighbourhoods": leading(asked, gazetteer.neighbourhoods()),
            "landmarks": leading(asked, gazetteer.stations()),
            "anywhere": asked.next("find_where", "autour", "point", "precision"),
            "hidden": asked.hidden("autour", "point", "precision"),
            "back": asked.address("find"),
        },
    )


def unclear(text: str, found: Found | None) -> str:
    """Say why what was written may lead nowhere, when it is not that it was not found."""
    if found and found.silent:
        return _("Le service national d’adresses ne répond pas : voici ce que la carte connaît elle-même.")
    if text == MY_POSITION:
        return _("Votre position se donne avec le bouton « Ma position », ou en écrivant une adresse.")
    return ""


@require_safe
def find_when(request):
    """When one can go."""
    now = timezone.localtime()
    asked = Asked.read(request.GET, now)
    hints = {
        NOW: _("il est %s") % clock(now),
        TODAY: spoken_day(now.date()),
        WEEK: _("d’ici %s") % spoken_day(When(WEEK, now).days[-1]),
    }
    if hasattr(request, "kept"):  # read another day
        hints = dict.fromkeys(hints, "")
    times = [(name, TIMES[name], hint, asked.next("find_when", quand=name)) for name, hint in hints.items()]
    more = {"times": times, "any_time": asked.next("find_when", "quand"), "back": asked.address("find_where")}
    return shown(request, "when", asked, more)


@require_safe
def find_results(request):
    """The nearest places that fit, five at a time; then, when they are few, those that almost fit, and why."""
    asked = Asked.read(request.GET, timezone.now())
    search = Search(asked, request.data_version)
    page = search.page(page_number(request))
    rows = search.rows(page)
    searches.note(request, asked.need.subjects if asked.need else (), page.paginator.count)
    turned = [page.has_previous() and page.previous_page_number(), page.has_next() and page.next_page_number()]
    before, after = (number and asked.address("find_results", page=str(number)) for number in turned)
    return shown(
        request,
        "results",
        asked,
        {
            "page": page,
            "call_first": not rows or (asked.need is not None and asked.need.call_first),
            "rows": rows,
            "almost": search.almost(rows) if page.paginator.count < AT_ONCE else [],
            "back": asked.address("find_when", "changer"),
            "before": before,
            "after": after,
        },
    )


def leading(asked: Asked, spots: Iterable[Spot]) -> list[tuple[Spot, str]]:
    """Return spots with the address that choosing each leads to."""
    return [(spot, asked.starting(spot)) for spot in spots]


def shown(request, screen: str, asked: Asked, more: dict) -> HttpResponse:
    """Render a screen."""
    more |= {"asked": asked, "worker": worker_address(request.data_version, asked)}
    response = render(request, f"places/finding/{screen}.html", more)
    return keepable(response)


def keepable(response: HttpResponse) -> HttpResponse:
    """Let a page be kept by the worker of /trouver/, and installed."""
    response._csp_replace = {"manifest-src": [SELF], "worker-src": [SELF]}
    return response
