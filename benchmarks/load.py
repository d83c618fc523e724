"""A small load: a few connections kept open to loopback, asking one question after the other for a while.

Plain sockets, because the client shares the processor with the server it measures: `http.client` would take as long as
a bare view and flatter every ratio.
"""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

CONNECTIONS = 4


@dataclass
class Burst:
    """What was seen in one burst: answers per second, milliseconds (median and 95th percentile), bytes per answer."""

    rate: float
    middle: float
    slow: float
    bytes: int


class Connection:
    def __init__(self, port: int):
        self.address = ("127.0.0.1", port)
        self.socket = None

    def get(self, path: str) -> int:
        """Return the bytes of the body of one answer; raise unless it is a 200."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nAccept-Language: fr\r\n\r\n"
        answer = self._ask(head.encode()) or self._ask(head.encode())  # the server may close an old connection
        top, _, body = answer.partition(b"\r\n\r\n")
        lines = top.split(b"\r\n")
        if not lines[0].endswith(b" 200 OK"):
            raise RuntimeError(f"{path}: {lines[0].decode(errors='replace') or 'no answer'}")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
        length = int(headers[b"content-length"])
        received = len(body)
        while received < length:
            piece = self.socket.recv(262_144)
            if not piece:
                raise RuntimeError(f"{path}: cut after {received} bytes of {length}")
            received += len(piece)
        if headers.get(b"connection") == b"close":
            self.close()
        return length

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


def burst(port: int, paths: Iterator[str], seconds: float, warm_up: float) -> Burst:
    """Ask for `warm_up` seconds without counting, then for `seconds`; paths are taken in turn by all connections."""
    counted_from = time.perf_counter() + warm_up
    until = counted_from + seconds
    lock = threading.Lock()
    seen: list[tuple[float, float, int]] = []
    failures: list[Exception] = []

    def ask():
        connection, start = Connection(port), 0.0
        try:
            # One counted answer each at least, however slow the page.
            while start < counted_from or time.perf_counter() < until:
                start = time.perf_counter()
                with lock:
                    path = next(paths)
                size = connection.get(path)
                end = time.perf_counter()
                if start >= counted_from:
                    seen.append((end, end - start, size))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    lasted = max(end for end, _, _ in seen) - counted_from
    times = sorted(1000 * spent for _, spent, _ in seen)
    return Burst(len(seen) / lasted, median(times), times[int(len(times) * 0.95)], int(median(s for _, _, s in seen)))
