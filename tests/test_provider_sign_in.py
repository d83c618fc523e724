"""Sign-in through an OpenID Connect provider: it stands for the password of an account, and for nothing else."""

import re
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from joserfc.jwk import RSAKey

from places.accounts.sign_in import MOST_TRIES
from places.models import Tally
from tests.openid_provider import CLIENT_ID, SECRET, Provider
from tests.people import code_of, make_person
from tests.production import environment, run

pytestmark = pytest.mark.django_db
LONG_AGO = 1_700_000_000  # seconds: the same in every process, as the names of tests must be
START, BACK = "/admin/connexion/", "/admin/connexion/retour/"
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture(scope="module")
def running():
    """One provider for all tests: a key takes a while to make."""
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(running, settings):
    """The provider as it goes well, and the site set to trust it."""
    running.signing_key, running.userinfo_key, running.signed_userinfo = running.key, None, None
    running.claims = {"sub": "42", "email": "agent@exemple.fr", "email_verified": True}
    running.id_token, running.published, running.broken, running.end_session = {}, {}, {}, True
    running.codes, running.asked = {}, []
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = running.url, CLIENT_ID, SECRET
    return running


def visit(address: str) -> str:
    """Open an address of the provider, where the person says yes; return where it sends the browser."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 302
    return answer.headers["Location"]


def come_back(client, **changed: str):
    """Go to the provider and come back from it, with some values of the address changed; return our answer."""
    back = urlsplit(visit(client.get(START)["Location"]))
    assert back.path == BACK
    values = {name: found[0] for name, found in parse_qs(back.query).items()} | changed
    return client.get(BACK, values)


def entered(client) -> bool:
    return client.get("/admin/").status_code == 200


# --- the whole way
@pytest.mark.parametrize("signed", [None, {}], ids=["userinfo in JSON", "userinfo signed"])
def test_person_enters_by_the_provider_and_goes_where_they_were_going(client, provider, signed):
    agent = make_person(email="Agent@Exemple.fr")
    provider.signed_userinfo = signed

    page = client.get("/admin/login/?next=/admin/places/place/%3Fq%3Da")
    button = re.search(r'href="(/admin/connexion/[^"]*)"[^>]*>Se connecter avec ProConnect<', page.text)[1]
    sent = client.get(button)
    back = visit(sent["Location"])
    answer = client.get(back.removeprefix("http://testserver"))

    asked = parse_qs(urlsplit(sent["Location"]).query)
    assert (asked["scope"], asked["code_challenge_method"]) == (["openid email"], ["S256"])
    assert asked["redirect_uri"] == ["http://testserver" + BACK]
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/places/place/?q=a")
    assert client.session["_auth_user_id"] == str(agent.pk)
    assert entered(client)
    assert "'self'" in page["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    assert all("no-store" in response["Cache-Control"] for response in (sent, answer))


def test_sign_in_leads_to_no_other_site(client, provider):
    make_person()

    back = visit(client.get(f"{START}?next=https://pirate.exemple/")["Location"])

    assert client.get(back.removeprefix("http://testserver"))["Location"] == "/admin/"


def test_explicit_addresses_need_no_discovery(client, provider, settings):
    make_person()
    settings.OIDC_AUTHORIZATION_URL, settings.OIDC_TOKEN_URL = f"{provider.url}/authorize", f"{provider.url}/token"
    settings.OIDC_USERINFO_URL, settings.OIDC_JWKS_URL = f"{provider.url}/userinfo", f"{provider.url}/jwks"

    answer = come_back(client)

    assert answer.status_code == 302
    assert entered(client)
    assert DISCOVERY not in provider.asked


def test_second_factor_is_asked_for_whatever_the_provider_says_of_its_own(client, provider, settings):
    """The ID token says `acr: eidas3` and `amr: mfa`: nobody reads it."""
    make_person()
    settings.SECOND_FACTOR = True

    come_back(client)

    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/admin/code/activer/")
    key = re.search(r"<code>([A-Z2-7 ]+)</code>", client.get("/admin/code/activer/").text)[1]
    client.post("/admin/code/activer/", {"code": code_of(key)})
    assert entered(client)

    client.logout()
    come_back(client)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/admin/code/?")
    assert not entered(client)


def test_sign_out_goes_on_to_the_provider(client, provider):
    make_person()
    come_back(client)

    page = client.post("/admin/logout/")

    address = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)[1].replace("&amp;", "&")
    asked = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{provider.url}/session/end?")
    assert asked["post_logout_redirect_uri"] == ["http://testserver/admin/login/"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert "state" in asked
    assert "Se déconnecter aussi de ProConnect" in page.text
    assert not entered(client)


def test_sign_out_from_the_code_goes_on_to_the_provider_too(client, provider, settings):
    make_person()
    settings.SECOND_FACTOR = True
    come_back(client)

    page = client.post("/admin/code/activer/?next=/admin/", {"leave": "1"})

    assert "/session/end?" in page.text
    assert "_auth_user_id" not in client.session


def test_sign_out_stays_here_when_the_provider_has_no_address_for_it(client, provider):
    provider.end_session = False
    make_person()
    come_back(client)

    page = client.post("/admin/logout/")

    assert (page.status_code, "refresh" in page.text) == (200, False)
    assert not entered(client)


# --- whose account
def refused(client, answer, sentence: str) -> bool:
    """Tell whether nobody entered, the page says so in this sentence, and leads back to the sign-in page."""
    assert sentence in answer.text, answer.text
    assert 'href="/admin/login/"' in answer.text
    return "_auth_user_id" not in client.session and not entered(client)


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "inconnue@exemple.fr"}, "Aucun compte d’ici"),
        ({"email_verified": False}, "ne garantit pas votre adresse"),
        ({"email_verified": None}, "ne garantit pas votre adresse"),
        ({"email_verified": "false"}, "ne garantit pas votre adresse"),
        ({"email_verified": 1}, "ne garantit pas votre adresse"),
        ({"email": None}, "ne garantit pas votre adresse"),
        ({"email": ""}, "ne garantit pas votre adresse"),
        ({"email": "%"}, "ne garantit pas votre adresse"),
        ({"email": ["agent@exemple.fr"]}, "ne garantit pas votre adresse"),
        ({"email": {"$ne": ""}}, "ne garantit pas votre adresse"),
        ({"email": "agent@exemple.fr\x00"}, "ne garantit pas votre adresse"),
        ({"email": "agent@exemple.fr\n"}, "ne garantit pas votre adresse"),
        ({"email": "A\u212agent@exemple.fr"}, "ne garantit pas votre adresse"),
        ({"email": "_gent@exemple.fr"}, "Aucun compte d’ici"),
        ({"sub": "43"}, "n’a pas pu être vérifiée"),
    ],
    ids=str,
)
@pytest.mark.parametrize("create", [False, True], ids=["closed", "creating"])
def test_address_that_is_not_a_verified_one_of_the_staff_opens_nothing(
    client, provider, settings, claims, sentence, create
):
    make_person()
    settings.OIDC_CREATE_ACCOUNTS = create
    if create and "Aucun compte" in sentence:
        sentence = "n’a pas encore de droits"
    if "sub" in claims:
        provider.id_token = {"sub": "42"}
    provider.claims |= claims

    answer = come_back(client)

    assert answer.status_code == 403
    assert refused(client, answer, sentence)
    assert User.objects.filter(is_staff=True).count() == 1
    assert User.objects.count() == (2 if "droits" in sentence else 1)


@pytest.mark.parametrize(
    ("account", "sentence"),
    [({"is_active": False}, "est fermé"), ({"is_staff": False}, "n’a pas encore de droits")],
)
@pytest.mark.parametrize("create", [False, True], ids=["closed", "creating"])
def test_account_that_is_closed_or_not_of_the_staff_is_not_opened(
    client, provider, settings, account, sentence, create
):
    settings.OIDC_CREATE_ACCOUNTS = create
    make_person(**account)

    answer = come_back(client)

    assert refused(client, answer, sentence)
    assert User.objects.count() == 1


def test_two_accounts_of_one_address_open_neither(client, provider):
    make_person()
    make_person(username="chef", is_superuser=True, email="AGENT@exemple.fr")

    assert refused(client, come_back(client), "Plusieurs comptes")


def test_account_is_made_without_any_right_and_only_if_the_city_says_so(client, provider, settings):
    settings.OIDC_CREATE_ACCOUNTS = True
    provider.claims["email"] = "Nouvelle@Exemple.fr"

    answers = [come_back(client), come_back(client)]

    assert all(refused(client, answer, "n’a pas encore de droits") for answer in answers)
    made = User.objects.get()
    assert (made.username, made.email) == ("nouvelle@exemple.fr", "nouvelle@exemple.fr")
    assert (made.is_staff, made.is_superuser, made.groups.exists(), made.get_all_permissions()) == (
        *(False, False, False),
        set(),
    )
    assert not made.has_usable_password()


def test_name_that_is_the_address_of_another_is_left_alone(client, provider, settings):
    settings.OIDC_CREATE_ACCOUNTS = True
    make_person(username="agent@exemple.fr", email="autre@exemple.fr")

    assert refused(client, come_back(client), "Aucun compte d’ici")
    assert User.objects.count() == 1


def test_city_may_hold_unsaid_addresses_for_verified_but_never_those_said_not_to_be(client, provider, settings):
    make_person()
    settings.OIDC_EMAILS_VERIFIED = True
    provider.claims["email_verified"] = False
    assert refused(client, come_back(client), "ne garantit pas votre adresse")

    del provider.claims["email_verified"]
    come_back(client)

    assert entered(client)


# --- what is not believed
def test_wrong_state_is_refused_before_anything_is_asked_of_the_provider(client, provider):
    make_person()

    answer = come_back(client, state="autre")

    assert refused(client, answer, "avait été commencée ailleurs")
    assert "/token" not in provider.asked


def test_state_of_somebody_else_is_refused(client, provider, django_user_model):
    """A link that would sign its reader in under the account of who sent it."""
    make_person()
    other = type(client)()
    back = visit(other.get(START)["Location"])

    answer = client.get(back.removeprefix("http://testserver"))

    assert refused(client, answer, "avait été commencée ailleurs")


def test_answer_is_used_once(client, provider):
    make_person()
    back = visit(client.get(START)["Location"]).removeprefix("http://testserver")
    assert client.get(back).status_code == 302
    client.logout()

    assert refused(client, client.get(back), "avait été commencée ailleurs")


def test_code_that_the_provider_no_longer_knows_is_refused(client, provider):
    make_person()

    assert refused(client, come_back(client, code="ancien"), "a trop attendu")


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "autre"},
        {"nonce": None},
        {"exp": LONG_AGO},
        {"exp": None},
        {"exp": "demain"},
        {"iss": "https://pirate.exemple"},
        {"iss": None},
        {"aud": "un-autre-site"},
        {"aud": None},
        {"aud": ["un-autre-site"]},
        {"azp": "un-autre-site"},
        {"at_hash": "faux"},
        {"sub": None},
    ],
    ids=str,
)
def test_id_token_that_is_not_for_this_sign_in_is_refused(client, provider, claims):
    make_person()
    provider.id_token = claims

    assert refused(client, come_back(client), "n’a pas pu être vérifiée")


def test_signature_by_another_key_is_refused(client, provider):
    make_person()
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "une"})

    assert refused(client, come_back(client), "n’a pas pu être vérifiée")


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "HS256", "kid": "une"}], ids=str)
def test_only_signatures_by_a_published_key_count(client, provider, monkeypatch, header):
    """ "none" has no key; a secret would be the public key itself, or the one that both sides know."""
    make_person()
    provider.published = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
    signed = [forged(header, key) for key in (b"", provider.key.as_pem(private=False), SECRET.encode())]

    for number, forge in enumerate(signed):
        monkeypatch.setattr(provider, "signed", lambda claims, key=None, forge=forge: forge(claims))
        assert refused(client, come_back(client), "n’a pas pu être vérifiée"), number


def forged(header: dict, secret: bytes):
    """Return what signs claims by hand, as no library would."""
    import base64
    import hashlib
    import hmac
    import json

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    def sign(claims: dict) -> str:
        text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
        none = header["alg"] == "none"
        return f"{text}.{'' if none else part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"

    return sign


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://pirate.exemple"},
        {"iss": None},
        {"aud": "un-autre-site"},
        {"aud": None},
        {"exp": LONG_AGO},
    ],
    ids=str,
)
def test_signed_userinfo_that_is_not_for_us_is_refused(client, provider, claims):
    make_person()
    provider.signed_userinfo = claims

    assert refused(client, come_back(client), "n’a pas pu être vérifiée")


def test_userinfo_signed_by_another_key_is_refused(client, provider):
    make_person()
    provider.signed_userinfo, provider.userinfo_key = {}, RSAKey.generate_key(2048, {"kid": "une"})

    assert refused(client, come_back(client), "n’a pas pu être vérifiée")


def test_person_who_says_no_comes_back_to_a_sentence(client, provider):
    client.get(START)

    answer = client.get(BACK, {"error": "access_denied", "error_description": "<b>non</b>", "state": "x"})

    assert refused(client, answer, "n’a pas confirmé")
    assert "<b>" not in answer.text


# --- a provider that goes wrong
GARBAGE = [
    (500, b"panne"),
    (200, b"<html>"),
    (200, b""),
    (200, b"[]"),
    (200, b"7"),
    (200, b"null"),
    (200, b"{}"),
    (200, b'{"keys": 3, "access_token": 3, "id_token": [], "issuer": 4}'),
    (200, b'{"keys": [{}], "access_token": "a", "id_token": "a.b.c"}'),
    (200, b'{"keys": [3], "access_token": "a", "id_token": "", "expires_in": "demain"}'),
    (200, b'{"keys": [{"kty": "RSA", "kid": "une", "n": "!", "e": []}], "access_token": "a", "id_token": "\xc3\xa9"}'),
    (200, b'{"keys": [{"kty": "EC", "kid": "une", "crv": 3, "x": {}}], "access_token": "a", "id_token": "a.b.c.d.e"}'),
    (
        200,
        b'{"keys": [{"kty": "RSA", "kid": "une", "n": 3, "e": null}], "access_token": "a", "id_token": "..", "x": 1}',
    ),
    (
        200,
        b'{"keys": [{"kty": "RSA", "kid": ["une"], "alg": 3}], "access_token": "a", "id_token": "e30.e30.e30"}',
    ),
    (200, b'{"keys": [], "access_token": "a", "id_token": "W10.W10.W10"}'),
    (200, b"\xff\xfe\x00{"),
    (401, b'{"error": "invalid_client", "error_description": "secret"}'),
    (400, b'{"error": {"a": 1}}'),
    (302, b""),
]


@pytest.mark.parametrize("path", [DISCOVERY, "/jwks", "/token", "/userinfo"])
@pytest.mark.parametrize("answer", GARBAGE, ids=str)
def test_provider_that_answers_nonsense_ends_with_a_sentence(client, provider, path, answer):
    make_person()
    if path == DISCOVERY:
        provider.broken[path] = answer
        page = client.get(START)
    else:
        back = visit(client.get(START)["Location"])
        provider.broken[path] = answer
        page = client.get(back.removeprefix("http://testserver"))

    assert page.status_code in (403, 502)
    assert refused(client, page, "ProConnect")


def test_provider_that_is_down_ends_with_a_sentence_and_the_password_still_opens(client, provider, settings):
    agent = make_person()
    settings.OIDC_ISSUER = "http://127.0.0.1:9"

    answer = client.get(START)

    assert answer.status_code == 502
    assert refused(client, answer, "ne répond pas comme il faut")
    client.post("/admin/login/", {"username": agent.username, "password": "long-enough-1", "next": "/admin/"})
    assert entered(client)


@pytest.mark.parametrize(
    "published",
    [
        {"issuer": "https://pirate.exemple"},
        {"token_endpoint": "ftp://pirate.exemple"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "https://["},
    ],
    ids=str,
)
def test_published_addresses_are_those_of_this_issuer_and_of_the_web(client, provider, published):
    provider.published = published

    assert client.get(START).status_code == 502


def test_refusals_are_counted_and_bounded(client, provider):
    provider.claims["email"] = "inconnue@exemple.fr"
    come_back(client)
    assert Tally.objects.get(kind="sign-in").number == 1

    answers = [client.get(BACK, {"code": "x", "state": "y"}).status_code for _time in range(MOST_TRIES)]
    starts = [client.get(START).status_code for _time in range(MOST_TRIES)]

    assert (answers[-2:], starts[-2:]) == ([403, 429], [302, 429])


def test_logs_name_nobody(client, provider, caplog):
    provider.claims["email"] = "inconnue@exemple.fr"

    come_back(client)

    assert "sign-in through the provider: unknown" in caplog.text
    assert "inconnue" not in caplog.text
    assert "jeton" not in caplog.text


# --- off
def test_nothing_is_there_while_no_provider_is_set(client):
    agent = make_person()

    page = client.get("/admin/login/")
    paths = [client.get(path).status_code for path in (START, BACK, f"{BACK}?code=a&state=b")]
    client.force_login(agent)
    goodbye = client.post("/admin/logout/")

    assert ("Se connecter avec" in page.text, "/connexion/" in page.text) == (False, False)
    assert paths == [404, 404, 404]
    assert (goodbye.status_code, "refresh" in goodbye.text) == (200, False)


def test_library_is_not_even_loaded_while_no_provider_is_set(tmp_path):
    """Processes that do without it do not carry its memory."""
    code = (
        "import sys, django; django.setup(); from django.urls import reverse; "
        "print(reverse('admin:provider_start'), sorted({'authlib', 'requests', 'joserfc'} & {*sys.modules}))"
    )

    result = run(environment(tmp_path), "-c", code)

    assert result.stdout == f"{START} []\n", result.stderr


@pytest.mark.parametrize("path", [START, BACK])
def test_addresses_take_no_form(client, provider, path):
    assert client.post(path).status_code == 405


def test_button_bears_the_name_of_the_provider(client, provider, settings):
    settings.OIDC_NAME = "le compte <de la ville>"

    assert "Se connecter avec le compte &lt;de la ville&gt;" in client.get("/admin/login/").text
