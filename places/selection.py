"""The selection: places picked along a search, to give to somebody as a sheet, a link, a QR code, a mail or a message.

A list of addresses of places, in a cookie of the visitor's own browser and in the link that shares it: no account,
nothing kept here. What is typed on the sheet (for whom, by whom, why) is printed and never sent.
"""

import re
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from places import qr
from places.card import Card, families
from places.filters import PlaceFilter
from places.models import Place
from places.views import map_settings

COOKIE = "selection"
KEPT_FOR = 30 * 24 * 3600  # seconds
MOST = 20  # places on one sheet
SEPARATOR = "."  # never inside a slug, never escaped in an address or a cookie


def read(text: str) -> list[str]:
    """Return the slugs of a link or of a cookie, each once, in order, at most MOST.

    >>> read("ccas.mairie.ccas.<script>")
    ['ccas', 'mairie']
    """
    slugs = (slug for slug in text[:5000].split(SEPARATOR) if re.fullmatch(r"[a-z0-9-]{1,120}", slug))
    return list(dict.fromkeys(slugs))[:MOST]


def write(slugs: list[str]) -> str:
    return SEPARATOR.join(slugs)


@require_safe
@never_cache
def selection(request):
    """The sheet of the places of the link or, without one, of the cookie; `ajouter` and `retirer` change the cookie.

    Changing is a link so that it works without JavaScript; nothing changes but the visitor's own cookie.
    """
    if "ajouter" in request.GET or "retirer" in request.GET:
        return changed(request)
    given = request.GET.get("lieux")
    mine = read(request.COOKIES.get(COOKIE, ""))
    slugs = mine if given is None else read(given)
    cards = cards_of(slugs)
    link = request.build_absolute_uri(address(slugs))
    return render(
        request,
        "places/selection.html",
        {
            "cards": cards,
            "missing": len(slugs) - len(cards),
            "is_mine": slugs == mine,
            "slugs": write(slugs),
            "link": link,
            "mail": f"mailto:?{urlencode({'subject': subject(), 'body': body(request, cards, link)}, quote_via=quote)}",
            "sms": f"sms:?{urlencode({'body': short_body(cards, link)}, quote_via=quote)}",
            "now": timezone.localtime(),
            "families": families(),
            "map": map_settings(PlaceFilter(), [card.place for card in cards]),
        },
    )


def changed(request):
    """Add or take out one place, and come back to the selection."""
    slugs = read(request.COOKIES.get(COOKIE, ""))
    added, taken = request.GET.get("ajouter", ""), request.GET.get("retirer", "")
    slugs = [slug for slug in slugs if slug not in (added, taken)]
    if added and Place.objects.published().filter(slug=added).exists():
        slugs = [*slugs, added][-MOST:]
    response = redirect("places:selection")
    response.set_cookie(COOKIE, write(slugs), max_age=KEPT_FOR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_safe
def place_qr(request, slug):
    """A QR code of the page of one place."""
    place = Place.objects.published().filter(slug=slug).first()
    if place is None:
        raise Http404
    return qr.image(request.build_absolute_uri(place.get_absolute_url()))


@require_safe
def selection_qr(request):
    """A QR code of the link that shares the selection; of what this site answers only, never of another address."""
    return qr.image(request.build_absolute_uri(address(read(request.GET.get("lieux", "")))))


def address(slugs: list[str]) -> str:
    return f"{reverse('places:selection')}?lieux={write(slugs)}"


def cards_of(slugs: list[str]) -> list[Card]:
    """The published places among these slugs, in their order."""
    published = Place.objects.published().select_related("import_source", "source_record")
    found = published.filter(slug__in=slugs).prefetch_related("permanences")
    by_slug = {place.slug: place for place in found}
    now = timezone.now()
    return [Card(by_slug[slug], now) for slug in slugs if slug in by_slug]


def subject() -> str:
    return _("Des lieux pour vous aider – %s") % settings.SITE_NAME


def body(request, cards: list[Card], link: str) -> str:
    """The mail: each place with its address, opening, phone and page, then the link of all of them."""
    parts = [
        "\n".join(
            line
            for line in (
                card.name,
                card.address or card.place.locality,
                card.opening.sentence,
                card.phone.label if card.phone else "",
                request.build_absolute_uri(card.place.get_absolute_url()),
            )
            if line
        )
        for card in cards
    ]
    return "\n\n".join([*parts, _("Tous ces lieux : %s") % link])


def short_body(cards: list[Card], link: str) -> str:
    """The text message: names and numbers, then one link."""
    lines = [f"{card.name} {card.phone.label}" if card.phone else card.name for card in cards]
    return "\n".join([*lines, link])
