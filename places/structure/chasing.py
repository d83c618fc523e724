"""Asking structures for news of their own record: one mail to each of their addresses, and not again too soon."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from places.models import Chase, Place
from places.moderation.mail_queue import queue
from places.moderation.mails import absolute
from places.structure import links

MOST_ADDRESSES = 3


@dataclass
class Chased:
    asked: list[Place] = field(default_factory=list)
    unreachable: list[Place] = field(default_factory=list)
    too_soon: list[Place] = field(default_factory=list)


def chase(places: Iterable[Place], *, author=None, request: HttpRequest | None = None) -> Chased:
    """Queue a mail with its own link to each structure that has an address and was not asked lately."""
    done = Chased()
    now = timezone.now()
    for place in places:
        with transaction.atomic():
            place = Place.objects.select_for_update().get(pk=place.pk)
            addresses = [address for address in links.addresses_of(place) if _is_mail(address)][:MOST_ADDRESSES]
            if not addresses or place.status == Place.Status.ARCHIVED:
                done.unreachable.append(place)
            elif place.chases.filter(sent_at__gt=now - timedelta(days=settings.CHASE_AFTER_DAYS)).exists():
                done.too_soon.append(place)
            else:
                made = Chase.objects.create(place=place, sent_at=now, sent_by=author, addresses=len(addresses))
                for number, address in enumerate(addresses):
                    _write(place, address, f"chase {made.pk} {number}", request)
                done.asked.append(place)
    return done


def _write(place: Place, address: str, key: str, request: HttpRequest | None) -> None:
    context = {
        "place": place,
        "link": absolute(reverse("places:structure", args=[links.sign(place, address)]), request),
        "days": settings.STRUCTURE_LINK_DAYS,
        "site_name": settings.SITE_NAME,
    }
    text = render_to_string("places/structure/mail.txt", context)
    queue(key, address, _("%s sur la carte : rien n’a changé ?") % place.nom, text)


def _is_mail(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True
