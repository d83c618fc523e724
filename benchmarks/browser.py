"""What a person waits for in Chromium with a four times slower processor on slow 4G: paint, markers, one filter.

    python -m benchmarks.browser [--sizes 40,25000] [--rounds 5]

Every round opens, in turn and with an empty cache, a bare Leaflet page with one marker (the same Leaflet, from the
same kind of server), then the list at each size; ratios are taken inside a round, then their median. "Markers" is when
the first one is in the page; "filter", from the click to the new results and markers; "page", from the address to the
markers of the same question asked as a page.
"""

import argparse
import gzip
import os
from contextlib import ExitStack, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from threading import Thread

from playwright.sync_api import sync_playwright

from benchmarks import servers
from benchmarks.weight import FLAGS, TILES

SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 93_750}
SLOWER = 4  # times, the processor
AT_CITY, AT_BARE, OF_PAGE = 1.3, 1.5, 0.5  # the targets, see README
WATCH = """
window.seen = {};
new MutationObserver(() => {
  if (!window.seen.marker && document.querySelector(".leaflet-marker-icon")) window.seen.marker = performance.now();
}).observe(document, { childList: true, subtree: true });
"""
BARE = b"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Leaflet</title>
<link rel="stylesheet" href="/leaflet.css"><style>#m{height:700px}</style></head><body><div id="m"></div>
<script src="/leaflet.js"></script><script>const m = L.map("m").setView([50.69, 3.18], 14);
L.tileLayer("%s").addTo(m); L.marker([50.69, 3.18], {icon: L.divIcon()}).addTo(m);</script></body></html>"""
FILTER = """() => new Promise((done) => {
  const start = performance.now(), map = document.querySelector("places-map");
  const results = document.getElementById("resultats");
  const look = () => {
    const isNew = document.getElementById("resultats") !== results && window.drawings > 0;
    isNew ? done(performance.now() - start) : requestAnimationFrame(look);
  };
  window.drawings = 0;
  const drawn = { attributes: true, attributeFilter: ["data-drawn"] };
  new MutationObserver(() => (window.drawings += 1)).observe(map, drawn);
  document.querySelector("input[name=services][value=demarches-administratives]").click();
  look();
})"""


@cache
def leaflet() -> Path:
    """The Leaflet of the product, found without importing django-leaflet, which wants settings."""
    (package,) = find_spec("leaflet").submodule_search_locations
    return Path(package) / "static" / "leaflet"


class BareLeaflet(BaseHTTPRequestHandler):
    """One page, one script, one style, compressed."""

    def do_GET(self):
        folder = leaflet()
        known = {
            "/leaflet.css": ("text/css", folder / "leaflet.css"),
            "/leaflet.js": ("text/javascript", folder / "leaflet.js"),
        }
        kind, path = known.get(self.path, ("text/html", None))
        body = gzip.compress(path.read_bytes() if path else BARE % TILES.encode())
        self.send_response(200)
        for name, value in (("Content-Type", kind), ("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def bare_leaflet():
    server = ThreadingHTTPServer(("127.0.0.1", 0), BareLeaflet)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def visit(browser, address: str, *, filter_too: bool) -> dict[str, float]:
    """Open an address with an empty cache; return milliseconds of first paint, markers, and a filter change."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="fr-FR")
    page = context.new_page()
    page.add_init_script(WATCH)
    tools = context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_4G)
    page.goto(address, wait_until="load", timeout=120_000)
    page.locator(".leaflet-marker-icon").first.wait_for(state="attached", timeout=120_000)
    seen = {
        "paint": page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
        "markers": page.evaluate("window.seen.marker"),
    }
    if filter_too:
        page.wait_for_timeout(1500)
        seen["filter"] = page.evaluate(FILTER)
    context.close()
    return seen


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    urls = {size: servers.database(size, asked.var, asked.database_url) for size in asked.sizes}
    servers.collect_static(asked.var)
    rounds: list[dict[str, dict[str, float]]] = []
    with ExitStack() as running:
        ports = {}
        for size, url in urls.items():
            env = servers.environment(asked.var, url) | {"TILES_URL": TILES}
            ports[size] = running.enter_context(servers.gunicorn(env, log=asked.var / f"browser-{size}.log"))
        bare = running.enter_context(bare_leaflet())
        playwright = running.enter_context(sync_playwright())
        chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        for _round in range(asked.rounds):
            seen = {"bare": visit(browser, f"http://127.0.0.1:{bare}/", filter_too=False)}
            for size, port in ports.items():
                site = f"http://127.0.0.1:{port}/lieux/"
                seen[str(size)] = visit(browser, site, filter_too=True)
                asked_page = f"{site}?services=demarches-administratives"
                seen[str(size)]["page"] = visit(browser, asked_page, filter_too=False)["markers"]
            rounds.append(seen)
        browser.close()
    report(rounds, asked.sizes)


def report(rounds: list[dict[str, dict[str, float]]], sizes: list[int]) -> None:
    print(f"\n{'milliseconds':14}{'first paint':>12}{'markers':>10}{'filter':>10}{'as a page':>11}")
    for name in rounds[0]:
        cells = [middle(rounds, name, what) for what in ("paint", "markers", "filter", "page")]
        print(
            f"{name:14}"
            + "".join(f"{cell:>{w}.0f}" if cell else " " * w for cell, w in zip(cells, (12, 10, 10, 11), strict=True))
        )
    small, large = str(sizes[0]), str(sizes[-1])
    print("\nTargets")
    say(
        f"markers at {large}: at most {AT_CITY} times {small}",
        times(rounds, (large, "markers"), (small, "markers")),
        AT_CITY,
    )
    say(
        f"markers at {large}: at most {AT_BARE} times a bare Leaflet page",
        times(rounds, (large, "markers"), ("bare", "markers")),
        AT_BARE,
    )
    say(
        f"a filter at {large}: at most {OF_PAGE} times a page",
        times(rounds, (large, "filter"), (large, "page")),
        OF_PAGE,
    )


def middle(rounds, name: str, what: str) -> float | None:
    values = [seen[name][what] for seen in rounds if what in seen[name]]
    return median(values) if values else None


def times(rounds, one: tuple[str, str], other: tuple[str, str]) -> float:
    return median(seen[one[0]][one[1]] / seen[other[0]][other[1]] for seen in rounds)


def say(target: str, seen: float, most: float) -> None:
    print(f"  {'reached    ' if seen <= most else 'NOT REACHED'}  {seen:6.2f}  {target}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[40, 25_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    run(parser.parse_args())
