"""The quality desk: what is asked of records, dead links, a mail to structures, and figures over time."""

from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from places import links, quality, rights
from places.models import Chase, Link, Mail, Place, QualityNote
from tests.factories import make_permanence, make_place, make_territory
from tests.people import make_person

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 28)
DESK = reverse("admin:quality")
WHOLE = {
    "adresse": "1 rue",
    "telephone": "+33320815757",
    "horaires": "Mo-Fr 09:00-12:00",
    "services": ["emploi"],
    "modalites_acces": ["Se présenter"],
    "frais_a_charge": ["Gratuit"],
    "presentation_resume": "Un lieu",
    "site_web": ["https://exemple.fr"],
    "verified_on": TODAY,
    "date_maj": TODAY,
}


@pytest.fixture
def desk(client):
    client.force_login(make_person())
    return client


@pytest.fixture
def site(settings):
    """A small web site on loopback: /ok, /gone, /moved, /shy (no HEAD), /loop; it counts what it is asked."""
    settings.IMPORT_PRIVATE_ADDRESSES = True

    class Site(BaseHTTPRequestHandler):
        asked: list[str] = []

        def do_HEAD(self):
            self.asked.append(f"{self.command} {self.path}")
            statuses = {"/ok": 200, "/gone": 404, "/moved": 301, "/loop": 302, "/closed": 403}
            status = 405 if self.path == "/shy" and self.command == "HEAD" else statuses.get(self.path, 200)
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", "/ok" if self.path == "/moved" else self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self):
            self.do_HEAD()

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    server.asked = Site.asked
    yield server
    server.shutdown()
    server.server_close()


def names(question, **given) -> list[str]:
    return [place.nom for place in question(Place.objects.order_by("nom"), TODAY)]


# --- one record
def test_whole_record_scores_a_hundred():
    assert quality.completeness_of(make_place(**WHOLE)) == quality.Completeness(100, [])


def test_score_tells_what_is_missing():
    found = quality.completeness({"adresse": "1 rue", "latitude": 50.69, "courriels": ["a@exemple.fr"]})

    assert found.score == 45
    assert found.missing[:2] == ["horaires", "aides proposées"]


def test_weights_add_up_to_a_hundred():
    assert sum(part.weight for part in quality.PARTS) == 100


@pytest.mark.parametrize("left_out", [*WHOLE, "latitude", ""])
def test_database_counts_the_same_score(left_out):
    values = {name: value for name, value in WHOLE.items() if name != left_out}
    if left_out == "latitude":
        values |= {"latitude": None, "longitude": None}
    place = make_place(**{"adresse": "", **values})

    assert quality.scored(Place.objects.all()).get().score == quality.completeness_of(place).score


def test_what_a_permanence_offers_counts():
    place = make_place()
    before = quality.completeness_of(place).score

    make_permanence(place, services=["emploi"])

    assert quality.completeness_of(Place.objects.get()).score == before + 15


# --- questions
def test_stale_are_those_nobody_verified_nor_updated_for_long(settings):
    settings.STALE_AFTER_DAYS = 100
    old, new = TODAY - timedelta(days=101), TODAY - timedelta(days=100)
    make_place(nom="Ancien", date_maj=old)
    make_place(nom="Jamais", date_maj=None)
    make_place(nom="Vérifié", date_maj=old, verified_on=new)
    make_place(nom="Mis à jour", date_maj=new, verified_on=old)
    make_place(nom="Archivé", date_maj=old, status="archived")

    assert names(quality.stale) == ["Ancien", "Jamais"]


def test_unverified_incomplete_unlocated_and_unreadable():
    make_place(nom="Entier", **WHOLE)
    make_place(nom="À vérifier", verification="à vérifier", **WHOLE | {"verified_on": None})
    make_place(nom="Vide", adresse="", latitude=None, longitude=None, horaires="le matin")

    assert names(quality.unverified) == ["À vérifier"]
    assert names(quality.incomplete) == ["Vide"]
    assert names(quality.without_point) == ["Vide"]
    assert names(quality.unreadable_hours) == ["Vide"]


