"""The population grid of INSEE: its cells as they come in, and the share of each that lies in each territory.

Columns are those of Filosofi (IdINSPIRE or idcar_200m, ind or Ind, men, men_pauv, ind_snv, i_est_200, lcog_geo), or
their French names. The code of a cell says its corner in metres of the European grid (EPSG:3035).
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from places.files import UnreadableFile, fetch
from places.importing.reading import read_table
from places.models import Cell, CellShare, DataVersion, Territory
from places.territories.archives import Archive
from places.territories.numbers import read_number
from places.territories.reading import GEOPACKAGE, read_layer
from places.territories.report import TerritoryReport

CODE = re.compile(r"CRS(?P<crs>\d+)RES(?P<side>\d+)mN(?P<north>\d+)E(?P<east>\d+)")
GRID = 3035
LEAST_SHARE = 0.0005  # of a cell: 20 m² of a 200 m one
DECIMALS = 4
BATCH = 1_000
COLUMNS = {
    "code": ("carreau", "idinspire", "idcar_200m", "idcar", "id_carr_200m", "code"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "population": ("population", "ind", "pop"),
    "poverty_rate": ("taux_pauvrete",),
    "households": ("men",),
    "poor_households": ("men_pauv",),
    "living_standard": ("niveau_de_vie_moyen",),
    "living_standards": ("ind_snv",),
    "imputed": ("impute", "i_est_200", "i_pauv"),
    "communes": ("lcog_geo", "depcom", "code_insee", "insee_com"),
}


def import_cells(address, *, vintage: str, communes: Iterable[str] = (), apply: bool = False) -> TerritoryReport:
    """Read the cells of these communes (all, when none is named), compare them, and write them when asked."""
    report = TerritoryReport("carreau", apply)
    wanted = set(communes)
    found: dict[str, Cell] = {}
    for number, row in _rows(str(address), report):
        if wanted and not _lies_in(row, wanted):
            report.elsewhere += 1
            continue
        try:
            cell = read_cell(row, vintage)
        except ValueError as error:
            report.refused.append((number, str(error)))
        else:
            found[cell.code] = cell
    if not found and not report.refused and not report.elsewhere:
        raise UnreadableFile(_("Ce fichier ne contient aucun carreau."))
    known = {cell.code: cell for cell in Cell.objects.filter(vintage=vintage)}
    written = []
    for cell in found.values():
        before = known.pop(cell.code, None)
        if before is None:
            report.created.append(cell.code)
        elif _told(before) != _told(cell):
            cell.pk = before.pk
            report.changed.append(cell.code)
        else:
            report.unchanged += 1
            continue
        written.append(cell)
    report.gone = sorted(known)
    report.current = max([vintage, *Cell.objects.values_list("vintage", flat=True).distinct()])
    if apply and written:
        with transaction.atomic():
            _write(written, report.current)
    return report


def _write(written: list[Cell], current: str) -> None:
    Cell.objects.bulk_create([cell for cell in written if cell.pk is None], batch_size=BATCH)
    fields = ["latitude", "longitude", "side", "population", "poverty_rate", "living_standard", "imputed"]
    Cell.objects.bulk_update([cell for cell in written if cell.pk is not None], fields, batch_size=BATCH)
    Cell.objects.filter(vintage=current).update(current=True)
    Cell.objects.exclude(vintage=current).update(current=False)
    share_cells()
    DataVersion.objects.advance()


def _told(cell: Cell) -> tuple:
    return (
        cell.latitude,
        cell.longitude,
        cell.side,
        cell.population,
        cell.poverty_rate,
        cell.living_standard,
        cell.imputed,
    )


# --- reading


def _rows(address: str, report: TerritoryReport) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows of a file, titles in lower case. A CSV of this machine is read line by line, whatever its size."""
    path = Path(address)
    if path.suffix.lower() in (".csv", ".txt") and path.is_file():
        report.format = "CSV"
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield from _csv_rows(lines)
        return
    content = fetch(address)
    if content.startswith(b"PK"):
        archive = Archive(content)
        tables = [name for name in archive.names(".csv") if "meta" not in name.lower()]
        if len(tables) == 1:
            report.format, report.layer = "CSV", tables[0]
            yield from _csv_rows(io.StringIO(archive.read(tables[0]).decode("utf-8-sig", "replace"), newline=""))
            return
    if content.startswith((b"PK", GEOPACKAGE)):
        layer = read_layer(content)
        report.format, report.layer = layer.format, layer.name
        yield from ((feature.number, _lowered(feature.properties)) for feature in layer.features)
        return
    table = read_table(content)
    report.format = table.format
    yield from ((line, _lowered(row or {})) for line, row in table.rows)


