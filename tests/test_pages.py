"""The list, the card and the legal pages: complete without JavaScript, escaped, and no slower with more places."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from places.models import Source
from places.vocabularies import Dispositif, FraisACharge, Service
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def text(response) -> str:
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


# --- the list


def test_home_leads_to_the_list(client):
    assert client.get("/").headers["Location"] == "/lieux/"


def test_list_shows_twenty_places_and_leads_to_the_next(client):
    for number in range(25):
        make_place(nom=f"Lieu {number:02}")

    first = client.get("/lieux/?services_op=et")
    second = client.get("/lieux/?page=2")

    assert [card.name for card in first.context["cards"]] == [f"Lieu {n:02}" for n in range(20)]
    assert [card.name for card in second.context["cards"]] == [f"Lieu {n:02}" for n in range(20, 25)]
    assert "Page 1 sur 2" in text(first)


@pytest.mark.parametrize(
    ("asked", "number"), [("0", 1), ("-1", 1), ("zz", 1), ("99", 2), ("1.5", 1), ("", 1), ("٢", 2)]
)
def test_list_answers_any_page_with_one_that_exists(client, asked, number):
    for _n in range(25):
        make_place()

    assert client.get("/lieux/", {"page": asked}).context["page"].number == number


def test_list_says_what_waits_for_an_address(client):
    make_place(nom="Centre Pile", adresse="", latitude=None, longitude=None)

    page = text(client.get("/lieux/"))

    assert "Adresse à compléter" in page
    assert "Dont 1 lieu sans adresse complète" in page


def test_list_with_no_result_says_what_to_do(client):
    assert "Aucun lieu ne correspond" in text(client.get("/lieux/?services=emploi"))


def test_links_of_the_list_keep_the_question_and_the_page(client):
    for number in range(25):
        make_place(nom=f"Lieu {number:02}", services=[Service.INSERTION])

    page = text(client.get("/lieux/?services=emploi&page=2"))

    assert 'href="/lieux/lieu-20/?services=emploi&amp;page=2"' in page
    assert 'rel="prev" href="/lieux/?services=emploi&amp;page=1"' in page


@pytest.mark.parametrize(
    ("address", "robots"),
    [
        ("/lieux/", ""),
        ("/lieux/?services=emploi", "noindex, follow"),
        ("/lieux/?page=2", "noindex, follow"),
        ("/lieux/?services_op=et", ""),
    ],
)
def test_only_the_plain_list_is_for_search_engines(client, address, robots):
    for _n in range(25):
        make_place()

    page = client.get(address).content.decode()

    assert (f'<meta name="robots" content="{robots}">' in page) == bool(robots)
    assert '<link rel="canonical" href="http://testserver/lieux/">' in page


def test_form_shows_the_question_that_was_asked(client):
    make_territory("quartier", "Q1", nom="Épeule")
    make_place()

    page = text(client.get("/lieux/?services=emploi&services_op=et&quartier=Q1&q=lieu"))

    assert 'name="services" value="emploi" checked' in page
    assert 'name="services_op" value="et" checked' in page
    assert '<option value="Q1" selected>Épeule</option>' in page
    assert 'name="q" value="lieu"' in page


# --- the card


@pytest.fixture
def full_place():
    make_territory("quartier", "Q1", nom="Épeule")
    make_territory("qpv", "QP1", nom="Alma")
    return make_place(
        id="coop-1",
        pivot="43493312300029",
        nom="Maison du projet",
        commune="Roubaix",
        code_postal="59100",
        code_insee="59512",
        adresse="12 rue de la Gare",
        complement_adresse="Bâtiment B",
        typologie=["CS", "ZZZ"],
        telephone="+33320815757",
        courriels=["contact@exemple.fr"],
        site_web=["https://www.exemple.fr/accueil"],
        horaires="Mo-Fr 09:00-12:00",
        presentation_resume="Un lieu ouvert.",
        presentation_detail="Première ligne.\nDeuxième ligne.",
        source="La Coop",
        itinerance=["fixe"],
        structure_parente="Ville de Roubaix",
        date_maj=date(2026, 1, 2),
        services=[Service.ACCES],
        publics_specifiquement_adresses=["seniors"],
        prise_en_charge_specifique=["illettrisme"],
        frais_a_charge=[FraisACharge.GRATUIT],
        dispositif_programmes_nationaux=[Dispositif.AIDANTS_CONNECT],
        formations_labels=["duplex"],
        autres_formations_labels=["Label maison"],
        modalites_acces=["telephoner"],
        modalites_accompagnement=["individuel"],
        fiche_acces_libre="https://acceslibre.exemple.fr/x",
        prise_rdv="https://rdv.exemple.fr/1",
        demarches=["caf"],
        langues=["arabe"],
    )


def test_card_says_every_field_that_has_a_value_in_words(client, full_place):
    page = text(client.get(full_place.get_absolute_url()))

    for words in (
        "Maison du projet",
        "12 rue de la Gare, Bâtiment B, 59100 Roubaix",
        "Centre social, ZZZ",
        "Un lieu ouvert.",
        "Première ligne.<br>Deuxième ligne.",
        "La Coop",
        "Lieu fixe",
        "Ville de Roubaix",
        "2 janvier 2026",
        "Ordinateur, wifi, imprimante sur place",
        "Personnes âgées",
        "Difficultés à lire et à écrire",
        "Gratuit",
        "Aidants Connect",
        "DUPLEX",
        "Label maison",
        "Téléphoner avant",
        "Avec quelqu’un, en tête-à-tête",
        "CAF : allocations, RSA, prime d’activité",
        "Arabe",
        "43493312300029",
        "Roubaix (code Insee 59512)",
        "50.69, 3.18",
        "coop-1",
        "Épeule",
        "Alma",
        "9 h – 12 h",
    ):
        assert words in page, words


def test_card_links_phone_mail_site_booking_access_and_itinerary(client, full_place):
    page = client.get(full_place.get_absolute_url()).content.decode()

    for address in (
        "tel:+33320815757",
        "mailto:contact@exemple.fr",
        "https://www.exemple.fr/accueil",
        "https://rdv.exemple.fr/1",
        "https://acceslibre.exemple.fr/x",
        "https://www.openstreetmap.org/directions?engine=fossgis_osrm_foot&amp;route=;50.69,3.18",
    ):
        assert f'href="{address}"' in page, address


def test_card_leads_back_to_the_results_it_came_from(client, full_place):
    response = client.get(f"{full_place.get_absolute_url()}?services=acces-materiel&page=3&zz=1")

    assert response.context["back"] == "/lieux/?services=acces-materiel&page=3"
    assert f'<link rel="canonical" href="http://testserver{full_place.get_absolute_url()}">' in text(response)


def test_card_shows_permanences_with_their_languages_and_hours(client):
    place = make_place()
    make_permanence(
        place,
        title="Écrivain public",
        themes=["ecrivain-public"],
        langues=["arabe"],
        horaires="Tu 09:00-12:00",
        by_appointment=False,
        host="Association Plume",
        details="Apportez vos papiers.",
    )

    page = text(client.get(place.get_absolute_url()))

    for words in (
        "Écrivain public",
        "Arabe",
        "Mardi",
        "Sans rendez-vous",
        "Assurée par : Association Plume",
        "Apportez vos",
    ):
        assert words in page, words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"verification": "déduit, à vérifier"}, "À vérifier : déduit."),
        ({"date_maj": date(2020, 1, 1)}, "plus de deux ans"),
        ({"date_maj": None}, "Date de mise à jour inconnue"),
        ({"adresse": "", "latitude": None, "longitude": None}, "Adresse à compléter."),
        ({"horaires": "du lundi au vendredi"}, "Horaires : du lundi au vendredi"),
        ({"horaires": ""}, "Horaires non renseignés"),
    ],
)
def test_card_says_what_is_doubtful(client, given, words):
    assert words in text(client.get(make_place(**given).get_absolute_url()))


def test_card_of_a_verified_place_is_in_doubt_no_more(client):
    place = make_place(verification="déduit, à vérifier", verified_on=date(2026, 11, 1), verified_by="Ville")

    response = client.get(place.get_absolute_url())

    assert response.context["card"].doubts == []
    assert "1er novembre 2026" in text(response)


def test_card_says_where_its_record_is_kept(client):
    source = Source.objects.create(name="La Coop", update_url="https://coop.exemple.fr")
    place = make_place(import_source=source, source_id="x")

    assert 'href="https://coop.exemple.fr"' in text(client.get(place.get_absolute_url()))


@pytest.mark.parametrize(
    "given", [{"status": "draft"}, {"status": "archived"}, {"modalites_acces": ["pas-de-public"]}], ids=str
)
def test_card_that_is_not_public_does_not_exist(client, given):
    response = client.get(make_place(**given).get_absolute_url())

    assert response.status_code == 404
    assert "n’existe pas" in text(response)


# --- hostile text


def hostile_place():
    fields = "nom commune adresse complement_adresse horaires presentation_resume presentation_detail source"
    place = make_place(
        **dict.fromkeys(f"{fields} structure_parente verification verified_by".split(), HOSTILE),
        telephone="<img src=x>",
        typologie=[HOSTILE],
        courriels=[HOSTILE],
        site_web=[HOSTILE],
        autres_formations_labels=[HOSTILE],
        fiche_acces_libre=HOSTILE,
        prise_rdv=HOSTILE,
        verified_on=date(2026, 1, 1),
    )
    make_permanence(place, title=HOSTILE, details=HOSTILE, host=HOSTILE, contact=HOSTILE, horaires=HOSTILE)
    make_territory("quartier", "Q1", nom=HOSTILE)
    return place


def test_hostile_text_is_escaped_on_every_page(client):
    place = hostile_place()

    for address in ("/lieux/", place.get_absolute_url(), "/lieux/?q=%3Cscript%3Ealert(1)&services=%3Cimg%20src=x%3E"):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert "alert(1)" in page, address


# --- the same work for more places


@pytest.mark.parametrize("address", ["/lieux/", "/lieux/?services=emploi&q=lieu&qpv=oui", "CARD"])
def test_pages_ask_no_more_questions_when_the_data_doubles(client, address):
    make_territory("qpv", "QP1")
    make_territory("quartier", "Q1")

    def add(number):
        for _n in range(number):
            make_permanence(make_place(services=[Service.INSERTION]), langues=["arabe"])

    def queries():
        place = make_place(nom="Fiche")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get(place.get_absolute_url() if address == "CARD" else address)
        return len(asked)

    add(4)
    client.get("/lieux/")
    before = queries()
    add(8)

    assert queries() == before


# --- the other pages


@pytest.mark.parametrize("name", ["mentions-legales", "donnees-personnelles", "accessibilite"])
def test_legal_pages_are_templates_to_complete(client, name):
    response = client.get(reverse(f"places:{name}"))

    assert response.status_code == 200
    assert "Modèle à compléter" in text(response)


def test_unknown_address_leads_back_to_the_list(client):
    response = client.get("/rien/")

    assert response.status_code == 404
    assert 'href="/lieux/"' in text(response)
