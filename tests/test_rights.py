"""Who may do what: the four groups, sign-in, the second factor, and a structure's own account."""

from urllib.parse import unquote

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from places import rights
from places.accounts.second_factor import BACKUP_CODES
from places.models import Holding, Permanence, Revision
from tests.factories import make_place
from tests.people import PASSWORD, code_of, make_person
from tests.submissions import send, sent_by
from tests.test_admin import FilledForm, address, run_action, save

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def sign_in(client, name="moderateur", password=PASSWORD, **headers):
    sent = {"username": name, "password": password, "next": "/admin/"}
    return client.post(LOGIN, sent, headers=headers)


def enrol(client) -> tuple[str, list[str]]:
    """Set up the telephone of whoever signed in; return its key and the backup codes."""
    page = client.get("/admin/code/activer/")
    key = page.context["key"]
    done = client.post("/admin/code/activer/", {"code": code_of(key)})
    return key, done.context["codes"]


# --- groups
def test_groups_have_exactly_their_rights_after_a_migration():
    for name in rights.GROUPS:
        has = {
            (permission.content_type.app_label, permission.content_type.model, permission.codename)
            for permission in Group.objects.get(name=name).permissions.select_related("content_type")
        }
        assert has == rights.rights_of(name)


def test_migration_takes_back_a_right_that_was_added_and_leaves_other_groups_alone():
    everything = Permission.objects.all()
    Group.objects.get(name=rights.REFERENT).permissions.set(everything)
    own = Group.objects.create(name="stagiaires")
    own.permissions.set(everything)

    call_command("migrate", verbosity=0)

    (left,) = Group.objects.get(name=rights.REFERENT).permissions.all()
    assert left.codename == "hold_place"
    assert own.permissions.count() == everything.count()


def test_nobody_deletes_a_place_a_change_or_an_account():
    codenames = {codename for name in rights.GROUPS for _app, _model, codename in rights.rights_of(name)}

    assert not codenames & {"delete_place", "delete_revision", "change_revision", "delete_user", "delete_submission"}


# --- accounts
def test_administrator_makes_an_account_but_no_superuser(client):
    client.force_login(make_person(rights.ADMINISTRATOR))
    agent = make_person(rights.MODERATOR)

    page = client.get(reverse("admin:auth_user_change", args=[agent.pk]))
    sent = FilledForm(page.text).sent
    client.post(page.request["PATH_INFO"], sent | {"is_superuser": "on", "user_permissions": ["1"], "last_name": "Li"})

    agent.refresh_from_db()
    assert (agent.last_name, agent.is_superuser, agent.user_permissions.count()) == ("Li", False, 0)


@pytest.mark.parametrize("page", ["change", "password_change"])
def test_administrator_cannot_touch_a_superuser(client, page):
    boss = User.objects.create_superuser("chef", password=PASSWORD)
    client.force_login(make_person(rights.ADMINISTRATOR))

    answer = client.post(
        reverse("admin:auth_user_change", args=[boss.pk])
        if page == "change"
        else reverse("admin:auth_user_password_change", args=[boss.pk]),
        {"username": "pris", "password1": "another-long-one-2", "password2": "another-long-one-2"},
    )

    boss.refresh_from_db()
    assert (answer.status_code, boss.username, boss.check_password(PASSWORD)) == (403, "chef", True)


def test_moderator_sees_no_account(client):
    client.force_login(make_person())

    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403


# --- sign-in
def test_sign_in_waits_after_five_wrong_passwords_even_for_the_right_one(client):
    make_person()

    answers = [sign_in(client, password="wrong").status_code for _number in range(5)]
    right = sign_in(client)

    assert answers == [200, 200, 200, 200, 429]
    assert right.status_code == 429
    assert "15 minutes" in right.text
    assert "sessionid" not in client.cookies


def test_sign_in_of_a_colleague_behind_the_same_address_is_not_stopped(client):
    make_person()
    make_person(rights.DATA)
    for _number in range(5):
        sign_in(client, password="wrong")

    assert sign_in(client, "gestionnaire")["Location"] == "/admin/"


def test_sign_in_counts_the_visitor_and_not_the_proxy(client, settings):
    settings.BEHIND_PROXY = True
    make_person()
    for _number in range(5):
        sign_in(client, password="wrong", x_forwarded_for="198.51.100.7, 203.0.113.9")

    forged = sign_in(client, x_forwarded_for="192.0.2.1, 203.0.113.9")
    other = sign_in(client, x_forwarded_for="203.0.113.9, 192.0.2.1")

    assert (forged.status_code, other["Location"]) == (429, "/admin/")