def _csv_rows(lines) -> Iterator[tuple[int, dict[str, str]]]:
    header = lines.readline().rstrip("\r\n")
    delimiter = max(",;\t", key=header.count)
    titles = next(csv.reader([header], delimiter=delimiter), [])
    try:
        for row in (reader := csv.DictReader(lines, titles, delimiter=delimiter)):
            yield reader.line_num + 1, _lowered(row)
    except csv.Error as error:
        raise UnreadableFile(_("Ce n’est pas du CSV, ou le fichier est coupé (%s).") % error) from error


def _lowered(row: Mapping) -> dict[str, str]:
    return {str(title).strip().lower(): "" if value is None else str(value) for title, value in row.items() if title}


def _lies_in(row: dict[str, str], communes: set[str]) -> bool:
    said = _cell(row, "communes")
    return not said or any(code in said for code in communes)


def _cell(row: dict[str, str], name: str) -> str:
    return next((row[column].strip() for column in COLUMNS[name] if row.get(column, "").strip()), "")


def read_cell(row: dict[str, str], vintage: str) -> Cell:
    """Return an unsaved Cell; raise ValueError with a sentence when its place or its people cannot be read."""
    code = _cell(row, "code")
    if not code or len(code) > 60:
        raise ValueError(_("code de carreau absent."))
    numbers = {name: read_number(_cell(row, name)) for name in COLUMNS if name not in ("code", "communes")}
    population = numbers["population"]
    if population is None or population < 0:
        raise ValueError(_("%s : population absente ou négative.") % code)
    latitude, longitude, side = _place(code, numbers["latitude"], numbers["longitude"])
    return Cell(
        code=code,
        vintage=vintage,
        latitude=latitude,
        longitude=longitude,
        side=side,
        population=population,
        poverty_rate=_ratio(numbers["poverty_rate"], numbers["poor_households"], numbers["households"], 1),
        living_standard=_ratio(numbers["living_standard"], numbers["living_standards"], population, None),
        imputed=bool(numbers["imputed"]),
    )


def _place(code: str, latitude: float | None, longitude: float | None) -> tuple[float, float, int]:
    if match := CODE.search(code):
        side = int(match["side"])
        if not 0 < side <= 10_000:
            raise ValueError(_("%s : côté du carreau illisible.") % code)
        x, y = _to_degrees(int(match["east"]) + side / 2, int(match["north"]) + side / 2)
        if math.isfinite(x) and math.isfinite(y):
            return round(y, 6), round(x, 6), side
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(_("%s : ni code Inspire ni coordonnées en degrés.") % code)
    return latitude, longitude, 200


def _ratio(given: float | None, part: float | None, whole: float | None, highest: float | None) -> float | None:
    value = given if given is not None else part / whole if part is not None and whole else None
    return None if value is None or value < 0 or (highest and value > highest) else round(value, DECIMALS)


# --- sharing


def share_cells() -> None:
    """Compute again which share of every current cell lies in each current territory."""
    from shapely import STRtree, area, intersection
    from shapely.geometry import shape

    cells = list(Cell.objects.filter(current=True).order_by("pk"))
    territories = list(Territory.objects.current().order_by("pk"))
    CellShare.objects.all().delete()
    if not cells or not territories:
        return
    squares = [square(cell) for cell in cells]
    outlines = [_in_grid(shape(territory.geometry)) for territory in territories]
    shares = []
    for cell, territory in zip(*STRtree(outlines).query(squares, predicate="intersects").tolist(), strict=True):
        share = area(intersection(squares[cell], outlines[territory])) / squares[cell].area
        if share >= LEAST_SHARE:
            shares.append(
                CellShare(cell=cells[cell], territory=territories[territory], share=min(1, round(share, DECIMALS)))
            )
    CellShare.objects.bulk_create(shares, batch_size=BATCH)


def square(cell: Cell):
    """Return the square of a cell in metres of the European grid."""
    from shapely.geometry import box

    east, north = _from_degrees(cell.longitude, cell.latitude)
    if match := CODE.search(cell.code):
        east, north = int(match["east"]) + cell.side / 2, int(match["north"]) + cell.side / 2
    half = cell.side / 2
    return box(east - half, north - half, east + half, north + half)


def _in_grid(geometry):
    from shapely import transform

    moved = transform(geometry, _from_degrees, interleaved=False)
    return moved if moved.is_valid else moved.buffer(0)


def _from_degrees(longitude, latitude):
    return _transformer(4326, GRID).transform(longitude, latitude)


def _to_degrees(east: float, north: float) -> tuple[float, float]:
    return _transformer(GRID, 4326).transform(east, north)


@lru_cache(maxsize=2)
def _transformer(source: int, target: int):
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)
