"""Several databases: who reads which, and what is left of the site when one is killed under it."""

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from places import unavailable
from roubaix_map import replicas
from roubaix_map.databases import TROUBLES, Trouble, trouble
from roubaix_map.replicas import SILENCE, Router, Servers, route_of
from tests import replication
from tests.production import ROOT, Answer, Browser, environment, manage, run, serving
from tests.submissions import a_while_ago, fields_of

SAID = "Le plan est à l’envers."
UNSENT = "Votre envoi n’a pas pu être enregistré"
NAME = "Médiathèque d’essai"


# --- which server, as this process sees them


@pytest.fixture
def servers():
    """A primary that wrote 100 at noon (0), and 200 three seconds later, and two replicas."""
    servers = Servers(["default", "replica1", "replica2"])
    servers.primary.note(0, False, 100)
    servers.primary.note(3, False, 200)
    return servers


def note(servers: Servers, now: float, **reached: int) -> None:
    for alias, number in reached.items():
        servers.by_alias[alias].note(now, True, number)


def test_public_page_is_read_from_a_replica_that_is_close(servers):
    note(servers, 3, replica1=200, replica2=100)

    orders = {servers.order(primary_first=False, now=3)[0] for _ in range(50)}
    late = servers.order(primary_first=False, now=6)  # replica2 has nothing of what was written after noon

    assert orders == {"replica1", "replica2"}
    assert late == ["replica1", "default", "replica2"]


def test_replica_is_not_late_because_its_primary_rests(servers):
    note(servers, 3, replica1=200)
    servers.primary.note(3600, False, 200)
    note(servers, 3600, replica1=200)

    assert servers.order(primary_first=False, now=3600)[0] == "replica1"


def test_replica_of_which_nothing_is_known_is_asked_after_the_primary(servers):
    assert servers.order(primary_first=False, now=3)[0] == "default"


def test_whoever_writes_reads_the_primary_while_it_answers(servers):
    note(servers, 3, replica1=200, replica2=50)

    first = servers.order(primary_first=True, now=3)
    servers.primary.fail(4)
    lost = servers.order(primary_first=True, now=4)

    assert first == ["default", "replica1", "replica2"]
    assert sorted(lost) == ["replica1", "replica2"]


def test_server_that_fails_or_hangs_is_left_until_it_answers_again(servers):
    note(servers, 3, replica1=200, replica2=200)

    servers.by_alias["replica1"].fail(3)
    without = servers.order(primary_first=False, now=3)
    hangs = servers.order(primary_first=False, now=3 + SILENCE + 1)
    servers.primary.note(8, False, 200)
    note(servers, 8, replica1=200)
    back = servers.order(primary_first=False, now=8)

    assert without == ["replica2", "default"]
    assert sorted(hangs) == ["default", "replica1", "replica2"]  # all of them, when none is known to answer
    assert back == ["replica1", "default"]


def test_replica_that_was_made_a_primary_is_not_read_beside_another(servers):
    servers.by_alias["replica1"].note(3, False, 250)

    assert servers.order(primary_first=False, now=3) == ["default", "replica1", "replica2"]


@pytest.mark.parametrize(
    ("method", "path", "cookies", "expected"),
    [
        ("GET", "/lieux/", {}, (False, False)),
        ("HEAD", "/lieux/", {}, (False, False)),
        ("GET", "/lieux/", {"vient-d-ecrire": "1"}, (True, False)),
        ("GET", "/lieux/", {"sessionid": "a"}, (True, False)),
        ("POST", "/proposer/", {}, (True, False)),
        ("GET", "/admin/places/place/", {}, (False, True)),
    ],
)
def test_route_of_a_request(method, path, cookies, expected):
    request = RequestFactory(headers={"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}).generic(
        method, path
    )

    route = route_of(request)

    assert (route.primary_first, route.primary_only) == expected


@pytest.mark.django_db
def test_one_machine_asks_no_router():
    from places.models import Place

    assert Router().db_for_read(Place) == "default"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("57014", Trouble.SLOW),
        ("55P03", Trouble.SLOW),
        ("40001", Trouble.CUT),
        ("25006", Trouble.UNWRITABLE),
        ("53100", Trouble.UNWRITABLE),
        ("53300", Trouble.LOST),
        ("57P01", Trouble.LOST),
        ("42P01", None),  # no such table: our mistake
        ("23505", None),
    ],
)
def test_failure_of_the_database_is_told_from_ours(state, expected):
    error = OperationalError()
    error.__cause__ = psycopg.errors.lookup(state)()

    assert trouble(error) is expected
    assert [*TROUBLES] == sorted(TROUBLES, key=lambda start: start.startswith("SQLITE"))


