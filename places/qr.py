"""QR codes, drawn here: the address never leaves for another service."""

import io

import segno
from django.http import HttpResponse
from django.utils.safestring import SafeString, mark_safe


def drawing(link: str) -> SafeString:
    """Return a code as an SVG element, to put inside a page: it prints, and shows without network, with the page."""
    return mark_safe(_code(link).svg_inline(**STYLE))  # noqa: S308 - made of figures only


def image(link: str) -> HttpResponse:
    """Answer a code as an image of its own."""
    content = io.BytesIO()
    _code(link).save(content, kind="svg", **STYLE)
    response = HttpResponse(content.getvalue(), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=86400"
    return response


STYLE = {"border": 4, "dark": "#000", "light": "#fff", "svgclass": None, "lineclass": None, "omitsize": True}


def _code(link: str) -> segno.QRCode:
    return segno.make(link, error="m", boost_error=False)
