"""deploy/ as it is written: a real nginx before a real gunicorn, units that systemd reads, an image that is small."""

import http.client
import json
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from places import preflight
from tests import certificates, nginx
from tests.production import HOST, ROOT, Answer, Server, environment, installation, serving

DEPLOY = ROOT / "deploy"
NOW = datetime(2026, 12, 1, tzinfo=UTC)


# --- nginx
@dataclass
class Site:
    """nginx in front of a server, asked over TLS as a visitor does."""

    server: Server
    http: int
    https: int
    certificate: Path
    database: Path

    def connect(self, name: str = HOST, source: str = "127.0.0.1") -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = name == HOST
        plain = socket.create_connection(("127.0.0.1", self.https), 20, source_address=(source, 0))
        return context.wrap_socket(plain, server_hostname=name)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, source="127.0.0.1", **headers) -> Answer:
        given = {name.replace("_", "-"): value for name, value in ({"Host": HOST} | headers).items()}
        connection = http.client.HTTPSConnection(HOST)
        connection.sock = self.connect(source=source)
        with closing(connection):
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def several(self, number: int, path: str, method: str = "GET", *, source: str) -> list[Answer]:
        """Ask as fast as one connection allows."""
        connection = http.client.HTTPSConnection(HOST)
        connection.sock = self.connect(source=source)
        answers = []
        with closing(connection):
            for _ in range(number):
                connection.request(method, path, b"" if method == "POST" else None, {"Host": HOST})
                answer = connection.getresponse()
                answers.append(Answer(answer.status, answer.headers, answer.read()))
        return answers

    def raw(self, sent: bytes) -> bytes:
        """Send these bytes, a visitor's or not, and return all that comes back until the door closes."""
        with self.connect() as connection:
            connection.sendall(sent)
            received = b""
            try:
                while block := connection.recv(65536):
                    received += block
            except (ConnectionResetError, ssl.SSLEOFError, TimeoutError):
                pass
            return received

    def seen(self) -> str:
        """Return what the application logged."""
        return self.server.log.read_text(encoding="utf-8")


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    database = folder / "copy.sqlite3"
    with (
        closing(sqlite3.connect(installation() / "places.sqlite3")) as source,
        closing(sqlite3.connect(database)) as target,
    ):
        source.backup(target)
    certificate = certificates.write(folder / "certificate.pem", HOST, NOW)
    env = environment(installation(), BEHIND_PROXY="oui", DATABASE_URL=f"sqlite:///{database}", GEOCODER_URL="non")
    with (
        serving(env, folder / "server.log") as server,
        nginx.running(folder, application=server.port, static=installation() / "static") as (http, https),
    ):
        yield Site(server, http, https, certificate, database)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("nginx")) as site:
        yield site


def test_page_arrives_over_tls_with_its_headers_and_static_files_from_nginx(site):
    page = site.ask("/lieux/", Accept_Encoding="gzip")
    again = site.ask("/lieux/", Accept_Encoding="gzip")
    address = re.search(r'href="(/static/[^"]*\.css)"', site.ask("/lieux/").text)[1]
    style = site.ask(address, Accept_Encoding="gzip")
    with closing(http.client.HTTPConnection("127.0.0.1", site.http)) as connection:
        connection.request("GET", "/lieux/?q=emploi", headers={"Host": HOST})
        moved = connection.getresponse()

    headers = page.headers
    assert (page.status, page.headers["X-Cache"], again.headers["X-Cache"]) == (200, "MISS", "HIT")
    assert (headers["Content-Encoding"], headers["Server"]) == ("gzip", "nginx")
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Request-ID"] != again.headers["X-Request-ID"]
    assert (moved.status, moved.headers["Location"]) == (301, f"https://{HOST}/lieux/?q=emploi")
    assert (style.status, style.headers["Content-Encoding"]) == (200, "gzip")
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert address not in site.seen()


def test_what_is_somebody_s_own_or_changes_is_never_kept_by_nginx(site):
    login = [site.ask("/admin/login/") for _ in range(2)]
    form = [site.ask("/proposer/") for _ in range(2)]
    signed_in = [site.ask("/lieux/", Cookie="sessionid=x") for _ in range(2)]
    outside = site.ask("/metrics")

    assert [answer.headers["X-Cache"] for answer in login + form] == ["MISS"] * 4
    assert login[0].headers["Set-Cookie"] != login[1].headers["Set-Cookie"]
    assert [answer.headers["X-Cache"] for answer in signed_in] == ["BYPASS"] * 2
    assert outside.status == 404


