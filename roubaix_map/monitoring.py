"""One log line per request, and the two addresses that machines watch."""

import logging
import re
import time
import uuid

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from pythonjsonlogger.json import JsonFormatter as PlainJsonFormatter

logger = logging.getLogger("roubaix_map.monitoring")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class JsonFormatter(PlainJsonFormatter):
    """Write Django's own records with the request's number instead of the request, whose text holds the query."""

    def process_log_record(self, log_data):
        if request := log_data.pop("request", None):
            log_data["request_id"] = getattr(request, "id", None)
            if secret := _secret_of(request):
                log_data["message"] = log_data["message"].replace(secret, "…")
        return super().process_log_record(log_data)


class RequestLogMiddleware:
    """Log method, path, status, size and duration as fields; never the query, the address or the person."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        start = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        response = self.get_response(request)
        response["X-Request-ID"] = request.id
        logger.info(
            "request",
            extra={
                "request_id": request.id,
                "method": request.method,
                "path": path_of(request),
                "status": response.status_code,
                "bytes": None if response.streaming else len(response.content),
                "ms": round((time.perf_counter() - start) * 1000, 1),
            },
        )
        return response


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
    """Say that this process can serve pages: the database answers and its tables are those of this release."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return _not_ready("database")
    return _not_ready("migrations") if waiting else healthz(request)


def _not_ready(reason):
    return HttpResponse(
        f"not ready: {reason}\n", status=503, content_type="text/plain", headers={"Cache-Control": "no-store"}
    )
