"""Every download at two sizes: time to first byte, whole time, bytes, and the memory it takes from the server.

    python -m benchmarks.export [--sizes 2000,25000] [--only csv] [--rounds 3]
                                [--database-url 'postgres://bench@127.0.0.1:8450/places_{size}']

The server is gunicorn as in production; its memory, that of both workers, is read in /proc every few milliseconds while
the file is received. What counts is how much more the larger size takes.
"""

import argparse
import os
import re
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import servers

FIRST_BYTE_TARGET = 0.5  # seconds, for the largest size, of what is sent as it is read
MEMORY_TARGET = 8  # MB more at the largest size than at the smallest
FILES = (
    "lieux.csv",
    "lieux-complements.csv",
    "lieux.json",
    "lieux-complets.geojson",
    "lieux-tableur.csv",
    "lieux.ods",
    "sitemap.xml",
)
MADE_WHOLE = {"lieux.ods"}  # before its first byte


@dataclass
class Download:
    first_byte: float
    seconds: float
    bytes: int
    memory: float  # MB above what the workers held before


def download(port: int, path: str) -> Download:
    """Receive a file to its end and throw it away."""
    peak = Peak(workers())
    with peak, socket.create_connection(("127.0.0.1", port), timeout=600) as connection:
        start = time.perf_counter()
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        head, received, first = b"", 0, 0.0
        while piece := connection.recv(65_536):
            if b"\r\n\r\n" not in head:
                head += piece
                _top, end, piece = head.partition(b"\r\n\r\n")
                if not end:
                    continue
            if piece and not first:
                first = time.perf_counter() - start
            received += len(piece)
        seconds = time.perf_counter() - start
    if b" 200 OK" not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"{path}: {head[:100]!r}")
    return Download(first, seconds, received, peak.above)


class Peak:
    """The most memory some processes hold during a block, above what they held before."""

    def __init__(self, processes: list[int]):
        self.statuses = [Path(f"/proc/{process}/status") for process in processes]

    def __enter__(self):
        self.before = self.most = self.held()
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def watch(self):
        while not self.over.wait(0.005):
            self.most = max(self.most, self.held())

    def __exit__(self, *error):
        self.over.set()
        self.watcher.join()

    @property
    def above(self) -> float:
        return (self.most - self.before) / 1024

    def held(self) -> int:
        return sum(int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1]) for status in self.statuses)


def workers() -> list[int]:
    """Return the workers of the gunicorn that this process has started: the children of its only child."""
    (master,) = children(os.getpid())
    return children(master)


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def run(asked: argparse.Namespace) -> None:
    asked.var.mkdir(parents=True, exist_ok=True)
    servers.collect_static(asked.var)
    files = [name for name in FILES if asked.only in name]
    seen: dict[tuple[str, int], Download] = {}
    for size in asked.sizes:
        url = servers.database(size, asked.var, asked.database_url)
        env = servers.environment(asked.var, url)
        with servers.gunicorn(env, log=asked.var / "export.log") as port:
            for name in files * 4:  # the code, the terms and the buffers of a first request are not of this file
                download(port, f"{name}?q=bourgogne")
            for name in files:
                rounds = [download(port, name) for _round in range(asked.rounds)]
                seen[name, size] = Download(
                    median(one.first_byte for one in rounds),
                    median(one.seconds for one in rounds),
                    rounds[0].bytes,
                    max(one.memory for one in rounds),
                )
    report(seen, asked.sizes)


def report(seen: dict[tuple[str, int], Download], sizes: list[int]) -> None:
    print(f"{'file':24} {'places':>7} {'first byte':>11} {'whole':>9} {'MB':>7} {'memory':>9}")
    for (name, size), one in seen.items():
        print(
            f"{name:24} {size:>7} {one.first_byte * 1000:>8.0f} ms {one.seconds:>7.2f} s {one.bytes / 1e6:>7.2f} "
            f"{one.memory:>+6.1f} MB"
        )
    small, large = min(sizes), max(sizes)
    for name in dict.fromkeys(name for name, _size in seen):
        if name not in MADE_WHOLE:
            first = seen[name, large].first_byte
            say(f"{name}: first byte of {large} places within {FIRST_BYTE_TARGET} s", first, FIRST_BYTE_TARGET)
        more = seen[name, large].memory - seen[name, small].memory
        say(f"{name}: at most {MEMORY_TARGET} MB more for {large} places than for {small}", more, MEMORY_TARGET)


def say(target: str, value: float, limit: float) -> None:
    print(f"  {'reached    ' if value <= limit else 'NOT REACHED'}  {value:7.2f}  {target}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[2_000, 25_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="only the files whose name contains this")
    parser.add_argument("--var", type=Path, default=Path("/tmp/roubaix-map-benchmarks"))
    parser.add_argument("--database-url", default="sqlite:///{var}/places-{size}-{fingerprint}.sqlite3")
    run(parser.parse_args())
