"""A steady load: visitors that arrive at a fixed rate, whatever the answers, within bounds of number and time."""

import heapq
import http.client
import random
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from cluster.answers import Answer, Count, Writing
from cluster.nginx import NAME

RATE = 20  # requests a second
WRITES = 0.1  # of which somebody proposes a place
AT_ONCE = 64
TIMEOUT = 15  # seconds without a byte
AGAIN_AFTER = 4  # seconds before the same words are sent again
GRACE = 20  # seconds left at the end to those who have no thank you yet
READ_A_FORM = 3.2  # seconds; the site does not believe who is faster
PEOPLE = 240  # addresses of loopback: nobody reaches the limits of one
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?')


def hidden_fields(page: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page)}


class Load:
    """A load in threads, from `start` to `finish`; `extra` pages may be read too, people may leave an e-mail."""

    def __init__(self, port: int, certificate: Path, slugs: list[str], *, rate: float = RATE, seed: int = 8):
        self.port, self.slugs, self.rate, self.leaves_email = port, slugs, rate, False
        self.context = ssl.create_default_context(cafile=certificate)
        self.random = random.Random(seed)
        self.extra: list[str] = []
        self.answers: list[Answer] = []
        self.writings: list[Writing] = []
        self._again: list[tuple[float, int]] = []  # a heap of when, and which writing
        self._ended = threading.Event()
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._thread = threading.Thread(target=self._arrive, daemon=True)
        self._run = f"{time.time_ns():x}"

    def start(self) -> None:
        status, page = self._exchange("127.0.0.1", "GET", "/proposer/")
        if status != "200":
            raise RuntimeError(f"/proposer/ : {status}")
        self.form = hidden_fields(page)
        time.sleep(READ_A_FORM)
        self.began = time.monotonic()
        self._thread.start()

    @property
    def now(self) -> float:
        return time.monotonic() - self.began

    def abandon(self) -> None:
        self._ended.set()

    def finish(self) -> Count:
        """Stop arrivals; let those who wait for a thank you ask again for a while."""
        self._ended.set()
        self._thread.join()
        until = time.monotonic() + GRACE
        while time.monotonic() < until and not all(writing.acknowledged for writing in self.writings):
            self._send_again()
            time.sleep(0.1)
        self._pool.shutdown()
        return Count(self.answers, self.writings)

    # --- who arrives
    def _arrive(self) -> None:
        number = 0
        while not self._ended.wait(max(0.0, number / self.rate - self.now)):
            self._send_again()
            if self.random.random() < WRITES:
                source = f"127.0.1.{1 + len(self.writings) % PEOPLE}"
                self.writings.append(Writing(f"jeton-{self._run}-{len(self.writings)}", source))
                self._submit(self._write, len(self.writings) - 1)
            else:
                self._submit(self._read, self._question())
            number += 1

    def _send_again(self) -> None:
        while self._again and self._again[0][0] <= time.monotonic():
            self._submit(self._write, heapq.heappop(self._again)[1])

    def _submit(self, work, argument) -> None:
        if not self._room.acquire(blocking=False):
            kind = "write" if work == self._write else "read"
            self.answers.append(Answer(kind, self.now, 0, "trop en attente"))
            if kind == "write":
                heapq.heappush(self._again, (time.monotonic() + AGAIN_AFTER, argument))
            return
        self._pool.submit(self._bounded, work, argument)

    def _bounded(self, work, argument) -> None:
        try:
            work(argument)
        finally:
            self._room.release()

    def _question(self) -> str:
        """Return what the next visitor reads: pages that nginx keeps, and questions nobody has asked before."""
        here = f"{50.68 + self.random.random() / 40:.4f}1,{3.16 + self.random.random() / 30:.4f}1"
        return self.random.choice(
            [
                "/lieux/",
                f"/lieux/{self.random.choice(self.slugs)}/",
                f"/lieux/{self.random.choice(self.slugs)}/",
                f"/trouver/?besoin=caf&point={here}",
                f"/lieux/?point={here}",
                f"/api/v1/places?limit=5&point={here}",
                *self.extra,
            ]
        )

    # --- what they do
    def _read(self, path: str) -> None:
        sent_at = self.now
        status, _page = self._exchange(f"127.0.0.{self.random.randint(2, 250)}", "GET", path)
        self.answers.append(Answer("read", sent_at, self.now - sent_at, status))

    def _write(self, number: int) -> None:
        writing, sent_at = self.writings[number], self.now
        typed = self.form | {"nom": f"Essai {writing.token}", "commune": "Essai", "text": writing.token}
        typed |= {"email": f"{writing.token}@exemple.fr"} if self.leaves_email else {}
        typed |= writing.came_back
        writing.attempts += 1
        status, page = self._exchange(writing.source, "POST", "/proposer/", urlencode(typed))
        self.answers.append(Answer("write", sent_at, self.now - sent_at, status, writing.token in page))
        if status == "302":
            writing.acknowledged = True
        else:
            writing.came_back |= hidden_fields(page)
            heapq.heappush(self._again, (time.monotonic() + AGAIN_AFTER, number))

    def page(self, path: str) -> str:
        """Return what nginx gives, blank when it gives none."""
        return self._exchange("127.0.0.1", "GET", path)[1]

    def _exchange(self, source: str, method: str, path: str, body: str | None = None) -> tuple[str, str]:
        """Ask nginx from this address; return the status, or a word for what went wrong, and the page."""
        headers = {"Host": f"{NAME}:{self.port}"}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        connection = http.client.HTTPSConnection(NAME)
        try:
            plain = socket.create_connection(("127.0.0.1", self.port), TIMEOUT, source_address=(source, 0))
            connection.sock = self.context.wrap_socket(plain, server_hostname=NAME)
            with closing(connection):
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return str(answer.status), answer.read().decode(errors="replace")
        except TimeoutError:
            return "sans réponse", ""
        except (OSError, http.client.HTTPException):
            return "coupée", ""
