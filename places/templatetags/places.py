"""What the templates need beyond plain text: a marker's drawing and the way back to the results."""

from django import template
from django.templatetags.static import static

register = template.Library()


@register.inclusion_tag("places/_marker.html")
def marker(family: str, families: list) -> dict:
    """Draw the shape of a family in its colour; the name beside it says the same in words."""
    colour = next((known.colour for known in families if known.name == family), "#3d3d3d")
    return {"address": f"{static('img/families.svg')}#{family}", "colour": colour}


@register.simple_tag
def way_back(question, page=None) -> str:
    """Return the query string that keeps the question and its page in a place's address."""
    query = question.query
    if page is not None and page.number > 1:
        query = f"{query}&page={page.number}".lstrip("&")
    return f"?{query}" if query else ""
