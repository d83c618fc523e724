"""Twelve journeys of prescribers, told in their words: by mouse and by keyboard alone, in Chromium and in Firefox.

The numbers are those of the demonstration, counted by hand in its file.
"""

import pytest

from tests import tiles
from tests.browser import firefox
from tests.browser.conftest import DESKTOP
from tests.browser.visitors import ChromiumBrowser, Visitor

pytestmark = pytest.mark.usefixtures("demo", "tile_server")
ADDRESS = "Chercher autour d’une adresse"
WORDS = "Chercher un lieu ou une aide"


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    if firefox.found() is None:
        pytest.fail("Firefox n’a pas été trouvé : installer firefox-esr.")
    fox = firefox.Firefox(tmp_path_factory.mktemp("firefox"))
    yield fox
    fox.close()


@pytest.fixture(params=["chromium", "firefox"])
def browser(request):
    if request.param == "chromium":
        yield ChromiumBrowser(request.getfixturevalue("desktop"))
        return
    fox = request.getfixturevalue("fox")
    fox.new_visitor(**DESKTOP["viewport"])
    yield fox
    expected = (tiles.TILES_ORIGIN, "NS_BINDING_ABORTED")
    unexpected = [heard for heard in fox.complaints if not any(part in heard for part in expected)]
    assert unexpected == []


@pytest.fixture(params=[False, True], ids=["mouse", "keyboard"])
def visitor(request, browser, live_server) -> Visitor:
    return Visitor(browser, live_server.url, keyboard=request.param)


def test_she_has_a_file_to_send_to_the_caf(visitor):
    visitor.goes_to("/lieux/")
    visitor.activates("Pour quelle démarche ?")
    visitor.ticks("CAF : allocations")
    visitor.sees_results(1)
    visitor.sees("Lieux qui aident pour : CAF : allocations, RSA, prime d’activité")


def test_he_needs_help_in_arabic(visitor):
    visitor.goes_to("/lieux/")
    visitor.activates("Dans quelle langue ?")
    visitor.ticks("Arabe")
    visitor.sees_results(1)
    visitor.sees("Lieux où l’on parle : Arabe")


def test_they_want_the_same_place_for_paperwork_and_for_work(visitor):
    visitor.goes_to("/lieux/")
    visitor.ticks("Lieux qui aident aux démarches administratives")
    visitor.sees_results(26)
    visitor.ticks("Lieux qui aident à chercher un emploi avec internet")
    visitor.sees_results(31)
    visitor.chooses("ET à la fois")
    visitor.sees_results(5)
    visitor.sees("à la fois : Aide aux démarches et Chercher un emploi avec internet")


def test_she_types_a_word_with_a_mistake(visitor):
    visitor.goes_to("/lieux/")
    visitor.types(WORDS, "imprimente")
    visitor.sees_results(5)
    visitor.sees("imprimante")


def test_he_lives_near_the_town_hall_and_walks_badly(visitor):
    visitor.goes_to("/lieux/")
    visitor.types(ADDRESS, "Eurotéléport")
    visitor.activates("Partir d’ici")
    visitor.is_at("point=")
    visitor.sees("du plus proche au plus loin de « Eurotéléport »")
    visitor.sees("min à pied")


def test_she_can_only_come_on_wednesday_morning(visitor):
    visitor.goes_to("/lieux/?quand=choisi&jour=2026-12-02&heure=10:00")
    visitor.sees_results(12)
    visitor.sees("ouverts le mercredi 2 décembre à 10 h")


def test_he_must_print_a_form(visitor):
    visitor.goes_to("/lieux/")
    visitor.activates("Quel matériel ?")
    visitor.ticks("Imprimante")
    visitor.sees_results(3)


def test_who_writes_letters_and_when(visitor):
    visitor.goes_to("/lieux/")
    visitor.activates("Écrivains publics")
    visitor.is_at("/ecrivains-publics/")
    visitor.sees("Semaine du")
    visitor.activates("Semaine suivante")
    visitor.sees("Semaine du")


def test_it_must_be_free_and_without_appointment(visitor):
    visitor.goes_to("/lieux/")
    visitor.activates("À quelles conditions ?")
    visitor.ticks("Venir sans rendez-vous")
    visitor.sees_results(2)
    visitor.ticks("Gratuit")
    visitor.sees_results(2)


def test_only_what_is_in_a_priority_neighbourhood(visitor):
    visitor.goes_to("/lieux/?qpv=oui")
    visitor.sees_results(23)
    visitor.ticks("Lieux qui aident aux démarches administratives")
    visitor.sees_results(16)
    visitor.activates("Retirer : dans un quartier prioritaire (QPV)")
    visitor.sees_results(26)


def test_the_card_tells_everything_and_leads_back(visitor):
    visitor.goes_to("/lieux/?services=emploi")
    visitor.activates("AFPA Roubaix")
    visitor.sees("20 rue du Luxembourg, 59100 Roubaix")
    visitor.sees("D’où viennent ces informations")
    visitor.activates("Fermer la fiche")
    visitor.is_at("/lieux/?services=emploi")
    visitor.sees_results(10)


def test_two_places_are_given_on_a_sheet(visitor):
    visitor.goes_to("/lieux/?services=emploi")
    visitor.activates("Sélectionner AFPA Roubaix")
    visitor.activates("Sélectionner Amitié Partage")
    visitor.activates("Ma sélection (2)")
    visitor.sees("Fiche d’orientation")
    visitor.types("Pour", "Mme Diallo")
    visitor.sees("Amitié Partage")
    visitor.sees("Envoyer par SMS")
