"""How long the diagnosis takes, and its page once it is computed, for 25,000 places and the 360 cells of Roubaix.

    python -m benchmarks.diagnosis [--size 25000] [--rounds 5]

The computation runs in a process of its own, which says its processor time and its peak of memory. The page is asked
in turn with the list, on gunicorn as in production: its median divided by the list's is what the product promises.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import median

from benchmarks import servers

PAGE_TARGET = 3  # times the list page
PAGES = (
    "/diagnostic/",
    "/diagnostic/?par=iris&quoi=services%3Aemploi",
    "/territoires/",
    "/territoires/iris/595120101/",
)
COMPUTE = """
import json, resource, time, django
django.setup()
from django.utils import timezone
from places.models import Cell, Place
from places.territories.cells import import_cells
from places.territories.diagnosis import diagnose
import_cells("fixtures/roubaix_population_200m.csv", vintage="2017", apply=True)
times = []
for _ in range({rounds}):
    start = time.process_time()
    found = diagnose(timezone.now())
    times.append(time.process_time() - start)
print(json.dumps(dict(seconds=[round(t, 2) for t in times], places=found.places, cells=found.cells,
    figures=found.figures.count(), peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    asked = parser.parse_args()
    asked.var.mkdir(parents=True, exist_ok=True)

    url = servers.database(asked.size, asked.var, "sqlite:///{var}/{size}-{fingerprint}.sqlite3")
    env = servers.environment(asked.var, url) | {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings"}
    script = COMPUTE.replace("{rounds}", str(asked.rounds))
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=servers.ROOT, check=True, capture_output=True)
    computed = json.loads(done.stdout.splitlines()[-1])
    print(
        f"computation: {median(computed['seconds']):.2f} s of processor (median of {computed['seconds']}), {computed}"
    )

    servers.collect_static(asked.var)
    with servers.gunicorn(env, log=asked.var / "diagnosis.log") as port:
        times = {path: [] for path in ("/lieux/", *PAGES)}
        for _ in range(asked.rounds + 2):
            for path, taken in times.items():
                start = time.perf_counter()
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
                taken.append(time.perf_counter() - start)
    reference = median(times["/lieux/"][2:])
    for path, taken in times.items():
        ratio = median(taken[2:]) / reference
        print(f"{path}: {median(taken[2:]) * 1000:.0f} ms, {ratio:.2f} times the list (target {PAGE_TARGET})")


if __name__ == "__main__":
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    main()