def test_outside_its_commune_by_contour_or_as_the_import_noticed():
    make_territory("commune", "59512", nom="Roubaix")
    make_place(nom="Dedans", code_insee="59512")
    make_place(nom="Dehors", code_insee="59512", latitude=50.9)
    make_place(nom="Dehors par le nom", code_insee="", commune="roubaix", latitude=50.9)
    make_place(nom="D’ailleurs", code_insee="59650", commune="Wattrelos", latitude=50.9)
    make_place(nom="Loin", code_insee="59650", commune="Wattrelos", position_quality="far")

    assert names(quality.outside_commune) == ["Dehors", "Dehors par le nom", "Loin"]


def test_public_writers_come_first(desk):
    make_place(nom="Autre")
    make_place(nom="Zoé, écrivain public", themes=["ecrivain-public"], **WHOLE | {"telephone": ""})
    make_permanence(make_place(nom="Mairie"), title="Écrivain public", themes=["ecrivain-public"])
    Place.objects.update(date_maj="2020-01-01", verified_on=None)

    page = desk.get(DESK)

    assert [row.place.nom for row in page.context["rows"]] == ["Mairie", "Zoé, écrivain public", "Autre"]


# --- dead links
def test_links_are_tried_followed_and_kept(site):
    make_place(site_web=[f"{site.url}/{path}" for path in ("ok", "gone", "moved", "shy", "loop", "closed")])

    tried = links.check(10, pause=0)

    failures = {link.address.removeprefix(site.url): link.failure for link in tried}
    assert {path for path, failure in failures.items() if failure} == {"/gone", "/loop"}
    assert failures["/gone"] == "erreur 404"
    assert "GET /shy" in site.asked


def test_link_is_dead_after_two_failures_and_alive_after_one_answer(site):
    place = make_place(nom="Au lien mort", site_web=[f"{site.url}/gone"])
    start = timezone.now()
    links.check(10, now=start, pause=0)
    once = names(quality.with_dead_links)

    links.check(10, now=start + timedelta(days=7), pause=0)
    twice = names(quality.with_dead_links)
    Link.objects.update(address=f"{site.url}/ok")
    Place.objects.filter(pk=place.pk).update(site_web=[f"{site.url}/ok"])
    links.check(10, now=start + timedelta(days=14), pause=0)

    assert (once, twice) == ([], ["Au lien mort"])
    assert (names(quality.with_dead_links), Link.objects.get().failures) == ([], 0)


def test_links_tried_lately_wait_and_those_of_no_place_are_forgotten(site):
    place = make_place(site_web=[f"{site.url}/ok", f"{site.url}/a", f"{site.url}/b"])

    first = links.check(2, pause=0)
    second = links.check(2, pause=0)
    Place.objects.filter(pk=place.pk).update(site_web=[f"{site.url}/ok"])
    links.check(2, pause=0)

    assert (len(first), len(second)) == (2, 1)
    assert [link.address for link in Link.objects.all()] == [f"{site.url}/ok"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "http://10.0.0.1/",
        "http://localhost:6379/",
        "ftp://exemple.fr/",
        "javascript:alert(1)",
        "http://moi:secret@exemple.fr/",
        "pas une adresse",
        "http://[",
    ],
)
def test_links_never_reach_a_private_address_nor_break(address):
    make_place(site_web=[address])

    (link,) = links.check(10, pause=0)

    assert link.failure


def test_link_that_leads_inside_is_not_followed(site, settings, monkeypatch):
    asked = []
    monkeypatch.setattr(links, "_ask", lambda address, method: asked.append(address) or (302, "http://127.0.0.1/"))
    settings.IMPORT_PRIVATE_ADDRESSES = False

    assert links.why_dead("https://exemple.fr/")
    assert len(asked) == links.MOST_REDIRECTS + 1  # each goes through the guard of `_ask`


def test_command_says_what_fails(site, capsys):
    make_place(site_web=[f"{site.url}/gone", f"{site.url}/ok"])

    call_command("check_links", most=5)

    assert "2 liens essayés, 1 en échec" in capsys.readouterr().out


