"""Municipal layers from GeoJSON, a shapefile, a GeoPackage or a table, and what the map draws of them."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from places.files import UnreadableFile, fetch
from places.geo import read_point
from places.importing.reading import as_text, read_table
from places.models import DataVersion, Layer, LayerFeature, Place
from places.territories.membership import locate
from places.territories.numbers import read_number
from places.territories.reading import GEOPACKAGE, plain, read_layer

MOST_FEATURES = 5_000
LONGEST = 500
NAMES = ("nom", "name", "libelle", "intitule", "titre", "raison_sociale", "denomination")
LATITUDES = ("latitude", "lat", "y", "coord_y")
LONGITUDES = ("longitude", "lon", "lng", "long", "x", "coord_x")
TOLERANCE, DECIMALS = 0.00003, 5
DRAWN = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}


@dataclass
class LayerReport:
    features: list[LayerFeature] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def load_layer(layer: Layer, content: bytes) -> LayerReport:
    """Replace the features of a saved layer by those of a file, all or none; raises UnreadableFile."""
    report = read_features(content)
    if not report.features:
        reason = report.refused[0][1] if report.refused else _("il est vide.")
        raise UnreadableFile(_("Aucun objet de ce fichier ne peut être placé : %s") % reason)
    write_features(layer, report)
    return report


def write_features(layer: Layer, report: LayerReport) -> None:
    """Replace the features of a saved layer by those that were read."""
    for feature in report.features:
        feature.layer = layer
    _situate(report.features)
    with transaction.atomic():
        layer.features.all().delete()
        LayerFeature.objects.bulk_create(report.features, batch_size=500)
        DataVersion.objects.advance()


def load_layer_file(layer: Layer, address) -> LayerReport:
    return load_layer(layer, fetch(str(address)))


def read_features(content: bytes) -> LayerReport:
    """Read the features of a file: by their coordinates when it is a table, by their shape otherwise."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    drawn = start.startswith((b"{", GEOPACKAGE)) or (start.startswith(b"PK") and b"mimetype" not in content[:64])
    report = LayerReport()
    if drawn and not content[:2000].count(b"xl/") and b"[Content_Types]" not in content[:200]:
        _read_drawn(content, report)
    else:
        _read_table(content, report)
    return report


def _read_drawn(content: bytes, report: LayerReport) -> None:
    columns: dict[str, None] = {}
    for feature in read_layer(content).features:
        texts = {str(title).strip()[:60]: as_text(value)[:LONGEST] for title, value in feature.properties.items()}
        columns.update(dict.fromkeys(texts))
        if feature.trouble or feature.geometry.geom_type not in DRAWN:
            report.refused.append((feature.number, feature.trouble or _("forme inconnue")))
            continue
        geometry = feature.geometry
        if geometry.geom_type not in ("Point", "MultiPoint"):
            geometry = geometry.simplify(TOLERANCE)
        _add(report, feature.number, texts, plain(geometry, DECIMALS))
    report.columns = list(columns)


def _read_table(content: bytes, report: LayerReport) -> None:
    table = read_table(content)
    lowered = {title.lower(): title for title in table.header}
    latitude, longitude = (
        next((lowered[name] for name in names if name in lowered), None) for names in (LATITUDES, LONGITUDES)
    )
    if latitude is None or longitude is None:
        raise UnreadableFile(_("Ce tableau n’a pas de colonnes latitude et longitude."))
    report.columns = [title for title in table.header if title not in (latitude, longitude)]
    for line, row in table.rows:
        row = row or {}
        try:
            y, x = read_number(row.get(latitude, "")), read_number(row.get(longitude, ""))
        except ValueError as error:
            report.refused.append((line, str(error)))
            continue
        point, _how = read_point(y, x) if y is not None and x is not None else (None, "")
        if point is None:
            report.refused.append((line, _("coordonnées absentes ou illisibles.")))
            continue
        texts = {title[:60]: row.get(title, "")[:LONGEST] for title in report.columns}
        coordinates = [round(point.longitude, DECIMALS), round(point.latitude, DECIMALS)]
        _add(report, line, texts, {"type": "Point", "coordinates": coordinates})


def _add(report: LayerReport, number: int, texts: dict[str, str], geometry: dict) -> None:
    if len(report.features) == MOST_FEATURES:
        raise UnreadableFile(_("Ce fichier contient trop d’objets : %d au plus.") % MOST_FEATURES)
    texts = {title: text.replace("\x00", "").strip() for title, text in texts.items()}
    lowered = {title.lower(): text for title, text in texts.items()}
    name = next((lowered[title] for title in NAMES if lowered.get(title)), "") or next(filter(None, texts.values()), "")
    if not name:
        report.refused.append((number, _("nom absent.")))
        return
    report.features.append(LayerFeature(name=name[:300], geometry=geometry, properties=texts))


def _situate(features: list[LayerFeature]) -> None:
    """Set the quartier of each point."""
    points = [feature for feature in features if feature.geometry["type"] == "Point"]
    stand_ins = [
        Place(longitude=feature.geometry["coordinates"][0], latitude=feature.geometry["coordinates"][1])
        for feature in points
    ]
    locate(stand_ins)
    for feature, stand_in in zip(points, stand_ins, strict=True):
        feature.quartier_id = stand_in.quartier_id


def drawing(layer: Layer) -> dict:
    """Return what the map draws of a layer: shapes, names, and the fields that its manager shows."""
    features = layer.features.values_list("name", "geometry", "properties")
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": geometry,
                "properties": {"nom": name, "lignes": shown_fields(layer, name, properties)},
            }
            for name, geometry, properties in features
        ],
    }


def shown_fields(layer: Layer, name: str, properties: dict[str, str]) -> list[list[str]]:
    """Return `[title, text]` of the fields to show that hold something, the name left out."""
    titles = layer.fields or list(properties)
    found = ([title, properties.get(title, "")] for title in titles)
    return [[title, text] for title, text in found if text and text != name]