def test_page_cut_on_a_replica_is_read_once_more_elsewhere_and_a_sent_form_is_not(rf):
    cut, route, asked = OperationalError(), replicas.Route(), []
    cut.__cause__ = psycopg.errors.lookup("40001")()
    token = replicas._route.set(route)

    def again():
        asked.append(route.alias)
        if len(asked) > 1:
            raise cut
        return HttpResponse("read")

    try:
        route.alias = "replica1"
        first = unavailable.answer(rf.get("/lieux/"), cut, again)
        second = unavailable.answer(rf.get("/lieux/"), cut, again)
        sent = unavailable.answer(rf.post("/proposer/", {"nom": "CCAS"}), cut, again)
    finally:
        replicas._route.reset(token)

    assert (first.content, asked) == (b"read", ["", ""])  # from nowhere yet: it is chosen again
    assert (second.status_code, sent.status_code) == (503, 503)


# --- the site over a real primary and its replica


@dataclass
class Site:
    primary: replication.Server
    replica: replication.Server
    port: int
    log: Path
    env: dict[str, str]

    def get(self, path: str, **headers: str) -> Answer:
        return Browser(self.port).get(path, **headers)

    def until(self, path: str, expected: str, told: str = "") -> None:
        """Ask until the answer holds this and the log that, and not for ever."""
        for _ in range(60):
            if re.search(expected, self.get(path).text) and told in self.log.read_text():
                return
        raise AssertionError(f"{expected!r} never came to {path}")

    def complain(self, text: str) -> Answer:
        """Send « Un problème avec la carte ? » as a person does."""
        path = "/un-probleme/"
        fields = a_while_ago(fields_of(self.get(path).text)) | {"text": [text]}
        form = {"content_type": "application/x-www-form-urlencoded"}
        return Browser(self.port).ask("POST", path, urlencode(fields, doseq=True), **form)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("replicas")
    with ExitStack() as stack:
        primary = stack.enter_context(replication.primary())
        # A primary may be replaced by its replica, and reading from far behind is what these tests look at.
        env = environment(
            folder,
            DATABASE_URL=primary.address,
            REPLICA_LAG_SECONDS="3600",
            LOCK_TIMEOUT="3",
            HTTPS="non",
            DEBUG="oui",  # static files as they are: collecting them takes longer than all these tests
            GEOCODER_URL="non",
            WEB_THREADS="2",
        )
        manage(env, "migrate", "-v0")
        manage(env, "shell", "-c", PLACE)
        replica = stack.enter_context(replication.replica_of(primary))
        hosts = f"postgres://tests@127.0.0.1:{primary.port},127.0.0.1:{replica.port}/places"
        env |= {"DATABASE_URL": hosts, "DATABASE_REPLICA_URLS": replica.address, "WEB_CONCURRENCY": "1"}
        server = stack.enter_context(serving(env, folder / "log"))
        yield Site(primary, replica, server.port, folder / "log", env)


PLACE = f"""
from places import history
from places.models import Place, Revision
place = Place(id="essai", slug="essai", nom="{NAME}", adresse="1 rue", commune="Roubaix", code_postal="59100")
history.save([place], origin=Revision.Origin.COMMAND)
"""


