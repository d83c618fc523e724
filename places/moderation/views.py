"""The pages where visitors propose, correct, report and confirm; each shows the form again, as typed, when it must."""

from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from places import limits, logos, unavailable
from places.card import Card
from places.models import Place, Submission
from places.moderation import place_form, stamp
from places.moderation.alike import alike
from places.moderation.forms import ClosedForm, ConfirmedForm, ErrorForm, ProblemForm, SenderForm
from places.moderation.permanence_form import MOST
from places.moderation.place_form import PlaceForm
from places.moderation.proposed import shown
from places.moderation.receiving import HOUR, TooMany, receive
from places.moderation.stamp import Stamp
from places.moderation.visitors import visitors_form

UPLOADS_AN_HOUR = 40
Kind = Submission.Kind


@visitors_form
def propose(request):
    """A place that is not on the map yet; those that look like it are shown before it is taken."""
    return answer(request, Kind.NEW, PlaceForm, "places/moderation/propose.html", initial=place_form.blank_initial())


@visitors_form
def correct(request, slug):
    """The card as a form."""
    return answer(request, Kind.CORRECTION, PlaceForm, "places/moderation/correct.html", place=published(slug))


@visitors_form
def report(request, slug):
    """What is wrong, ticked and said."""
    return answer(request, Kind.ERROR, ErrorForm, "places/moderation/report.html", place=published(slug))


@visitors_form
def closed(request, slug):
    return answer(request, Kind.CLOSED, ClosedForm, "places/moderation/closed.html", place=published(slug))


@visitors_form
def confirmed(request, slug):
    """Nothing to change: it is as good as a correction."""
    return answer(request, Kind.CONFIRMED, ConfirmedForm, "places/moderation/confirmed.html", place=published(slug))


@visitors_form
def problem(request):
    """Something wrong with the map itself, not with a place."""
    came_from = request.GET.get("page", "") or request.headers.get("Referer", "")
    here = came_from if came_from.startswith(request.build_absolute_uri("/")) else ""
    return answer(request, Kind.PROBLEM, ProblemForm, "places/moderation/problem.html", initial={"page": here[:500]})


def published(slug: str) -> Place:
    places = Place.objects.published().select_related("import_source").prefetch_related("permanences")
    return get_object_or_404(places, slug=slug)


def answer(
    request: HttpRequest,
    kind: str,
    form_class: type[SenderForm],
    template: str,
    *,
    place: Place | None = None,
    initial: dict[str, Any] | None = None,
    by_structure: bool = False,
) -> HttpResponse:
    """Show a form, or take it: towards the page that follows the submission, or back as it was typed."""
    now = timezone.now()
    sent = request.method == "POST"
    opened = stamp.read(request.POST.get("stamp", ""), now, place.pk if place else "") if sent else None
    fresh = Stamp(now, place.pk, shown(place), place.changed_at.isoformat()) if place else Stamp(now)
    known = {"stamp": opened or (None if sent else fresh), "now": now, "initial": initial}
    if form_class is PlaceForm:
        known["base"] = (opened or fresh).base
    form = form_class(_with_room(request.POST), request.FILES, **known) if sent else form_class(**known)
    context = {"form": form, "place": place, "stamp": fresh, "alike": [], "kept": ""}
    context["card"] = Card(place, now) if place else None
    context["map"] = picker_settings() if form_class is PlaceForm else None
    if not sent:
        return render(request, template, context)
    context["stamp"] = opened if opened and not opened.is_too_old(now) else (opened or fresh).renewed(now)
    status = 422
    if "autre_permanence" in request.POST and isinstance(form, PlaceForm):
        form.silence()
        status = 200
    elif form.is_valid():
        context["alike"] = neighbours = alike(form.typed()) if kind == Kind.NEW else []
        if not neighbours or "quand_meme" in request.POST:
            try:
                submission = receive(
                    request,
                    kind,
                    form,
                    place=place,
                    alike=[other.pk for other in neighbours],
                    by_structure=by_structure,
                )
            except TooMany as too_many:
                form.add_error(None, str(too_many))
                status = 429
            except Error as error:
                form.add_error(None, unavailable.unsent(error))
                status = 503
            else:
                return redirect(f"{submission.get_absolute_url()}?merci=oui")
    if form_class is PlaceForm:
        context["kept"] = _kept(request, form)
    return render(request, template, context, status=status)


def _with_room(data: QueryDict) -> QueryDict:
    """Add the blank permanence that somebody without JavaScript asked for."""
    name = "permanences-TOTAL_FORMS"
    if "autre_permanence" not in data or not data.get(name, "").isdecimal():
        return data
    data = data.copy()
    data[name] = str(min(int(data[name][:4]) + 1, MOST))
    return data


def picker_settings() -> dict[str, Any]:
    """What `point_picker.js` needs to draw its map."""
    return {
        "tiles": settings.TILES_URL,
        "attribution": settings.TILES_ATTRIBUTION,
        "center": settings.MAP_CENTER,
        "zoom": settings.MAP_ZOOM,
        "outline": reverse("data:territories", args=["commune"]),
    }


def _kept(request: HttpRequest, form: PlaceForm) -> str:
    """Keep the good picture of a form that comes back, signed; blank when there is none, or too many already."""
    picture = form.cleaned_data.get("logo")
    if picture and limits.allowed("upload", limits.client_address(request), UPLOADS_AN_HOUR, HOUR):
        return place_form.sign_kept(logos.keep(picture))
    return form.data.get("kept", "") if form.kept_picture else ""


def form_address(kind: str, place: Place | None) -> str:
    """Return the page of the form of this kind: the name of its draft in the browser."""
    name = {
        Kind.NEW: "propose",
        Kind.CORRECTION: "correct",
        Kind.ERROR: "report",
        Kind.CLOSED: "place-closed",
        Kind.CONFIRMED: "place-confirmed",
        Kind.PROBLEM: "problem",
    }[kind]
    about_a_place = kind not in (Kind.NEW, Kind.PROBLEM)
    return reverse(f"places:{name}", args=[place.slug] if about_a_place else [])
