"""The diagnosis as a page, as files and as a method; and the city's figures to show."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from places import lexicon, searches
from places.embedding import embeddable, is_embedded
from places.enumerations import listed
from places.exporting import ods
from places.geo import DETOUR
from places.models import Diagnosis, Figure, Indicator, Place, Territory
from places.opening_hours import PARIS
from places.territories import charts, diagnosis, subjects, words
from places.territories.classes import classes
from places.territories.diagnosis import ALL_QPV, NOT_QPV, UNKNOWN, WHOLE
from places.territories.indicators import available_indicators
from places.territories.pages import FRAGILITY, TITLES
from places.territories.subjects import EVERYTHING, Subject
from places.vocabularies import VOCABULARIES

MINUTES = (5, 10, 15)
LEVELS = (0.8, 0.6, 0.4, 0.2)  # the better served, the lighter
LEGEND = (
    gettext_lazy("80 % et plus"),
    gettext_lazy("de 60 à 80 %"),
    gettext_lazy("de 40 à 60 %"),
    gettext_lazy("de 20 à 40 %"),
    gettext_lazy("moins de 20 %"),
)
MISSING_LISTS = ("services", "demarches", "langues", "moment")
SAID_FIRST = 8
HEADER = [
    *("sujet", "libelle", "liste", "genre", "code", "nom", "lieux", "habitants"),
    *("part_5_min", "part_10_min", "part_15_min", "lieux_pour_10000", "distance_dixieme_m", FRAGILITY),
]
NAMES = {WHOLE: "ensemble", ALL_QPV: "tous les QPV", NOT_QPV: "hors QPV"}


@dataclass(frozen=True)
class Asked:
    """What a person wants to see; what means nothing was left aside."""

    subject: Subject
    kind: str
    minutes: int
    indicator: Indicator | None
    ignored: list[str]


@dataclass(frozen=True)
class Row:
    territory: Territory
    figure: Figure
    near: float | None


@dataclass(frozen=True)
class First:
    """Where to act first: a fragile territory less well served than the city, and how many people that is."""

    territory: Territory
    value: str
    near: float
    people: float


@require_safe
def diagnosis_page(request):
    followed = diagnosis.current(request.data_version, timezone.now())
    found = subjects.subjects()
    kinds = [kind for kind in TITLES if Territory.objects.current().of_kind(kind).exists()]
    indicators = available_indicators("iris")
    asked = read(request.GET, found, kinds, indicators)
    totals = {
        (figure.kind, figure.code, figure.subject): figure
        for figure in followed.figures.filter(code__in=["", "tous", "hors"])
    }
    city, qpv, rest = (totals.get((*key, asked.subject.key), UNKNOWN) for key in (WHOLE, ALL_QPV, NOT_QPV))
    rows = _rows(followed, asked)
    firsts, cloud = crossing(followed, asked, city)
    return render(
        request,
        "places/diagnosis.html",
        {
            "asked": asked,
            "groups": found,
            "kinds": [(kind, TITLES[kind]) for kind in kinds],
            "minutes": MINUTES,
            "indicators": indicators,
            "kind_title": TITLES.get(asked.kind, ""),
            "city": city,
            "totals": [
                (title, figure, figure.near(asked.minutes))
                for title, figure in (
                    (_("Toute la ville"), city),
                    (_("Quartiers prioritaires (QPV)"), qpv),
                    (_("Hors QPV"), rest),
                )
                if figure is not UNKNOWN
            ],
            "sentences": sentences(asked, city, qpv, rest),
            "rows": rows,
            "drawing": charts.draw(
                [row.territory for row in rows],
                {row.territory.code: level(row.near) for row in rows},
                {row.territory.code: words.beside(row.territory.nom, words.percent(row.near)) for row in rows},
                links=False,
            ),
            "legend": list(enumerate(LEGEND)),
            "city_near": city.near(asked.minutes),
            "firsts": firsts,
            "cloud": cloud,
            "missing": missing(found, totals),
            "overview": [
                (subject, *(totals.get((*key, subject.key), UNKNOWN) for key in (WHOLE, ALL_QPV, NOT_QPV)))
                for subject in found
                if totals.get((*WHOLE, subject.key), UNKNOWN).places
            ],
            "evolution": evolution(asked),
            "needs": searches.needs(timezone.localdate()),
            "needs_days": searches.SHOWN_DAYS,
            "followed": followed,
            "late": followed.data_version != request.data_version,
        },
    )


def read(data, found: list[Subject], kinds: list[str], indicators: list[Indicator]) -> Asked:
    ignored = []

    def choose(name: str, choices: dict, default):
        said = data.get(name, "").strip()
        if said and said not in choices:
            ignored.append(said.replace("\x00", "")[:60])
        return choices.get(said, default)

    by_key = {indicator.key: indicator for indicator in indicators}
    return Asked(
        subject=choose("quoi", {subject.key: subject for subject in found}, found[0]),
        kind=choose("par", {kind: kind for kind in kinds}, "quartier" if "quartier" in kinds else (kinds or [""])[0]),
        minutes=choose("minutes", {str(number): number for number in MINUTES}, 10),
        indicator=choose("indicateur", by_key, by_key.get(FRAGILITY) or (indicators or [None])[0]),
        ignored=ignored,
    )


def level(share: float | None) -> int | None:
    return None if share is None else next((rank for rank, low in enumerate(LEVELS) if share >= low), len(LEVELS))


def _rows(followed: Diagnosis, asked: Asked) -> list[Row]:
    """Return the territories of a kind, the least well served first."""
    figures = {f.code: f for f in followed.figures.filter(kind=asked.kind, subject=asked.subject.key)}
    territories = Territory.objects.current().of_kind(asked.kind).defer("geometry", "indicators")
    rows = []
    for territory in territories:
        figure = figures.get(territory.code, UNKNOWN)
        rows.append(Row(territory, figure, figure.near(asked.minutes)))
    return sorted(rows, key=lambda row: (row.near is None, row.near or 0))


def sentences(asked: Asked, city: Figure, qpv: Figure, rest: Figure) -> list[str]:
    if city is UNKNOWN:
        return []
    said = [
        ngettext("%(number)s lieu : « %(subject)s ».", "%(number)s lieux : « %(subject)s ».", city.places)
        % {"number": words.number(city.places), "subject": asked.subject.label}
    ]
    near = city.near(asked.minutes)
    if near is None:
        return [*said, _("La population n’est pas chargée : on ne peut pas dire qui y a accès.")]
    said.append(
        _("%(share)s des %(people)s habitants en ont un à moins de %(minutes)d minutes à pied.")
        % {"share": words.percent(near), "people": words.number(city.population), "minutes": asked.minutes}
    )
    if city.farthest is not None:
        said.append(
            ngettext(
                "Le dixième le moins bien servi marche au moins %(minutes)d minute (%(far)s à vol d’oiseau).",
                "Le dixième le moins bien servi marche au moins %(minutes)d minutes (%(far)s à vol d’oiseau).",
                city.farthest_minutes,
            )
            % {"minutes": city.farthest_minutes, "far": words.metres(city.farthest)}
        )
    if qpv.near(asked.minutes) is not None and rest.near(asked.minutes) is not None:
        said.append(
            _("Dans les quartiers prioritaires : %(qpv)s ; dans le reste de la ville : %(rest)s.")
            % {"qpv": words.percent(qpv.near(asked.minutes)), "rest": words.percent(rest.near(asked.minutes))}
        )
    return said


def crossing(followed: Diagnosis, asked: Asked, city: Figure) -> tuple[list[First], charts.Cloud | None]:
    """Cross an indicator of the IRIS with coverage: fragile is its two top classes; badly served, below it."""
    if asked.indicator is None or city.near(asked.minutes) is None:
        return [], None
    figures = {f.code: f for f in followed.figures.filter(kind="iris", subject=asked.subject.key)}
    known = [
        (territory, territory.indicators[asked.indicator.key], figures[territory.code])
        for territory in Territory.objects.current().of_kind("iris").light()
        if territory.indicators.get(asked.indicator.key) is not None
        and territory.code in figures
        and figures[territory.code].near(asked.minutes) is not None
    ]
    if not known:
        return [], None
    found = classes(value for _t, value, _f in known)
    fragile, served = found[max(0, len(found) - 2)].low, city.near(asked.minutes)
    firsts, dots = [], []
    for territory, value, figure in known:
        near = figure.near(asked.minutes)
        first = value >= fragile and near < served
        text = words.figure(value, asked.indicator.unit)
        said = words.beside(territory.nom, listed([text, words.percent(near)]))
        dots.append((value, near, figure.population, said, first))
        if first:
            firsts.append(First(territory, text, near, figure.population * (1 - near)))
    firsts.sort(key=lambda first: -first.people)
    return firsts, charts.cloud(dots, fragile, served)


def missing(found: list[Subject], totals: dict) -> dict[str, list]:
    """Return what nobody offers in the city, and what fewer people reach in the QPV than elsewhere."""
    nowhere, gaps = [], []
    for subject in found:
        city, qpv, rest = (totals.get((*key, subject.key), UNKNOWN) for key in (WHOLE, ALL_QPV, NOT_QPV))
        if city.places == 0:
            nowhere.append(subject)
        elif subject.key.partition(":")[0] not in MISSING_LISTS:
            continue
        elif qpv.near10 is not None and rest.near10 is not None and qpv.near10 < rest.near10:
            gaps.append((subject, qpv, rest))
    gaps.sort(key=lambda gap: gap[1].near10 - gap[2].near10)
    return {"nowhere": nowhere, "gaps": gaps[:SAID_FIRST]}


def evolution(asked: Asked) -> dict | None:
    """Return the months kept of a subject, for the whole city; None below two."""
    kept = Figure.objects.filter(subject=asked.subject.key, kind=WHOLE[0], code=WHOLE[1]).exclude(diagnosis__month="")
    months = [
        (figure.diagnosis.month, figure, figure.near(asked.minutes))
        for figure in kept.select_related("diagnosis").order_by("diagnosis__month")
    ]
    drawn = charts.line([(month, near) for month, _figure, near in months if near is not None])
    return {"months": months, "line": drawn} if len(months) > 1 else None


# --- files


def figure_rows(followed: Diagnosis) -> Iterator[list]:
    """Give every figure of a diagnosis as a row of HEADER."""
    labels = {subject.key: subject for subject in subjects.subjects()}
    named = {
        (kind, code): (nom, indicators.get(FRAGILITY))
        for kind, code, nom, indicators in Territory.objects.current().values_list("kind", "code", "nom", "indicators")
    }
    for figure in followed.figures.order_by("pk"):
        subject = labels.get(figure.subject)
        key = (figure.kind, figure.code)
        nom, fragility = named.get(key, (NAMES.get(key, ""), None))
        yield [
            figure.subject,
            subject.label if subject else "",
            subject.group if subject else "",
            *(figure.kind, figure.code, nom, figure.places, round(figure.population, 1)),
            *(None if share is None else round(share, 4) for share in (figure.near5, figure.near10, figure.near15)),
            None if figure.per_ten_thousand is None else round(figure.per_ten_thousand, 2),
            None if figure.farthest is None else round(figure.farthest),
            fragility,
        ]


def write_csv(followed: Diagnosis, file) -> None:
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(figure_rows(followed))


@require_safe
def diagnosis_csv(request):
    followed = diagnosis.current(request.data_version, timezone.now())
    file = io.StringIO(newline="")
    write_csv(followed, file)
    return _download(file.getvalue().encode(), "text/csv; charset=utf-8", followed, "csv")


@require_safe
def diagnosis_ods(request):
    followed = diagnosis.current(request.data_version, timezone.now())
    file = io.BytesIO()
    ods.write(
        file, [ods.Sheet("Chiffres", HEADER, figure_rows(followed)), ods.Sheet("Méthode", ["", ""], notes(followed))]
    )
    return _download(file.getvalue(), ods.TYPE, followed, "ods")


def notes(followed: Diagnosis) -> list[list]:
    """Say where figures come from, for who reads the file alone."""
    day = timezone.localtime(followed.made_at, PARIS).date()
    return [
        [_("Jour du calcul"), day],
        [_("Lieux publiés"), followed.places],
        [_("Lieux sans position, comptés mais non mesurés"), followed.unlocated],
        [_("Carreaux de population (Insee, 200 m)"), followed.cells],
        [_("Millésime du carroyage"), followed.grid],
        [_("Premier jour de la semaine dont les horaires sont examinés"), followed.week],
        [_("À pied"), _("ligne droite × %(detour)s, à 4,5 km/h, du centre du carreau") % {"detour": DETOUR}],
    ]


def _download(content: bytes, kind: str, followed: Diagnosis, ending: str) -> HttpResponse:
    day = timezone.localtime(followed.made_at, PARIS).date()
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{day}_diagnostic.{ending}"'
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def method(request):
    followed = diagnosis.current(request.data_version, timezone.now())
    sources = sorted(set(Territory.objects.current().exclude(source="").values_list("source", flat=True)))
    return render(
        request, "places/diagnosis_method.html", {"followed": followed, "sources": sources, "minutes": MINUTES}
    )


# --- figures to show


@require_safe
@embeddable
def city_figures(request):
    """The city in a few figures; `integration=1` gives them alone, for a page of somebody else."""
    template = "places/city_figures_embedded.html" if is_embedded(request) else "places/city_figures.html"
    now = timezone.now()
    followed = diagnosis.current(request.data_version, now)
    year = timezone.localtime(now, PARIS).year
    published = Place.objects.published()
    masks = dict.fromkeys(("services", "demarches", "langues"), 0)
    for row in published.order_by().values_list(*(VOCABULARIES[name].column for name in masks)).distinct():
        for name, mask in zip(masks, row, strict=True):
            masks[name] |= int(mask)
    offered = {
        name: sum(bool(entry.mask & mask) for entry in lexicon.entries(name) if entry.visible)
        for name, mask in masks.items()
    }
    all_qpv = Territory.objects.current().of_kind("qpv").count()
    served_qpv = published.exclude(qpv=None).order_by().values("qpv").distinct().count()
    whole = followed.figures.filter(kind=WHOLE[0], code=WHOLE[1], subject=EVERYTHING).first()
    verified = published.filter(verified_on__year=year).count()
    figures = [(words.number(published.count()), _("lieux où l’on vous aide avec le numérique"))]
    # What nobody has filled in yet is no news.
    for number, label in (
        (offered["services"], _("sortes d’aide")),
        (offered["demarches"], _("sortes de démarches")),
        (offered["langues"], _("langues parlées")),
        (verified, _("lieux vérifiés en %(year)d") % {"year": year}),
    ):
        if number:
            figures.append((words.number(number), label))
    if all_qpv:
        figures.append((f"{served_qpv} / {all_qpv}", _("quartiers prioritaires (QPV) qui ont un lieu")))
    if whole and whole.near10 is not None:
        figures.append((words.percent(whole.near10), _("habitants qui ont un lieu à moins de dix minutes à pied")))
    return render(request, template, {"figures": figures, "city": settings.SITE_CITY, "day": now, "followed": followed})