def heading(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    return html.unescape(re.sub("<[^>]+>", "", re.search("<h1.*?</h1>", answer.text, re.DOTALL)[0])).strip()


def who_just_wrote_reads_the_primary_and_everybody_else_a_replica(site):
    site.until("/lieux/essai/", NAME)
    site.replica.ask("SELECT pg_wal_replay_pause()")
    site.primary.ask("UPDATE places_place SET nom = 'Un nom neuf'", "UPDATE places_dataversion SET number = number + 1")

    everybody, writer = site.get("/lieux/essai/"), site.get("/lieux/essai/", cookie="vient-d-ecrire=1")
    moderator = site.get("/lieux/essai/", cookie="sessionid=abc")
    sent = site.complain("La carte est à l’envers.")
    followed = site.get(sent.headers["Location"])
    site.replica.ask("SELECT pg_wal_replay_resume()")

    assert (heading(everybody), heading(writer), heading(moderator)) == (NAME, "Un nom neuf", "Un nom neuf")
    assert re.match(r"vient-d-ecrire=1; .*HttpOnly; Max-Age=3605", sent.headers["Set-Cookie"])
    assert "La carte est à l’envers." in html.unescape(followed.text)
    site.until("/lieux/essai/", "Un nom neuf")


def lost_replica_costs_no_page(site):
    site.replica.kill()

    statuses = [site.get("/lieux/essai/").status for _ in range(5)]
    preflight = run(site.env, "manage.py", "preflight").stdout
    site.replica.start()

    assert statuses == [200] * 5
    assert "✘ manque – Copie de la base n° 1 : ne répond pas : les pages se lisent ailleurs." in preflight
    site.until("/lieux/essai/", "essai", told="database is back")


def migration_that_meets_an_occupied_table_lets_the_pages_pass_and_tries_again(site):
    with psycopg.connect(site.primary.address) as holder:
        holder.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        migration = subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "-v0"], env=site.env, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        told = migration.stderr.readline()
        holder.rollback()
    with migration:
        rest = migration.stderr.read()

    assert (told, rest, migration.returncode) == ("Une table est occupée : encore une fois dans un instant.\n", "", 0)


def page_that_waits_too_long_for_a_lock_says_so(site):
    with psycopg.connect(site.primary.address) as holder:
        holder.execute("LOCK TABLE places_dataversion IN ACCESS EXCLUSIVE MODE")
        late = site.get("/lieux/", cookie="vient-d-ecrire=1")

    assert (late.status, late.headers["Retry-After"]) == (503, "30")
    assert "Cette page demande trop de temps" in late.text


def primary_that_takes_no_writes_gives_the_form_back_as_typed(site):
    site.primary.ask("ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    refused = site.complain(SAID)
    site.primary.ask(
        "SET transaction_read_only = off", "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"
    )

    assert (refused.status, refused.headers["Retry-After"]) == (503, "30")
    assert (UNSENT in refused.text, fields_of(refused.text)["text"]) == (True, [SAID])


def lost_primary_leaves_reading_and_keeps_what_is_typed_and_its_replica_takes_its_place(site):
    before = heading(site.get("/lieux/essai/"))
    cards, file = site.get("/lieux/").text.count("<article"), site.get("/lieux.csv").body
    site.primary.kill()

    read, listed = site.get("/lieux/essai/"), site.get("/lieux/")
    ready, admin = site.get("/readyz"), site.get("/admin/login/")
    refused = site.complain(SAID)

    assert (heading(read), listed.status, listed.text.count("<article")) == (before, 200, cards)
    assert site.get("/lieux.csv").body == file
    assert (ready.status, ready.text) == (200, "ok\nreading only\n")
    assert (admin.status, admin.headers["Retry-After"]) == (503, "30")
    assert "Le site ne peut pas répondre pour le moment" in admin.text
    assert (refused.status, UNSENT in refused.text, fields_of(refused.text)["text"]) == (503, True, [SAID])
    assert "Traceback" not in site.log.read_text()

    site.primary.start()
    site.until("/readyz", r"\Aok\n\Z")
    assert site.complain("Il est revenu.").status == 302

    site.primary.kill()
    site.replica.promote()
    promoted = site.complain("La copie est devenue la base.")

    assert promoted.status == 302
    assert site.get(promoted.headers["Location"]).status == 200


def test_site_over_a_primary_and_its_replica(site):
    """One journey, so that however the tests are shared out there is one pair; the last step uses it up."""
    who_just_wrote_reads_the_primary_and_everybody_else_a_replica(site)
    lost_replica_costs_no_page(site)
    migration_that_meets_an_occupied_table_lets_the_pages_pass_and_tries_again(site)
    page_that_waits_too_long_for_a_lock_says_so(site)
    primary_that_takes_no_writes_gives_the_form_back_as_typed(site)
    lost_primary_leaves_reading_and_keeps_what_is_typed_and_its_replica_takes_its_place(site)
