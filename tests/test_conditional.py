"""What caches may keep: every public page, as long as nothing of it changed; never what is somebody's own."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from places.conditional import NOBODY, OWN, SHARED, ConditionalMiddleware
from places.data_urls import urlpatterns as data_urlpatterns
from places.geo import Point, write_point
from places.models import DataVersion
from roubaix_map import release
from tests.addresses import ARGUMENTS, PUBLIC, SECRET, is_form, make_public_data
from tests.factories import make_place

# A drawing of an address, a file whose name changes with it, what the browser asks anew: each says so itself.
OTHERWISE = ("/qr.svg", "/trouver/sw.js", "/trouver/manifest.webmanifest", "/langues/", "/selection/", "/adresses.json")
DATA = [
    reverse(f"data:{pattern.name}", kwargs={name: ARGUMENTS[name] for name in pattern.pattern.converters})
    for pattern in data_urlpatterns
    if pattern.name not in SECRET
]
PREPARED = ("/trouver/pages.json", "/territoires/quartier/population.json")
SHARED_PAGES = [path for path in PUBLIC + DATA if path != "/" and not is_form(path) and not path.endswith(OTHERWISE)]


@pytest.fixture
def clock(monkeypatch):
    """Stop the time; moving it is the test's."""
    now = [timezone.now().replace(second=10)]
    monkeypatch.setattr(timezone, "now", lambda: now[0])
    return now


@pytest.mark.django_db
def test_every_public_page_and_file_is_tagged_and_made_again_only_when_the_data_changed(client, clock):
    """Said of all of them at once; coming back costs the version of the data, and little more for a few files."""
    make_public_data()
    first = {path: client.get(path) for path in SHARED_PAGES}
    tags = {path: answer.headers.get("ETag", "") for path, answer in first.items()}

    with CaptureQueriesContext(connection) as asked:
        again = {path: client.get(path, headers={"If-None-Match": tags[path]}) for path in SHARED_PAGES}
    DataVersion.objects.advance()
    changed = {path: client.get(path, headers={"If-None-Match": tags[path]}).status_code for path in SHARED_PAGES}

    every = dict.fromkeys(SHARED_PAGES)
    assert {path: (answer.status_code, answer.headers["Cache-Control"]) for path, answer in first.items()} == (
        dict.fromkeys(every, (200, SHARED))
    )
    assert {path: (answer.status_code, answer.content) for path, answer in again.items()} == (
        dict.fromkeys(every, (304, b""))
    )
    assert {path: answer.headers["ETag"] for path, answer in again.items()} == tags
    assert len(asked) < 1.5 * len(SHARED_PAGES)
    # Prepared data is tagged by its bytes, which this change did not touch.
    assert {path for path, status in changed.items() if status == 304} <= {*DATA, *PREPARED}
    assert {changed[path] for path in PUBLIC if path in changed and path not in PREPARED} == {200}


@pytest.mark.django_db
def test_page_is_made_again_when_its_minute_is_over_or_when_anything_that_it_shows_is_another(client, clock):
    make_public_data()
    tag = client.get("/lieux/").headers["ETag"]
    others = {client.get(path).headers["ETag"] for path in ("/lieux/?page=1", "/lieux/?services=", "/trouver/")}
    elsewhere = client.get("/lieux/", headers={"Host": "127.0.0.1"}).headers["ETag"]
    clock[0] += timedelta(seconds=49)
    same_minute = client.get("/lieux/", headers={"If-None-Match": tag})
    clock[0] += timedelta(seconds=1)
    next_minute = client.get("/lieux/", headers={"If-None-Match": tag})
    any_answer = client.get("/lieux/", headers={"If-None-Match": "*"})

    assert len({tag, elsewhere, *others}) == 5
    assert (same_minute.status_code, next_minute.status_code, any_answer.status_code) == (304, 200, 200)


