"""Places that may be one: what looks alike, what never does, what a human decides, and where old links lead."""

import csv
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from places import history, likeness, merging
from places.admin.tasks import tasks
from places.duplicates import duplicates_of, find
from places.geo import Point
from places.importing import import_places
from places.kinds import kinds_of
from places.likeness import THRESHOLD, Candidate, compare, proposed_pairs
from places.models import Duplicate, Permanence, Place, Revision, Source
from places.standard import Lists, read_row
from tests.factories import make_permanence, make_place
from tests.test_admin import IMAGE, SCRIPT, Elements, FilledForm, run_action

ROOT = Path(__file__).parent.parent
DEMO = ROOT / "fixtures" / "roubaix_lieux.csv"
REGION = ROOT / "tests" / "data" / "hauts_de_france_lieux.csv"
HERE = Point(50.6900, 3.1800)
NEAR = Point(50.6901, 3.1800)  # 11 m
NOBODY = ("prenom.nom@exemple.fr",)
FAR = Point(50.7100, 3.1800)  # 2.2 km


def candidate(nom: str, adresse: str = "", point: Point | None = None, /, key: str = "", **values) -> Candidate:
    values = {"commune": "Roubaix", "code_postal": "59100"} | values
    return Candidate(key or f"{nom} {adresse} {point}", nom, adresse, point=point, **values)


def proposed(one: Candidate, other: Candidate) -> bool:
    return compare(one, other).proposed


# --- what is one place
SAME = {
    "to the letter": (
        candidate("Le Fil de l’Épeule", "132 rue des Arts", HERE, key="a"),
        candidate("Le Fil de l’Épeule", "132 rue des Arts", HERE, key="b"),
    ),
    "capitals, accents, initials": (
        candidate("C.C.A.S. de Roubaix", "9 RUE PELLART", HERE),
        candidate("Centre Communal d’Action Sociale", "9 rue Pellart", NEAR),
    ),
    "abbreviation that the reference misses at 83": (
        candidate("Maison des Solidarités de Cournon", "34 place Joseph Gardet", HERE, commune="Cournon"),
        candidate("MDS Cournon", "34 place Joseph Gardet", NEAR, commune="Cournon"),
    ),
    "MNS and UTPAS": (
        candidate("Maison Nord Solidarités Roubaix Ville", "15 rue Sainte-Élisabeth", HERE),
        candidate("MNS Roubaix Ville", "15 rue Ste Elisabeth", HERE),
    ),
    "town hall by its three names": (
        candidate("COMMUNE D'AMIENS", "PL DE L HOTEL DE VILLE", HERE, commune="AMIENS CEDEX 1"),
        candidate("Mairie d’Amiens", "Place de l’Hôtel de Ville", NEAR, commune="Amiens"),
    ),
    "mission locale": (
        candidate("ML Roubaix", "92 av Jean-Baptiste Lebas", HERE),
        candidate("Mission locale de Roubaix", "92 avenue Jean-Baptiste-Lebas", HERE),
    ),
    "library and its synonym": (
        candidate("Bibliothèque", "4 rue du 11 novembre", HERE),
        candidate("Médiathèque de Roubaix", "4 rue du 11 novembre", HERE),
    ),
    "France services and its older name": (
        candidate("MSAP Wallers", "69 rue Michel Rondet", HERE),
        candidate("Espace France Services", "69 avenue Michel Rondet", NEAR),
    ),
    "comment in the street": (
        candidate("Emmaüs Connect", "12 rue Jean Moulin (chez la Croix-Rouge)", HERE),
        candidate("Emmaüs Connect", "12 rue Jean Moulin", HERE),
    ),
    "two house numbers of one gate": (
        candidate("Maison de l’Habitat", "9-11 rue des Fabricants", HERE),
        candidate("Maison de l’Habitat", "11 bis rue des Fabricants", HERE),
    ),
    "letter mistyped": (
        candidate("Relais Socail Lamartine", "400 boulevard Beauvillé", HERE),
        candidate("Relais social Lamartinne", "400 bd Beauville", HERE),
    ),
    "no point, same street": (
        candidate("Parkour 59", "10 rue de Babylone"),
        candidate("PARKOUR 59", "Rue de Babylone", HERE),
    ),
    "moved, same contacts": (
        candidate("Relais social", "17 rue Foch", HERE, telephone="+33322490110", courriels=("a@b.fr",)),
        candidate("Relais social", "400 boulevard Beauvillé", HERE, telephone="+33322490110", courriels=("a@b.fr",)),
    ),
    "badly located, same contacts": (
        candidate("CCAS de Roubaix", "9 rue Pellart", HERE, telephone="+33320815757"),
        candidate("CCAS de Roubaix", "9 rue Pellart", FAR, telephone="+33320815757"),
    ),
    "same kinds in another order": (
        candidate("Médiathèque – espace numérique", "2 rue Pierre Motte", HERE),
        candidate("Espace numérique, médiathèque", "2 rue Pierre Motte", HERE),
    ),
    "kind said by one of them only": (
        candidate("La Grand-Plage", "2 rue Pierre Motte", HERE),
        candidate("Médiathèque La Grand-Plage", "2 rue Pierre Motte", HERE),
    ),
    "town said with its postal suffix": (
        candidate("Parkour 59", "10 rue de Babylone", commune="St Quentin", code_postal="02100"),
        candidate("Parkour 59", "10 rue de Babylone", commune="SAINT-QUENTIN CEDEX", code_postal="02109"),
    ),
}

