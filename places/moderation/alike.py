"""The public places that a proposed one may be."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from places import duplicates
from places.models import Place
from places.moderation.proposed import POINT

MOST_ALIKE = 5
NEARBY = 0.015  # degrees: a kilometre at least, anywhere in France
COLUMNS = {"nom": "", "adresse": "", "commune": "", "latitude": None, "longitude": None}


def alike(typed: Mapping[str, Any]) -> list[Place]:
    """Return the public places that these values may be: by their likeness, else by their address."""
    typed = COLUMNS | typed
    near = Q(commune__iexact=typed["commune"])  # a point may be misplaced
    if typed["latitude"] is not None:
        near |= Q(**{f"{name}__range": (typed[name] - NEARBY, typed[name] + NEARBY) for name in POINT})
    places = Place.objects.published().filter(near)
    pairs = duplicates.duplicates_of([typed | {"id": "proposition"}], places=places)
    found = [pair.other.key if pair.one.key == "proposition" else pair.one.key for pair in pairs]
    if typed["adresse"]:
        found += places.filter(adresse__iexact=typed["adresse"]).values_list("pk", flat=True)[:MOST_ALIKE]
    order = list(dict.fromkeys(found))[:MOST_ALIKE]
    return sorted(Place.objects.filter(pk__in=order), key=lambda place: order.index(place.pk))
