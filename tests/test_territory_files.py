"""Official files of the territory: every format and projection, and what is refused of a bad one."""

import csv
import io
import json
import struct
import zipfile
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pyproj import Transformer

from places.exporting.ods import Sheet
from places.exporting.ods import write as write_ods
from places.files import UnreadableFile
from places.models import Cell, CellShare, Correspondence, DataVersion, Indicator, Place, Territory
from places.territories.archives import Archive
from places.territories.cells import import_cells
from places.territories.classes import class_of, classes
from places.territories.correspondences import import_correspondences
from places.territories.indicators import import_indicators
from places.territories.numbers import read_number
from places.territories.outlines import Wanted, import_territories
from tests.factories import make_place, make_territory
from tests.territory_files import EAST, WEST, geojson, geopackage, in_projection, shapefile_zip, zipped

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).parent.parent / "fixtures"
OUTLINES = FIXTURES / "roubaix_territoires.geojson"
GRID = FIXTURES / "roubaix_population_200m.csv"
QPV_2015 = [({"CODE_QP": "QP059082", "NOM_QP": "Blanc Seau", "COMMUNE_QP": "Roubaix"}, WEST)]
QPV_2024 = [
    ({"code_qp": "QN05980M", "lib_qp": "Épeule – Alma", "insee_com": "59512, 59599"}, WEST),
    ({"code_qp": "QN05999M", "lib_qp": "Ailleurs", "insee_com": "59350"}, EAST),
]
IRIS = [
    ({"INSEE_COM": "59512", "NOM_COM": "Roubaix", "CODE_IRIS": "595120101", "NOM_IRIS": "Mackellerie"}, WEST),
    ({"INSEE_COM": "59512", "NOM_COM": "Roubaix", "CODE_IRIS": "595120102", "NOM_IRIS": "Fresnoy"}, EAST),
]


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def corners(territory: Territory) -> list[tuple[float, float]]:
    """The corners of an outline, back in whole metres of Lambert-93."""
    to_metres = Transformer.from_crs(4326, 2154, always_xy=True).transform
    return sorted(
        {tuple(round(metre) for metre in to_metres(*point)) for point in territory.geometry["coordinates"][0]}
    )


# --- outlines


@pytest.mark.parametrize("epsg", [2154, 4326, 3857, 32631, 3950, 3035])
def test_shapefile_of_any_projection_gives_the_same_outline(write, epsg):
    path = write("qp.zip", shapefile_zip(QPV_2015, epsg=epsg))

    import_territories(path, "qpv", apply=True)

    territory = Territory.objects.get()
    assert (territory.code, territory.nom, territory.vintage) == ("QP059082", "Blanc Seau", "2015")
    assert corners(territory) == sorted(set(WEST))


def test_shapefile_without_projection_is_read_as_its_coordinates_suggest(write):
    path = write("qp.zip", shapefile_zip(QPV_2015, prj=False))

    report = import_territories(path, "qpv", apply=True)

    assert report.remarks == ["projection non dite, lue comme EPSG:2154."]
    assert corners(Territory.objects.get()) == sorted(set(WEST))


def test_shapefile_in_windows_letters_keeps_its_accents(write):
    rows = [({"CODE_QP": "QP059082", "NOM_QP": "Épeule"}, WEST)]

    import_territories(write("qp.zip", shapefile_zip(rows, encoding="cp1252")), "qpv", apply=True)

    assert Territory.objects.get().nom == "Épeule"


@pytest.mark.parametrize("epsg", [2154, 4326])
def test_geopackage_gives_outlines_codes_and_names(tmp_path, write, epsg):
    content = geopackage(tmp_path / "iris.gpkg", IRIS, epsg=epsg)

    for path in (tmp_path / "iris.gpkg", write("iris.zip", zipped({"1_DONNEES/iris.gpkg": content}))):
        import_territories(path, "iris", Wanted(vintage="2025"), apply=True)

        found = Territory.objects.order_by("code")
        assert [(t.code, t.nom, t.vintage) for t in found] == [
            ("595120101", "Mackellerie", "2025"),
            ("595120102", "Fresnoy", "2025"),
        ]
        assert [corners(t) for t in found] == [sorted(set(WEST)), sorted(set(EAST))]


