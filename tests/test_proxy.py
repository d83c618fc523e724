"""nginx as deploy/ configures it: what it keeps, what it limits, what it sends away, and what it never does twice."""

import http.client
import re
import sqlite3
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from places.conditional import SHARED
from tests import nginx, stand_in
from tests.production import HOST
from tests.proxied import Site, before, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("nginx")) as site:
        yield site


def test_page_arrives_over_tls_with_its_headers_and_static_files_from_nginx(site):
    page = site.ask("/lieux/", Accept_Encoding="gzip")
    again = site.ask("/lieux/", Accept_Encoding="gzip")
    address = re.search(r'href="(/static/[^"]*\.css)"', site.ask("/lieux/").text)[1]
    style, lighter = (site.ask(address, Accept_Encoding=known) for known in ("gzip", "gzip, br"))
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
    assert lighter.headers["Content-Encoding"] == ("br" if nginx.HAS_BROTLI else "gzip")
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert address not in site.seen()


def test_what_is_somebody_s_own_or_changes_is_never_kept_by_nginx(site):
    login = [site.ask("/admin/login/") for _ in range(2)]
    form = [site.ask("/proposer/") for _ in range(2)]
    signed_in = [site.ask("/lieux/", Cookie="sessionid=x") for _ in range(2)]
    mine = [site.ask("/selection/", Cookie="selection=ccas-de-roubaix"), site.ask("/selection/")]
    near = [site.ask("/lieux/?autour=ici&point=50.6900,3.1700") for _ in range(2)]
    outside = site.ask("/metrics")

    assert [answer.headers["X-Cache"] for answer in login + form + mine + near] == ["MISS"] * 8
    assert login[0].headers["Set-Cookie"] != login[1].headers["Set-Cookie"]
    assert ["CCAS de Roubaix" in answer.text for answer in mine] == [True, False]
    assert [answer.headers["X-Cache"] for answer in signed_in] == ["BYPASS"] * 2
    assert outside.status == 404


def test_language_that_one_visitor_chose_leads_nobody_else_to_it(site):
    """Whoever comes first: the entrance is kept apart for those who chose."""
    first = site.ask("/trouver/")
    arabic = [site.ask("/trouver/", Cookie="langue=ar") for _ in range(2)]
    telephone, screen = (site.ask("/", User_Agent=agent) for agent in ("Mobile Mobi", "X11"))
    after = site.ask("/trouver/")

    assert [(answer.status, answer.headers.get("Location")) for answer in arabic] == [(302, "/ar/trouver/")] * 2
    assert [answer.headers["X-Cache"] for answer in arabic] == ["MISS"] * 2
    assert (first.status, after.status, after.text) == (200, 200, first.text)
    assert (telephone.headers["Location"], screen.headers["Location"]) == ("/trouver/", "/lieux/")


def test_reader_who_has_the_page_is_told_so_by_nginx(site):
    first = site.ask("/donnees-ouvertes/", Accept_Encoding="gzip")
    again = site.ask("/donnees-ouvertes/", Accept_Encoding="gzip", If_None_Match=first.headers["ETag"])

    assert (again.status, again.body, again.headers["X-Cache"]) == (304, b"", "HIT")
    assert first.headers["Cache-Control"] == SHARED


