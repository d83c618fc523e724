"""What humans corrected survives; what left its source is marked and never deleted; two imports never mix."""

from datetime import datetime
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.http import QueryDict

from places import history
from places.filters import PlaceFilter
from places.importing import apply_file, apply_run, decide, import_places, read_file
from places.models import Conflict, DataVersion, ImportRun, Place, Revision, Source, Term
from places.opening_hours import PARIS
from places.schedules import key_of
from places.standard import COLUMNS
from tests.factories import make_permanence
from tests.imports import ROW, as_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def give(tmp_path):
    """Import rows as a file of the source « lieux »."""

    def give(*rows: dict, **options):
        path = tmp_path / "lieux.csv"
        path.write_bytes(as_csv(*rows))
        return import_places(str(path), **({"apply": True} | options))

    return give


def correct(**values) -> None:
    place = Place.objects.get(pk="1")
    for name, value in values.items():
        setattr(place, name, value)
    history.save([place], origin=Revision.Origin.ADMIN)


# --- three ways


def test_field_only_the_source_changed_is_taken(give):
    give(ROW)

    report = give(ROW | {"adresse": "18 Grand Place"})

    assert report.changed == [{"id": "1", "nom": "Mairie", "champs": {"adresse": ["17 Grand Place", "18 Grand Place"]}}]
    assert Place.objects.get().adresse == "18 Grand Place"


def test_field_only_a_human_changed_is_kept(give):
    give(ROW)
    correct(adresse="19 Grand Place")

    report = give(ROW | {"nom": "Mairie centrale"})

    assert (report.counts["modifiees"], report.conflicts) == (1, [])
    assert (Place.objects.get().adresse, Place.objects.get().nom) == ("19 Grand Place", "Mairie centrale")


def test_hours_of_the_source_change_beside_the_permanences_of_a_moderator(give):
    """No file says permanences: they are kept, their offer still counts, and the hours of the place are no conflict."""
    give(ROW | {"horaires": "Mo 09:00-12:00"})
    make_permanence(Place.objects.get(), title="Écrivain public", horaires="Tu 14:00-17:00", themes=["ecrivain-public"])

    report = give(ROW | {"horaires": "We 09:00-12:00"})

    def opened(day: int, hour: int, query: str = "") -> int:
        return PlaceFilter(QueryDict(f"quand=maintenant{query}"), datetime(2026, 12, day, hour, tzinfo=PARIS)).total

    place = Place.objects.get()
    assert (report.counts["modifiees"], report.conflicts, place.horaires) == (1, [], "We 09:00-12:00")
    assert [permanence.title for permanence in place.permanences.all()] == ["Écrivain public"]
    monday, tuesday, wednesday = (7, 10), (8, 15), (9, 10)
    assert [opened(*moment) for moment in (monday, tuesday, wednesday)] == [0, 1, 1]
    assert [opened(*moment, "&themes=ecrivain-public") for moment in (tuesday, wednesday)] == [1, 0]


def test_hours_both_changed_are_a_conflict_and_the_permanences_stay_whatever_is_decided(give):
    give(ROW | {"horaires": "Mo 09:00-12:00"})
    make_permanence(Place.objects.get(), horaires="Tu 14:00-17:00", themes=["ecrivain-public"])
    correct(horaires="Th 09:00-12:00")

    give(ROW | {"horaires": "We 09:00-12:00"})
    assert Place.objects.get().horaires == "Th 09:00-12:00"
    decide(Conflict.objects.get(), "theirs", None)

    place = Place.objects.get()
    assert (place.horaires, place.permanences.count()) == ("We 09:00-12:00", 1)
    assert {turn.schedule for turn in place.turns.all()} == {key_of("We 09:00-12:00"), key_of("Tu 14:00-17:00")}


def test_field_both_changed_is_a_conflict_and_is_not_overwritten(give):
    give(ROW)
    correct(adresse="19 Grand Place")

    report = give(ROW | {"adresse": "18 Grand Place", "telephone": "+33320815757"})

    assert report.conflicts == [
        {"id": "1", "nom": "Mairie", "champ": "adresse", "notre": "19 Grand Place", "source": "18 Grand Place"}
    ]
    place = Place.objects.get()
    assert (place.adresse, place.telephone) == ("19 Grand Place", "+33320815757")
    assert [(c.field, c.ours, c.theirs) for c in Conflict.objects.waiting()] == [
        ("adresse", "19 Grand Place", "18 Grand Place")
    ]


