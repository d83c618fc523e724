"""The review desk: each field decided once, what changed meanwhile shown, the person told, and the way back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from places import history, rights
from places.admin.tasks import tasks
from places.merging import version
from places.models import Decision, ImportRun, Mail, Message, Place, Revision, Sentence, Source, Submission
from places.moderation import deciding
from places.moderation.deciding import Refused, Ruling, decide
from places.moderation.proposed import shown
from places.vocabularies import FormationLabel
from tests.factories import make_permanence, make_place
from tests.people import make_person
from tests.submissions import fields_of
from tests.test_admin import Elements

INBOX = reverse("admin:places_submission_changelist")
LANGUAGE = "arabe"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><svg onload=alert(1)>",
    "{{ 98765432|add:1 }}{% debug %}",
    "'; DROP TABLE places_place; --",
]

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator():
    return make_person(first_name="Samira", last_name="Diallo")


@pytest.fixture
def desk(client, moderator):
    client.force_login(moderator)
    return client


def make_submission(place: Place | None = None, kind="correction", **given) -> Submission:
    """Keep what a visitor sent about a place as it is now; their address is confirmed unless told otherwise."""
    base = shown(place) if place and kind == "correction" else {}
    values = {"base": base, "base_version": version(place) if place else "", "fingerprint": str(timezone.now())}
    person = {"email": "voisine@exemple.fr", "email_confirmed_at": timezone.now()}
    return Submission.objects.create(**values | person | {"kind": kind, "place": place} | given)


def address_of(submission: Submission) -> str:
    return reverse("admin:places_submission_change", args=[submission.pk])


def review(client, submission: Submission, decision="decide", **changes):
    """Open a submission, change what is named, and press a button."""
    fields = fields_of(client.get(address_of(submission)).text)
    return client.post(address_of(submission), fields | {"decision": decision} | changes)


def now(place: Place, *names: str) -> list:
    place.refresh_from_db()
    return [getattr(place, name) for name in names]


def mails() -> list[str]:
    """The subjects of what was queued, without the name of the site."""
    subjects = Mail.objects.order_by("pk").values_list("subject", flat=True)
    return [subject.split("] ")[1].replace("\u00a0", " ") for subject in subjects]


# --- field by field
def test_accepted_fields_are_written_once_with_their_history_and_the_person_is_told(desk, moderator):
    place = make_place(nom="CCAS", telephone="", services=["emploi"])
    submission = make_submission(place, proposed={"nom": "CCAS de Roubaix", "telephone": "+33320815757"})

    review(desk, submission)

    assert now(place, "nom", "telephone") == ["CCAS de Roubaix", "+33320815757"]
    revision = place.revisions.first()
    assert (revision.origin, revision.author, revision.submission) == ("submission", moderator, submission)
    assert set(revision.changes) == {"nom", "telephone"}
    submission.refresh_from_db()
    assert (submission.state, submission.decided_by) == ("accepted", moderator)
    assert mails() == ["C’est sur la carte : CCAS de Roubaix"]
    decision = Decision.objects.get(field="telephone")
    assert (decision.verdict, decision.value, decision.revision) == ("accepted", "+33320815757", revision)


def test_one_field_is_refused_with_a_reason_and_the_other_kept(desk):
    place = make_place(nom="CCAS", telephone="")
    submission = make_submission(place, proposed={"nom": "PIZZERIA", "telephone": "+33320815757"})

    silent = review(desk, submission, **{"verdict-nom": "refuse"})
    review(desk, submission, **{"verdict-nom": "refuse", "reason": "Le nom est déjà le bon."})

    assert silent.status_code == 422
    assert now(place, "nom", "telephone") == ["CCAS", "+33320815757"]
    submission.refresh_from_db()
    assert (submission.state, submission.reason) == ("partly", "Le nom est déjà le bon.")
    assert "Le nom est déjà le bon." in Mail.objects.get().text


def test_value_is_retouched_before_it_is_accepted(desk):
    place = make_place(nom="CCAS", telephone="")
    submission = make_submission(place, proposed={"nom": "ccas de roubaix"})

    review(desk, submission, **{"value-nom": "CCAS de Roubaix"})

    assert now(place, "nom") == ["CCAS de Roubaix"]
    assert Decision.objects.get().verdict == "edited"
    submission.refresh_from_db()
    assert submission.proposed == {"nom": "ccas de roubaix"}


def test_retouched_value_that_a_column_refuses_comes_back_with_what_was_typed(desk):
    place = make_place(telephone="")
    submission = make_submission(place, proposed={"telephone": "+33320815757"})

    answer = review(desk, submission, **{"value-telephone": "zéro trois", "reason": "Merci"})

    assert answer.status_code == 422
    assert "zéro trois" in answer.text
    assert "Merci" in answer.text
    assert now(place, "telephone") == [""]
    assert Submission.objects.get().is_open


def test_everything_is_refused_with_a_sentence_of_the_city(desk):
    place = make_place(nom="CCAS")
    sentence = Sentence.objects.create(title="Pas vérifiable", text="Nous n’avons pas pu le vérifier.")
    submission = make_submission(place, proposed={"nom": "PIZZERIA"})

    silent = review(desk, submission, "refuse")
    review(desk, submission, "refuse", sentence=str(sentence.pk), reason="Appelez-nous.")

    assert silent.status_code == 422
    assert now(place, "nom") == ["CCAS"]
    submission.refresh_from_db()
    assert submission.state == "refused"
    assert submission.reason == "Nous n’avons pas pu le vérifier.\n\nAppelez-nous."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("presentation_detail", "Deux\nlignes, et <b>une balise</b>"),
        ("courriels", ["a@exemple.fr", "b@exemple.fr"]),
        ("site_web", ["https://exemple.fr/?a=1&b=2"]),
        ("services", ["Utilisation sécurisée du numérique"]),
        ("horaires", "Mo-Fr 09:00-12:00"),
        ("presentation_resume", "x" * 200),
        ("frais_a_charge", ["Gratuit"]),
        ("typologie", ["CCAS", "CS"]),
        ("formations_labels", [FormationLabel.DUPLEX.value]),
        ("fiche_acces_libre", "https://acceslibre.beta.gouv.fr/x"),
    ],
)
def test_value_goes_through_the_page_untouched(desk, name, value):
    place = make_place()
    submission = make_submission(place, proposed={name: value})

    review(desk, submission)

    assert history.plain(now(place, name)[0]) == value
    assert Decision.objects.get().verdict == "accepted"


def test_point_is_decided_whole_and_vouched_for(desk):
    place = make_place(latitude=50.69, longitude=3.18, position_quality="source")
    submission = make_submission(place, proposed={"latitude": 50.7, "longitude": 3.19})

    page = desk.get(address_of(submission))
    review(desk, submission, latitude="50.71")

    assert page.context["map"]["former"] == [50.69, 3.18]
    assert now(place, "latitude", "longitude", "position_quality") == [50.71, 3.19, "exact"]
    assert Decision.objects.get().field == "position"


def test_half_a_point_is_refused(desk):
    place = make_place(latitude=50.69, longitude=3.18)
    submission = make_submission(place, proposed={"latitude": 50.7, "longitude": 3.19})

    answer = review(desk, submission, latitude="")

    assert answer.status_code == 422
    assert now(place, "latitude", "longitude") == [50.69, 3.18]


# --- permanences, one by one
@pytest.fixture
def kept_and_gone():
    """A place whose permanences are « Atelier » and « Ancienne »."""
    place = make_place()
    make_permanence(place, title="Atelier", langues=["turc"], services=["emploi"])
    make_permanence(place, title="Ancienne", horaires="Fr 09:00-12:00")
    return Place.objects.get()


def propose_permanences(place, **changed) -> Submission:
    """Propose to change « Atelier », to end « Ancienne » and to add an écrivain public."""
    base = shown(place)
    first = base["permanences"][0] | {"horaires": "Tu 09:00-12:00"} | changed
    added = {"title": "Écrivain public", "langues": ["arabe"], "details": "Apporter ses papiers"}
    return make_submission(place, base=base, proposed={"permanences": [first, added]})


def permanences_of(place) -> list[tuple]:
    return [(p.title, p.horaires, p.langues.values) for p in place.permanences.all()]


def test_permanences_are_changed_added_and_ended_as_proposed(desk, kept_and_gone):
    place = kept_and_gone
    submission = propose_permanences(place)
    kept = place.permanences.first().pk

    review(desk, submission)

    assert permanences_of(place) == [("Atelier", "Tu 09:00-12:00", ["turc"]), ("Écrivain public", "", ["arabe"])]
    assert place.permanences.first().pk == kept
    assert place.permanences.first().services.values == ["Insertion professionnelle via le numérique"]
    assert set(place.revisions.first().changes) == {"permanences"}
    assert {decision.verdict for decision in Decision.objects.all()} == {"accepted"}


def test_one_permanence_is_refused_another_retouched_and_a_third_ended(desk, kept_and_gone):
    place = kept_and_gone
    submission = propose_permanences(place)
    first, gone = (f"permanence-{permanence.pk}" for permanence in place.permanences.all())
    verdicts = {f"verdict-{first}": "refuse", "reason": "L’atelier reste sans horaire fixe."}
    retouched = {"horaires": "We 14:00-16:00", "langues": ["arabe", "turc"], "themes": ["ecrivain-public"]}
    retouched = {f"permanence-new-0-{name}": value for name, value in retouched.items()}

    page = desk.get(address_of(submission))
    review(desk, submission, **verdicts | retouched)

    assert [sides.label.replace("\u00a0", " ") for _row, sides in page.context["rows"]] == [
        "Permanence « Atelier »",
        "Permanence « Ancienne »",
        "Permanence « Écrivain public »",
    ]
    assert permanences_of(place) == [
        ("Atelier", "", ["turc"]),
        ("Écrivain public", "We 14:00-16:00", ["arabe", "turc"]),
    ]
    added = place.permanences.last()
    assert (added.details, added.themes.values) == ("Apporter ses papiers", ["ecrivain-public"])
    assert dict(Decision.objects.values_list("field", "verdict")) == {
        first: "refused",
        gone: "accepted",
        "permanence-new-0": "edited",
    }
    [before, after] = place.revisions.first().changes["permanences"]
    assert [[one["title"] for one in side] for side in (before, after)] == [
        ["Atelier", "Ancienne"],
        ["Atelier", "Écrivain public"],
    ]


def test_permanence_without_its_title_comes_back_with_a_sentence_beside_it(desk, kept_and_gone):
    submission = propose_permanences(kept_and_gone)

    answer = review(desk, submission, **{"permanence-new-0-title": "", "permanence-new-0-host": "La Poste"})

    assert answer.status_code == 422
    assert [len(row.errors) for row, _sides in answer.context["rows"]] == [0, 0, 1]
    assert fields_of(answer.text)["permanence-new-0-host"] == ["La Poste"]
    assert kept_and_gone.permanences.count() == 2


def test_permanence_that_changed_since_is_a_conflict_and_the_others_are_not_touched(desk, kept_and_gone):
    """The page opened before is refused whole; the one opened after asks about this permanence alone."""
    place = kept_and_gone
    submission = propose_permanences(place)
    page = fields_of(desk.get(address_of(submission)).text)
    first = place.permanences.first()
    first.horaires = "Th 09:00-12:00"
    first.save()
    make_permanence(place, title="Bus")

    stale = desk.post(address_of(submission), page | {"decision": "decide"})
    silent = review(desk, submission)
    conflicts = [row.difference.is_conflict for row, _sides in silent.context["rows"]]
    review(desk, submission, **{f"verdict-permanence-{first.pk}": "refuse", "reason": "Changé depuis."})

    assert (stale.status_code, silent.status_code) == (409, 422)
    assert conflicts == [True, False, False]
    assert [title for title, *_rest in permanences_of(place)] == ["Atelier", "Bus", "Écrivain public"]
    assert place.permanences.first().horaires == "Th 09:00-12:00"


def test_permanences_of_an_undone_decision_are_decided_again(desk, kept_and_gone):
    """The way back gives them other ids; they are known by what they say."""
    place = kept_and_gone
    submission = propose_permanences(place)
    before = permanences_of(place)
    review(desk, submission)
    desk.post(address_of(submission), {"decision": "undo"})
    undone = permanences_of(place)

    review(desk, submission)

    assert sorted(undone) == sorted(before)
    assert sorted(permanences_of(place)) == [
        ("Atelier", "Tu 09:00-12:00", ["turc"]),
        ("Écrivain public", "", ["arabe"]),
    ]


# --- the other kinds
def test_new_place_is_created_published_and_located(desk, moderator):
    proposed = {"nom": "Café numérique", "commune": "Roubaix", "latitude": 50.69, "longitude": 3.18}
    submission = make_submission(kind="new", proposed=proposed)

    review(desk, submission)

    place = Place.objects.get()
    assert (place.nom, place.status, place.slug) == ("Café numérique", "published", "cafe-numerique")
    submission.refresh_from_db()
    assert (submission.place, submission.state) == (place, "accepted")
    revision = place.revisions.get()
    assert (revision.created, revision.author, revision.submission) == (True, moderator, submission)


def test_new_place_without_its_name_is_not_created(desk):
    submission = make_submission(kind="new", proposed={"nom": "Café", "commune": "Roubaix"})

    answer = review(desk, submission, **{"verdict-nom": "refuse", "reason": "Non"})

    assert answer.status_code == 422
    assert not Place.objects.exists()
    assert Submission.objects.get().is_open


def test_new_place_shows_those_that_look_like_it(desk):
    make_place(nom="Café numérique", adresse="3 rue de la Gare")
    submission = make_submission(
        kind="new",
        proposed={
            "nom": "Cafe numerique",
            "adresse": "3 rue de la Gare",
            "commune": "Roubaix",
            "latitude": 50.69,
            "longitude": 3.18,
        },
    )

    page = desk.get(address_of(submission))

    assert [place.nom for place in page.context["alike"]] == ["Café numérique"]


def test_closed_place_is_archived(desk):
    place = make_place()
    submission = make_submission(place, "closed")

    review(desk, submission)

    assert now(place, "status") == ["archived"]


def test_confirmed_place_is_verified_that_day(desk):
    place = make_place(verification="à vérifier")
    submission = make_submission(place, "confirmed")

    review(desk, submission)

    assert now(place, "verified_on", "verified_by") == [timezone.localdate(), "une personne, relue par Samira Diallo"]


def test_reported_error_is_mended_on_the_page(desk):
    place = make_place(telephone="+33320000000", nom="CCAS")
    submission = make_submission(place, "error", wrong=["telephone", "autre"], text="Le numéro sonne ailleurs")

    review(desk, submission, **{"value-telephone": "+33320815757"})

    assert now(place, "telephone", "nom") == ["+33320815757", "CCAS"]
    assert place.revisions.first().submission == submission
    submission.refresh_from_db()
    assert submission.state == "accepted"


def test_reported_error_may_be_handled_without_writing(desk):
    place = make_place()
    submission = make_submission(place, "error", wrong=["horaires"])

    review(desk, submission)

    assert place.revisions.count() == 1
    assert Submission.objects.get().state == "accepted"


def test_problem_with_the_map_is_answered(desk):
    submission = make_submission(kind="problem", text="La carte est vide")

    review(desk, submission, reason="Réparé, merci.")

    assert Submission.objects.get().state == "accepted"
    assert "Réparé, merci." in Mail.objects.get().text


def test_known_already_is_said(desk):
    submission = make_submission(make_place(), proposed={"nom": "Autre"})

    review(desk, submission, "known")

    assert Submission.objects.get().state == "duplicate"
    assert len(mails()) == 1


def test_question_waits_for_the_person_and_their_answer_comes_back(desk, moderator):
    submission = make_submission(make_place(nom="CCAS"), proposed={"nom": "Autre"})

    silent = review(desk, submission, "ask", text="")
    review(desk, submission, "ask", text="Depuis quand ?")

    assert silent.status_code == 422
    submission.refresh_from_db()
    assert submission.state == "question"
    message = Message.objects.get()
    assert (message.author, message.text, message.from_visitor) == (moderator, "Depuis quand ?", False)
    assert "Depuis quand ?" in Mail.objects.get().text
    assert submission not in desk.get(INBOX).context["cl"].result_list
    submission.wait_again()
    assert submission in desk.get(INBOX).context["cl"].result_list


def test_nothing_is_mailed_to_an_address_that_nobody_confirmed(desk):
    submission = make_submission(make_place(), proposed={"nom": "Autre"}, email_confirmed_at=None)

    review(desk, submission, "ask", text="Depuis quand ?")
    review(desk, submission)

    assert not mails()


# --- what changed meanwhile
def test_conflict_is_shown_and_nothing_is_chosen_for_the_moderator(desk):
    place = make_place(nom="CCAS", telephone="")
    submission = make_submission(place, proposed={"nom": "CCAS de Roubaix", "telephone": "+33320815757"})
    place.nom = "Maison du CCAS"
    history.save([place], origin="import")

    page = desk.get(address_of(submission))
    undecided = review(desk, submission)
    before = now(place, "nom", "telephone")
    review(desk, submission, **{"verdict-nom": "refuse", "reason": "Le nom vient de changer."})

    assert [row.difference.is_conflict for row, _sides in page.context["rows"]] == [True, False]
    assert all(name in page.text for name in ("Maison du CCAS", "CCAS de Roubaix", "changé depuis"))
    assert undecided.status_code == 422
    assert before == ["Maison du CCAS", ""]
    assert now(place, "nom", "telephone") == ["Maison du CCAS", "+33320815757"]


def test_place_that_changes_while_it_is_read_refuses_the_decision_and_shows_it_again(desk):
    place = make_place(nom="CCAS")
    submission = make_submission(place, proposed={"nom": "CCAS de Roubaix"})
    fields = fields_of(desk.get(address_of(submission)).text) | {"decision": "decide"}
    place.nom = "Maison du CCAS"
    history.save([place], origin="admin")

    answer = desk.post(address_of(submission), fields)

    assert answer.status_code == 409
    assert "Maison du CCAS" in answer.text
    assert now(place, "nom") == ["Maison du CCAS"]
    assert Submission.objects.get().is_open
    assert not mails()


def test_second_moderator_is_told_who_was_first(desk, client):
    place = make_place(nom="CCAS")
    submission = make_submission(place, proposed={"nom": "CCAS de Roubaix"})
    fields = fields_of(desk.get(address_of(submission)).text) | {"decision": "decide"}
    desk.post(address_of(submission), fields)

    late = [
        desk.post(address_of(submission), fields | {"decision": word, "reason": "Non"}, follow=True).text
        for word in ("decide", "refuse", "known")
    ]

    assert all("Samira Diallo a déjà décidé" in page for page in late)
    assert (place.revisions.count(), len(mails()), Decision.objects.count()) == (2, 1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["correction", "new"])
def test_two_moderators_at_once_apply_it_once(kind):
    place = make_place(nom="CCAS") if kind == "correction" else None
    submission = make_submission(place, kind, proposed={"nom": "CCAS de Roubaix", "commune": "Roubaix"})
    people = [User.objects.create_user(f"agent-{number}") for number in range(4)]
    together = Barrier(len(people))

    def press(person):
        try:
            together.wait()
            rulings = {name: Ruling(True) for name in ("nom", "commune")}
            return decide(submission, rulings, moderator=person, seen=version(place) if place else "")
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as pool:
        results = list(pool.map(press, people))

    assert sum(not isinstance(result, str) for result in results) == 1
    assert Revision.objects.filter(submission=submission).count() == 1
    assert (Place.objects.count(), Mail.objects.count(), Decision.objects.count()) == (1, 1, 1 if kind == "x" else 2)


# --- the way back
def test_decision_is_undone_and_decided_again(desk):
    place = make_place(nom="CCAS", telephone="")
    submission = make_submission(place, proposed={"nom": "PIZZERIA", "telephone": "+33320815757"})
    review(desk, submission)

    desk.post(address_of(submission), {"decision": "undo"})
    undone = now(place, "nom", "telephone")
    submission.refresh_from_db()
    waiting = submission.state
    review(desk, submission, **{"verdict-nom": "refuse", "reason": "Non"})

    assert undone == ["CCAS", ""]
    assert waiting == "waiting"
    assert now(place, "nom", "telephone") == ["CCAS", "+33320815757"]
    assert Decision.objects.count() == 4
    assert Decision.objects.standing().count() == 2
    assert mails() == ["C’est sur la carte : PIZZERIA", "En partie sur la carte : CCAS"]


def test_undo_of_a_new_place_archives_it_and_accepting_again_brings_it_back(desk):
    submission = make_submission(kind="new", proposed={"nom": "Café", "commune": "Roubaix"})
    review(desk, submission)
    place = Place.objects.get()

    desk.post(address_of(submission), {"decision": "undo"})
    undone = now(place, "status")
    review(desk, submission)

    assert undone == ["archived"]
    assert now(place, "status") == ["published"]
    assert Place.objects.count() == 1


def test_undo_shows_what_somebody_changed_since(desk):
    place = make_place(nom="CCAS")
    submission = make_submission(place, proposed={"nom": "PIZZERIA"})
    review(desk, submission)
    place.refresh_from_db()
    place.nom = "CCAS du centre"
    history.save([place], origin="admin")

    asked = desk.post(address_of(submission), {"decision": "undo"})
    kept = now(place, "nom")
    desk.post(address_of(submission), {"decision": "undo", "force": "1"})

    assert asked.status_code == 409
    assert "CCAS du centre" in asked.text
    assert kept == ["CCAS du centre"]
    assert now(place, "nom") == ["CCAS"]


def test_undo_twice_is_said(desk):
    submission = make_submission(make_place(), proposed={"nom": "Autre"})
    review(desk, submission)
    desk.post(address_of(submission), {"decision": "undo"})

    page = desk.post(address_of(submission), {"decision": "undo"}, follow=True)

    assert "déjà été défaite" in page.text


def test_approve_then_import_then_undo_the_import_tells_the_whole_story(desk):
    place = make_place(nom="CCAS", telephone="")
    submission = make_submission(place, proposed={"telephone": "+33320815757"})
    review(desk, submission)
    source = Source.objects.create(name="Région")
    run = ImportRun.objects.create(source=source, file_name="x.csv", file_hash="0", state="applied")
    place.refresh_from_db()
    place.telephone = "+33320000000"
    history.save([place], origin="import", import_run=run)

    call_command("undo_changes", run=run.pk, apply=True)

    assert now(place, "telephone") == ["+33320815757"]
    assert [revision.origin for revision in place.revisions.all()] == ["command", "import", "submission", "command"]


# --- the inbox
def test_inbox_is_oldest_first_and_says_what_waits(desk):
    place = make_place(nom="CCAS")
    hour = timezone.timedelta(hours=1)
    make_submission(place, proposed={"nom": "B"}, waiting_since=timezone.now() - hour)
    make_submission(place, "error", wrong=["telephone"], waiting_since=timezone.now() - 30 * hour)
    make_submission(place, "closed", state="accepted")

    page = desk.get(INBOX)

    assert [s.kind for s in page.context["cl"].result_list] == ["error", "correction"]
    assert "2 propositions à traiter, la plus ancienne depuis 1" in page.text.replace("\u00a0", " ")
    assert "le téléphone" in page.text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"etat": "toutes"}, {"CCAS", "Mairie", "Café"}),
        ({"etat": "accepted"}, {"Mairie"}),
        ({"kind__exact": "new"}, {"Café"}),
        ({"lieu": "lieu-ccas"}, {"CCAS"}),
        ({"q": "ccas"}, {"CCAS"}),
        ({"q": "café"}, {"Café"}),
        ({"etat": "nulle-part"}, {"CCAS", "Café"}),
    ],
)
def test_inbox_is_filtered(desk, question, found):
    make_submission(make_place(id="lieu-ccas", nom="CCAS"), proposed={"nom": "X"})
    make_submission(make_place(nom="Mairie"), proposed={"nom": "X"}, state="accepted", decided_at=timezone.now())
    make_submission(kind="new", proposed={"nom": "Café"})

    page = desk.get(INBOX, question)

    assert {submission.subject for submission in page.context["cl"].result_list} == found


def test_inbox_asks_no_more_questions_for_more_submissions(desk, django_assert_max_num_queries):
    for number in range(20):
        make_submission(make_place(nom=f"Lieu {number}"), proposed={"nom": "X", "telephone": "+33320815757"})

    with django_assert_max_num_queries(20):
        desk.get(INBOX)


def test_first_page_counts_what_waits(desk, moderator):
    make_submission(make_place(), proposed={"nom": "X"})

    found = {str(task.title): task.count for task in tasks(moderator)}

    assert found["Propositions à traiter"] == 1


def test_review_leads_to_the_next_one(desk):
    place = make_place()
    first, second = (
        make_submission(place, proposed={"nom": "A"}),
        make_submission(place, proposed={"telephone": "+33320815757"}),
    )

    once = review(desk, first)
    twice = review(desk, second)

    assert once["Location"] == address_of(second)
    assert twice["Location"] == INBOX


def test_bulk_goes_through_the_same_function_and_leaves_conflicts(desk):
    place, other, broken = make_place(nom="A"), make_place(nom="B"), make_place(nom="C")
    chosen = [
        make_submission(place, proposed={"telephone": "+33320815757"}),
        make_submission(other, proposed={"nom": "Pris"}),
        make_submission(broken, proposed={"telephone": "zéro"}),
        make_submission(place, "error", wrong=["nom"]),
    ]
    other.nom = "Changé"
    history.save([other], origin="admin")

    page = desk.post(INBOX, {"action": "accept", "_selected_action": [s.pk for s in chosen]}, follow=True)

    assert now(place, "telephone") == ["+33320815757"]
    assert place.revisions.first().submission == chosen[0]
    assert now(other, "nom") == ["Changé"]
    assert now(broken, "telephone") == [""]
    assert Submission.objects.waiting().count() == 3
    assert "1 proposition décidée" in page.text
    assert len(mails()) == 1


def test_bulk_refusal_needs_its_sentence(desk):
    sentence = Sentence.objects.create(title="Non", text="Nous n’avons pas pu le vérifier.")
    submission = make_submission(make_place(), proposed={"nom": "X"})
    chosen = {"action": "refuse", "_selected_action": [submission.pk]}

    desk.post(INBOX, chosen)
    waiting = Submission.objects.get().state
    desk.post(INBOX, chosen | {"sentence": sentence.pk})

    assert waiting == "waiting"
    assert (Submission.objects.get().state, Submission.objects.get().reason) == ("refused", sentence.text)


def test_page_tells_the_history_of_the_place_and_of_the_sender(desk):
    place = make_place(nom="CCAS")
    make_submission(place, proposed={"nom": "Vieux"}, sender="abc", state="refused", decided_at=timezone.now())
    make_submission(place, "error", wrong=["nom"], sender="def")
    submission = make_submission(place, proposed={"nom": "X"}, sender="abc")

    page = desk.get(address_of(submission))

    assert page.context["sender"] == [("refusée", 1)]
    assert len(page.context["others"]) == 1
    assert [revision.created for revision, _changes in page.context["revisions"]] == [True]


def test_failing_mail_is_shown_where_it_matters(desk):
    submission = make_submission(make_place(), proposed={"nom": "X"})
    Mail.objects.create(
        key="x", to="a@exemple.fr", subject="Bien reçu", failure="adresse refusée", submission=submission
    )

    assert "adresse refusée" in desk.get(address_of(submission)).text


# --- hostile
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_are_text_in_the_inbox_the_review_and_the_history(desk, text):
    place = make_place(nom=text, adresse=text)
    names = "nom adresse complement_adresse commune presentation_resume presentation_detail horaires telephone"
    proposed = dict.fromkeys(names.split(), text)
    proposed |= {
        "prise_rdv": text,
        "courriels": [text],
        "site_web": [text],
        "services": [text],
        "code_postal": text[:5],
    }
    proposed |= {"permanences": [{"title": text, "details": text, "host": text, "contact": text, "horaires": text}]}
    submission = make_submission(place, proposed=proposed, text=text, page=text)
    Message.objects.create(submission=submission, from_visitor=True, text=text)
    make_submission(kind="new", proposed=proposed, text=text)
    make_submission(place, "error", wrong=[text, "nom"], text=text)

    pages = [desk.get(INBOX), *(desk.get(address_of(one)) for one in Submission.objects.all())]
    pages.append(desk.get(reverse("admin:places_place_history", args=[place.pk])))

    for page in pages:
        assert page.status_code == 200
        tags = Elements(page.text).found
        assert not [
            tag for tag, attributes in tags if "alert" in str(attributes.get("onerror") or attributes.get("onload"))
        ]
        assert "<script>alert" not in page.text
        assert "98765433" not in page.text


def test_hostile_values_that_are_accepted_stay_text(desk):
    place = make_place(nom="CCAS")
    submission = make_submission(place, proposed={"nom": HOSTILE[0], "presentation_detail": HOSTILE[1]})

    review(desk, submission)
    pages = [desk.get(address_of(submission)), desk.get(place.get_absolute_url())]

    assert now(place, "nom") == [HOSTILE[0]]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


@pytest.mark.parametrize("decision", ["", "rien", "decide\x00"])
def test_unknown_button_does_nothing(desk, decision):
    submission = make_submission(make_place(), proposed={"nom": "X"})

    desk.post(address_of(submission), {"decision": decision})

    assert Submission.objects.get().is_open


@pytest.mark.parametrize("number", ["0", "999999", "abc", "9" * 30, "-1"])
def test_submission_that_does_not_exist_leads_home(desk, number):
    assert desk.get(f"{INBOX}{number}/change/").status_code in (302, 404)


@pytest.mark.parametrize("group", [rights.REFERENT, rights.DATA])
def test_review_is_for_moderators(client, group):
    submission = make_submission(make_place(), proposed={"nom": "X"})
    client.force_login(make_person(group))

    assert [client.get(INBOX).status_code, client.get(address_of(submission)).status_code] == [403, 403]
    assert client.post(address_of(submission), {"decision": "decide"}).status_code == 403
    assert Submission.objects.get().is_open


def test_differences_follow_the_order_of_the_form():
    place = make_place()
    submission = make_submission(
        place, proposed={"telephone": "+33320815757", "nom": "X", "longitude": 3.0, "latitude": 50.0}
    )

    assert [difference.name for difference in deciding.differences(submission, place)] == [
        "nom",
        "position",
        "telephone",
    ]
