"""Requests per second and latency of the public pages, beside a bare view that answers as many bytes, in one run.

    python -m benchmarks.requests [--sizes 40,2000,25000] [--seconds 5] [--rounds 5] [--only map]
                                  [--database-url 'postgres://bench@127.0.0.1:8450/places_{size}']

All servers run from the beginning to the end; every round asks each of them in turn (page, bare view, bare view in an
empty project, next size…), so that what else the machine does falls on all. Ratios are taken inside a round, then their
median over the rounds. "Same" asks one question again and again; "new" asks another one each time.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, islice, repeat
from pathlib import Path
from random import Random
from statistics import median
from urllib.parse import quote, urlencode

from benchmarks import servers, weight
from benchmarks.load import Burst, Connection, burst
from benchmarks.places import KINDS, PEOPLE, QUARTERS, TOWNS, values
from places.vocabularies import VOCABULARIES

HTML, GEOJSON = "text/html; charset=utf-8", "application/geo+json"
MAP_TARGET = 0.5  # times the bare view, at the smallest size
FILTER_TARGET = 3  # times the smallest size, at the largest
VIEW = {"bbox": "3.15800,50.68200,3.20500,50.69900", "zoom": "14"}
ASKED = {"services": ["demarches-administratives", "outils-du-quotidien"], "modalites_acces": ["se-presenter"]}
TODAY = datetime.now(UTC).date()
TUESDAY = {"quand": "choisi", "jour": f"{TODAY + timedelta(days=8 - TODAY.weekday())}", "heure": "10:00"}
USUAL = (
    "services",
    "services",
    "demarches",
    "langues",
    "materiel",
    "publics_specifiquement_adresses",
    "frais_a_charge",
)


def questions(seed: int) -> Iterator[dict]:
    """Yield questions as people tick them, some terms of one list, seldom of two; never the same one twice."""
    chance = Random(seed)
    seen = set()
    while True:
        lists = sorted({chance.choice(USUAL) for _ in range(chance.choice((1, 1, 2)))})
        question = {name: terms(chance, name) for name in lists}
        if chance.random() < 0.1:
            question[f"{lists[0]}_op"] = "et"
        if (key := str(question)) not in seen:
            seen.add(key)
            yield question


def words(seed: int) -> Iterator[dict]:
    """Yield one to three words as people type them in the search box, never the same ones twice."""
    chance = Random(seed)
    known = [*PEOPLE, *QUARTERS, *(kind[0] for kind in KINDS), *(town[0] for town in TOWNS), "caf", "imprimante"]
    seen = set()
    while True:
        sentence = " ".join(chance.sample(known, chance.choice((1, 1, 2)))).lower()
        # Words that begin words: « jean ja » is a question as good as « jean jaurès ».
        sentence = sentence[: chance.randrange(3, 20)].strip()
        if sentence not in seen:
            seen.add(sentence)
            yield {"q": sentence}


def terms(chance: Random, vocabulary: str) -> list[str]:
    """Return one to four slugs of a list."""
    seeds = VOCABULARIES[vocabulary].seeds
    return sorted(seed.slug for seed in chance.sample(seeds, min(chance.choice((1, 2, 3, 4)), len(seeds))))


def slugs(size: int) -> Iterator[str]:
    """Yield the slugs of public places, in no order, again and again."""
    chance = Random(size)
    while True:
        place = values(chance.randrange(size), servers.SEED)
        if VOCABULARIES["modalites_acces"].seeds[4].value not in place["modalites_acces"]:
            yield place["slug"]


def asking(path: str, question: dict) -> str:
    return f"{path}?{urlencode(question, doseq=True)}"


@dataclass(frozen=True)
class Page:
    """One line of the table: `paths(size, seed)` yields the addresses to ask."""

    name: str
    asked: str
    type: str
    paths: Callable[[int, int], Iterator[str]]


PAGES = (
    Page("list", "same", HTML, lambda size, seed: repeat("/lieux/")),
    Page("list", "any page", HTML, lambda size, seed: (f"/lieux/?page={n % -(-size // 20) + 1}" for n in count(seed))),
    Page("filtered list", "same", HTML, lambda size, seed: repeat(asking("/lieux/", ASKED))),
    Page("filtered list", "new", HTML, lambda size, seed: (asking("/lieux/", q) for q in questions(seed))),
    Page("list of a day", "new", HTML, lambda size, seed: (asking("/lieux/", q | TUESDAY) for q in questions(seed))),
    Page("searched list", "new", HTML, lambda size, seed: (asking("/lieux/", q) for q in words(seed))),
    Page("map data", "same", GEOJSON, lambda size, seed: repeat("/lieux.geojson")),
    Page("map data", "new", GEOJSON, lambda size, seed: (asking("/lieux.geojson", q) for q in questions(seed))),
    Page("map in view", "same", GEOJSON, lambda size, seed: repeat(asking("/lieux.geojson", VIEW))),
    Page(
        "map in view", "new", GEOJSON, lambda size, seed: (asking("/lieux.geojson", q | VIEW) for q in questions(seed))
    ),
    Page("card", "same", HTML, lambda size, seed: repeat(f"/lieux/{next(slugs(size))}/")),
    Page("card", "new", HTML, lambda size, seed: (f"/lieux/{slug}/" for slug in slugs(size))),
)


@dataclass
class Line:
    """What every round saw of one page at one size, and of the two references at the same number of bytes."""

    page: Page
    size: int
    paths: Iterator[str]
    bytes: int
    seen: list[Burst] = field(default_factory=list)
    same: list[Burst] = field(default_factory=list)
    empty: list[Burst] = field(default_factory=list)

    def middle(self, of: str) -> float:
        return median(getattr(burst, of) for burst in self.seen)

    def times_bare(self, reference: str) -> float:
        """Return how many times the reference's requests per second this page reaches."""
        return ratio([b.rate for b in self.seen], [b.rate for b in getattr(self, reference)])

    def times_slower(self, smallest: "Line") -> float:
        """Return how many times longer an answer takes than at the smallest size."""
        return ratio([b.middle for b in self.seen], [b.middle for b in smallest.seen])


