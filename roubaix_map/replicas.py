"""Which server a request reads: a replica close enough behind the primary, another when it is lost.

Writes go to the primary, always. So do the reads of whoever writes: commands, the admin, a request once it has written,
a transaction, and for some seconds the browser that sent something (COOKIE). Nothing of this is there without
DATABASE_REPLICA_URLS.

How late a replica is, is not asked of its clock: `pg_last_xact_replay_timestamp` is old when the primary rests, and
a replica cut from its primary says that it has replayed all it received. A thread of each server notes every second how
far its journal (LSN) goes; a replica is as late as the last note of the primary that it reached is old. No clock has
to agree with another, no right is needed beyond reading, and a cut is seen at the next write. A primary that is lost
gives no notes: every replica that answers is then good, as nothing fresher can be read.
"""

import logging
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from threading import Thread

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error, connections

from roubaix_map.databases import Trouble, trouble

logger = logging.getLogger(__name__)
PRIMARY = "default"
EVERY = 1  # seconds between two notes
SILENCE = 4  # seconds without an answer: the server hangs
COOKIE = "vient-d-ecrire"
SAFE = ("GET", "HEAD", "OPTIONS")
ADMIN = "/admin/"
# Counted while reading: reads of them go where they are written, and the page goes on reading where it was.
COUNTS = {"places.tally", "places.searchcount", "places.slowpage"}
REACHED = """
SELECT pg_is_in_recovery(), pg_wal_lsn_diff(
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0'
)
"""


class Server:
    """What is known of one server: how far its journal went, and when; whether it answers."""

    def __init__(self, alias: str):
        self.alias = alias
        self.notes: deque[tuple[float, int]] = deque(maxlen=60)  # when, how far
        self.is_replica = alias != PRIMARY
        self.failed_at = None

    def note(self, now: float, is_replica: bool, reached: int) -> None:
        if self.failed_at is not None:
            logger.warning("database is back", extra={"database": self.alias})
        self.is_replica, self.failed_at = is_replica, None
        self.notes.append((now, reached))

    def fail(self, now: float) -> None:
        if self.failed_at is None:
            logger.warning("database is lost", extra={"database": self.alias})
        self.failed_at = now

    def is_lost(self, now: float) -> bool:
        return self.failed_at is not None or (bool(self.notes) and now - self.notes[-1][0] > SILENCE)

    def behind(self, primary: "Server", now: float) -> float:
        """Return the seconds that this server may lack; infinite when that is not known."""
        if not self.notes:
            return float("inf")
        return next((now - at for at, reached in reversed(primary.notes) if reached <= self.notes[-1][1]), float("inf"))


class Servers:
    """The primary and its replicas, as this process sees them."""

    def __init__(self, aliases: Iterable[str]):
        self.by_alias = {alias: Server(alias) for alias in aliases}
        self.primary = self.by_alias[PRIMARY]
        self.replicas = [server for server in self.by_alias.values() if server is not self.primary]

    def order(self, *, primary_first: bool, now: float) -> list[str]:
        """Return the aliases to try, the best first; those that are lost only when there is no other."""
        close = [
            server
            for server in self.replicas
            # A replica that was made a primary follows nobody: while another takes the writes, it may be anything.
            if server.is_replica and server.behind(self.primary, now) <= settings.REPLICA_LAG_SECONDS
        ]
        random.shuffle(close)
        ranked = [self.primary, *close] if primary_first else [*close, self.primary]
        ranked += [server for server in self.replicas if server not in ranked]
        return [server.alias for server in ranked if not server.is_lost(now)] or [server.alias for server in ranked]

    def look(self, alias: str) -> None:
        """Note how far a server is, or that it does not answer."""
        connection = connections[alias]
        try:
            with connection.cursor() as cursor:
                cursor.execute(REACHED)
                is_replica, reached = cursor.fetchone()
            self.by_alias[alias].note(time.monotonic(), is_replica, int(reached or 0))
            if is_replica and alias == PRIMARY:
                connection.close()  # among several hosts, another may have become the primary
        except Error:
            connection.close()
            self.by_alias[alias].fail(time.monotonic())

    def watch(self, alias: str) -> None:
        while True:
            self.look(alias)
            time.sleep(EVERY)


servers = Servers(settings.DATABASES)


