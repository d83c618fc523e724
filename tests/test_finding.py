"""A resident's phone: three questions, then the nearest places that fit, five at a time; else those that almost fit."""

import re
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from places import geo, history
from places.filters import PlaceFilter
from places.finding.asking import Asked
from places.finding.needs import NEEDS
from places.finding.results import Search
from places.geo import Point
from places.models import Landmark, Place, Revision
from places.opening_hours import PARIS
from places.views import server_error
from places.vocabularies import Dispositif, Service
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 12, 1, 10, 0, tzinfo=PARIS)
RESULTS = "/trouver/resultats/"
HERE = {"point": "50.69,3.18"}
PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0"


def text(response) -> str:
    return " ".join(response.content.decode().replace("\u202f", "\u00a0").replace("\u00a0", " ").split())


def names(response) -> list[str]:
    return [row.card.name for row in response.context["rows"]]


def search(query: str, now: datetime = TUESDAY) -> Search:
    return Search(Asked.read(QueryDict(query), now))


def found(query: str, now: datetime = TUESDAY) -> list[str]:
    """The names of the places that fit, of all the pages."""
    asked = search(query, now)
    pages = [asked.page(number) for number in asked.page(1).paginator.page_range]
    return [place.nom for page in pages for place in page]


def almost(query: str, now: datetime = TUESDAY) -> list[tuple[str, str, str]]:
    """The places that almost fit: their name, why they are late, what is not known of them."""
    asked = search(query, now)
    rows = asked.almost(asked.rows(asked.page(1)))
    return [(row.card.name, row.why_late if row.late else "", row.unsure) for row in rows]


# --- what one needs


def test_each_need_asks_what_the_list_understands():
    asks = [ask for need in NEEDS.values() for ask in (*need.asks, need.almost)]

    ignored = {ask: PlaceFilter(QueryDict(ask)).ignored for ask in asks}
    kept = {ask: PlaceFilter(QueryDict(ask)).data.urlencode() for ask in asks}

    assert [ask for ask in asks if ignored[ask]] == []
    assert {ask: sorted(kept[ask].split("&")) for ask in asks} == {ask: sorted(ask.split("&")) for ask in asks}


def test_each_need_leads_from_home_to_a_place_of_roubaix_and_a_number_in_three_links(client, settings):
    settings.HELP_PHONE, settings.HELP_NAME = "+33320815757", "CCAS de Roubaix"
    call_command("load_demo", verbosity=0)
    screen = client.get("/", headers={"user-agent": PHONE}, follow=True)
    links = dict(re.findall(r'href="(/trouver/ou/\?besoin=([\w-]+))"', text(screen)))
    assert sorted(links.values()) == sorted(NEEDS)

    for first in links:
        second = client.get(first).context["anywhere"]
        results = client.get(client.get(second).context["any_time"])

        assert names(results), first
        assert 'href="tel:+33' in text(results)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"user-agent": PHONE}, "/trouver/"),
        ({"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"}, "/lieux/"),
        ({"user-agent": PHONE, "sec-ch-ua-mobile": "?0"}, "/lieux/"),  # « version pour ordinateur »
        ({"sec-ch-ua-mobile": "?1"}, "/trouver/"),
    ],
)
def test_home_leads_a_telephone_to_the_questions(client, headers, expected):
    answer = client.get("/", headers=headers)

    assert answer.headers["Location"] == expected
    assert {"User-Agent", "Sec-CH-UA-Mobile"} <= set(answer.headers["Vary"].split(", "))


def test_need_is_met_by_any_of_its_questions():
    make_place(nom="CAF", demarches=["caf"])
    make_place(nom="France services", dispositif_programmes_nationaux=[Dispositif.FRANCE_SERVICES])
    make_place(nom="Mairie", services=[Service.DEMARCHES])
    make_place(nom="Brouillon", demarches=["caf"], status=Place.Status.DRAFT)
    make_place(nom="Sans public", demarches=["caf"], modalites_acces=["pas-de-public"])

    assert sorted(found("besoin=caf")) == ["CAF", "France services"]
    assert found("besoin=ecole") == []
    assert [name for name, *_why in almost("besoin=caf&point=50.69,3.18")] == ["Mairie"]


