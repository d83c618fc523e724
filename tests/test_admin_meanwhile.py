"""Two people have one place open: the second to save is told what changed, and nothing of either is lost."""

from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from places import history
from places.models import Place, Revision
from tests.factories import make_permanence, make_place
from tests.test_admin import FilledForm, address

pytestmark = pytest.mark.django_db


def desk(name: str) -> Client:
    """A browser in which a moderator of this name has signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser(name.lower(), password="long-enough-1", first_name=name))
    return client


@pytest.fixture
def place():
    place = make_place(nom="Maison", adresse="1 rue Neuve", telephone="+33320000001", services=["emploi"])
    make_permanence(place, title="Écrivain public")
    return place


@pytest.fixture
def url(place):
    return address("place_change", place.pk)


def shown(client, url: str) -> dict:
    return FilledForm(client.get(url).text).sent


def told(answer) -> list[str]:
    sentences = answer.context["adminform"].form.non_field_errors()
    return [sentence.replace("\u00a0", " ").replace("\u202f", " ") for sentence in sentences]


def test_second_to_save_is_told_what_the_first_changed_and_writes_nothing(place, url):
    samira, yanis = desk("Samira"), desk("Yanis")
    first, second = shown(samira, url), shown(yanis, url)
    samira.post(url, first | {"adresse": "2 rue Neuve"})

    answer = yanis.post(url, second | {"nom": "Maison de quartier"})

    place.refresh_from_db()
    assert (place.nom, place.adresse) == ("Maison", "2 rue Neuve")
    assert answer.status_code == 200
    assert told(answer)[0].startswith("Samira a enregistré cette fiche le ")
    assert told(answer)[1:] == ["Adresse : « 1 rue Neuve » est devenu « 2 rue Neuve ». C’est repris ici."]


def test_second_keeps_what_was_typed_and_a_second_save_keeps_both(place, url):
    samira, yanis = desk("Samira"), desk("Yanis")
    first, second = shown(samira, url), shown(yanis, url)
    typed = {"nom": "Maison de quartier", "reason": "Vu sur place", "permanences-0-title": "Écrivaine publique"}
    samira.post(url, first | {"adresse": "2 rue Neuve", "services": ["emploi", "outils-du-quotidien"]})
    answer = yanis.post(url, second | typed)

    again = FilledForm(answer.text).sent
    assert {name: again[name] for name in typed} == {name: [value] for name, value in typed.items()}
    saved = yanis.post(url, again)

    assert saved.status_code == 302
    place.refresh_from_db()
    assert (place.nom, place.adresse) == ("Maison de quartier", "2 rue Neuve")
    assert [entry.slug for entry in place.services] == ["outils-du-quotidien", "emploi"]
    assert [permanence.title for permanence in place.permanences.all()] == ["Écrivaine publique"]


def test_value_typed_over_another_is_kept_in_the_form_and_both_are_told(place, url):
    samira, yanis = desk("Samira"), desk("Yanis")
    first, second = shown(samira, url), shown(yanis, url)
    samira.post(url, first | {"adresse": "2 rue Neuve"})

    answer = yanis.post(url, second | {"adresse": "3 rue Neuve"})

    assert told(answer)[1:] == [
        "Adresse : « 1 rue Neuve » est devenu « 2 rue Neuve ». Vous avez écrit autre chose : c’est gardé ici."
    ]
    assert FilledForm(answer.text).sent["adresse"] == ["3 rue Neuve"]
    assert Place.objects.get().adresse == "2 rue Neuve"


def test_import_and_permanences_count_as_others_too(place, url):
    yanis = desk("Yanis")
    second = shown(yanis, url)
    changed = Place.objects.get()
    changed.nom = "Maison neuve"
    history.save(
        [changed], origin=Revision.Origin.IMPORT, more={place.pk: {"permanences": [[], [{"title": "Écrivain public"}]]}}
    )

    answer = yanis.post(url, second)

    assert told(answer)[0].startswith("Import a enregistré")
    assert "Nom : « Maison » est devenu « Maison neuve ». C’est repris ici." in told(answer)
    assert told(answer)[-1].startswith("Les permanences ont changé")


def test_what_came_back_to_what_it_was_is_not_told_field_by_field(place, url):
    samira, yanis = desk("Samira"), desk("Yanis")
    second = shown(yanis, url)
    samira.post(url, shown(samira, url) | {"adresse": "2 rue Neuve"})
    samira.post(url, shown(samira, url) | {"adresse": "1 rue Neuve"})

    assert len(told(yanis.post(url, second))) == 1


@pytest.mark.parametrize("seen", ["zut", "9999-99-99", "2026-01-01", "0001-01-01T00:00:00+00:00"])
def test_version_that_means_nothing_breaks_nothing(place, url, seen):
    yanis = desk("Yanis")

    answer = yanis.post(url, shown(yanis, url) | {"seen": seen, "nom": "Autre"})

    assert answer.status_code in (200, 302)


def test_hostile_values_are_told_as_text(place, url):
    samira, yanis = desk("Samira"), desk("Yanis")
    first, second = shown(samira, url), shown(yanis, url)
    samira.post(url, first | {"adresse": "<script>alert(1)</script>"})

    answer = yanis.post(url, second)

    assert "<script>alert(1)</script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text


@pytest.mark.django_db(transaction=True)
def test_two_forms_sent_at_the_same_moment_are_one_save_and_one_question():
    place = make_place(nom="Maison", adresse="1 rue Neuve")
    url = address("place_change", place.pk)
    clients = [desk("Samira"), desk("Yanis")]
    forms = [
        shown(client, url) | change
        for client, change in zip(clients, ({"adresse": "2 rue Neuve"}, {"nom": "Maison neuve"}), strict=True)
    ]
    together, statuses = Barrier(2), []

    def send(client, form):
        try:
            together.wait()
            statuses.append(client.post(url, form).status_code)
        finally:
            connections.close_all()

    threads = [Thread(target=send, args=pair) for pair in zip(clients, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    place.refresh_from_db()
    assert sorted(statuses) == [200, 302]
    assert (place.nom, place.adresse) in {("Maison", "2 rue Neuve"), ("Maison neuve", "1 rue Neuve")}
