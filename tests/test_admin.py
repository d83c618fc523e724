"""The moderators' desk: nothing changes without history, nothing a visitor wrote can run there."""

from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from places import history, lexicon
from places.admin.tasks import tasks
from places.fields import PipeListField
from places.models import DataVersion, ImportRun, Permanence, Place, Revision, Source, Term
from places.vocabularies import LOCAL, NATIONAL
from tests.factories import make_permanence, make_place, make_territory

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return User.objects.create_superuser("samira", password="long-enough-1", first_name="Samira", last_name="Diallo")


@pytest.fixture
def desk(client, moderator):
    """A browser in which the moderator has signed in."""
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


class FilledForm(HTMLParser):
    """What a browser would send of the first POST form of the page's content, untouched."""

    def __init__(self, page: str):
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.inside = False
        self.textarea = self.select = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attrs = dict(attributes)
        name = attrs.get("name")
        if tag == "form":
            self.inside = attrs.get("id") not in ("logout-form", "changelist-search")
        elif not self.inside:
            return
        elif tag == "textarea":
            self.textarea = name
            self.sent[name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in attrs:
            self.sent.setdefault(self.select, []).append(attrs["value"])
        elif tag == "input" and name and (attrs["type"] not in ("submit", "checkbox") or "checked" in attrs):
            self.sent.setdefault(name, []).append(attrs.get("value", "on" if "checked" in attrs else ""))

    def handle_data(self, data):
        if self.textarea:
            self.sent[self.textarea][0] += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.textarea:
            text = self.sent[self.textarea][0].replace("\r\n", "\n").removeprefix("\n")
            self.sent[self.textarea] = [text.replace("\n", "\r\n")]
            self.textarea = None
        elif tag == "select":
            self.select = None


class Elements(HTMLParser):
    """Every element of a page, as the browser would build it: `(tag, attributes)`."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def address(name: str, *args) -> str:
    return reverse(f"admin:places_{name}", args=[quote(arg) for arg in args])


def save(client, url: str, **changes):
    """Open a form, change what is named, send it; fail with the form's own errors when it is refused."""
    sent = FilledForm(client.get(url).text).sent | changes
    answer = client.post(url, sent)
    if answer.status_code == 200:
        context = answer.context
        pytest.fail(
            f"{context['adminform'].errors} {[formset.formset.errors for formset in context['inline_admin_formsets']]}"
        )
    return answer


def run_action(client, action: str, places):
    chosen = {"action": action, "_selected_action": [place.pk for place in places]}
    return client.post(address("place_changelist"), chosen, follow=True)


def names(answer) -> list[str]:
    return [place.nom for place in answer.context["cl"].result_list]


# --- saving a place
def test_save_writes_one_revision_with_the_change_its_author_and_its_reason(desk, moderator):
    place = make_place(nom="CCAS", telephone="")
    place.revisions.all().delete()

    save(desk, address("place_change", place.pk), telephone="+33320815757", reason="Appel au guichet")

    revision = place.revisions.get()
    assert revision.changes == {"telephone": ["", "+33320815757"]}
    assert (revision.author, revision.reason) == (moderator, "Appel au guichet")
    assert (revision.origin, revision.created) == (Revision.Origin.ADMIN, False)


def test_save_without_a_change_writes_nothing(desk):
    place = make_place(
        presentation_resume="Deux\nlignes",
        presentation_detail="Premier paragraphe.\n\nSecond paragraphe.",
        courriels=["a@example.org", "b@example.org"],
        autres_formations_labels=["Un label"],
        services=[*lexicon.entries("services")],
        verified_on="2026-01-02",
        latitude=50.6959279,
    )
    make_permanence(place, details="Une ligne\nune autre", by_appointment=True, themes=["ecrivain-public"])
    revisions, version = Revision.objects.count(), DataVersion.objects.current()

    save(desk, address("place_change", place.pk), reason="Rien, finalement")

    assert (Revision.objects.count(), DataVersion.objects.current()) == (revisions, version)


def test_save_of_every_field_is_told_field_by_field(desk):
    place = make_place()

    save(
        desk,
        address("place_change", place.pk),
        services=["emploi"],
        langues=["arabe", "turc"],
        courriels="a@example.org\r\nb@example.org",
        presentation_detail="Une\r\nDeux",
        verified_on="2026-02-03",
        status="draft",
    )

    employment = lexicon.find("services", "emploi").value
    assert place.revisions.first().changes == {
        "services": [[], [employment]],
        "langues": [[], ["arabe", "turc"]],
        "courriels": [[], ["a@example.org", "b@example.org"]],
        "presentation_detail": ["", "Une\nDeux"],
        "verified_on": [None, "2026-02-03"],
        "status": ["published", "draft"],
    }


def test_change_of_place_and_permanence_makes_one_revision(desk):
    place = make_place(telephone="")
    permanence = make_permanence(place, title="Écrivain public", horaires="Tu 09:00-12:00")
    revisions = place.revisions.count()

    save(
        desk,
        address("place_change", place.pk),
        telephone="+33320815757",
        **{"permanences-0-horaires": "We 14:00-17:00", "permanences-0-themes": ["ecrivain-public"]},
    )

    assert place.revisions.count() == revisions + 1
    changes = place.revisions.first().changes
    assert {*changes} == {"telephone", "permanences"}
    [before], [after] = changes["permanences"]
    assert (before["horaires"], after["horaires"]) == ("Tu 09:00-12:00", "We 14:00-17:00")
    permanence.refresh_from_db()
    assert permanence.themes.values == ["ecrivain-public"]


def test_change_of_permanence_alone_is_history_and_offer_of_the_place(desk):
    place = make_place()
    make_permanence(place, title="Écrivain public")

    save(desk, address("place_change", place.pk), **{"permanences-0-langues": ["turc"]})

    assert [*place.revisions.first().changes] == ["permanences"]
    place.refresh_from_db()
    assert place.offered_langues.values == ["turc"]


def test_removed_permanence_is_kept_by_history(desk):
    place = make_place()
    permanence = make_permanence(place, title="Écrivain public")

    save(desk, address("place_change", place.pk), **{"permanences-0-DELETE": "on"})

    assert not Permanence.objects.exists()
    assert place.revisions.first().changes == {"permanences": [[permanence.snapshot()], []]}


def test_new_place_gets_an_id_of_ours_and_one_revision_with_its_permanences(desk, moderator):
    save(
        desk,
        address("place_add"),
        nom="Maison du Test",
        reason="Signalé par un habitant",
        **{"permanences-0-title": "Écrivain public", "permanences-0-services": ["emploi"]},
    )

    place = Place.objects.get()
    assert place.pk.startswith("local-")
    assert (place.commune, place.slug, place.source_id) == ("Roubaix", "maison-du-test", "")
    assert place.date_maj == timezone.localdate()
    revision = place.revisions.get()
    assert (revision.created, revision.author, revision.reason) == (True, moderator, "Signalé par un habitant")
    assert revision.changes["nom"] == [None, "Maison du Test"]
    assert revision.changes["permanences"] == [[], [place.permanences.get().snapshot()]]
    assert place.offered_services.values == [lexicon.find("services", "emploi").value]


def test_refused_form_writes_nothing_and_loses_nothing(desk):
    place = make_place()
    revisions = Revision.objects.count()
    url = address("place_change", place.pk)
    sent = FilledForm(desk.get(url).text).sent | {"telephone": "douze", "adresse": "12 rue du Test", "longitude": ""}

    answer = desk.post(url, sent)

    assert {*answer.context["adminform"].errors} == {"telephone", "longitude"}
    assert 'value="12 rue du Test"' in answer.text
    assert Revision.objects.count() == revisions


def test_point_set_by_a_moderator_is_verified_and_lies_in_its_quartier(desk):
    quartier = make_territory("quartier", "Q1")
    place = make_place(latitude=None, longitude=None)

    save(desk, address("place_change", place.pk), latitude="50.69", longitude="3.18")

    place.refresh_from_db()
    assert (place.quartier, place.position_quality) == (quartier, Place.PositionQuality.EXACT)


def test_erased_point_is_no_longer_verified(desk):
    place = make_place(position_quality=Place.PositionQuality.EXACT)

    save(desk, address("place_change", place.pk), latitude="", longitude="")

    place.refresh_from_db()
    assert (place.point, place.position_quality) == (None, Place.PositionQuality.UNKNOWN)


# --- verbs of the list
@pytest.mark.parametrize(
    ("action", "before", "after", "said"),
    [
        ("publish", "draft", "published", "2 lieux publiés."),
        ("archive", "published", "archived", "2 lieux archivés."),
    ],
)
def test_action_writes_history_and_says_how_many(desk, moderator, action, before, after, said):
    places = [make_place(status=before), make_place(status=before), make_place(status=after)]
    revisions = Revision.objects.count()

    answer = run_action(desk, action, places)

    assert [str(message) for message in answer.context["messages"]] == [said]
    assert {*Place.objects.values_list("status", flat=True)} == {after}
    written = Revision.objects.all()[:2]
    assert Revision.objects.count() == revisions + 2
    assert [(r.author, r.origin, r.changes) for r in written] == [(moderator, "admin", {"status": [before, after]})] * 2


def test_mark_verified_says_who_and_when(desk):
    place = make_place(verification="déduit, à vérifier")

    answer = run_action(desk, "mark_verified", [place])

    place.refresh_from_db()
    assert (place.verified_on, place.verified_by) == (timezone.localdate(), "Samira Diallo")
    assert not place.needs_verification
    assert [str(message) for message in answer.context["messages"]] == ["1 lieu vérifié."]
    assert {*place.revisions.first().changes} == {"verified_on", "verified_by"}


def test_place_is_never_deleted(desk):
    place = make_place()

    assert desk.post(address("place_delete", place.pk), {"post": "yes"}).status_code == 403
    run_action(desk, "delete_selected", [place])

    assert Place.objects.filter(pk=place.pk).exists()


# --- the list
def test_list_asks_as_many_questions_of_the_base_for_twice_the_places(desk):
    make_territory("quartier", "Q1")
    make_territory("qpv", "QP1")

    def questions() -> int:
        desk.get(address("place_changelist"))  # what the process keeps, such as the words, is read again
        with CaptureQueriesContext(connection) as queries:
            desk.get(address("place_changelist"))
        assert not any('"geometry"' in query["sql"] for query in queries)
        return len(queries)

    for _number in range(4):
        make_place()
    once = questions()
    for _number in range(4):
        make_place()

    assert questions() == once


def test_list_says_which_address_is_missing(desk):
    make_place(nom="Centre social", adresse="")

    assert "adresse à compléter" in desk.get(address("place_changelist")).text


@pytest.mark.parametrize(
    "asked", ["epeule", "ÉPEULE", "rue de l’épeule", "cnfs-627", "ACCUEIL@epeule", "03 20 81 57 57", "+33320815757"]
)
def test_search_finds_by_name_address_id_email_and_phone(desk, asked):
    make_place(
        id="cnfs-627b",
        nom="CCAS de l’Épeule",
        adresse="187 rue de l’Épeule",
        courriels=["accueil@epeule.example"],
        telephone="+33320815757",
    )
    make_place(nom="Mairie")

    assert names(desk.get(address("place_changelist"), {"q": asked})) == ["CCAS de l’Épeule"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"a_completer": "oui"}, ["Sans adresse", "Sans point"]),
        ({"a_completer": "adresse"}, ["Sans adresse"]),
        ({"a_completer": "position"}, ["Sans point"]),
        ({"a_verifier": "oui"}, ["À vérifier"]),
        ({"status__exact": "archived"}, ["Archivé"]),
        ({"quartier": "Q1"}, ["Au nord"]),
        ({"qpv": "oui"}, ["Au nord"]),
        ({"qpv": "non"}, ["Archivé", "Sans adresse", "Sans point", "Vérifié", "À vérifier"]),
        ({"services": "emploi"}, ["Au nord"]),
        ({"services": "n'existe pas"}, ["Archivé", "Au nord", "Sans adresse", "Sans point", "Vérifié", "À vérifier"]),
        ({"source": "dora"}, ["Vérifié"]),
    ],
)
def test_list_narrows_to_what_a_filter_names(desk, asked, found):
    box = {"south": 50.75, "north": 50.76}
    make_territory("quartier", "Q1", **box)
    make_territory("qpv", "QP1", **box)
    make_place(nom="Sans adresse", adresse="")
    make_place(nom="Sans point", latitude=None, longitude=None)
    make_place(nom="À vérifier", verification="déduit, à vérifier")
    make_place(nom="Vérifié", verification="déduit, à vérifier", verified_on="2026-01-01", source="dora")
    make_place(nom="Archivé", adresse="", verification="à vérifier", status="archived")
    make_place(nom="Au nord", latitude=50.755, services=["emploi"])

    assert sorted(names(desk.get(address("place_changelist"), asked))) == found


