"""A moderator reads what a file would change, applies it once or gives it up, and decides what humans corrected."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from places import files, history
from places.admin import reports
from places.admin.tasks import tasks
from places.importing import apply_run, read_file
from places.models import Conflict, ImportRun, Place, Revision, Source
from places.standard import COLUMNS
from tests.factories import make_place
from tests.imports import ROW, as_csv
from tests.test_admin import IMAGE, SCRIPT, Elements, FilledForm, address

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")


@pytest.fixture
def desk(client, moderator):
    client.force_login(moderator)
    return client


@pytest.fixture
def make_agent(client):
    """Sign in an agent who has these rights only."""

    def make(*rights: str):
        agent = User.objects.create_user("agent", password="long-enough-1", is_staff=True)
        agent.user_permissions.set(Permission.objects.filter(codename__in=rights))
        client.force_login(agent)
        return client

    return make


@pytest.fixture
def source():
    return Source.objects.create(name="Poste")


def rows(number: int) -> list[dict]:
    return [ROW | {"id": str(n), "nom": f"Lieu {n}"} for n in range(1, number + 1)]


def read(source: Source, *given: dict, header=COLUMNS) -> ImportRun:
    return read_file(as_csv(*given, header=header), "poste.csv", source)


def applied(source: Source, *given: dict) -> ImportRun:
    run = read(source, *given)
    apply_run(run, None, allow_gone=True)
    run.refresh_from_db()
    return run


def correct(**values) -> Place:
    place = Place.objects.get(source_id="1")
    for name, value in values.items():
        setattr(place, name, value)
    history.save([place], origin=Revision.Origin.ADMIN)
    return place


def disagree(source: Source, **theirs) -> list[Conflict]:
    """Leave one conflict on « adresse » or, with `theirs`, on each field that both changed."""
    theirs = theirs or {"adresse": "18 Grand Place"}
    applied(source, ROW)
    correct(**{name: f"{value} bis" for name, value in theirs.items()})
    applied(source, ROW | theirs)
    return [*Conflict.objects.waiting()]


def page(run: ImportRun) -> str:
    return address("importrun_change", run.pk)


def press(client, verb: str, run: ImportRun, **sent):
    return client.post(address(f"importrun_{verb}", run.pk), sent, follow=True)


def said(answer) -> list[str]:
    return [str(message).replace("\u00a0", " ").replace("\u202f", " ") for message in answer.context["messages"]]


def give(client, content: bytes, name="poste.csv", follow=True, **sent):
    sent = {"file": SimpleUploadedFile(name, content)} | sent
    return client.post(address("importrun_add"), sent, follow=follow)


# --- a file given
def test_file_given_is_read_and_leads_to_its_page_and_nothing_is_written(desk, source):
    answer = give(desk, as_csv(ROW), source=source.pk)

    run = ImportRun.objects.get()
    assert answer.redirect_chain == [(page(run), 302)]
    assert (run.source, run.state, run.file_name) == (source, "read", "poste.csv")
    assert Place.objects.count() == Revision.objects.count() == 0
    assert "Appliquer ce fichier donnera : 1 lieu créé." in answer.text.replace("\u00a0", " ")


def test_file_of_a_new_source_names_it(desk):
    give(desk, as_csv(ROW), new_source="Région")

    assert ImportRun.objects.get().source == Source.objects.get(name="Région")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Ce fichier est vide."),
        (b"<!doctype html><title>Maintenance</title>", "C’est une page web"),
        (b"PK\x03\x04 abc", "Ce classeur est abîmé ou coupé."),
        (b"a,b\n1,2\n", "Ce n’est pas un fichier du standard national"),
        (b'{"type": "FeatureCollection"', "Ce fichier n’est pas du JSON"),
        (b"id,nom,<script>alert(1)</script>,<script>alert(1)</script>\n", "présente deux fois"),
    ],
    ids=["empty", "html", "workbook", "columns", "json", "twice"],
)
def test_file_that_cannot_be_read_is_refused_with_the_reader_s_sentence(desk, source, content, sentence):
    answer = give(desk, content, source=source.pk)

    assert answer.status_code == 422
    assert sentence in " ".join(answer.context["adminform"].form.errors["file"])
    assert f'<option value="{source.pk}" selected>' in answer.text
    assert not ImportRun.objects.exists()


def test_refused_file_leaves_no_new_source_and_keeps_the_name_typed(desk):
    answer = give(desk, b"", new_source="Région")

    assert not Source.objects.exists()
    assert FilledForm(answer.text).sent["new_source"] == ["Région"]


def test_file_too_big_is_refused(desk, source, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 100)

    answer = give(desk, as_csv(ROW), source=source.pk)

    assert answer.status_code == 422
    assert "trop gros" in answer.context["adminform"].form.errors["file"][0]


@pytest.mark.parametrize("both", [True, False])
def test_file_needs_one_source(desk, source, both):
    answer = give(desk, as_csv(ROW), **({"source": source.pk, "new_source": "Autre"} if both else {}))

    assert (answer.status_code, [*answer.context["adminform"].form.errors]) == (422, ["source"])


def test_new_source_is_named_only_by_who_may_add_one(make_agent):
    agent = make_agent("add_importrun", "view_importrun")

    answer = give(agent, as_csv(ROW), new_source="Région")

    assert [*answer.context["adminform"].form.errors] == ["source"]
    assert not Source.objects.exists()


# --- what it would change
def test_page_tells_everything_the_file_would_change(desk, source):
    applied(source, *rows(6))
    correct(adresse="19 Grand Place")
    applied(source, *rows(5))
    changed = [row | {"nom": "Lieu deux"} if row["id"] == "2" else row for row in rows(4) + rows(6)[5:]]
    changed[0] = changed[0] | {"adresse": "18 Grand Place"}
    new = [ROW | {"id": "7", "nom": "Lieu neuf", "telephone": "03 20 81 57 57"}, ROW | {"id": "8", "nom": ""}]

    run = read(source, *changed, *new, header=[*(c for c in COLUMNS if c != "horaires"), "couleur"])
    answer = desk.get(page(run))

    told = {section.anchor: section for section in answer.context["sections"]}
    assert {anchor: section.total for anchor, section in told.items()} == {
        "crees": 1,
        "modifies": 1,
        "disparus": 1,
        "revenus": 1,
        "desaccords": 1,
        "refus": 1,
        "corrections": 1,
    }
    assert told["crees"].rows == [("Lieu neuf", "")]
    [(place, [difference])] = told["modifies"].rows
    assert place == ("Lieu deux", address("place_change", "2"))
    assert difference == ("nom", "Lieu <del>2</del>", "Lieu <ins>deux</ins>")
    [(_place, [conflict])] = told["desaccords"].rows
    assert conflict == ("adresse", "<mark>19</mark> Grand Place", "<mark>18</mark> Grand Place")
    assert [name for name, _address in told["disparus"].rows] == ["Lieu 5"]
    assert [name for name, _address in told["revenus"].rows] == ["Lieu 6"]
    assert told["refus"].rows == [(8, "nom", "", "obligatoire, et la cellule est vide.", "ligne refusée")]
    assert told["corrections"].rows[0][:3] == (7, "telephone", "03 20 81 57 57")
    assert [names for _words, names in answer.context["columns"]] == ["couleur", "horaires"]
    assert "+33320815757" in answer.text
    for words in ("1 lieu créé", "1 lieu modifié", "1 désaccord à décider", "1 ligne refusée"):
        assert words in answer.context["figures"]


def test_list_of_terms_is_told_word_by_word():
    difference = reports.compared("courriels", ["a@exemple.fr", "b@exemple.fr"], ["b@exemple.fr", "c@exemple.fr"])

    assert difference.before == "<del>a@exemple.fr</del>, b@exemple.fr"
    assert difference.after == "b@exemple.fr, <ins>c@exemple.fr</ins>"


def test_text_is_told_word_by_word_unless_it_is_another_text():
    assert reports.compared("nom", "La maison du quartier", "La grande maison de quartier")[1:] == (
        "La maison <del>du</del> quartier",
        "La <ins>grande</ins> maison <ins>de</ins> quartier",
    )
    assert reports.compared("nom", "Un mot", "Tout autre chose").before == "<del>Un mot</del>"
    assert reports.compared("nom", "mot " * 500, "").before.startswith("<del>mot mot")


def test_empty_value_is_said_and_a_date_is_in_words():
    assert reports.compared("telephone", "", "+33320815757")[1:] == (
        '<span class="quiet">(vide)</span>',
        "<ins>+33320815757</ins>",
    )
    assert reports.compared("date_maj", "2026-01-02", "2026-01-03").after == "<ins>3</ins> janvier 2026"


def test_long_table_is_cut_and_the_whole_report_is_a_file(desk, source, monkeypatch):
    monkeypatch.setattr(reports, "SHOWN", 3)
    run = read(source, *rows(5))

    answer = desk.get(page(run))
    report = desk.get(address("importrun_report", run.pk))

    assert [(section.total, len(section.rows)) for section in answer.context["sections"]] == [(5, 3)]
    assert "Les 3 premiers sur 5." in answer.text
    assert report.headers["Content-Type"] == "application/json"
    assert report.headers["Content-Disposition"] == f'attachment; filename="import-{run.pk}.json"'
    assert len(json.loads(report.content)["lieux_crees"]) == 5


def test_file_that_changes_nothing_says_so(desk, source):
    applied(source, ROW)

    assert "ne changera rien" in desk.get(page(read(source, ROW))).text


def test_page_says_that_another_file_was_applied_since(desk, source):
    old = read(source, ROW)
    before = "un autre fichier" in desk.get(page(old)).text
    applied(source, ROW | {"nom": "Mairie centrale"})

    assert (before, "un autre fichier" in desk.get(page(old)).text) == (False, True)


def test_page_of_a_run_that_is_gone_leads_back(desk):
    assert desk.get(address("importrun_change", 999)).status_code == 302
    assert desk.get(address("importrun_report", 999)).status_code == 404


# --- applied
def test_applied_file_writes_and_leads_to_what_changed(desk, moderator, source):
    disagree(source)
    run = read(source, ROW | {"adresse": "20 Grand Place", "nom": "Mairie centrale"}, ROW | {"id": "2", "nom": "CCAS"})

    answer = press(desk, "apply", run)

    run.refresh_from_db()
    assert (run.state, run.applied_by, Place.objects.count()) == ("applied", moderator, 2)
    assert answer.redirect_chain == [(page(run), 302)]
    [sentence] = said(answer)
    assert "1 lieu créé, 1 lieu modifié, 1 désaccord à décider" in sentence
    places, conflicts = f"{address('place_changelist')}?import={run.pk}", f"?run__id__exact={run.pk}"
    assert places in sentence
    assert conflicts in sentence
    assert sorted(p.nom for p in desk.get(places).context["cl"].result_list) == ["CCAS", "Mairie centrale"]
    found = desk.get(address("conflict_changelist") + conflicts).context["cl"].result_list
    assert [conflict.theirs for conflict in found] == ["20 Grand Place"]
    assert "Appliqué le" in answer.text
    assert 'value="Appliquer"' not in answer.text


def test_file_is_applied_once_whoever_presses(desk, source):
    run = read(source, ROW)
    press(desk, "apply", run)

    again = press(desk, "apply", run)

    assert said(again) == ["Cet import a déjà été appliqué."]
    assert Revision.objects.count() == 1


def test_figures_that_changed_since_the_reading_are_told(desk, source):
    run = read(source, ROW, ROW | {"id": "2"})
    applied(source, ROW)

    sentences = said(press(desk, "apply", run))

    assert sentences[0].startswith("Appliqué : 1 lieu créé, 1 lieu inchangé.")
    assert "Annoncé : 2 lieux créés. Fait : 1 lieu créé, 1 lieu inchangé." in sentences[1]


def test_file_from_which_too_many_vanish_is_applied_only_when_told(desk, source):
    applied(source, *rows(10))
    run = read(source, *rows(5))

    first = desk.get(page(run)).text
    refused = press(desk, "apply", run)
    gone = Place.objects.filter(source_record__gone_since__isnull=False)
    before = gone.count()
    done = press(desk, "apply", run, allow_gone="on")

    assert 'name="allow_gone"' in first
    assert 'value="Appliquer"' not in first
    assert said(refused) == ["Refusé : 5 lieux sur 10 ne sont plus dans ce fichier."]
    assert (before, gone.count()) == (0, 5)
    assert "5 lieux qui ne sont plus dans la source" in said(done)[0]


def test_refusal_found_only_when_applying_is_then_on_the_page(desk, source):
    run = read(source, *rows(5))
    applied(source, *rows(10))

    answer = press(desk, "apply", run)

    assert "5 lieux sur 10" in said(answer)[0]
    assert 'name="allow_gone"' in answer.text


def test_import_given_up_writes_nothing_and_is_gone(desk, source):
    run = read(source, ROW)

    answer = press(desk, "abandon", run)
    late = press(desk, "apply", run)

    assert "rien n’a été écrit" in said(answer)[0]
    assert said(late) == ["Cet import a été abandonné."]
    assert ImportRun.objects.count() == Place.objects.count() == 0


def test_applied_import_is_never_given_up(desk, source):
    run = applied(source, ROW)

    answer = press(desk, "abandon", run)

    assert said(answer) == ["Cet import a déjà été appliqué."]
    assert desk.post(address("importrun_delete", run.pk), {"post": "yes"}).status_code == 403
    assert ImportRun.objects.filter(pk=run.pk).exists()


# --- conflicts
@pytest.mark.parametrize(("decision", "adresse"), [("ours", "18 Grand Place bis"), ("theirs", "18 Grand Place")])
def test_conflict_is_decided_by_the_buttons_of_its_row(desk, moderator, source, decision, adresse):
    [conflict] = disagree(source)
    question = f"?run__source__id__exact={source.pk}"
    listed = desk.get(address("conflict_changelist") + question)
    [where] = {attrs["formaction"] for tag, attrs in Elements(listed.text).found if "formaction" in attrs}

    answer = desk.post(where, {"decision": decision}, follow=True)

    conflict.refresh_from_db()
    assert (conflict.decision, conflict.decided_by, Place.objects.get().adresse) == (decision, moderator, adresse)
    assert answer.redirect_chain == [(address("conflict_changelist") + question, 302)]
    assert said(answer)[0].startswith("1 désaccord décidé")
    assert said(desk.post(where, {"decision": decision}, follow=True)) == [
        "Déjà décidé, ou remplacé par un import plus récent."
    ]


def test_conflicts_are_decided_together_by_an_action(desk, source):
    conflicts = disagree(source, adresse="18 Grand Place", nom="Mairie centrale")
    chosen = {"action": "take_theirs", "_selected_action": [conflict.pk for conflict in conflicts]}

    answer = desk.post(address("conflict_changelist"), chosen, follow=True)

    assert said(answer) == ["2 désaccords décidés : la valeur de la source est prise."]
    place = Place.objects.get()
    assert (place.adresse, place.nom) == ("18 Grand Place", "Mairie centrale")


@pytest.mark.parametrize(
    ("field", "theirs", "why"),
    [("telephone", "douze", "Numéro international"), ("langues", ["volapük"], "n’est pas dans la liste")],
)
def test_value_of_the_source_that_is_no_longer_valid_is_told(desk, source, field, theirs, why):
    [conflict] = disagree(source)
    Conflict.objects.update(field=field, theirs=theirs)

    answer = desk.post(address("conflict_decide", conflict.pk), {"decision": "theirs"}, follow=True)

    [sentence] = said(answer)
    assert sentence.startswith("Mairie, ")
    assert why in sentence
    assert Conflict.objects.waiting().count() == 1


def test_decision_that_means_nothing_is_refused(desk, source):
    [conflict] = disagree(source)

    assert desk.post(address("conflict_decide", conflict.pk), {"decision": "hack"}).status_code == 400


def test_list_shows_what_waits_and_the_rest_when_asked(desk, moderator, source):
    [conflict] = disagree(source)
    url = address("conflict_changelist")
    desk.post(address("conflict_decide", conflict.pk), {"decision": "ours"})

    counts = [desk.get(url, asked).context["cl"].result_count for asked in ({}, {"decision": "prise"})]

    assert counts == [0, 1]
    assert "<h1>Désaccords avec une source" in desk.get(url).text
    assert "la nôtre est gardée (samira, le" in desk.get(url, {"decision": "toutes"}).text


def test_conflicts_are_told_on_the_page_of_their_place(desk, source):
    conflicts = disagree(source, adresse="18 Grand Place", nom="Mairie centrale")
    other = make_place()
    elsewhere = desk.get(address("place_change", other.pk)).text
    text = desk.get(address("place_change", "1")).text

    assert "2 désaccords avec la source" in text
    assert "avec la source" not in elsewhere
    assert f'href="{address("conflict_changelist")}?place__id__exact=1"' in text
    found = desk.get(address("conflict_changelist"), {"place__id__exact": "1"}).context["cl"].result_list
    assert {*found} == {*conflicts}


def test_address_of_one_conflict_leads_to_those_of_its_place(desk, source):
    [conflict] = disagree(source)

    answer = desk.get(address("conflict_change", conflict.pk))

    assert answer.url == f"{address('conflict_changelist')}?place__id__exact=1&decision=toutes"


# --- sources
def test_source_tells_its_state_in_words_and_shape(desk):
    given = [
        ({"name": "A"}, "fichiers donnés à la main"),
        ({"name": "B", "address": "https://exemple.fr/b.csv"}, "pas encore relue"),
        ({"name": "C", "address": "https://exemple.fr/c.csv", "checked_at": timezone.now()}, "relue le"),
        ({"name": "D", "address": "https://exemple.fr/d.csv", "failures": 1, "failure": "erreur 500"}, "en échec"),
        ({"name": "E", "address": "https://exemple.fr/e.csv", "failures": 3, "failure": "erreur 500"}, "3 fois"),
    ]
    for values, _words in given:
        Source.objects.create(**values)

    text = desk.get(address("source_changelist")).text

    assert [words for _values, words in given if words not in text] == []
    assert text.count("▲") == 2


def test_source_counts_its_places_and_leads_to_them(desk, source):
    applied(source, *rows(3))

    listed = desk.get(address("source_changelist"))
    places = f"{address('place_changelist')}?import_source__id__exact={source.pk}"

    assert f'<a href="{places}">3</a>' in listed.text
    assert desk.get(places).context["cl"].result_count == 3


def test_source_read_again_needs_an_address(desk, source):
    sent = FilledForm(desk.get(address("source_change", source.pk)).text).sent | {"every": "day"}

    answer = desk.post(address("source_change", source.pk), sent)

    assert [*answer.context["adminform"].errors] == ["address"]


def test_new_address_forgets_what_was_known_of_the_old_file(desk, source):
    known = {"etag": "v1", "last_modified": "hier", "file_hash": "abc", "failures": 2, "failure": "erreur 500"}
    Source.objects.update(address="https://exemple.fr/a.csv", checked_at=timezone.now(), **known)
    url = address("source_change", source.pk)

    save_source(desk, url, licence="Licence Ouverte")
    kept = Source.objects.get().etag
    save_source(desk, url, address="https://exemple.fr/b.csv")

    source.refresh_from_db()
    assert kept == "v1"
    assert (source.etag, source.last_modified, source.file_hash, source.failure) == ("", "", "", "")
    assert (source.failures, source.checked_at) == (0, None)


def save_source(client, url: str, **changes) -> None:
    """The first form of the page reads the source again; the fields are in the last."""
    form = client.get(url).context["adminform"].form
    sent = {name: form.initial.get(name, "") for name in form.fields} | changes
    client.post(url, {name: value for name, value in sent.items() if value is not False})


def test_source_is_read_again_at_once(desk, portal):
    source = Source.objects.create(name="Portail", address=portal.address)
    url = address("source_sync", source.pk)

    read = desk.post(url, follow=True)
    again = desk.post(url, follow=True)
    portal.status = 500
    failed = desk.post(url, follow=True)

    assert said(read) == ["Portail : lu, attend d’être appliqué dans l’administration."]
    assert said(again) == ["Portail : inchangé (même fichier)."]
    assert "500" in said(failed)[0]
    assert Source.objects.get().failures == 1
    assert ImportRun.objects.get().state == "read"


def test_file_given_up_can_be_read_again(desk, portal):
    portal.headers["ETag"] = '"v1"'
    source = Source.objects.create(name="Portail", address=portal.address)
    desk.post(address("source_sync", source.pk))
    press(desk, "abandon", ImportRun.objects.get())

    desk.post(address("source_sync", source.pk))

    assert ImportRun.objects.get().counts["creees"] == 1


def test_refused_file_of_a_source_applied_by_itself_waits_for_a_person(desk, portal):
    source = Source.objects.create(name="Portail", address=portal.address, auto_apply=True)
    portal.body = as_csv(*rows(10))
    desk.post(address("source_sync", source.pk))
    portal.body = as_csv(*rows(5))

    answer = desk.post(address("source_sync", source.pk), follow=True)

    assert "5 lieux sur 10" in said(answer)[-1]
    assert 'name="allow_gone"' in desk.get(page(ImportRun.objects.get(state="read"))).text


def test_source_that_holds_places_or_history_is_not_deleted(desk, source):
    applied(source, *rows(2))
    other = Source.objects.create(name="Région")
    read(other, ROW)
    empty = Source.objects.create(name="Vide")

    answers = [
        desk.post(address("source_delete", found.pk), {"post": "yes"}, follow=True) for found in (source, other, empty)
    ]

    assert said(answers[0]) == ["« Poste » ne peut pas être supprimée : 2 lieux en viennent."]
    assert said(answers[1]) == ["« Région » ne peut pas être supprimée : l’historique de ses imports la nomme."]
    assert [found.name for found in Source.objects.all()] == ["Poste", "Région"]
    chosen = {"action": "delete_selected", "_selected_action": [source.pk], "post": "yes"}
    desk.post(address("source_changelist"), chosen)
    assert Source.objects.filter(pk=source.pk).exists()


# --- what waits
def test_first_page_counts_what_imports_leave_to_do_and_leads_there(desk, moderator, source):
    disagree(source)
    applied(source, ROW | {"adresse": "18 Grand Place"}, *rows(3)[1:])
    applied(source, ROW | {"adresse": "18 Grand Place"}, ROW | {"id": "2", "nom": "Lieu 2"})
    applied(source, ROW | {"adresse": "18 Grand Place"})
    Place.objects.filter(pk="2").update(status="archived")
    Place.objects.update(latitude=50.69, longitude=3.18)
    read(source, ROW)
    Source.objects.create(name="En panne", address="https://exemple.fr/a.csv", failures=2, failure="erreur 500")

    waiting = tasks(moderator)

    assert [(str(task.title), task.count) for task in waiting] == [
        ("Lieux qui ne sont plus dans leur source", 1),
        ("Imports à lire et à appliquer", 1),
        ("Désaccords avec une source, à décider", 1),
        ("Sources en échec", 1),
    ]
    assert [desk.get(task.address).context["cl"].result_count for task in waiting] == [1, 1, 1, 1]


def test_tasks_are_those_one_may_see(make_agent, source):
    read(source, ROW)
    make_place(adresse="")
    make_agent("view_importrun")

    found = tasks(User.objects.get(username="agent"))

    assert [str(task.title) for task in found] == ["Imports à lire et à appliquer"]


# --- who may
def test_who_may_only_look_reads_and_applies_nothing(make_agent, source):
    [conflict] = disagree(source)
    run = read(source, ROW)
    agent = make_agent("view_importrun", "view_conflict", "view_source")

    looks = [agent.get(url) for url in (page(run), address("conflict_changelist"), address("source_changelist"))]
    posts = [
        agent.post(address("importrun_apply", run.pk)),
        agent.post(address("importrun_abandon", run.pk)),
        agent.post(address("conflict_decide", conflict.pk), {"decision": "theirs"}),
        agent.post(address("source_sync", source.pk)),
        give(agent, as_csv(ROW), source=source.pk),
    ]

    assert [look.status_code for look in looks] == [200, 200, 200]
    assert not any(word in look.text for look in looks for word in ('"Appliquer"', "formaction", "Abandonner"))
    assert [post.status_code for post in posts] == [403] * 5
    run.refresh_from_db()
    assert (run.state, Conflict.objects.waiting().count()) == ("read", 1)


def test_who_has_no_right_sees_nothing(make_agent, source):
    [conflict] = disagree(source)
    run = read(source, ROW)
    agent = make_agent("view_place")

    pages = [page(run), address("importrun_report", run.pk), address("conflict_change", conflict.pk)]

    assert [agent.get(url).status_code for url in pages] == [403, 403, 403]
    assert "avec la source" not in agent.get(address("place_change", "1")).text


def test_buttons_ask_for_a_form_of_ours(source, moderator):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator)
    run = read(source, ROW)

    answers = [client.post(address(f"importrun_{verb}", run.pk)) for verb in ("apply", "abandon")]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert client.get(address("importrun_apply", run.pk)).status_code == 405


# --- costs
def test_pages_ask_as_many_questions_of_the_base_for_twice_the_rows(desk, source):
    def fill(number: int) -> None:
        every = [ROW | {"id": f"{number}-{n}", "nom": f"Lieu {n}"} for n in range(4)]
        applied(source, *every)
        for place in Place.objects.filter(source_id__startswith=f"{number}-"):
            place.adresse = "19 Grand Place"
            history.save([place], origin=Revision.Origin.ADMIN)
        applied(source, *(row | {"adresse": "18 Grand Place", "nom": "Autre"} for row in every))
        Source.objects.create(name=f"Source {number}", address="https://exemple.fr/a.csv")

    def questions(url: str) -> int:
        desk.get(url)
        with CaptureQueriesContext(connection) as queries:
            desk.get(url)
        return len(queries)

    lists = [address(f"{name}_changelist") for name in ("importrun", "conflict", "source")]
    fill(1)
    once = [questions(url) for url in [*lists, page(ImportRun.objects.first())]]
    fill(2)

    assert [questions(url) for url in [*lists, page(ImportRun.objects.first())]] == once


def test_list_of_imports_fetches_neither_file_nor_report(desk, source):
    read(source, ROW)

    with CaptureQueriesContext(connection) as queries:
        desk.get(address("importrun_changelist"))
        desk.get(address("conflict_changelist"))

    assert not [q["sql"] for q in queries if '"content"' in q["sql"] or '"report"' in q["sql"]]


# --- hostile text
@pytest.mark.parametrize("text", [SCRIPT, IMAGE])
def test_hostile_file_is_shown_as_text_everywhere(desk, text):
    source = Source.objects.create(name=text, address="https://exemple.fr/a.csv", failures=1, failure=text)
    calm = {column: ROW.get(column, "") for column in COLUMNS}
    hostile = calm | {column: text for column in COLUMNS if column not in ("code_postal", "latitude", "longitude")}
    applied(source, hostile | {"id": "1"}, hostile | {"id": "3"})
    correct(adresse=f"{text} ici", presentation_resume=f"{text} ici")
    run = read(
        source,
        hostile | {"id": "1", "adresse": f"{text} là", "presentation_resume": f"{text} là", "commune": text * 2},
        hostile | {"id": "2"},
        {"id": text},
        header=[*COLUMNS, text],
    )
    pages = [
        desk.get(page(run)),
        press(desk, "apply", run, allow_gone="on"),
        desk.get(address("conflict_changelist")),
        desk.get(address("source_changelist")),
        desk.get(address("source_change", source.pk)),
        desk.get(address("importrun_changelist")),
        desk.get(address("importrun_add")),
        desk.get(address("place_changelist"), {"import": run.pk}),
        desk.post(address("source_delete", source.pk), {"post": "yes"}, follow=True),
    ]
    conflict = Conflict.objects.waiting().first()
    Conflict.objects.filter(pk=conflict.pk).update(field="telephone", theirs=text)
    pages.append(desk.post(address("conflict_decide", conflict.pk), {"decision": "theirs"}, follow=True))

    for answer in pages:
        elements = Elements(answer.text).found
        assert answer.status_code == 200
        assert "alert(1)" in answer.text
        assert not [tag for tag, attrs in elements if tag == "script" and not attrs.keys() & {"src", "type"}]
        assert not [attrs for _tag, attrs in elements if attrs.get("src") == "x" or "onerror" in attrs]
