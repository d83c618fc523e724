"""Territories from GeoJSON, and which of them each place lies in."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places.files import UnreadableFile, fetch
from places.models import DataVersion, Place, Territory

# Kinds whose membership a place keeps; the commune is already its own column.
KEPT = ("quartier", "iris", "qpv")
OUTLINE_TOLERANCE = 0.00003  # degrees: about 3 m, less than a line on the screen
OUTLINE_DECIMALS = 5


@dataclass
class TerritoryReport:
    kind: str
    applied: bool = False
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    moved: int = 0

    def lines(self) -> Iterable[str]:
        """Say in French what was found."""
        yield _("%(created)d à créer, %(changed)d à modifier, %(same)d inchangés, %(refused)d refusés.") % {
            "created": len(self.created),
            "changed": len(self.changed),
            "same": self.unchanged,
            "refused": len(self.refused),
        }
        for number, reason in self.refused:
            yield _("Objet %(number)d refusé : %(reason)s") % {"number": number, "reason": reason}
        if self.applied:
            yield ngettext("%d lieu change de territoire.", "%d lieux changent de territoire.", self.moved) % self.moved
        else:
            yield _("Rien n’a été écrit : ajouter --apply pour appliquer.")


def import_territories(path: Path, kind: str, *, apply: bool = False) -> TerritoryReport:
    """Read the features of one kind, compare them with the base and, when asked, write them and tag every place.

    Features that carry a `kind` of their own are taken only when it is this one. Raises UnreadableFile.
    """
    report = TerritoryReport(kind, applied=apply)
    found = []
    for number, feature in enumerate(read_features(path), start=1):
        properties = feature.get("properties") or {}
        if properties.get("kind", kind) != kind:
            continue
        try:
            found.append(read_territory(feature, kind))
        except ValueError as error:
            report.refused.append((number, str(error)))
    if not found and not report.refused:
        raise UnreadableFile(_("Ce fichier ne contient aucun territoire de ce genre : %s.") % kind)
    known = {(t.code, t.vintage): t for t in Territory.objects.of_kind(kind)}
    written = []
    for territory in found:
        before = known.get((territory.code, territory.vintage))
        if before is None:
            report.created.append(territory.code)
            written.append(territory)
        elif _told(before) != _told(territory):
            report.changed.append(territory.code)
            territory.pk = before.pk
            written.append(territory)
        else:
            report.unchanged += 1
    if apply:
        with transaction.atomic():
            for territory in written:
                territory.save()
            if written:
                report.moved = locate_all()
                DataVersion.objects.advance()
    return report


def read_features(path: Path) -> list[dict]:
    """Return the features of a GeoJSON FeatureCollection; raise UnreadableFile with a sentence otherwise."""
    try:
        document = json.loads(fetch(str(path)).decode("utf-8-sig"))
    except ValueError as error:
        raise UnreadableFile(_("Ce fichier n’est pas du JSON : %s.") % error) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise UnreadableFile(_("Ce fichier n’est pas une FeatureCollection GeoJSON."))
    return features


def read_territory(feature: dict, kind: str) -> Territory:
    """Return an unsaved Territory; raise ValueError with a sentence when its code, name or outline is unusable."""
    from shapely import GEOSException, make_valid
    from shapely.geometry import mapping, shape

    properties = feature.get("properties") or {}
    code, nom = str(properties.get("code") or "").strip(), str(properties.get("nom") or "").strip()
    if not code or not nom:
        raise ValueError(_("code ou nom absent."))
    try:
        geometry = shape(feature["geometry"])
    except (KeyError, TypeError, AttributeError, ValueError, GEOSException) as error:
        raise ValueError(_("contour illisible (%s).") % (code,)) from error
    if geometry.geom_type not in {"Polygon", "MultiPolygon"} or geometry.is_empty:
        raise ValueError(
            _("%(code)s : un polygone est attendu, pas « %(type)s ».") % {"code": code, "type": geometry.geom_type}
        )
    if not geometry.is_valid:
        geometry = make_valid(geometry).buffer(0)  # the buffer drops the stray lines a repair may leave
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(_("%s : les coordonnées ne sont pas des degrés WGS84.") % code)
    return Territory(
        kind=kind,
        code=code,
        nom=nom,
        next_code=str(properties.get("code_2024") or ""),
        vintage=str(properties.get("millesime") or ""),
        source=str(properties.get("source") or ""),
        indicators=properties.get("indicateurs") or {},
        geometry=_plain(mapping(geometry), decimals=7),
        outline=_plain(mapping(geometry.simplify(OUTLINE_TOLERANCE)), OUTLINE_DECIMALS),
        south=south,
        west=west,
        north=north,
        east=east,
    )


def locate(places: Iterable[Place]) -> None:
    """Set on each place, unsaved, the current quartier, IRIS and QPV that hold its point; a border counts as inside."""
    places = list(places)
    if not places:
        return
    for kind in KEPT:
        owners = _owners(kind, [place.point for place in places])
        for place, owner in zip(places, owners, strict=True):
            setattr(place, f"{kind}_id", owner)


def locate_all() -> int:
    """Tag every place again, after territories changed; return how many moved."""
    places = list(Place.objects.only("latitude", "longitude", *KEPT))
    before = {place.pk: [getattr(place, f"{kind}_id") for kind in KEPT] for place in places}
    locate(places)
    moved = [place for place in places if before[place.pk] != [getattr(place, f"{kind}_id") for kind in KEPT]]
    Place.objects.bulk_update(moved, KEPT, batch_size=500)
    return len(moved)


def _owners(kind: str, points: list) -> list[int | None]:
    from shapely import STRtree
    from shapely import points as shapely_points
    from shapely.geometry import shape

    territories = list(Territory.objects.current().of_kind(kind).order_by("code"))
    owners: list[int | None] = [None] * len(points)
    located = [n for n, point in enumerate(points) if point is not None]
    if not territories or not located:
        return owners
    tree = STRtree([shape(territory.geometry) for territory in territories])
    inputs = shapely_points([(points[n].longitude, points[n].latitude) for n in located])
    for point, territory in sorted(
        zip(*tree.query(inputs, predicate="intersects").tolist(), strict=True), reverse=True
    ):
        owners[located[point]] = territories[territory].pk
    return owners


def _told(territory: Territory) -> tuple:
    return (
        territory.nom,
        territory.next_code,
        territory.source,
        territory.indicators,
        territory.geometry,
    )


def _plain(geometry: dict, decimals: int) -> dict:
    """Return a GeoJSON geometry of lists and rounded numbers, as it comes back from the database."""

    def rounded(coordinates):
        if isinstance(coordinates[0], (int, float)):
            return [round(number, decimals) for number in coordinates[:2]]
        return [rounded(part) for part in coordinates]

    return {"type": geometry["type"], "coordinates": rounded(geometry["coordinates"])}
