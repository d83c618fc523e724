"""Paper to put on a wall or in a hand: the poster of a place, the poster and the folded leaflet of a neighbourhood."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import languages, qr
from places.card import families
from places.geo import Point
from places.models import Place, Territory
from places.moderation.mails import absolute
from places.near.nearest import ByDistance
from places.posters import sheets
from places.views import merged_place

KINDS = (Territory.Kind.QUARTIER, Territory.Kind.QPV)  # those that people say they live in
MOST_READ = 100  # more than any sheet holds
FEW = 6  # places of a neighbourhood: below, the nearest ones beside it fill the sheet


@dataclass(frozen=True)
class Choice:
    """Another sheet of the same thing."""

    label: str
    address: str
    chosen: bool


@require_safe
def place_poster(request, slug):
    """One place on an A4 or A3 sheet, with the code that leads to its card."""
    place = Place.objects.published().prefetch_related("permanences").filter(slug=slug).first()
    if place is None:
        return merged_place(request, slug, "places:poster")
    paper = _paper(request)
    link = absolute(reverse("places:find_place", args=[slug]), request)
    return render(
        request,
        "places/posters/place.html",
        {
            "poster": sheets.PlacePoster(place, timezone.now()),
            "back": place.get_absolute_url(),
            "papers": [
                Choice(_("Affiche A4"), request.path, paper == "a4"),
                Choice(_("Affiche A3"), f"{request.path}?format=a3", paper == "a3"),
            ],
        }
        | _around(request, link, paper),
    )


@require_safe
def area_poster(request, code):
    """The places of a neighbourhood on an A4 or A3 sheet or, with `pliage=oui`, on an A4 one to fold in four."""
    area = _area(code)
    if area.code != code:
        return redirect("places:area-poster", area.code)
    folded = request.GET.get("pliage") == "oui"
    paper = "leaflet" if folded else _paper(request)
    published = Place.objects.published().prefetch_related("permanences")
    inside = published.within(area.kind, area.code)
    total = inside.count()
    beside = []
    if total < FEW:
        middle = Point((area.south + area.north) / 2, (area.west + area.east) / 2)
        outside = published.located().exclude(pk__in=inside.order_by().values("pk"))
        beside = ByDistance(outside, middle)[: FEW - total]
    sheet = sheets.AreaSheet(area.nom, inside[:MOST_READ], beside, paper, timezone.now())
    question = urlencode({area.kind: area.code}) if total else ""
    here = reverse("places:area-poster", args=[area.code])
    link = absolute(f"{reverse('places:list')}?{question}".rstrip("?"), request)
    return render(
        request,
        "places/posters/leaflet.html" if folded else "places/posters/area.html",
        {
            "area": area,
            "sheet": sheet,
            "total": total,
            "left": total - sheet.shown,
            "back": area.get_absolute_url(),
            "papers": [
                Choice(_("Affiche A4"), here, paper == "a4"),
                Choice(_("Affiche A3"), f"{here}?format=a3", paper == "a3"),
                Choice(_("Dépliant A4"), f"{here}?pliage=oui", folded),
            ],
        }
        | _around(request, link, paper),
    )


def _area(code: str) -> Territory:
    """Return the neighbourhood known by this code today; its code differs when it was that of another vintage."""
    if "\x00" in code:
        raise Http404
    current = Territory.objects.current().light().filter(kind__in=KINDS)
    area = current.filter(code=code).order_by("-kind").first() or current.known_as(code).order_by("-kind").first()
    if area is None:
        raise Http404
    return area


def _around(request, link: str, paper: str) -> dict:
    """What every sheet has: the code, its address in letters, and the choices above it, which are not printed."""
    return {
        "paper": paper,
        "link": link,
        "code": qr.drawing(link),
        "families": families(),
        "purpose": sheets.purpose(),
        "today": timezone.localtime(),
        "languages": [
            (language, languages.in_language(request.get_full_path(), language.code))
            for language in languages.languages()
        ],
    }


def _paper(request) -> str:
    return "a3" if request.GET.get("format", "").lower() == "a3" else "a4"
