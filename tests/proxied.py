"""The site behind nginx as deploy/ configures it, asked over TLS as a visitor does, or by bytes no browser sends."""

import http.client
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests import certificates, nginx
from tests.production import HOST, Answer, Server, environment, installation, serving

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass
class Site:
    """nginx in front of whatever answers, asked over TLS."""

    http: int
    https: int
    certificate: Path
    server: Server | None = None
    database: Path | None = None

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

    def raw(self, sent: bytes, source: str = "127.0.0.1") -> bytes:
        """Send these bytes, a visitor's or not, and return all that comes back until the door closes."""
        with self.connect(source=source) as connection:
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
    env = environment(installation(), BEHIND_PROXY="oui", DATABASE_URL=f"sqlite:///{database}", GEOCODER_URL="non")
    with (
        serving(env, folder / "server.log") as server,
        before(folder, [server.port], installation() / "static") as site,
    ):
        site.server, site.database = server, database
        yield site


@contextmanager
def before(folder: Path, applications: list[int], static: Path | None = None) -> Iterator[Site]:
    """Run nginx alone, in front of what answers at these ports."""
    certificate = certificates.write(folder / "certificate.pem", HOST, NOW)
    with nginx.running(folder, applications=applications, static=static or folder) as (http, https):
        yield Site(http, https, certificate)