class Route:
    """Where one request reads, chosen at its first question."""

    def __init__(self, *, primary_first: bool = False, primary_only: bool = False):
        self.primary_first, self.primary_only = primary_first, primary_only
        self.alias = PRIMARY if primary_only else ""
        self.has_written = False

    def to_read(self) -> str:
        self.alias = self.alias or reachable(servers.order(primary_first=self.primary_first, now=time.monotonic()))
        return self.alias

    def write(self) -> None:
        self.has_written = True
        self.alias = PRIMARY


_route: ContextVar[Route | None] = ContextVar("route", default=None)


def reachable(aliases: list[str]) -> str:
    """Return the first of these that answers; raise what the last one said."""
    for alias in aliases:
        connection = connections[alias]
        try:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        except Error:
            servers.by_alias[alias].fail(time.monotonic())
            if alias == aliases[-1]:
                raise
        else:
            return alias
    raise AssertionError("no database")


class Router:
    """Django asks it for each question; outside a request, everything is the primary's."""

    def db_for_read(self, model, **hints):
        route = _route.get()
        if route is None or model._meta.label_lower in COUNTS or connections[PRIMARY].in_atomic_block:
            return PRIMARY
        return route.to_read()

    def db_for_write(self, model, **hints):
        route = _route.get()
        if route is not None and model._meta.label_lower not in COUNTS:
            route.write()
        return PRIMARY

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, alias, app_label, **hints):
        return None if alias == PRIMARY or alias not in servers.by_alias else False


def read_alias() -> str:
    """Return where this request reads, for a question that is not asked through a model."""
    route = _route.get()
    return PRIMARY if route is None or connections[PRIMARY].in_atomic_block else route.to_read()


def prefer_primary() -> None:
    """Read from the primary from here on, while it answers: the page is about what was just written."""
    route = _route.get()
    if route is not None and route.alias != PRIMARY:
        route.primary_first, route.alias = True, ""


def turn_away(error: Error, alias: str = "") -> bool:
    """Leave the server that failed, the one read from unless said; say whether this request may read from another."""
    route, why = _route.get(), trouble(error)
    alias = alias or (route and route.alias) or PRIMARY
    # Closed also when it only takes nothing: among several hosts, another may have become the primary.
    if why in (Trouble.LOST, Trouble.UNWRITABLE) and not connections[alias].in_atomic_block:
        connections[alias].close()
    if route is None or why in (None, Trouble.SLOW):
        return False
    if why is Trouble.LOST:
        servers.by_alias[alias].fail(time.monotonic())
    if not route.primary_only:
        route.alias = ""
    return not route.primary_only


def primary_is_lost() -> bool:
    """Say whether writing is known to be useless, without trying; always no without replicas."""
    return bool(servers.replicas) and servers.primary.is_lost(time.monotonic())


class ReplicasMiddleware:
    """Give each request its route, and the browser that wrote the time for the replicas to follow."""

    def __init__(self, get_response):
        if not servers.replicas:
            raise MiddlewareNotUsed
        self.get_response = get_response
        for alias in servers.by_alias:
            Thread(target=servers.watch, args=[alias], name=f"watch {alias}", daemon=True).start()

    def __call__(self, request):
        route = route_of(request)
        token = _route.set(route)
        try:
            response = self.get_response(request)
        finally:
            _route.reset(token)
        if route.has_written and request.method not in SAFE:
            kept = int(settings.REPLICA_LAG_SECONDS) + 5
            response.set_cookie(COOKIE, "1", max_age=kept, secure=settings.HTTPS, httponly=True, samesite="Lax")
        if response.streaming:
            response.streaming_content = still_routed(route, response.streaming_content)
        return response


def route_of(request) -> Route:
    """Moderators and whoever writes or just wrote read the primary; the admin nothing else."""
    if request.path_info.startswith(ADMIN):
        return Route(primary_only=True)
    writes = request.method not in SAFE
    return Route(primary_first=writes or COOKIE in request.COOKIES or settings.SESSION_COOKIE_NAME in request.COOKIES)


def still_routed(route: Route, content: Iterable[bytes]) -> Iterator[bytes]:
    """Give the content of an answer that is made while it is sent, read where its request was."""
    token = _route.set(route)
    try:
        yield from content
    finally:
        _route.reset(token)
