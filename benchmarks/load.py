"""Two loads on loopback: as much as a server can answer (wrk), and a steady rate whatever it does (plain sockets).

The generator shares the processor with what it measures. wrk takes the least; its share is said with every table. A
steady rate is far below what Python can send, and counts from the moment each request was due: a server that stops
answering is not asked more softly.
"""

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

SCRIPT = Path(__file__).with_suffix(".lua")
CONNECTIONS = 8


# --- as much as it can
@dataclass(frozen=True)
class Burst:
    """Answers per second, milliseconds, bytes of an answer with its head, the generator's share of a core."""

    rate: float
    middle: float
    slow: float  # the 95th percentile
    bytes: int
    share: float


def most(port: int, paths: Iterable[str], seconds: float, *, connections=CONNECTIONS, headers=()) -> Burst:
    """Ask these paths in turn, again and again, as fast as answers come; stop unless all of them are good."""
    if not shutil.which("wrk"):
        sys.exit("wrk n’est pas là ; l’installer avec : bin/apt wrk")
    with NamedTemporaryFile("w", suffix=".paths") as file:
        file.write("\n".join(paths))
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", SCRIPT]
        for header in ("Accept-Encoding: gzip", "Accept-Language: fr", *headers):
            command += ["-H", header]
        before = _spent()
        done = subprocess.run(
            [*command, f"http://127.0.0.1:{port}"],
            env=os.environ | {"PATHS": file.name},
            capture_output=True,
            text=True,
            check=True,
        )
    seen = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    if seen["errors"] or not seen["requests"]:
        sys.exit(f"{seen['errors']} bad answers of {seen['requests']} in {seconds:g} s at port {port}")
    lasted = seen["us"] / 1_000_000
    return Burst(
        seen["requests"] / lasted,
        seen["p50"] / 1_000,
        seen["p95"] / 1_000,
        seen["bytes"] // seen["requests"],
        (_spent() - before) / lasted,
    )


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- a steady rate
@dataclass(frozen=True)
class Answer:
    """One request: its status (0: none came), and the milliseconds since it was due."""

    status: int
    ms: float


def steady(port: int, paths: Iterator[str], rate: float, seconds: float, *, at_most: int = 200) -> list[Answer]:
    """Ask `rate` questions a second, `at_most` of them at once, for a while."""
    start, number, lock = time.perf_counter() + 0.1, 0, threading.Lock()
    seen: list[Answer] = []

    def ask():
        nonlocal number
        connection = Connection(port)
        while True:
            with lock:
                due, number = start + number / rate, number + 1
                path = next(paths)
            if due > start + seconds:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                status = connection.ask(path).status
            except OSError:
                connection.close()
                status = 0
            seen.append(Answer(status, 1000 * (time.perf_counter() - due)))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(min(at_most, max(4, int(rate))))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def percentile(answers: Sequence[Answer], part: float) -> float:
    times = sorted(answer.ms for answer in answers)
    return times[min(len(times) - 1, int(len(times) * part))] if times else 0.0


def told(answers: Sequence[Answer]) -> str:
    """Say how many answers of each status there were, and the times of the good ones."""
    statuses = ", ".join(
        f"{number} × {status or 'none'}" for status, number in Counter(a.status for a in answers).items()
    )
    good = [answer for answer in answers if answer.status == 200]
    return f"{' / '.join(f'{percentile(good, part):.0f}' for part in (0.5, 0.95, 0.99))} ms ({statuses})"


# --- one connection
@dataclass(frozen=True)
class Reply:
    status: int
    bytes: int  # of the body


class Connection:
    """A connection kept open, by plain sockets: `http.client` would take as long as what it measures."""

    def __init__(self, port: int):
        self.address = ("127.0.0.1", port)
        self.socket = None

    def get(self, path: str) -> int:
        """Return the bytes of the body of one answer; raise unless it is a 200."""
        reply = self.ask(path)
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status}")
        return reply.bytes

    def ask(self, path: str) -> Reply:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nAccept-Language: fr\r\n\r\n"
        answer = self._ask(head.encode()) or self._ask(head.encode())  # the server may close an old connection
        if not answer:
            raise ConnectionError(f"{path}: no answer")
        top, _, body = answer.partition(b"\r\n\r\n")
        lines = top.split(b"\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        length, received = int(headers.get(b"content-length", 0)), len(body)
        while received < length:
            piece = self.socket.recv(262_144)
            if not piece:
                raise ConnectionError(f"{path}: cut after {received} bytes of {length}")
            received += len(piece)
        if headers.get(b"connection") == b"close":
            self.close()
        return Reply(int(lines[0].split()[1]), length)

    def _ask(self, request: bytes) -> bytes:
        """Send and return the first bytes, headers whole; nothing when the connection was closed meanwhile."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(self.address, timeout=60)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                piece = self.socket.recv(262_144)
                if not piece:
                    self.close()
                    return b""
                answer += piece
        except ConnectionError:
            self.close()
            return b""
        return answer

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None
