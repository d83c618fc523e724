"""Import a generated feed of three million stop times in a process of its own: time, peak memory, size, departures.

python -m benchmarks.transport                  # 3,000,000 stop times
python -m benchmarks.transport --stop-times 300000 --paces 1000
"""

import argparse
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
STOPS_PER_TRIP = 30
LINES = 120
SERVICES = 60
MEMORY_TARGET = 400  # MB, of the whole process
PERIODS = 6  # of a day: a line has a pace for each


def generate(path: Path, stop_times: int, paces: int) -> None:
    """Write a feed of a conurbation: every line both ways all day, at a pace that changes with the hour."""
    chance = Random(1)
    trips = stop_times // STOPS_PER_TRIP
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("agency.txt", "agency_id,agency_name,agency_timezone\n1,Banc,Europe/Paris\n")
        with archive.open("stops.txt", "w") as file:
            file.write(b"stop_id,stop_name,stop_lat,stop_lon\n")
            for stop in range(3000):
                latitude, longitude = chance.uniform(50.66, 50.73), chance.uniform(3.12, 3.24)
                file.write(f"S{stop},Arret {stop // 2},{latitude:.5f},{longitude:.5f}\n".encode())
        with archive.open("routes.txt", "w") as file:
            file.write(b"route_id,route_short_name,route_long_name,route_type,route_color\n")
            for line in range(LINES):
                file.write(f"L{line},{line},Ligne {line},3,{line * 99991 % 0xFFFFFF:06X}\n".encode())
        with archive.open("calendar.txt", "w") as file:
            file.write(b"service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n")
            for service in range(SERVICES):
                week = ",".join("1" if (service >> day) % 2 or day == service % 7 else "0" for day in range(7))
                file.write(f"V{service},{week},20261101,20270{1 + service % 6}28\n".encode())
        with archive.open("trips.txt", "w") as file:
            file.write(b"route_id,service_id,trip_id,trip_headsign\n")
            for trip in range(trips):
                line, way = trip % LINES, trip // LINES % 2
                file.write(f"L{line},V{trip // 240 % SERVICES},T{trip},Terminus {line} {way}\n".encode())
        with archive.open("stop_times.txt", "w", force_zip64=True) as file:
            file.write(b"trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type\n")
            for trip in range(trips):
                line, way = trip % LINES, trip // LINES % 2
                start = (4 * 3600 + trip // 240 * 97 % (21 * 3600)) // 60 * 60
                pace = Random(f"{line} {way} {start // 14400 % PERIODS} {chance.randrange(paces)}")
                rows, clock = [], start
                for rank in range(STOPS_PER_TRIP):
                    stop = (line * 25 + (rank if way else STOPS_PER_TRIP - rank)) * 2 % 3000 + way
                    time = f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
                    rows.append(f"T{trip},{time},{time},S{stop},{rank + 1},0\n")
                    clock += pace.randrange(45, 150)
                file.write("".join(rows).encode())


SCRIPT = """
import resource, sys
from datetime import date
from time import perf_counter, process_time
import django
django.setup()
from places.transport.importing import import_gtfs
begin, worked = perf_counter(), process_time()
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
report = import_gtfs(sys.argv[1], apply=sys.argv[2] == "apply", today=date(2026, 11, 28))
for sentence in report.sentences():
    print("   ", sentence)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"RESULT {perf_counter() - begin:.1f} {process_time() - worked:.1f} {base:.0f} {peak:.0f}")
"""

QUERIES = """
import sys
from datetime import datetime, timedelta
from statistics import median
from time import process_time
from zoneinfo import ZoneInfo
import django
django.setup()
from places.models import Stop, Timetable
from places.transport.departures import departures
timetable, stops = Timetable.objects.current(), list(Stop.objects.values_list("pk", flat=True)[:1200:30])
start = datetime(2026, 12, 8, 8, 0, tzinfo=ZoneInfo("Europe/Paris"))
for label, size, hours in (("4 stops, 3 hours", 4, 3), ("one stop, a day", 1, 24)):
    times, found = [], []
    for first in range(0, 36, 4):
        begin = process_time()
        found.append(len(departures(timetable, stops[first : first + size], start, start + timedelta(hours=hours))))
        times.append(process_time() - begin)
    print(f"  {label:18} {median(times) * 1000:6.1f} ms of processor, {median(found):.0f} departures")
"""


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    feed = asked.var / f"gtfs-{asked.stop_times}-{asked.paces}.zip"
    if not feed.exists():
        begin = perf_counter()
        generate(feed, asked.stop_times, asked.paces)
        print(f"feed written in {perf_counter() - begin:.0f} s")
    print(f"{asked.stop_times} stop times, {feed.stat().st_size / 1e6:.1f} MB zipped")
    database = asked.var / "transport.sqlite3"
    url = asked.database_url or f"sqlite:///{database}"
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "roubaix_map.settings",
        "SECRET_KEY": "benchmark" * 6,
        "VAR_DIR": str(asked.var),
        "DATABASE_URL": url,
    }

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout

    database.unlink(missing_ok=True)
    python("manage.py", "migrate", "--verbosity", "0")
    for how in ("dry", "apply", "apply"):
        size = database.stat().st_size if not asked.database_url else 0
        answer = python("-c", SCRIPT, str(feed), how)
        seconds, worked, base, peak = answer.rsplit("RESULT ", 1)[1].split()
        print(answer.rsplit("RESULT ", 1)[0], end="")
        print(f"{how}: {seconds} s ({worked} s of processor), peak {peak} MB ({base} MB before)", end="")
        print(f", database {(database.stat().st_size - size) / 1e6:+.0f} MB" if size else "")
        reached = "reached    " if int(peak) <= MEMORY_TARGET else "NOT REACHED"
        print(f"  {reached}  peak of at most {MEMORY_TARGET} MB")
    print(python("-c", QUERIES), end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stop-times", type=int, default=3_000_000)
    parser.add_argument("--paces", type=int, default=4, help="ways of running a line in a period of the day")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="")
    run(parser.parse_args())
