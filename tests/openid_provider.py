"""An OpenID Connect provider on loopback: real keys, real signatures, and every way of going wrong."""

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "carte", "secret-de-la-carte"


class Provider(ThreadingHTTPServer):
    """Knows one person (`claims`). `id_token` and `header` change what it signs; `broken` what it answers, by path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.key = self.signing_key = RSAKey.generate_key(2048, {"kid": "une"})
        self.claims: dict = {"sub": "42", "email": "agent@exemple.fr", "email_verified": True}
        self.id_token: dict = {}
        self.signed_userinfo: dict | None = None
        self.userinfo_key: RSAKey | None = None
        self.end_session = True
        self.published: dict = {}
        self.broken: dict[str, tuple[int, bytes]] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # who asked did not wait

    def signed(self, claims: dict, key: RSAKey | None = None) -> str:
        return jwt.encode({"alg": "RS256", "kid": "une"}, claims, key or self.signing_key)

    def standard(self) -> dict:
        now = int(time.time())
        return {"iss": self.url, "aud": CLIENT_ID, "sub": self.claims.get("sub", ""), "iat": now, "exp": now + 300}

    # --- the endpoints
    def discovery(self) -> dict:
        addresses = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }
        if self.end_session:
            addresses["end_session_endpoint"] = f"{self.url}/session/end"
        return addresses | self.published

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the person is sent back to, once recognised."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, given: dict[str, str]) -> tuple[int, dict]:
        asked = self.codes.pop(given.get("code", ""), None)
        if given.get("client_id") != CLIENT_ID or given.get("client_secret") != SECRET:
            return 401, {"error": "invalid_client"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or given["redirect_uri"] != asked["redirect_uri"]
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        claims = self.standard() | {"nonce": asked["nonce"], "acr": "eidas3", "amr": ["mfa"]} | self.id_token
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {"access_token": "jeton", "token_type": "Bearer", "expires_in": 60, "id_token": self.signed(claims)}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        provider, address = self.server, urlsplit(self.path)
        provider.asked.append(address.path)
        if address.path in provider.broken:
            return self._answer(*provider.broken[address.path])
        if address.path == "/.well-known/openid-configuration":
            return self._json(200, provider.discovery())
        if address.path == "/jwks":
            return self._json(200, {"keys": [provider.key.as_dict(private=False)]})
        if address.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            return self._answer(302, b"", Location=provider.authorize(asked))
        if address.path == "/session/end":
            asked = parse_qs(address.query)
            back_to = f"{asked['post_logout_redirect_uri'][0]}?{urlencode({'state': asked['state'][0]})}"
            return self._answer(302, b"", Location=back_to)
        if address.path == "/userinfo":
            if self.headers["Authorization"] != "Bearer jeton":
                return self._json(401, {"error": "invalid_token"})
            if provider.signed_userinfo is None:
                return self._json(200, provider.claims)
            claims = provider.standard() | provider.claims | provider.signed_userinfo
            claims = {name: value for name, value in claims.items() if value is not None}
            body = provider.signed(claims, provider.userinfo_key).encode()
            return self._answer(200, body, **{"Content-Type": "application/jwt; charset=utf-8"})
        return self._answer(404, b"")

    def do_POST(self):
        provider = self.server
        provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path in provider.broken:
            return self._answer(*provider.broken[self.path])
        return self._json(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

    def _json(self, status: int, document):
        self._answer(status, json.dumps(document).encode(), **{"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, **headers: str):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
