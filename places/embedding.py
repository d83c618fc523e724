"""The map inside another site: which pages may be framed, by whom, and the page that writes the snippet."""

from functools import wraps

from csp.constants import SELF
from django.conf import settings
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from places.card import families
from places.filters import PlaceFilter, areas_of

HEIGHTS = (500, 700, 900)  # pixels


def is_embedded(request) -> bool:
    return request.GET.get("integration") == "1"


def embeddable(view):
    """Let the hosts of EMBED_HOSTS, and this site's own preview, frame the page when `integration=1` asks for it."""

    @wraps(view)
    def framed(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        if is_embedded(request):
            # The policy says who may; the older header can only say nobody or this site.
            response._csp_replace = {"frame-ancestors": [SELF, *settings.EMBED_HOSTS]}
            response.xframe_options_exempt = True
        return response

    return framed


@require_safe
def generator(request):
    """Choose what the framed map shows, see it, and copy the snippet."""
    question = PlaceFilter(request.GET)
    asked = request.GET.get("hauteur", "")
    height = int(asked) if asked in map(str, HEIGHTS) else HEIGHTS[1]
    shown = "&".join(part for part in (question.query, "integration=1") if part)
    address = request.build_absolute_uri(f"{reverse('places:list')}?{shown}")
    return render(
        request,
        "places/integrer.html",
        {
            "question": question,
            "sections": question.sections(),
            "areas": areas_of(question),
            "families": families(),
            "heights": HEIGHTS,
            "height": height,
            "address": address,
            "hosts": settings.EMBED_HOSTS,
            "snippet": format_html(
                '<iframe src="{}" title="{}" width="100%" height="{}" loading="lazy" allowfullscreen></iframe>',
                address,
                settings.SITE_NAME,
                height,
            ),
        },
    )
