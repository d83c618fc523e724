"""The conversation with an OpenID Connect provider (ProConnect or another): where it is, and what is believed of it.

authlib speaks for us: state, nonce, PKCE, the checks of the ID token. Here is what it leaves to its callers: a provider
that is down or answers nonsense, only signatures by a published key, the userinfo that ProConnect signs.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from django.conf import settings
from django.core.cache import cache
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

TIMEOUT = 8  # seconds of silence
LEEWAY = 60  # seconds between two clocks
REMEMBERED = 600  # seconds: how long the addresses found by discovery are kept
# Public keys only: neither "none", nor a secret that signs as well as it checks.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
KINDS_OF_KEYS = {"RSA", "EC"}
ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class Failed(Exception):
    """The provider is down, or does not speak OpenID Connect; the message says what, for the logs."""


class Refused(Exception):
    """This sign-in is not to be believed; `reason` is a word for the logs and a key for the sentence."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Identity:
    """What the provider says of a person, once checked, and where this person signs out of it ("" if nowhere)."""

    claims: dict
    sign_out: str


def send_there(request, back_to: str):
    """Redirect to the provider, which sends the person `back_to` us."""
    return _client().authorize_redirect(request, back_to)


def identity(request, signed_out_to: str) -> Identity:
    """Exchange the code of the callback for what the provider says of the person.

    Raise `Refused` when it cannot be believed, `Failed` when the provider cannot answer.
    """
    if "error" in request.GET:
        raise Refused("denied")
    if not request.GET.get("code"):
        raise Refused("state")
    client = _client()
    expected = {
        "iss": {"essential": True, "value": client.server_metadata["issuer"]},
        "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
    }
    try:
        token = client.authorize_access_token(request, claims_options=expected, leeway=LEEWAY)
        claims = _userinfo(client, token["access_token"])
    except MismatchingStateError as error:
        raise Refused("state") from error
    except OAuthError as error:
        if error.error == "invalid_grant":  # a code that is old, or used already
            raise Refused("state") from error
        raise Failed(f"token endpoint: {error.error}") from error
    except JoseError as error:
        raise Refused("token") from error
    except (requests.RequestException, ValueError) as error:
        raise Failed(type(error).__name__) from error
    # A person who said yes for another: the two answers have to speak of the same one.
    if claims.get("sub") != token["userinfo"]["sub"]:
        raise Refused("token")
    return Identity(claims, _sign_out(client, token["id_token"], signed_out_to))


class _Client(DjangoOAuth2App):
    """authlib's client; it knows the addresses already, and reads the keys with care."""

    def load_server_metadata(self):
        return self.server_metadata

    def fetch_jwk_set(self, force=False):
        """Return the published keys that may have signed; one of a kind not yet known does not spoil the others."""
        keys = _document(self.server_metadata["jwks_uri"]).get("keys")
        if not isinstance(keys, list):
            raise Failed("keys: not a list")
        return {"keys": [key for key in keys if isinstance(key, dict) and key.get("kty") in KINDS_OF_KEYS]}


def _client() -> _Client:
    addresses = _addresses()
    options = {
        "scope": settings.OIDC_SCOPE,
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": _way_to_prove_the_secret(addresses),
        "default_timeout": TIMEOUT,
    }
    return _Client(
        DjangoIntegration("provider"),
        name="provider",
        client_id=settings.OIDC_CLIENT_ID,
        client_secret=settings.OIDC_CLIENT_SECRET,
        client_kwargs=options,
        compliance_fix=lambda session: session.register_compliance_hook("access_token_response", _checked),
        **addresses | {"id_token_signing_alg_values_supported": ALGORITHMS},
    )


def _addresses() -> dict:
    """Return the provider's addresses: those of the settings, or those that it publishes."""
    if settings.OIDC_TOKEN_URL:
        return {
            "issuer": settings.OIDC_ISSUER,
            "authorization_endpoint": settings.OIDC_AUTHORIZATION_URL,
            "token_endpoint": settings.OIDC_TOKEN_URL,
            "userinfo_endpoint": settings.OIDC_USERINFO_URL,
            "jwks_uri": settings.OIDC_JWKS_URL,
            "end_session_endpoint": settings.OIDC_END_SESSION_URL,
        }
    return cache.get_or_set(f"provider:{settings.OIDC_ISSUER}", _discovered, REMEMBERED)


def _discovered() -> dict:
    published = _document(f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration")
    issuer = published.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        raise Failed("discovery: another issuer")
    if not all(_is_address(published.get(name)) for name in ADDRESSES):
        raise Failed("discovery: an address is missing, or is not https")
    kept = {name: published[name] for name in ("issuer", *ADDRESSES)}
    sign_out, ways = published.get("end_session_endpoint"), published.get("token_endpoint_auth_methods_supported")
    return kept | {
        "end_session_endpoint": sign_out if _is_address(sign_out) else "",
        "token_endpoint_auth_methods_supported": ways if isinstance(ways, list) else ["client_secret_basic"],
    }


def _is_address(value) -> bool:
    """Tell an https address; http only where the issuer itself is (env.py allows that on loopback alone)."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.netloc) and parts.scheme in {"https", urlsplit(settings.OIDC_ISSUER).scheme}


def _way_to_prove_the_secret(addresses: dict) -> str:
    """In the body when the provider takes it so (ProConnect), in a header otherwise."""
    ways = addresses.get("token_endpoint_auth_methods_supported", ["client_secret_post"])
    return "client_secret_post" if "client_secret_post" in ways else "client_secret_basic"


def _document(address: str) -> dict:
    try:
        answer = requests.get(address, timeout=TIMEOUT)
        answer.raise_for_status()
        document = answer.json()
    except requests.RequestException as error:
        raise Failed(f"{address}: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise Failed(f"{address}: not an object")
    return document


def _checked(answer):
    """Let through an answer of the token endpoint that has the form of one, or that of a refusal."""
    document = answer.json() if answer.status_code < 500 else None
    if not isinstance(document, dict):
        raise Failed("token endpoint: not an object")
    tokens = [document.get("access_token"), document.get("id_token")]
    if "error" not in document and not (
        all(isinstance(token, str) and token for token in tokens)
        and isinstance(document.get("expires_in", 0), int)
        and isinstance(document.get("expires_at", 0), int)
    ):
        raise Failed("token endpoint: no tokens")
    return answer


def _userinfo(client: _Client, access_token: str) -> dict:
    """Return what the provider says of the person: plain JSON, or a token that one of its keys signed for us."""
    bearer = {"access_token": access_token, "token_type": "Bearer"}
    answer = client.get(client.server_metadata["userinfo_endpoint"], token=bearer)
    answer.raise_for_status()
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/jwt":
        return _signed(client, answer.text.strip())
    claims = answer.json()
    if not isinstance(claims, dict):
        raise Failed("userinfo: not an object")
    return claims


def _signed(client: _Client, text: str) -> dict:
    keys = KeySet.import_key_set(client.fetch_jwk_set())
    token = jwt.decode(text, keys, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": client.server_metadata["issuer"]},
        aud={"essential": True, "value": settings.OIDC_CLIENT_ID},
    ).validate(token.claims)
    return token.claims


def _sign_out(client: _Client, id_token: str, back_to: str) -> str:
    if not client.server_metadata["end_session_endpoint"]:
        return ""
    return client.create_logout_url(back_to, id_token, client_id=settings.OIDC_CLIENT_ID)["url"]
