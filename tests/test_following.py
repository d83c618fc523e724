"""The person follows what they sent by a secret link, confirms an address by a button, and answers questions."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from places.models import Mail, Message, Submission
from places.moderation import mails
from tests.factories import make_place
from tests.submissions import link_in, mails_sent, opened, send, sent_by

pytestmark = pytest.mark.django_db

HOSTILE = "<b onmouseover=alert(1)>{{ settings.SECRET_KEY }}</b>"


@pytest.fixture
def submission(client):
    place = make_place(nom="CCAS de Roubaix")
    return sent_by(
        send(client, f"/lieux/{place.slug}/corriger/", telephone="03 20 00 00 01", email="camille@exemple.fr")
    )


def decide(submission, state, reason="") -> Submission:
    submission.state, submission.reason, submission.decided_at = state, reason, timezone.now()
    submission.save()
    mails.tell(submission)
    return submission


def confirmed(client, submission) -> Submission:
    """The person reads the first mail and presses its button."""
    [first] = mails_sent()
    client.post(link_in(first))
    submission.refresh_from_db()
    return submission


def ask(submission, text) -> Message:
    message = Message.objects.create(submission=submission, text=text, author=User.objects.create_user("agent"))
    submission.state = Submission.State.QUESTION
    submission.save()
    mails.tell_question(submission, message)
    return message


# --- the secret page
def test_page_tells_what_was_sent_and_where_it_stands(client, submission):
    html = client.get(submission.get_absolute_url()).content.decode()

    assert "À traiter" in html
    assert "CCAS de Roubaix" in html
    assert "03\u00a020\u00a000\u00a000\u00a001" in html
    assert "Une personne va lire" in html


def test_page_is_kept_out_of_search_engines_and_of_what_other_sites_are_told(client, submission):
    answer = client.get(submission.get_absolute_url())

    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "a" * 43, "..", "%00", "a" * 5000, "'%20OR%201=1"])
def test_page_is_found_by_its_whole_token_only(client, submission, token):
    assert client.get(f"/suivi/{token}/").status_code == 404
    assert client.get(f"/suivi/{submission.token[:-1]}/").status_code == 404
    assert client.get(f"/suivi/{submission.token.swapcase()}/").status_code == 404


@pytest.mark.parametrize("state", Submission.State)
def test_page_says_every_state_and_its_reason_as_text(client, submission, state):
    decide(submission, state, HOSTILE)

    html = client.get(submission.get_absolute_url()).content.decode()

    assert str(state.label).capitalize() in html
    assert "&lt;b onmouseover=alert(1)&gt;{{ settings.SECRET_KEY }}" in html
    assert "<b onmouseover" not in html


# --- the address
def test_unconfirmed_address_gets_one_mail_that_repeats_nothing_that_was_typed(client):
    place = make_place(nom="Achetez mes montres")
    answer = send(
        client, f"/lieux/{place.slug}/signaler/", text="Achetez http://montres.example", email="camille@exemple.fr"
    )
    submission = sent_by(answer)
    decide(submission, Submission.State.REFUSED, "Non")
    ask(submission, "Pourquoi\u202f?")

    [first] = mails_sent()

    assert first.to == ["camille@exemple.fr"]
    assert "montres" not in (first.subject + first.body).casefold()
    assert submission.token not in first.body


def test_link_of_the_mail_confirms_by_its_button_and_not_by_being_opened(client, submission):
    [first] = mails_sent()

    page = client.get(link_in(first))
    submission.refresh_from_db()
    assert "Oui, c’est mon adresse" in page.content.decode()
    assert submission.email_confirmed_at is None
    assert mails_sent() == []

    answer = client.post(link_in(first))
    submission.refresh_from_db()
    assert answer.headers["Location"] == f"{submission.get_absolute_url()}?merci=adresse"
    assert submission.email_confirmed_at is not None
    [received] = mails_sent()
    assert received.subject == "[Roubaix, aide numérique] Bien reçu\u00a0: CCAS de Roubaix"
    assert link_in(received) == submission.get_absolute_url()

    client.post(link_in(first))
    assert mails_sent() == []


def test_link_of_the_mail_is_refused_when_old_forged_or_erased(client, submission, monkeypatch):
    [first] = mails_sent()
    link = link_in(first)

    assert client.get(f"{link[:-3]}x/").status_code == 404
    assert client.post("/confirmer/nimporte-quoi/").status_code == 404
    monkeypatch.setattr(mails, "CONFIRM_WITHIN", timedelta(seconds=-1))
    assert client.post(link).status_code == 404
    monkeypatch.undo()
    submission.email = ""
    submission.save()
    assert client.post(link).status_code == 404
    submission.refresh_from_db()
    assert submission.email_confirmed_at is None


def test_confirming_once_holds_for_what_the_same_person_sent_and_sends_then(client, submission):
    place = make_place()
    again = sent_by(send(client, f"/lieux/{place.slug}/ferme/", email="camille@exemple.fr"))
    stranger = sent_by(
        client.post(
            f"/lieux/{place.slug}/ferme/",
            _fields(client, f"/lieux/{place.slug}/ferme/") | {"email": "camille@exemple.fr"},
            REMOTE_ADDR="203.0.113.9",
        )
    )

    client.post(link_in(mails_sent()[0]))
    later = sent_by(send(client, "/proposer/", nom="Un lieu", email="camille@exemple.fr"))

    again.refresh_from_db()
    stranger.refresh_from_db()
    assert again.may_be_mailed
    assert later.may_be_mailed
    assert not stranger.may_be_mailed


def _fields(client, address):
    from tests.submissions import a_while_ago

    return a_while_ago(opened(client, address))


def test_one_address_is_asked_three_times_a_day_at_most(client):
    for number in range(5):
        sent_by(send(client, "/proposer/", nom=f"Lieu {number}", email="victime@exemple.fr"))

    assert len(mails_sent()) == mails.CONFIRMATIONS_A_DAY


def test_decision_is_told_with_its_reason_once(client, submission):
    confirmed(client, submission)
    mails_sent()

    decide(submission, Submission.State.REFUSED, "Le numéro n’est pas attribué.\nHOSTILE <b>")
    mails.tell(submission)

    [told] = mails_sent()
    assert told.subject.endswith("Pas de changement\u00a0: CCAS de Roubaix")
    assert "Le numéro n’est pas attribué.\nHOSTILE <b>" in told.body
    assert told.content_subtype == "plain"


def test_decision_taken_again_is_told_again(client, submission):
    confirmed(client, submission)
    mails_sent()

    decide(submission, Submission.State.REFUSED)
    decide(submission, Submission.State.ACCEPTED)

    assert [told.subject.partition("] ")[2] for told in mails_sent()] == [
        "Pas de changement\u00a0: CCAS de Roubaix",
        "C’est sur la carte\u00a0: CCAS de Roubaix",
    ]


def test_what_was_decided_before_the_address_was_confirmed_is_told_then(client, submission):
    [first] = mails_sent()
    decide(submission, Submission.State.ACCEPTED)

    client.post(link_in(first))

    assert [told.subject.partition("] ")[2] for told in mails_sent()] == ["C’est sur la carte\u00a0: CCAS de Roubaix"]


def test_hostile_subject_stays_on_one_line_of_the_mail(client):
    submission = sent_by(send(client, "/proposer/", nom="Lieu\u2028Bcc: x@y.z", email="camille@exemple.fr"))
    submission.proposed["nom"] = "Lieu\r\nBcc: x@y.z"
    submission.save()
    confirmed(client, submission)

    [received] = mails_sent()

    assert received.subject.endswith("Bien reçu\u00a0: Lieu Bcc: x@y.z")
    assert received.recipients() == ["camille@exemple.fr"]


# --- questions and answers
def test_question_is_mailed_answered_on_the_page_and_goes_back_to_the_inbox(client, submission):
    confirmed(client, submission)
    mails_sent()
    ask(submission, "Depuis quand\u202f?")

    [question] = mails_sent()
    assert "Depuis quand\u202f?" in question.body
    answer = send(client, link_in(question), text="Depuis mai")

    assert answer.headers["Location"].startswith(submission.get_absolute_url())
    submission.refresh_from_db()
    assert submission.state == Submission.State.WAITING
    assert [(m.from_visitor, m.text) for m in submission.messages.all()] == [
        (False, "Depuis quand\u202f?"),
        (True, "Depuis mai"),
    ]
    html = client.get(submission.get_absolute_url()).content.decode()
    assert "Depuis mai" in html
    assert "agent" not in html  # who asks is the team


def test_same_answer_sent_twice_is_one(client, submission):
    ask(submission, "Depuis quand\u202f?")

    for _twice in range(2):
        send(client, submission.get_absolute_url(), text="Depuis mai")

    assert submission.messages.filter(from_visitor=True).count() == 1


def test_answer_comes_back_when_empty_and_is_refused_once_decided(client, submission):
    empty = send(client, submission.get_absolute_url(), text="")
    assert (empty.status_code, submission.messages.count()) == (422, 0)
    assert "Écrivez votre réponse." in empty.content.decode()

    fields = opened(client, submission.get_absolute_url())
    decide(submission, Submission.State.ACCEPTED)
    late = send(client, submission.get_absolute_url(), fields, text="Trop tard")
    assert (late.status_code, submission.messages.count()) == (422, 0)
    assert "C’est déjà décidé" in late.content.decode()


def test_thread_is_shown_as_text(client, submission):
    ask(submission, HOSTILE)
    send(client, submission.get_absolute_url(), text=HOSTILE)

    html = client.get(submission.get_absolute_url()).content.decode()

    assert html.count("&lt;b onmouseover") == 2
    assert "<b onmouseover" not in html


# --- the map itself
def test_problem_with_the_map_goes_to_the_support_address_and_the_inbox(client, settings):
    settings.SUPPORT_EMAIL = "aide@carte.example"
    send(client, "/un-probleme/", text="La carte est grise", page="http://testserver/lieux/", email="a@exemple.fr")

    told, _asked = sorted(mails_sent(), key=lambda sent: sent.to != ["aide@carte.example"])

    assert told.to == ["aide@carte.example"]
    assert "La carte est grise" in told.body
    assert "http://testserver/lieux/" in told.body
    assert Submission.objects.waiting().get().kind == Submission.Kind.PROBLEM


def test_problem_waits_in_the_inbox_when_there_is_no_support_address(client):
    send(client, "/un-probleme/", text="La carte est grise")

    assert Submission.objects.waiting().count() == 1
    assert not Mail.objects.exists()


def test_address_is_not_asked_where_no_mail_leaves(client, settings):
    settings.MAIL_TO_VISITORS = False

    assert "email" not in opened(client, "/proposer/")
    sent_by(send(client, "/proposer/", nom="Un lieu", email="camille@exemple.fr"))
    assert (Submission.objects.get().email, Mail.objects.count(), mail.outbox) == ("", 0, [])
