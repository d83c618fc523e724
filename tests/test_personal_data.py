"""One person's data: all of it shown, all of it erased, and nobody else's touched."""

import json

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from places import history, rights
from places.models import Holding, Mail, Message, Place, Revision, Submission
from places.personal_data import ERASED
from tests.factories import make_place
from tests.people import make_person

pytestmark = pytest.mark.django_db

DESK = reverse("admin:personal_data")


@pytest.fixture
def neighbour():
    """What a visitor left: a proposal, a thread, a mail; and the same of somebody else."""
    place = make_place(nom="CCAS")
    for number, email in enumerate(("voisine@exemple.fr", "autre@exemple.fr")):
        submission = Submission.objects.create(
            kind="correction",
            place=place,
            proposed={"nom": "X"},
            text=f"Ici {email}",
            email=email,
            email_confirmed_at=timezone.now(),
            sender="abc",
            fingerprint=str(number),
        )
        Message.objects.create(submission=submission, from_visitor=True, text=f"Appelez {email}")
        Mail.objects.create(key=str(number), to=email, subject="Reçu", text=f"Bonjour {email}", submission=submission)
    return submission.place


def everything() -> str:
    models = (Submission, Message, Mail, User, AccessAttempt, Place, Revision, Holding)
    return str([list(model.objects.values()) for model in models])


def test_export_tells_all_that_is_kept_of_a_visitor_and_nothing_of_others(neighbour, capsys):
    call_command("personal_data", "Voisine@exemple.fr")

    told = json.loads(capsys.readouterr().out)
    assert [len(told[name]) for name in ("comptes", "propositions", "courriels")] == [0, 1, 1]
    assert told["propositions"][0]["echanges"][0]["texte"] == "Appelez voisine@exemple.fr"
    assert "autre@exemple.fr" not in str(told)


def test_erasing_is_dry_until_asked_to_apply(neighbour, capsys):
    call_command("personal_data", "voisine@exemple.fr", erase=True)

    assert "1 propositions, 1 courriels" in capsys.readouterr().out
    assert "voisine@exemple.fr" in everything()


def test_erasing_leaves_no_trace_of_a_visitor_and_keeps_others(neighbour):
    call_command("personal_data", "voisine@exemple.fr", erase=True, apply=True)

    assert "voisine" not in everything()
    assert everything().count("autre@exemple.fr") >= 4
    assert Submission.objects.count() == 2
    assert Submission.objects.get(text=ERASED).proposed == {"nom": "X"}


def test_erasing_an_account_keeps_what_it_did_without_its_name(client):
    agent = make_person(rights.REFERENT, first_name="Samira", last_name="Diallo", email="samira@exemple.fr")
    place = make_place(nom="CCAS")
    Holding.objects.create(user=agent, place=place)
    AccessAttempt.objects.create(username="referent", ip_address="192.0.2.1", failures_since_start=1)
    place.verified_by = "Samira Diallo"
    history.save([place], origin="admin", author=agent)
    client.force_login(agent)

    call_command("personal_data", "samira@exemple.fr", erase=True, apply=True)

    for word in ("Samira", "Diallo", "samira@", "192.0.2.1", "'referent'"):
        assert word not in everything()
    agent.refresh_from_db()
    assert (agent.username, agent.is_active, agent.has_usable_password()) == (f"compte-efface-{agent.pk}", False, False)
    assert place.revisions.first().author == agent
    assert client.get("/admin/").status_code == 302


def test_nobody_is_found_for_a_blank(neighbour):
    make_person(email="")

    call_command("personal_data", " ", erase=True, apply=True)

    assert "voisine@exemple.fr" in everything()
    assert User.objects.get().is_active


def test_page_finds_downloads_and_erases_once_sure(client, neighbour):
    client.force_login(make_person(rights.ADMINISTRATOR, email="admin@exemple.fr"))
    who = {"who": "voisine@exemple.fr"}

    found = client.post(DESK, who)
    download = client.post(DESK, who | {"do": "download"})
    client.post(DESK, who | {"do": "erase"})
    unsure = "voisine@exemple.fr" in everything()
    client.post(DESK, who | {"do": "erase", "sure": "1"})

    assert "Propositions : 1" in found.text
    assert download.json()["propositions"][0]["email"] == "voisine@exemple.fr"
    assert unsure
    assert "voisine@exemple.fr" not in everything()


@pytest.mark.parametrize("group", [rights.MODERATOR, rights.REFERENT, rights.DATA])
def test_page_is_for_administrators(client, neighbour, group):
    client.force_login(make_person(group))

    assert [client.get(DESK).status_code, client.post(DESK, {"who": "voisine@exemple.fr"}).status_code] == [403, 403]


def test_administrator_erases_no_superuser(client):
    User.objects.create_superuser("chef", email="chef@exemple.fr")
    client.force_login(make_person(rights.ADMINISTRATOR))

    answer = client.post(DESK, {"who": "chef", "do": "erase", "sure": "1"})

    assert answer.status_code == 403
    assert User.objects.get(username="chef").is_active


def test_address_that_is_looked_for_is_not_logged(client, neighbour, caplog):
    client.force_login(make_person(rights.ADMINISTRATOR, email="admin@exemple.fr"))

    with caplog.at_level("INFO"):
        client.post(DESK, {"who": "voisine@exemple.fr"})

    assert "voisine" not in str([vars(record) for record in caplog.records if record.name != "django.test"])
