"""The way back: one change field by field, everything by one author or one import, and what others did since."""

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from places import history, rights
from places.models import Holding, ImportRun, Permanence, Place, Revision, Source
from places.reverting import revert, undo
from tests.factories import make_permanence, make_place
from tests.people import PASSWORD, make_person
from tests.test_admin import address, save

pytestmark = pytest.mark.django_db

UNDO = reverse("admin:places_revision_undo")


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("chef", password=PASSWORD))
    return client


def change(place: Place, author=None, run=None, **values) -> Revision:
    """Write values on a place as it is now, and return the revision."""
    place = Place.objects.get(pk=place.pk)
    for name, value in values.items():
        setattr(place, name, value)
    origin = Revision.Origin.IMPORT if run else Revision.Origin.ADMIN
    history.save([place], origin=origin, author=author, import_run=run)
    return place.revisions.first()


def make_run() -> ImportRun:
    source = Source.objects.get_or_create(name="Région")[0]
    return ImportRun.objects.create(source=source, file_name="lieux.csv", file_hash="0", state="applied")


def now(place: Place, *names: str) -> list:
    place.refresh_from_db()
    return [getattr(place, name) for name in names]


def undo_all(revisions, apply=True):
    return undo(revisions, origin=Revision.Origin.COMMAND, reason="Erreur", apply=apply)


# --- one change
def test_revert_gives_back_the_chosen_field_only_and_history_tells_it(desk):
    place = make_place(nom="CCAS", telephone="", services=["emploi"])
    revision = change(place, nom="Pizzeria", telephone="+33320815757", services=[])

    desk.post(reverse("admin:places_revision_revert", args=[revision.pk]), {"field": ["nom", "services"]})

    assert now(place, "nom", "telephone") == ["CCAS", "+33320815757"]
    assert place.services.values == ["Favoriser mon insertion professionnelle"] or "emploi" in place.services
    last = place.revisions.first()
    assert set(last.changes) == {"nom", "services"}
    assert (last.author.username, f"n° {revision.pk}" in last.reason.replace("\u00a0", " ")) == ("chef", True)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("latitude", 50.69, 50.7),
        ("verified_on", "2026-01-02", None),
        ("courriels", ["a@exemple.fr", "b@exemple.fr"], []),
        ("status", "draft", "published"),
        ("presentation_detail", "Deux\nlignes", ""),
        ("langues", ["turc"], ["arabe"]),
    ],
)
def test_revert_restores_every_kind_of_value(name, before, after):
    place = make_place(**{name: before})
    told = history.told(Place.objects.get(pk=place.pk))
    revision = change(place, **{name: after})

    assert revert(revision, [name], author=None) == []

    assert history.told(Place.objects.get(pk=place.pk)) == told


def test_revert_moves_a_point_whole():
    place = make_place(latitude=50.69, longitude=3.18)
    revision = change(place, latitude=50.7, longitude=3.2, position_quality="exact")

    revert(revision, ["latitude"], author=None)

    assert now(place, "latitude", "longitude", "position_quality") == [50.69, 3.18, ""]


def test_revert_shows_what_changed_since_and_overwrites_it_only_when_asked(desk):
    place = make_place(nom="CCAS", telephone="")
    revision = change(place, nom="Pizzeria", telephone="+33320815757")
    change(place, nom="CCAS du centre")
    url = reverse("admin:places_revision_revert", args=[revision.pk])

    asked = desk.post(url, {"field": ["nom", "telephone"]})
    kept = now(place, "nom", "telephone")
    stale = desk.post(url, {"field": ["nom"], "force": ["nom"], "seen": "2020-01-01T00:00:00+00:00"})
    seen = asked.context["seen"]
    desk.post(url, {"field": ["nom", "telephone"], "force": ["nom"], "seen": seen})

    assert (asked.status_code, stale.status_code) == (409, 409)
    assert all(words in asked.text for words in ("CCAS du centre", "Pizzeria"))
    assert kept == ["CCAS du centre", "+33320815757"]
    assert now(place, "nom", "telephone") == ["CCAS", ""]


def test_revert_brings_back_permanences():
    place = make_place()
    kept = make_permanence(place, title="Atelier")
    make_permanence(place, title="Écrivain public", langues=["turc"], by_appointment=False)
    before = [permanence.snapshot() for permanence in place.permanences.all()]
    Permanence.objects.filter(title="Écrivain public").delete()
    after = [kept.snapshot()]
    place = Place.objects.get(pk=place.pk)
    history.save([place], origin="admin", more={place.pk: {"permanences": [before, after]}})
    revision = place.revisions.first()

    revert(revision, ["permanences"], author=None)

    assert [permanence.snapshot() for permanence in place.permanences.all()] == before
    assert place.permanences.first().pk == kept.pk
    assert "turc" in now(place, "offered_langues")[0]