def test_address_that_tries_many_names_is_stopped(client, monkeypatch):
    monkeypatch.setattr("places.accounts.sign_in.MOST_TRIES", 10)
    make_person()

    answers = [sign_in(client, f"nom-{number}", "wrong").status_code for number in range(12)]

    assert answers == [200] * 10 + [429] * 2
    assert sign_in(client).status_code == 429


def test_sign_in_keeps_no_password_and_says_no_name_in_the_logs(client, caplog):
    make_person()

    for _number in range(6):
        sign_in(client, password="a-secret-mistake")

    assert AccessAttempt.objects.get().failures_since_start == 5
    assert "a-secret-mistake" not in str(AccessAttempt.objects.values())
    assert "axes" in caplog.text
    assert "moderateur" not in caplog.text
    assert "127.0.0.1" not in caplog.text


def test_administrator_unlocks_an_account(client):
    agent = make_person()
    for _number in range(5):
        sign_in(client, password="wrong")
    client.force_login(make_person(rights.ADMINISTRATOR))

    client.post(reverse("admin:auth_user_changelist"), {"action": "unlock", "_selected_action": [agent.pk]})
    client.logout()

    assert sign_in(client)["Location"] == "/admin/"


# --- the code of the telephone
def test_second_factor_is_asked_once_set_up(client):
    make_person()
    sign_in(client)
    key, _codes = enrol(client)
    client.logout()

    sign_in(client)
    at_the_door = client.get("/admin/places/place/", follow=True)
    wrong = client.post(at_the_door.request["PATH_INFO"] + "?next=/admin/places/place/", {"code": "000000"})
    TOTPDevice.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    code = code_of(key, later=1)
    right = client.post("/admin/code/?next=/admin/places/place/", {"code": f"{code[:3]} {code[3:]}"})

    assert at_the_door.redirect_chain[-1][0] == "/admin/code/?next=%2Fadmin%2Fplaces%2Fplace%2F"
    assert "bon code" in wrong.text
    assert right["Location"] == "/admin/places/place/"
    assert client.get("/admin/places/place/").status_code == 200


def test_second_factor_opens_no_page_of_the_desk_before_the_code(client):
    make_person()
    sign_in(client)
    enrol(client)
    client.logout()
    sign_in(client)
    place = make_place()

    for path in ("/admin/", address("place_change", place.pk), "/admin/password_change/", "/admin/code/activer/"):
        assert client.get(path).status_code == 302
    assert client.post(address("place_change", place.pk), {"nom": "Pris"}).status_code == 302
    assert client.get("/admin/code/secours/")["Location"].startswith("/admin/code/")


def test_second_factor_that_is_compulsory_is_set_up_at_the_first_sign_in(client, settings):
    settings.SECOND_FACTOR = True
    make_person()
    sign_in(client)

    page = client.get("/admin/", follow=True)
    _key, codes = enrol(client)

    assert page.redirect_chain[-1][0] == "/admin/code/activer/?next=%2Fadmin%2F"
    assert unquote(page.context["qr"]).startswith("data:image/svg+xml")
    assert (len(codes), client.get("/admin/").status_code) == (BACKUP_CODES, 200)


def test_backup_code_works_once(client):
    make_person()
    sign_in(client)
    _key, codes = enrol(client)

    answers = []
    for _time in range(2):
        client.logout()
        sign_in(client)
        answers.append(client.post("/admin/code/", {"code": codes[0].upper()}).status_code)

    assert answers == [302, 200]
    assert StaticToken.objects.count() == BACKUP_CODES - 1


def test_code_is_not_guessed(client):
    make_person()
    sign_in(client)
    key, _codes = enrol(client)
    client.logout()
    sign_in(client)

    for _number in range(6):
        answer = client.post("/admin/code/", {"code": "123456"})
    right = client.post("/admin/code/", {"code": code_of(key, later=1)})

    assert "Trop d’essais" in answer.text
    assert "Trop d’essais" in right.text


def test_code_page_leads_nowhere_else(client):
    make_person()
    sign_in(client)
    key, _codes = enrol(client)
    client.logout()
    sign_in(client)

    answer = client.post("/admin/code/?next=https://pirate.exemple/", {"code": code_of(key, later=1)})

    assert answer["Location"] == "/admin/"