@pytest.mark.parametrize(
    ("epsg", "crs"),
    [(4326, ""), (4326, "urn:ogc:def:crs:OGC:1.3:CRS84"), (2154, "urn:ogc:def:crs:EPSG::2154"), (2154, "")],
)
def test_geojson_with_or_without_its_projection(write, epsg, crs):
    import_territories(write("qp.geojson", geojson(QPV_2024, epsg=epsg, crs=crs)), "qpv", apply=True)

    territory = Territory.objects.get(code="QN05980M")
    assert (territory.nom, territory.vintage, corners(territory)) == ("Épeule – Alma", "2024", sorted(set(WEST)))


def test_latitudes_written_first_are_put_back(write):
    content = json.loads(geojson(QPV_2015))
    for feature in content["features"]:
        feature["geometry"]["coordinates"] = [[[y, x] for x, y in feature["geometry"]["coordinates"][0]]]

    import_territories(write("a.geojson", json.dumps(content)), "qpv", apply=True)

    assert corners(Territory.objects.get()) == sorted(set(WEST))


def test_only_the_communes_asked_for_are_kept(write):
    report = import_territories(write("a.geojson", geojson(QPV_2024)), "qpv", Wanted(communes=["59512"]), apply=True)

    assert (report.created, report.elsewhere) == (["QN05980M"], 1)


def test_commune_that_the_file_does_not_say_is_told_by_its_outline(write):
    (west, south), (east, north) = in_projection([WEST[0], WEST[2]], 4326)
    make_territory("commune", "59512", south=south, west=west, east=east, north=north)
    rows = [({"CODE_QP": "QP059082", "NOM_QP": "Ici"}, WEST), ({"CODE_QP": "QP059999", "NOM_QP": "Là-bas"}, EAST)]

    report = import_territories(write("qp.zip", shapefile_zip(rows)), "qpv", Wanted(communes=["59512"]))

    assert (report.created, report.elsewhere) == (["QP059082"], 1)


def test_municipal_file_with_its_own_columns(write):
    rows = [({"num": "7", "appellation": "Le Pile"}, WEST)]
    wanted = Wanted(code="num", name="Appellation", vintage="2025", source="Ville de Roubaix")

    import_territories(write("q.geojson", geojson(rows)), "quartier", wanted, apply=True)

    territory = Territory.objects.get()
    assert (territory.code, territory.nom, territory.source) == ("7", "Le Pile", "Ville de Roubaix")


def test_layer_is_chosen_by_its_name_when_there_are_several(write):
    content = geojson(QPV_2024)
    path = write("qpv.zip", zipped({"GEOJSON/QP2024_WGS84.geojson": content, "GEOJSON/QP2024_LB93.geojson": content}))

    with pytest.raises(UnreadableFile, match=r"plusieurs couches.*LB93.*WGS84"):
        import_territories(path, "qpv")

    assert import_territories(path, "qpv", Wanted(layer="WGS84")).created == ["QN05980M", "QN05999M"]


# --- vintages


def test_vintages_stand_side_by_side_and_the_newest_is_in_force(write):
    place = make_place(
        **dict(zip(("longitude", "latitude"), in_projection([(712_100, 7_065_100)], 4326)[0], strict=True))
    )
    for content in (shapefile_zip(QPV_2015), geojson(QPV_2024), shapefile_zip(QPV_2015)):
        import_territories(write("qpv", content), "qpv", apply=True)

    in_force = {t.vintage: t.current for t in Territory.objects.filter(code__in=["QP059082", "QN05980M"])}
    place.refresh_from_db()
    assert in_force == {"2015": False, "2024": True}
    assert place.qpv.code == "QN05980M"


