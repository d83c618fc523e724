"""From a city to a country: the server's time and the bytes of each kind of answer, without the network.

    python -m benchmarks.scale [--sizes 40,2000,25000,1000000] [--rounds 5] [--only map]
                               [--database-url 'postgres://bench@127.0.0.1:8450/places_{size}']

One process asks the whole product (middlewares, view, template) through Django's test client, another question each
time so that no answer was kept (the first page apart, which everybody asks for); then the middle of the rounds. The
time is that of the processors, in this process and, on a PostgreSQL of this machine, in the one that it gives to it,
left alone with its work (no parallel workers); of the clock, on a PostgreSQL elsewhere.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise, repeat
from pathlib import Path
from statistics import median

from benchmarks import servers
from benchmarks.requests import TUESDAY, asking, questions, say

REGION, COUNTRY = 25_000, 1_000_000
FEW_BYTES = 1_000  # of the counts per cell of a whole screen, compressed
START = {"autour": "Mairie", "point": "50.69153,3.17604"}
NOW = {"quand": "maintenant"}
# What a screen of 1366 × 768 shows of the map at three heights, the city, the region, the country.
CITY_VIEW = {"bbox": "3.12000,50.67000,3.24000,50.71000", "zoom": "13"}
REGION_VIEW = {"bbox": "1.20000,49.20000,4.60000,51.10000", "zoom": "8"}
COUNTRY_VIEW = {"bbox": "-5.50000,41.20000,10.00000,51.30000", "zoom": "6"}
RARE = ("lannoy creil", "lannoy laon", "lannoy abbeville", "lannoy cambrai", "lannoy croix", "lannoy maubeuge")
COMMON = ("mediatheque", "association", "centre social", "mairie annexe", "quartier", "jaures")
# Each of them one error away from a word of places, and known to nobody.
TYPED_WRONG = ("mediathequr", "asociation", "quarteir", "tourcoign", "valencienes", "compiegnr")


@dataclass(frozen=True)
class Page:
    """One line of the table, the addresses it asks, and the targets it has."""

    name: str
    paths: Callable[[], Iterator[str]]
    filtered: bool = False  # at 25,000, at most twice its time at 2,000
    map: bool = False  # at most 30 KB, compressed
    country: bool = False  # may take longer for a country than for a region
    cold: bool = False  # just after a change of a place: nothing was kept of an earlier answer


def listed(more: dict, seed: int = 1) -> Iterator[str]:
    return (asking("/lieux/", question | more) for question in questions(seed))


def mapped(view: dict, seed: int = 1) -> Iterator[str]:
    return (asking("/lieux.geojson", question | view) for question in questions(seed))


def searched(words: tuple[str, ...]) -> Iterator[str]:
    return (asking("/lieux/", {"q": word}) for word in words)


PAGES = (
    Page("first page", lambda: repeat("/lieux/")),
    Page("first page, data changed", lambda: repeat("/lieux/"), country=True, cold=True),
    Page("filtered", lambda: listed({}), filtered=True),
    Page("filtered, nearest", lambda: listed(START, seed=3), filtered=True),
    Page("filtered, 10 min on foot", lambda: listed(START | {"minutes": "10"}, seed=4), filtered=True),
    Page("filtered, open now", lambda: listed(NOW, seed=5), filtered=True),
    Page("filtered, a Tuesday", lambda: listed(TUESDAY, seed=6), filtered=True),
    Page("a rare word", lambda: searched(RARE), filtered=True),
    Page("a common word", lambda: searched(COMMON), filtered=True),
    Page("a typing error", lambda: searched(TYPED_WRONG), filtered=True),
    Page("a process begins", lambda: repeat(""), country=True),
    Page("facets alone", lambda: listed({}, seed=2)),
    Page("map of all", lambda: repeat("/lieux.geojson"), map=True, country=True, cold=True),
    Page("map, city", lambda: repeat(asking("/lieux.geojson", CITY_VIEW)), map=True, cold=True),
    Page("map, region", lambda: repeat(asking("/lieux.geojson", REGION_VIEW)), map=True, cold=True),
    Page("map, country", lambda: repeat(asking("/lieux.geojson", COUNTRY_VIEW)), map=True, country=True, cold=True),
    Page("map, city, filtered", lambda: mapped(CITY_VIEW), map=True, cold=True),
    Page("map, region, filtered", lambda: mapped(REGION_VIEW, seed=7), map=True, cold=True),
    Page("map, country, filtered", lambda: mapped(COUNTRY_VIEW, seed=8), map=True, country=True, cold=True),
)


def ask(only: str, rounds: int) -> None:
    """Ask every page of the configured database and print, as JSON lines, its milliseconds and bytes."""
    import django

    django.setup()

    from django.core.cache import cache
    from django.db import connection
    from django.http import QueryDict
    from django.test import Client

    from places import bitmaps
    from places.filters import PlaceFilter

    bitmaps.current()
    clock = clock_of(connection)
    client = Client(headers={"host": "127.0.0.1"})
    for page in PAGES:
        if only not in page.name:
            continue
        times, bytes_ = [], []
        for number, path in enumerate(islice(page.paths(), rounds + 1)):
            if page.cold:
                cache.clear()
                change(number)
            start = clock()
            if page.name == "a process begins":  # and reads who offers what, once, at its first question
                bitmaps.forget()
                bitmaps.current()
                body = b""
            elif page.name == "facets alone":
                PlaceFilter(QueryDict(path.partition("?")[2])).sections()
                body = b""
            else:
                answer = client.get(path)
                if answer.status_code != 200:
                    sys.exit(f"{path} answers {answer.status_code}")
                body = answer.content
            if number:  # the first one warms the process
                times.append((clock() - start) * 1000)
                bytes_.append(len(gzip.compress(body)))
        print(json.dumps({"page": page.name, "ms": median(times), "bytes": max(bytes_)}), flush=True)


def clock_of(connection) -> Callable[[], float]:
    """Return what tells the seconds of work so far, whatever else the machine does."""
    if connection.vendor == "sqlite":
        return time.process_time
    connection.ensure_connection()
    work = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    if not work.exists():
        return time.perf_counter
    return lambda: time.process_time() + int(work.read_text().split()[0]) / 1e9


def change(number: int) -> None:
    """Change one place, as a moderator does: whatever was counted of the places is old."""
    from places import history, lexicon
    from places.models import Place, Revision

    place = Place.objects.get(pk=f"banc-{servers.SEED}-{number:07}")
    place.services = {*place.services} ^ {*lexicon.entries("services")[:1]}
    history.save([place], origin=Revision.Origin.COMMAND)


def measure(size: int, asked: argparse.Namespace) -> dict[str, dict]:
    """Return what a process of its own saw of each page, at one size."""
    url = servers.database(size, asked.var, asked.database_url)
    env = servers.environment(asked.var, url)
    env |= {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings", "LOG_LEVEL": "WARNING"}
    env["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"
    command = [sys.executable, "-m", "benchmarks.scale", "--ask", "--only", asked.only, "--rounds", str(asked.rounds)]
    seen = {}
    with subprocess.Popen(command, env=env, cwd=servers.ROOT, stdout=subprocess.PIPE, text=True) as asking_it:
        for line in asking_it.stdout:
            one = json.loads(line)
            seen[one["page"]] = one
            print(f"  {size:>9,} {one['page']:26}{one['ms']:>10.1f} ms{one['bytes']:>9,} bytes", flush=True)
    if asking_it.returncode:
        sys.exit(asking_it.returncode)
    return seen


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    servers.collect_static(asked.var)
    seen = {size: measure(size, asked) for size in asked.sizes}
    pages = [page for page in PAGES if asked.only in page.name]
    show(pages, seen)
    targets(pages, seen)


def show(pages: list[Page], seen: dict[int, dict]) -> None:
    """Print the milliseconds, what each size costs beside the one before, and the bytes, compressed."""
    sizes = list(seen)
    print(f"\n{'':26}" + "".join(f"{size:>11,}" for size in sizes), end="")
    print("".join(f"{f'×{after // before}':>8}" for before, after in pairwise(sizes)), end="")
    print("".join(f"{'bytes':>9}" for _size in sizes))
    for page in pages:
        times = [seen[size][page.name]["ms"] for size in sizes]
        print(f"{page.name:26}" + "".join(f"{ms:>8.1f} ms" for ms in times), end="")
        print("".join(f"{after / before:>8.2f}" for before, after in pairwise(times)), end="")
        print("".join(f"{seen[size][page.name]['bytes']:>9,}" for size in sizes))


def targets(pages: list[Page], seen: dict[int, dict]) -> None:
    print("\nTargets")

    def times(page: Page, size: int, other: int) -> float:
        return seen[size][page.name]["ms"] / seen[other][page.name]["ms"]

    region = seen.get(REGION)
    for page in pages:
        if page.filtered and region and 2_000 in seen:
            slower = times(page, REGION, 2_000)
            say(f"{page.name}: at {REGION:,}, at most twice its time at 2,000", slower, slower <= 2)
    for page in pages:
        if page.map:
            kilobytes = max(of_size[page.name]["bytes"] for of_size in seen.values()) / 1000
            say(f"{page.name}: at most 30 KB", kilobytes, kilobytes <= 30)
    if region and COUNTRY in seen:
        for page in pages:
            if not page.country:
                slower = times(page, COUNTRY, REGION)
                say(f"{page.name}: at {COUNTRY:,}, at most 3 times its time at {REGION:,}", slower, slower <= 3)
            if before := region[page.name]["bytes"]:
                # Longer numbers are no growth; nor is a country, on a map, where there was a region alone.
                after = seen[COUNTRY][page.name]["bytes"]
                words = f"no more bytes than at {REGION:,}" + (
                    f", or {FEW_BYTES:,} for the country" if page.map else ""
                )
                say(
                    f"{page.name}: at {COUNTRY:,}, {words}",
                    after / before,
                    after <= before * 1.05 or (page.map and after <= FEW_BYTES),
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [40, 2_000, REGION, COUNTRY]
    parser.add_argument("--sizes", type=lambda text: sorted(int(n) for n in text.split(",")), default=sizes)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the pages whose name contains this")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ask:
        ask(asked.only, asked.rounds)
    else:
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        run(asked)
