"""What the templates need beyond plain text: a marker's drawing, links that keep the question, data for machines."""

import json
from datetime import datetime

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from places import languages
from places.exporting import FORMATS
from places.models import Place
from places.spoken import clock, dated
from places.structured_data import describe
from places.translated import French, is_french

register = template.Library()


@register.inclusion_tag("places/_marker.html")
def marker(family: str, families: list) -> dict:
    """Draw the shape of a family in its colour; the name beside it says the same in words."""
    colour = next((known.colour for known in families if known.name == family), "#3d3d3d")
    return {"address": f"{static('img/families.svg')}#{family}", "colour": colour}


# What js/map.js imports to draw the markers: asked for with the page. A test holds this list to its imports.
MAP_MODULES = tuple(f"js/{name}.js" for name in "events markers screen start".split())


@register.inclusion_tag("places/_map_scripts.html")
def map_scripts(question=None) -> dict:
    """Load the map and, with a question, its data, while the rest of the page is still on its way."""
    address = reverse("data:geojson")
    query = question.query if question else ""
    preloaded = (f"{address}?{query}" if query else address) if question else ""
    return {"modules": MAP_MODULES, "preloaded": preloaded}


@register.simple_tag(takes_context=True)
def alternates(context) -> SafeString:
    """Tell search engines where the same page is in each language; not those of a question, which they do not read."""
    request = context.get("request")
    if request is None or request.GET or request.resolver_match is None:
        return mark_safe("")
    if request.resolver_match.namespaces != ["places"]:
        return mark_safe("")
    tags = [language.tag for language in languages.alternates()]
    addresses = [(tag, request.build_absolute_uri(languages.in_language(request.path, tag))) for tag in tags]
    return format_html_join("\n  ", '<link rel="alternate" hreflang="{}" href="{}">', addresses)


@register.filter(expects_localtime=True)
def full_date(day) -> str:
    """Write a day with its year as people say it: `1er mars 2026`; nothing for nothing."""
    return dated(day, year=True) if day else ""


@register.filter(expects_localtime=True)
def full_moment(moment) -> str:
    """Write a moment with its day: `1er mars 2026, 9 h 30`."""
    return f"{dated(moment, year=True)}, {clock(moment)}"


# What stays in French in a page of another language, and is written from left to right in any.
IN_FRENCH = mark_safe(' lang="fr" dir="ltr"')


@register.simple_tag
def in_french() -> str:
    """Mark an element whose text comes from the data, in a page of another language."""
    return "" if is_french(get_language()) else IN_FRENCH


@register.filter
def french(text: str) -> str:
    """Mark a text of the data (a name, an address), in a page of another language."""
    return text if not text or is_french(get_language()) else format_html("<span{}>{}</span>", IN_FRENCH, text)


@register.filter
def marked(text: str) -> str:
    """Mark a term that has no translation, as one that the city wrote itself."""
    return french(text) if isinstance(text, French) else text


@register.simple_tag
def way_back(question, page=None) -> str:
    """Return the query string that keeps the question and its page in a place's address."""
    query = question.query
    if page is not None and page.number > 1:
        query = f"{query}&page={page.number}".lstrip("&")
    return f"?{query}" if query else ""


@register.simple_tag
def download_links() -> list[dict[str, str]]:
    """Return the address and the name of every file that results can be downloaded as."""
    return [{"address": reverse(f"data:download-{file.name}"), "title": file.title} for file in FORMATS.values()]


# As json_script: nothing in a text can end the element that holds it.
AS_IN_JSON_SCRIPT = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def structured_data(context, place: Place, now: datetime) -> SafeString:
    """Write a place in the words of schema.org, as a block of data that no browser runs."""
    said = describe(place, context["request"].build_absolute_uri(place.get_absolute_url()), now)
    text = json.dumps(said, ensure_ascii=False).translate(AS_IN_JSON_SCRIPT)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308
