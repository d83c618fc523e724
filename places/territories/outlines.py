"""Outlines of communes, quartiers, IRIS and QPV: read, compared with the base, and when asked written.

Column names are those of ANCT (QPV 2015: CODE_QP, NOM_QP; QPV 2024: code_qp, lib_qp, insee_com), of IGN (IRIS:
INSEE_COM, CODE_IRIS, NOM_IRIS; Admin Express: INSEE_COM, NOM, then code_insee, nom_officiel), then whatever a city
writes.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from places.files import UnreadableFile, fetch
from places.models import Correspondence, DataVersion, Territory
from places.territories.cells import share_cells
from places.territories.indicators import name_indicators
from places.territories.membership import link_neighbours, locate_all
from places.territories.reading import Feature, plain, read_layer
from places.territories.report import TerritoryReport

OUTLINE_TOLERANCE = 0.00003  # degrees: about 3 m, less than a line on the screen
OUTLINE_DECIMALS = 5
LEAST_SHARED = 0.01  # of a territory inside a commune: less is two files that draw the same border differently
CODES = {
    "commune": ("code", "insee_com", "code_insee", "code_commune", "codgeo", "insee"),
    "quartier": (
        "code",
        "code_quartier",
        "code_quart",
        "num_quartier",
        "num_quart",
        "numero",
        "id",
        "gid",
        "fid",
        "objectid",
    ),
    "iris": ("code", "code_iris", "dcomiris", "codgeo"),
    "qpv": ("code", "code_qp", "code_qpv", "codgeo"),
}
NAMES = {
    "commune": ("nom", "nom_com", "nom_officiel", "nom_commune", "lib_com", "libgeo", "libelle"),
    "quartier": ("nom", "nom_quartier", "nom_quart", "lib_quartier", "quartier", "libelle", "name"),
    "iris": ("nom", "nom_iris", "lib_iris", "libgeo", "libelle"),
    "qpv": ("nom", "lib_qp", "nom_qp", "nom_qpv", "libgeo", "libelle"),
}
COMMUNES = ("insee_com", "code_insee", "code_commune", "depcom", "com")
INSEE = re.compile(r"\b(?:\d{2}|2[AB])\d{3}\b")
VINTAGES_OF_QPV = {"QP": "2015", "QN": "2024"}


@dataclass(frozen=True)
class Wanted:
    """What a person says of a file: which layer, which columns, which communes, and what the file does not know."""

    layer: str = ""
    projection: str = ""
    code: str = ""
    name: str = ""
    vintage: str = ""
    source: str = ""
    communes: Collection[str] = ()
    current: bool = False


def import_territories(address, kind: str, wanted: Wanted | None = None, *, apply: bool = False) -> TerritoryReport:
    """Read the features of one kind, compare them with the base and, when asked, write them and tag every place.

    Features that carry a `kind` of their own are taken only when it is this one. Raises UnreadableFile.
    """
    wanted = wanted or Wanted()
    layer = read_layer(fetch(str(address)), layer=wanted.layer, projection=wanted.projection)
    report = TerritoryReport(kind, apply, layer.format, layer.name, layer.projection, remarks=layer.remarks)
    found = _territories(layer.features, kind, wanted, report)
    if not found and not report.refused and not report.elsewhere:
        raise UnreadableFile(_("Ce fichier ne contient aucun territoire de ce genre : %s.") % kind)
    written = _compared(found, kind, report)
    report.current = _current_after(kind, found, wanted)
    if apply:
        with transaction.atomic():
            _write(written, kind, report)
    return report


def _territories(features: list[Feature], kind: str, wanted: Wanted, report: TerritoryReport) -> list[Territory]:
    found: dict[tuple[str, str], Territory] = {}
    towns = _outlines_of(wanted.communes)
    for feature in features:
        feature.properties = {str(title).strip().lower(): value for title, value in feature.properties.items()}
        if feature.properties.get("kind", kind) != kind:
            continue
        if wanted.communes and not _lies_in(feature, kind, wanted.communes, towns):
            report.elsewhere += 1
            continue
        try:
            territory = read_territory(feature, kind, wanted)
            if (territory.code, territory.vintage) in found:
                raise ValueError(_("le code %s est déjà dans ce fichier.") % territory.code)
        except ValueError as error:
            report.refused.append((feature.number, str(error)))
        else:
            found[territory.code, territory.vintage] = territory
    return list(found.values())


def _outlines_of(communes: Collection[str]) -> list:
    from shapely.geometry import shape

    known = Territory.objects.current().of_kind("commune").filter(code__in=communes) if communes else []
    return [shape(commune.geometry) for commune in known]


def _lies_in(feature: Feature, kind: str, communes: Collection[str], towns: list) -> bool:
    """Tell by the codes it carries whether a feature is of these communes; by its outline when it carries none."""
    said = set()
    for column in COMMUNES:
        said.update(INSEE.findall(str(feature.properties.get(column) or "")))
    if not said and kind in ("iris", "commune"):
        code = _text(feature.properties, CODES[kind])
        said.update({code[:5]} if len(code) in (5, 9) else ())
    if said:
        return bool(said & set(communes))
    if feature.trouble or not towns:
        return not towns  # nothing says where it is: kept
    geometry = _repaired(feature.geometry)
    return any(town.intersection(geometry).area > LEAST_SHARED * geometry.area for town in towns)


def read_territory(feature: Feature, kind: str, wanted: Wanted) -> Territory:
    """Return an unsaved Territory; raise ValueError with a sentence when its code, name or outline is unusable."""
    properties = feature.properties
    code = _text(properties, (wanted.code.lower(),) if wanted.code else CODES[kind])
    nom = _text(properties, (wanted.name.lower(),) if wanted.name else NAMES[kind])
    if not code or not nom:
        raise ValueError(_("code ou nom absent."))
    if len(code) > 30 or "\x00" in code + nom:
        raise ValueError(_("code illisible : « %s ».") % code[:40].replace("\x00", ""))
    if feature.trouble:
        raise ValueError(f"{feature.trouble} ({code}).")
    if feature.geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise ValueError(
            _("%(code)s : un polygone est attendu, pas « %(type)s ».")
            % {"code": code, "type": feature.geometry.geom_type}
        )
    geometry = _repaired(feature.geometry)
    if geometry.is_empty or not geometry.area:
        raise ValueError(_("contour sans surface (%s).") % code)
    west, south, east, north = geometry.bounds
    vintage = str(properties.get("millesime") or wanted.vintage or VINTAGES_OF_QPV.get(code[:2] * (kind == "qpv"), ""))
    return Territory(
        kind=kind,
        code=code,
        nom=nom[:300],
        next_code=str(properties.get("code_2024") or "")[:30],
        vintage=vintage[:10],
        source=str(properties.get("source") or wanted.source)[:300],
        indicators=_figures(properties.get("indicateurs")),
        geometry=plain(geometry),
        outline=plain(geometry.simplify(OUTLINE_TOLERANCE), OUTLINE_DECIMALS),
        south=south,
        west=west,
        north=north,
        east=east,
    )


def _repaired(geometry):
    from shapely import make_valid

    # The buffer drops the stray lines a repair may leave.
    return geometry if geometry.is_valid else make_valid(geometry).buffer(0)


def _text(properties: dict, columns: Collection[str]) -> str:
    for column in columns:
        value = properties.get(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is not None and (text := str(value).strip()):
            return text
    return ""


def _figures(said) -> dict[str, float | None]:
    """Keep of a feature's indicators the numbers, and the blanks that say « unknown »."""
    if not isinstance(said, dict):
        return {}
    numbers = {name: value for name, value in said.items() if value is None or type(value) in (int, float)}
    return {str(name)[:60]: value for name, value in numbers.items() if value is None or math.isfinite(value)}


