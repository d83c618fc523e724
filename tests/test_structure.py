"""A structure's own link: to its record and no other, for some weeks, with a button and without an account."""

import time
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from places import rights
from places.models import Holding, Place, Revision, Submission
from places.structure import links
from places.structure.chasing import chase
from tests.factories import make_place
from tests.people import make_person
from tests.submissions import link_in, mails_sent, send, sent_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return make_place(nom="CCAS", courriels=["ccas@exemple.fr"], verification="à vérifier")


def address_of(place, email="ccas@exemple.fr") -> str:
    return f"/structure/{links.sign(place, email)}/"


def test_mail_leads_to_the_record_and_its_button_says_that_nothing_changed(client, place):
    chase([place])
    (mail,) = mails_sent()
    address = link_in(mail)

    shown = client.get(address)
    opened = Place.objects.get().verified_on
    done = client.post(address, {"answer": "unchanged"}, follow=True)

    assert mail.to == ["ccas@exemple.fr"]
    assert "CCAS" in shown.text
    assert opened is None
    assert "Merci" in done.text
    place.refresh_from_db()
    assert (place.verified_on, place.verified_by) == (timezone.localdate(), "la structure")
    revision = place.revisions.first()
    assert (revision.origin, revision.author) == (Revision.Origin.LINK, None)
    assert set(revision.changes) == {"verified_on", "verified_by"}


def test_button_pressed_twice_writes_once(client, place):
    for _time in range(2):
        client.post(address_of(place), {"answer": "unchanged"})

    assert place.revisions.count() == 2


def test_correction_by_the_link_waits_for_a_moderator(client, place):
    answer = send(client, f"{address_of(place)}corriger/", telephone=["03 20 81 57 57"])

    submission = sent_by(answer)
    assert (submission.place, submission.kind, submission.role) == (place, "correction", "structure")
    assert submission.by_structure
    assert submission.proposed == {"telephone": "+33320815757"}
    place.refresh_from_db()
    assert place.telephone == ""


def test_closure_by_the_link_waits_for_a_moderator(client, place):
    sent_by(send(client, f"{address_of(place)}ferme/"))

    assert Submission.objects.get().kind == "closed"
    assert Place.objects.get().status == "published"


def test_button_works_without_cookies_and_from_this_site_only(place):
    browser = Client(enforce_csrf_checks=True)

    elsewhere = browser.post(address_of(place), {"answer": "unchanged"}, headers={"sec-fetch-site": "cross-site"})
    before = Place.objects.get().verified_on
    here = browser.post(address_of(place), {"answer": "unchanged"}, headers={"sec-fetch-site": "same-origin"})

    assert (elsewhere.status_code, before, here.status_code) == (403, None, 302)
    assert Place.objects.get().verified_on


def test_link_dies_with_its_time(client, place, settings, monkeypatch):
    address = address_of(place)
    later = time.time() + settings.STRUCTURE_LINK_DAYS * 86_400
    monkeypatch.setattr(signing.time, "time", lambda: later - 60)
    before = client.get(address).status_code
    monkeypatch.setattr(signing.time, "time", lambda: later + 60)

    after = [client.get(address), client.post(address, {"answer": "unchanged"}), client.get(f"{address}corriger/")]

    assert before == 200
    assert [answer.status_code for answer in after] == [404, 404, 404]
    assert "CCAS" not in after[0].text
    assert Place.objects.get().verified_on is None


@pytest.mark.parametrize(
    "forge",
    [
        lambda token, other: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token, other: "x" + token,
        lambda token, other: token.split(":")[0],
        lambda token, other: signing.dumps([other.pk, token], salt="other"),
        lambda token, other: signing.dumps([other.pk, "0" * 20], salt="places.structure", key="not-the-key"),
        lambda token, other: ":".join([links.sign(other, "autre@exemple.fr").split(":")[0], *token.split(":")[1:]]),
        lambda token, other: "..%2F..",
        lambda token, other: "%00",
    ],
)
def test_link_is_not_forged(client, place, forge):
    other = make_place(nom="Médiathèque", courriels=["autre@exemple.fr"])
    address = f"/structure/{forge(links.sign(place, 'ccas@exemple.fr'), other)}/"

    answers = [client.get(address), client.post(address, {"answer": "unchanged"})]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert not Place.objects.exclude(verified_on=None).exists()


def test_link_reaches_no_other_record(client, place):
    other = make_place(nom="Médiathèque", courriels=["autre@exemple.fr"])

    page = client.get(address_of(place)).text
    stranger = client.get(address_of(other, "ccas@exemple.fr"))

    assert "Médiathèque" not in page
    assert stranger.status_code == 404


def test_link_dies_when_its_address_leaves_the_record_or_the_record_the_map(client, place):
    address = address_of(place)
    Place.objects.update(courriels=["nouvelle@exemple.fr"])
    moved = client.get(address).status_code
    Place.objects.update(courriels=["CCAS@exemple.fr"], status="archived")
    archived = client.get(address).status_code
    Place.objects.update(status="published")

    assert (moved, archived, client.get(address).status_code) == (404, 404, 200)


def test_account_that_holds_a_place_receives_the_link_too(place):
    Holding.objects.create(user=make_person(rights.REFERENT, email="referent@exemple.fr"), place=place)

    chase([place])

    assert {tuple(mail.to) for mail in mails_sent()} == {("ccas@exemple.fr",), ("referent@exemple.fr",)}


def test_link_is_kept_out_of_search_engines_logs_and_referers(client, place, caplog):
    address = address_of(place)

    with caplog.at_level("INFO"):
        answers = [client.get(address), client.get("/structure/faux/"), client.get(f"{address}corriger/")]

    for answer in answers:
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]
    assert address.split("/")[2] not in str([vars(record) for record in caplog.records if record.name != "django.test"])


def test_hostile_record_is_shown_as_text(client):
    place = make_place(
        nom="<script>alert(1)</script>",
        courriels=["a@exemple.fr"],
        presentation_resume='"><img src=x onerror=alert(1)>',
    )

    page = client.get(address_of(place, "a@exemple.fr")).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_record_says_when_it_was_chased_in_words_of_its_own(place):
    chase([place])
    (mail,) = mails_sent()

    assert "CCAS" in mail.subject
    assert str(timedelta(days=60).days) in mail.body