# --- figures
def test_figures_of_a_day_are_noted_once(capsys):
    make_place()

    call_command("note_quality")
    make_place()
    call_command("note_quality")

    assert QualityNote.objects.get().counts["lieux"] == 2
    assert "2 lieux" in capsys.readouterr().out


def test_desk_shows_how_it_goes(desk):
    make_place(verification="à vérifier")
    QualityNote.objects.create(day="2026-01-01", counts={"a-verifier": 5})
    QualityNote.objects.create(day="2026-02-01", counts={"a-verifier": 3})

    page = desk.get(DESK)

    figure = page.context["figures"][0]
    assert (figure.count, figure.before, figure.change, len(figure.bars)) == (1, 3, "−2", 2)
    assert 'aria-label="01/01/2026' in page.text


def test_desk_counts_what_its_lists_hold(desk):
    make_place(nom="Entier", **WHOLE | {"verified_on": timezone.localdate(), "date_maj": timezone.localdate()})
    make_place(adresse="", verification="à vérifier", date_maj="2020-01-01", horaires="le matin")
    make_place(latitude=None, longitude=None, date_maj="2020-01-01")

    for figure in desk.get(DESK).context["figures"]:
        listed = desk.get(reverse("admin:places_place_changelist"), {"qualite": figure.name})
        shown = desk.get(DESK, {"sujet": figure.name})
        assert listed.context["cl"].result_count == figure.count == shown.context["number"]


def test_desk_asks_no_more_questions_for_more_places(desk, django_assert_max_num_queries):
    for number in range(30):
        make_place(verification="à vérifier", courriels=["a@exemple.fr"], nom=f"Lieu {number}")

    with django_assert_max_num_queries(32):
        desk.get(DESK)


@pytest.mark.parametrize("question", ["sujet=rien", "p=abc", "p=999", "sujet=%00", "sujet=liens&p=-1"])
def test_desk_never_breaks(desk, question):
    make_place()

    assert desk.get(f"{DESK}?{question}").status_code == 200


def test_desk_escapes_what_sources_wrote(desk):
    make_place(nom="<script>alert(1)</script>", telephone='"><img src=x>', verification="à vérifier")

    page = desk.get(DESK).text

    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("group", "status"),
    [(rights.MODERATOR, 200), (rights.DATA, 200), (rights.ADMINISTRATOR, 200), (rights.REFERENT, 403)],
)
def test_desk_is_for_who_may_change_places(client, group, status):
    client.force_login(make_person(group))

    assert [client.get(DESK).status_code, client.post(DESK).status_code == 403] == [status, status == 403]


# --- asking structures
def test_chase_writes_to_each_structure_once(desk):
    one = make_place(nom="CCAS", courriels=["ccas@exemple.fr", "accueil@exemple.fr"])
    other = make_place(nom="Sans adresse")

    page = desk.post(DESK, {"place": [one.pk, other.pk]}, follow=True).text
    again = desk.post(DESK, {"place": [one.pk]}, follow=True).text

    assert {mail.to for mail in Mail.objects.all()} == {"ccas@exemple.fr", "accueil@exemple.fr"}
    assert "/structure/" in Mail.objects.first().text
    assert "Sans adresse" in page
    assert "1 structure reçoit" in page
    assert "Déjà relancées" in again
    chase = Chase.objects.get()
    assert (chase.place, chase.sent_by.username) == (one, "moderateur")


def test_chase_may_be_sent_again_later(desk, settings):
    place = make_place(courriels=["ccas@exemple.fr"])
    desk.post(DESK, {"place": [place.pk]})
    Chase.objects.update(sent_at=timezone.now() - timedelta(days=settings.CHASE_AFTER_DAYS + 1))

    desk.post(DESK, {"place": [place.pk]})

    assert (Chase.objects.count(), Mail.objects.count()) == (2, 2)


def test_chase_leaves_what_is_no_address_alone(desk):
    place = make_place(courriels=["pas une adresse", "a@exemple.fr\nBcc: b@exemple.fr"])

    desk.post(DESK, {"place": [place.pk, "nulle-part"]})

    assert not Mail.objects.exists()
