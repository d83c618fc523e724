"""Headers, policy, cookies and hosts, read on what the installed site really answers."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.addresses import PUBLIC, is_form
from tests.production import HOST, environment, installation, run, serving

POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "https://data.geopf.fr"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "frame-src": ["'self'"],
    "manifest-src": ["'none'"],
    "worker-src": ["'none'"],
}
# The pages that a telephone keeps (tests/test_offline.py).
NOT_KEPT = ("/trouver/affiche/", "/trouver/sw.js", "/trouver/manifest.webmanifest")
KEPT = {"manifest-src": ["'self'"], "worker-src": ["'self'"]}
FORBIDDEN_FEATURES = {
    *("accelerometer autoplay camera display-capture encrypted-media fullscreen gyroscope").split(),
    *("magnetometer microphone midi payment picture-in-picture publickey-credentials-get screen-wake-lock usb").split(),
    "xr-spatial-tracking",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
DATA = {"application/json", "application/ld+json"}  # which browsers never run
MACHINES = ["/healthz", "/readyz"]
LOST = ["/nulle-part/", "/lieux/nulle-part/"]
CHANGELISTS = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
]
DESK = [
    "/admin/",
    "/admin/places/",
    *CHANGELISTS,
    "/admin/places/place/add/",
    "/admin/places/term/add/",
    "/admin/places/source/add/",
    "/admin/auth/user/add/",
    "/admin/password_change/",
    "/admin/jsi18n/",
]
# A place of the demonstration, by the pages that show and change it.
PLACE = "/admin/places/place/cnfs-627b6674ad1bdb06edc492ff"
DESK += [f"{PLACE}/change/", f"{PLACE}/history/"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    env = environment(installation(), BEHIND_PROXY="oui")
    with serving(env, tmp_path_factory.mktemp("log") / "server.log") as server:
        yield server


@pytest.fixture
def visitor(server):
    return server.browser()


@pytest.fixture(scope="module")
def moderator(server):
    moderator = server.browser()
    assert moderator.sign_in().headers["Location"] == "/admin/"
    return moderator


def policy_of(answer) -> dict[str, list[str]]:
    (header,) = answer.headers.get_all("Content-Security-Policy")
    return {name: sources for name, *sources in (directive.split() for directive in header.split(";"))}


# Blocks of data: no browser runs them.
DATA = {"application/json", "application/ld+json"}


class Inline(HTMLParser):
    """Collects what a strict policy forbids in a page: code and style written into the HTML."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[str] = []
        self.tags = 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags += 1
        attributes = {name: value or "" for name, value in attributes}
        if tag == "style":
            self.found.append("<style>")
        if tag == "script" and "src" not in attributes and attributes.get("type") not in DATA:
            self.found.append("<script>")
        for name, value in attributes.items():
            if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
                self.found.append(f'<{tag} {name}="{value}">')


def answers_under(env: dict[str, str], *asked: dict) -> list[dict]:
    """Return what the application itself answers in a process of its own, for each `{"path": …, **headers}`."""
    script = """
import json, sys
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.test import Client
client = Client(raise_request_exception=False)
for question in json.loads(sys.argv[1]):
    answer = client.get(question.pop("path"), headers=question)
    print(json.dumps({"status": answer.status_code, "headers": dict(answer.headers)}))
"""
    result = run(env, "-c", script, json.dumps([{"host": HOST} | question for question in asked]))
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


# --- what every answer carries
@pytest.mark.parametrize("path", [*PUBLIC, *MACHINES, *LOST, "/admin/login/", "/admin/nulle-part/"])
def test_public_answer_carries_the_policy_and_the_headers(visitor, path):
    answer = visitor.get(path)

    is_kept = path.startswith("/trouver/") and not path.startswith(NOT_KEPT)
    assert policy_of(answer) == (POLICY | KEPT if is_kept else POLICY)
    assert {name: answer.headers.get_all(name) for name in HEADERS} == {name: [HEADERS[name]] for name in HEADERS}
    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]
    # The position is for « Ma position » alone, and the browser asks the visitor first.
    allowed = dict.fromkeys(FORBIDDEN_FEATURES, "()") | {"geolocation": "(self)"}
    assert answer.headers.get_all("Permissions-Policy") == [
        ", ".join(f"{feature}={who}" for feature, who in sorted(allowed.items()))
    ]