def test_older_vintage_is_in_force_when_somebody_says_so(write):
    import_territories(write("qpv", geojson(QPV_2024)), "qpv", apply=True)

    import_territories(write("qpv", shapefile_zip(QPV_2015)), "qpv", Wanted(current=True), apply=True)

    assert [t.code for t in Territory.objects.current()] == ["QP059082"]


def test_place_is_found_by_the_code_of_the_other_vintage(write):
    longitude, latitude = in_projection([(712_100, 7_065_100)], 4326)[0]
    make_place(latitude=latitude, longitude=longitude)
    import_territories(write("qpv", geojson(QPV_2024)), "qpv", apply=True)
    table = write("c.csv", "Quartier;Code 2015;Code 2024\nA;QP059082;QN05980M\nB;QP059083;QN05980M\nC;;QN05981M\n")

    assert len(import_correspondences(table).created) == 2
    assert Correspondence.objects.count() == 0
    report = import_correspondences(table, apply=True)

    found = {code: Place.objects.within("qpv", code).count() for code in ("QP059082", "QP059083", "QN05980M", "QP0")}
    assert found == {"QP059082": 1, "QP059083": 1, "QN05980M": 1, "QP0": 0}
    assert [number for number, _reason in report.refused] == [4]


def test_outline_loaded_again_keeps_the_figures_of_other_files(write):
    import_territories(write("iris.geojson", geojson(IRIS)), "iris", Wanted(vintage="2025"), apply=True)
    import_indicators(write("t.csv", "IRIS,P21_POP\n595120101,2563\n"), "iris", apply=True)

    report = import_territories(write("iris.geojson", geojson(IRIS)), "iris", Wanted(vintage="2025"), apply=True)

    assert (report.unchanged, report.changed) == (2, [])
    assert Territory.objects.get(code="595120101").indicators == {"p21_pop": 2563.0}