@pytest.mark.django_db
def test_page_that_is_not_sent_again_keeps_its_own_policy(client, clock):
    """Browsers take the headers of a 304 for those of the page: what may frame it or install it is not said anew."""
    make_public_data()
    for path in ("/lieux/?integration=1", "/trouver/"):
        page = client.get(path)
        again = client.get(path, headers={"If-None-Match": page.headers["ETag"]})

        assert (again.status_code, "Content-Security-Policy" in page.headers) == (304, True)
        assert {"Content-Security-Policy", "X-Frame-Options"} & {*again.headers} == set()


@pytest.mark.django_db
def test_what_is_somebody_s_own_is_kept_by_no_cache(client, admin_client):
    """Forms, secret links, the desk, what was chosen: never shared, and never said to be what a reader has."""
    make_public_data()
    own = [path for path in PUBLIC if is_form(path)] + ["/selection/", "/langues/", "/suivi/inconnu/", "/healthz"]
    desk = ["/admin/", "/admin/places/place/", "/admin/places/place/0/change/", "/admin/rien/"]
    answers = {path: client.get(path) for path in [*own, "/admin/login/"]}
    answers |= {path: admin_client.get(path) for path in desk}
    answers["written"] = client.post("/lieux/")

    kept = {path: answer.headers["Cache-Control"] for path, answer in answers.items()}
    assert {path for path, said in kept.items() if "no-store" not in said} == set()
    assert [path for path, answer in answers.items() if "ETag" in answer.headers] == []


@pytest.mark.django_db
def test_what_says_where_somebody_is_is_kept_by_their_browser_alone(client):
    make_place(latitude=50.69, longitude=3.17)
    started = f"autour=ici&point={write_point(Point(50.69, 3.17))}"
    paths = [
        f"/lieux/?{started}",
        f"/trouver/resultats/?{started}",
        f"/lieux.geojson?{started}",
        f"/lieux.csv?{started}",
    ]
    answers = [client.get(path) for path in [*paths, "/trouver/ou/?autour=nulle+part"]]

    assert [(answer.status_code, answer.headers["Cache-Control"]) for answer in answers] == [(200, OWN)] * 5


def test_page_that_looked_at_who_asks_is_shared_with_nobody(rf):
    """Whatever its address: a session, a token of a form or a cookie to set is enough."""

    def answer(look) -> str:
        request = rf.get("/lieux/")
        request.session, request.resolver_match = SessionStore(), resolve("/lieux/")
        request.data_version, request.data_changed_at = 1, None

        def view(request):
            response = HttpResponse()
            look(request, response)
            return response

        return ConditionalMiddleware(view)(request).headers["Cache-Control"]

    assert answer(lambda request, response: None) == SHARED
    assert answer(lambda request, response: request.session.get("basket")) == NOBODY
    assert answer(lambda request, response: get_token(request)) == NOBODY
    assert answer(lambda request, response: response.set_cookie("selection", "a")) == NOBODY
    assert answer(lambda request, response: setattr(response, "status_code", 500)) == NOBODY


@pytest.mark.django_db
def test_place_that_is_not_there_yet_is_asked_for_again(client):
    """A missing page is kept as shortly as any other, without a tag."""
    answer = client.get("/lieux/pas-encore/")

    assert (answer.status_code, answer.headers["Cache-Control"], "ETag" in answer.headers) == (404, SHARED, False)


def test_change_is_seen_within_ten_seconds_whatever_keeps_the_page():
    """What nginx or a CDN may show without asking, then what a browser may, then a database that is behind."""
    said = dict(part.partition("=")[::2] for part in SHARED.split(", "))

    shown_anew = int(said["stale-while-revalidate"])
    assert int(said["s-maxage"]) + shown_anew + int(said["max-age"]) + shown_anew <= 5
    assert int(said["stale-if-error"]) == 86_400


def test_release_is_told_by_its_files(settings, tmp_path):
    for folder in release.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "places" / "views.py").write_text("one")
    settings.BASE_DIR = tmp_path
    one = release.fingerprint.__wrapped__()
    (tmp_path / "places" / "views.pyc").write_text("compiled")
    same = release.fingerprint.__wrapped__()
    (tmp_path / "places" / "views.py").write_text("two")

    assert (one == same, one == release.fingerprint.__wrapped__()) == (True, False)