def _compared(found: list[Territory], kind: str, report: TerritoryReport) -> list[Territory]:
    """Sort into created, changed and unchanged; return those to write. Indicators of other files are kept."""
    vintages = {territory.vintage for territory in found}
    known = {(t.code, t.vintage): t for t in Territory.objects.of_kind(kind).filter(vintage__in=vintages)}
    written = []
    for territory in found:
        before = known.pop((territory.code, territory.vintage), None)
        if before is None:
            report.created.append(territory.code)
            written.append(territory)
            continue
        territory.pk, territory.current = before.pk, before.current
        territory.indicators = before.indicators | territory.indicators
        territory.next_code = territory.next_code or before.next_code
        if _told(before) == _told(territory):
            report.unchanged += 1
        else:
            report.changed.append(territory.code)
            written.append(territory)
    report.gone = sorted(code for code, _vintage in known)
    return written


def _told(territory: Territory) -> tuple:
    return territory.nom, territory.next_code, territory.source, territory.indicators, territory.geometry


def _current_after(kind: str, found: list[Territory], wanted: Wanted) -> str:
    """Return the vintage in force once this file is in: the newest known, or this file's when a person says so."""
    ours = max((territory.vintage for territory in found), default="")
    known = Territory.objects.of_kind(kind).values_list("vintage", flat=True).distinct()
    return ours if wanted.current else max([ours, *known])


def _write(written: list[Territory], kind: str, report: TerritoryReport) -> None:
    for territory in written:
        territory.save()
        if territory.next_code:
            Correspondence.objects.get_or_create(kind=kind, old_code=territory.code, new_code=territory.next_code)
    territories = Territory.objects.of_kind(kind)
    raised = 0
    if report.created or not territories.filter(vintage=report.current, current=True).exists():
        raised = territories.filter(vintage=report.current, current=False).update(current=True)
        raised += territories.exclude(vintage=report.current).filter(current=True).update(current=False)
    name_indicators(sorted({key for territory in written for key in territory.indicators}))
    if written or raised:
        report.moved = locate_all()
        share_cells()
        link_neighbours(kind)
        DataVersion.objects.advance()