# --- what is not
DIFFERENT = {
    "library in its town hall": (
        candidate("Médiathèque Jean Macé", "1 place de la Mairie", HERE, telephone="+33320815757"),
        candidate("Mairie", "1 place de la Mairie", HERE, telephone="+33320815757"),
    ),
    "library named after its town hall": (
        candidate("Bibliothèque de la mairie", "1 place de la Mairie", HERE),
        candidate("Mairie", "1 place de la Mairie", HERE),
    ),
    "department and its Maison des solidarités": (
        candidate("Département du Nord", "15 rue Sainte-Élisabeth", HERE, pivot="22590001800015"),
        candidate("Maison Nord Solidarités", "15 rue Sainte-Élisabeth", HERE, pivot="22590001800015"),
    ),
    "CCAS and France services, one switchboard": (
        candidate("CCAS de Bergues", "1 avenue de la Liberté", HERE, telephone="+33328659380"),
        candidate("France services de Bergues", "1 avenue de la Liberté", HERE, telephone="+33328659380"),
    ),
    "post office and social centre": (
        candidate("La Poste Roubaix Alma", "177 rue de l’Alma", HERE),
        candidate("Centre social de l’Alma", "177 rue de l’Alma", HERE),
    ),
    "bus and the counter it leaves from": (
        candidate("Bus France services de Lens", "49 place de Gaulle", HERE),
        candidate("France services de Lens", "49 place de Gaulle", HERE),
    ),
    "kind said by the typology": (
        candidate("La Grand-Plage", "2 rue Pierre Motte", HERE, typologie=("BIB",)),
        candidate("La Grand-Plage", "2 rue Pierre Motte", HERE, typologie=("CCAS",)),
    ),
    "generic names that differ by one letter": (
        candidate("Maison des Habitant.es A", "1 rue Foch", HERE),
        candidate("Maison des Habitant.es B", "1 rue Foch", NEAR),
    ),
    "numbered twins": (
        candidate("Résidence Jean Moulin 1", "1 rue Foch", HERE),
        candidate("Résidence Jean Moulin 2", "1 rue Foch", HERE),
    ),
    "two associations in one house": (
        candidate("Association Cardan", "27 rue Jean Bart", HERE),
        candidate("Association Ava", "27 rue Jean Bart", HERE),
    ),
    "branches of one chain without points": (
        candidate("Emmaüs Connect", "83 rue de l’Abbé Aerts"),
        candidate("Emmaüs Connect", "13 rue de Babylone"),
    ),
    "branches of one chain, one point": (
        candidate("Emmaüs Connect", "83 rue de l’Abbé Aerts", HERE),
        candidate("Emmaüs Connect", "13 rue de Babylone"),
    ),
    "branches of one chain, far apart": (
        candidate("Emmaüs Connect", "", HERE),
        candidate("Emmaüs Connect", "", FAR),
    ),
    "libraries that share the town’s SIRET and telephone": (
        candidate("Bibliothèque Aimé Césaire", "1 rue Foch", HERE, pivot="21590512200016", telephone="+33320815757"),
        candidate("Bibliothèque Jean Macé", "8 rue Hugo", FAR, pivot="21590512200016", telephone="+33320815757"),
    ),
    "bare names, far apart, one switchboard": (
        candidate("Bibliothèque", "1 rue Foch", HERE, pivot="21590512200016", telephone="+33320815757"),
        candidate("Bibliothèque municipale", "8 rue Hugo", FAR, pivot="21590512200016", telephone="+33320815757"),
    ),
    "unknown SIRET, telephone and e-mail that stand for none": (
        candidate(
            "Zèbre", "1 rue Foch", HERE, pivot="0" * 14, telephone="+33600000000", courriels=("prenom.nom@a.fr",)
        ),
        candidate("Lion", "1 rue Foch", HERE, pivot="0" * 14, telephone="+33600000000", courriels=("prenom.nom@a.fr",)),
    ),
    "two towns of one postcode": (
        candidate("Mairie", "Place de la Mairie", commune="Quéant", code_postal="62860"),
        candidate("Mairie", "Place de la Mairie", commune="Marquion", code_postal="62860"),
    ),
    "two towns of one name": (
        candidate("Mairie", "Place de la Mairie", commune="Saint-Denis", code_postal="93200"),
        candidate("Mairie", "Place de la Mairie", commune="Saint-Denis", code_postal="97400"),
    ),
    "town unknown": (
        candidate("Parkour 59", "10 rue de Babylone", commune="", code_postal=""),
        candidate("Parkour 59", "10 rue de Babylone"),
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_one_place_described_twice_is_proposed(pair):
    assert proposed(*pair), compare(*pair)


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_two_places_are_not_proposed(pair):
    assert not proposed(*pair), compare(*pair)


@pytest.mark.parametrize(
    ("nom", "said"),
    [
        ("France services Mairie de Roubaix Quartier des 3 Ponts", ("france services", "mairie")),
        ("Mairie de quartier Ouest", ("mairie annexe",)),
        ("Centre social et culturel Jacques-Yves Cousteau", ("centre social",)),
        ("Ville de Laventie", ("mairie",)),
        ("Maison Nord Solidarités Roubaix Ville", ("solidarités du département",)),
        ("CC DU TERRITOIRE NORD PICARDIE", ("intercommunalité",)),
        ("M.J.C. du Vert Bois", ("MJC",)),
        ("Campus connecté", ()),
        ("Le Fil de l’Épeule", ()),
    ],
)
def test_name_says_its_kinds(nom, said):
    assert kinds_of(nom).said == said


def test_evidence_is_told_in_words_and_what_is_missing_says_nothing():
    one = candidate("CCAS", "9 rue Pellart", HERE, telephone="+33320815757", pivot="26590512500018")
    other = candidate("CCAS", "9 rue Pellart", telephone="+33320815757", pivot="26590512500018")

    likely = compare(one, other)

    assert [(e.signal, e.score) for e in likely.evidence] == [
        ("name", 100),
        ("street", 100),
        ("distance", None),
        ("telephone", 100),
        ("pivot", 100),
    ]
    assert "elle ne dit rien" in likely.evidence[2].words


def test_guard_names_the_two_kinds():
    likely = compare(candidate("Médiathèque", "1 rue Foch", HERE), candidate("Mairie", "1 rue Foch", HERE))

    assert "mairie" in likely.guard
    assert "bibliothèque" in likely.guard


def test_metres_count_the_same_eastward_and_northward():
    start = candidate("Parkour", "", HERE)
    east = candidate("Parkour", "", Point(50.69, 3.18 + 0.00426))  # 300 m
    north = candidate("Parkour", "", Point(50.69 + 0.0027, 3.18))

    assert compare(start, east).evidence[2] == compare(start, north).evidence[2]


# --- properties
NAMES = (
    "Médiathèque|Mairie|Espace numérique|Emmaüs Connect|Centre social Jean Moulin|Centre social Jean Macé|CCAS|"
    "Maison des Habitants A|Fil de l’Épeule|Le Fil de l’Epeulle|France services|Bus France services|Parkour 59||!|é"
).split("|")
STREETS = "|9 rue Pellart|9-11 rue des Fabricants|11 rue des Fabriquants (chez Ida)|Rue Pellart|1|place".split("|")
points = st.none() | st.builds(Point, st.floats(50.68, 50.70, allow_nan=False), st.floats(3.17, 3.19, allow_nan=False))
candidates = st.builds(
    Candidate,
    key=st.uuids().map(str),
    nom=st.sampled_from(NAMES) | st.text(max_size=30),
    adresse=st.sampled_from(STREETS) | st.text(max_size=30),
    code_postal=st.sampled_from(["59100", "59200", ""]),
    commune=st.sampled_from(["Roubaix", "ROUBAIX CEDEX", "Tourcoing", ""]),
    point=points,
    pivot=st.sampled_from(["0" * 14, "26590512500018", ""]),
    telephone=st.sampled_from(["", "+33320815757", "+33600000000"]),
    courriels=st.sampled_from([(), ("a@b.fr",), ("prenom.nom@b.fr",)]),
    typologie=st.sampled_from([(), ("BIB",), ("CCAS", "MUNI")]),
)


@settings(deadline=None)
@given(candidates, candidates)
def test_likeness_is_symmetric_and_in_range(one, other):
    assert compare(one, other) == compare(other, one)
    assert 0 <= compare(one, other).score <= 100


@settings(deadline=None)
@given(candidates, candidates, st.booleans())
def test_missing_coordinates_never_score_more_than_the_same_spot(one, other, both):
    together = compare(replace(one, point=HERE), replace(other, point=HERE)).score
    without = compare(replace(one, point=None), replace(other, point=None if both else HERE)).score

    assert without <= together
    # Nor do they count for anything: the score is that of the other signals alone.
    silent = compare(replace(one, point=None), replace(other, point=None)).score
    assert without == silent


@settings(deadline=None)
@given(candidates)
def test_place_is_like_itself(one):
    assume(one.words)

    twin = compare(one, replace(one, key="twin"))

    assert twin.score == 100
    assert "genres" not in twin.guard


# --- which pairs are compared
def invented_town(size: int, seed: int, variety: int = 40) -> list[Candidate]:
    """Candidates of two towns with everything that makes pairs: twins, typing mistakes, bare names, missing parts."""
    chance = Random(seed)
    kinds = ["Médiathèque", "Mairie", "CCAS", "Centre social", "Association", "France services", "Bus", ""]
    first = "Jean Louise Victor Marie Émile Rosa Jules Martine Nelson Olympe".split()
    last = [f"{a}{b}{c}" for a in ("Mou", "Ma", "Hu", "Ju") for b in ("lin", "go", "ret") for c in ("", "tte", "ard")]
    made = []
    for number in range(size):
        name = " ".join(filter(None, [chance.choice(kinds), chance.choice(first), chance.choice(last[:variety])]))
        if chance.random() < 0.15:
            name = chance.choice(kinds) or "Association"
        if chance.random() < 0.2 and len(name) > 6:
            place = chance.randrange(len(name))
            name = name[:place] + chance.choice(["", "e", name[place] * 2]) + name[place + 1 :]
        town, code = chance.choice([("Roubaix", "59100"), ("ROUBAIX CEDEX 1", "59060"), ("Croix", "59170")])
        point = Point(50.68 + chance.random() / 100, 3.17 + chance.random() / 100)
        made.append(
            Candidate(
                key=f"{number:05}",
                nom=name,
                adresse=f"{chance.randrange(1, 9)} rue {chance.choice(last[:12])}" if chance.random() < 0.8 else "",
                commune=town if chance.random() < 0.9 else "",
                code_postal=code if chance.random() < 0.9 else "",
                point=point if chance.random() < 0.7 else None,
                telephone=f"+3332081575{chance.randrange(9)}" if chance.random() < 0.3 else "",
                courriels=(f"a{chance.randrange(20)}@b.fr",) if chance.random() < 0.2 else (),
                pivot=f"2659051250001{chance.randrange(9)}" if chance.random() < 0.3 else "0" * 14,
            )
        )
    return made


@pytest.mark.parametrize("seed", range(4))
def test_every_pair_that_brute_force_finds_is_found(seed):
    town = invented_town(160, seed, variety=9)

    found = {(pair.one.key, pair.other.key): pair.likeness for pair in proposed_pairs(town)}

    brute = {
        (one.key, other.key): likely for one, other in combinations(town, 2) if (likely := compare(one, other)).proposed
    }
    assert found == brute
    assert len(brute) > 10


def test_pairs_come_best_first():
    scores = [pair.likeness.score for pair in proposed_pairs(invented_town(160, 1))]

    assert scores == sorted(scores, reverse=True)


def test_new_candidates_are_compared_with_each_other_and_with_the_rest_only():
    town = invented_town(120, 9)
    new = {one.key for one in town[:30]}

    found = {(pair.one.key, pair.other.key) for pair in proposed_pairs(town, new=30)}

    every = {(pair.one.key, pair.other.key) for pair in proposed_pairs(town)}
    assert found == {pair for pair in every if new & {*pair}}


def test_few_pairs_of_a_large_town_are_compared():
    """Two thousand places of one commune make two million pairs."""
    town = invented_town(2000, 3)

    compared = sum(1 for _pair in likeness._worth_comparing(town, len(town)))

    assert compared < 2000 * 1999 / 2 / 4


def crowd(size: int) -> list[Candidate]:
    """Places of one town whose bare name and SIRET are the same, each in its street."""
    return [
        candidate("Médiathèque", f"{n % 90} rue {chr(97 + n % 26) * 6}", key=f"{n:05}", pivot="26590512500013")
        for n in range(size)
    ]


def test_comparisons_of_a_crowd_grow_as_it_does():
    """Three thousand places of one town under one SIRET would make four million pairs."""
    compared = [sum(1 for _pair in likeness._worth_comparing(crowd(size), size)) for size in (1000, 3000)]

    assert compared[0] < 1000 * likeness.CROWD
    assert compared[1] <= 3 * compared[0] * 1.1


def test_twins_are_found_in_a_crowd():
    twins = [
        candidate("Mediathèque", "4 bis r. des Arts", HERE, key="x", pivot="26590512500013"),
        candidate("Médiathèque", "4 rue des Arts", NEAR, key="y", pivot="26590512500013"),
    ]

    found = {(pair.one.key, pair.other.key) for pair in proposed_pairs([twins[0], *crowd(1000), twins[1]])}

    assert ("x", "y") in found


# --- real files
def read(path: Path) -> list[Candidate]:
    with path.open(newline="") as file:
        rows = [read_row(row, Lists({})).values for row in csv.DictReader(file)]
    return [Candidate.of(row["id"], row) for row in rows]


def test_demo_holds_neighbours_and_no_duplicate():
    """71 avenue de Verdun, 9-11 rue des Fabricants, the CCAS in the mairies de quartier: bodies under one roof."""
    demo = read(DEMO)

    assert proposed_pairs(demo) == []
    assert [likely.guard for one, other in combinations(demo, 2) if (likely := compare(one, other)).score >= THRESHOLD]


def test_region_gives_its_true_duplicates_first():
    pairs = proposed_pairs(read(REGION))

    found = {frozenset({pair.one.nom, pair.other.nom}) for pair in pairs}

    assert {
        frozenset({"COMMUNE D'AMIENS", "Mairie d' AMIENS"}),
        frozenset({"Mediathèque", "Médiathèque de Laventie"}),
        frozenset({"CROIX ROUGE FRANCAISE", "Pôle Croix - Rouge française de Chauny"}),
        frozenset({"Espace France Services", "France services de Beaurieux"}),
        frozenset({"Relais Social", "Relais Sociale"}),
        frozenset({"INTERFACES"}),
    } <= found
    for never in (
        {"France Services", "Mediathèque"},
        {"MDSI MOREUIL", "ESPACE FRANCE SERVICES"},
        {"Mairie de Beaurieux", "France services de Beaurieux"},
        {"Centre Social Espace Carnot", "France services Espace Carnot Le Portel"},
        {"France services Pimms Médiation de Lens", "Bus France services Pimms Médiation Lens"},
    ):
        assert frozenset(never) not in found
    # 9 rows « ESPACE FORT » of one address make 36 pairs.
    assert len(found) == 34
    assert len(pairs) == 71


# --- the list that waits
@pytest.fixture
def twins(db) -> tuple[Place, Place]:
    """Two descriptions of one place."""
    one = make_place(id="a", nom="Le Fil de l’Épeule", adresse="132 rue des Arts", telephone="", services=["emploi"])
    other = make_place(
        id="b",
        nom="LE FIL DE L'EPEULE",
        adresse="132 rue des Arts",
        telephone="+33320815757",
        services=["acces-materiel"],
    )
    return one, other


@pytest.fixture
def pair(twins) -> Duplicate:
    find(apply=True)
    return Duplicate.objects.get()


def test_command_tells_the_pairs_and_writes_nothing(twins, capsys):
    call_command("find_duplicates")

    told = capsys.readouterr().out
    assert "1 doublon possible." in told
    for words in ("Même nom.", "Même rue.", "LE FIL DE L'EPEULE", "[a]", "[b]", "Rien n’a été écrit."):
        assert words in told
    assert not Duplicate.objects.exists()


def test_command_puts_each_pair_once_on_the_list(twins, capsys):
    call_command("find_duplicates", apply=True)
    call_command("find_duplicates", apply=True)

    pair = Duplicate.objects.get()
    assert (pair.one_id, pair.other_id, pair.decision) == ("a", "b", "")
    assert pair.score == 100
    assert pair.evidence[0] == {"signal": "name", "score": 100, "words": "Même nom."}


def test_pair_that_no_longer_looks_alike_leaves_the_list(pair):
    other = pair.other
    other.nom, other.adresse = "Parkour 59", "10 rue de Babylone"
    history.save([other], origin=Revision.Origin.COMMAND)

    found = find(apply=True)

    assert (found.pairs, found.gone) == ([], 1)
    assert not Duplicate.objects.exists()


def test_archived_places_are_nobodys_duplicate(twins):
    one, _other = twins
    one.status = Place.Status.ARCHIVED
    history.save([one], origin=Revision.Origin.COMMAND)

    assert find().pairs == []


def test_pair_declared_distinct_is_never_proposed_again(pair, django_user_model):
    merging.part_pair(pair, author=None, reason="Deux étages")

    assert find(apply=True).pairs == []
    pair.refresh_from_db()
    assert pair.decision == Duplicate.Decision.DISTINCT


def test_distinct_holds_for_what_the_place_was_merged_into(pair):
    """b is not a; b becomes c: then c is not a either."""
    merging.part_pair(pair, author=None)
    third = make_place(id="c", nom="Le Fil de l’Épeule", adresse="132 rue des Arts")
    merging.merge(third, pair.other, {}, author=None)

    assert find().pairs == []


def test_finding_asks_as_many_questions_of_the_base_for_twice_the_places(db):
    def questions() -> int:
        with CaptureQueriesContext(connection) as queries:
            find(apply=True)
        return len(queries)

    for number in range(4):
        make_place(nom=f"Lieu {'abcd'[number]}", adresse="")
        make_place(nom=f"Lieu {'abcd'[number]}", adresse="")
    find(apply=True)
    once = questions()
    for number in range(4):
        make_place(nom=f"Lieu {'efgh'[number]}", adresse="")
        make_place(nom=f"Lieu {'efgh'[number]}", adresse="")
    find(apply=True)

    assert questions() == once


# --- records of a file
def record(**values) -> dict:
    values = {"id": "1", "nom": "Le Fil de l’Épeule", "adresse": "132 rue des Arts", "commune": "Roubaix"} | values
    return {"code_postal": "59100", "pivot": "0" * 14} | values


def keys(pairs) -> list[tuple[str, str]]:
    return [(pair.one.key, pair.other.key) for pair in pairs]


def test_records_are_compared_in_their_file_and_with_the_base(twins):
    found = duplicates_of([record(id="x"), record(id="y"), record(id="z", nom="Parkour")])

    assert set(keys(found)) == {("x", "y"), ("a", "x"), ("b", "x"), ("a", "y"), ("b", "y")}


def test_record_that_the_base_holds_stands_for_its_place(twins):
    source = Source.objects.create(name="Région")
    one, _other = twins
    one.import_source, one.source_id = source, "17"
    history.save([one], origin=Revision.Origin.COMMAND)

    assert keys(duplicates_of([record(id="17")], source=source)) == [("a", "b")]
    assert keys(duplicates_of([record(id="a")])) == [("a", "b")]


def test_record_with_the_id_of_a_place_of_another_source_is_compared_with_it(twins):
    source = Source.objects.create(name="Région")

    found = duplicates_of([record(id="a")], source=source)

    assert set(keys(found)) == {("a", "a (fichier)"), ("a (fichier)", "b")}


def test_record_of_a_place_declared_distinct_or_merged_is_not_proposed(pair):
    merging.part_pair(pair, author=None)
    assert duplicates_of([record(id="a")]) == []

    merging.reopen_pair(pair, author=None)
    merging.merge_pair(pair, "b", {}, author=None)
    assert duplicates_of([record(id="a")]) == []


def test_command_compares_a_file_and_refuses_to_write_it(twins, capsys):
    call_command("find_duplicates", file=str(DEMO))

    told = capsys.readouterr().out
    assert "2 doublons possibles." in told
    assert "[cnfs-62efde5aa97f6105b212d156]" in told
    with pytest.raises(CommandError, match="sans --apply"):
        call_command("find_duplicates", file=str(DEMO), apply=True)


@pytest.mark.parametrize(("content", "sentence"), [(b"", "vide"), (b"a,b\n1,2\n", "standard national")])
def test_command_says_which_file_cannot_be_read(db, tmp_path, content, sentence):
    path = tmp_path / "lieux.csv"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=sentence):
        call_command("find_duplicates", file=str(path))


# --- merging
def test_merge_archives_one_gives_the_other_its_values_and_aliases_and_tells_it(pair, django_user_model):
    author = django_user_model.objects.create_user("samira")
    pair.other.aliases = ["ancien"]
    history.save([pair.other], origin=Revision.Origin.COMMAND)
    revisions = Revision.objects.count()

    merging.merge_pair(pair, "a", {"telephone": "+33320815757"}, author=author, reason="Vu sur place")

    kept, gone = Place.objects.get(pk="a"), Place.objects.get(pk="b")
    assert (kept.telephone, kept.aliases, kept.status) == ("+33320815757", ["b", "ancien"], "published")
    assert (gone.status, gone.merged_into) == ("archived", kept)
    told, lost = kept.revisions.first(), gone.revisions.first()
    assert Revision.objects.count() == revisions + 2
    assert told.changes == {"telephone": ["", "+33320815757"], "aliases": [[], ["b", "ancien"]]}
    assert lost.changes == {"status": ["published", "archived"], "merged_into": [None, "a"]}
    assert (told.author, lost.author) == (author, author)
    assert told.reason.endswith("(b). Vu sur place")
    assert lost.reason.endswith("(a). Vu sur place")
    pair.refresh_from_db()
    assert (pair.decision, pair.decided_by, pair.reason) == ("merged", author, "Vu sur place")


def test_merge_moves_permanences_and_history_tells_it(pair):
    make_permanence(pair.one, title="Atelier")
    moved = make_permanence(pair.other, title="Écrivain public", langues=["turc"])

    merging.merge_pair(pair, "a", {}, author=None)

    kept, gone = Place.objects.get(pk="a"), Place.objects.get(pk="b")
    assert [p.title for p in kept.permanences.all()] == ["Atelier", "Écrivain public"]
    assert (kept.offered_langues.values, gone.offered_langues.values) == (["turc"], [])
    [before, after] = kept.revisions.first().changes["permanences"]
    assert ([p["title"] for p in before], [p["title"] for p in after]) == (["Atelier"], ["Atelier", "Écrivain public"])
    assert gone.revisions.first().changes["permanences"] == [[moved.snapshot()], []]


def test_merge_leaves_a_permanence_that_both_have_where_it_is(pair):
    for place in (pair.one, pair.other):
        make_permanence(place, title="Atelier", horaires="Tu 09:00-12:00")

    merging.merge_pair(pair, "a", {}, author=None)

    assert Permanence.objects.filter(place="a").count() == 1
    assert Permanence.objects.filter(place="b").count() == 1


def test_long_names_do_not_break_the_reason(pair):
    pair.other.nom = "x" * 300
    history.save([pair.other], origin=Revision.Origin.COMMAND)

    merging.merge_pair(pair, "a", {}, author=None, reason="y" * 200)

    reason = Place.objects.get(pk="a").revisions.first().reason
    assert len(reason) == 300
    assert reason.endswith("…")


def test_interrupted_merge_writes_nothing(pair, monkeypatch):
    def fail(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(merging, "_decide", fail)
    with pytest.raises(KeyboardInterrupt):
        merging.merge_pair(pair, "a", {"telephone": "+33320815757"}, author=None)

    assert [*Place.objects.order_by("pk").values_list("status", "telephone", "merged_into")] == [
        ("published", "", None),
        ("published", "+33320815757", None),
    ]


def test_merged_place_cannot_be_merged_again(pair):
    third = make_place(id="c")
    merging.merge_pair(pair, "a", {}, author=None)

    for kept, gone in ((third, pair.other), (pair.other, third)):
        with pytest.raises(merging.Refused, match="archivé ou fusionné"):
            merging.merge(kept, gone, {}, author=None)


def test_undone_merge_brings_back_place_aliases_and_permanences(pair):
    make_permanence(pair.other, title="Écrivain public")
    merging.merge_pair(pair, "a", {"telephone": "+33320815757"}, author=None)

    merging.reopen_pair(pair, author=None)

    kept, gone = Place.objects.get(pk="a"), Place.objects.get(pk="b")
    assert (gone.status, gone.merged_into, kept.aliases) == ("published", None, [])
    assert [p.title for p in gone.permanences.all()] == ["Écrivain public"]
    assert kept.telephone == "+33320815757"
    assert {*gone.revisions.first().changes} == {"status", "merged_into", "permanences"}
    assert Duplicate.objects.waiting().get() == pair
    with pytest.raises(merging.Refused, match="déjà été défaite"):
        merging.reopen_pair(pair, author=None)


def test_merge_under_another_one_is_undone_in_order(pair):
    third = make_place(id="c", nom="Le Fil de l’Épeule", adresse="132 rue des Arts")
    merging.merge_pair(pair, "a", {}, author=None)
    merging.merge(third, pair.one, {}, author=None)

    with pytest.raises(merging.Refused, match="à son tour"):
        merging.reopen_pair(pair, author=None)

    assert Place.objects.get(pk="c").aliases == ["a", "b"]


def test_source_row_of_the_gone_place_neither_resurrects_it_nor_creates_another(db, tmp_path):
    path = tmp_path / "lieux.csv"
    header = "id,pivot,nom,commune,code_postal,adresse,date_maj\n"
    row = ",43493312300029,Fil de l’Épeule,Roubaix,59100,132 rue des Arts,2026-01-02\n"
    path.write_text(header + "1" + row + "2" + row)
    import_places(str(path), source_name="Région", apply=True)
    find(apply=True)
    merging.merge_pair(Duplicate.objects.get(), "1", {}, author=None)

    path.write_text(header + "1" + row + "2" + row.replace("132", "134"))
    import_places(str(path), source_name="Région", apply=True)

    assert [*Place.objects.order_by("pk").values_list("pk", "status", "merged_into")] == [
        ("1", "published", None),
        ("2", "archived", "1"),
    ]


def test_merged_place_stays_archived_until_the_merge_is_undone(pair):
    merging.merge_pair(pair, "a", {}, author=None)
    gone = Place.objects.get(pk="b")
    gone.status = Place.Status.PUBLISHED

    with pytest.raises(ValidationError, match="reste archivé"):
        gone.clean()


def test_action_of_the_list_does_not_publish_a_merged_place(desk, pair):
    merging.merge_pair(pair, "a", {}, author=None)

    run_action(desk, "publish", Place.objects.filter(pk="b"))

    assert Place.objects.get(pk="b").status == "archived"


# --- old links
def test_old_address_leads_for_good_to_the_kept_card_with_its_question(client, pair):
    merging.merge_pair(pair, "a", {}, author=None)

    answer = client.get(pair.other.get_absolute_url() + "?services=emploi&q=caf%C3%A9")

    assert answer.status_code == 301
    assert answer.url == pair.one.get_absolute_url() + "?services=emploi&q=caf%C3%A9"
    assert client.get(answer.url).context["place"] == pair.one
    assert client.get(pair.other.get_absolute_url()).url == pair.one.get_absolute_url()


def test_chain_of_merges_ends_at_the_last(client, pair):
    third = make_place(id="c", nom="Autre")
    merging.merge_pair(pair, "a", {}, author=None)
    merging.merge(third, pair.one, {}, author=None)

    for place in (pair.one, pair.other):
        assert client.get(place.get_absolute_url()).url == third.get_absolute_url()


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_old_address_of_a_place_the_public_may_not_see_is_not_found(client, pair, status):
    merging.merge_pair(pair, "a", {"status": status}, author=None)

    assert client.get(pair.other.get_absolute_url()).status_code == 404


def test_archived_place_that_was_not_merged_is_not_found(client, db):
    place = make_place(status="archived")

    assert client.get(place.get_absolute_url()).status_code == 404


# --- the desk
@pytest.fixture
def desk(client, db):
    user = User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")
    client.force_login(user)
    return client


def address(pair: Duplicate) -> str:
    return reverse("admin:places_duplicate_change", args=[pair.pk])


LIST = "/admin/places/duplicate/"


def said(answer) -> list[str]:
    return [str(message).replace("\u00a0", " ") for message in answer.context["messages"]]


def form(client, pair: Duplicate, **changes) -> dict:
    return FilledForm(client.get(address(pair)).text).sent | changes


def test_list_shows_what_waits_best_first(desk, pair):
    make_place(id="c", nom="Parkour 59", adresse="10 rue de Babylone")
    make_place(id="d", nom="Parkour 59", adresse="12 rue de Babylone")
    find(apply=True)
    decided = Duplicate.objects.create(one_id="a", other_id="c", score=90, decision="distinct")

    waiting = desk.get(LIST).context["cl"].result_list
    every = desk.get(LIST, {"decision": "toutes"}).context["cl"].result_list

    assert [(p.one_id, p.other_id) for p in waiting] == [("a", "b"), ("c", "d")]
    assert {*every} == {*waiting, decided}
    assert [p.one_id for p in desk.get(LIST, {"q": "parkour"}).context["cl"].result_list] == ["c"]


def test_list_asks_as_many_questions_of_the_base_for_twice_the_pairs(desk, db):
    def questions() -> int:
        desk.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            desk.get(LIST)
        return len(queries)

    places = [make_place() for _number in range(9)]
    Duplicate.objects.bulk_create(Duplicate(one=places[0], other=place, score=80) for place in places[1:5])
    once = questions()
    Duplicate.objects.bulk_create(Duplicate(one=places[0], other=place, score=80) for place in places[5:])

    assert questions() == once


def test_page_marks_each_difference_in_words_and_fills_blanks(desk, pair):
    page = desk.get(address(pair), {"garder": "one"})

    choices = {
        topic.name: (topic.mark, *(option.side for option in options if option.checked))
        for topic, _field, options in page.context["choices"]
    }
    assert choices == {
        "nom": ("différent", "one"),
        "telephone": ("seulement dans la fiche 2", "other"),
        "services": ("différent", "one"),
    }
    assert "seulement dans la fiche 2" in page.text
    services = next(options for topic, _f, options in page.context["choices"] if topic.name == "services")
    assert [option.side for option in services] == ["one", "other", "both"]


def test_page_suggests_to_keep_the_fuller_place_and_lets_the_human_change(desk, pair):
    first, second = desk.get(address(pair)), desk.get(address(pair), {"garder": "one"})

    assert [sheet.kept for sheet in first.context["sheets"]] == [False, True]
    assert [sheet.kept for sheet in second.context["sheets"]] == [True, False]


def test_page_asks_a_constant_number_of_questions(desk, pair):
    desk.get(address(pair))
    with CaptureQueriesContext(connection) as queries:
        desk.get(address(pair))

    assert len(queries) <= 12


def test_human_merges_with_the_values_that_were_chosen(desk, pair):
    sent = form(desk, pair) | {"nom": "one", "services": "both", "reason": "Vu sur place", "decision": "merge"}

    answer = desk.post(address(pair), sent, follow=True)

    kept = Place.objects.get(pk="b")
    assert (kept.nom, kept.telephone) == ("Le Fil de l’Épeule", "+33320815757")
    assert {entry.slug for entry in kept.services} == {"emploi", "acces-materiel"}
    assert Place.objects.get(pk="a").merged_into == kept
    assert kept.revisions.first().author.username == "samira"
    assert said(answer) == ["C’est fusionné : il reste « Le Fil de l’Épeule ». L’ancienne adresse y mène."]
    assert answer.redirect_chain[-1][0] == LIST


def test_position_is_chosen_whole(desk, twins):
    _one, other = twins
    other.latitude, other.longitude, other.position_quality = 50.6902, 3.1801, "exact"
    history.save([other], origin=Revision.Origin.COMMAND)
    find(apply=True)
    pair = Duplicate.objects.get()

    desk.post(address(pair), form(desk, pair) | {"kept": "one", "position": "other", "decision": "merge"})

    kept = Place.objects.get(pk="a")
    assert (kept.point, kept.position_quality) == ((50.6902, 3.1801), "exact")


def test_human_says_that_these_are_two_places_and_goes_on_to_the_next_pair(desk, pair):
    make_place(id="c", nom="Parkour 59", adresse="10 rue de Babylone")
    make_place(id="d", nom="Parkour 59", adresse="10 rue de Babylone")
    find(apply=True)
    following = Duplicate.objects.exclude(pk=pair.pk).get()

    answer = desk.post(address(pair), {"decision": "part", "why": "Deux étages"}, follow=True)

    pair.refresh_from_db()
    assert (pair.decision, pair.reason, pair.decided_by.username) == ("distinct", "Deux étages", "samira")
    assert answer.redirect_chain[-1][0] == address(following)
    assert not Place.objects.filter(status="archived").exists()


def test_second_human_gets_a_sentence_and_nothing_is_applied_twice(desk, pair):
    stale = form(desk, pair) | {"decision": "merge"}
    desk.post(address(pair), {"decision": "part"})
    revisions = Revision.objects.count()

    answer = desk.post(address(pair), stale, follow=True)

    assert said(answer)[-1:] == [
        "Samira Diallo a déjà décidé de ce doublon : deux lieux différents. Votre choix n’a pas été appliqué."
    ]
    assert Revision.objects.count() == revisions
    assert not Place.objects.filter(status="archived").exists()


def test_same_merge_sent_twice_is_applied_once(desk, pair):
    sent = form(desk, pair) | {"decision": "merge"}
    desk.post(address(pair), sent)
    revisions = Revision.objects.count()

    answer = desk.post(address(pair), sent, follow=True)

    assert "a déjà décidé" in said(answer)[-1]
    assert Revision.objects.count() == revisions


@pytest.mark.parametrize("column", ["telephone", "horaires"])
def test_place_changed_since_the_page_was_opened_is_read_again(desk, pair, column):
    """Whether the change is one more value to choose between or a new difference."""
    sent = form(desk, pair) | {"decision": "merge"}
    setattr(pair.one, column, "+33320991028")
    history.save([pair.one], origin=Revision.Origin.COMMAND)

    answer = desk.post(address(pair), sent, follow=True)

    assert said(answer) == ["« Le Fil de l’Épeule » a changé depuis que cette page est ouverte. La voici à jour."]
    assert not Place.objects.filter(status="archived").exists()


def test_place_merged_by_another_pair_meanwhile_is_refused(desk, pair):
    third = make_place(id="c", nom="Le Fil de l’Épeule", adresse="132 rue des Arts")
    sent = form(desk, pair) | {"decision": "merge"}
    merging.merge(third, pair.other, {}, author=None)

    answer = desk.post(address(pair), sent, follow=True)

    assert "archivé ou fusionné entre-temps" in said(answer)[0]
    assert Place.objects.get(pk="b").merged_into == third
    assert "il n’y a plus rien à décider" in answer.text


@pytest.mark.parametrize(
    "broken", [{"nom": "none"}, {"nom": ""}, {"kept": "c"}, {"services": "all"}, {"nom": "both"}, {"reason": "x" * 201}]
)
def test_nonsense_is_refused_with_the_form_again(desk, pair, broken):
    answer = desk.post(address(pair), form(desk, pair) | {"decision": "merge"} | broken)

    assert answer.status_code == 422
    assert [*answer.context["form"].errors] == [*broken]
    assert not Place.objects.filter(status="archived").exists()


def test_decision_is_undone_on_its_page(desk, pair):
    desk.post(address(pair), form(desk, pair) | {"decision": "merge", "reason": "Vu"})
    page = desk.get(address(pair))
    decided = page.text

    desk.post(address(pair), {"decision": "undo"})

    assert "Samira Diallo" in decided
    assert "Défaire la fusion" in decided
    assert [sheet.place.pk for sheet in page.context["sheets"] if sheet.kept] == ["b"]
    assert Place.objects.filter(status="published").count() == 2
    assert Duplicate.objects.waiting().get() == pair


@pytest.mark.parametrize("path", ["999999", "abc", "1%27"])
def test_unknown_pair_leads_back(desk, db, path):
    answer = desk.get(f"{LIST}{path}/change/")

    assert answer.status_code == 302


@pytest.mark.parametrize(("right", "told"), [("change_place", [1]), ("change_duplicate", [])])
def test_first_page_counts_the_waiting_pairs_for_who_may_decide(pair, right, told):
    agent = User.objects.create_user("agent", is_staff=True)
    agent.user_permissions.set(Permission.objects.filter(codename=right))

    assert [task.count for task in tasks(agent) if task.address.startswith(LIST)] == told


# --- who may decide
@pytest.mark.parametrize(
    ("rights", "look", "send"),
    [
        (None, 302, 302),
        ([], 403, 403),
        (["view_place", "view_duplicate", "change_duplicate", "delete_duplicate"], 403, 403),
        (["change_place"], 200, 302),
    ],
)
def test_only_who_may_change_places_decides(client, pair, rights, look, send):
    if rights is not None:
        agent = User.objects.create_user("agent", is_staff=True)
        agent.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client.force_login(agent)

    looked = [client.get(LIST).status_code, client.get(address(pair)).status_code]
    sent = client.post(address(pair), {"decision": "part"}).status_code

    assert (looked, sent) == ([look, look], send)
    pair.refresh_from_db()
    assert bool(pair.decision) == (rights == ["change_place"])


@pytest.mark.parametrize("page", ["add/", "{}/delete/"])
def test_pairs_are_neither_added_nor_deleted_by_hand(desk, pair, page):
    assert desk.get(LIST + page.format(pair.pk)).status_code == 403


def test_pages_keep_the_strict_policy(desk, pair):
    for page in (LIST, address(pair)):
        assert "unsafe" not in desk.get(page).headers["Content-Security-Policy"]


# --- hostile text
@pytest.mark.parametrize("text", [SCRIPT, IMAGE])
def test_hostile_text_is_shown_as_text(desk, twins, text):
    hostile = {"nom": text, "adresse": text, "presentation_detail": text, "courriels": [text], "source": text}
    source = Source.objects.create(name=text)
    twins[1].presentation_resume, twins[1].structure_parente = text, text
    for place in twins:
        for name, value in hostile.items():
            setattr(
                place, name, value if isinstance(value, list) else f"{value} {place.pk}" if name != "nom" else value
            )
        place.import_source, place.source_id = source, place.pk
    history.save(twins, origin=Revision.Origin.COMMAND)
    make_permanence(twins[0], title=text)
    find(apply=True)
    pair = Duplicate.objects.get()

    pages = [desk.get(LIST), desk.get(address(pair))]
    pages.append(desk.post(address(pair), form(desk, pair) | {"decision": "merge", "reason": text}, follow=True))
    pages.append(desk.get(address(pair)))
    for page in pages:
        elements = Elements(page.text).found

        assert "alert(1)" in page.text
        assert not [tag for tag, attrs in elements if tag == "script" and not attrs.keys() & {"src", "type"}]
        assert not [attrs for _tag, attrs in elements if attrs.get("src") == "x" or "onerror" in attrs]