def test_first_page_counts_what_waits_and_leads_there(desk, moderator, rf):
    make_place(adresse="")
    make_place(latitude=None, longitude=None)
    make_place(verification="à vérifier")
    make_place(status="draft")
    make_place(status="archived", adresse="", verification="à vérifier")
    waiting = tasks(moderator)

    request = rf.get("/admin/")
    request.user = moderator
    page = admin.site.index(request, {"tasks": waiting}).render().content.decode()

    assert [task.count for task in waiting] == [2, 1, 1]
    assert [desk.get(task.address).context["cl"].result_count for task in waiting] == [2, 1, 1]
    assert all(task.address in page for task in waiting)


# --- history
def test_history_tells_who_when_why_and_from_what_newest_first(desk):
    place = make_place(nom="CCAS", status="draft", services=["emploi"])
    save(desk, address("place_change", place.pk), status="published", reason="Ouverture")
    save(desk, address("place_change", place.pk), services=[], source="Appel")

    page = desk.get(address("place_history", place.pk))

    told = [(revision.reason, [*changes]) for revision, changes in page.context["revisions"]]
    assert [reason for reason, _changes in told] == ["", "Ouverture", ""]
    for words in ("Samira Diallo", "Ouverture", "brouillon", "publié", "Chercher un emploi avec internet", "(vide)"):
        assert words in page.text


