"""The pages of the territory, which say in words all that its layers draw, and the data of those layers."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import conditional, map_data
from places.models import CellShare, Correspondence, Figure, Indicator, Layer, Place, Territory
from places.territories import charts, diagnosis, layers, words
from places.territories.classes import Class, class_of, classes
from places.territories.diagnosis import UNKNOWN, WHOLE
from places.territories.subjects import EVERYTHING, Subject, subjects
from places.views import page_number

FRAGILITY = "fragilite_numerique"
ENOUGH = 0.5  # below, most people have nothing within ten minutes: the territory lacks it
SAID_LACKS = 12
PER_PAGE = 100  # a large town has thousands of places
TITLES = {
    "commune": gettext_lazy("Communes"),
    "quartier": gettext_lazy("Quartiers"),
    "qpv": gettext_lazy("Quartiers prioritaires (QPV)"),
    "iris": gettext_lazy("IRIS"),
}
LOOKED_FOR = ("services", "demarches", "themes", "langues", "moment")


@dataclass(frozen=True)
class Row:
    territory: Territory
    figure: Figure
    fragility: float | None


@dataclass(frozen=True)
class Reading:
    """One indicator of one territory, among the others of its kind."""

    indicator: Indicator
    text: str
    place: str


@dataclass(frozen=True)
class Lack:
    subject: Subject
    here: Figure
    city: Figure


@require_safe
def territory_list(request):
    """Every territory with its main figures, kind by kind: what the layers of the map say, in tables."""
    found = Territory.objects.current().light()
    followed = diagnosis.current(request.data_version, timezone.now())
    figures = {(f.kind, f.code): f for f in followed.figures.filter(subject=EVERYTHING)}
    groups = []
    for kind, title in TITLES.items():
        rows = [
            Row(territory, figures.get((kind, territory.code), UNKNOWN), territory.indicators.get(FRAGILITY))
            for territory in found
            if territory.kind == kind
        ]
        if rows:
            fragile = any(row.fragility is not None for row in rows)
            groups.append({"kind": kind, "title": title, "rows": rows, "fragile": fragile})
    return render(
        request,
        "places/territory_list.html",
        {"groups": groups, "whole": figures.get(WHOLE, UNKNOWN), "layers": Layer.objects.filter(visible=True)},
    )


@require_safe
def territory_detail(request, kind, code):
    """Who lives there, what there is, what is missing, and what is beside it."""
    if "\x00" in code:
        raise Http404
    territory = Territory.objects.current().of_kind(kind).filter(code=code).first()
    if territory is None:
        successor = Territory.objects.current().of_kind(kind).known_as(code).light().first()
        if successor is None:
            raise Http404
        return redirect(successor)
    followed = diagnosis.current(request.data_version, timezone.now())
    figures = {(f.kind, f.code, f.subject): f for f in _figures_of(followed, territory)}
    neighbours = list(territory.neighbours.current().order_by("nom"))
    places = _places_of(territory).only(
        "slug", "nom", "adresse", "complement_adresse", "code_postal", "commune", "offered_services"
    )
    return render(
        request,
        "places/territory_detail.html",
        {
            "territory": territory,
            "kind_title": territory.get_kind_display(),
            "other_codes": _other_codes(territory),
            "figure": figures.get((kind, code, EVERYTHING), UNKNOWN),
            "city": figures.get((*WHOLE, EVERYTHING), UNKNOWN),
            "poverty": _poverty(territory),
            "readings": _readings(territory),
            "page": Paginator(places, PER_PAGE).get_page(page_number(request)),
            "question": f"{kind}={territory.code}" if kind in ("quartier", "qpv") else "",
            "lacks": _lacks(figures, territory),
            "neighbours": neighbours,
            "drawing": charts.draw(
                [territory, *neighbours], {}, {t.code: t.nom for t in [territory, *neighbours]}, strong=territory.code
            ),
            "followed": followed,
        },
    )


def _figures_of(followed, territory: Territory):
    return [
        *followed.figures.filter(kind=territory.kind, code=territory.code),
        *followed.figures.filter(kind=WHOLE[0], code=WHOLE[1]),
    ]


def _places_of(territory: Territory):
    published = Place.objects.published().order_by("slug")
    if territory.kind == "commune":
        return published.filter(code_insee=territory.code)
    return published.filter(**{territory.kind: territory})


def _other_codes(territory: Territory) -> list[str]:
    """Return the codes of the same territory in other vintages."""
    links = Correspondence.objects.filter(kind=territory.kind)
    return sorted(
        {
            *links.filter(old_code=territory.code).values_list("new_code", flat=True),
            *links.filter(new_code=territory.code).values_list("old_code", flat=True),
        }
    )


def _poverty(territory: Territory) -> float | None:
    """Return the share of poor people, of those whose cell says it."""
    shares = CellShare.objects.filter(territory=territory, cell__current=True, cell__poverty_rate__isnull=False)
    rows = list(shares.values_list("share", "cell__population", "cell__poverty_rate"))
    people = sum(share * population for share, population, _rate in rows)
    return sum(share * population * rate for share, population, rate in rows) / people if people else None


def _readings(territory: Territory) -> list[Reading]:
    others = list(Territory.objects.current().of_kind(territory.kind).values_list("indicators", flat=True))
    readings = []
    for indicator in Indicator.objects.filter(key__in=territory.indicators):
        value = territory.indicators[indicator.key]
        values = [v for known in others if (v := known.get(indicator.key)) is not None]
        place = ""
        if value is not None and len(values) > 1:
            rank = sum(other > value for other in values) + 1
            place = _("rang %(rank)d sur %(all)d, du plus haut au plus bas") % {"rank": rank, "all": len(values)}
        readings.append(Reading(indicator, words.figure(value, indicator.unit), place))
    return readings


def _lacks(figures: dict, territory: Territory) -> list[Lack]:
    """Return what most of its people do not have within ten minutes on foot, the widest gap with the city first."""
    found = []
    for subject in subjects():
        here = figures.get((territory.kind, territory.code, subject.key))
        city = figures.get((*WHOLE, subject.key))
        if subject.key.partition(":")[0] not in LOOKED_FOR or here is None or here.near10 is None:
            continue
        if city is not None and city.near10 is not None and here.near10 < min(ENOUGH, city.near10):
            found.append(Lack(subject, here, city))
    found.sort(key=lambda lack: lack.here.near10 - lack.city.near10)
    return found[:SAID_LACKS]


# --- layers


@require_safe
def indicator_values(request, kind, indicator):
    """Return the classes of one indicator and the value of each territory: what colours a layer, and its legend."""
    known = get_object_or_404(Indicator, key=indicator)
    answer = map_data.kept(
        f"indicator {get_language()} {kind} {indicator}", request.data_version, lambda: coloured(known, kind)
    )
    return conditional.prepared(request, answer.body, answer.compressed, answer.tag, "application/json")


def coloured(indicator: Indicator, kind: str) -> dict:
    rows = Territory.objects.current().of_kind(kind).values_list("code", "indicators")
    values = {code: indicators.get(indicator.key) for code, indicators in rows}
    found = classes(value for value in values.values() if value is not None)
    return {
        "titre": indicator.name,
        "source": " ".join(filter(None, (indicator.source, indicator.vintage))),
        "classes": [{"texte": class_text(known, indicator.unit), "nombre": known.number} for known in found],
        "inconnus": sum(value is None for value in values.values()),
        "valeurs": {
            code: [words.figure(value, indicator.unit), None if value is None else class_of(value, found)]
            for code, value in values.items()
        },
    }


def class_text(known: Class, unit: str) -> str:
    low, high = words.figure(known.low, unit), words.figure(known.high, unit)
    return low if low == high else _("de %(low)s à %(high)s") % {"low": low, "high": high}


@require_safe
def layer_geojson(request, layer):
    found = get_object_or_404(Layer, slug=layer, visible=True)
    answer = map_data.kept(f"layer {layer}", request.data_version, lambda: layers.drawing(found))
    return conditional.prepared(request, answer.body, answer.compressed, answer.tag, "application/geo+json")


@require_safe
def layer_detail(request, layer):
    """All that a municipal layer draws, as a list."""
    found = get_object_or_404(Layer, slug=layer, visible=True)
    features = list(found.features.select_related("quartier").defer("quartier__geometry", "quartier__outline"))
    rows = [
        {
            "name": feature.name,
            "lines": layers.shown_fields(found, feature.name, feature.properties),
            "quartier": feature.quartier,
            "point": feature.geometry["coordinates"] if feature.geometry["type"] == "Point" else None,
        }
        for feature in features
    ]
    return render(request, "places/layer_detail.html", {"layer": found, "rows": rows})
