"""What machines ask, and what the logs keep of each request: enough to find a fault, nothing about a person."""

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import brotli
import pytest
from django.core.management import call_command
from django.http import HttpResponse

from roubaix_map.monitoring import JsonFormatter, RequestLogMiddleware
from tests.production import USER, environment, installation, manage, run, serving

QUERY = "q=une-recherche-tres-personnelle"
ADDRESS = "203.0.113.77"
FIELDS = {"time", "level", "logger", "message", "request_id", "method", "path", "status", "bytes", "ms"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    env = environment(installation(), BEHIND_PROXY="oui")
    with serving(env, tmp_path_factory.mktemp("log") / "server.log") as server:
        yield server


def lines(server) -> list[dict]:
    """Return what the server has logged since it started; a line that is no JSON object fails."""
    return [json.loads(line) for line in server.log.read_text(encoding="utf-8").splitlines()]


def lines_of(server, answer) -> list[dict]:
    return [line for line in lines(server) if line.get("request_id") == answer.headers["X-Request-ID"]]


def asked_under(env: dict[str, str], path: str) -> list:
    """Return status, text and Cache-Control of an answer of the application, in a process of its own."""
    script = f"""
import json
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
answer = Client(raise_request_exception=False).get({path!r}, headers={{"host": "carte.exemple.fr"}})
print(json.dumps([answer.status_code, answer.text, answer.get("Cache-Control")]))
"""
    result = run(env, "-c", script)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


# --- the two addresses
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_installed_site_is_alive_and_ready(server, path):
    answer = server.browser().get(path)

    assert (answer.status, answer.text) == (200, "ok\n")
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("text/plain", "no-store")


@pytest.mark.django_db
def test_site_is_ready_on_the_database_of_the_tests(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.django_db(transaction=True)
def test_site_is_not_ready_until_its_last_migration(client):
    call_command("migrate", "sessions", "zero", verbosity=0)
    try:
        before = client.get("/readyz")
    finally:
        call_command("migrate", "sessions", verbosity=0)
    after = client.get("/readyz")

    assert [(answer.status_code, answer.text) for answer in (before, after)] == [
        (503, "not ready: migrations\n"),
        (200, "ok\n"),
    ]


def test_site_on_an_empty_database_is_alive_but_not_ready(tmp_path):
    env = environment(tmp_path, HTTPS="non")

    assert asked_under(env, "/readyz") == [503, "not ready: migrations\n", "no-store"]
    assert asked_under(env, "/healthz") == [200, "ok\n", "no-store"]


@pytest.mark.parametrize(
    "address",
    [
        "postgres://carte@127.0.0.1:1/roubaix",
        "postgres://carte@%2Fnowhere/roubaix",
        "sqlite:////nowhere/places.sqlite3",
    ],
)
def test_site_without_its_database_is_alive_but_not_ready(tmp_path, address):
    env = environment(tmp_path, HTTPS="non", DATABASE_URL=address)

    assert asked_under(env, "/readyz") == [503, "not ready: database\n", "no-store"]
    assert asked_under(env, "/healthz") == [200, "ok\n", "no-store"]


def test_database_that_breaks_while_the_site_runs_is_told(tmp_path):
    """Whatever a disk or a restored copy does to the file, the watching machine gets an answer."""
    env = environment(tmp_path, HTTPS="non", WEB_CONCURRENCY="1")
    manage(env, "migrate", "-v0")
    with serving(env, tmp_path / "server.log") as server:
        ready = server.browser().get("/readyz")
        for file in tmp_path.glob("places.sqlite3*"):
            file.write_bytes(b"this is no database" * 1_000)
        broken = server.browser().get("/readyz")
        alive = server.browser().get("/healthz")

    assert [(answer.status, answer.text) for answer in (ready, broken, alive)] == [
        (200, "ok\n"),
        (503, "not ready: database\n"),
        (200, "ok\n"),
    ]


# --- the logs
def test_request_is_logged_as_one_object_with_its_fields(server):
    started = datetime.now(UTC)

    answer = server.browser().get("/lieux/")

    (line,) = lines_of(server, answer)
    said = {name: line[name] for name in ("level", "logger", "message", "method", "path", "status", "bytes")}
    assert said == {
        "level": "INFO",
        "logger": "roubaix_map.monitoring",
        "message": "request",
        "method": "GET",
        "path": "/lieux/",
        "status": 200,
        "bytes": len(answer.body),
    }
    assert set(line) == FIELDS
    assert started <= datetime.fromisoformat(line["time"]) <= datetime.now(UTC)
    assert isinstance(line["ms"], float)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/lieux/", {}),
        ("GET", "/trouver/resultats/", {}),
        ("GET", "/lieux.geojson", {}),
        ("GET", "/nulle-part/", {}),
        ("GET", "/lieux/nulle-part/", {}),
        ("GET", "/admin/places/place/", {}),
        ("GET", "/lieux/", {"host": "ailleurs.exemple.fr"}),
        ("POST", "/lieux/", {}),
        ("POST", "/admin/login/", {}),
        ("GET", "/static/css/nulle-part.css", {}),
    ],
)
def test_logs_keep_neither_question_nor_address(server, method, path, headers):
    """Django's own records of refusals hold the request, and with it the whole query."""
    answer = server.browser().ask(
        method, f"{path}?{QUERY}", x_forwarded_for=ADDRESS, user_agent="Mozilla/5.0 (tres personnel)", **headers
    )

    kept = lines_of(server, answer)
    text = server.log.read_text(encoding="utf-8")
    assert {line["path"] for line in kept if line["logger"] == "roubaix_map.monitoring"} == {path}
    assert [found for found in ("personnel", ADDRESS, "127.0.0.1", "Mozilla") if found in text_of_requests(text)] == []