def test_history_of_permanences_is_in_words(desk):
    place = make_place()
    make_permanence(place, title="Écrivain public", langues=["turc"], by_appointment=False)

    page = desk.get(address("place_history", place.pk)).text

    assert "Écrivain public – sur rendez-vous : non – langues : Turc" in page.replace("\u202f", " ")


def test_history_survives_a_column_that_is_gone(desk):
    place = make_place()
    place.revisions.update(changes={"ancienne_colonne": ["un", "deux"]})

    page = desk.get(address("place_history", place.pk)).text

    assert "ancienne_colonne" in page.lower()
    assert "deux" in page


def test_history_comes_by_pages(desk):
    place = make_place()
    for number in range(25):
        place.nom = f"Nom {number}"
        history.save([place], origin=Revision.Origin.COMMAND)

    pages = [desk.get(address("place_history", place.pk), {"p": number}) for number in (1, 2, "abc")]

    assert [len(page.context["revisions"]) for page in pages] == [20, 6, 20]


# --- words of the map
def test_national_word_is_renamed_but_keeps_its_official_value(desk):
    term = Term.objects.get(vocabulary="services", slug="emploi")
    value, version = term.value, DataVersion.objects.current()

    save(
        desk, address("term_change", term.pk), short_label="Papiers", value="Autre", slug="autre", vocabulary="langues"
    )

    term.refresh_from_db()
    assert (term.short_label, term.value, term.slug, term.vocabulary) == ("Papiers", value, "emploi", "services")
    assert DataVersion.objects.current() > version
    assert lexicon.find("services", "emploi").short_label == "Papiers"


