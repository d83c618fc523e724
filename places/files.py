"""Where an imported file comes from: a path or a web address; and the one way to say that it cannot be read."""

import http.client
import ipaddress
import re
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

MAX_BYTES = 100 * 1024 * 1024
TIMEOUT = 30  # seconds without a byte
DEADLINE = 300  # seconds in all
MOST_REDIRECTS = 5
CHUNK = 64 * 1024


class UnreadableFile(Exception):
    """The file cannot be read at all; the message is a sentence for the person who gave it."""


@dataclass(frozen=True)
class Download:
    """What a web address answered; `content` is None when it is the version already known."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


def fetch(address: str) -> bytes:
    """Return the bytes of a file or of a web address; raise UnreadableFile with a sentence."""
    if re.match(r"https?://", address, re.IGNORECASE):
        return download(address).content or b""
    path = Path(address)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _too_big()
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(
            _("« %(file)s » ne peut pas être lu : %(why)s.") % {"file": address, "why": error.strerror}
        ) from error


def download(address: str, *, etag: str = "", last_modified: str = "") -> Download:
    """Ask a web address for its file, unless it is still the version of `etag` or `last_modified`.

    Only https to a public address, checked at each redirection and where the connection really goes; a city that
    serves its files on its own network allows both with IMPORT_PRIVATE_ADDRESSES. Raises UnreadableFile.
    """
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    headers = {"User-Agent": "roubaix-map", "Accept-Encoding": "identity"} | {k: v for k, v in known.items() if v}
    end = time.monotonic() + DEADLINE
    target = address
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            connection = _connection(target)
            try:
                parts = urlsplit(target)
                path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                if answer.status in (301, 302, 303, 307, 308):
                    target = urljoin(target, answer.headers.get("Location", ""))
                    continue
                if answer.status == 304:
                    return Download(None, etag, last_modified)
                if answer.status != 200:
                    raise UnreadableFile(
                        _("« %(file)s » répond par l’erreur %(code)d.") % {"file": address, "code": answer.status}
                    )
                content = _read(answer, end)
                return Download(content, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
            finally:
                connection.close()
    except http.client.IncompleteRead as error:
        raise UnreadableFile(_("« %s » s’est arrêté au milieu du fichier.") % address) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise UnreadableFile(_("« %(file)s » ne répond pas : %(why)s.") % {"file": address, "why": error}) from error
    raise UnreadableFile(_("« %s » renvoie sans fin d’une adresse à l’autre.") % address)


def _read(answer: http.client.HTTPResponse, end: float) -> bytes:
    content = bytearray()
    while chunk := answer.read(CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise _too_big()
        if time.monotonic() > end:
            raise TimeoutError(_("trop lent"))
    if answer.length:  # bytes that were announced and never came
        raise http.client.IncompleteRead(b"", answer.length)
    return bytes(content)


def _connection(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.scheme not in ("http", "https"):
        raise UnreadableFile(_("« %s » n’est pas une adresse https.") % address)
    if parts.scheme == "http" and not settings.IMPORT_PRIVATE_ADDRESSES:
        raise UnreadableFile(_("« %s » : seules les adresses https sont lues.") % address)
    kind = GuardedHTTPS if parts.scheme == "https" else GuardedHTTP
    return kind(parts.hostname, parts.port or kind.default_port, timeout=TIMEOUT)


class GuardedHTTP(http.client.HTTPConnection):
    """Connects only to public addresses: the name is resolved once, checked, and that very address is used."""

    def connect(self):
        self.sock = self._public_socket()

    def _public_socket(self) -> socket.socket:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for *_kind, place in found:
            if not ipaddress.ip_address(place[0].split("%")[0]).is_global and not settings.IMPORT_PRIVATE_ADDRESSES:
                raise UnreadableFile(_("« %s » est une adresse privée : elle n’est pas lue.") % self.host)
        error: OSError | None = None
        for *_kind, place in found:
            try:
                return socket.create_connection(place[:2], self.timeout)
            except OSError as refused:
                error = refused
        raise error or OSError(_("nom inconnu"))


class GuardedHTTPS(GuardedHTTP):
    default_port = http.client.HTTPS_PORT

    def connect(self):
        self.sock = ssl.create_default_context().wrap_socket(self._public_socket(), server_hostname=self.host)


def _too_big() -> UnreadableFile:
    return UnreadableFile(_("Fichier trop gros : %d Mo au plus.") % (MAX_BYTES // 1024**2))
