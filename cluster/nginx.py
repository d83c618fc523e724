"""nginx before the nodes, with the files of deploy/, on ports of loopback and under the name localhost."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from cluster.enclosure import ROOT
from cluster.engine import Engine
from tests import certificates
from tests.nginx import HAS_BROTLI, MAIN, NODE, find

NAME = "localhost"
DEPLOY = ROOT / "deploy"
WRITTEN = "carte.exemple.fr"  # the name of the site in deploy/


def rendered(folder: Path, *, http: int, https: int, nodes: list[int], main: str) -> dict[str, str]:
    """Return the files of nginx by name: Debian's main one, and ours of deploy/ with the paths and ports of here."""
    files = {path.name: path.read_text(encoding="utf-8") for path in (DEPLOY / "nginx").glob("*.conf")}
    node = next(line for line in files["upstream.conf"].splitlines() if NODE in line)
    certificate = folder / "certificate.pem"
    for name, written, here in (
        ("upstream.conf", node, "\n".join(node.replace(NODE, f"server 127.0.0.1:{port}") for port in nodes)),
        ("carte.conf", "/etc/nginx/carte.d", f"{folder}/carte.d"),
        ("carte.conf", f"/etc/letsencrypt/live/{WRITTEN}/fullchain.pem", f"{certificate}"),
        ("carte.conf", f"/etc/letsencrypt/live/{WRITTEN}/privkey.pem", f"{certificate}"),
        ("carte.conf", f"https://{WRITTEN}", f"https://{NAME}:{https}"),
        ("carte.conf", WRITTEN, NAME),
        ("carte.conf", "listen 80", f"listen 127.0.0.1:{http}"),
        ("carte.conf", "listen 443", f"listen 127.0.0.1:{https}"),
        ("carte.conf", "/srv/carte/deploy/nginx/proxy.conf", f"{folder}/proxy.conf"),
        ("carte.conf", "/srv/carte/deploy", f"{DEPLOY}"),
        ("carte.conf", "/srv/carte/var/static/", f"{folder}/var/static/"),
        ("carte.conf", "/var/cache/nginx/carte", f"{folder}/cache"),
        ("carte.conf", "/var/log/nginx/carte.log", f"{folder}/nginx.log"),
        # The application has to know the port that a browser adds to the name.
        ("proxy.conf", "Host $host;", f"Host $host:{https};"),
    ):
        if written not in files[name]:
            raise ValueError(f"deploy/nginx/{name} : « {written} » n’y est plus.")
        files[name] = files[name].replace(written, here)
    ours = f"include {folder}/upstream.conf;\n    include {folder}/carte.conf;"
    main = main.replace("include /etc/nginx/conf.d/*.conf;", ours).replace("include /etc/nginx/sites-enabled/*;", "")
    main = main.replace("/run/nginx.pid", f"{folder}/nginx.pid").replace("/var/log/nginx", str(folder))
    return files | {"nginx.conf": main.replace("user www-data;", "user root;")}


class Proxy(Engine):
    def __init__(self, name: str, folder: Path, *, http: int, https: int, nodes: list[int]):
        super().__init__(name, https, folder)
        self.certificate = certificates.write(folder / "certificate.pem", NAME, datetime.now(UTC))
        if HAS_BROTLI:
            (folder / "carte.d").mkdir()
            shutil.copy(DEPLOY / "nginx" / "brotli.conf", folder / "carte.d")
        main = MAIN.read_text(encoding="utf-8")
        for file, text in rendered(folder, http=http, https=https, nodes=nodes, main=main).items():
            (folder / file).write_text(text, encoding="utf-8")

    def command(self):
        return [find(), "-c", self.folder / "nginx.conf", "-e", self.log, "-g", "daemon off;"]