# --- hostile files


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "vide"),
        (b"7z\xbc\xaf\x27\x1c" + b"\x00" * 60, "7z"),
        (zipped({"a.7z": b"7z"}), "7z"),
        (b"PK\x03\x04 rien", "abîmée"),
        (zipped({"../../etc/qp.geojson": "{}"}), "chemin interdit"),
        (zipped({"C:\\..\\qp.geojson": "{}"}), "chemin interdit"),
        (zipped({"/etc/qp.geojson": "{}"}), "chemin interdit"),
        (zipped({"lisez-moi.txt": "rien"}), "aucune couche"),
        (zipped({f"{n}.txt": "" for n in range(2_001)}), "trop de fichiers"),
        (zipped({"a.shp": b"\x00" * 200}), "dbf"),
        (zipped({"a.shp": b"\x00" * 200, "a.dbf": b"\x00" * 40}), "abîmé"),
        (shapefile_zip(QPV_2015, prj=False, **{"SHP/QP.prj": "PROJCS[n’importe quoi"}), "Projection inconnue"),
        (b"SQLite format 3\x00" + b"\xff" * 4000, "abîmé"),
        (b"[" * 100_000, "JSON"),
        (b'{"type": "FeatureCollection", "features": {}}', "FeatureCollection"),
    ],
)
def test_hostile_or_broken_file_is_refused_with_a_sentence(write, content, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        import_territories(write("f", content), "qpv", apply=True)

    assert Territory.objects.count() == 0


def test_zip_bomb_is_refused_before_it_is_unpacked(write, monkeypatch):
    monkeypatch.setattr("places.territories.archives.MOST_UNPACKED", 20 * 1024**2)

    with pytest.raises(UnreadableFile, match="trop grosse"):
        import_territories(write("bomb.zip", zipped({"a.geojson": " " * 30 * 1024**2})), "qpv")


def test_archive_is_bounded_by_what_it_gives_and_not_by_what_it_says(monkeypatch):
    monkeypatch.setattr("places.territories.archives.MOST_UNPACKED", 100)
    archive = Archive(zipped({"a": "x" * 60, "b": "x" * 60}))

    archive.read("a")

    with pytest.raises(UnreadableFile, match="trop grosse"):
        archive.read("b")


def test_geopackage_whose_table_is_a_view_is_not_read(tmp_path):
    import sqlite3

    path = tmp_path / "iris.gpkg"
    geopackage(path, IRIS)
    base = sqlite3.connect(path)
    base.executescript(
        "ALTER TABLE iris_ge RENAME TO hidden; CREATE VIEW iris_ge AS"
        " WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, NULL AS geom FROM n;"
    )
    base.close()

    with pytest.raises(UnreadableFile, match="aucune couche"):
        import_territories(path, "iris")


NAN = '{"type": "Polygon", "coordinates": [[[3.1, 50.6], [NaN, 50.7], [3.2, 50.7], [3.1, 50.6]]]}'
INFINITE = '{"type": "Polygon", "coordinates": [[[3.1, 50.6], [1e999, 50.7], [3.2, 50.7], [3.1, 50.6]]]}'
FLAT = '{"type": "Polygon", "coordinates": [[[3.1, 50.6], [3.2, 50.6], [3.1, 50.6], [3.1, 50.6]]]}'
TEXT = '{"type": "Polygon", "coordinates": [[["a", 1], [2, 3], [4, 5], ["a", 1]]]}'
DEEP = '{"type": "GeometryCollection", "geometries": [' * 400 + "]}" * 400


@pytest.mark.parametrize(
    "geometry", [NAN, INFINITE, FLAT, TEXT, DEEP, "null", "[]", '{"type": "Polygon", "coordinates": []}']
)
def test_broken_outline_is_refused_and_the_others_are_kept(write, geometry):
    good = geojson(QPV_2024[:1]).decode()
    bad = f'{{"type": "Feature", "properties": {{"code": "QN0", "nom": "Cassé"}}, "geometry": {geometry}}}'
    path = write("a.geojson", good.replace('"features": [', f'"features": [{bad}, '))

    report = import_territories(path, "qpv", apply=True)

    assert [number for number, _reason in report.refused] == [1]
    assert "QN0" in report.refused[0][1]
    assert report.created == ["QN05980M"]


def test_bow_tie_is_repaired(write):
    bow = [WEST[0], WEST[2], WEST[1], WEST[3], WEST[0]]

    import_territories(write("a.geojson", geojson([({"code": "Q", "nom": "Nœud"}, bow)])), "quartier", apply=True)

    assert Territory.objects.get().geometry["type"] == "MultiPolygon"


def test_blobs_that_are_no_geometry_are_refused_one_by_one(tmp_path):
    import sqlite3

    path = tmp_path / "iris.gpkg"
    geopackage(path, [*IRIS, *IRIS, *IRIS])
    base = sqlite3.connect(path)
    for number, blob in enumerate(
        (None, b"", b"GP\x00\xff" + b"\x00" * 99, b"GP\x00\x01" + b"\x01" * 40, "texte"), start=2
    ):
        base.execute("UPDATE iris_ge SET geom = ?, code_iris = ? WHERE fid = ?", (blob, f"59512020{number}", number))
    base.commit()
    base.close()

    report = import_territories(path, "iris")

    assert report.created == ["595120101"]
    assert [number for number, _reason in report.refused] == [2, 3, 4, 5, 6]


# --- indicators


def workbook(rows: list[list]) -> bytes:
    file = io.BytesIO()
    header, *others = rows
    write_ods(file, [Sheet("QPV", header, others)])
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"codgeo;libgeo;TX_POP;IND\nQP059082;Blanc Seau;44,9;69 303\nQP0;Ailleurs;1;2\n",
        zipped({"meta_DEMO.csv": "a,b\n", "DEMO.csv": "codgeo,libgeo,TX_POP,IND\nQP059082,B,44.9,69303\nQP0,A,1,2\n"}),
        workbook(
            [
                ["Démographie des QPV", "", "", ""],
                ["Source : Insee", None, None, None],
                ["codgeo", "libgeo", "TX_POP", "IND"],
                ["QP059082", "Blanc Seau", 44.9, 69303],
                ["QP0", "Ailleurs", 1, 2],
            ]
        ),
    ],
)
def test_table_of_insee_completes_its_territories(write, content):
    make_territory("qpv", "QP059082", indicators={"part_etrangers": 21.9})
    path = write("t", content)

    dry = import_indicators(path, "qpv")
    assert (dry.columns, dry.elsewhere, Indicator.objects.count()) == ({"TX_POP": "tx_pop", "IND": "ind"}, 1, 0)

    import_indicators(path, "qpv", source="Insee", vintage="2020", apply=True)

    assert Territory.objects.get().indicators == {"part_etrangers": 21.9, "tx_pop": 44.9, "ind": 69303.0}
    assert list(Indicator.objects.values_list("key", "label", "source")) == [
        ("ind", "IND", "Insee"),
        ("tx_pop", "TX_POP", "Insee"),
    ]