def test_new_word_goes_to_a_list_of_the_city_only(desk):
    form = desk.get(address("term_add"))
    offered = [name for name, _question in form.context["adminform"].form.fields["vocabulary"].choices if name]
    new = {"value": "couture", "slug": "couture", "short_label": "Couture"}
    sent = FilledForm(form.text).sent | new

    refused = desk.post(address("term_add"), sent | {"vocabulary": "services"})
    save(desk, address("term_add"), **new, vocabulary="ateliers")

    assert offered == list(LOCAL)
    assert not {*offered} & {*NATIONAL}
    assert [*refused.context["adminform"].errors] == ["vocabulary"]
    assert Term.objects.get(value="couture").vocabulary == "ateliers"
    assert lexicon.find("ateliers", "couture").short_label == "Couture"


def test_order_and_visibility_change_in_the_list(desk):
    url = address("term_changelist") + "?vocabulary__exact=ateliers"
    version = DataVersion.objects.current()
    sent = FilledForm(desk.get(url).text).sent
    del sent["form-0-visible"]

    desk.post(url, sent | {"form-1-order": "1", "_save": "1"})

    first, second = lexicon.entries("ateliers")
    assert (first.slug, first.visible, second.visible) == ("avance", True, False)
    assert DataVersion.objects.current() > version