# --- the nearest, five at a time


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.sampled_from([Service.DEMARCHES, Service.ACCES, None])),
        max_size=14,
    )
)
def test_pages_of_five_equal_the_plain_loop_even_among_those_equally_far(points):
    """On a coarse grid many places share a point: none is skipped nor repeated."""
    Place.objects.all().delete()
    places = [
        Place(
            id=str(number),
            nom=f"Lieu {number:02}",
            commune="Roubaix",
            services=[service] if service else [],
            latitude=None if service is None else 50.69 + north / 100,
            longitude=None if service is None else 3.18 + east / 100,
            demarches=["logement"] if service is not Service.ACCES else [],
        )
        for number, (north, east, service) in enumerate(points)
    ]
    history.save(places, origin=Revision.Origin.COMMAND)
    start = Point(50.69, 3.18)

    paged = found("besoin=logement&point=50.69,3.18")

    fitting = [place for place in Place.objects.all() if place.demarches.mask]
    by_name = {place.nom: place for place in fitting}
    far = {place.nom: geo.distance(start, place.point) if place.point else float("inf") for place in fitting}
    assert sorted(paged) == sorted(by_name)
    assert [far[name] for name in paged] == pytest.approx(sorted(far.values()), abs=0.001)
    for point in {place.point for place in fitting}:
        there = [by_name[name].slug for name in paged if by_name[name].point == point]
        assert there == sorted(there)


def test_next_five_are_a_link_that_keeps_the_answers(client):
    for _n in range(12):
        make_place(demarches=["caf"])
    question = {"besoin": "caf", "autour": "Gare"} | HERE

    first = client.get(RESULTS, question)
    second = client.get(first.context["after"])
    third = client.get(second.context["after"])

    assert [len(names(page)) for page in (first, second, third)] == [5, 5, 2]
    assert third.context["after"] is False
    assert client.get(third.context["before"]).content == second.content
    shown = [name for page in (first, second, third) for name in names(page)]
    assert sorted(shown) == sorted(Place.objects.values_list("nom", flat=True))


def test_from_nowhere_those_who_can_be_called_come_first():
    make_place(nom="A sans téléphone", demarches=["caf"])
    make_place(nom="B", demarches=["caf"], telephone="+33320815757")
    make_place(nom="C", demarches=["caf"], telephone="+33320815757")

    assert found("besoin=caf") == ["B", "C", "A sans téléphone"]


def test_number_of_queries_does_not_grow_with_the_places(client):
    make_territory("quartier", "Q1")

    def add(number):
        for _n in range(number):
            make_permanence(make_place(themes=["ecrivain-public"], horaires="Mo-Su 08:00-20:00"), horaires="Tu 09:00")
            make_place(services=[Service.DEMARCHES])

    def queries(address):
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    addresses = ["/trouver/", "/trouver/ou/?besoin=caf", f"{RESULTS}?besoin=lettre&point=50.69,3.18&quand=semaine"]
    add(8)
    before = [queries(address) for address in [*addresses, *addresses]][3:]
    add(8)

    assert [queries(address) for address in [*addresses, *addresses]][3:] == before


# --- what one place says


def test_place_open_for_a_permanence_alone_is_said_to_be_open():
    make_permanence(make_place(nom="Centre"), themes=["ecrivain-public"], horaires="Tu 09:00-12:00")

    (row,) = search("besoin=lettre&quand=maintenant").rows(search("besoin=lettre&quand=maintenant").page(1))

    assert (row.opening.state, row.opening.sentence) == ("open", "Ouvert jusqu’à 12\u00a0h")


def test_row_says_price_access_languages_and_what_to_ask(client):
    said = {"frais_a_charge": ["gratuit"], "modalites_acces": ["telephoner", "se-presenter"], "langues": ["arabe"]}
    make_place(demarches=["caf"], telephone="+33320815757", **said)
    make_place(demarches=["caf"], latitude=None, longitude=None)

    page = text(client.get(RESULTS, {"besoin": "caf", "autour": "Gare"} | HERE))

    assert "Gratuit" in page
    assert "Venir sans rendez-vous, Téléphoner avant" in page
    assert "On parle : Arabe" in page
    assert page.count("À demander : le prix, et s’il faut un rendez-vous.") == 1
    assert (page.count('href="tel:+33320815757"'), page.count('aria-label="Y aller')) == (1, 1)
    assert "1 min à pied" in page


# --- what almost fits


