"""What a structure does from its own link, without an account: nothing has changed, correct, declare closed."""

from django.conf import settings
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from places import history
from places.card import Card
from places.models import Place, Revision, Submission
from places.moderation.following import private
from places.moderation.forms import ClosedForm
from places.moderation.place_form import PlaceForm
from places.moderation.views import answer
from places.moderation.visitors import visitors_form
from places.structure import links


@visitors_form
def record(request, token):
    """The record as everybody sees it, with a button: programs that open the links of mails confirm nothing."""
    place = links.read(token)
    if place is None:
        return over(request)
    if request.method == "POST" and request.POST.get("answer") == "unchanged":
        confirm(place)
        return private(redirect(f"{reverse('places:structure', args=[token])}?merci=oui"))
    context = {"place": place, "card": Card(place, timezone.now()), "token": token, "thanks": "merci" in request.GET}
    return private(render(request, "places/structure/record.html", context))


@visitors_form
def correct(request, token):
    """The same form as everybody's; a moderator reads it, and knows who sent it."""
    return _form(request, token, Submission.Kind.CORRECTION, PlaceForm, "places/moderation/correct.html")


@visitors_form
def closed(request, token):
    return _form(request, token, Submission.Kind.CLOSED, ClosedForm, "places/moderation/closed.html")


def _form(request, token, kind, form_class, template):
    place = links.read(token)
    if place is None:
        return over(request)
    known = {"role": Submission.Role.STRUCTURE}
    return private(answer(request, kind, form_class, template, place=place, initial=known, by_structure=True))


def over(request):
    """Say that a link is too old or wrong, and nothing of the record."""
    return private(render(request, "places/structure/link_over.html", status=404))


def confirm(place: Place) -> None:
    """Note that the structure itself found nothing to change."""
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):  # what the team reads
        place = Place.objects.select_for_update().get(pk=place.pk)
        place.verified_on = timezone.localdate()
        place.verified_by = _("la structure")
        history.save([place], origin=Revision.Origin.LINK, reason=_("« Rien n’a changé », dit la structure."))
