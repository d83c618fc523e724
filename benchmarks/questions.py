"""What each public page costs the processor, beside the cheapest list: none may cost more than five times as much.

    python -m benchmarks.questions [--size 25000] [--rounds 5] [--only list] [--database-url 'postgres://…/places_{size}']

One process asks the whole product (middlewares, view, template, compression) through Django's test client: another
question at each round, so that no answer was kept, then the middle of the rounds. A file counts until its first bytes
leave; the rest costs its reader's time and one of the few places of nginx for files. The time is that of the processor
on SQLite, which works in the process; on PostgreSQL, of the clock.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice, repeat
from pathlib import Path
from statistics import median

from benchmarks import servers
from benchmarks.export import FILES
from benchmarks.requests import TUESDAY, asking, questions, say, slugs
from benchmarks.scale import CITY_VIEW, COMMON, COUNTRY_VIEW, NOW, RARE, REGION_VIEW, START, TYPED_WRONG

MOST = 5  # times the cheapest question
CHEAPEST = "list"  # among those that answer twenty places with all their filters, whatever was asked
FIRST_BYTES = 1_000  # compressed
SENTENCE = "je cherche quelqu’un pour m’aider à remplir un dossier de la caf en arabe"
PREPARE = """
import django
django.setup()
from django.utils import timezone
from places.models import Cell, Diagnosis
from places.territories.cells import import_cells
from places.territories.diagnosis import diagnose
if not Cell.objects.exists():
    import_cells("fixtures/roubaix_population_200m.csv", vintage="2017", apply=True)
