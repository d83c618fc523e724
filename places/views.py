"""The public pages: the list with its map, the card of a place, and the data they draw."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponsePermanentRedirect, HttpResponseServerError
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import accessibility, conditional, geo, languages, map_data, preloads, searches
from places.card import Card, families, phone_link
from places.embedding import embeddable, is_embedded
from places.filters import WALKS, PlaceFilter, areas_of
from places.limits import client_address
from places.models import Place, Territory
from places.near.finding import Around, settled
from places.near.start import shown
from places.transport.views import ways_to

PER_PAGE = 20


def site(request):
    """What every page knows: the names of the site, and where its data stands."""
    return {
        "site_name": settings.SITE_NAME,
        "site_city": settings.SITE_CITY,
        "support_email": settings.SUPPORT_EMAIL,
        "help_phone": phone_link(settings.HELP_PHONE),
        "help_name": settings.HELP_NAME,
        "contacts_kept_days": settings.CONTACTS_KEPT_DAYS,
        "embedded": is_embedded(request),
        "language": languages.current(),
        "updated_on": getattr(request, "data_changed_at", None),
    }


@require_safe
def home(request):
    """Lead a telephone to the three questions, any other screen to the list with its map: each has a link to both."""
    response = redirect("places:find" if is_telephone(request) else "places:list")
    response["Cache-Control"] = conditional.SHARED
    patch_vary_headers(response, ["User-Agent", "Sec-CH-UA-Mobile"])
    return response


def is_telephone(request) -> bool:
    """Tell a telephone by the hint that its browser gives, else by the word that every telephone's browser says."""
    hint = request.headers.get("Sec-CH-UA-Mobile")
    return hint == "?1" if hint else "Mobi" in request.headers.get("User-Agent", "")


@require_safe
@embeddable
def place_list(request):
    """The question, its results page by page, and the map of all of them."""
    around = Around.read(request.GET, client_address(request))
    if around.found:
        return redirect(f"{reverse('places:list')}?{around.found}")
    question = PlaceFilter(around.data)
    places = question.in_order.select_related(None).prefetch_related("permanences", *prefetched_areas())
    pages = Paginator(question.paged(places.defer("search_text")), PER_PAGE)
    pages.count = question.total
    page = pages.get_page(page_number(request))
    cards = [Card(place, question.now, question.asked, question.said, question.point, question.when) for place in page]
    searches.note(request, searches.subjects_of(question), question.total, searches.territory_of(question))
    response = render(
        request,
        "places/list.html",
        {
            "question": question,
            "sections": question.sections(),
            "areas": areas_of(question),
            "near": near(around, question),
            "page": page,
            "cards": cards,
            "wider": [] if cards else question.wider(),
            "now": timezone.localtime(question.now),
            "here": request.build_absolute_uri(),
            "unlocated": question.unlocated,
            "families": families(),
            "map": map_settings(question),
        },
    )
    response["Link"] = preloads.links()
    return response


@require_safe
@embeddable
def place_detail(request, slug):
    """Everything about one place, in people's words, with the way back to the results it was found in."""
    published = Place.objects.published().prefetch_related("permanences", "import_source", *prefetched_areas())
    place = published.filter(slug=slug).first()
    if place is None:
        return merged_place(request, slug)
    question = PlaceFilter(request.GET)
    page = page_number(request)
    back = "&".join(part for part in (question.query, f"page={page}" if page > 1 else "") if part)
    return render(
        request,
        "places/detail.html",
        {
            "place": place,
            "card": Card(place, question.now, question.asked, question.said, question.point, question.when),
            "ways": ways_to(request, place),
            "back": f"{reverse('places:list')}?{back}" if back else reverse("places:list"),
            "families": families(),
            "now": timezone.localtime(question.now),
            "map": map_settings(question, [place]) if place.point else None,
        },
    )


def merged_place(request, slug, page="places:detail"):
    """Lead for good to the place that a merged one became, on the same page of it, the question kept.

    As long as a page is shown and no longer: merges are undone.
    """
    place = get_object_or_404(Place.objects.exclude(merged_into=None), slug=slug).successor
    if not place.is_published:
        raise Http404
    address, query = reverse(page, args=[place.slug]), request.META.get("QUERY_STRING", "")
    response = HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)
    response["Cache-Control"] = conditional.kept_by(request)
    return response


