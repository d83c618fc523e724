"""Robots, floods and double posts, without asking anything of people: nothing lost, nothing doubled, counted."""

import json
import logging
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import signing
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from places import logos
from places.models import Mail, Submission
from places.moderation import stamp
from places.moderation.forgetting import forget
from roubaix_map.monitoring import JsonFormatter
from tests.factories import make_place
from tests.submissions import a_while_ago, fields_of, opened, send, sent_by
from tests.test_logos import png, upload

EVERYTHING_IS_KEPT = "Un texte que la personne a mis du temps à écrire"


@pytest.fixture
def place(db):
    return make_place(nom="Un lieu")


@pytest.fixture
def address(place):
    return f"/lieux/{place.slug}/signaler/"


def told(answer) -> list[str]:
    return [sentence for _id, sentence in answer.context["form"].problems()]


def aged(fields, seconds) -> dict:
    read = signing.loads(fields["stamp"][0], salt=stamp.SALT)
    read["at"] -= seconds
    return fields | {"stamp": [signing.dumps(read, salt=stamp.SALT, compress=True)]}


# --- robots
@pytest.mark.parametrize(
    ("seconds", "given", "sentence"),
    [
        (0, {}, "C’est parti très vite. Relisez ce que vous avez écrit, puis renvoyez."),
        (90_000, {}, "Cette page était ouverte depuis plus d’un jour. Relisez, puis renvoyez."),
        (60, {"sujet": "x"}, "Une case cachée, faite pour les robots, était remplie. Relisez, puis renvoyez."),
        (60, {"stamp": "forgé"}, "Cette page avait changé. Relisez ce que vous avez écrit, puis renvoyez."),
    ],
)
def test_what_looks_like_a_robot_is_told_so_and_may_send_again(client, address, seconds, given, sentence):
    fields = aged(opened(client, address), seconds)

    answer = client.post(address, fields | {"text": EVERYTHING_IS_KEPT, "email": "a@exemple.fr"} | given)

    assert (answer.status_code, told(answer)) == (422, [sentence])
    assert not Submission.objects.exists()
    again = fields_of(answer.content.decode())
    assert (again["text"], again["email"], again["sujet"]) == ([EVERYTHING_IS_KEPT], ["a@exemple.fr"], [""])
    if seconds == 0:
        again = aged(again, 10)  # a person reads again
    assert sent_by(client.post(address, again)).text == EVERYTHING_IS_KEPT