def text_of_requests(log: str) -> str:
    """Leave out what gunicorn says of itself, its own listening address included."""
    return "\n".join(line for line in log.splitlines() if '"gunicorn.error"' not in line)


def test_logs_keep_no_name_of_who_signs_in(server):
    moderator = server.browser()

    moderator.sign_in()
    page = moderator.get("/admin/")
    wrong = server.browser()
    wrong.get("/admin/login/")
    wrong.post("/admin/login/", {"username": "quelqu-un", "password": "un-mot-de-passe-rate"})

    text = server.log.read_text(encoding="utf-8")
    assert USER in page.text
    assert [found for found in (USER, "quelqu-un", "un-mot-de-passe-rate") if found in text] == []


def test_failure_is_logged_with_its_cause_and_the_number_of_the_request(tmp_path):
    env = environment(installation(), BEHIND_PROXY="oui", DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}")

    with serving(env, tmp_path / "server.log") as server:
        answer = server.browser().get(f"/lieux/?{QUERY}")

    failure, request = lines_of(server, answer)
    assert (failure["level"], failure["message"]) == ("ERROR", "Internal Server Error: /lieux/")
    assert "no such table: places_" in failure["exc_info"]
    assert (request["path"], request["status"]) == ("/lieux/", 500)
    assert "personnelle" not in server.log.read_text(encoding="utf-8")


def test_everything_the_server_says_is_json(server):
    server.browser().get("/healthz")

    said = lines(server)

    assert {"gunicorn.error", "roubaix_map.monitoring"} <= {line["logger"] for line in said}
    assert [line for line in said if not {"time", "level", "logger", "message"} <= set(line)] == []


@pytest.mark.parametrize("given", ["0f8fad5b-d9cd-469f-a165-70867728950e", "abcdefgh", "A" * 64])
def test_number_given_by_the_proxy_is_kept(server, given):
    answer = server.browser().get("/healthz", x_request_id=given)

    assert answer.headers.get_all("X-Request-ID") == [given]
    assert [line["path"] for line in lines_of(server, answer)] == ["/healthz"]


