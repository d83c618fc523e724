"""The site as it is installed: processes, a database and static files of its own, settings from the environment."""

import atexit
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPConnection, HTTPMessage
from http.cookies import SimpleCookie
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
HOST = "carte.exemple.fr"
USER, PASSWORD = "samira", "a-long-enough-password"
ASKED_BY_SETTINGS = (
    "ALLOWED_HOSTS BACKUP_KEY BACKUP_TO BEHIND_PROXY CACHE_URL CHASE_AFTER_DAYS DATABASE_REPLICA_URLS DATABASE_URL "
    "DEBUG DJANGO_SETTINGS_MODULE EMAIL_HOST ERRORS_DSN GEOCODER_URL HELP_NAME HELP_PHONE HOST HTTPS LICENCE "
    "LICENCE_URL LOCK_TIMEOUT LOG_FORMAT LOG_LEVEL MANAGERS MAP_CENTER MAP_ZOOM METRICS_ALLOWED "
    "OIDC_AUTHORIZATION_URL OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_CREATE_ACCOUNTS OIDC_EMAILS_VERIFIED "
    "OIDC_END_SESSION_URL OIDC_ISSUER OIDC_JWKS_URL OIDC_NAME OIDC_TOKEN_URL OIDC_USERINFO_URL PORT PRODUCER "
    "REFERENTS_MODERATED REPLICA_LAG_SECONDS SECOND_FACTOR SECRET_KEY SITE_CITY SITE_NAME SITE_URL STALE_AFTER_DAYS "
    "STATEMENT_TIMEOUT STRUCTURE_LINK_DAYS SUPPORT_EMAIL TILES_ATTRIBUTION TILES_URL VAR_DIR WEB_THREADS"
).split()


def environment(var: Path, **given: str) -> dict[str, str]:
    """Return a production environment; a blank variable hides what this machine's own environment or `.env` says."""
    clean = {name: value for name, value in os.environ.items() if name not in ASKED_BY_SETTINGS}
    blank = dict.fromkeys(ASKED_BY_SETTINGS, "") | {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings"}
    ours = {"SECRET_KEY": "only-for-the-tests-" * 3, "VAR_DIR": str(var), "ALLOWED_HOSTS": HOST}
    # gunicorn reads this one by itself, and takes no blank.
    return clean | blank | ours | {"WEB_CONCURRENCY": "2"} | given


def run(env: dict[str, str], *command: str) -> subprocess.CompletedProcess:
    """Run Python with these arguments, from the root of the project."""
    return subprocess.run([sys.executable, *command], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)


def manage(env: dict[str, str], *command: str) -> str:
    """Run a management command that has to succeed; return what it printed."""
    result = run(env, "manage.py", *command)
    assert result.returncode == 0, result.stderr
    return result.stdout


@cache
def installation() -> Path:
    """Return the VAR_DIR of a site ready to serve.

    Each worker of pytest-xdist has its own, copied from that of the first to come here.
    """
    folder = TemporaryDirectory(prefix="roubaix-map-")
    atexit.register(folder.cleanup)
    var = Path(folder.name)
    kept = Path(gettempdir()) / f"roubaix-map-kept-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    with alone(kept):
        if kept.exists():
            shutil.copytree(kept, var, dirs_exist_ok=True)
        else:
            install(var)
            shutil.copytree(var, kept)
            atexit.register(forget, kept)
    return var


@contextmanager
def alone(kept: Path) -> Iterator[None]:
    """Let one process of the machine in at a time."""
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def forget(kept: Path) -> None:
    with alone(kept):
        shutil.rmtree(kept)
        kept.with_suffix(".lock").unlink()


def install(var: Path) -> None:
    """Migrate, load the demonstration, make an account, collect the static files."""
    env = environment(var)
    manage(env, "migrate", "-v0")
    manage(env, "load_demo")
    manage(
        env | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD},
        *("createsuperuser", "--no-input", "--username", USER, "--email", ""),
    )
    manage(env, "collectstatic", "--no-input", "-v0")


@dataclass
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Browser:
    """Asks a server like a browser behind the proxy that ends TLS, and keeps its cookies."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        fields = fields | {"csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
        form = {"content_type": "application/x-www-form-urlencoded", "origin": f"https://{HOST}"}
        return self.ask("POST", path, urlencode(fields), **form)

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Ask once, without following redirections; `x_forwarded_for="…"` gives the header X-Forwarded-For."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(
                method,
                path,
                body,
                {"host": HOST, "x-forwarded-proto": "https"} | ({"cookie": cookie} if cookie else {}) | given,
            )
            answer = connection.getresponse()
            answer = Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", ()):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return answer

    def sign_in(self) -> Answer:
        self.get("/admin/login/")
        return self.post("/admin/login/", {"username": USER, "password": PASSWORD, "next": "/admin/"})


@dataclass
class Server:
    process: subprocess.Popen
    port: int
    log: Path

    def browser(self) -> Browser:
        return Browser(self.port)


@contextmanager
def serving(env: dict[str, str], log: Path) -> Iterator[Server]:
    """Serve with gunicorn, configured as we deploy it, on a port nobody else can take; stop at the end of the block.

    The socket listens before gunicorn starts: the first question waits until the server is there, or has given up.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"),
                *("--bind", f"fd://{listener.fileno()}", "roubaix_map.wsgi:application"),
            ],
            env=env,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            pass_fds=[listener.fileno()],
        )
        server = Server(process, listener.getsockname()[1], log)
    try:
        try:
            server.browser().get("/healthz")
        except ConnectionError as error:
            raise AssertionError(f"The server does not start:\n{log.read_text(encoding='utf-8')}") from error
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
