"""Figures of the territory in templates, and the panel of the map's layers."""

from django import template
from django.core.cache import cache
from django.urls import reverse

from places.models import Layer, Line, Stop, Territory
from places.territories import words
from places.territories.indicators import available_indicators

register = template.Library()
register.filter("number", words.number)
register.filter("percent", words.percent)
register.filter("metres", words.metres)


@register.filter
def rank_name(rank: int | None) -> str:
    """Return the CSS class of a class of colour."""
    return "class-unknown" if rank is None else f"class-{rank}"


@register.inclusion_tag("places/_layers.html")
def layer_panel(version: int) -> dict:
    """Draw the boxes of every layer there is; what they are is kept for a version of the data."""
    panel = cache.get_or_set(f"layer-panel-{version}", _panel, 3600)
    return {"panel": panel, "figures": reverse("places:indicator", args=["iris", "CLE"])}


def _panel() -> dict:
    return {
        "kinds": set(Territory.objects.current().order_by().values_list("kind", flat=True).distinct()),
        "indicators": available_indicators("iris"),
        "layers": list(Layer.objects.filter(visible=True)),
        "lines": Line.objects.current().exclude(geometry=None).exists(),
        "stops": Stop.objects.current().exists(),
    }