def test_page_followed_from_a_mail_is_the_same_for_all_and_a_form_is_not_touched(site):
    """What tells where one comes from is taken off, and what is asked stays, to the letter."""
    leads = {
        "/lieux/?utm_source=mail&utm_medium=a%20b": "/lieux/",
        "/lieux/?q=caf%C3%A9&page=2&fbclid=Iw-AR_0": "/lieux/?q=caf%C3%A9&page=2",
        "/trouver/?gclid=1": "/trouver/",
        "/lieux/?q=utm_source": None,
        "/lieux/?q=a&xfbclid=1": None,
        "/lieux/?utm_source=a&q=b": None,
    }
    answers = {path: site.ask(path) for path in leads}
    sent = site.ask("/lieux/?utm_source=mail", "POST", b"", source="127.0.0.11")

    assert {path: answer.headers.get("Location") for path, answer in answers.items()} == {
        path: lead and f"https://{HOST}{lead}" for path, lead in leads.items()
    }
    assert sent.status == 403  # the application’s: it came without the token of a form


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

    assert {*addresses} == {("127.0.0.1",)}
    assert (page.status, "evil.example" in page.text, f"https://{HOST}/lieux/" in page.text) == (200, False, True)
    assert site.raw(b"GET /lieux/ HTTP/1.1\r\nHost: evil.example\r\n\r\n") == b""
    assert site.raw(f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nHost: evil.example\r\n\r\n".encode()).startswith(
        b"HTTP/1.1 400"
    )
    with pytest.raises(ssl.SSLError):
        site.connect("evil.example")


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: carte.exemple.fr\r\n\r\n"
END = "0\r\n\r\n" + SMUGGLED
# Headers and body of a POST, and what is said of it; 403 is the application’s, of one request.
SHAPES = {
    "length and chunks": ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", END, 400),
    "chunks and length": ("Transfer-Encoding: chunked\r\nContent-Length: 99\r\n", END, 400),
    "two lengths": ("Content-Length: 0\r\nContent-Length: 60\r\n", SMUGGLED, 400),
    "one length twice": ("Content-Length: 60\r\nContent-Length: 60\r\n", SMUGGLED, 400),
    "chunks twice": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", END, 400),
    "chunks in disguise": ("Transfer-Encoding: xchunked\r\n", SMUGGLED, 501),
    "chunks after a tab": ("Transfer-Encoding:\tchunked\r\n", END, 501),
    "chunks in a list": ("Transfer-Encoding: identity, chunked\r\n", END, 501),
    "folded": ("X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", SMUGGLED, 400),
    "space before the colon": ("Content-Length : 60\r\n", SMUGGLED, 400),
    "signed length": ("Content-Length: +60\r\n", SMUGGLED, 400),
    "length of letters": ("Content-Length: 0x3c\r\n", SMUGGLED, 400),
    "bare line feed": ("Content-Length: 0\nTransfer-Encoding: chunked\r\n", END, 400),
    "null in a header": ("X: a\x00b\r\nContent-Length: 0\r\n", SMUGGLED, 400),
    "extended chunk": ("Transfer-Encoding: chunked\r\n", "0;x=" + "y" * 99 + "\n\r\n" + SMUGGLED, 403),
    "pipelined prefix": ("Content-Length: 0\r\n", "X" + SMUGGLED, 403),
}


def test_requests_with_two_meanings_reach_the_application_as_one_at_most(site):
    """Nothing behind nginx sees more requests, or others, than nginx itself took for one."""
    said = {}
    for number, (shape, (headers, body, _status)) in enumerate(SHAPES.items()):
        source = f"127.0.1.{number + 1}"  # writes are limited
        head = f"POST /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{headers}\r\n"
        answers = site.raw((head + body).encode(), source)
        said[shape] = [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d+)", answers, re.MULTILINE)]

    assert said == {shape: [status] for shape, (_headers, _body, status) in SHAPES.items()}
    assert "/smuggled" not in site.seen()
    assert site.ask("/healthz").text == "ok\n"


ODD = {
    "no host": "GET /donnees-ouvertes/ HTTP/1.1\r\n\r\n",
    "no host, old": "GET /donnees-ouvertes/ HTTP/1.0\r\n\r\n",
    "blank host": "GET /donnees-ouvertes/ HTTP/1.1\r\nHost:\r\n\r\n",
    "host of two": f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nHost: evil.example\r\n\r\n",
    "host with a path": f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}/evil\r\n\r\n",
    "another host": "GET /lieux/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "another host in the address": f"GET https://evil.example/lieux/ HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    "very old": "GET /lieux/\r\n",
    "no version": "GET /lieux/ HTTP/9.9\r\n\r\n",
    "above the root": f"GET /static/../../.env HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    "beside the static files": f"GET /static/..%2f..%2f.env HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n",
    "connect": f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    "trace": f"TRACE /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: sessionid=x\r\n\r\n",
    "put": f"PUT /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "made up": f"STEAL /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n",
    "spell": "\x16\x03\x01\x02\r\n\r\n",
    "long address": f"GET /lieux/?q={'a' * 17_000} HTTP/1.1\r\nHost: {HOST}\r\n\r\n",
    "long header": f"GET /lieux/ HTTP/1.1\r\nHost: {HOST}\r\nX: {'a' * 17_000}\r\n\r\n",
    "large": f"POST /proposer/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 11000000\r\n\r\n",
    "without end": f"POST /proposer/ HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
}


