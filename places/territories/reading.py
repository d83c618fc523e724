"""Outlines in the official formats, as features in WGS84: a shapefile in a zip, a GeoPackage, or GeoJSON.

All are read in memory, by what they hold and not by their name. A file that cannot be read raises UnreadableFile; a
feature that cannot be is kept with its reason.
"""

import io
import json
import re
import sqlite3
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import NamedTemporaryFile
from typing import Any

from django.utils.translation import gettext as _

from places.files import UnreadableFile
from places.territories import projections
from places.territories.archives import SEVEN_ZIP, Archive

GEOPACKAGE = b"SQLite format 3\x00"
MOST_FEATURES = 60_000  # the IRIS of France are 48,600
MOST_STEPS = 200_000_000  # of SQLite's machine for one GeoPackage: seconds, not minutes
ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}  # bytes; GeoPackage 1.3, clause 2.1.3
OUTLINE_DECIMALS = 7


@dataclass
class Feature:
    """One object of a file: its rank, its columns, and a shapely geometry in WGS84, or why there is none."""

    number: int
    properties: dict[str, Any]
    geometry: Any = None
    trouble: str = ""


@dataclass
class Layer:
    format: str
    name: str
    projection: str
    features: list[Feature]
    remarks: list[str] = field(default_factory=list)


