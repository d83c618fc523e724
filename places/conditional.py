"""Answers that follow the version of the data: a reader who has the last one is told so, and sent nothing again."""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

MAX_AGE = 60  # seconds


def answer(request: HttpRequest, question: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `make` answers to a question, always written the same way, or 304 when the reader has it.

    The tag also follows the address of the site, which the answers hold.
    """
    state = (request.data_version, request.data_changed_at, request.build_absolute_uri(request.path), question)
    tag = f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:24]}"'
    # "*" stands for any answer, also for one that does not exist: nothing is known of it before it is made.
    known = request.headers.get("If-None-Match", "").strip() != "*"
    response = get_conditional_response(request, etag=tag) if known else None
    response = make() if response is None else response
    if response.status_code in (200, 304):
        response["ETag"] = tag
        response["Cache-Control"] = f"public, max-age={MAX_AGE}"
        patch_vary_headers(response, ["Accept-Encoding"])
    return response