def test_what_a_visitor_says_of_himself_is_not_believed(site):
    lies = {"X_Forwarded_For": "203.0.113.9", "X_Real_IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    lies |= {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http"}
    login = site.ask("/admin/login/", **lies)
    cookie = login.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login.text)[1]
    body = f"csrfmiddlewaretoken={token}&username=samira&password=wrong".encode()
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}", "Cookie": cookie}
    site.ask("/admin/login/", "POST", body, **form, **lies)
    page = site.ask("/lieux/ccas-de-roubaix/", **lies)
    with closing(sqlite3.connect(site.database)) as database:
        addresses = database.execute("SELECT ip_address FROM axes_accessattempt").fetchall()

    assert addresses == [("127.0.0.1",)]
    assert (page.status, "evil.example" in page.text, f"https://{HOST}/lieux/" in page.text) == (200, False, True)
    assert site.raw(b"GET /lieux/ HTTP/1.1\r\nHost: evil.example\r\n\r\n") == b""
    assert site.raw(f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nHost: evil.example\r\n\r\n".encode()).startswith(
        b"HTTP/1.1 400"
    )
    with pytest.raises(ssl.SSLError):
        site.connect("evil.example")


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: carte.exemple.fr\r\n\r\n"
SHAPES = {
    "length and chunks": ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + SMUGGLED),
    "chunks and length": ("Transfer-Encoding: chunked\r\nContent-Length: 99\r\n", "0\r\n\r\n" + SMUGGLED),
    "two lengths": ("Content-Length: 0\r\nContent-Length: 60\r\n", SMUGGLED),
    "chunks twice": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" + SMUGGLED),
    "chunks in disguise": ("Transfer-Encoding: xchunked\r\n", SMUGGLED),
    "folded": ("X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", SMUGGLED),
    "space before the colon": ("Content-Length : 60\r\n", SMUGGLED),
    "signed length": ("Content-Length: +60\r\n", SMUGGLED),
    "bare line feed": ("Content-Length: 0\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + SMUGGLED),
    "extended chunk": ("Transfer-Encoding: chunked\r\n", "0;x=" + "y" * 99 + "\n\r\n" + SMUGGLED),
}


def test_requests_with_two_meanings_reach_the_application_as_one_at_most(site):
    """Nothing behind nginx sees more requests, or others, than nginx itself took for one."""
    for shape, (headers, body) in SHAPES.items():
        mark = f"mark-{shape.replace(' ', '-')}"
        head = f"POST /lieux/?{mark} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{headers}\r\n"
        answers = site.raw((head + body).encode())
        assert len(re.findall(rb"^HTTP/1\.1 ", answers, re.MULTILINE)) <= 1, shape

    assert "/smuggled" not in site.seen()
    assert site.ask("/healthz").text == "ok\n"