def test_field_both_changed_alike_is_no_conflict(give):
    give(ROW)
    correct(adresse="18 Grand Place")

    report = give(ROW | {"adresse": "18 Grand Place"})

    assert (report.counts["inchangees"], Conflict.objects.count()) == (1, 0)


def test_conflict_is_told_once_and_a_newer_one_replaces_it(give):
    give(ROW)
    correct(adresse="19 Grand Place")
    give(ROW | {"adresse": "18 Grand Place"})

    again = give(ROW | {"adresse": "18 Grand Place"})
    give(ROW | {"adresse": "20 Grand Place"})

    assert again.conflicts == []
    assert [conflict.theirs for conflict in Conflict.objects.waiting()] == ["20 Grand Place"]


def test_conflict_goes_when_the_source_says_what_we_say(give):
    give(ROW)
    correct(adresse="19 Grand Place")
    give(ROW | {"adresse": "18 Grand Place"})

    give(ROW | {"adresse": "19 Grand Place"})

    assert not Conflict.objects.exists()


@pytest.mark.parametrize(("decision", "point"), [("ours", (50.5, 3.1)), ("theirs", (50.6, 3.2))])
def test_point_is_one_value_corrected_and_decided_whole(give, decision, point):
    """A person moved it north, the source moves it east: never half of each."""
    give(ROW | {"latitude": "50.6", "longitude": "3.1"})
    correct(latitude=50.5)

    report = give(ROW | {"latitude": "50.6", "longitude": "3.2"})
    kept = Place.objects.get().point
    decided = [decide(conflict, decision, None) for conflict in [*Conflict.objects.all()]]

    assert sorted(conflict["champ"] for conflict in report.conflicts) == ["latitude", "longitude"]
    assert (kept, decided) == ((50.5, 3.1), [True, False])
    assert Place.objects.get().point == point


def test_point_that_the_source_withdraws_can_be_taken(give):
    give(ROW | {"latitude": "50.6", "longitude": "3.1"})
    correct(latitude=50.5, longitude=3.2)
    give(ROW)

    decide(Conflict.objects.waiting().first(), "theirs", None)

    place = Place.objects.get()
    assert (place.point, place.position_quality) == (None, "")


def test_set_of_terms_is_compared_as_a_set(give):
    give(ROW | {"services": "Loisirs et créations numériques|Aide aux démarches administratives"})

    report = give(ROW | {"services": "Aide aux démarches administratives|Loisirs et créations numériques"})

    assert report.counts["inchangees"] == 1


@pytest.mark.parametrize(("decision", "adresse"), [("ours", "19 Grand Place"), ("theirs", "18 Grand Place")])
def test_human_decides_a_conflict_once(give, decision, adresse):
    give(ROW)
    correct(adresse="19 Grand Place")
    give(ROW | {"adresse": "18 Grand Place"})
    samira = User.objects.create_user("samira")

    decided = [decide(conflict, decision, samira) for conflict in [*Conflict.objects.all()] * 2]

    assert decided == [True, False]
    assert Place.objects.get().adresse == adresse
    assert Conflict.objects.get().decided_by == samira
    assert give(ROW | {"adresse": "18 Grand Place"}).conflicts == []


# --- gone and back


def rows(number: int) -> list[dict]:
    return [ROW | {"id": str(n), "nom": f"Lieu {n}"} for n in range(1, number + 1)]


def test_place_gone_from_its_source_is_marked_and_stays_public(give, client):
    give(*rows(6))

    report = give(*rows(5))

    assert report.gone == [{"id": "6", "nom": "Lieu 6"}]
    place = Place.objects.get(pk="6")
    assert place.is_published
    assert place.source_record.gone_since is not None
    assert "n’est plus dans sa source" in client.get(place.get_absolute_url()).content.decode()


