"""A quarter of an hour at half of what the site can answer: memory, times, files and processes, minute by minute.

    python -m benchmarks.soak [--minutes 15] [--size 25000] [--every 60]
                              [--database-url 'postgres://bench@127.0.0.1:8450/places_{size}']

nginx, then gunicorn as in production (two workers), asked by a mix of questions that no cache has seen, a published
change each minute, and one page that everybody asks for. The rate is half of what the same mix reached just before.
Memory is what the processes do not share (PSS); the first third of the minutes fills the caches and is not judged.
"""

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean

from benchmarks import servers
from benchmarks.load import Answer, most, percentile, steady
from benchmarks.requests import mixed, say

MEASURED = 10  # seconds, of the most that the site can answer
WARMED = 300  # questions before that
MORE_MEMORY, MORE_TIME, MORE_FILES = 1.05, 1.25, 8  # at the end, beside the middle


@dataclass(frozen=True)
class Minute:
    """What was seen in a minute, and of the processes at its end."""

    answers: list[Answer]
    memory: float  # MB
    files: int
    workers: frozenset[int]

    @property
    def failed(self) -> int:
        return sum(answer.status != 200 for answer in self.answers)

    @property
    def slow(self) -> float:
        return percentile(self.answers, 0.95)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(pids: list[int]) -> float:
    """Return what these processes hold, in MB; what several of them share is counted once in all."""
    kilobytes = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024


def files(pids: list[int]) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in pids)


def publish(url: str) -> None:
    """Say that the data changed, as the end of every import or decision does; on SQLite only, which is a file."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as database:
            database.execute("UPDATE places_dataversion SET number = number + 1")
            database.commit()


def asked_by_a_crowd(size: int, seed: int) -> Iterator[str]:
    """Yield questions that nobody asked before and, as often, the first page."""
    for question in mixed(size, seed):
        yield question
        yield "/lieux/"


def run(asked: argparse.Namespace) -> bool:
    asked.var.mkdir(parents=True, exist_ok=True)
    url = servers.database(asked.size, asked.var, asked.database_url)
    servers.collect_static(asked.var)
    env = servers.environment(asked.var, url)
    with servers.gunicorn(env, log=asked.var / "soak.log") as node, servers.nginx(asked.var, [node]) as port:
        [master] = [pid for pid in children(os.getpid()) if children(pid) and "gunicorn" in command(pid)]
        paths = asked_by_a_crowd(asked.size, 1)
        steady(port, islice(paths, WARMED * 10), 50, WARMED / 50)
        best = most(port, islice(paths, MEASURED * 500), MEASURED)
        rate = best.rate / 2
        print(f"at most {best.rate:.0f} answers a second (generator: {best.share:.0%} of a core), {rate:.0f} asked")
        names = (("minute", 6), ("answers", 9), ("failed", 8), ("middle", 8), ("95th", 7), ("99th ms", 10), ("MB", 8))
        print("".join(f"{name:>{wide}}" for name, wide in (*names, ("files", 7), ("workers", 9))))
        minutes = []
        for number in range(1, round(asked.minutes * 60 / asked.every) + 1):
            publish(url)
            answers = steady(port, paths, rate, asked.every)
            workers = children(master)
            minute = Minute(answers, memory([master, *workers]), files([master, *workers]), frozenset(workers))
            minutes.append(minute)
            middle, slow, slowest = (percentile(answers, part) for part in (0.5, 0.95, 0.99))
            print(
                f"{number:>6}{len(answers):>9}{minute.failed:>8}{middle:>8.0f}{slow:>7.0f}{slowest:>10.0f}"
                f"{minute.memory:>8.1f}{minute.files:>7}{len(workers):>9}",
                flush=True,
            )
    return verdict(minutes)


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def verdict(minutes: list[Minute]) -> bool:
    """Compare the last third of the minutes with the middle one; tell whether all is as flat as it should be."""
    third = max(1, len(minutes) // 3)
    middle, last = minutes[-2 * third : -third], minutes[-third:]
    if not middle:
        sys.exit("too short to be judged: three minutes at least")
    held = mean(minute.memory for minute in last) / mean(minute.memory for minute in middle)
    slower = mean(minute.slow for minute in last) / mean(minute.slow for minute in middle)
    opened = max(minute.files for minute in last) - max(minute.files for minute in middle)
    failed = sum(minute.failed for minute in minutes)
    same = len({minute.workers for minute in minutes}) == 1
    print("\nVerdict: the last third of the time beside the middle one")
    judged = (
        (f"memory: at most {MORE_MEMORY} times", held, held <= MORE_MEMORY),
        (f"95th percentile: at most {MORE_TIME} times", slower, slower <= MORE_TIME),
        (f"open files: at most {MORE_FILES} more", opened, opened <= MORE_FILES),
        ("answers that are not good ones: none", failed, not failed),
        ("the same workers from the first minute to the last", len(minutes[-1].workers), same),
    )
    for target, seen, reached in judged:
        say(target, seen, reached)
    return all(reached for _target, _seen, reached in judged)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--every", type=float, default=60, help="seconds between two lines")
    parser.add_argument("--size", type=int, default=25_000)
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    sys.exit(0 if run(parser.parse_args()) else 1)
