"""What a first visit downloads: every request of the first page in Chromium, tiles apart, as it crosses the network.

python -m benchmarks.weight [--path /lieux/] [--nginx]

With --nginx, through nginx as in deploy/, without TLS and in HTTP/1.1; else from the application alone.
"""

import argparse
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from benchmarks import servers

TARGET = 100_000  # bytes
TILES = "http://127.0.0.1:8499/tile/{z}/{x}/{y}.png"  # nobody answers there: nothing leaves this machine
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


@dataclass
class Download:
    """One answer: its address, how it was compressed, and its bytes on the network, of which its headers."""

    address: str
    encoding: str = ""
    bytes: int = 0
    headers: int = 0

    @property
    def is_tile(self) -> bool:
        return self.address.startswith(TILES.partition("{")[0])

    @property
    def is_leaflet(self) -> bool:
        return "/leaflet/" in self.address


def measure(database_url: str, var: Path, path: str = "/lieux/", *, nginx: bool = False) -> list[Download]:
    """Open a page of the product in a browser that knows nothing yet; return all that it downloaded."""
    env = servers.environment(var, database_url) | {"TILES_URL": TILES}
    with ExitStack() as running:
        port = running.enter_context(servers.gunicorn(env, log=var / "weight.log"))
        if nginx:
            port = running.enter_context(servers.nginx(var, [port]))
        playwright = running.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS.split()
        )
        page = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR").new_page()
        tools = page.context.new_cdp_session(page)
        tools.send("Network.enable")
        downloads: dict[str, Download] = {}

        def asked(event):
            downloads[event["requestId"]] = Download(event["request"]["url"])

        def answered(event):
            download, response = downloads[event["requestId"]], event["response"]
            download.headers = response["encodedDataLength"]
            names = {name.lower(): value for name, value in response["headers"].items()}
            download.encoding = names.get("content-encoding", "")

        def finished(event):
            downloads[event["requestId"]].bytes = event["encodedDataLength"]

        tools.on("Network.requestWillBeSent", asked)
        tools.on("Network.responseReceived", answered)
        tools.on("Network.loadingFinished", finished)
        page.goto(f"http://127.0.0.1:{port}{path}", wait_until="networkidle")
        page.wait_for_timeout(1_000)
        browser.close()
    return [download for download in downloads.values() if not download.address.startswith("data:")]


def report(downloads: list[Download], *, brief: bool = False) -> None:
    """Print every download, tiles apart, their sum, and whether the target is reached."""
    ours = [download for download in downloads if not download.is_tile]
    total = sum(download.bytes for download in ours)
    if not brief:
        print(f"{'bytes':>8} {'headers':>8}")
        for download in sorted(ours, key=lambda download: -download.bytes):
            print(
                f"{download.bytes:>8} {download.headers:>8}  {download.encoding or '-':5}"
                f"{urlsplit(download.address).path}"
            )
        leaflet = sum(download.bytes for download in ours if download.is_leaflet)
        tiles = len(downloads) - len(ours)
        headers = sum(download.headers for download in ours)
        print(
            f"{total:>8} {headers:>8}  in {len(ours)} requests, of which Leaflet {leaflet}; {tiles} tiles not counted"
        )
    verdict = "reached    " if total <= TARGET else "NOT REACHED"
    print(f"  {verdict}  {total / 1000:6.1f}  first page: at most {TARGET // 1000} KB compressed, tiles apart")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", default="/lieux/")
    parser.add_argument("--nginx", action="store_true", help="through nginx as in deploy/")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    asked = parser.parse_args()
    asked.var.mkdir(parents=True, exist_ok=True)
    url = servers.database(40, asked.var, "sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    servers.collect_static(asked.var)
    report(measure(url, asked.var, asked.path, nginx=asked.nginx))