def ratio(ones: list[float], others: list[float]) -> float:
    return median(one / other for one, other in zip(ones, others, strict=True))


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    pages = [page for page in PAGES if asked.only in page.name]
    print("Preparing databases and static files…", flush=True)
    urls = {size: servers.database(size, asked.var, asked.database_url) for size in asked.sizes}
    servers.collect_static(asked.var)
    with ExitStack() as running:

        def serve(name: str, url: str, settings: str) -> int:
            env = servers.environment(asked.var, url)
            return running.enter_context(servers.gunicorn(env, settings=settings, log=asked.var / f"{name}.log"))

        ports = {size: serve(f"places-{size}", url, "roubaix_map.settings") for size, url in urls.items()}
        same = serve("bare-same", urls[asked.sizes[0]], "benchmarks.bare_same_settings")
        empty = serve("bare-empty", urls[asked.sizes[0]], "benchmarks.bare_empty_settings")

        lines = []
        for page in pages:
            of_page = [prepare(page, size, ports[size]) for size in asked.sizes]
            for _ in range(asked.rounds):
                for line in of_page:
                    bare = f"/bare/{line.bytes}/?type={quote(page.type)}"
                    spans = {"seconds": asked.seconds / asked.rounds, "warm_up": asked.seconds / asked.rounds / 4}
                    line.seen.append(burst(ports[line.size], line.paths, **spans))
                    line.same.append(burst(same, repeat(bare), **spans))
                    line.empty.append(burst(empty, repeat(bare), **spans))
            lines += of_page
            show(of_page, head=page is pages[0])
    targets(lines)
    if not asked.only:
        weight.report(weight.measure(urls[asked.sizes[0]], asked.var), brief=True)


def prepare(page: Page, size: int, port: int) -> Line:
    """Warm the server and learn how many bytes this page answers, with questions the rounds will not ask."""
    connection = Connection(port)
    sizes = [connection.get(path) for path in islice(page.paths(size, 99), 20)]
    connection.close()
    return Line(page, size, page.paths(size, 1), int(median(sizes)))


def show(lines: list[Line], *, head: bool) -> None:
    if head:
        print(f"\n{'':32}{'':>9}{'':>8}{'':>9}{'ms':>8}{'':>8}{'times bare view':>19}{'time at':>10}")
        print(
            f"{'page':16}{'question':10}{'places':>6}{'bytes':>9}{'req/s':>8}{'median ms':>11}{'p95':>6}"
            f"{'same middleware':>18}{'empty':>8}{f'/ at {lines[0].size}':>9}"
        )
    for line in lines:
        print(
            f"{line.page.name:16}{line.page.asked:10}{line.size:>6}{line.bytes:>9}{line.middle('rate'):>8.0f}"
            f"{line.middle('middle'):>11.1f}{line.middle('slow'):>6.0f}{line.times_bare('same'):>18.2f}"
            f"{line.times_bare('empty'):>8.2f}{line.times_slower(lines[0]):>9.2f}",
            flush=True,
        )


def targets(lines: list[Line]) -> None:
    smallest, largest = min(line.size for line in lines), max(line.size for line in lines)
    print("\nTargets")
    for line in lines:
        if line.page.name == "map data" and line.size == smallest:
            for reference, words in (("same", "bare view, same middleware"), ("empty", "bare view, empty project")):
                say(
                    f"map data ({line.page.asked}) at {smallest}: at least {MAP_TARGET} times the {words}",
                    line.times_bare(reference),
                    line.times_bare(reference) >= MAP_TARGET,
                )
    first = {line.page: line for line in lines if line.size == smallest}
    for line in lines:
        if line.page.name in ("filtered list", "searched list") and line.size == largest != smallest:
            slower = line.times_slower(first[line.page])
            words = f"at {largest}: at most {FILTER_TARGET} times its time at {smallest}"
            say(f"{line.page.name} ({line.page.asked}) {words}", slower, slower <= FILTER_TARGET)


def say(target: str, seen: float, reached: bool) -> None:
    print(f"  {'reached    ' if reached else 'NOT REACHED'}  {seen:6.2f}  {target}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[40, 2_000, 25_000])
    parser.add_argument("--seconds", type=float, default=5, help="counted per page, size and reference, all rounds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the pages whose name contains this")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    run(parser.parse_args())