def read_layer(content: bytes, *, layer: str = "", projection: str = "") -> Layer:
    """Read the one layer of a file, or the one whose name holds `layer`; `projection` overrides what the file says."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise UnreadableFile(_("Ce fichier est vide."))
    if start.startswith(SEVEN_ZIP):
        raise UnreadableFile(_("Ce fichier est une archive 7z : la déplier, puis donner le fichier qu’elle contient."))
    if start.startswith(b"PK"):
        return _read_archive(Archive(content), layer, projection)
    if start.startswith(GEOPACKAGE):
        return _read_geopackage(content, layer, projection)
    return _read_geojson(content, "", projection)


def _read_archive(archive: Archive, layer: str, projection: str) -> Layer:
    found = archive.names(".shp", ".gpkg", ".geojson", ".json")
    if not found and archive.names(".7z"):
        raise UnreadableFile(_("Cette archive contient une archive 7z : la déplier, puis donner ce qu’elle contient."))
    name = _chosen(found, layer)
    if name.lower().endswith(".shp"):
        return _read_shapefile(archive, name, projection)
    if name.lower().endswith(".gpkg"):
        return _read_geopackage(archive.read(name), "", projection)
    return _read_geojson(archive.read(name), name, projection)


def _chosen(names: list[str], asked: str) -> str:
    """Return the one name that holds what is asked; say what there is when that leaves none or several."""
    matching = [name for name in names if asked.lower() in name.lower()]
    exact = [name for name in names if asked and name.lower() == asked.lower()]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    if not names:
        raise UnreadableFile(_("Ce fichier ne contient aucune couche de contours."))
    raise UnreadableFile(
        _("Ce fichier contient plusieurs couches ; en choisir une avec --layer : %s.") % ", ".join(names[:20])
    )


# --- GeoJSON


def _read_geojson(content: bytes, name: str, projection: str) -> Layer:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(_("Ce fichier n’est pas du JSON : %s.") % error) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise UnreadableFile(_("Ce fichier n’est pas une FeatureCollection GeoJSON."))
    if not projection:
        projection = _said_projection(document)
    return _layer("GeoJSON", name, projection, _geojson_shapes(features))


def _said_projection(document: dict) -> str:
    """Return the projection of the `crs` member of older files; RFC 7946 has none, and means degrees."""
    said = document.get("crs")
    said = said.get("properties") if isinstance(said, dict) else None
    said = said.get("name") if isinstance(said, dict) else None
    return said if isinstance(said, str) else ""


def _geojson_shapes(features: list[dict]) -> Iterator[Feature]:
    from numpy import errstate
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties")
        read = Feature(number, properties if isinstance(properties, dict) else {})
        try:
            with errstate(invalid="ignore"):  # what is no number is refused by its coordinates
                read.geometry = shape(feature["geometry"])
        except (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError, ShapelyError):
            read.trouble = _("contour illisible")
        yield read


# --- shapefile


def _read_shapefile(archive: Archive, name: str, projection: str) -> Layer:
    import shapefile

    table, described = archive.sibling(name, ".dbf"), archive.sibling(name, ".prj")
    if table is None:
        raise UnreadableFile(_("Il manque à « %s » son fichier .dbf, où sont les codes et les noms.") % name)
    encoding = _encoding(archive, name)
    if not projection and described:
        projection = archive.read(described).decode("latin-1").strip("\x00 \r\n")
    broken = (shapefile.ShapefileException, shapefile.PossiblyCorruptFileHeader, struct.error)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", shapefile.PossiblyCorruptFileHeader)  # a file that was cut
            reader = shapefile.Reader(
                shp=io.BytesIO(archive.read(name)),
                dbf=io.BytesIO(archive.read(table)),
                encoding=encoding,
                encodingErrors="replace",
            )
            return _layer("shapefile", name, projection, _shapefile_shapes(reader))
    except (*broken, ValueError, IndexError, OSError, EOFError) as error:
        raise UnreadableFile(_("Ce shapefile est abîmé ou coupé : %s.") % str(error)[:120]) from error


def _encoding(archive: Archive, name: str) -> str:
    said = archive.sibling(name, ".cpg")
    text = archive.read(said).decode("ascii", "replace").strip().lower() if said else ""
    if re.search(r"1252|ansi", text):
        return "cp1252"
    return "latin-1" if re.search(r"8859", text) else "utf-8"


def _shapefile_shapes(reader) -> Iterator[Feature]:
    from numpy import errstate
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    for number, record in enumerate(reader.iterShapeRecords(), start=1):
        read = Feature(number, record.record.as_dict())
        try:
            with errstate(invalid="ignore"):
                read.geometry = shape(record.shape.__geo_interface__)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError, ShapelyError):
            read.trouble = _("contour illisible")
        yield read


# --- GeoPackage


def _read_geopackage(content: bytes, layer: str, projection: str) -> Layer:
    with NamedTemporaryFile(suffix=".gpkg") as file:
        file.write(content)
        file.flush()
        base = sqlite3.connect(f"file:{file.name}?mode=ro&immutable=1", uri=True)
        try:
            return _read_base(base, layer, projection)
        except sqlite3.Error as error:
            raise UnreadableFile(_("Ce GeoPackage est abîmé, coupé ou trop long à lire : %s.") % error) from error
        finally:
            base.close()


def _read_base(base: sqlite3.Connection, layer: str, projection: str) -> Layer:
    base.execute("PRAGMA trusted_schema=OFF")
    base.execute("PRAGMA cell_size_check=ON")
    steps = iter(range(MOST_STEPS // 100_000))
    base.set_progress_handler(lambda: next(steps, None) is None, 100_000)  # true stops the query
    tables = [
        row[0]
        for row in base.execute(
            "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON m.name = c.table_name"
            " WHERE m.type = 'table' AND c.data_type = 'features'"
        )
    ]
    table = _chosen(sorted(tables), layer)
    row = base.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
    ).fetchone()
    if row is None:
        raise UnreadableFile(_("Ce GeoPackage ne dit pas où est le contour de « %s ».") % table)
    column, srs = row
    if not projection:
        projection = _geopackage_projection(base, srs)
    return _layer("GeoPackage", table, projection, _geopackage_shapes(base, table, column))


def _geopackage_projection(base: sqlite3.Connection, srs: int) -> str:
    row = base.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,)
    ).fetchone()
    if row is None or srs in (0, -1):
        return ""
    organization, number, definition = row
    return f"EPSG:{number}" if str(organization).upper() == "EPSG" else str(definition)


def _geopackage_shapes(base: sqlite3.Connection, table: str, column: str) -> Iterator[Feature]:
    quoted = table.replace('"', '""')
    rows = base.execute(f'SELECT * FROM "{quoted}" LIMIT {MOST_FEATURES + 1}')  # noqa: S608
    titles = [title for title, *_rest in rows.description]
    for number, values in enumerate(rows, start=1):
        properties = dict(zip(titles, values, strict=True))
        blob = properties.pop(column, None)
        read = Feature(number, properties)
        try:
            read.geometry = _geometry_of(blob)
        except ValueError:
            read.trouble = _("contour illisible")
        yield read


def _geometry_of(blob: Any):
    """Read the binary of a GeoPackage: two letters, a version, flags, an envelope, then plain WKB."""
    from shapely import from_wkb
    from shapely.errors import ShapelyError

    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        raise ValueError("no geometry")
    envelope = ENVELOPES.get(blob[3] >> 1 & 7)
    if envelope is None:
        raise ValueError("unknown envelope")
    try:
        return from_wkb(blob[8 + envelope :])
    except ShapelyError as error:
        raise ValueError(str(error)) from error


# --- what all have in common


def _layer(form: str, name: str, said: str, shapes: Iterator[Feature]) -> Layer:
    """Bring every feature to degrees; without a word on the projection, the coordinates tell it."""
    features = []
    for feature in shapes:
        if len(features) == MOST_FEATURES:
            raise UnreadableFile(_("Ce fichier contient trop d’objets : %d au plus.") % MOST_FEATURES)
        features.append(feature)
    remarks = []
    if not said:
        said = _guessed(features)
        remarks.append(_("projection non dite, lue comme EPSG:%s.") % said)
    projection, transform = projections.to_degrees(said)
    for feature in features:
        if not feature.trouble:
            _put_in_degrees(feature, transform)
    return Layer(form, name, projection, features, remarks)


def _guessed(features: list[Feature]) -> str:
    for feature in features:
        if feature.geometry is not None and not feature.geometry.is_empty:
            west, south, *_rest = feature.geometry.bounds
            if guessed := projections.guess(west, south):
                return guessed
    return str(projections.WGS84)


def _put_in_degrees(feature: Feature, transform) -> None:
    from shapely import force_2d
    from shapely import transform as moved

    if feature.geometry is None or feature.geometry.is_empty:
        feature.trouble = _("contour vide")
        return
    geometry = force_2d(feature.geometry)
    if not _is_finite(geometry):
        feature.trouble = _("contour illisible : une coordonnée n’est pas un nombre")
        return
    if transform is not None:
        geometry = moved(geometry, transform, interleaved=False)
    elif projections.is_swapped(*geometry.bounds):
        geometry = moved(geometry, lambda x, y: (y, x), interleaved=False)
    west, south, east, north = geometry.bounds
    if not _is_finite(geometry) or not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        feature.trouble = _("les coordonnées ne sont pas des degrés WGS84 ; dire la projection avec --projection")
        return
    feature.geometry = geometry


def _is_finite(geometry) -> bool:
    import numpy
    from shapely import get_coordinates

    return bool(numpy.isfinite(get_coordinates(geometry)).all())


def plain(geometry, decimals: int = OUTLINE_DECIMALS) -> dict:
    """Return a GeoJSON geometry of lists and rounded numbers, as it comes back from the database."""
    from shapely.geometry import mapping

    def rounded(coordinates):
        if isinstance(coordinates[0], (int, float)):
            return [round(number, decimals) for number in coordinates[:2]]
        return [rounded(part) for part in coordinates]

    found = mapping(geometry)
    return {"type": found["type"], "coordinates": rounded(found["coordinates"])}
