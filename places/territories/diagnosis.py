"""The diagnosis: for each subject and each territory, its places, who has one within reach, and how far the others are.

Computed for a version of the data and written as rows, so that a page only reads them; `Diagnosis.month` keeps one a
month. The same rows come from `manage.py diagnose`.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from places import lexicon
from places.models import Cell, CellShare, DataVersion, Diagnosis, Figure, Permanence, Place, Territory
from places.opening_hours import PARIS
from places.territories.subjects import EVERYTHING, LISTS, examined_week, moments_of, subjects
from places.text import fold
from places.vocabularies import VOCABULARIES

WHOLE, ALL_QPV, NOT_QPV = ("tout", ""), ("qpv", "tous"), ("qpv", "hors")
MOST_AT_ONCE = 2_000_000  # pairs of a place and a cell that a request may compute: a tenth of a second of arithmetic
READING = 100  # pairs take as long as reading one place
BATCH = 2_000
READ = (
    *("latitude", "longitude", "code_insee", "commune", "quartier", "iris", "qpv"),
    *("horaires", "modalites_acces", "prise_rdv", *(VOCABULARIES[name].column for name in LISTS)),
)
UNKNOWN = Figure(places=None, population=None)  # what is said of a territory that came after the last computation


def current(version: int, now: datetime) -> Diagnosis:
    """Return the diagnosis of this version of the data, computing it when that is quick; else the last there is."""
    found = Diagnosis.objects.now()
    if found is not None and found.data_version == version:
        return found
    pairs = Place.objects.published().count() * (Cell.objects.filter(current=True).count() + READING)
    if found is not None and pairs > MOST_AT_ONCE:
        return found
    try:
        return diagnose(now)
    except IntegrityError:  # another visitor computed the same at the same moment
        return Diagnosis.objects.now()


def diagnose(now: datetime, *, month: str = "") -> Diagnosis:
    """Compute everything from the data as it is, kept under `month` (blank: as the one that follows the data)."""
    version = DataVersion.objects.current()
    week = examined_week(now.astimezone(PARIS).date())
    published = Place.objects.published().order_by("pk")
    places = list(published.only(*READ))
    figures, cells = _figures(places, week)
    with transaction.atomic():
        Diagnosis.objects.filter(month=month).delete()
        diagnosis = Diagnosis.objects.create(
            month=month,
            made_at=now,
            data_version=version,
            week=week,
            places=len(places),
            unlocated=sum(place.latitude is None for place in places),
            cells=len(cells),
            grid=cells[0].vintage if cells else "",
        )
        for figure in figures:
            figure.diagnosis = diagnosis
        Figure.objects.bulk_create(figures, batch_size=BATCH)
    return diagnosis


def keep_month(now: datetime) -> Diagnosis:
    """Keep the diagnosis of the month of `now`; done again in the month, the last one stays."""
    return diagnose(now, month=f"{timezone.localtime(now, PARIS):%Y-%m}")


def _figures(places: list[Place], week) -> tuple[list[Figure], list[Cell]]:
    import numpy

    from places.territories.coverage import nearest, reach

    found = subjects()
    offers = _offers(places, found, week)
    cells = list(Cell.objects.filter(current=True).order_by("pk"))
    located = [rank for rank, place in enumerate(places) if place.latitude is not None]
    rank_of = {rank: n for n, rank in enumerate(located)}
    distances = nearest(
        [(cell.latitude, cell.longitude) for cell in cells],
        [(places[rank].latitude, places[rank].longitude) for rank in located],
        [numpy.array([rank_of[rank] for rank in offer if rank in rank_of], dtype=int) for offer in offers],
    )
    areas = list(Territory.objects.current().light().order_by("kind", "code"))
    people = _people(areas, cells)
    inside = _inside(areas, places)
    figures = []
    for (kind, code), weights in people.items():
        lived = weights > 0
        here = inside[kind, code]
        population = float(weights.sum())
        for column, reached in enumerate(reach(distances[lived], weights[lived])):
            figures.append(
                Figure(
                    subject=found[column].key,
                    kind=kind,
                    code=code,
                    places=len(here & offers[column]),
                    population=population,
                    near5=reached.near[0],
                    near10=reached.near[1],
                    near15=reached.near[2],
                    farthest=reached.farthest,
                )
            )
    return figures, cells


def _offers(places: list[Place], found, week) -> list[set[int]]:
    """Return, for each subject, the ranks of the places that offer it."""
    permanences: dict[str, list[Permanence]] = {}
    for permanence in Permanence.objects.only("place_id", "horaires", "by_appointment"):
        permanences.setdefault(permanence.place_id, []).append(permanence)
    known: dict[str, set[str]] = {}
    moments = [moments_of(place, permanences.get(place.pk, ()), week, known) for place in places]
    masks = {name: [getattr(place, VOCABULARIES[name].column).mask for place in places] for name in LISTS}
    offers = []
    for subject in found:
        name, _colon, slug = subject.key.partition(":")
        if subject.key == EVERYTHING:
            offers.append(set(range(len(places))))
        elif name == "moment":
            offers.append({rank for rank, met in enumerate(moments) if slug in met})
        else:
            mask = lexicon.find(name, slug).mask
            offers.append({rank for rank, offered in enumerate(masks[name]) if offered & mask})
    return offers


def _people(areas: list[Territory], cells: list[Cell]) -> dict[tuple[str, str], object]:
    """Return how many people of each cell each territory holds, and the whole, the QPV together, and the rest."""
    import numpy

    population = numpy.array([cell.population for cell in cells], dtype=float)
    rank_of = {cell.pk: rank for rank, cell in enumerate(cells)}
    shares = {area.pk: numpy.zeros(len(cells)) for area in areas}
    for cell, area, share in CellShare.objects.values_list("cell_id", "territory_id", "share"):
        if area in shares and cell in rank_of:
            shares[area][rank_of[cell]] = share
    totals = {
        kind: numpy.clip(sum((shares[a.pk] for a in areas if a.kind == kind), numpy.zeros(len(cells))), 0, 1)
        for kind in ("commune", "qpv")
    }
    whole = totals["commune"] if any(area.kind == "commune" for area in areas) else numpy.ones(len(cells))
    people = {(area.kind, area.code): shares[area.pk] * population for area in areas}
    people[WHOLE] = whole * population
    if any(area.kind == "qpv" for area in areas):
        priority = numpy.minimum(totals["qpv"], whole)  # a QPV may run on into the next town
        people[ALL_QPV], people[NOT_QPV] = priority * population, (whole - priority) * population
    return people


def _inside(areas: list[Territory], places: list[Place]) -> dict[tuple[str, str], set[int]]:
    """Return the ranks of the places that stand in each territory; a commune is that of the address."""
    inside: dict[tuple[str, str], set[int]] = {(area.kind, area.code): set() for area in areas}
    codes = {area.pk: (area.kind, area.code) for area in areas}
    towns = {area.code: (area.kind, area.code) for area in areas if area.kind == "commune"}
    names = {fold(area.nom): (area.kind, area.code) for area in areas if area.kind == "commune"}
    inside[WHOLE], inside[ALL_QPV], inside[NOT_QPV] = set(), set(), set()
    for rank, place in enumerate(places):
        for owner in (place.quartier_id, place.iris_id, place.qpv_id):
            if owner in codes:
                inside[codes[owner]].add(rank)
        town = towns.get(place.code_insee) if place.code_insee else names.get(fold(place.commune))
        if town:
            inside[town].add(rank)
        if town or not towns:
            inside[WHOLE].add(rank)
            if place.latitude is not None:
                inside[NOT_QPV if place.qpv_id is None else ALL_QPV].add(rank)
    return inside
