"""What the list draws first, told by its headers: a browser asks for it before it has read a line of the page."""

from django.templatetags.static import static
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from places.filters import PlaceFilter

FILES = {
    "leaflet/leaflet.js": "rel=preload; as=script; fetchpriority=high",
    "css/site.css": "rel=preload; as=style",
    "js/display.js": "rel=preload; as=script",
    "js/map.js": "rel=modulepreload",
}


def links(question: PlaceFilter) -> str:
    """Return a `Link` header: the files without which nothing is drawn, and the map's data for a question."""
    data = reverse("data:geojson")
    data = iri_to_uri(f"{data}?{question.query}") if question.query else data
    wanted = [(static(name), how) for name, how in FILES.items()]
    wanted += [(data, "rel=preload; as=fetch; crossorigin=anonymous")]
    return ", ".join(f"<{address}>; {how}" for address, how in wanted)