def test_lost_telephone_is_taken_away_by_an_administrator(client):
    agent = make_person()
    sign_in(client)
    enrol(client)
    client.force_login(make_person(rights.ADMINISTRATOR))

    chosen = {"action": "forget_second_factor", "_selected_action": [agent.pk]}
    client.post(reverse("admin:auth_user_changelist"), chosen)
    client.logout()
    sign_in(client)

    assert client.get("/admin/").status_code == 200
    assert not StaticToken.objects.exists()


def test_command_takes_the_telephone_away(client, capsys):
    make_person()
    sign_in(client)
    enrol(client)
    client.logout()

    call_command("forget_second_factor", "moderateur")
    sign_in(client)

    assert client.get("/admin/").status_code == 200
    with pytest.raises(CommandError):
        call_command("forget_second_factor", "personne")


def test_secrets_are_shown_to_nobody_else(client):
    agent = make_person()
    sign_in(client)
    key, _codes = enrol(client)
    client.force_login(User.objects.create_superuser("chef", password=PASSWORD))

    pages = [client.get(path) for path in ("/admin/", reverse("admin:auth_user_change", args=[agent.pk]))]

    assert all(page.status_code == 200 and key.replace(" ", "") not in page.text for page in pages)
    assert client.get("/admin/otp_totp/totpdevice/").status_code == 404


# --- a structure's own account
@pytest.fixture
def held(client):
    """A place, and the account that holds it, signed in."""
    place = make_place(nom="CCAS", verification="à vérifier")
    Holding.objects.create(user=make_person(rights.REFERENT), place=place, moderated=Holding.Moderated.NO)
    client.force_login(User.objects.get(username="referent"))
    return place


def test_referent_sees_only_the_places_it_holds(client, held):
    other = make_place(nom="Médiathèque")

    listed = client.get(address("place_changelist"))

    assert [place.nom for place in listed.context["cl"].result_list] == ["CCAS"]
    assert client.get(address("place_change", other.pk))["Location"] == "/admin/"
    assert client.get(address("place_history", other.pk)).status_code == 302
    client.post(address("place_change", other.pk), {"nom": "Pris"})
    other.refresh_from_db()
    assert other.nom == "Médiathèque"


def test_referent_changes_what_it_knows_of_its_place(client, held):
    save(
        client,
        address("place_change", held.pk),
        telephone="+33320815757",
        status="archived",
        verified_on="01/01/2026",
        verification="parfait",
        **{"permanences-0-title": "Écrivain public"},
    )

    held.refresh_from_db()
    assert (held.telephone, held.status, held.verified_on) == ("+33320815757", "published", None)
    assert held.verification == "à vérifier"
    assert Permanence.objects.get().title == "Écrivain public"
    revision = held.revisions.first()
    assert (revision.author.username, set(revision.changes)) == ("referent", {"telephone", "permanences"})


def test_referent_has_no_bulk_action(client, held):
    run_action(client, "archive", [held])

    held.refresh_from_db()
    assert held.status == "published"


@pytest.mark.parametrize(
    ("city", "link", "writes"), [(True, "", 403), (False, "", 302), (True, "no", 302), (False, "yes", 403)]
)
def test_referent_writes_or_asks_as_the_city_chooses(client, held, settings, city, link, writes):
    settings.REFERENTS_MODERATED = False
    sent = FilledForm(client.get(address("place_change", held.pk)).text).sent | {"telephone": "+33320815757"}
    settings.REFERENTS_MODERATED = city
    Holding.objects.update(moderated=link)
    before = Revision.objects.count()

    answer = client.post(address("place_change", held.pk), sent)

    assert answer.status_code == writes
    assert Revision.objects.count() == before + (writes == 302)


def test_referent_whose_place_is_taken_away_sees_it_no_more(client, held):
    Holding.objects.all().delete()

    assert client.get(address("place_change", held.pk)).status_code == 302
    assert not client.get(address("place_changelist")).context["cl"].result_list


def test_referent_who_is_read_again_proposes_from_its_page(client, held):
    Holding.objects.update(moderated=Holding.Moderated.YES)

    page = client.get(address("place_change", held.pk))
    proposed = send(client, page.context["propose"], telephone=["03 20 81 57 57"])

    submission = sent_by(proposed)
    assert (submission.place, submission.by_structure) == (held, True)
    assert submission.proposed == {"telephone": "+33320815757"}
    assert "Proposer une correction" in page.text


def test_account_that_holds_nothing_is_given_no_link(client):
    place = make_place()
    client.force_login(User.objects.create_user("lecteur", password=PASSWORD, is_staff=True))
    User.objects.get().user_permissions.set(Permission.objects.filter(codename="view_place"))

    assert client.get(address("place_change", place.pk)).context["propose"] == ""