def test_form_sent_from_another_site_is_refused_and_from_a_secret_page_taken(client, address):
    fields = a_while_ago(opened(client, address)) | {"text": "x"}

    for headers in (
        {"origin": "https://ailleurs.example"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site"},
    ):
        assert client.post(address, fields, headers=headers).status_code == 403
    assert not Submission.objects.exists()
    sent_by(client.post(address, fields, headers={"sec-fetch-site": "same-origin", "origin": "null"}))


def test_form_sets_no_cookie(client, address):
    send(client, address, text="x")

    assert not client.cookies


# --- doubles
def test_same_thing_sent_twice_is_one_with_the_same_link(client, address):
    first, second = (send(client, address, text="x", email="a@exemple.fr") for _twice in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert (Submission.objects.count(), Mail.objects.count()) == (1, 1)


def test_same_thing_is_new_again_once_decided_or_from_somebody_else(client, address):
    first = sent_by(send(client, address, text="x"))
    first.state = Submission.State.REFUSED
    first.save()

    second = sent_by(send(client, address, text="x"))
    third = sent_by(
        client.post(address, a_while_ago(opened(client, address)) | {"text": "x"}, REMOTE_ADDR="203.0.113.9")
    )

    assert len({first.pk, second.pk, third.pk}) == 3


# --- floods
def test_one_too_many_comes_back_as_typed_and_loses_nothing(client, address, settings):
    settings.SUBMISSIONS_PER_ADDRESS = 2
    for number in range(2):
        sent_by(send(client, address, text=f"x{number}"))

    answer = send(client, address, text=EVERYTHING_IS_KEPT)

    assert answer.status_code == 429
    assert told(answer)[0].startswith("Beaucoup d’envois sont partis de cette connexion")
    assert fields_of(answer.content.decode())["text"] == [EVERYTHING_IS_KEPT]
    sent_by(client.post(address, a_while_ago(opened(client, address)) | {"text": "x"}, REMOTE_ADDR="203.0.113.9"))


def test_one_place_is_not_buried_by_many_addresses(client, address, settings):
    settings.SUBMISSIONS_PER_PLACE = 3
    fields = a_while_ago(opened(client, address))

    answers = [
        client.post(address, fields | {"text": "x"}, REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number in range(5)
    ]

    assert answers == [302, 302, 302, 429, 429]
    sent_by(send(client, "/proposer/", nom="Ailleurs"))


def test_wrong_forms_count_for_nothing(client, address, settings):
    settings.SUBMISSIONS_PER_ADDRESS = 1
    for _time in range(5):
        assert send(client, address, text="", wrong=[]).status_code == 422

    sent_by(send(client, address, text="x"))


def posted_at_once(posts: list[tuple[dict, dict]], address: str) -> Counter:
    """Post (fields, extra) from 8 threads as fast as they can, within ten seconds; count the answers."""

    def post(fields, extra):
        try:
            answer = Client().post(address, fields, **extra)
            return answer.status_code, answer.headers.get("Location", "")
        finally:
            connection.close()

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda one: post(*one), posts))
    posted_at_once.links = {link for _status, link in answers if link}
    posted_at_once.seconds = time.monotonic() - start
    return Counter(status for status, _link in answers)


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_from_one_address_are_counted_exactly(client):
    fields = a_while_ago(opened(client, "/un-probleme/"))  # a short form: each refusal shows it again

    answers = posted_at_once([(fields | {"text": f"Écran {n}"}, {}) for n in range(50)], "/un-probleme/")

    assert answers == {302: 20, 429: 30}
    assert Submission.objects.count() == 20
    assert len(posted_at_once.links) == 20


@pytest.mark.django_db(transaction=True)
def test_fifty_identical_posts_are_one_submission_and_one_mail(client):
    fields = a_while_ago(opened(client, "/proposer/")) | {"nom": "Un lieu", "email": "a@exemple.fr"}

    answers = posted_at_once([(fields, {})] * 50, "/proposer/")

    assert answers == {302: 50}
    assert (Submission.objects.count(), Mail.objects.count()) == (1, 1)
    assert len(posted_at_once.links) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("behind_proxy", [False, True])
def test_fifty_posts_from_fifty_addresses_are_all_kept(client, settings, behind_proxy):
    settings.BEHIND_PROXY = behind_proxy
    fields = a_while_ago(opened(client, "/proposer/"))

    def extra(n):
        if behind_proxy:  # what the visitor writes before does not count
            return {"headers": {"x-forwarded-for": f"198.51.100.1, 203.0.113.{n}"}}
        return {"REMOTE_ADDR": f"203.0.113.{n}", "headers": {"x-forwarded-for": "198.51.100.1"}}

    answers = posted_at_once([(fields | {"nom": f"Lieu {n}"}, extra(n)) for n in range(50)], "/proposer/")

    assert answers == {302: 50}
    assert Submission.objects.count() == 50
    assert len({*Submission.objects.values_list("sender", flat=True)}) == 50


# --- nothing about a person in the logs
def test_logs_hold_neither_the_secret_link_nor_what_was_typed(client, address, caplog):
    with caplog.at_level(logging.DEBUG):
        submission = sent_by(send(client, address, text="Camille Secret", email="camille@exemple.fr"))
        client.get(submission.get_absolute_url())
        send(client, submission.get_absolute_url(), text="")

    formatter = JsonFormatter("%(levelname)s %(name)s %(message)s")
    lines = [formatter.format(record) for record in caplog.records if not record.name.startswith("django.db")]
    assert any(json.loads(line).get("path") == "/suivi/<slug:token>/" for line in lines)
    for secret in (submission.token, "Camille", "camille@exemple.fr", "127.0.0.1"):
        assert secret not in "\n".join(lines)


# --- forgetting
@pytest.mark.django_db
def test_contacts_are_counted_then_erased_once_their_time_is_over(client, capsys, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    long_ago = timezone.now() - timedelta(days=91)
    old = sent_by(send(client, "/proposer/", nom="Vieux", email="a@exemple.fr"))
    Submission.objects.filter(pk=old.pk).update(state=Submission.State.REFUSED, decided_at=long_ago)
    Mail.objects.update(sent_at=long_ago)
    recent = sent_by(send(client, "/proposer/", nom="Récent", email="b@exemple.fr"))

    call_command("erase_contacts")
    assert "À effacer (plus de 90 jours)\u00a0: contacts de 1 propositions, 1 courriels" in capsys.readouterr().out
    old.refresh_from_db()
    assert old.email == "a@exemple.fr"

    call_command("erase_contacts", "--apply")
    old.refresh_from_db()
    recent.refresh_from_db()
    assert (old.email, old.sender, old.proposed["nom"]) == ("", "", "Vieux")
    assert (recent.email, bool(recent.sender)) == ("b@exemple.fr", True)
    assert sorted(Mail.objects.values_list("to", flat=True)) == ["", "b@exemple.fr"]


@pytest.mark.django_db
def test_pictures_that_nothing_names_are_erased(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    kept = sent_by(send(client, "/proposer/", nom="Un", logo=upload(png()))).proposed["logo"]
    refused = sent_by(send(client, "/proposer/", nom="Deux", logo=upload(png(10, 10))))
    Submission.objects.filter(pk=refused.pk).update(state=Submission.State.REFUSED)
    borne = logos.keep(logos.clean(upload(png(20, 20))))
    make_place(logo=borne)
    for path in (tmp_path / "logos").iterdir():
        os.utime(path, (0, 0))
    fresh = logos.keep(logos.clean(upload(png(30, 30))))

    forget(timezone.now() + timedelta(minutes=1), apply=True)

    assert {path.name for path in (tmp_path / "logos").iterdir()} == {kept, borne, fresh}
