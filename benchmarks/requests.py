"""Requests per second of public pages: one node, two nodes, nginx with its cache, a static file, a bare Django view.

    python -m benchmarks.requests [--sizes 40,25000] [--seconds 3] [--rounds 5] [--only map] [--no-import]
                                  [--database-url 'postgres://bench@127.0.0.1:8450/places_{size}']

All servers run from the beginning to the end; every round asks each of them in turn, so that what else the machine does
falls on all. Ratios are taken inside a round, then their median over the rounds. A node is gunicorn with one worker, so
that two of them may use what one leaves; "new" asks another question each time, which no cache has seen. Then the times
of a few pages while 25,000 rows are imported into the same database.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, repeat
from pathlib import Path
from random import Random
from statistics import median
from urllib.parse import quote, urlencode

from benchmarks import servers, weight
from benchmarks.load import Answer, Burst, Connection, most, steady, told
from benchmarks.places import KINDS, PEOPLE, QUARTERS, TOWNS, values
from places.vocabularies import VOCABULARIES

HTML, GEOJSON = "text/html; charset=utf-8", "application/geo+json"
MAP_TARGET = 0.5  # times the bare view, at the smallest size
FILTER_TARGET = 3  # times the smallest size, at the largest
CACHE_TARGET = 0.7  # times the static file
NODES_TARGET = 1.6  # times one node, where there are cores for two, nginx and the generator
CORES = 4
NO_CACHE = "Cookie: sessionid=benchmark"  # whoever is signed in is never answered from the cache
FASTEST = 500  # new questions a second, at most
WHILE_IMPORTING = 10  # questions a second
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
    """One line of the table: `paths(size, seed)` yields the addresses to ask; the same one again may be cached."""

    name: str
    asked: str
    type: str
    paths: Callable[[int, int], Iterator[str]]

    @property
    def is_kept(self) -> bool:
        return self.asked == "same"


PAGES = (
    Page("list", "same", HTML, lambda size, seed: repeat("/lieux/")),
    Page("filtered list", "new", HTML, lambda size, seed: (asking("/lieux/", q) for q in questions(seed))),
    Page("searched list", "new", HTML, lambda size, seed: (asking("/lieux/", q) for q in words(seed))),
    Page("map data", "same", GEOJSON, lambda size, seed: repeat("/lieux.geojson")),
    Page("map in view", "same", GEOJSON, lambda size, seed: repeat(asking("/lieux.geojson", VIEW))),
    Page("card", "same", HTML, lambda size, seed: repeat(f"/lieux/{next(slugs(size))}/")),
    Page("card", "new", HTML, lambda size, seed: (f"/lieux/{slug}/" for slug in slugs(size))),
    Page("find", "same", HTML, lambda size, seed: repeat("/trouver/")),
)


@dataclass
class Line:
    """What every round saw of one page at one size, by who answered."""

    page: Page
    size: int
    paths: Iterator[str]
    bytes: int
    seen: dict[str, list[Burst]] = field(default_factory=dict)

    def note(self, who: str, burst: Burst) -> None:
        self.seen.setdefault(who, []).append(burst)

    def middle(self, who: str, of: str = "rate") -> float:
        return median(getattr(burst, of) for burst in self.seen[who])

    def times(self, who: str, other: str) -> float:
        """Return how many times the requests per second of another this one reaches."""
        return ratio([burst.rate for burst in self.seen[who]], [burst.rate for burst in self.seen[other]])

    def times_slower(self, smallest: "Line") -> float:
        """Return how many times longer an answer takes than at the smallest size."""
        return ratio([b.middle for b in self.seen["one"]], [b.middle for b in smallest.seen["one"]])


def ratio(ones: list[float], others: list[float]) -> float:
    return median(one / other for one, other in zip(ones, others, strict=True))


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    pages = [page for page in PAGES if asked.only in page.name]
    print("Preparing databases and static files…", flush=True)
    urls = {size: servers.database(size, asked.var, asked.database_url) for size in asked.sizes}
    servers.collect_static(asked.var)
    lines = []
    for size, url in urls.items():
        with ExitStack() as running:
            env = servers.environment(asked.var, url)

            def serve(name: str, settings: str = "roubaix_map.settings", env=env, running=running) -> int:
                log = asked.var / f"{name}.log"
                return running.enter_context(servers.gunicorn(env, settings=settings, log=log, workers=1))

            nodes = [serve("node-1"), serve("node-2")]
            bare = serve("bare", "benchmarks.bare_same_settings")
            proxy = running.enter_context(servers.nginx(asked.var, nodes))
            show_head(size)
            for page in pages:
                line = prepare(page, size, nodes[0])
                for _ in range(asked.rounds):
                    one_round(line, asked, nodes[0], proxy, bare)
                show(line)
                lines.append(line)
    targets(lines)
    if asked.importing:
        import_while_serving(asked, max(asked.sizes), urls[max(asked.sizes)])
    if not asked.only:
        weight.report(weight.measure(urls[asked.sizes[0]], asked.var), brief=True)


def prepare(page: Page, size: int, port: int) -> Line:
    """Warm the server and learn how many bytes this page answers, with questions the rounds will not ask."""
    connection = Connection(port)
    sizes = [connection.get(path) for path in islice(page.paths(size, 99), 20)]
    connection.close()
    return Line(page, size, page.paths(size, 1), int(median(sizes)))


def one_round(line: Line, asked: argparse.Namespace, node: int, proxy: int, bare: int) -> None:
    def some() -> list[str]:
        return list(islice(line.paths, 1 if line.page.is_kept else round(asked.seconds * FASTEST)))

    file = asked.var / "static" / f"{line.bytes}.bin"
    file.write_bytes(b"x" * line.bytes)
    line.note("bare", most(bare, [f"/bare/{line.bytes}/?type={quote(line.page.type)}"], asked.seconds))
    line.note("one", most(node, some(), asked.seconds))
    line.note("two", most(proxy, some(), asked.seconds, headers=[NO_CACHE]))
    line.note("file", most(proxy, [f"/static/{file.name}"], asked.seconds))
    if line.page.is_kept:
        line.note("cache", most(proxy, some(), asked.seconds))


def show_head(size: int) -> None:
    print(f"\n{size:,} places{'':>34}{'requests per second':^52}{'ms, middle / 95th':^34}{'generator':>13}")
    print(
        f"{'page':16}{'question':9}{'bytes':>8}"
        f"{'bare view':>11}{'one node':>10}{'two nodes':>11}{'cache':>9}{'file':>9}"
        f"{'one node':>18}{'cache':>16}{'of a core':>13}"
    )


def show(line: Line) -> None:
    def rate(who: str) -> str:
        return f"{line.middle(who):.0f}" if who in line.seen else "-"

    def times(who: str) -> str:
        return f"{line.middle(who, 'middle'):.1f} / {line.middle(who, 'slow'):.1f}" if who in line.seen else "-"

    share = max(line.middle(who, "share") for who in line.seen)
    print(
        f"{line.page.name:16}{line.page.asked:9}{line.bytes:>8}{rate('bare'):>11}{rate('one'):>10}{rate('two'):>11}"
        f"{rate('cache'):>9}{rate('file'):>9}{times('one'):>18}{times('cache'):>16}{share:>13.0%}",
        flush=True,
    )


def targets(lines: list[Line]) -> None:
    smallest, largest = min(line.size for line in lines), max(line.size for line in lines)
    cores = os.cpu_count() or 1
    print(f"\nTargets, on {cores} cores shared with the generator, which can ask for as much as the file's rate")
    for line in lines:
        name = f"{line.page.name} ({line.page.asked}) at {line.size:,}"
        if line.page.is_kept:
            part = line.times("cache", "file")
            say(f"{name}: from the cache, at least {CACHE_TARGET} times the static file", part, part >= CACHE_TARGET)
        else:
            part = line.times("two", "one")
            if cores < CORES:
                print(f"               {part:6.2f}  {name}: two nodes beside one; {cores} cores for the four of them")
            else:
                say(f"{name}: two nodes, at least {NODES_TARGET} times one", part, part >= NODES_TARGET)
        if line.page.name == "map data" and line.size == smallest:
            part = line.times("one", "bare")
            say(f"{name}: at least {MAP_TARGET} times the bare view, same middleware", part, part >= MAP_TARGET)
    first = {line.page: line for line in lines if line.size == smallest}
    for line in lines:
        if line.page.name in ("filtered list", "searched list") and line.size == largest != smallest:
            slower = line.times_slower(first[line.page])
            words = f"at {largest:,}: at most {FILTER_TARGET} times its time at {smallest:,}"
            say(f"{line.page.name} ({line.page.asked}) {words}", slower, slower <= FILTER_TARGET)


def say(target: str, seen: float, reached: bool) -> None:
    print(f"  {'reached    ' if reached else 'NOT REACHED'}  {seen:6.2f}  {target}")


# --- while an import writes
def mixed(size: int, seed: int) -> Iterator[str]:
    """Yield what a crowd asks: lists, cards, the map, a search, in turn."""
    found = [page.paths(size, seed) for page in PAGES if page.name in ("filtered list", "searched list", "map in view")]
    cards = (f"/lieux/{slug}/" for slug in slugs(size))
    return (next(paths) for paths in cycle([*found, cards]))


def import_while_serving(asked: argparse.Namespace, size: int, url: str) -> None:
    """Say the times before and while as many rows as there are places are written, all of them changed."""
    if not url.startswith("sqlite:///"):
        print("\nThe import is measured on SQLite, whose database is a file to copy.")
        return
    copy = asked.var / "importing.sqlite3"
    shutil.copy(url.removeprefix("sqlite:///"), copy)
    env = servers.environment(asked.var, f"sqlite:///{copy}") | {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings"}
    file = asked.var / f"changed-{size}.csv"
    write = "import sys; from benchmarks.requests import changed_rows; changed_rows(int(sys.argv[1]), sys.argv[2])"
    subprocess.run([sys.executable, "-c", write, str(size), file], env=env, cwd=servers.ROOT, check=True)
    command = [sys.executable, "manage.py", "import_places", file, "--apply"]
    with servers.gunicorn(env, log=asked.var / "importing.log") as port:
        paths = mixed(size, 1)
        before = steady(port, paths, WHILE_IMPORTING, 20)
        meanwhile: list[Answer] = []
        with (asked.var / "import.log").open("wb") as out:
            importing = subprocess.Popen(command, env=env, cwd=servers.ROOT, stdout=out, stderr=out)
            while importing.poll() is None:
                meanwhile += steady(port, paths, WHILE_IMPORTING, 5)
    print(f"\nTimes at {WHILE_IMPORTING} questions a second, middle / 95th / 99th, at {size:,} places")
    print(f"  before                       {told(before)}")
    print(f"  while {size:,} rows change  {told(meanwhile)}; the import ended with {importing.returncode}")
    refused = sum(answer.status != 200 for answer in meanwhile)
    say("answers that are not good ones while importing: none", refused, not refused)


def changed_rows(size: int, path: str) -> None:
    """Write the national file of the places of the database, each with another summary."""
    import django

    django.setup()

    from benchmarks import imports

    rows = imports.rows(size, servers.SEED)
    for row in rows:
        row["presentation_resume"] = f"{row['presentation_resume']} (relu)".strip()
    Path(path).write_bytes(imports.write(rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[40, 25_000])
    parser.add_argument("--seconds", type=float, default=3, help="of each burst, a whole number")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the pages whose name contains this")
    parser.add_argument("--no-import", dest="importing", action="store_false")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    run(parser.parse_args())
