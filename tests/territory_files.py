"""Small official files, written as ANCT, IGN and INSEE write theirs."""

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterable

import shapefile
from pyproj import CRS, Transformer
from shapely import to_wkb
from shapely.geometry import Polygon

# Two squares of 500 m in Roubaix, one beside the other, in metres of Lambert-93.
WEST = [(712_000, 7_065_000), (712_000, 7_065_500), (712_500, 7_065_500), (712_500, 7_065_000), (712_000, 7_065_000)]
EAST = [(x + 500, y) for x, y in WEST]


def in_projection(ring: list, epsg: int) -> list[tuple[float, float]]:
    move = Transformer.from_crs(2154, epsg, always_xy=True).transform
    return [move(x, y) for x, y in ring]


def zipped(parts: dict[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def shapefile_zip(
    rows: Iterable[tuple[dict, list]], *, epsg: int = 2154, prj: bool = True, encoding: str = "utf-8", name="QP", **more
) -> bytes:
    """Write `(columns, ring)` pairs as a shapefile in a folder of an archive."""
    rows = list(rows)
    shp, shx, dbf = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with shapefile.Writer(shp=shp, shx=shx, dbf=dbf, shapeType=shapefile.POLYGON, encoding=encoding) as writer:
        for title in rows[0][0]:
            writer.field(title, "C", 80)
        for columns, ring in rows:
            writer.poly([in_projection(ring, epsg)])
            writer.record(**columns)
    parts = {f"SHP/{name}.shp": shp.getvalue(), f"SHP/{name}.shx": shx.getvalue(), f"SHP/{name}.dbf": dbf.getvalue()}
    if prj:
        parts[f"SHP/{name}.prj"] = CRS(epsg).to_wkt("WKT1_ESRI")
    if encoding != "utf-8":
        parts[f"SHP/{name}.cpg"] = encoding
    return zipped(parts | more)


def geopackage(path, rows: Iterable[tuple[dict, list]], *, epsg: int = 2154, table: str = "iris_ge") -> bytes:
    """Write `(columns, ring)` pairs as a GeoPackage, with an envelope in every blob."""
    rows = list(rows)
    base = sqlite3.connect(path)
    columns = ", ".join(f'"{title}" TEXT' for title in rows[0][0])
    base.executescript(
        f"""
        CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER);
        CREATE TABLE gpkg_spatial_ref_sys
            (srs_name TEXT, srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
        CREATE TABLE "{table}" (fid INTEGER PRIMARY KEY, geom BLOB, {columns});
        INSERT INTO gpkg_contents VALUES ('{table}', 'features', '{table}', {epsg});
        INSERT INTO gpkg_geometry_columns VALUES ('{table}', 'geom', 'POLYGON', {epsg});
        INSERT INTO gpkg_spatial_ref_sys VALUES ('x', {epsg}, 'EPSG', {epsg}, 'undefined');
        """
    )
    for number, (values, ring) in enumerate(rows, start=1):
        polygon = Polygon(in_projection(ring, epsg))
        west, south, east, north = polygon.bounds
        blob = b"GP\x00\x03" + struct.pack("<i4d", epsg, west, east, south, north) + to_wkb(polygon)
        base.execute(f'INSERT INTO "{table}" VALUES (?, ?{", ?" * len(values)})', (number, blob, *values.values()))
    base.commit()
    base.close()
    return path.read_bytes()


def geojson(rows: Iterable[tuple[dict, list]], *, epsg: int = 4326, crs: str = "") -> bytes:
    document = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": columns,
                "geometry": {"type": "Polygon", "coordinates": [in_projection(ring, epsg)]},
            }
            for columns, ring in rows
        ],
    }
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps(document, ensure_ascii=False).encode()
