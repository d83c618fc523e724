"""nginx as deploy/ configures it, in Debian's own main file, on ports of loopback; `python -m tests.nginx` finds it."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.production import HOST, ROOT

MAIN = Path("/etc/nginx/nginx.conf")
# Debian's module, loaded by its main file: without it, static files are only squeezed by gzip.
HAS_BROTLI = any(Path("/etc/nginx/modules-enabled").glob("*brotli-static*"))
NODE = "server 127.0.0.1:8000"


def find() -> str | None:
    return shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")


def configuration(folder: Path, *, applications: Sequence[int], static: Path, http: int = 80, https: int = 443) -> Path:
    """Write Debian's nginx.conf around the files of deploy/, with the paths and ports of a test."""
    ours = "\n".join((ROOT / "deploy" / "nginx" / name).read_text() for name in ("upstream.conf", "carte.conf"))
    node = next(line for line in ours.splitlines() if NODE in line)
    (folder / "carte.d").mkdir(exist_ok=True)
    if HAS_BROTLI:
        shutil.copy(ROOT / "deploy" / "nginx" / "brotli.conf", folder / "carte.d")
    for written, tested in {
        node: "\n".join(node.replace(NODE, f"server 127.0.0.1:{port}") for port in applications),
        "/etc/nginx/carte.d": f"{folder}/carte.d",
        "listen 80": f"listen 127.0.0.1:{http}",
        "listen 443": f"listen 127.0.0.1:{https}",
        "/srv/carte/var/static/": f"{static}/",
        "/srv/carte/deploy": f"{ROOT}/deploy",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": f"{folder}/certificate.pem",
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": f"{folder}/certificate.pem",
        "/var/cache/nginx/carte": f"{folder}/cache",
        "/var/log/nginx/carte.log": f"{folder}/error.log",
        # A second is enough to see what a few seconds do.
        "header_timeout 10s": "header_timeout 1s",
        "body_timeout 10s": "body_timeout 1s",
    }.items():
        assert written in ours, written
        ours = ours.replace(written, tested)
    (folder / "carte.conf").write_text(ours)
    main = MAIN.read_text().replace("include /etc/nginx/conf.d/*.conf;", f"include {folder}/carte.conf;")
    main = main.replace("include /etc/nginx/sites-enabled/*;", "").replace("www-data", "root")
    main = main.replace("/run/nginx.pid", f"{folder}/pid").replace("/var/log/nginx", str(folder))
    file = folder / "nginx.conf"
    file.write_text(main)
    return file


@contextmanager
def running(folder: Path, *, applications: Sequence[int], static: Path) -> Iterator[tuple[int, int]]:
    """Serve until the end of the block; give the ports of http and https."""
    http, https = (_free_port() for _ in range(2))
    file = configuration(folder, applications=applications, static=static, http=http, https=https)
    log = folder / "error.log"
    with (folder / "nginx.out").open("wb") as out:
        process = subprocess.Popen([find(), "-c", file, "-e", log, "-g", "daemon off;"], stdout=out, stderr=out)
    try:
        while True:
            assert process.poll() is None, (folder / "nginx.out").read_text() + log.read_text()
            try:
                socket.create_connection(("127.0.0.1", https), 1).close()
                break
            except ConnectionRefusedError:
                continue
        yield http, https
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


if __name__ == "__main__":
    sys.exit(0 if find() else 1)