@pytest.fixture
def town():
    """Nothing fits « CAF, now » at ten on a Tuesday; from the start, all stand on a line to the north."""

    def place(rank, nom, **given):
        return make_place(nom=nom, latitude=50.69 + rank / 1000, **given)

    place(1, "Fermé", demarches=["caf"], horaires="We 09:00-12:00")
    place(2, "Sans horaires", demarches=["caf"])
    place(3, "Ouvert, incertain", services=[Service.DEMARCHES], horaires="Tu 09:00-12:00")
    place(4, "Fermé, incertain", services=[Service.DEMARCHES], horaires="Th 09:00-12:00")
    place(0, "Autre chose", services=[Service.ACCES], horaires="Tu 09:00-12:00")


UNSURE = "Ce lieu ne dit pas s’il aide pour la CAF."
UNKNOWN = "On ne connaît pas ses horaires\u00a0: appelez avant de venir."


def test_when_nothing_fits_less_is_asked_one_thing_at_a_time(town):
    assert found("besoin=caf&point=50.69,3.18&quand=maintenant") == []
    assert almost("besoin=caf&point=50.69,3.18&quand=maintenant") == [
        ("Fermé", "Fermé, ouvre demain à 9\u00a0h", ""),
        ("Sans horaires", UNKNOWN, ""),
        ("Ouvert, incertain", "", UNSURE),
        ("Fermé, incertain", "Fermé, ouvre jeudi à 9\u00a0h", UNSURE),
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(), st.booleans(), st.sampled_from(["", "Tu 09:00-12:00", "We 09:00-12:00", "Tu 09:30-10:01"])
        ),
        max_size=8,
    )
)
def test_what_is_said_of_those_that_almost_fit_is_true(places):
    """For any town: who fits fits, and each of the others lacks exactly what is said of it."""
    Place.objects.all().delete()
    known = {
        f"Lieu {number}": (caf, paperwork, horaires.startswith("Tu"))
        for number, (caf, paperwork, horaires) in enumerate(places)
    }
    history.save(
        [
            Place(
                id=str(number),
                nom=f"Lieu {number}",
                commune="Roubaix",
                horaires=horaires,
                demarches=["caf"] if caf else [],
                services=[Service.DEMARCHES] if paperwork else [],
            )
            for number, (caf, paperwork, horaires) in enumerate(places)
        ],
        origin=Revision.Origin.COMMAND,
    )

    fitting = found("besoin=caf&quand=maintenant")
    others = almost("besoin=caf&quand=maintenant")

    assert sorted(fitting) == sorted(name for name, (caf, _paperwork, opened) in known.items() if caf and opened)
    for name, late, unsure in others:
        caf, paperwork, opened = known[name]
        assert name not in fitting
        assert (bool(late), bool(unsure)) == (not opened, not caf)
        assert caf or paperwork
    useful = sum(caf or paperwork for caf, paperwork, _opened in known.values())
    assert len(others) == (min(5, useful) - len(fitting) if len(fitting) < 5 else 0)
    doubts = [bool(late) + bool(unsure) for _name, late, unsure in others]
    assert doubts == sorted(doubts)


def test_what_fits_is_not_said_to_fit_almost(town):
    assert found("besoin=caf&quand=semaine") == ["Fermé"]
    assert [name for name, *_why in almost("besoin=caf&quand=semaine")] == [
        "Sans horaires",
        "Fermé, incertain",
        "Ouvert, incertain",
    ]


def test_week_is_what_is_left_of_today_and_six_days_more():
    make_place(nom="Ce matin", demarches=["caf"], horaires="Tu 08:00-09:30")
    make_place(nom="Lundi", demarches=["caf"], horaires="Mo 08:00-09:30")
    make_place(nom="Mardi prochain", demarches=["caf"], horaires="2026 Dec 08 08:00-09:30")

    assert found("besoin=caf&quand=semaine") == ["Lundi"]


# --- the way through the questions


def test_answers_are_asked_once_and_changed_alone(client):
    make_territory("quartier", "Q1", nom="Épeule")
    make_place(demarches=["caf"])

    need = client.get("/trouver/").context["papers"][0][1]
    where = client.get(need).context["neighbourhoods"][0][1]
    when = client.get(where).context["times"][0][3]
    results = client.get(when)

    assert when.startswith(f"{RESULTS}?besoin=caf&autour=%C3%89peule&point=50.69%2C3.18&quand=maintenant")
    words = ["CAF", "Près de : Épeule", "Maintenant"]
    assert [str(answer.title).replace("\u00a0", " ") for answer in results.context["asked"].answers] == words
    changed = client.get(results.context["asked"].answers[1].address).context["anywhere"]
    assert changed == f"{RESULTS}?besoin=caf&quand=maintenant"


