"""The suggestions under the address field, from our names and, through us, from the national geocoder."""

from django.http import JsonResponse
from django.views.decorators.http import require_safe

from places import geo
from places.limits import client_address
from places.near.finding import find
from places.near.start import MAX_LENGTH

SHORTEST = 2  # characters


@require_safe
def addresses(request):
    """Where one may start from, for `q`: `suggestions`, and whether the national geocoder was `silent`."""
    text = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:MAX_LENGTH]
    found = find(text, client_address(request)) if len(text) >= SHORTEST else None
    suggestions = [
        {"name": spot.name, "detail": spot.label, "kind": spot.kind, "point": geo.write_point(spot.point)}
        for spot in (found.spots if found else [])
    ]
    response = JsonResponse({"suggestions": suggestions, "silent": bool(found and found.silent)})
    response["Cache-Control"] = "private, no-store" if found and found.silent else "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    return response