def test_odd_requests_are_refused_or_are_nothing(site):
    """By nginx when it can tell, else by the application; never answered as if they were good ones."""
    answers = {name: site.raw(sent.encode("latin-1"), f"127.0.2.{n}") for n, (name, sent) in enumerate(ODD.items(), 1)}

    said = {name: answer[:12] for name, answer in answers.items()}
    assert {name: start for name, start in said.items() if not re.fullmatch(rb"(HTTP/1\.1 [45]\d\d)?", start)} == {}
    assert (said["large"][-3:], said["long address"][-3:], said["trace"][-3:]) == (b"413", b"414", b"405")
    assert [name for name, answer in answers.items() if b"evil.example" in answer or b"sessionid" in answer] == []


def test_hundreds_of_slow_visitors_are_sent_away_while_others_are_served(site):
    """Half never end their headers and half never end what they send: none of them reaches the application."""
    head = f"POST /proposer/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 1000\r\n"
    with ExitStack() as stack:
        slow = [stack.enter_context(site.connect(source=f"127.0.3.{1 + n % 60}")) for n in range(300)]
        for number, connection in enumerate(slow):
            connection.sendall(f"{head}\r\nslow".encode() if number % 2 else f"{head}X: ".encode())
        meanwhile = [site.ask(f"/lieux/?q=pendant{n}").status for n in range(3)]
        ended = Counter(answer_of(connection) for connection in slow)

    assert meanwhile == [200] * 3
    assert {*ended} <= {b"", b"HTTP/1.1 408", b"HTTP/1.1 429"}
    assert '"method": "POST", "path": "/proposer/"' not in site.seen()


def answer_of(connection: ssl.SSLSocket) -> bytes:
    try:
        return connection.recv(4096)[:12]
    except (ConnectionResetError, ssl.SSLEOFError):
        return b""


def test_writing_looking_for_addresses_and_taking_files_are_limited_and_reading_is_not(site):
    writes = site.several(30, "/lieux/", "POST", source="127.0.0.7")
    looked = Counter(answer.status for answer in site.several(60, "/adresses.json?q=", source="127.0.0.8"))
    read = {answer.status for answer in site.several(60, "/lieux/?q=lire", source="127.0.0.7")}
    neighbour = site.ask("/lieux/", "POST", b"", source="127.0.0.9")
    in_english = Counter(answer.status for answer in site.several(60, "/en/adresses.json?q=", source="127.0.0.10"))

    refused = [answer for answer in writes if answer.status == 429]
    assert 1 <= len(refused) <= 9  # a burst of 20 and the first, then one every two seconds
    assert (refused[0].headers["Retry-After"], "Trop de demandes à la fois" in refused[0].text) == ("60", True)
    files = Counter(answer.status for answer in site.several(40, "/lieux.csv", source="127.0.0.12"))
    assert {*looked} == {*in_english} == {*files} == {200, 429}
    assert files[200] > 20
    assert looked[200] > 20
    assert read == {200}
    assert neighbour.status != 429


