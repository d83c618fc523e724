"""Every address of the desk and every signed address, for every kind of person: open or shut, and nothing between."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import get_resolver, reverse

from places import rights
from places.models import Holding, Place, Revision, Submission
from places.structure import links
from tests.factories import make_place
from tests.people import PASSWORD, make_person

pytestmark = pytest.mark.django_db

MODERATOR, REFERENT, DATA, ADMINISTRATOR = rights.MODERATOR, rights.REFERENT, rights.DATA, rights.ADMINISTRATOR
NOBODY, MEMBER, STAFF, SUPERUSER = "anonyme", "compte sans équipe", "équipe sans groupe", "superutilisateur"
PEOPLE = (NOBODY, MEMBER, STAFF, REFERENT, MODERATOR, DATA, ADMINISTRATOR, SUPERUSER)
BOSSES = {ADMINISTRATOR, SUPERUSER}
DESKS = {MODERATOR, DATA} | BOSSES
# The lists of the desk, by model: who sees them.
LISTS = {
    "auth.group": BOSSES,
    "auth.user": BOSSES,
    "axes.accessattempt": BOSSES,
    "places.conflict": DESKS,
    "places.duplicate": DESKS,
    "places.importrun": DESKS,
    "places.indicator": {DATA} | BOSSES,
    "places.layer": {DATA} | BOSSES,
    "places.mail": {MODERATOR} | BOSSES,
    "places.permanence": DESKS,
    "places.place": DESKS | {REFERENT},
    "places.revision": DESKS,
    "places.sentence": {MODERATOR} | BOSSES,
    "places.source": DESKS,
    "places.submission": {MODERATOR} | BOSSES,
    "places.synonym": DESKS,
    "places.term": DESKS,
    "places.territory": DESKS,
    "places.timetable": {DATA} | BOSSES,
}
ADDED = {
    "auth.user": BOSSES,
    "places.importrun": {DATA} | BOSSES,
    "places.place": DESKS,
    "places.sentence": {MODERATOR} | BOSSES,
    "places.source": {DATA} | BOSSES,
    "places.layer": {DATA} | BOSSES,
    "places.synonym": DESKS,
    "places.term": {DATA} | BOSSES,
    "places.permanence": set(),
    "auth.group": {SUPERUSER},
}


@pytest.fixture
def as_person(client):
    """Sign somebody in, by what they are."""

    def sign_in(who: str):
        if who == MEMBER:
            client.force_login(User.objects.create_user("membre", password=PASSWORD))
        elif who == STAFF:
            client.force_login(User.objects.create_user("equipe", password=PASSWORD, is_staff=True))
        elif who == SUPERUSER:
            client.force_login(User.objects.create_superuser("chef", password=PASSWORD))
        elif who != NOBODY:
            client.force_login(User.objects.filter(username=who.split()[0]).first() or make_person(who))
        return client

    return sign_in


@pytest.fixture
def things():
    """A place held by the referent, one that is not, and a submission about each."""
    held, other = make_place(id="tenu", nom="Tenu"), make_place(id="autre", nom="Autre")
    Holding.objects.create(user=make_person(REFERENT), place=held, moderated=Holding.Moderated.NO)
    for number, place in enumerate((held, other)):
        Submission.objects.create(kind="correction", place=place, proposed={"nom": "X"}, fingerprint=str(number))
    return held, other


def is_open(answer) -> bool:
    """Open: a page. Shut: refused, led to sign-in or home, or unknown."""
    assert answer.status_code in (200, 302, 403, 404, 405), answer.status_code
    return answer.status_code == 200


def pages() -> dict[str, set[str]]:
    """Every page of the desk that this test knows, with those it opens to."""
    table = {reverse("admin:index"): {STAFF, REFERENT} | DESKS}
    for model, people in LISTS.items():
        table[reverse("admin:{}_{}_changelist".format(*model.split(".")))] = people
    for model, people in ADDED.items():
        table[reverse("admin:{}_{}_add".format(*model.split(".")))] = people
    submission = Submission.objects.get(place="autre")
    boss = reverse("admin:auth_user_change", args=[User.objects.get(username="referent").pk])
    return table | {
        reverse("admin:quality"): DESKS,
        reverse("admin:personal_data"): BOSSES,
        reverse("admin:machine"): BOSSES,
        reverse("admin:places_revision_undo") + f"?auteur={User.objects.first().pk}": BOSSES,
        reverse("admin:places_place_change", args=["tenu"]): DESKS | {REFERENT},
        reverse("admin:places_place_change", args=["autre"]): DESKS,
        reverse("admin:places_place_history", args=["tenu"]): DESKS | {REFERENT},
        reverse("admin:places_place_history", args=["autre"]): DESKS,
        reverse("admin:places_submission_change", args=[submission.pk]): {MODERATOR} | BOSSES,
        reverse("data:proposed-logo", args=[submission.pk]): set(),
        boss: BOSSES,
        reverse("admin:second_factor_enrol"): {STAFF, REFERENT} | DESKS,
        reverse("admin:password_change"): {STAFF, REFERENT} | DESKS,
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_each_page_opens_to_exactly_these_people(as_person, things, who):
    table = pages()
    client = as_person(who)

    wrong = {path: sorted(people) for path, people in table.items() if is_open(client.get(path)) != (who in people)}

    assert wrong == {}


def test_every_list_of_the_desk_is_in_the_table():
    known = {f"{model._meta.app_label}.{model._meta.model_name}" for model in admin.site._registry}

    assert known == {*LISTS}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_verb_is_obeyed_for_exactly_these_people(as_person, things, who):
    """POST to every address that writes, as somebody who has the page open elsewhere."""
    held, other = things
    revisions = Revision.objects.count()
    client = as_person(who)
    creation = other.revisions.get()
    client.post(reverse("admin:places_revision_revert", args=[creation.pk]), {"field": ["nom"]})
    client.post(reverse("admin:places_place_changelist"), {"action": "archive", "_selected_action": ["autre"]})
    archived = Place.objects.get(pk="autre").status == "archived"
    submission = Submission.objects.get(place=held)
    client.post(reverse("admin:places_submission_change", args=[submission.pk]), {"decision": "known"})
    submission.refresh_from_db()
    undo = client.post(reverse("admin:places_revision_undo") + f"?auteur={User.objects.first().pk}")
    chase = client.post(reverse("admin:quality"), {"place": ["autre"]})

    assert archived == (who in DESKS)
    assert Revision.objects.count() == revisions + archived
    assert (submission.state == "duplicate") == (who in {MODERATOR} | BOSSES)
    assert (undo.status_code == 302 and "login" not in undo["Location"]) == (who in BOSSES)
    assert (chase.status_code == 302 and "login" not in chase["Location"]) == (who in DESKS)


@pytest.mark.parametrize("who", PEOPLE)
def test_signed_addresses_open_to_whoever_holds_them_and_to_nobody_without(as_person, things, who):
    held, other = things
    Place.objects.filter(pk__in=["tenu", "autre"]).update(courriels=["ccas@exemple.fr"])
    token = links.sign(held, "ccas@exemple.fr")
    submission = Submission.objects.first()
    client = as_person(who)

    good = [f"/structure/{token}/", f"/structure/{token}/corriger/", f"/structure/{token}/ferme/"]
    good.append(reverse("places:follow", args=[submission.token]))
    bad = [path.replace(token, token[:-2] + "xx") for path in good[:3]]
    bad += [f"/structure/{links.sign(other, 'personne@exemple.fr')}/", reverse("places:follow", args=["x" * 43])]

    assert [is_open(client.get(path)) for path in good] == [True] * 4
    assert [is_open(client.get(path)) for path in bad] == [False] * 5


def test_every_address_of_the_desk_sends_a_stranger_to_sign_in(client, things):
    """Read from the table of addresses: a new page cannot forget to ask who is there."""
    open_to_all = {"admin:login", "admin:logout", "admin:jsi18n"}
    patterns = get_resolver().namespace_dict["admin"][1].url_patterns
    asked = []

    def walk(found, prefix=""):
        for pattern in found:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif pattern.name and f"admin:{pattern.name}" not in open_to_all:
                asked.append(prefix + str(pattern.pattern))

    walk(patterns)
    assert len(asked) > 80
    for route in asked:
        path = "/admin/" + "".join("1" if part.startswith("<") else part for part in _parts(route))
        answer = client.get(path)
        assert answer.status_code in (302, 301, 404), (path, answer.status_code)
        assert "login" in answer.get("Location", "login"), path


def _parts(route: str) -> list[str]:
    """Split a route at its converters."""
    parts, text = [], route
    while "<" in text:
        before, _mark, rest = text.partition("<")
        name, _mark, text = rest.partition(">")
        parts += [before, f"<{name}>"]
    return [*parts, text]
