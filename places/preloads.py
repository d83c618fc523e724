"""What the list draws first, told by its headers: a browser asks for it before it has read a line of the page."""

from django.templatetags.static import static

FILES = {
    "leaflet/leaflet.js": "rel=preload; as=script; fetchpriority=high",
    "css/site.css": "rel=preload; as=style",
    "js/display.js": "rel=preload; as=script",
    "js/map.js": "rel=modulepreload",
}


def links() -> str:
    """Return a `Link` header: the files without which nothing is drawn."""
    return ", ".join(f"<{static(name)}>; {how}" for name, how in FILES.items())