def test_revert_of_a_revert_is_the_change_again():
    place = make_place(nom="CCAS")
    revert(change(place, nom="Pizzeria"), ["nom"], author=None)

    revert(place.revisions.first(), ["nom"], author=None)

    assert now(place, "nom") == ["Pizzeria"]


def test_creation_and_merge_are_not_reverted_from_history(desk):
    place, other = make_place(), make_place()
    creation = place.revisions.get()
    merged = change(place, status="archived")
    Revision.objects.filter(pk=merged.pk).update(changes=merged.changes | {"merged_into": [None, other.pk]})

    for revision in (creation, merged):
        desk.post(reverse("admin:places_revision_revert", args=[revision.pk]), {"field": ["status", "nom"]})

    assert now(place, "status") == ["archived"]
    assert "remettre" not in desk.get(address("place_history", place.pk)).text


def test_nothing_ticked_changes_nothing(desk):
    place = make_place()
    revision = change(place, nom="Autre")

    page = desk.post(reverse("admin:places_revision_revert", args=[revision.pk]), follow=True)

    assert "Rien n’est coché" in page.text
    assert place.revisions.count() == 2


def test_revert_is_for_who_may_change_that_place(client):
    place = make_place(nom="CCAS")
    revision = change(place, nom="Pizzeria", status="draft")
    referent = make_person(rights.REFERENT)
    url = reverse("admin:places_revision_revert", args=[revision.pk])
    client.force_login(referent)

    stranger = client.post(url, {"field": ["nom"]}).status_code
    Holding.objects.create(user=referent, place=place, moderated="no")
    beyond = client.post(url, {"field": ["nom", "status"]}).status_code
    allowed = client.post(url, {"field": ["nom"]}).status_code

    assert (stranger, beyond, allowed) == (403, 403, 302)
    assert now(place, "nom", "status") == ["CCAS", "draft"]


def test_hostile_values_are_text_in_history_and_in_conflicts(desk):
    place = make_place(nom="CCAS")
    revision = change(place, nom="<script>alert(1)</script>", adresse='"><img src=x onerror=alert(1)>')
    change(place, nom="</td><svg onload=alert(1)>", adresse="javascript:alert(1)")

    pages = [
        desk.get(address("place_history", place.pk)),
        desk.get(reverse("admin:places_revision_changelist")),
        desk.post(reverse("admin:places_revision_revert", args=[revision.pk]), {"field": ["nom", "adresse"]}),
    ]

    for page in pages:
        assert "<script>alert" not in page.text
        assert "<svg onload" not in page.text
        assert "<img src=x" not in page.text
    assert "&lt;script&gt;" in pages[2].text


# --- everything by one author
def test_undo_takes_back_everything_one_author_did_and_nothing_else():
    good, bad = User.objects.create_user("bon"), User.objects.create_user("mauvais")
    place, other = make_place(nom="CCAS", telephone=""), make_place(nom="Médiathèque")
    change(place, bad, nom="Un")
    change(place, good, telephone="+33320815757")
    change(place, bad, nom="Deux", adresse="Nulle part")
    change(other, good, nom="Médiathèque centrale")
    made = make_place(nom="Faux lieu")
    made.revisions.update(author=bad)

    report = undo_all(Revision.objects.filter(author=bad))

    assert now(place, "nom", "telephone") == ["CCAS", "+33320815757"]
    assert "rue de la Gare" in place.adresse
    assert now(other, "nom") == ["Médiathèque centrale"]
    assert now(made, "status") == ["archived"]
    assert (report.places, report.archived, report.fields, report.kept) == ([place], [made], 2, [])
    assert undo_all(Revision.objects.filter(author=bad)).places == []


def test_undo_keeps_what_somebody_else_changed_since():
    good, bad = User.objects.create_user("bon"), User.objects.create_user("mauvais")
    place, made = make_place(nom="CCAS", adresse="1 rue"), make_place(nom="Vrai lieu")
    change(place, bad, nom="Pizzeria", adresse="2 rue")
    change(place, good, nom="CCAS du centre")
    made.revisions.update(author=bad)
    change(made, good, telephone="+33320815757")

    report = undo_all(Revision.objects.filter(author=bad))

    assert now(place, "nom", "adresse") == ["CCAS du centre", "1 rue"]
    assert now(made, "status") == ["published"]
    assert {(held.nom, name) for held, name, _why in report.kept} == {("CCAS du centre", "nom"), ("Vrai lieu", "")}


def test_undo_stops_where_another_author_stands():
    good, bad = User.objects.create_user("bon"), User.objects.create_user("mauvais")
    place = make_place(nom="CCAS")
    change(place, bad, nom="Un")
    change(place, good, nom="Bon nom")
    change(place, bad, nom="Deux")

    undo_all(Revision.objects.filter(author=bad))

    assert now(place, "nom") == ["Bon nom"]


