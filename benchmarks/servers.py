"""Databases full of places, collected static files, gunicorn and nginx serving them on loopback as in production."""

import os
import re
import shutil
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
NGINX = "/usr/sbin/nginx"
BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_static_module.so")  # Debian's


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
        "BEHIND_PROXY": "oui",
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
def gunicorn(
    env: dict[str, str], *, settings: str = "roubaix_map.settings", log: Path, workers: int = 2
) -> Iterator[int]:
    """Serve until the end of the block; give the port. Two workers unless told, as the product is served."""
    port = free_port()
    options = ["-c", str(CONFIGURATION)] if CONFIGURATION.exists() else ["-k", "gthread", "--threads", "4"]
    command = [sys.executable, "-m", "gunicorn", *options, "-w", str(workers), "-b", f"127.0.0.1:{port}"]
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


@contextmanager
def nginx(var: Path, nodes: list[int]) -> Iterator[int]:
    """Serve with the files of deploy/ before these ports until the end of the block; give the port.

    Without TLS, which every line of a table would pay alike, and with all the connections of one generator let in.
    """
    port, folder = free_port(), var / "nginx"
    (folder / "carte.d").mkdir(parents=True, exist_ok=True)
    if BROTLI.exists():
        shutil.copy(ROOT / "deploy" / "nginx" / "brotli.conf", folder / "carte.d")
    text = "\n".join((ROOT / "deploy" / "nginx" / name).read_text() for name in ("upstream.conf", "carte.conf"))
    node = next(line for line in text.splitlines() if "server 127.0.0.1:8000" in line)
    shared, _, servers = text.partition("# --- qui ne demande pas le site")
    ours = shared + servers[servers.index("server {\n    listen 443") :]
    ours = re.sub(r"^ *ssl_.*\n", "", ours, flags=re.MULTILINE)
    for written, here in {
        node: "\n".join(node.replace(":8000", f":{port}") for port in nodes),
        "listen 443 ssl http2": f"listen 127.0.0.1:{port}",
        "server_name carte.exemple.fr": "server_name 127.0.0.1",
        "limit_conn connections 100": "limit_conn connections 10000",
        "/srv/carte/var/static/": f"{var}/static/",
        "/srv/carte/deploy": f"{ROOT}/deploy",
        "/etc/nginx/carte.d": f"{folder}/carte.d",
        "/var/cache/nginx/carte": f"{folder}/cache",
        "/var/log/nginx/carte.log": f"{folder}/error.log",
    }.items():
        if written not in ours:
            raise RuntimeError(f"deploy/nginx no longer says {written!r}")
        ours = ours.replace(written, here)
    begin = f"load_module {BROTLI};" if BROTLI.exists() else ""
    begin += "user root;" if os.geteuid() == 0 else ""
    file = folder / "nginx.conf"
    file.write_text(
        f"{begin} worker_processes auto; pid {folder}/pid; events {{ worker_connections 4096; }}\n"
        f"http {{ include /etc/nginx/mime.types; sendfile on; tcp_nopush on; access_log off;\n{ours}\n}}\n"
    )
    log = folder / "start.log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [NGINX, "-c", file, "-e", folder / "error.log", "-g", "daemon off;"], stdout=out, stderr=out
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
    raise RuntimeError(f"no answer, see {log}")
