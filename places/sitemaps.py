"""The sitemap: the list, the territory, the open data and every card, with the day each last changed.

Written as it is read from the base, whatever the number of places; above 50,000 addresses the protocol wants an index
of several sitemaps (sitemaps.org), which are the pages of this one.
"""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_safe

from places import conditional
from places.models import Place

MOST_PLACES = 49_000  # and the few other pages, in one file
BATCH = 1_000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
def sitemap(request):
    asked = request.GET.get("page", "")
    page = int(asked) if asked.isdecimal() and len(asked) < 6 else 0
    return conditional.answer(request, f"page {page}", lambda: _sitemap(request, page))


def _sitemap(request, page: int) -> HttpResponse:
    places = Place.objects.published().order_by("slug").values_list("slug", "changed_at")
    pages = -(-places.count() // MOST_PLACES)
    if pages > 1 and not 1 <= page <= pages:
        addresses = (f"{request.path}?page={number}" for number in range(1, pages + 1))
        lines = _document(request, "sitemapindex", "sitemap", ((address, None) for address in addresses))
    else:
        first = MOST_PLACES * (max(page, 1) - 1 if pages > 1 else 0)
        lines = _document(request, "urlset", "url", _addresses(request, places[first : first + MOST_PLACES], first))
    return StreamingHttpResponse(lines, content_type="application/xml; charset=utf-8")


def _addresses(request, places, first: int) -> Iterator[tuple[str, datetime | None]]:
    if not first:
        for name in ("list", "writers", "territory-list", "diagnosis", "city-figures", "open-data"):
            yield reverse(f"places:{name}"), request.data_changed_at
    card = reverse("places:detail", args=["SLUG"])
    for slug, changed_at in places.iterator(chunk_size=BATCH):
        yield card.replace("SLUG", slug), changed_at


def _document(request, root: str, item: str, addresses: Iterator[tuple[str, datetime | None]]) -> Iterator[str]:
    site = request.build_absolute_uri("/").rstrip("/")
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n']
    for address, changed_at in addresses:
        day = f"<lastmod>{timezone.localtime(changed_at).date()}</lastmod>" if changed_at else ""
        lines.append(f"<{item}><loc>{escape(site + address)}</loc>{day}</{item}>\n")
        if len(lines) == BATCH:
            yield "".join(lines)
            lines = []
    yield "".join([*lines, f"</{root}>\n"])
