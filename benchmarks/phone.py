"""A resident's first visit on a small slow telephone, from /trouver/ to the first result, beside the page of the list.

    python -m benchmarks.phone [--rounds 5]

360 by 740, a processor four times slower, slow 4G (150 ms, 1.6 Mb/s), nothing in the cache. Each round walks the three
questions, tapping as soon as the next screen is there, then opens /lieux/: bytes of the network with their headers,
first contentful paint, time to the first result. What the telephone keeps afterwards to do without network is apart: it
is asked for once the first page is done, never when data is to be saved.
"""

import argparse
import gzip
import json
import os
import re
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import servers
from benchmarks.browser import SLOW_4G, SLOWER
from benchmarks.weight import FLAGS, TILES

BUDGET = 60_000  # bytes
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TAPS = ('a[href*="besoin=caf"]', ".answers:last-child a", ".answers a[href*='resultats']:last-child")
PAINT = """() => new Promise((done) => {
  const look = () => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    paint ? done(paint.startTime) : requestAnimationFrame(look);
  };
  look();
})"""


@dataclass
class Visit:
    """What one visit took: milliseconds, and bytes by address."""

    paint: float = 0
    result: float = 0
    downloads: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(size for address, size in self.downloads.items() if not address.startswith(TILES.partition("{")[0]))


def visit(browser: Browser, address: str, taps: tuple[str, ...], result: str) -> Visit:
    """Open an address on a telephone that knows nothing yet, tap through, and wait for the first result."""
    page = browser.new_context(**PHONE, locale="fr-FR", service_workers="block").new_page()
    done = Visit()
    watch(page, done)
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    done.paint = page.evaluate(PAINT)
    for tap in taps:
        page.locator(tap).last.tap()
    page.locator(result).first.wait_for()
    page.evaluate(PAINT)
    done.result = (time.perf_counter() - start) * 1_000
    page.wait_for_load_state("networkidle")
    page.context.close()
    return done


def watch(page: Page, done: Visit) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW_4G)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    asked: dict[str, str] = {}

    def finished(event):
        address = asked[event["requestId"]]
        done.downloads[address] = done.downloads.get(address, 0) + event["encodedDataLength"]

    tools.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    tools.on("Network.loadingFinished", finished)


def kept(origin: str, seen: set[str]) -> dict[str, int]:
    """Return the bytes of what the telephone keeps, compressed, and that the visit had not downloaded."""
    sizes = {path: len(fetched(origin + path)) for path in ("/trouver/sw.js", "/trouver/pages.json")}
    files = json.loads(gzip.decompress(fetched(f"{origin}/trouver/pages.json")))["files"]
    while files:
        path = files.pop()
        if path not in sizes:
            sizes[path] = len(fetched(origin + path))
            files += [urljoin(path, name) for name in imported(origin + path)]
    return {path: size for path, size in sizes.items() if path not in seen}


def imported(address: str) -> list[str]:
    """Return the modules that a module imports."""
    if not address.endswith(".js"):
        return []
    with urllib.request.urlopen(address, timeout=60) as answer:
        return re.findall(r'\b(?:from|import) ?"(\.[^"]+)"', answer.read().decode())


def fetched(address: str) -> bytes:
    asking = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asking, timeout=60) as answer:
        return answer.read()


def measure(database_url: str, var: Path, rounds: int) -> None:
    env = servers.environment(var, database_url) | {"TILES_URL": TILES}
    with servers.gunicorn(env, log=var / "phone.log") as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS.split()
        )
        origin = f"http://127.0.0.1:{port}"
        visits: dict[str, list[Visit]] = {"/trouver/": [], "/lieux/": []}
        for _round in range(rounds + 1):
            visits["/trouver/"].append(visit(browser, f"{origin}/trouver/", TAPS, ".place"))
            visits["/lieux/"].append(visit(browser, f"{origin}/lieux/", (), ".places li"))
        browser.close()
        print(f"{'':12} {'bytes':>8} {'requests':>9} {'first paint':>12} {'first result':>13}")
        for path, (_warm, *measured) in visits.items():
            last = measured[-1]
            paint, result = (median(getattr(one, name) for one in measured) for name in ("paint", "result"))
            print(f"{path:12} {last.bytes:>8} {len(last.downloads):>9} {paint:>9.0f} ms {result:>10.0f} ms")
        first = visits["/trouver/"][-1]
        for address, size in sorted(first.downloads.items(), key=lambda item: -item[1]):
            print(f"    {size:>8}  {urlsplit(address).path}")
        more = kept(origin, {urlsplit(address).path for address in first.downloads})
        print(f"{sum(more.values()):>12} bytes more, later, to do without network:")
        for path, size in more.items():
            print(f"    {size:>8}  {path}")
    verdict = "reached    " if first.bytes <= BUDGET else "NOT REACHED"
    print(f"  {verdict}  {first.bytes / 1000:6.1f}  from /trouver/ to the first result: at most {BUDGET // 1000} KB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    asked = parser.parse_args()
    asked.var.mkdir(parents=True, exist_ok=True)
    url = servers.database(40, asked.var, "sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    servers.collect_static(asked.var)
    measure(url, asked.var, asked.rounds)
