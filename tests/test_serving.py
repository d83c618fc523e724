"""The server and its database under several people at once: nobody is dropped, nobody waits for a writer."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from threading import Event, Thread
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from places.vocabularies import VOCABULARIES
from tests.production import HOST, ROOT, environment, installation, run, serving

PATHS = ["/lieux/", "/lieux.geojson", "/lieux/ccas-de-roubaix/", "/static/js/page.js", "/lieux/?services=emploi"]
VISITORS = 6
GRACE = 30  # seconds, those of deploy/gunicorn.conf.py


@pytest.fixture
def database(tmp_path) -> str:
    """Return the address of a copy of the installed site's database, to write to."""
    copy = tmp_path / "copy.sqlite3"
    with (
        closing(sqlite3.connect(installation() / "places.sqlite3")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return f"sqlite:///{copy}"


@pytest.fixture
def env(database) -> dict[str, str]:
    return environment(installation(), BEHIND_PROXY="oui", DATABASE_URL=database)


# --- stopping
@dataclass
class Request:
    """One request as its visitor saw it; `seen` is "complete", "nothing" (no byte of an answer) or what went wrong."""

    number: str
    seen: str
    on_fresh_connection: bool
    connected_before_stop: bool


class Visitor(Thread):
    """Asks page after page, on one connection or on a new one each time, until the door is closed."""

    def __init__(self, port: int, stopping: Event, *, keeps_connection: bool, paths=PATHS):
        super().__init__(daemon=True)
        self.port, self.stopping, self.keeps_connection, self.paths = port, stopping, keeps_connection, paths
        self.requests: list[Request] = []
        self.refused = False

    def run(self):
        connection = None
        while True:
            fresh = connection is None
            if fresh:
                try:
                    connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
                except ConnectionRefusedError:
                    self.refused = True
                    return
                connected_before_stop = not self.stopping.is_set()
            number = uuid4().hex
            seen, stays_open = self.ask(connection, self.paths[len(self.requests) % len(self.paths)], number)
            self.requests.append(Request(number, seen, fresh, connected_before_stop))
            if not stays_open:
                connection.close()
                connection = None

    def ask(self, connection: socket.socket, path: str, number: str) -> tuple[str, bool]:
        """Return what was seen, and whether the connection may be asked again."""
        head = [f"GET {path} HTTP/1.1", f"Host: {HOST}", "X-Forwarded-Proto: https", f"X-Request-ID: {number}"]
        head += [f"Connection: {'keep-alive' if self.keeps_connection else 'close'}"]
        try:
            connection.sendall("\r\n".join([*head, "", ""]).encode())
            if not connection.recv(1, socket.MSG_PEEK):
                return "nothing", False
        except (ConnectionResetError, BrokenPipeError):
            return "nothing", False
        try:
            answer = HTTPResponse(connection)
            answer.begin()
            answer.read()  # raises when the body is shorter than it was said to be
        except (OSError, HTTPException) as error:
            return repr(error), False
        return ("complete" if answer.status == 200 else str(answer.status)), not answer.will_close


def test_stopping_drops_no_request(env, tmp_path):
    """What is asked on a connection made before SIGTERM is answered whole; later connections are refused.

    Only a kept connection may be closed between two answers, as HTTP allows: its visitor asks again on a new one.
    """
    stopping = Event()
    with serving(env, tmp_path / "server.log") as server:
        assert server.browser().get("/readyz").text == "ok\n"
        visitors = [Visitor(server.port, stopping, keeps_connection=number % 2 == 0) for number in range(2 * VISITORS)]
        for visitor in visitors:
            visitor.start()
        while min(len(visitor.requests) for visitor in visitors) < 3:
            assert server.process.poll() is None
            time.sleep(0.05)

        stopping.set()
        server.process.send_signal(signal.SIGTERM)
        for visitor in visitors:
            visitor.join(60)
        code = server.process.wait(GRACE)

    requests = [request for visitor in visitors for request in visitor.requests]
    begun = {json.loads(line).get("request_id") for line in server.log.read_text(encoding="utf-8").splitlines()}
    complete = {request.number for request in requests if request.seen == "complete"}
    answered = Counter(request.seen for request in requests if request.on_fresh_connection)
    assert code == 0
    assert [visitor.refused for visitor in visitors] == [True] * len(visitors)
    assert {request.seen for request in requests} <= {"complete", "nothing"}
    assert {request.number for request in requests if request.number in begun} == complete & begun
    assert [r for r in requests if r.seen == "nothing" and r.on_fresh_connection and r.connected_before_stop] == []
    assert answered["complete"] > len(visitors)


def test_who_comes_while_the_server_stops_is_refused_and_who_is_inside_is_served(env, tmp_path):
    """A queue that nobody serves any more would take people in and drop them at the end."""
    with serving(env, tmp_path / "server.log") as server:
        inside = Visitor(server.port, Event(), keeps_connection=True)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            before, stays_open = inside.ask(connection, "/lieux/", uuid4().hex)

            server.process.send_signal(signal.SIGTERM)
            late = Visitor(server.port, Event(), keeps_connection=False, paths=["/healthz"])
            late.run()
            after, still_open = inside.ask(connection, "/lieux/", uuid4().hex)

    assert (late.refused, {request.seen for request in late.requests} <= {"complete"}) == (True, True)
    assert [(before, stays_open), (after, still_open)] == [("complete", True), ("complete", False)]


# --- long questions
@pytest.mark.parametrize("path", ["/lieux/", "/lieux.geojson"])
def test_who_ticks_everything_and_writes_a_long_sentence_is_answered(env, tmp_path, path):
    """The address is longer than gunicorn takes by itself."""
    everything = {name: [seed.slug for seed in vocabulary.seeds] for name, vocabulary in VOCABULARIES.items()}
    together = {f"{name}_op": "et" for name in VOCABULARIES}
    view = {"bbox": "3.14159,50.67123,3.21987,50.71456", "zoom": "14", "page": "1"}
    query = urlencode(everything | together | view | {"q": "我需要帮助填写表格 " * 12}, doseq=True)

    with serving(env, tmp_path / "server.log") as server:
        answer = server.browser().get(f"{path}?{query}")

    assert (answer.status, len(query) > 4_094) == (200, True)


# --- SQLite
READ_SETTINGS = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("journal_mode", "busy_timeout", "synchronous", "foreign_keys"):
        print(name, *cursor.execute(f"PRAGMA {name}").fetchone())
"""
# Reads before it writes, as a form does; says when it holds the database, and lets go when told.
WRITE = """
import sys
import django; django.setup()
from django.db import transaction
from places.models import Source
print("asks", flush=True)
with transaction.atomic():
    number = Source.objects.count()
    Source.objects.create(name=f"{sys.argv[1]} after {number}")
    print("holds", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""
COUNT = "import django; django.setup(); from places.models import Source; print(Source.objects.count())"


class Writer:
    """A process that writes in one transaction."""

    def __init__(self, env: dict[str, str], name: str):
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITE, name],
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def let_go(self) -> tuple[str, str]:
        """Return what it said last and the errors it met."""
        out, errors = self.process.communicate("\n", timeout=60)
        return out.strip(), errors


def test_sqlite_lets_people_read_while_one_writes(env):
    result = run(env, "-c", READ_SETTINGS)

    said = dict(line.split() for line in result.stdout.splitlines())
    assert said == {"journal_mode": "wal", "busy_timeout": "20000", "synchronous": "1", "foreign_keys": "1"}


def test_long_write_keeps_no_reader_waiting_and_fails_no_other_writer(env, tmp_path):
    with serving(env, tmp_path / "server.log") as server:
        before = run(env, "-c", COUNT).stdout
        first = Writer(env, "first")
        assert (first.says(), first.says()) == ("asks", "holds")

        seen = run(env, "-c", COUNT).stdout
        pages = [server.browser().get(path).status for path in ("/lieux/", "/lieux.geojson", "/readyz")]
        second = Writer(env, "second")
        assert second.says() == "asks"
        time.sleep(1)  # until it is surely at the door
        ended = first.let_go()
        waited = (second.says(), *second.let_go())

    number = int(before)
    after = run(
        env,
        "-c",
        "import django; django.setup(); from places.models import Source; "
        "print(*Source.objects.order_by('pk').values_list('name', flat=True), sep='\\n')",
    )
    assert (seen, pages) == (before, [200, 200, 200])
    assert (ended, waited) == (("done", ""), ("holds", "done", ""))
    assert after.stdout.splitlines()[-2:] == [f"first after {number}", f"second after {number + 1}"]
