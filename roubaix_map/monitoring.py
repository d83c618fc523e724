"""One log line per request, and the two addresses that machines watch; what Prometheus reads is in metrics.py."""

import logging
import re
import time
import uuid
from contextvars import ContextVar

from django.conf import settings
from django.db import Error, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from pythonjsonlogger.json import JsonFormatter as PlainJsonFormatter

from roubaix_map.replicas import prefer_primary, read_alias

logger = logging.getLogger("roubaix_map.monitoring")
_current: ContextVar[str | None] = ContextVar("request", default=None)
SLOW_EVERY = 10  # seconds
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class JsonFormatter(PlainJsonFormatter):
    """Write every record with the number of its request, never with the request, whose text holds the query."""

    def process_log_record(self, log_data):
        if request := log_data.pop("request", None):
            log_data["request_id"] = getattr(request, "id", None)
            if secret := _secret_of(request):
                log_data["message"] = log_data["message"].replace(secret, "…")
        if number := _current.get():
            log_data.setdefault("request_id", number)
        return super().process_log_record(log_data)


class RequestLogMiddleware:
    """Log method, path, status, size and duration as fields; never the query, the address or the person."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.note, self.slow_noted_at = None, -SLOW_EVERY
        if settings.METRICS_ALLOWED:
            from roubaix_map.metrics import note

            self.note = note

    def __call__(self, request):
        start = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = _current.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        seconds = time.perf_counter() - start
        if self.note:
            self.note(request, response.status_code, seconds)
        if seconds * 1000 > settings.SLOW_AFTER_MS:
            self.note_slow(request, round(seconds * 1000))
        response["X-Request-ID"] = request.id
        logger.info(
            "request",
            extra={
                "request_id": request.id,
                "method": request.method,
                "path": path_of(request),
                "status": response.status_code,
                "bytes": None if response.streaming else len(response.content),
                "ms": round(seconds * 1000, 1),
            },
        )
        return response

    def note_slow(self, request, ms: int) -> None:
        """Keep the address and the names of the parameters; at most one in ten seconds, as all are slow together."""
        from places.models import SlowPage

        if time.monotonic() - self.slow_noted_at < SLOW_EVERY:
            return
        self.slow_noted_at = time.monotonic()
        try:
            SlowPage.objects.note(path_of(request), " ".join(sorted({*request.GET})), ms)
        except Error:
            logger.warning("slow page not noted")


def path_of(request) -> str:
    """Return the path asked for; that of a secret link without its secret."""
    return f"/{request.resolver_match.route}" if _secret_of(request) else request.path


def _secret_of(request) -> str:
    """The argument that makes an address a secret; by convention its name is `token`."""
    match = getattr(request, "resolver_match", None)
    return match.kwargs.get("token", "") if match else ""


def healthz(request):
    """Say that this process answers."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request):
    """Say that this process can serve pages: a database answers and its tables are those of this release.

    A second line says when nothing can be written: reading goes on from a replica.
    """
    prefer_primary()
    try:
        executor = MigrationExecutor(connections[read_alias()])
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return _not_ready("database")
    if waiting:
        return _not_ready("migrations")
    response = healthz(request)
    if not takes_writes():
        response.write("reading only\n")
    return response


def takes_writes() -> bool:
    """Say whether the primary answers and is one."""
    try:
        if connection.vendor != "postgresql":
            return True
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            return cursor.fetchone() == ("off",)
    except Error:
        return False


def _not_ready(reason):
    return HttpResponse(
        f"not ready: {reason}\n", status=503, content_type="text/plain", headers={"Cache-Control": "no-store"}
    )