def test_word_is_never_deleted(desk):
    term = Term.objects.get(vocabulary="ateliers", slug="debutant")

    assert desk.post(address("term_delete", term.pk), {"post": "yes"}).status_code == 403
    assert Term.objects.filter(pk=term.pk).exists()


# --- territories
def test_territory_no_longer_in_force_lets_its_places_go(desk):
    old, new = make_territory("qpv", "QP1", vintage="2015"), make_territory("qpv", "QP2", current=False)
    place = make_place()
    version = DataVersion.objects.current()
    sent = FilledForm(desk.get(address("territory_change", old.pk)).text).sent
    del sent["current"]

    desk.post(address("territory_change", old.pk), sent)
    save(desk, address("territory_change", new.pk), current="on")

    place.refresh_from_db()
    assert place.qpv == new
    assert DataVersion.objects.current() == version + 2
    old.refresh_from_db()
    assert old.geometry == old.outline != {}


def test_territory_outline_never_travels_to_the_list_or_the_form(desk):
    territory = make_territory("quartier", "Q1", south=50.123456)

    pages = [desk.get(address("territory_changelist")), desk.get(address("territory_change", territory.pk))]

    assert [page.status_code for page in pages] == [200, 200]
    assert not any("50.123456" in page.text for page in pages)


@pytest.mark.parametrize("page", ["territory_add", "permanence_add", "conflict_add"])
def test_what_comes_from_files_is_not_added_by_hand(desk, page):
    assert desk.get(address(page)).status_code == 403


# --- permanences
def test_permanences_are_found_by_theme_language_and_place(desk):
    place = make_place(nom="Médiathèque")
    make_permanence(place, title="Écrivain public", themes=["ecrivain-public"])
    make_permanence(make_place(nom="Mairie"), title="Atelier", langues=["turc"])

    def found(**asked) -> list[str]:
        answer = desk.get(address("permanence_changelist"), asked)
        return [permanence.title for permanence in answer.context["cl"].result_list]

    assert found(themes="ecrivain-public") == ["Écrivain public"]
    assert found(langues="turc") == ["Atelier"]
    assert found(q="MEDIATHEQUE") == ["Écrivain public"]
    assert address("place_change", place.pk) in desk.get(address("permanence_changelist")).text


# --- who may come in
PAGES = ["place_changelist", "place_add", "permanence_changelist", "term_changelist", "territory_changelist"]
PAGES += ["source_changelist", "importrun_changelist", "importrun_add", "conflict_changelist"]


@pytest.mark.parametrize("page", PAGES)
def test_stranger_is_asked_to_sign_in(client, page):
    answer = client.get(address(page))

    assert (answer.status_code, answer.url) == (302, f"/admin/login/?next={address(page)}")


@pytest.mark.parametrize("page", PAGES)
def test_agent_without_rights_is_refused(make_agent, page):
    assert make_agent().get(address(page)).status_code == 403


def test_agent_without_rights_sees_neither_place_nor_history_nor_tasks(make_agent):
    place = make_place(adresse="")
    agent = make_agent()

    assert [agent.get(address(page, place.pk)).status_code for page in ("place_change", "place_history")] == [403, 403]
    assert tasks(User.objects.get(username="agent")) == []


def test_agent_who_may_only_look_changes_nothing(make_agent):
    place = make_place(nom="CCAS")
    revisions = Revision.objects.count()
    agent = make_agent("view_place")

    look = agent.get(address("place_change", place.pk))
    send = agent.post(address("place_change", place.pk), {"nom": "Autre"})
    run_action(agent, "archive", [place])

    assert (look.status_code, send.status_code) == (200, 403)
    place.refresh_from_db()
    assert (place.nom, place.status, Revision.objects.count()) == ("CCAS", "published", revisions)


def test_every_page_of_the_desk_keeps_the_strict_policy(desk):
    place = make_place()
    pages = ["/admin/", "/admin/password_change/", address("place_history", place.pk)]
    pages += [address("place_change", place.pk), *map(address, PAGES)]

    policies = {desk.get(page).headers["Content-Security-Policy"] for page in pages}
    policies.add(desk.get("/admin/login/").headers["Content-Security-Policy"])

    [policy] = policies
    assert "unsafe" not in policy
    assert {"script-src 'self'", "style-src 'self'"} <= {*policy.split("; ")}