def test_address_with_one_meaning_leads_on_and_one_with_several_is_asked_again(client):
    for number, nom in enumerate(["rue de Lille", "rue de Lyon", "Grand-Place"]):
        spot = {"plain_name": nom.lower().replace("-", " "), "search_text": f" {nom.lower().replace('-', ' ')} "}
        Landmark.objects.create(kind="street", nom=nom, latitude=50.69 + number / 100, longitude=3.18, **spot)

    one = client.get("/trouver/ou/", {"besoin": "caf", "autour": "grand place"})
    several = client.get("/trouver/ou/", {"besoin": "caf", "autour": "rue"})
    none = client.get("/trouver/ou/", {"besoin": "caf", "autour": "xyzxyz"})

    assert one.headers["Location"] == "/trouver/quand/?besoin=caf&autour=Grand-Place&point=50.71%2C3.18"
    assert [spot.name for spot, _address in several.context["choices"]] == ["rue de Lyon", "rue de Lille"]
    assert "Nous n’avons pas trouvé « xyzxyz »" in text(none)
    assert "avec le bouton « Ma position »" in text(client.get("/trouver/ou/?autour=ma+position"))


def test_what_means_nothing_is_said(client):
    make_place()

    page = text(client.get(RESULTS, {"besoin": "voler", "point": "ici", "quand": "jamais"}))

    assert "Nous n’avons pas compris « voler », « ici », « jamais »." in page
    assert "Tous les besoins" in page


# --- where somebody is


def test_position_is_rounded_to_ten_metres_and_kept_by_nobody_on_the_way(client):
    make_place(demarches=["caf"])

    with_position = client.get(RESULTS, {"besoin": "caf", "point": "50.6912345,3.1798765", "precision": "30"})
    without = client.get(RESULTS, {"besoin": "caf"})

    assert "50.6912%2C3.1799" in text(with_position)
    assert not re.search(r"50\.6912\d|3\.1798", text(with_position))
    assert "Près de vous, à 30 mètres près" in text(with_position)
    assert "private" in with_position.headers["Cache-Control"]
    assert "public" in without.headers["Cache-Control"]
    assert with_position.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("precision", ["", "0", "-5", "9" * 30, "1e3", "٣", "dix"])
def test_precision_that_is_none_is_not_shown(client, precision):
    page = text(client.get(RESULTS, HERE | {"precision": precision}))

    assert "Près de vous" in page
    assert "mètre" not in page


# --- somebody to call


@pytest.mark.parametrize(
    "address", ["/trouver/", "/trouver/ou/", "/trouver/quand/", RESULTS, "/trouver/lieu/nulle-part/", "/trouver/rien/"]
)
def test_number_to_call_is_on_every_screen_when_there_is_one(client, settings, address):
    assert "tel:" not in text(client.get(address, follow=True))

    settings.HELP_PHONE, settings.HELP_NAME = "+33320815757", "Mairie"

    page = text(client.get(address, follow=True))
    assert 'href="tel:+33320815757"' in page
    assert "Mairie" in page


@pytest.mark.parametrize(("need", "first"), [("caf", False), ("je-ne-sais-pas", True), ("ecole", True)])
def test_number_to_call_comes_before_the_places_for_who_does_not_know_and_when_nothing_fits(
    client, settings, need, first
):
    settings.HELP_PHONE, settings.HELP_NAME = "+33320815757", "Mairie"
    make_place(services=[Service.DEMARCHES], dispositif_programmes_nationaux=[Dispositif.FRANCE_SERVICES])

    page = text(client.get(RESULTS, {"besoin": need}))

    assert page.count("tel:+33320815757") == 1
    assert (page.index("tel:+33320815757") < page.index('class="results"')) == first


def test_failure_says_whom_to_call(rf, settings):
    settings.HELP_PHONE, settings.HELP_NAME = "+33320815757", "Mairie"

    answer = server_error(rf.get("/trouver/"))

    assert answer.status_code == 500
    assert 'Mairie : <a href="tel:+33320815757">03 20 81 57 57</a>' in text(answer)