@pytest.mark.parametrize(
    "given", ["", "short", "A" * 65, "with space", "<script>alert(1)</script>", 'a"b"c"d"e', "é" * 8]
)
def test_number_that_is_none_is_replaced(server, given):
    answer = server.browser().get("/healthz", x_request_id=given)

    (number,) = answer.headers.get_all("X-Request-ID")
    assert re.fullmatch(r"[0-9a-f]{32}", number)


def test_every_line_of_a_request_bears_its_number(rf, settings):
    """Also what a module says that knows nothing of the request; and nothing said afterwards."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter(fmt=settings.LOGGING["formatters"]["json"]["fmt"]))
    logger = logging.getLogger("tests.elsewhere")
    logger.addHandler(handler)

    def page(request):
        logger.warning("inside")
        return HttpResponse()

    try:
        RequestLogMiddleware(page)(rf.get("/", headers={"x-request-id": "number-of-this-one"}))
        logger.warning("outside")
    finally:
        logger.removeHandler(handler)

    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["message"], line.get("request_id")) for line in said] == [
        ("inside", "number-of-this-one"),
        ("outside", None),
    ]


def test_logs_are_text_when_asked(tmp_path):
    env = environment(tmp_path, HTTPS="non", LOG_FORMAT="texte")
    script = """
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
Client().get("/healthz", headers={"host": "carte.exemple.fr"})
"""

    assert run(env, "-c", script).stderr.splitlines()[-1] == "INFO roubaix_map.monitoring request"


# --- what Prometheus reads
def test_metrics_add_up_the_processes_for_the_networks_that_are_allowed_and_nobody_else(tmp_path):
    env = environment(installation(), BEHIND_PROXY="oui", METRICS_ALLOWED="127.0.0.1,10.0.0.0/8")
    with serving(env, tmp_path / "server.log") as server:
        browser = server.browser()
        for _ in range(12):  # on new connections: one process or the other
            browser.get(f"/lieux/?{QUERY}", x_forwarded_for=ADDRESS)
        browser.get("/suivi/a-secret-token/")
        refused = [browser.get("/metrics", x_forwarded_for=lie) for lie in (ADDRESS, f"10.0.0.1, {ADDRESS}", "rubbish")]
        answer = browser.get("/metrics")
        inside = browser.get("/metrics", x_forwarded_for="10.1.2.3")
    without = environment(installation(), HTTPS="non")

    pages = re.search(r'carte_request_seconds_count{method="GET",status="200",view="places:list"} (\S+)', answer.text)
    assert (answer.status, float(pages[1]), inside.status) == (200, 12, 200)
    assert "carte_database_up 1.0" in answer.text
    assert [found for found in ("personnelle", ADDRESS, "a-secret-token") if found in answer.text] == []
    assert [page.status for page in refused] == [404] * 3
    assert asked_under(without, "/metrics")[0] == 404


# --- our failures
@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """Give the port of an error tracker on loopback, and what it was told."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(brotli.decompress(body).decode())  # how the reporter packs where brotli is installed
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port, received
        finally:
            server.shutdown()
            thread.join()


def test_failure_is_told_to_the_tracker_without_anything_of_the_person(tmp_path):
    with listening() as (port, received):
        env = environment(tmp_path, HTTPS="non", ERRORS_DSN=f"http://key@127.0.0.1:{port}/7")
        script = f"""
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
import sentry_sdk
said = {{"host": "carte.exemple.fr", "x-forwarded-for": "{ADDRESS}", "user-agent": "somebody"}}
client = Client(raise_request_exception=False, headers=said)
client.cookies["sessionid"] = "a-cookie"
client.post("/lieux/?{QUERY}", {{"nom": "written"}})
client.get("/lieux/?{QUERY}")
sentry_sdk.flush(20)
"""
        result = run(env, "-c", script)

    text = "".join(received)
    assert result.returncode == 0, result.stderr
    assert ("OperationalError" in text, "places/middleware.py" in text) == (True, True)
    leaks = ("personnelle", ADDRESS, "a-cookie", "written", "somebody", "only-for-the-tests", "127.0.0.1")
    assert [leak for leak in leaks if leak in text] == []