def test_undo_never_leaves_half_a_point():
    good, bad = User.objects.create_user("bon"), User.objects.create_user("mauvais")
    place = make_place(latitude=50.69, longitude=3.18)
    change(place, bad, latitude=48.0, longitude=2.0)
    change(place, good, latitude=48.1)

    undo_all(Revision.objects.filter(author=bad))

    assert now(place, "latitude", "longitude") == [48.1, 2.0]


def test_undo_is_dry_by_default():
    bad = User.objects.create_user("mauvais")
    place = make_place(nom="CCAS")
    change(place, bad, nom="Pizzeria")
    revisions = Revision.objects.count()

    report = undo_all(Revision.objects.filter(author=bad), apply=False)

    assert (report.places, report.fields) == ([place], 1)
    assert (now(place, "nom"), Revision.objects.count()) == (["Pizzeria"], revisions)


def test_command_undoes_an_import_once_asked_to(capsys):
    run = make_run()
    place = make_place(nom="CCAS")
    change(place, run=run, nom="CCAS DE ROUBAIX")

    call_command("undo_changes", run=run.pk)
    dry, name = capsys.readouterr().out, now(place, "nom")
    call_command("undo_changes", run=run.pk, apply=True)

    assert "1 lieux remis comme avant (1 champs)" in dry
    assert "ajouter --apply" in dry
    assert name == ["CCAS DE ROUBAIX"]
    assert now(place, "nom") == ["CCAS"]


def test_command_undoes_an_author_since_a_day(capsys):
    bad = User.objects.create_user("mauvais")
    place = make_place(nom="CCAS", adresse="1 rue")
    old = change(place, bad, nom="Un")
    Revision.objects.filter(pk=old.pk).update(made_at="2026-01-01T12:00:00Z")
    change(place, bad, adresse="2 rue")

    call_command("undo_changes", author="mauvais", since="2026-06-01", apply=True)

    assert now(place, "nom", "adresse") == ["Un", "1 rue"]


@pytest.mark.parametrize("asked", [{"author": "personne"}, {"run": 9999}, {"author": "mauvais", "since": "hier"}])
def test_command_refuses_what_it_does_not_know(asked):
    User.objects.create_user("mauvais")

    with pytest.raises(CommandError):
        call_command("undo_changes", **asked)


def test_page_shows_then_does_and_is_for_administrators(client):
    run = make_run()
    place = make_place(nom="CCAS")
    change(place, run=run, nom="Pizzeria")
    url = f"{UNDO}?import={run.pk}"
    client.force_login(make_person(rights.MODERATOR))
    refused = [client.get(url).status_code, client.post(url).status_code]
    client.force_login(make_person(rights.ADMINISTRATOR))

    shown = client.get(url)
    before = now(place, "nom")
    done = client.post(url, follow=True)

    assert refused == [403, 403]
    assert "1 lieu reprend" in shown.text
    assert before == ["Pizzeria"]
    assert "rien à défaire" in done.text
    assert now(place, "nom") == ["CCAS"]
    assert place.revisions.first().author.username == "administrateur"


@pytest.mark.parametrize("question", ["", "?auteur=x", "?import=99999999999999", "?auteur=0", "?import=-1"])
def test_page_of_nothing_is_not_found(desk, question):
    assert desk.get(UNDO + question).status_code == 404


def test_undo_asks_no_more_questions_for_more_places(django_assert_max_num_queries):
    run = make_run()
    for number in range(12):
        change(make_place(), run=run, nom=f"Nom {number}")

    with django_assert_max_num_queries(30):
        undo_all(Revision.objects.filter(import_run=run))


def test_approve_then_import_then_revert_tells_the_whole_story(desk):
    place = make_place(nom="CCAS", telephone="")
    save(desk, address("place_change", place.pk), telephone="+33320815757", reason="Appel")
    run = make_run()
    change(place, run=run, telephone="+33320000000")

    call_command("undo_changes", run=run.pk, apply=True)

    assert now(place, "telephone") == ["+33320815757"]
    told = [(revision.origin, revision.changes["telephone"]) for revision in place.revisions.all()[:3]]
    assert told == [
        ("command", ["+33320000000", "+33320815757"]),
        ("import", ["+33320815757", "+33320000000"]),
        ("admin", ["", "+33320815757"]),
    ]


def test_list_of_changes_and_undoing_name_permanences_and_columns_that_are_gone(desk, capsys):
    run = make_run()
    place = make_place()
    make_permanence(place, title="Écrivain public")
    last = place.revisions.first()
    Revision.objects.filter(pk=last.pk).update(
        import_run=run,
        changes=last.changes | {"ancienne_colonne": ["un", "deux"], "permanences": [[], [{"title": "X"}]]},
    )

    page = desk.get(reverse("admin:places_revision_changelist")).text
    call_command("undo_changes", run=run.pk)

    assert "permanences, ancienne_colonne" in page or "ancienne_colonne, permanences" in page
    assert "permanences – changé depuis" in capsys.readouterr().out
