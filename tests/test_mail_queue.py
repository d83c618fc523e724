"""Mails are queued with what they tell, leave once, wait out a server that is down, and show their failures."""

from datetime import timedelta
from itertools import pairwise
from threading import Thread
from threading import enumerate as enumerate_threads

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from places.models import Mail
from places.moderation.mail_queue import queue, send_due
from tests.mail_server import Mailbox, serving

HOUR = timedelta(hours=1)


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def smtp(settings):
    """Send by SMTP to a port; nobody listens on it until a test does."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    return settings


def put(number=1, to="camille@exemple.fr") -> None:
    queue(f"essai {number}", to, f"Sujet {number}", "Bonjour")


@pytest.mark.django_db
def test_mail_is_queued_once_for_each_thing_it_tells():
    put()
    put()
    put(2)

    send_due()

    assert [sent.subject for sent in mail.outbox] == [
        "[Roubaix, aide numérique] Sujet 1",
        "[Roubaix, aide numérique] Sujet 2",
    ]


@pytest.mark.django_db
def test_mail_is_not_queued_when_what_it_tells_is_undone():
    with transaction.atomic():
        put()
        transaction.set_rollback(True)

    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_mail_arrives_by_a_real_server_with_what_it_says(smtp, mailbox):
    put()
    with serving(mailbox) as smtp.EMAIL_PORT:
        report = send_due()

    [arrived] = mailbox.messages
    assert (report.sent, report.failed) == (1, 0)
    assert (arrived["To"], arrived["Auto-Submitted"]) == ("camille@exemple.fr", "auto-generated")
    assert arrived.get_content().strip() == "Bonjour"
    assert Mail.objects.get().sent_at is not None


@pytest.mark.django_db
def test_server_down_for_an_hour_loses_and_doubles_nothing(smtp, mailbox):
    """Thirty mails, a try every minute; the server comes back after an hour."""
    start = timezone.now()
    for number in range(30):
        put(number)

    for minute in range(60):
        report = send_due(start + timedelta(minutes=minute))
        assert (report.sent, report.given_up) == (0, 0)
        assert report.failed <= 1  # the others do not wait for a server that does not answer
    assert Mail.objects.failing().exists()

    with serving(mailbox) as smtp.EMAIL_PORT:
        for minute in range(60, 400, 5):
            send_due(start + timedelta(minutes=minute))

    assert sorted(arrived["Subject"] for arrived in mailbox.messages) == sorted(
        f"[Roubaix, aide numérique] Sujet {number}" for number in range(30)
    )
    assert not Mail.objects.filter(sent_at=None).exists()


@pytest.mark.django_db
def test_failing_mail_waits_longer_each_time_and_is_given_up_after_three_days(smtp):
    put()
    start = Mail.objects.get().created_at
    tries = []

    for quarter in range(4 * 24 * 4):
        now = start + timedelta(minutes=15 * quarter)
        if send_due(now).failed:
            tries.append(now - start)

    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
    assert Mail.objects.get().given_up_at is not None
    assert len(tries) < 25


@pytest.mark.django_db
def test_address_that_does_not_exist_is_given_up_at_once_and_stops_no_other(smtp, mailbox):
    put(1, "nulle-part@exemple.fr")
    mailbox.answer = "550 No such user here: nulle-part@exemple.fr"
    with serving(mailbox) as smtp.EMAIL_PORT:
        report = send_due()

    failed = Mail.objects.get()
    assert (report.given_up, failed.failure) == (1, "adresse refusée par le serveur de courriels (550)")
    assert "nulle-part" not in failed.failure


@pytest.mark.django_db
def test_server_that_asks_to_wait_is_asked_again(smtp, mailbox):
    put()
    mailbox.answer = "451 Try again later"
    with serving(mailbox) as smtp.EMAIL_PORT:
        assert (send_due().failed, Mail.objects.get().given_up_at) == (1, None)
        mailbox.answer = ""
        assert send_due(timezone.now() + HOUR).sent == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_each_mail_once(smtp, mailbox):
    for number in range(20):
        put(number)

    def send():
        try:
            send_due()
        finally:
            connection.close()

    with serving(mailbox) as smtp.EMAIL_PORT:
        threads = [Thread(target=send) for _process in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(mailbox.messages) == 20
    assert len({arrived["Message-ID"] for arrived in mailbox.messages}) == 20


@pytest.mark.django_db(transaction=True)
def test_mail_leaves_soon_after_the_request_without_holding_it(settings, mailbox, smtp):
    settings.MAIL_SOON = True
    with serving(mailbox) as smtp.EMAIL_PORT:
        put()
        for thread in [thread for thread in enumerate_threads() if thread.name == "mail"]:
            thread.join(20)

    assert len(mailbox.messages) == 1


@pytest.mark.django_db
def test_command_says_what_left_and_what_waits(capsys):
    put()

    call_command("send_mail_queue")

    assert (
        capsys.readouterr().out
        == "Partis\u00a0: 1. En échec\u00a0: 0, dont abandonnés\u00a0: 0. En attente\u00a0: 0.\n"
    )


@pytest.mark.django_db
def test_failures_are_seen_in_the_administration_and_tried_again_from_there(client, smtp):
    client.force_login(User.objects.create_superuser("admin"))
    put()
    send_due()
    changelist = reverse("admin:places_mail_changelist")

    assert "Courriels en échec" in client.get(reverse("admin:index")).content.decode()
    page = client.get(changelist, {"etat": "echec"}).content.decode()
    assert "serveur de courriels injoignable" in page
    detail = client.get(reverse("admin:places_mail_change", args=[Mail.objects.get().pk])).content.decode()
    assert "Bonjour" not in detail

    client.post(changelist, {"action": "try_again", "_selected_action": [Mail.objects.get().pk]})

    assert Mail.objects.due(timezone.now()).count() == 1
