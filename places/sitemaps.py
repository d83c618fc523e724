"""The sitemap: the list, each need, the territory, the open data and every card, with the day each last changed.

Written as it is read from the base, whatever the number of places; above 50,000 addresses or 50 MB the protocol wants
an index of several sitemaps (sitemaps.org), which are the pages of this one.
"""

from collections.abc import Iterator
from datetime import datetime

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_safe

from places import conditional, languages
from places.finding.needs import NEEDS
from places.languages import in_language
from places.models import Place

MOST_PLACES = 20_000  # in one file, which may weigh 50 MB: each says where it is in every language
BATCH = 1_000
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"  # of the links to the same page in another language


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
        for name in ("list", "find", "writers", "territory-list", "diagnosis", "city-figures", "open-data"):
            yield reverse(f"places:{name}"), request.data_changed_at
        for slug in NEEDS:
            yield f"{reverse('places:find_results')}?besoin={slug}", request.data_changed_at
    card = reverse("places:detail", args=["SLUG"])
    for slug, changed_at in places.iterator(chunk_size=BATCH):
        yield card.replace("SLUG", slug), changed_at


def _document(request, root: str, item: str, addresses: Iterator[tuple[str, datetime | None]]) -> Iterator[str]:
    site = request.build_absolute_uri("/").rstrip("/")
    others = [language.tag for language in languages.alternates()] if item == "url" else []
    lines = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}" xmlns:xhtml="{XHTML}">\n']
    for address, changed_at in addresses:
        day = f"<lastmod>{timezone.localtime(changed_at).date()}</lastmod>" if changed_at else ""
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href="{escape(site + in_language(address, tag))}"/>'
            for tag in others
        )
        lines.append(f"<{item}><loc>{escape(site + address)}</loc>{day}{links}</{item}>\n")
        if len(lines) == BATCH:
            yield "".join(lines)
            lines = []
    yield "".join([*lines, f"</{root}>\n"])