@pytest.mark.parametrize("path", DESK)
def test_page_of_the_desk_carries_the_policy_and_the_headers(moderator, path):
    answer = moderator.get(path)

    assert answer.status == 200
    assert policy_of(answer) == POLICY
    assert {name: answer.headers.get_all(name) for name in HEADERS} == {name: [HEADERS[name]] for name in HEADERS}
    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]


def test_static_file_carries_the_headers_and_leaves_the_policy_to_its_page(visitor):
    (stylesheet, *_rest) = re.findall(r'href="(/static/css/[^"]+)"', visitor.get("/lieux/").text)

    answer = visitor.get(stylesheet)

    assert answer.status == 200
    assert {name: answer.headers.get_all(name) for name in HEADERS} == {name: [HEADERS[name]] for name in HEADERS}
    assert answer.headers.get_all("Content-Security-Policy") is None


# --- what no page holds
@pytest.mark.parametrize("path", [*PUBLIC, *LOST, "/admin/login/"])
def test_public_page_holds_no_inline_code_or_style(visitor, path):
    answer = visitor.get(path)

    page = Inline(answer.text if answer.headers.get_content_type() == "text/html" else "<no-page>")

    assert page.found == []
    assert page.tags > 0 or answer.status == 302


@pytest.mark.parametrize("path", DESK)
def test_page_of_the_desk_holds_no_inline_code_or_style(moderator, path):
    answer = moderator.get(path)

    page = Inline(answer.text if answer.headers.get_content_type() == "text/html" else "<no-page>")

    assert page.found == []
    assert page.tags > 0


def test_refused_form_holds_no_inline_code_or_style(visitor):
    """Django's own page for a form without its token is written with a <style>."""
    answer = visitor.post("/admin/login/", {"username": "samira", "password": "nothing"})

    page = Inline(answer.text)

    assert answer.status == 403
    assert page.found == []
    assert page.tags > 0


def test_inline_code_and_style_would_be_found():
    page = Inline(
        '<style></style><script>go()</script><script type="module" src="/x.js"></script>'
        '<p style="color:red" onclick="go()">'
        '<script type="application/json">{}</script><script type="module">go()</script><a href=" javascript:go()">'
    )

    assert page.found == [
        "<style>",
        "<script>",
        '<p style="color:red">',
        '<p onclick="go()">',
        "<script>",
        '<a href=" javascript:go()">',
    ]


# --- cookies
ENTRANCES = {reverse("places:home"), reverse("places:find")}


@pytest.mark.parametrize("path", [*PUBLIC, *MACHINES, *LOST])
def test_public_answer_sets_no_cookie(visitor, path):
    answer = visitor.get(path)

    assert answer.headers.get_all("Set-Cookie") is None
    # Only the entrances look at one: that of a visitor who chose another language.
    assert ("cookie" in (answer.headers["Vary"] or "").lower()) == (path in ENTRANCES)


def test_cookies_of_the_desk_are_secure_and_hidden_from_scripts(server):
    moderator = server.browser()

    lines = moderator.get("/admin/login/").headers.get_all("Set-Cookie")
    lines += moderator.sign_in().headers.get_all("Set-Cookie")

    attributes = {}
    for line in lines:
        pair, *rest = line.split("; ")
        attributes.setdefault(pair.partition("=")[0], set()).add(
            frozenset(text for text in rest if not re.match("(?i)expires|max-age", text))
        )
    safe = frozenset({"HttpOnly", "Path=/", "SameSite=Lax", "Secure"})
    assert attributes == {"csrftoken": {safe}, "sessionid": {safe}}