def test_too_big_too_long_and_too_slow_are_sent_away_while_others_are_served(site):
    big = site.raw(f"POST /proposer/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 11000000\r\n\r\n".encode())
    long = site.ask(f"/lieux/?q={'a' * 20000}")
    wide = site.raw(f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nX: {'a' * 70000}\r\n\r\n".encode())
    trace = site.ask("/lieux/", "TRACE")
    with ExitStack() as stack:
        slow = [stack.enter_context(site.connect()) for _ in range(20)]  # more than the application has threads
        for connection in slow:
            connection.sendall(f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nX: ".encode())
        meanwhile = site.ask("/lieux/?q=pendant")
        ended = {connection.recv(4096)[:12] for connection in slow}

    assert (big[:12], long.status, wide[:12], trace.status) == (b"HTTP/1.1 413", 414, b"HTTP/1.1 400", 405)
    assert meanwhile.status == 200
    assert ended <= {b"", b"HTTP/1.1 408"}


def test_writing_and_looking_for_addresses_are_limited_and_reading_is_not(site):
    writes = site.several(30, "/lieux/", "POST", source="127.0.0.7")
    looked = Counter(answer.status for answer in site.several(60, "/adresses.json?q=", source="127.0.0.8"))
    read = {answer.status for answer in site.several(60, "/lieux/?q=lire", source="127.0.0.7")}
    neighbour = site.ask("/lieux/", "POST", b"", source="127.0.0.9")

    refused = [answer for answer in writes if answer.status == 429]
    assert 1 <= len(refused) <= 9  # a burst of 20 and the first, then one every two seconds
    assert (refused[0].headers["Retry-After"], "Trop de demandes à la fois" in refused[0].text) == ("60", True)
    assert {*looked} == {200, 429}
    assert looked[200] > 20
    assert read == {200}
    assert neighbour.status != 429


def test_published_change_is_seen_at_once_and_pages_stay_readable_when_the_application_stops(tmp_path):
    with running_site(tmp_path) as site:
        page = "/lieux/ccas-de-roubaix/"
        before = [site.ask(page).headers["X-Cache"] for _ in range(2)]
        with closing(sqlite3.connect(site.database)) as database:
            database.execute("UPDATE places_place SET nom = 'Publié à l’instant' WHERE slug = 'ccas-de-roubaix'")
            database.execute("UPDATE places_dataversion SET number = number + 1")
            database.commit()
        published = time.monotonic()
        while "Publié à l’instant" not in site.ask(page).text:
            assert time.monotonic() - published < 10
            time.sleep(0.05)
        site.server.process.terminate()
        site.server.process.wait(60)
        time.sleep(1.1)  # until what nginx keeps is no longer fresh
        kept, other, write = site.ask(page), site.ask("/lieux/?q=jamais-vu"), site.ask("/lieux/", "POST", b"")

    assert before == ["MISS", "HIT"]
    assert (kept.status, kept.headers["X-Cache"], "Publié à l’instant" in kept.text) == (200, "STALE", True)
    assert [(answer.status, answer.headers["Retry-After"]) for answer in (other, write)] == [(503, "60")] * 2
    assert "La carte revient dans quelques instants" in other.text


def test_nginx_keeps_a_page_five_seconds_at_most():
    """The tests above wait less; this is what a site does."""
    text = (DEPLOY / "nginx" / "carte.conf").read_text(encoding="utf-8")

    assert re.findall(r"proxy_cache_valid .* (\d+)s;", text) == ["5"]
    assert "updating" not in text  # the first to ask after an hour would see the page of an hour ago


# --- systemd
@pytest.fixture
def units(tmp_path) -> Path:
    """Return a machine's root that holds our units, those of systemd, and the programs they start."""
    folder = tmp_path / "etc" / "systemd" / "system"
    shutil.copytree(DEPLOY / "systemd", folder)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    for program in ("srv/carte/.venv/bin/python", "bin/kill"):
        (tmp_path / program).parent.mkdir(parents=True)
        shutil.copy("/bin/true", tmp_path / program)
    return tmp_path


def analyzed(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")


@needs_systemd
def test_units_are_what_systemd_expects_and_leave_little_to_who_would_break_in(units):
    folder = units / "etc" / "systemd" / "system"
    names = [folder / name for name in ("carte-web.service", *(path.name for path in folder.glob("*.timer")))]
    found = analyzed("verify", f"--root={units}", *names)
    exposure = {
        name: analyzed("security", "--offline=true", "--threshold=20", f"--root={units}", name).returncode
        for name in ("carte-web.service", "carte-command@backup.service")
    }
    (folder / "carte-web.service").write_text("[Service]\nExecStart=/nowhere\nType=whenever\n")
    broken = analyzed("verify", f"--root={units}", folder / "carte-web.service")

    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    assert exposure == dict.fromkeys(exposure, 0)
    assert (broken.returncode, "whenever" in broken.stderr) == (1, True)


def test_every_timer_starts_a_command_that_exists_and_is_watched():
    timers = {path.stem.removeprefix("carte-"): path.read_text() for path in (DEPLOY / "systemd").glob("*.timer")}
    started = {name: re.search(r"^Unit=carte-command@(\w+)\.service$", text, re.M)[1] for name, text in timers.items()}
    commands = {path.stem for path in (ROOT / "places/management/commands").glob("[a-z]*.py")} | {"clearsessions"}

    assert (
        {name.replace("-", "_") for name in started}
        == {*started.values()}
        == {*preflight.CHORES}
        | {
            "backup",
            "clearsessions",
        }
    )
    assert {*started.values()} <= commands
    assert all("Persistent=yes" in text for text in timers.values())


# --- settings, containers
def known_settings() -> set[str]:
    return {*re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)}


def test_settings_of_a_site_are_settings_and_hold_no_secret():
    text = (DEPLOY / "carte.env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert {*given} <= known_settings()
    assert [given[name] for name in ("SECRET_KEY", "EMAIL_HOST_PASSWORD", "BACKUP_KEY")] == ["", "", ""]


def test_image_is_pinned_small_and_runs_without_privilege():
    """Read, not built: no container engine runs in the tests."""
    lines = [line for line in (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines() if line[:1].isupper()]
    steps = [(line.split()[0], line.partition(" ")[2]) for line in lines]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    bases = [words for step, words in steps if step == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+( AS packages)?", base) for base in bases)
    assert [words for step, words in steps if step == "USER"] == ["10001"]
    assert [step for step, _words in steps][-2:] == ["HEALTHCHECK", "CMD"]
    assert "--require-hashes" in (DEPLOY / "Dockerfile").read_text()
    assert [words for step, words in steps if step in ("ARG", "ENV") and re.search("SECRET|PASSWORD|KEY", words)] == []
    assert {".git", ".env", "var", ".venv", "tests", "deploy/.env", "deploy/carte.env"} <= {*ignored}


def test_composition_opens_nginx_alone_and_writes_nowhere_but_its_volumes():
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = composed["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert all(service["read_only"] for service in services.values())
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    assert all(not service["image"].endswith("latest") and service["image"] for service in services.values())
    volumes = {mount.split(":")[0] for service in services.values() for mount in service.get("volumes", ())}
    assert {volume for volume in volumes if not volume.startswith("./")} == {*composed["volumes"]}
    mounted = {volume for volume in volumes if volume.startswith("./")}
    assert {volume for volume in mounted if not (DEPLOY / volume).exists()} == {"./certificate"}
    depended = {name for service in services.values() for name in service.get("depends_on", ())}
    assert depended <= {*services}
    assert json.dumps(composed).count("DATABASE_PASSWORD:?") >= 2
