"""The card of a place for a person: what is told, in which order, and what is said when a place has not told it."""

import re
from html import unescape
from urllib.parse import unquote

import pytest

from places.finding.needs import NEEDS
from places.finding.papers import PAPERS
from tests.factories import make_permanence, make_place, make_stop
from tests.test_posters import HOSTILE, code_of, matrix, text

pytestmark = pytest.mark.django_db


def told(response) -> str:
    """The words of the page, as they are read."""
    return " ".join(unescape(re.sub(r"<(script|template)\b.*?</\1>|<[^>]+>", " ", text(response), flags=re.S)).split())


def addresses(response) -> list[str]:
    return [unescape(address) for address in re.findall(r'href="([^"]+)"', response.content.decode())]


def test_card_tells_everything_in_the_order_that_a_person_asks(client):
    place = make_place(
        nom="Mairie des Quartiers",
        adresse="9 rue Pellart",
        telephone="+33320815757",
        courriels=["mairie@exemple.fr"],
        horaires="Mo-Su 00:00-24:00",
        services=["demarches-administratives"],
        demarches=["caf"],
        frais_a_charge=["gratuit"],
    )
    make_permanence(place, title="Écrivain public", horaires="Tu 14:00-16:00", by_appointment=True)
    make_stop(nom="Gare Jean-Lebas")

    page = client.get(f"/trouver/lieu/{place.slug}/?besoin=caf&point=50.70,3.18&autour=Gare")

    order = [
        "Mairie des Quartiers",
        "9 rue Pellart, 59100 Roubaix",
        "Ouvert",
        "Appeler 03 20 81 57 57",
        "Ce qu’on fait ici",
        "Aide aux démarches",
        "CAF : allocations",
        "Gratuit",
        "Quand venir",
        "Aujourd’hui",
        "Écrivain public : mardi 14 h – 16 h (sur rendez-vous)",
        "Comment venir",
        "min à pied",
        "Arrêt Gare Jean-Lebas, à 1 min à pied : métro M2",
        "Voir la carte",
        "Quoi apporter",
        "Votre numéro d’allocataire",
        "demandez au lieu s’il faut autre chose",
        "Écrire au lieu",
        "mairie@exemple.fr",
        "Garder ce lieu",
        "Donner par SMS",
    ]
    words, last = told(page), -1
    for said in order:
        last = words.find(said, last + 1)
        assert last >= 0, f"« {said} » : absent, ou pas à sa place"
    back = "/trouver/resultats/?besoin=caf&autour=Gare&point=50.7%2C3.18"
    assert {"tel:+33320815757", "mailto:mairie@exemple.fr", back} <= {*addresses(page)}


def test_card_of_a_place_that_states_nothing_says_so(client):
    place = make_place(nom=HOSTILE, adresse="", latitude=None, longitude=None)

    page = client.get(f"/trouver/lieu/{place.slug}/?besoin=retraite")

    words = told(page)
    for said in (
        "59100 Roubaix",
        "Horaires non renseignés",
        "Ce lieu ne dit pas s’il aide pour la retraite.",
        "Ce lieu n’a donné ni téléphone ni adresse e-mail.",
        "Ce lieu ne l’a pas dit : demandez-lui.",
        "On ne connaît pas les jours et les heures. Demandez au lieu.",
        "On ne sait pas où est ce lieu sur la carte.",
    ):
        assert said in words
    assert "<script>alert" not in text(page)
    assert "Écrire au lieu" not in words
    assert words.count("À demander : ") == words.count("À demander : le prix, et s’il faut un rendez-vous. ") == 1
    assert "Demandez au lieu ce qu’il faut apporter." in told(client.get(f"/trouver/lieu/{place.slug}/"))


def test_hours_that_cannot_be_read_are_told_as_they_are_written(client):
    place = make_place(horaires="le mardi si possible", telephone="0601020304")

    page = client.get(f"/trouver/lieu/{place.slug}/")

    assert "le mardi si possible" in told(page)
    assert "sms:+33601020304" in addresses(page), "a mobile phone takes messages"


def test_position_goes_to_nobody_else_and_is_in_nothing_to_give(client):
    place = make_place(courriels=["a@exemple.fr"], site_web=["https://exemple.fr"])

    page = client.get(f"/trouver/lieu/{place.slug}/?point=50.7123,3.1999&precision=20")

    elsewhere = [unquote(address) for address in addresses(page) if not address.startswith(("/", "#"))]
    assert len(elsewhere) >= 6
    assert [address for address in elsewhere if "50.7123" in address or "3.1999" in address] == []
    assert "private" in page.headers["Cache-Control"]
    [message] = [address for address in elsewhere if address.startswith("sms:?")]
    assert message.endswith(f"http://testserver/trouver/lieu/{place.slug}/")
    assert code_of(page.content.decode()) == matrix(f"http://testserver/trouver/lieu/{place.slug}/")


def test_search_engines_are_led_to_the_card_that_says_everything(client):
    place = make_place(nom="Mairie")

    page = client.get(f"/trouver/lieu/{place.slug}/?besoin=caf").content.decode()

    assert '<link rel="canonical" href="http://testserver/lieux/mairie/">' in page
    assert "noindex" not in page


def test_merged_place_leads_to_the_one_that_stays_and_a_hidden_one_is_not_found(client):
    kept, _draft = make_place(nom="Mairie"), make_place(nom="Brouillon", status="draft")
    make_place(nom="Ancienne", status="archived", merged_into=kept)

    moved = client.get("/trouver/lieu/ancienne/?besoin=caf")

    assert (moved.status_code, moved.headers["Location"]) == (301, "/trouver/lieu/mairie/?besoin=caf")
    assert client.get("/trouver/lieu/brouillon/").status_code == 404


def test_every_need_says_what_to_bring_or_that_one_must_ask():
    assert PAPERS.keys() <= NEEDS.keys()
    assert NEEDS.keys() - PAPERS.keys() == {"ecrans"}
    assert [slug for slug, papers in PAPERS.items() if not papers.things] == []
    assert {papers.source[:8] for papers in PAPERS.values()} == {"", "https://"}


def test_card_asks_no_more_questions_for_more_permanences(client, django_assert_max_num_queries):
    place = make_place(telephone="+33320815757")
    make_stop()
    for number in range(8):
        make_permanence(place, title=f"Permanence {number}", horaires="Tu 14:00-16:00")
    client.get(f"/trouver/lieu/{place.slug}/")

    with django_assert_max_num_queries(8):
        client.get(f"/trouver/lieu/{place.slug}/?besoin=caf&point=50.7,3.18")