@require_safe
def places_geojson(request):
    """The located results of a question, slim; `?bbox=west,south,east,north&zoom=` when there are too many."""
    view = map_data.View.read(request.GET.get("bbox", ""), request.GET.get("zoom", ""))
    question = PlaceFilter(settled(request.GET, client_address(request)))
    answer = map_data.answer(question, view, request.data_version)
    return conditional.prepared(request, answer.body, answer.compressed, answer.tag, "application/geo+json")


@require_safe
def territories_geojson(request, kind):
    """The outlines of one kind of territory, simplified for the screen, with their names."""
    answer = map_data.outlines(kind, request.data_version)
    return conditional.prepared(request, answer.body, answer.compressed, answer.tag, "application/geo+json")


@require_safe
def transport_geojson(request, layer):
    """The lines or the stops of public transport, for the map."""
    answer = map_data.transport(layer, request.data_version)
    return conditional.prepared(request, answer.body, answer.compressed, answer.tag, "application/geo+json")


def server_error(request):
    """Say that something failed, and whom to call, without asking anything of what may have failed."""
    known = {"help_phone": phone_link(settings.HELP_PHONE), "help_name": settings.HELP_NAME}
    return HttpResponseServerError(render_to_string("500.html", known))


@require_safe
def legal_page(request, template):
    return render(request, template)


@require_safe
def accessibility_page(request):
    """The declaration: every criterion of the RGAA, what was seen, and how."""
    return render(
        request,
        "places/accessibilite.html",
        {"themes": accessibility.THEMES, "counted": accessibility.counted()},
    )


def near(around: Around, question: PlaceFilter) -> dict:
    """What the address field shows: what was typed, its point, how far, and what to say when it is in doubt."""
    return {
        "text": shown(around.text),
        "point": geo.write_point(question.point) if question.point else "",
        "walk": question.walk,
        "walks": WALKS,
        "choices": around.choices,
        "sentences": around.sentences,
    }


def page_number(request) -> int:
    """Return the page asked for, the first one when it means nothing."""
    asked = request.GET.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


def prefetched_areas() -> list[Prefetch]:
    """The names of the territories of places, without their outlines, which are large."""
    names = Territory.objects.only("kind", "code", "next_code", "nom")
    return [Prefetch("quartier", names), Prefetch("qpv", names)]


def map_settings(question: PlaceFilter, only: list[Place] | None = None) -> dict:
    """What the map's script needs to know, as plain data for a `json_script`; of these places only, when given."""
    _label, address, options = settings.LEAFLET_CONFIG["TILES"][0]
    known = {
        "center": list(settings.MAP_CENTER),
        "zoom": settings.MAP_ZOOM,
        "tiles": {"address": address, "options": options},
        "list": reverse("places:list"),
        "places": reverse("data:geojson"),
        "query": question.query,
        "card": reverse("places:detail", args=["SLUG"]),
        "areas": {kind: reverse("data:territories", args=[kind]) for kind in Territory.Kind.values},
        "families": {family.name: {"label": family.label, "colour": family.colour} for family in families()},
        "shapes": static("img/families.svg"),
        "words": {
            "tiles": _("Le fond de plan ne répond pas. Les lieux et les limites restent affichés."),
            "places": _("Les lieux ne peuvent pas être chargés sur la carte. La liste, elle, est complète."),
            "areas": _("Ces limites ne peuvent pas être chargées."),
            "others": _("Rapprochez la carte pour voir les autres lieux."),
            "other": _("%s (ne correspond pas à la recherche)"),
            "pile": _("%s lieux ici : ouvrir la liste"),
            "pileTitle": _("%s lieux ici"),
            "cell": _("%s lieux : s’approcher"),
            "zoom": _("S’approcher"),
            "zoomIn": _("Agrandir la carte"),
            "zoomOut": _("Réduire la carte"),
            "close": _("Fermer"),
            "start": _("Votre point de départ"),
            "reach": {minutes: round(geo.walk(minutes)) for minutes in WALKS},
        },
    }
    if only is not None:
        known |= {"only": [map_data.point(place) for place in only if place.point]}
    return known