def test_secret_figure_is_unknown_and_an_unreadable_one_is_said(write):
    for code in ("595120101", "595120102", "595120103"):
        make_territory("iris", code)
    path = write("t.csv", "IRIS;MED;TAUX\n595120101;ns;12,5 %\n595120102;12 400;beaucoup\n595120103;1e999;3\n")

    report = import_indicators(path, "iris", apply=True)

    figures = [t.indicators for t in Territory.objects.order_by("code")]
    assert figures == [{"med": None, "taux": 12.5}, {"med": 12400.0, "taux": None}, {"med": None, "taux": 3.0}]
    assert report.cells == [(3, "TAUX", "beaucoup"), (4, "MED", "1e999")]


def test_fragility_index_is_recognised_by_its_titles(write):
    make_territory("iris", "595120101")
    path = write("ifn.csv", "code_iris,SCORE GLOBAL,ACCES A L'INFORMATION\n595120101,115,156\n")

    import_indicators(path, "iris", apply=True)

    assert Territory.objects.get().indicators == {"fragilite_numerique": 115.0, "ifn_acces_information": 156.0}
    assert Indicator.objects.get(key="fragilite_numerique").label == "Fragilité numérique"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\n1,2\n", "Aucune colonne ne porte le code"),
        ("IRIS,LIBIRIS\n595120101,Alma\n", "aucune colonne de chiffres"),
    ],
)
def test_table_without_code_or_figures_is_refused(write, content, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        import_indicators(write("t.csv", content), "iris")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1 234,5", 1234.5), ("12.5\u202f%", 12.5), ("-3", -3), ("1e3", 1000), ("ns", None), ("", None), ("…", None)],
)
def test_number_is_read_as_statistics_write_it(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["1_000", "٣", "inf", "0x1F", "1,2,3", "1e9999", "12 ans"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="nombre"):
        read_number(text)


# --- classes


def test_fragility_classes_of_roubaix_equal_a_plain_computation():
    """Quintiles of the 38 IRIS: ranks counted one by one, equal values together; exact, no tolerance."""
    import_territories(OUTLINES, "iris", apply=True)
    values = [t.indicators["fragilite_numerique"] for t in Territory.objects.of_kind("iris")]

    found = classes(values)

    assert sum(c.number for c in found) == len(values) == 38
    for value in values:
        below = sum(other < value for other in values)
        assert class_of(value, found) == next(rank for rank in range(5) if below * 5 < 38 * (rank + 1))
    for low, high in pairwise(found):
        assert low.high < high.low


# --- the population grid


def test_demo_holds_360_cells(client):
    import_cells(GRID, vintage="2017", apply=True)

    assert Cell.objects.filter(current=True).count() == 360
    assert round(sum(Cell.objects.values_list("population", flat=True))) == 100_326


def test_grid_is_dry_by_default_and_a_second_time_changes_nothing():
    assert len(import_cells(GRID, vintage="2017").created) == 360
    assert Cell.objects.count() == 0
    import_cells(GRID, vintage="2017", apply=True)
    version = DataVersion.objects.current()

    report = import_cells(GRID, vintage="2017", apply=True)

    assert (report.created, report.changed, report.unchanged) == ([], [], 360)
    assert DataVersion.objects.current() == version


def ring_area(ring: list) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]))) / 2


