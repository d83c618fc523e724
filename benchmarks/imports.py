"""A national file read, compared, applied and given again, beside what csv, phonenumbers and opening_hours cost on it.

    python -m benchmarks.imports [--size 25000] [--rounds 3] [--only clean]
                                 [--database-url 'postgres://bench@127.0.0.1:8450/imports']

Two files of the same places: clean, as the national map gives them, and raw, as a social centre types them (numbers as
they are dialled, hours in French, slashed dates, semicolons). Each step runs in a process of its own, which measures
the reference just before it; a database is emptied of its places before a first import. Time is that of the processor,
so that what else the machine does counts little; a PostgreSQL server's own time is only in the elapsed time, which
has its own ratio. One process and one thread do all of it, on both sides.
"""

import argparse
import csv
import io
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import places, servers

WHOLE_TARGET = 5  # times the reference, for the diff and its application
SECOND_TARGET = 1 / 5  # of the first import, when nothing has changed
MEMORY_TARGET = 400  # MB at the peak
FILES = ("clean", "raw")
STEPS = ("read", "import", "again", "changed")
KINDS = ("quartier", "iris", "qpv")  # territories in which each place is looked for
CHANGED = 50  # one row in so many says something else in the last step


# --- the files


def rows(size: int, seed: int = 1) -> list[dict[str, str]]:
    """Return the places of the other benchmarks as cells of the national file."""
    from places.standard import COLUMNS

    found = [places.values(number, seed) for number in range(size)]
    return [
        {column: _cell(place.get(column)) for column in COLUMNS} | {"pivot": _siret(place["pivot"])} for place in found
    ]


def _siret(digits: str) -> str:
    """Return these 14 digits with both their keys made right, as those of a real body and its establishment are."""
    from stdnum import luhn

    siren = digits[:8] + luhn.calc_check_digit(digits[:8])
    return siren + digits[9:13] + luhn.calc_check_digit(siren + digits[9:13])


def _cell(value) -> str:
    return "|".join(value) if isinstance(value, list) else "" if value is None else str(value)


def write(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def typed(row: dict[str, str], seed: int = 1) -> dict[str, str]:
    """Return a row as people type it: half of the cells that have a usual spelling bear it."""
    chance = Random(f"{seed} {row['id']}")
    raw = dict(row)
    if row["telephone"] and chance.random() < 0.5:
        digits = f"0{row['telephone'][3:]}"
        raw["telephone"] = chance.choice((" ", ".")).join(digits[n : n + 2] for n in range(0, 10, 2))
    if row["horaires"] and chance.random() < 0.5:
        raw["horaires"] = in_french(row["horaires"])
    if chance.random() < 0.5:
        raw["date_maj"] = "/".join(reversed(row["date_maj"].split("-")))
    if chance.random() < 0.5:
        raw["commune"] = f"{row['commune'].upper()} CEDEX"
        raw["code_postal"] = row["code_postal"].lstrip("0")
    if chance.random() < 0.5:
        raw["services"] = row["services"].replace("|", "; ")
    return raw


def in_french(hours: str) -> str:
    """`Mo-Fr 09:00-12:00,14:00-17:30; PH off` → `du lundi au vendredi de 9h à 12h et de 14h à 17h30`."""
    days = dict(zip("Mo Tu We Th Fr Sa".split(), "lundi mardi mercredi jeudi vendredi samedi".split(), strict=True))
    told = []
    for rule in hours.removesuffix("; PH off").split("; "):
        when, _, spans = rule.partition(" ")
        if ":" not in spans.split("-")[0] or {*re.split("[-,]", when)} - days.keys():
            return hours  # a month, a week, a comment: people copy those as they are
        first, _, last = when.partition("-")
        named = f"du {days[first]} au {days[last]}" if last else ", ".join(days[day] for day in when.split(","))
        at = " et ".join(
            "de {} à {}".format(*(clock.lstrip("0").replace(":", "h").removesuffix("00") for clock in span.split("-")))
            for span in spans.split(",")
        )
        told.append(f"{named} {at}")
    return " ; ".join(told)


# --- one step, in a process of its own


def reference(content: bytes, delimiter: str) -> None:
    """What reading the file costs whoever uses these libraries: every row, every number, every opening hours, once."""
    import phonenumbers
    from opening_hours import OpeningHours, ParserError

    from places.opening_hours import PARIS

    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter):
        if row["telephone"]:
            number = phonenumbers.parse(row["telephone"], "FR")
            if phonenumbers.is_valid_number(number):
                phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if row["horaires"]:
            with suppress(ParserError):
                OpeningHours(row["horaires"], timezone=PARIS, country="FR")


def measure(work: Callable[[], object]) -> dict[str, float]:
    """Return processor and elapsed seconds of a call."""
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return {"cpu": time.process_time() - cpu, "elapsed": time.perf_counter() - start}


