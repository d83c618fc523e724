"""The Atom feed: what is new and what changed in a search, and nothing that was taken away on purpose."""

from datetime import date
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from places import history
from places.models import Place, Revision
from places.vocabularies import Service
from tests.factories import make_permanence, make_place

pytestmark = pytest.mark.django_db
ATOM = {"": "http://www.w3.org/2005/Atom"}
HOSTILE = "<script>alert(1)</script>&\"'\x0b\x1f]]>"


def feed(client, query: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(client.get(f"/lieux.atom{query}").content)


def texts(feed: ElementTree.Element, name: str) -> list[str]:
    return [found.text for found in feed.findall(f"entry/{name}", ATOM)]


def change(place: Place, **fields) -> Place:
    for name, value in fields.items():
        setattr(place, name, value)
    history.save([place], origin=Revision.Origin.ADMIN, reason="Raison interne")
    return Place.objects.get(pk=place.pk)


def test_feed_tells_new_and_changed_places_the_newest_first(client):
    mairie = make_place(nom="Mairie", adresse="17 Grand Place", presentation_resume="Maison commune.")
    make_place(nom="Poste")
    change(mairie, telephone="+33320815757", horaires="Mo-Fr 09:00-12:00")

    found = feed(client)

    assert texts(found, "title") == ["Modifié : Mairie (téléphone, horaires)", "Nouveau : Poste", "Nouveau : Mairie"]
    assert texts(found, "summary")[0] == "17 Grand Place, 59100 Roubaix – Maison commune."
    links = [link.get("href") for link in found.findall("entry/link", ATOM)]
    assert links == [f"http://testserver/lieux/{slug}/" for slug in ("mairie", "poste", "mairie")]


def test_feed_tells_permanences_and_publications(client):
    place = make_place(nom="Mairie", status="draft")
    place = change(place, status="published")
    make_permanence(place, title="Écrivain public")
    change(place, position_quality="exact")

    assert texts(feed(client), "title") == [
        "Modifié : Mairie",
        "Modifié : Mairie (permanences)",
        "Nouveau : Mairie",
        "Nouveau : Mairie",
    ]


def test_feed_names_the_fields_without_what_they_held_nor_who_changed_them(client):
    author = User.objects.create_user("samira", first_name="Samira")
    place = make_place(courriels=["jeanne.personne@exemple.fr"])
    place.courriels = []
    place.verified_by = "Jeanne"
    history.save([place], origin=Revision.Origin.ADMIN, author=author, reason="Adresse personnelle")

    content = client.get("/lieux.atom").content.decode()

    assert "adresses e-mail" in content
    for hidden in ("jeanne", "Jeanne", "samira", "Samira", "personnelle"):
        assert hidden not in content


def test_feed_follows_the_question(client):
    make_place(nom="Emploi", services=[Service.INSERTION])
    make_place(nom="Autre")
    make_place(nom="Caché", services=[Service.INSERTION], status="draft")

    found = feed(client, "?services=emploi&services=zzz")

    assert texts(found, "title") == ["Nouveau : Emploi"]
    assert found.find("subtitle", ATOM).text == "Lieux qui proposent : Chercher un emploi avec internet"
    assert {link.get("rel"): link.get("href") for link in found.findall("link", ATOM)} == {
        "alternate": "http://testserver/lieux/?services=emploi",
        "self": "http://testserver/lieux.atom?services=emploi",
    }


def test_entry_keeps_its_identifier_when_the_place_changes_again(client):
    place = make_place()
    (before,) = texts(feed(client), "id")

    change(place, nom="Autre nom")
    after = texts(feed(client), "id")

    day = Revision.objects.last().made_at.astimezone().date()
    assert before.startswith("tag:testserver,20")
    assert (after[1], len(set(after)), after[0] != before) == (before, 2, True)
    assert str(day.year) in before


def test_feed_of_nothing_is_a_feed(client):
    found = feed(client, "?q=rien")

    assert found.findall("entry", ATOM) == []
    assert found.find("author/name", ATOM).text == "Roubaix, aide numérique"


def test_hostile_text_is_a_text_for_every_reader(client):
    make_place(nom=HOSTILE, adresse=HOSTILE, presentation_resume=HOSTILE)

    content = client.get("/lieux.atom?q=alert").content.decode()
    (entry,) = ElementTree.fromstring(content).findall("entry", ATOM)

    shown = HOSTILE.replace("\x0b\x1f", "")
    assert "<script" not in content
    assert entry.find("title", ATOM).text == f"Nouveau : {shown}"
    # A summary is read as HTML: its text is escaped once for that, and once for XML.
    assert "&lt;script&gt;alert(1)" in entry.find("summary", ATOM).text


def test_feed_is_tagged_and_not_for_search_engines(client):
    make_place()
    first = client.get("/lieux.atom")

    again = client.get("/lieux.atom", headers={"If-None-Match": first.headers["ETag"]})
    make_place()
    changed = client.get("/lieux.atom", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert (again.status_code, again.content, changed.status_code) == (304, b"", 200)
    assert {answer.headers["X-Robots-Tag"] for answer in (first, again)} == {"noindex"}


def test_feed_holds_fifty_changes_and_asks_no_more_questions_when_the_data_doubles(client):
    numbers = []
    for added in (30, 30, 60):
        for _n in range(added):
            make_place(date_maj=date(2026, 1, 1))
        with CaptureQueriesContext(connection) as asked:
            found = feed(client, "?q=lieu")
        numbers.append(len(asked))

    assert len(found.findall("entry", ATOM)) == 50
    assert numbers[1:] == [numbers[0]] * 2


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/lieux.atom"),
        ("?page=2", "/lieux.atom"),
        ("?services=emploi&q=%22%3E%3Cscript%3E", "/lieux.atom?q=%22%3E%3Cscript%3E&amp;services=emploi"),
    ],
)
def test_list_names_the_feed_of_its_question(client, query, address):
    page = client.get(f"/lieux/{query}").content.decode()

    assert f'<link rel="alternate" type="application/atom+xml" href="{address}"' in page