def test_place_that_comes_back_is_marked_no_more(give):
    give(*rows(6))
    give(*rows(5))

    report = give(*rows(6))

    assert report.back == [{"id": "6", "nom": "Lieu 6"}]
    assert Place.objects.get(pk="6").source_record.gone_since is None
    assert give(*rows(6)).back == []


def test_import_from_which_too_many_places_vanish_is_refused_whole(give):
    give(*rows(10))
    version = DataVersion.objects.current()

    report = give(*rows(7), ROW | {"id": "new"})

    assert "3 lieux sur 10" in report.refusal.replace("\u202f", " ")
    assert (Place.objects.count(), ImportRun.objects.count()) == (10, 1)
    assert DataVersion.objects.current() == version


def test_import_from_which_many_vanish_goes_in_when_told(give):
    give(*rows(10))

    report = give(*rows(7), allow_gone=True)

    assert (len(report.gone), report.refusal) == (3, "")


def test_dry_run_says_that_it_would_refuse(give):
    give(*rows(10))

    assert give(*rows(7), apply=False).refusal


def test_places_of_another_source_are_not_gone(give):
    give(*rows(6), source_name="A")

    report = give(ROW | {"id": "x"}, source_name="B")

    assert report.gone == []


# --- points far from their town


def test_point_far_from_its_postcode_is_kept_and_flagged(give):
    near = [ROW | {"id": str(n), "latitude": "50.69", "longitude": f"3.{17 + n}"} for n in range(4)]

    report = give(*near, ROW | {"id": "far", "latitude": "43.5", "longitude": "5.4"})

    assert [(note["ligne"], note["colonne"]) for note in report.of_kind("remarque")] == [(6, "latitude")]
    assert [place.pk for place in Place.objects.filter(position_quality="far")] == ["far"]
    assert [
        note["ligne"] for note in give(*near, ROW | {"id": "far", "latitude": "43.5", "longitude": "5.4"}).notes
    ] == [6]


# --- a moderator applies what was read


def test_file_read_then_applied_writes_what_was_read():
    source = Source.objects.create(name="Poste")
    samira = User.objects.create_user("samira")

    run = read_file(as_csv(ROW), "poste.csv", source)
    assert (Place.objects.count(), run.state, run.counts["creees"]) == (0, "read", 1)
    report = apply_run(run, samira)

    run.refresh_from_db()
    assert (report.applied, run.state, run.applied_by, run.content) == (True, "applied", samira, None)
    assert Revision.objects.get().author == samira


def test_file_is_applied_once():
    source = Source.objects.create(name="Poste")
    run = read_file(as_csv(ROW), "poste.csv", source)
    apply_run(run, None)

    report = apply_run(run, None)

    assert "déjà" in report.refusal
    assert ImportRun.objects.count() == Revision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_follow_each_other():
    """On PostgreSQL the second waits for the lock of the source; on SQLite for the one writer."""
    content = as_csv(*rows(30))
    Source.objects.create(name="Poste")
    reports = []

    def run():
        try:
            reports.append(apply_file(content, "poste.csv", "Poste")[0].counted)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(report["creees"] for report in reports) == [0, 30]
    assert (Place.objects.count(), Revision.objects.count()) == (30, 30)


# --- nothing read twice for nothing


def test_second_import_asks_the_same_number_of_questions_whatever_the_size(give, django_assert_max_num_queries):
    give(*rows(40))

    with django_assert_max_num_queries(20):
        give(*rows(40))


def test_rows_are_read_again_when_the_lists_of_the_city_change(tmp_path):
    """A row refused for a word the city did not know is read again once it does, though the file is the same."""
    path = tmp_path / "lieux.csv"
    path.write_bytes(as_csv(ROW | {"langues": "occitan"}, header=[*COLUMNS, "langues"]))
    before = import_places(str(path), apply=True)
    Term.objects.create(vocabulary="langues", value="occitan", slug="occitan", short_label="Occitan")

    after = import_places(str(path), apply=True)

    assert [note["colonne"] for note in before.of_kind("refus")] == ["langues"]
    assert (after.of_kind("refus"), after.counts["modifiees"]) == ([], 1)
    assert Place.objects.get().langues.values == ["occitan"]
