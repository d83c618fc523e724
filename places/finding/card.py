"""The card of a place for a person on a phone: what, when, how to come, what to bring, whom to call, how to keep it."""

from urllib.parse import quote, urlencode

import phonenumbers
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import qr
from places.card import Card, Link, days_ahead, families
from places.enumerations import listed
from places.finding.asking import Asked
from places.finding.papers import PAPERS
from places.finding.results import Row, Search
from places.finding.views import shown
from places.models import Place
from places.moderation.mails import absolute
from places.openings import in_brief
from places.transport.itinerary import Itinerary
from places.transport.models import Timetable
from places.transport.nearby import Nearby, NearStop, nearest_stops
from places.views import merged_place

# What is told beside the services, in this order, when a place says it.
OFFERS = (
    "demarches",
    "themes",
    "materiel",
    "ateliers",
    "publics_specifiquement_adresses",
    "prise_en_charge_specifique",
)


@require_safe
def find_place(request, slug):
    """One place, for who wants to go there; a merged one leads to the place it became."""
    published = Place.objects.published().select_related("import_source", "source_record")
    place = published.prefetch_related("permanences").filter(slug=slug).first()
    if place is None:
        return merged_place(request, slug, "places:find_place")
    asked = Asked.read(request.GET, timezone.now())
    [row] = Search(asked).rows([place])
    stop = nearest_stop(place)
    # Without the visitor's answers, which say where they are.
    link = absolute(reverse("places:find_place", args=[slug]), request)
    return shown(
        request,
        "place",
        asked,
        {
            "row": row,
            "card": row.card,
            "place": place,
            "families": families(),
            "days": days_ahead(place.hours, asked.now, 2 if hasattr(request, "kept") else 1),
            "permanences": [in_brief(held, asked.when, asked.now) for held in place.permanences.all()],
            "offers": row.card.told(OFFERS),
            "stop": stop,
            "lines": listed(f"{line.get_mode_display()} {line.nom}" for line in stop.stop.lines.all()) if stop else "",
            "ways": ways(place),
            "papers": PAPERS.get(asked.need.slug) if asked.need else None,
            "unsure": asked.need.unsure if asked.need and not row.card.matched else "",
            "message": text_message(place),
            "sms": f"sms:?{urlencode({'body': in_short(row.card, link)}, quote_via=quote)}",
            "link": link,
            "code": qr.drawing(link),
            "map": map_of(row),
            "back": asked.address("find_results") if asked.parameters else reverse("places:find"),
        },
    )


def nearest_stop(place: Place) -> NearStop | None:
    """Return where to get off; None when no stop is known within an hour's walk."""
    timetable = Timetable.objects.current() if place.point else None
    return next(iter(nearest_stops(timetable, place.point)), None) if timetable else None


def ways(place: Place) -> list[Link]:
    """Return the addresses that open a map application, which knows by itself where the person is."""
    if place.point is None:
        return []
    itinerary = Itinerary(place.nom, place.point, None, Nearby(None, timezone.now()))
    return [*itinerary.applications, Link(itinerary.on_foot, "OpenStreetMap")]


def text_message(place: Place) -> Link | None:
    """Return the address that writes a text message to the place, when its number is that of a mobile phone."""
    try:
        number = phonenumbers.parse(place.telephone, "FR")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return Link(f"sms:{phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}", _("Envoyer un SMS"))


def in_short(card: Card, link: str) -> str:
    """Return the place as a message to somebody: its name, address, number and card."""
    lines = (card.name, card.address or card.place.locality, card.phone.label if card.phone else "", link)
    return "\n".join(line for line in lines if line)


def map_of(row: Row) -> dict | None:
    """Return what the map needs once it is asked for; None without a point."""
    if row.card.place.point is None:
        return None
    _label, tiles, options = settings.LEAFLET_CONFIG["TILES"][0]
    point, start = row.card.place.point, row.card.start
    return {
        "point": [point.latitude, point.longitude],
        "start": [start.latitude, start.longitude] if start else None,
        "tiles": tiles,
        "options": {"maxZoom": 19, **options},
    }