diagnose(timezone.now())
"""


@dataclass(frozen=True)
class Question:
    """One line of the table, and the addresses it asks."""

    name: str
    paths: Callable[[int], Iterator[str]]


def every(path: str, more: dict | None = None, seed: int = 1) -> Callable[[int], Iterator[str]]:
    """Ask this page another question each time."""
    return lambda size: (asking(path, question | (more or {})) for question in questions(seed))


def each(path: str, name: str, values: tuple[str, ...]) -> Callable[[int], Iterator[str]]:
    return lambda size: (asking(path, {name: value}) for value in values)


def always(path: str) -> Callable[[int], Iterator[str]]:
    return lambda size: repeat(path)


def of_places(path: str) -> Callable[[int], Iterator[str]]:
    return lambda size: (path.format(slug) for slug in slugs(size))


QUESTIONS = (
    Question("card", of_places("/lieux/{}/")),
    Question("card, arabic", of_places("/ar/lieux/{}/")),
    Question("poster", of_places("/lieux/{}/affiche/")),
    Question("poster of an area", always("/trouver/affiche/5951205/")),
    Question("leaflet of an area", always("/trouver/affiche/5951205/?pliage=oui")),
    Question("list", lambda size: (f"/lieux/?page={n}" for n in count(2))),
    Question("list, last page", lambda size: (f"/lieux/?page={size // 20 - n}" for n in count(50))),
    Question("list, filtered", every("/lieux/")),
    Question("list, around", every("/lieux/", START, 3)),
    Question("list, 10 min on foot", every("/lieux/", START | {"minutes": "10"}, 4)),
    Question("list, open now", every("/lieux/", NOW, 5)),
    Question("list, a Tuesday", every("/lieux/", TUESDAY, 6)),
    Question("list, a rare word", each("/lieux/", "q", RARE)),
    Question("list, a common word", each("/lieux/", "q", COMMON)),
    Question("list, a typing error", each("/lieux/", "q", TYPED_WRONG)),
    Question("list, a sentence", lambda size: (asking("/lieux/", {"q": f"{SENTENCE} {n}"}) for n in count())),
    Question("find, needs", always("/trouver/")),
    Question("find, answers", lambda size: (f"/trouver/resultats/?besoin=caf&page={n}" for n in count(1))),
    Question(
        "find, around",
        lambda size: (asking("/trouver/resultats/", START | {"besoin": "caf", "page": n}) for n in count(1)),
    ),
    Question("find, card", of_places("/trouver/lieu/{}/")),
    Question("writers", always("/ecrivains-publics/")),
    Question("map of all", every("/lieux.geojson")),
    Question("map, city", every("/lieux.geojson", CITY_VIEW, 2)),
    Question("map, region", every("/lieux.geojson", REGION_VIEW, 7)),
    Question("map, country", every("/lieux.geojson", COUNTRY_VIEW, 8)),
    Question("api, 50 places", every("/api/v1/places")),
    Question("api, 100 places", every("/api/v1/places", {"limit": "100"}, 2)),
    Question("feed", every("/lieux.atom")),
    *(Question(f"file {name}", every(f"/{name}")) for name in FILES if name != "sitemap.xml"),
    Question("sitemap", lambda size: (f"/sitemap.xml?page={n}" for n in count(1))),
    Question("territories", always("/territoires/")),
    Question("territory", always("/territoires/quartier/5951205/")),
    Question("town", always("/territoires/commune/59512/")),
    Question("diagnosis", always("/diagnostic/")),
    Question("diagnosis, by iris", always("/diagnostic/?par=iris&quoi=services%3Aemploi")),
    Question("diagnosis as csv", always("/diagnostic.csv")),
    Question("diagnosis as ods", always("/diagnostic.ods")),
    Question("figures of the city", always("/en-chiffres/")),
    Question("open data", always("/donnees-ouvertes/")),
    Question(
        "selection of 20",
        lambda size: (f"/selection/?lieux={'.'.join(islice(slugs(size), n, n + 20))}" for n in count()),
    ),
    Question("snippet", every("/integrer/")),
)


def ask(size: int, only: str, rounds: int) -> None:
    """Ask each question of the configured database; print, as JSON lines, its milliseconds."""
    import django

    django.setup()

    from django.db import connection
    from django.test import Client

    from places import bitmaps

    bitmaps.current()
    clock = time.process_time if connection.vendor == "sqlite" else time.perf_counter
    client = Client(headers={"host": "127.0.0.1", "accept-encoding": "gzip"})
    for question in QUESTIONS:
        if only not in question.name:
            continue
        times = []
        for path in islice(question.paths(size), rounds + 1):
            start = clock()
            answer = client.get(path)
            if answer.status_code != 200:
                sys.exit(f"{path} answers {answer.status_code}")
            if answer.streaming:
                beginning(answer)
            times.append((clock() - start) * 1000)
            answer.close()
        print(json.dumps([question.name, median(times[1:])]), flush=True)  # the first one warms the process


def beginning(answer) -> None:
    """Read a file until something of its content has left."""
    read = 0
    for piece in answer.streaming_content:
        read += len(piece)
        if read > FIRST_BYTES:
            break


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    servers.collect_static(asked.var)
    env = servers.environment(asked.var, servers.database(asked.size, asked.var, asked.database_url))
    env |= {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings", "LOG_LEVEL": "WARNING"}
    subprocess.run([sys.executable, "-c", PREPARE], env=env, cwd=servers.ROOT, check=True)
    command = [sys.executable, "-m", "benchmarks.questions", "--ask", "--only", asked.only]
    command += ["--size", str(asked.size), "--rounds", str(asked.rounds)]
    seen = {}
    with subprocess.Popen(command, env=env, cwd=servers.ROOT, stdout=subprocess.PIPE, text=True) as asking_it:
        for line in asking_it.stdout:
            name, ms = json.loads(line)
            seen[name] = ms
            print(f"  {name:24}{ms:>10.1f} ms", flush=True)
    if asking_it.returncode:
        sys.exit(asking_it.returncode)
    show(seen)


def show(seen: dict[str, float]) -> None:
    """Say how many times the cheapest list, and the cheapest page of all, each question costs."""
    page = min(seen, key=seen.get)
    lists = [name for name in seen if name.startswith(CHEAPEST)] or [page]
    question = min(lists, key=seen.get)
    print(f"\n  the cheapest list: {question}, {seen[question]:.1f} ms; the cheapest page: {page}, {seen[page]:.1f} ms")
    for name, ms in sorted(seen.items(), key=lambda pair: -pair[1]):
        words = f"{name}: at most {MOST} times the cheapest list ({ms / seen[page]:.1f} times the cheapest page)"
        say(words, ms / seen[question], ms <= MOST * seen[question])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only the questions whose name contains this")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ask:
        ask(asked.size, asked.only, asked.rounds)
    else:
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        run(asked)