def cut(ring: list, inside, where) -> list:
    """Sutherland and Hodgman: what of a ring is on one side of a line."""
    kept = []
    for before, here in pairwise([ring[-1], *ring]):
        if inside(here) != inside(before):
            kept.append(where(before, here))
        if inside(here):
            kept.append(here)
    return kept


def clipped_area(ring: list, square: list) -> float:
    """The area of a ring inside a convex square, side by side, written without the library the product uses."""
    for (x1, y1), (x2, y2) in pairwise([*square, square[0]]):

        def inside(p, x1=x1, y1=y1, x2=x2, y2=y2):
            return (x2 - x1) * (p[1] - y1) - (y2 - y1) * (p[0] - x1) >= 0

        def where(p, q, x1=x1, y1=y1, x2=x2, y2=y2):
            a = (x2 - x1) * (p[1] - y1) - (y2 - y1) * (p[0] - x1)
            b = (x2 - x1) * (q[1] - y1) - (y2 - y1) * (q[0] - x1)
            return p[0] + (q[0] - p[0]) * a / (a - b), p[1] + (q[1] - p[1]) * a / (a - b)

        ring = cut(ring, inside, where) if ring else []
    return ring_area(ring) if len(ring) > 2 else 0.0


def box(ring: list) -> tuple[float, float, float, float]:
    """The least and the greatest coordinates of a ring."""
    xs, ys = zip(*ring, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def meet(one: tuple, other: tuple) -> bool:
    """Tell whether two boxes touch."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def lambert_squares(codes: Iterable[str]) -> dict[str, list]:
    """The square of each cell in Lambert-93, counter-clockwise, from its code alone."""
    to_lambert = Transformer.from_crs(3035, 2154, always_xy=True).transform
    squares = {}
    for code in codes:
        north, east = code.split("N")[-1].split("E")
        x, y = int(east), int(north)
        squares[code] = [to_lambert(*p) for p in ((x, y), (x + 200, y), (x + 200, y + 200), (x, y + 200))]
    return squares


@pytest.fixture
def roubaix():
    for kind in Territory.Kind.values:
        import_territories(OUTLINES, kind, apply=True)
    import_cells(GRID, vintage="2017", apply=True)


def test_share_of_each_cell_equals_an_independent_computation(roubaix):
    """Another projection (Lambert-93), another algorithm (clipping side by side): within 0.2 point of area."""
    to_lambert = Transformer.from_crs(4326, 2154, always_xy=True).transform
    found = {
        (s.cell.code, s.territory.kind, s.territory.code): s.share
        for s in CellShare.objects.select_related("cell", "territory")
    }
    squares = lambert_squares(Cell.objects.values_list("code", flat=True))
    boxes = {code: box(square) for code, square in squares.items()}

    for territory in Territory.objects.all():
        parts = territory.geometry["coordinates"]
        whole = parts if territory.geometry["type"] == "MultiPolygon" else [parts]
        polygons = [[[to_lambert(*point) for point in ring[:-1]] for ring in polygon] for polygon in whole]
        around = [box(shell) for shell, *_holes in polygons]
        # Every cell against every IRIS; one in four against the other kinds, whose borders are the same lines.
        for code, square in list(squares.items())[:: 1 if territory.kind == "iris" else 4]:
            area = 0.0
            for (shell, *holes), outside in zip(polygons, around, strict=True):
                if not meet(outside, boxes[code]):
                    continue
                area += clipped_area(shell, square) - sum(clipped_area(hole, square) for hole in holes)
            share = area / ring_area(square)
            assert found.get((code, territory.kind, territory.code), 0) == pytest.approx(share, abs=0.002)


def test_share_in_the_commune_is_what_the_file_says(roubaix):
    """The file was cut by another hand: within 1 point of a cell's area, and 0.2 % of the people in all."""
    with GRID.open() as lines:
        rows = list(csv.DictReader(lines))
    found = dict(CellShare.objects.filter(territory__kind="commune").values_list("cell__code", "share"))

    for row in rows:
        assert found.get(row["carreau"], 0) == pytest.approx(float(row["part_dans_roubaix"]), abs=0.01)
    people = sum(float(row["population"]) * float(row["part_dans_roubaix"]) for row in rows)
    ours = sum(float(row["population"]) * found.get(row["carreau"], 0) for row in rows)
    assert ours == pytest.approx(people, rel=0.002)


FILOSOFI = (
    "IdINSPIRE,lcog_geo,Ind,Men,Men_pauv,Ind_snv,I_est_200\n"
    "CRS3035RES200mN3084200E3839800,59512,150,60,15,3000000,0\n"
    "CRS3035RES200mN3084200E3840000,59350,10,4,1,200000,1\n"
    "CRS3035RES200mN3084200E3840200,59512,,4,1,200000,1\n"
)


def test_filosofi_file_is_read_as_insee_writes_it(write):
    for path in (write("f.csv", FILOSOFI), write("f.zip", zipped({"f.csv": FILOSOFI, "meta.csv": "a"}))):
        report = import_cells(path, vintage="2017", communes=["59512"], apply=True)

    cell = Cell.objects.get()
    assert (cell.population, cell.poverty_rate, cell.living_standard, cell.imputed) == (150, 0.25, 20_000, False)
    assert (round(cell.latitude, 4), round(cell.longitude, 4)) == (50.6687, 3.1838)
    assert (report.elsewhere, len(report.refused)) == (1, 1)


def test_grid_in_a_geopackage_is_read(tmp_path):
    rows = [({"idcar_200m": "CRS3035RES200mN3084200E3839800", "ind": "150", "men": "60", "men_pauv": "15"}, WEST)]
    geopackage(tmp_path / "c.gpkg", rows, table="carreaux_200m_met")

    import_cells(tmp_path / "c.gpkg", vintage="2019", apply=True)

    assert list(Cell.objects.values_list("population", "poverty_rate")) == [(150, 0.25)]


@pytest.mark.parametrize("population", ["-1", "nan", "inf", "beaucoup", ""])
def test_cell_without_readable_people_is_refused(write, population):
    path = write("f.csv", f"carreau,population\nCRS3035RES200mN3084200E3839800,{population}\n")

    report = import_cells(path, vintage="2017", apply=True)

    assert [number for number, _reason in report.refused] == [2]
    assert Cell.objects.count() == 0


# --- commands


def test_commands_say_what_they_found_and_write_their_report(write, tmp_path, capsys):
    path, told = write("qp.zip", shapefile_zip(QPV_2015)), tmp_path / "rapport.json"

    call_command("import_territories", str(path), kind="qpv", report=str(told))

    assert "1 à créer" in capsys.readouterr().out
    report = json.loads(told.read_text())
    counted = {name: report[name] for name in ("lignes", "creees", "refusees", "applique", "projection")}
    assert counted == {
        "lignes": 1,
        "creees": 1,
        "refusees": 0,
        "applique": False,
        "projection": "RGF93 v1 / Lambert-93",
    }
    assert Territory.objects.count() == 0
    for command, options in (
        ("import_indicators", {"kind": "iris"}),
        ("import_cells", {"vintage": "2017"}),
        ("import_correspondences", {}),
    ):
        with pytest.raises(CommandError, match="ne peut pas être lu"):
            call_command(command, "/nulle/part", **options)


def test_shapefile_header_is_not_trusted(write):
    """A length that promises more than the file holds."""
    content = bytearray()
    with zipfile.ZipFile(io.BytesIO(shapefile_zip(QPV_2015))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content += parts["SHP/QP.shp"]
    content[24:28] = struct.pack(">i", 2**30)
    content[104:108] = struct.pack(">i", 2**29)
    parts["SHP/QP.shp"] = bytes(content)

    with pytest.raises(UnreadableFile, match="abîmé"):
        import_territories(write("a.zip", zipped(parts)), "qpv")