def step(name: str, path: Path) -> dict:
    """Run one step on the configured database and return what it took."""
    import django

    django.setup()
    from places.importing import import_places

    content = path.read_bytes()
    delimiter = ";" if b";" in content.split(b"\n", 1)[0] else ","
    reference(content[:100_000].rpartition(b"\n")[0], delimiter)  # the libraries load their tables once
    base = measure(lambda: reference(content, delimiter))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reports = []
    taken = measure(
        lambda: reports.append(import_places(str(path), source_name=path.stem.split("-")[0], apply=name != "read"))
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"reference": base, "taken": taken, "peak": peak / 1024, "before": before / 1024} | reports[0].counted


# --- the whole


def run(asked: argparse.Namespace) -> None:
    folder = asked.var / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    clean = rows(asked.size)
    files = {name: folder / f"{name}-{asked.size}.csv" for name in FILES}
    files["clean"].write_bytes(write(clean))
    files["raw"].write_bytes(write([typed(row) for row in clean], ";"))
    seen: dict[tuple[str, str], list[dict]] = {}
    print(
        f"{'file':6} {'step':8} {'lines':>6} {'created':>8} {'changed':>8} {'reference':>10} {'processor':>10}", end=""
    )
    print(f" {'ratio':>6} {'elapsed':>9} {'ratio':>6} {'peak':>8}")
    for _round in range(asked.rounds):
        for name, path in files.items():
            if asked.only in name:
                for each, found in one_round(name, path, asked):
                    seen.setdefault((name, each), []).append(found)
                    show(name, each, found)
    verdict(seen)


def one_round(name: str, path: Path, asked: argparse.Namespace):
    """Import a file into an empty base, then again, then with some rows changed; yield each step as it ends."""
    url = asked.database_url.format(var=asked.var / "imports")
    env = servers.environment(asked.var, url) | {"DJANGO_SETTINGS_MODULE": "roubaix_map.settings"}
    territories = [["import_territories", str(places.FACTS), "--kind", kind, "--apply"] for kind in KINDS]
    for command in (["migrate", "--verbosity", "0"], ["flush", "--noinput", "--verbosity", "0"], *territories):
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, env=env, cwd=places.ROOT, check=True, stdout=subprocess.DEVNULL)
    for each in STEPS:
        given = change(path) if each == "changed" else path
        command = [sys.executable, "-m", "benchmarks.imports", "--step", each, "--file", str(given)]
        out = subprocess.run(command, env=env, cwd=places.ROOT, check=True, stdout=subprocess.PIPE).stdout
        yield each, json.loads(out)


def change(path: Path) -> Path:
    """Write the same file with another summary on one row in CHANGED."""
    with path.open(newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        found = list(csv.DictReader(file, delimiter=delimiter))
    for row in found[::CHANGED]:
        row["presentation_resume"] = "Ouvert aussi le samedi matin."
    changed = path.with_stem(f"{path.stem}-changed")
    changed.write_bytes(write(found, delimiter))
    return changed


def show(name: str, each: str, found: dict) -> None:
    print(
        f"{name:6} {each:8} {found['lignes']:>6} {found['creees']:>8} {found['modifiees']:>8} "
        f"{found['reference']['cpu']:>8.2f} s {found['taken']['cpu']:>8.2f} s "
        f"{found['taken']['cpu'] / found['reference']['cpu']:>6.2f} {found['taken']['elapsed']:>7.2f} s "
        f"{found['taken']['elapsed'] / found['reference']['elapsed']:>6.2f} {found['peak']:>5.0f} MB",
        flush=True,
    )


def verdict(seen: dict[tuple[str, str], list[dict]]) -> None:
    def typical(name: str, each: str, value: Callable[[dict], float]) -> float:
        return median(value(found) for found in seen[name, each])

    for name in dict.fromkeys(name for name, _each in seen):
        whole = typical(name, "import", lambda found: found["taken"]["cpu"] / found["reference"]["cpu"])
        again = typical(name, "again", lambda found: found["taken"]["cpu"]) / typical(
            name, "import", lambda found: found["taken"]["cpu"]
        )
        peak = max(found["peak"] for each in STEPS for found in seen[name, each])
        say(f"{name}: import within {WHOLE_TARGET} times csv, phones and hours", whole, WHOLE_TARGET)
        say(f"{name}: second run, nothing changed, within a fifth of the first", again, SECOND_TARGET)
        say(f"{name}: at most {MEMORY_TARGET} MB at the peak", peak, MEMORY_TARGET)


def say(target: str, value: float, limit: float) -> None:
    print(f"  {'reached    ' if value <= limit else 'NOT REACHED'}  {value:7.2f}  {target}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only the file whose name contains this")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/imports.sqlite3")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.step, asked.file)))
    else:
        run(asked)