def test_published_change_is_seen_at_once_and_pages_stay_readable_when_the_application_stops(site):
    """The last test of this site, which it stops."""
    page = "/lieux/ccas-de-roubaix/"
    before_it = site.ask(page).text
    with closing(sqlite3.connect(site.database)) as database:
        database.execute("UPDATE places_place SET nom = 'Publié à l’instant' WHERE slug = 'ccas-de-roubaix'")
        database.execute("UPDATE places_dataversion SET number = number + 1")
        database.commit()
    published = time.monotonic()
    while "Publié à l’instant" not in site.ask(page).text:
        assert time.monotonic() - published < 5
        time.sleep(0.05)
    site.server.process.terminate()
    site.server.process.wait(60)
    time.sleep(3.1)  # until what nginx keeps is older than it may be while the site answers
    kept, other, write = site.ask(page), site.ask("/lieux/?q=jamais-vu"), site.ask("/lieux/", "POST", b"")

    assert "Publié à l’instant" not in before_it
    assert (kept.status, kept.headers["X-Cache"], "Publié à l’instant" in kept.text) == (200, "STALE", True)
    assert [(answer.status, answer.headers["Retry-After"]) for answer in (other, write)] == [(503, "60")] * 2
    assert "La carte revient dans quelques instants" in other.text


# --- several nodes, and too many visitors
@dataclass
class Nodes:
    """nginx in front of two stand-ins for the application."""

    site: Site
    first: stand_in.Node
    second: stand_in.Node

    @property
    def seen(self) -> list[str]:
        return self.first.seen + self.second.seen


@pytest.fixture
def nodes(tmp_path) -> Iterator[Nodes]:
    with (
        stand_in.running() as (first, one),
        stand_in.running() as (second, other),
        before(tmp_path, [one, other]) as site,
    ):
        yield Nodes(site, first, second)


def test_too_many_at_once_are_told_so_at_once_and_the_others_are_answered(nodes):
    """Each node holds sixteen; whoever comes after them does not wait behind them."""
    nodes.first.open.clear()
    nodes.second.open.clear()
    with ThreadPoolExecutor(32) as visitors:
        held = [visitors.submit(nodes.site.ask, f"/lieux/?q={n}") for n in range(32)]
        while len(nodes.seen) < 32:
            time.sleep(0.01)
        refused = [nodes.site.ask(f"/lieux/?q=refused{n}") for n in range(20)]  # while nobody is answered
        nodes.first.open.set()
        nodes.second.open.set()
        answered = {one.result().text for one in held}
    after = nodes.site.ask("/lieux/?q=after").text

    assert {(answer.status, answer.headers["Retry-After"]) for answer in refused} == {(503, "60")}
    assert "La carte revient dans quelques instants" in refused[0].text
    assert (answered, after, len(nodes.seen)) == ({"an answer"}, "an answer", 33)


def test_reading_goes_on_with_the_other_node_and_writing_is_never_sent_twice(nodes):
    nodes.first.drops = True
    read = [nodes.site.ask(f"/lieux/?q={n}").status for n in range(10)]
    nodes.first.drops, nodes.second.drops = True, True
    nodes.first.seen.clear()
    nodes.second.seen.clear()
    written = nodes.site.ask("/proposer/", "POST", b"a=b")

    assert read == [200] * 10
    assert (written.status, nodes.seen) == (503, ["POST /proposer/"])


def test_node_that_is_not_ready_is_asked_nothing_more_for_a_while(nodes):
    nodes.first.status = 503
    read = [nodes.site.ask(f"/lieux/?q={n}").status for n in range(10)]

    assert (read, len(nodes.first.seen)) == ([200] * 10, 2)


def test_place_that_was_taken_away_is_not_shown_from_the_cache(nodes):
    """A page is kept when the application fails, not when it says that there is none any more."""
    for node in (nodes.first, nodes.second):
        node.keep = "public, max-age=0, s-maxage=1, stale-while-revalidate=0, stale-if-error=86400"
    first = nodes.site.ask("/lieux/parti/")
    time.sleep(2.1)  # nginx counts whole seconds
    for node in (nodes.first, nodes.second):
        node.status = 500
    failed = nodes.site.ask("/lieux/parti/")
    for node in (nodes.first, nodes.second):
        node.status, node.text = 404, "gone"
    gone = nodes.site.ask("/lieux/parti/")

    assert [(answer.status, answer.text) for answer in (first, failed)] == [(200, "an answer")] * 2
    assert (failed.headers["X-Cache"], gone.status, gone.text) == ("STALE", 404, "gone")
