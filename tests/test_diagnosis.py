"""The diagnosis: who has help within reach on foot, checked against another computation, and what its pages say."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from math import hypot
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pyproj import Transformer
from python_calamine import load_workbook

from places import lexicon
from places.models import Cell, CellShare, DataVersion, Diagnosis, Figure, Place, Territory
from places.territories import diagnosis as product
from places.territories.diagnosis import ALL_QPV, NOT_QPV, WHOLE, current, diagnose, keep_month
from places.territories.subjects import examined_week, open_moments
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 11, 16, 10, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
# Around Roubaix, Lambert-93 stretches by some 2 m per km, and the ellipsoid is up to 3 m per km longer than our sphere.
STRETCH = 0.006


@pytest.fixture
def demo():
    call_command("load_demo", verbosity=0)


def make_cell(code="A", *, latitude=50.69, longitude=3.18, population=100, share=1.0, territories=()) -> Cell:
    values = {"latitude": latitude, "longitude": longitude, "population": population}
    cell = Cell.objects.create(code=code, vintage="2017", **values)
    CellShare.objects.bulk_create(CellShare(cell=cell, territory=area, share=share) for area in territories)
    return cell


def figure(found: Diagnosis, key=WHOLE, subject="lieux") -> Figure:
    return found.figures.get(kind=key[0], code=key[1], subject=subject)


# --- against another computation


def plain_distances(chosen) -> dict[str, float]:
    """Metres from each cell to the nearest place: Lambert-93 and a plain loop."""
    to_lambert = Transformer.from_crs(4326, 2154, always_xy=True).transform
    places = [to_lambert(place.longitude, place.latitude) for place in chosen if place.latitude is not None]
    distances = {}
    with (FIXTURES / "roubaix_population_200m.csv").open() as lines:
        for row in csv.DictReader(lines):
            x, y = to_lambert(float(row["longitude"]), float(row["latitude"]))
            distances[row["carreau"]] = min((hypot(x - px, y - py) for px, py in places), default=float("inf"))
    return distances


@pytest.mark.parametrize("subject", ["lieux", "services:demarches-administratives", "services:emploi", "demarches:caf"])
def test_shares_and_distances_of_roubaix_equal_a_plain_computation(demo, subject):
    """Shares may differ by the people of cells within 0.6 % of a threshold; the farthest tenth by 0.6 %."""
    name, _colon, slug = subject.partition(":")
    places = list(Place.objects.published())
    if slug:
        entry = lexicon.find(name, slug)
        places = [place for place in places if getattr(place, f"offered_{name}").mask & entry.mask]
    distances = plain_distances(places)
    found = diagnose(NOW)

    weights = {}
    for share in CellShare.objects.select_related("cell", "territory"):
        key = (share.territory.kind, share.territory.code)
        weights.setdefault(key, {})[share.cell.code] = share.share * share.cell.population
    assert len([key for key in weights if key[0] == "iris"]) == 38
    assert len([key for key in weights if key[0] == "qpv"]) == 3
    for key, people in weights.items():
        told = figure(found, key, subject)
        total = sum(people.values())
        assert told.population == pytest.approx(total)
        for minutes, share in ((5, told.near5), (10, told.near10), (15, told.near15)):
            limit = minutes * 75 / 1.3
            surely = sum(n for code, n in people.items() if distances[code] * (1 + STRETCH) <= limit)
            perhaps = sum(n for code, n in people.items() if distances[code] * (1 - STRETCH) <= limit)
            assert surely / total - 1e-9 <= share <= perhaps / total + 1e-9, (key, minutes)
        served, farthest = 0.0, None
        for code in sorted(people, key=distances.get):
            served += people[code]
            if served >= 0.9 * total * (1 - 1e-9):
                farthest = distances[code]
                break
        assert told.farthest == pytest.approx(farthest, rel=STRETCH), key


def test_people_of_the_city_are_those_of_the_360_cells_and_their_share_in_it(demo):
    """The share in the commune as the file gives it; within 0.2 %."""
    with (FIXTURES / "roubaix_population_200m.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    people = sum(float(row["population"]) * float(row["part_dans_roubaix"]) for row in rows)

    found = diagnose(NOW)

    assert (found.cells, len(rows)) == (360, 360)
    assert figure(found).population == pytest.approx(people, rel=0.002)
    halves = figure(found, ALL_QPV), figure(found, NOT_QPV)
    assert sum(half.population for half in halves) == pytest.approx(figure(found).population)
    near = sum(half.population * half.near10 for half in halves) / figure(found).population
    assert near == pytest.approx(figure(found).near10)


def test_places_of_each_territory_are_those_that_stand_in_it(demo):
    found = diagnose(NOW)

    for kind in ("quartier", "iris", "qpv"):
        counted = {}
        for place in Place.objects.published().select_related(kind):
            if owner := getattr(place, kind):
                counted[owner.code] = counted.get(owner.code, 0) + 1
        told = {
            f.code: f.places
            for f in found.figures.filter(kind=kind, subject="lieux").exclude(code__in=["tous", "hors"])
        }
        assert {code: number for code, number in told.items() if number} == counted
    assert figure(found).places == 40


# --- its rules


@pytest.mark.parametrize(("north", "near"), [(280, (1, 1, 1)), (570, (0, 1, 1)), (860, (0, 0, 1)), (870, (0, 0, 0))])
def test_reach_follows_the_straight_line_lengthened_and_walked(north, near):
    """288.5, 576.9 and 865.4 m: 75 m a minute, divided by 1.3."""
    home = make_territory("iris", "I")
    make_cell(territories=[home])
    make_place(latitude=50.69 + north / 111_195, longitude=3.18)

    told = figure(diagnose(NOW), ("iris", "I"))

    assert (told.near5, told.near10, told.near15) == near
    assert told.farthest == pytest.approx(north, rel=0.001)


def test_least_served_tenth_is_what_ninety_people_in_a_hundred_do_not_walk():
    home = make_territory("iris", "I")
    make_place(latitude=50.69, longitude=3.18)
    make_cell("A", population=90, territories=[home])
    make_cell("B", population=10, latitude=50.70, territories=[home])
    assert figure(diagnose(NOW), ("iris", "I")).farthest == pytest.approx(0, abs=1)

    Cell.objects.filter(code="B").update(population=11)

    assert figure(diagnose(NOW), ("iris", "I")).farthest == pytest.approx(1112, abs=2)


def test_cell_counts_for_the_share_of_it_that_lies_in_the_territory():
    home = make_territory("iris", "I")
    make_cell(population=200, share=0.25, territories=[home])

    told = figure(diagnose(NOW), ("iris", "I"))

    assert (told.population, told.near10, told.farthest, told.per_ten_thousand) == (50, 0, None, 0)


def test_hidden_place_serves_nobody_and_unlocated_one_is_counted_only():
    make_cell()
    make_place(status=Place.Status.DRAFT)
    make_place(status=Place.Status.ARCHIVED)
    make_place(modalites_acces=["Ce lieu n'accueille pas de public"])
    make_place(latitude=None, longitude=None)

    found = diagnose(NOW)

    assert (figure(found).places, found.unlocated, figure(found).near15) == (1, 1, 0)


def test_without_people_nothing_is_said_of_access(client):
    make_territory("quartier", "Q1")
    make_place()

    told = figure(diagnose(NOW), ("quartier", "Q1"))

    assert (told.places, told.near10, told.per_ten_thousand) == (1, None, None)
    assert "on ne peut pas dire qui y a accès" in client.get("/diagnostic/").content.decode()


@pytest.mark.parametrize(
    ("horaires", "moments"),
    [
        ("Mo-Fr 09:00-12:00,14:00-18:00", set()),
        ("Tu 14:00-18:30", {"soir"}),
        ("Fr 20:00-02:00", {"soir"}),
        ("Sa 09:00-12:00", {"samedi"}),
        ("Sa 18:00-22:00", {"samedi"}),
        ("Mo-Su 10:00-19:00; PH off", {"soir", "samedi"}),
        ("24/7", {"soir", "samedi"}),
        ("", set()),
        ("sur rendez-vous", set()),
    ],
)
def test_moment_is_read_in_the_hours(horaires, moments):
    assert open_moments(horaires, MONDAY) == moments


def test_week_with_a_public_holiday_is_not_the_one_examined():
    assert examined_week(date(2026, 11, 9)) == date(2026, 11, 16)  # the 11th is a holiday
    assert examined_week(date(2026, 11, 17)) == date(2026, 11, 23)


def test_permanence_counts_for_moments_and_appointments():
    make_cell()
    place = make_place(horaires="Mo-Fr 09:00-12:00")
    make_permanence(place, horaires="Th 17:00-19:00", by_appointment=False)

    found = diagnose(NOW)

    keys = ("soir", "samedi", "sans-rendez-vous", "sur-rendez-vous")
    assert [figure(found, subject=f"moment:{key}").places for key in keys] == [1, 0, 1, 0]


# --- when it is computed


def test_visit_computes_again_only_when_the_data_moved(client):
    make_cell()
    make_place()
    client.get("/diagnostic/")
    first = Diagnosis.objects.get()

    client.get("/diagnostic/")
    assert Diagnosis.objects.get() == first
    make_place()
    client.get("/diagnostic/")

    assert Diagnosis.objects.get().places == 2


@pytest.mark.parametrize("cells", [1, 0])
def test_long_computation_is_left_to_the_command_and_the_page_says_so(client, monkeypatch, cells):
    """Reading the places takes time also where the population is not known."""
    monkeypatch.setattr(product, "MOST_AT_ONCE", 1)
    if cells:
        make_cell()
    make_place()
    diagnose(NOW)
    make_place()

    page = client.get("/diagnostic/").content.decode()

    assert Diagnosis.objects.get().places == 1
    assert "Les données ont changé depuis ce calcul" in page
    call_command("diagnose")
    assert "Les données ont changé" not in client.get("/diagnostic/").content.decode()


def test_each_month_is_kept_once_and_evolution_is_shown(client):
    make_cell()
    keep_month(NOW - timedelta(days=40))
    make_place()
    keep_month(NOW)
    keep_month(NOW + timedelta(days=1))

    page = client.get("/diagnostic/").content.decode()

    assert [kept.month for kept in Diagnosis.objects.kept()] == ["2026-10", "2026-11"]
    assert "Mois par mois" in page
    for text in (
        '<th scope="row">2026-10</th><td>0</td><td>0 %</td>',
        '<th scope="row">2026-11</th><td>1</td><td>100 %</td>',
    ):
        assert text in page.replace("\u202f", " ")


# --- pages and files


def test_page_says_the_city_the_qpv_and_the_rest(demo, client):
    page = (
        client.get("/diagnostic/", {"quoi": "services:emploi", "par": "iris"}).content.decode().replace("\u202f", " ")
    )
    found = current(DataVersion.objects.current(), timezone.now())
    shares = [round(figure(found, key, "services:emploi").near10 * 100) for key in (WHOLE, ALL_QPV, NOT_QPV)]

    assert f"{shares[0]} % des 89" in page
    assert f"Dans les quartiers prioritaires : {shares[1]} % ; dans le reste de la ville : {shares[2]} %." in page
    assert page.count('class="shape-area') == 38


def test_where_to_act_first_is_fragile_and_less_served_than_the_city(demo, client):
    answer = client.get("/diagnostic/", {"quoi": "services:emploi"})
    city = answer.context["city"].near10
    values = sorted(t.indicators["fragilite_numerique"] for t in Territory.objects.of_kind("iris"))

    firsts = answer.context["firsts"]

    told = {first.territory.code for first in firsts}
    near = {f.code: f.near10 for f in Figure.objects.filter(kind="iris", subject="services:emploi")}
    # The two top classes of five begin above the 23 least fragile of the 38.
    expected = {
        t.code
        for t in Territory.objects.of_kind("iris")
        if t.indicators["fragilite_numerique"] > values[22] and near[t.code] < city
    }
    assert told == expected != set()
    assert [first.people for first in firsts] == sorted((first.people for first in firsts), reverse=True)


def test_unknown_value_is_left_aside_and_said(client):
    page = client.get("/diagnostic/", {"quoi": "services:<script>", "par": "pays", "minutes": "7"}).content.decode()

    assert "Laissé de côté, car inconnu : services:&lt;script&gt;, pays, 7." in page


def test_files_hold_every_figure_of_the_command(demo, client, tmp_path):
    call_command("diagnose", csv=str(tmp_path / "d.csv"))

    told = list(csv.DictReader(io.StringIO(client.get("/diagnostic.csv").content.decode())))
    sheets = load_workbook(io.BytesIO(client.get("/diagnostic.ods").content))

    with (tmp_path / "d.csv").open(newline="") as file:
        assert told == list(csv.DictReader(file))
    assert len(told) == Figure.objects.count() == len(sheets.get_sheet_by_index(0).to_python()) - 1
    row = next(row for row in told if (row["sujet"], row["genre"], row["code"]) == ("lieux", "tout", ""))
    assert (row["lieux"], row["nom"]) == ("40", "ensemble")
    assert sheets.sheet_names == ["Chiffres", "Méthode"]


def test_command_fails_with_a_sentence_when_it_cannot_write(capsys):
    with pytest.raises(CommandError, match="ne peut pas être écrit"):
        call_command("diagnose", csv="/nulle/part.csv")


def test_page_asks_as_many_queries_for_twice_the_territories(client):
    def queries() -> int:
        client.get("/diagnostic/?par=iris")
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get("/diagnostic/?par=iris")
        return len(caught)

    for number in range(4):
        make_cell(
            str(number), territories=[make_territory("iris", f"I{number}", indicators={"fragilite_numerique": number})]
        )
        make_place()
    before = queries()
    for number in range(4, 8):
        make_cell(
            str(number), territories=[make_territory("iris", f"I{number}", indicators={"fragilite_numerique": number})]
        )
        make_place()

    assert queries() == before


# --- figures to show


def test_city_figures_are_those_of_the_base(demo, client):
    place = Place.objects.published().first()
    Place.objects.filter(pk=place.pk).update(verified_on=timezone.localdate())

    page = client.get("/en-chiffres/").content.decode()

    assert "<dd>40</dd>" in page
    assert f"lieux vérifiés en {timezone.localdate().year}</dt><dd>1</dd>" in page
    assert "(QPV) qui ont un lieu</dt><dd>2 / 3</dd>" in page


def test_only_the_embedded_figures_may_be_framed(client, settings):
    settings.EMBED_HOSTS = ["https://www.ville-roubaix.fr"]

    alone, framed = client.get("/en-chiffres/"), client.get("/en-chiffres/", {"integration": "1"})

    assert "frame-ancestors 'none'" in alone["Content-Security-Policy"]
    assert alone["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'self' https://www.ville-roubaix.fr" in framed["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed
    assert "script" not in framed.content.decode()