# --- https
@pytest.mark.parametrize("path", [*PUBLIC, "/admin/", "/nulle-part/", "/static/css/base.css"])
def test_plain_http_is_sent_to_https_with_its_question(visitor, path):
    answer = visitor.get(f"{path}?q=caf%C3%A9", x_forwarded_proto="http")

    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}{path}?q=caf%C3%A9")
    assert answer.headers["Strict-Transport-Security"] is None


@pytest.mark.parametrize(("path", "said"), [("/healthz", "ok\n"), ("/readyz", "ok\n")])
def test_machine_is_answered_over_plain_http(visitor, path, said):
    answer = visitor.get(path, x_forwarded_proto="http")

    assert (answer.status, answer.text) == (200, said)


def test_visitor_cannot_claim_https_when_there_is_no_proxy():
    env = environment(installation())

    (answer,) = answers_under(env, {"path": "/lieux/", "x-forwarded-proto": "https"})

    assert (answer["status"], answer["headers"]["Location"]) == (301, f"https://{HOST}/lieux/")


def test_installation_without_https_neither_redirects_nor_promises_it():
    env = environment(installation(), HTTPS="non")

    page, login = answers_under(env, {"path": "/lieux/"}, {"path": "/admin/login/"})

    assert (page["status"], login["status"]) == (200, 200)
    assert "Strict-Transport-Security" not in page["headers"]


# --- who is asked, and how
@pytest.mark.parametrize("host", ["ailleurs.exemple.fr", "<script>", "carte.exemple.fr@ailleurs", "..", "", "a" * 300])
@pytest.mark.parametrize("path", ["/lieux/", "/admin/login/"])
def test_host_that_is_not_ours_is_refused(visitor, host, path):
    answer = visitor.get(path, host=host)

    assert answer.status == 400
    assert host[:12] == "" or host[:12] not in answer.text


# A form is made to be sent: tests/test_proposals.py.
WRITING = [
    (method, path)
    for path in PUBLIC
    for method in ("POST", "PUT", "PATCH", "DELETE")
    if not (is_form(path) and method == "POST")
]


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_public_page_is_only_read(visitor, method, path):
    visitor.get("/admin/login/")

    answer = visitor.ask(method, path, origin=f"https://{HOST}", x_csrftoken=visitor.cookies["csrftoken"])

    allowed = "GET, HEAD, OPTIONS" if path.startswith("/api/") else "GET, HEAD, POST" if is_form(path) else "GET, HEAD"
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/lieux/", "/admin/login/", "/proposer/", "/un-probleme/"])
def test_form_sent_from_another_site_is_refused(visitor, path):
    visitor.get("/admin/login/")

    answer = visitor.ask("POST", path, origin="https://ailleurs.exemple.fr", x_csrftoken=visitor.cookies["csrftoken"])

    assert (answer.status, answer.headers.get_all("Set-Cookie")) == (403, None)


# --- settings
@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://tuiles.exemple.fr/{z}/{x}/{y}.png", "https://tuiles.exemple.fr"),
        ("https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png", "https://*.tile.openstreetmap.org"),
        ("http://127.0.0.1:8444/{z}/{x}/{y}.png?key=a", "http://127.0.0.1:8444"),
    ],
)
def test_tiles_from_elsewhere_change_the_policy_and_nothing_else(address, origin):
    env = environment(installation(), HTTPS="non", TILES_URL=address)

    (answer,) = answers_under(env, {"path": "/lieux/"})

    header = answer["headers"]["Content-Security-Policy"]
    policy = {name: sources for name, *sources in (directive.split() for directive in header.split(";"))}
    assert policy == POLICY | {"img-src": ["'self'", "data:", origin]}


def test_deployment_check_refuses_an_installation_without_https(tmp_path):
    env = environment(tmp_path, HTTPS="non")

    result = run(env, "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert result.returncode == 1
    assert set(re.findall(r"security\.W\d+", result.stderr)) == {
        "security.W004",  # HSTS
        "security.W008",  # redirection
        "security.W012",  # session cookie
        "security.W016",  # CSRF cookie
    }