# --- hostile text
@pytest.fixture(params=[SCRIPT, IMAGE])
def hostile(request) -> dict[str, str]:
    """A base in which every text that a person or a file can write is hostile; the address of each page showing it."""

    def hostile_text(model) -> dict:
        values = {}
        for field in model._meta.concrete_fields:
            if isinstance(field, PipeListField):
                values[field.name] = [request.param]
            elif field.get_internal_type() in ("CharField", "TextField") and not field.choices:
                values[field.name] = request.param[: field.max_length]
        return values

    text = request.param
    source = Source.objects.create(name=text, licence=text)
    values = hostile_text(Place) | {"slug": "", "import_source": source, "commune": text}
    place = Place(**values)
    history.save([place], origin=Revision.Origin.IMPORT, reason=text)
    permanence = Permanence.objects.create(place=place, **hostile_text(Permanence))
    changes = {"permanences": [[], [permanence.snapshot()]]}
    history.save([place], origin=Revision.Origin.COMMAND, reason=text, more={place.pk: changes})
    term = Term.objects.create(vocabulary="ateliers", **hostile_text(Term) | {"slug": "hostile", "colour": "#000000"})
    territory = make_territory("quartier", text, nom=text, next_code=text, source=text, indicators={text: text})
    note = {"nature": "refus", "ligne": text, "colonne": text, "valeur": text, "raison": text, "devient": text}
    report = {"refus": [note], "corrections": [note], "remarques": [note]}
    run = ImportRun.objects.create(
        source=source, file_name=text, file_hash=text, report=report, counts={"lignes": text, text: text}
    )
    Revision.objects.update(import_run=run)
    return {
        "place list": address("place_changelist"),
        "place form": address("place_change", place.pk),
        "place history": address("place_history", place.pk),
        "permanence list": address("permanence_changelist"),
        "term list": address("term_changelist") + "?vocabulary__exact=ateliers",
        "term form": address("term_change", term.pk),
        "territory list": address("territory_changelist"),
        "territory form": address("territory_change", territory.pk),
        "source list": address("source_changelist"),
        "import list": address("importrun_changelist"),
        "import page": address("importrun_change", run.pk),
    }


def test_hostile_text_is_shown_as_text(desk, hostile):
    for name, url in hostile.items():
        answer = desk.get(url)
        elements = Elements(answer.text).found

        assert answer.status_code == 200, name
        assert "alert(1)" in answer.text, f"{name}: the hostile text is not even there"
        assert not [tag for tag, attrs in elements if tag == "script" and not attrs.keys() & {"src", "type"}], name
        assert not [attrs for _tag, attrs in elements if attrs.get("src") == "x" or "onerror" in attrs], name


def test_hostile_text_is_shown_as_text_among_recent_actions_and_messages(desk):
    place = make_place(nom=SCRIPT)

    after = desk.post(
        address("place_change", place.pk),
        FilledForm(desk.get(address("place_change", place.pk)).text).sent,
        follow=True,
    )
    index = desk.get("/admin/")

    for page in (after, index):
        assert "&lt;script&gt;alert(1)" in page.text
        assert SCRIPT not in page.text


# --- hours written in French
def test_hours_that_have_doubts_are_proposed_on_the_form_and_taken_by_a_human(desk):
    place = make_place(horaires="Lundi : 9h-12h, sauf exception")
    make_place(horaires="Mo 09:00-12:00")

    form = desk.get(address("place_change", place.pk)).content.decode()
    listed = desk.get(address("place_changelist"), {"horaires_illisibles": "oui"}).context["cl"]
    waiting = [found.pk for found in listed.queryset]
    answer = run_action(desk, "take_proposed_hours", [place])

    assert "Mo 09:00-12:00" in form
    assert waiting == [place.pk]
    place.refresh_from_db()
    assert place.horaires == "Mo 09:00-12:00"
    assert [str(message) for message in answer.context["messages"]] == ["1 lieu a de nouveaux horaires."]
    assert place.revisions.first().changes == {"horaires": ["Lundi : 9h-12h, sauf exception", "Mo 09:00-12:00"]}
