"""Databases full of places, collected static files, and gunicorn serving them on loopback as in production."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.places import ROOT, fingerprint

PORTS = range(8400, 8500)
CONFIGURATION = ROOT / "deploy" / "gunicorn.conf.py"
SEED = 1


def environment(var: Path, database_url: str) -> dict[str, str]:
    """Return production settings, plain HTTP; nothing of this machine's `.env` decides."""
    own = {
        "VAR_DIR": str(var),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "only-for-the-benchmarks-" * 3,
        "DEBUG": "non",
        "HTTPS": "non",
        "LOG_LEVEL": "INFO",
        "ALLOWED_HOSTS": "127.0.0.1",
        "WEB_CONCURRENCY": "2",
    }
    return os.environ | own


def database(size: int, var: Path, template: str) -> str:
    """Return the address of a database of `size` places, filled at the first run and kept for the next ones."""
    url = template.format(size=size, var=var, fingerprint=fingerprint(SEED))
    fill = [sys.executable, "-m", "benchmarks.places", str(size), "--seed", str(SEED)]
    subprocess.run(fill, env=environment(var, url), cwd=ROOT, check=True)
    return url


def collect_static(var: Path) -> None:
    """Put hashed and compressed static files where the server looks for them."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, env=environment(var, "sqlite://:memory:"), cwd=ROOT, check=True)


@contextmanager
def gunicorn(env: dict[str, str], *, settings: str = "roubaix_map.settings", log: Path) -> Iterator[int]:
    """Serve until the end of the block; give the port. Two workers, as the product is served."""
    port = free_port()
    options = ["-c", str(CONFIGURATION)] if CONFIGURATION.exists() else ["-k", "gthread", "--threads", "4"]
    command = [sys.executable, "-m", "gunicorn", *options, "-w", "2", "-b", f"127.0.0.1:{port}"]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [*command, "roubaix_map.wsgi:application"],
            env=env | {"DJANGO_SETTINGS_MODULE": settings},
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("No free port from 8400 to 8499.")


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Return when something answers, be it 404; give up when the server has stopped or after 30 seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"gunicorn does not answer, see {log}")
