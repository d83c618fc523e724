"""What caches may keep, and for how long; a reader who has the last answer is told so, and sent nothing again.

A change is seen everywhere within ten seconds: what nginx shows unasked is three seconds old at most (it counts whole
ones), a browser adds one, and the others are left to a database that follows another. Asking again costs one small
question to the base (304).
"""

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers

from roubaix_map import release

# One second as new, one more while it is asked for again, a day when nobody answers.
SHARED = "public, max-age=0, s-maxage=1, stale-while-revalidate=1, stale-if-error=86400"
OWN = "private, no-cache"  # kept by the visitor's browser alone, which asks each time
NOBODY = "private, no-store"
WHERE_ONE_IS = ("autour", "point")
PAGES = {"places", "data"}  # the namespaces of public addresses


class ConditionalMiddleware:
    """Tag every public page with all that it follows; what names nobody's business is not kept by any cache.

    A page says what is open now, so it follows the minute as well as the data. A view that knows better says so
    itself, with `Cache-Control`.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = kept_by(request) if is_for_everybody(request, response) else NOBODY
            if response["Cache-Control"] == SHARED and response.status_code == 200:
                response["ETag"] = page_tag(request)
        return response

    def process_view(self, request, view, args, kwargs):
        """Answer 304 before anything is read for the page."""
        if "If-None-Match" not in request.headers or not is_public(request) or kept_by(request) != SHARED:
            return None
        return unchanged(request, page_tag(request))


def is_public(request: HttpRequest) -> bool:
    """Tell whether this address is anybody's: not the desk, nor a secret link, whose argument is `token`."""
    found = request.resolver_match
    return request.method in ("GET", "HEAD") and bool(PAGES & {*found.namespaces}) and "token" not in found.kwargs


def is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    """Tell whether a public page was made without looking at who asks, and may be shown to others."""
    looked = request.session.accessed or request.META.get("CSRF_COOKIE_NEEDS_UPDATE") or response.cookies
    if request.resolver_match is None:
        return response.status_code == 404 and not looked
    return is_public(request) and response.status_code in (200, 404) and not looked


def kept_by(request: HttpRequest) -> str:
    """Return who may keep the answer to a public question: nobody but the visitor when it says where they are."""
    return OWN if any(request.GET.get(name) for name in WHERE_ONE_IS) else SHARED


def page_tag(request: HttpRequest) -> str:
    minute = int(timezone.now().timestamp()) // 60
    return f"W/{_tag(request, minute, request.build_absolute_uri())}"


def answer(request: HttpRequest, question: str, make: Callable[[], HttpResponse]) -> HttpResponse:
    """Return what `make` answers to a question, always written the same way, or 304 when the reader has it.

    The tag also follows the address of the site, which the answers hold.
    """
    tag = _tag(request, request.build_absolute_uri(request.path), question)
    response = unchanged(request, tag)
    if response is None:
        response = make()
        if response.status_code == 200:
            marked(request, response, tag)
    return response


def prepared(request: HttpRequest, body: bytes, compressed: bytes, tag: str, content_type: str) -> HttpResponse:
    """Answer bytes that were kept, compressed when the browser takes it; 304 when it has them."""
    squeezed = "gzip" in request.headers.get("Accept-Encoding", "")
    etag = f'"{tag}-gz"' if squeezed else f'"{tag}"'
    response = unchanged(request, etag)
    if response is None:
        response = HttpResponse(compressed if squeezed else body, content_type=content_type)
        if squeezed:
            response["Content-Encoding"] = "gzip"
        marked(request, response, etag)
    return response


def marked(request: HttpRequest, response: HttpResponse, tag: str) -> None:
    """Say how long an answer may be kept, and by whom."""
    response["ETag"] = tag
    response["Cache-Control"] = kept_by(request)
    patch_vary_headers(response, ["Accept-Encoding"])


def unchanged(request: HttpRequest, tag: str) -> HttpResponse | None:
    """Return a 304 when the reader has the answer of this tag.

    "*" stands for any answer, also for one that does not exist: nothing is known of it before it is made.
    """
    if request.headers.get("If-None-Match", "").strip() == "*":
        return None
    response = get_conditional_response(request, etag=tag)
    if response is not None and response.status_code == 304:
        # What the page may run, and who may frame it, was said with the page, and may differ from page to page.
        response._csp_exempt = response.xframe_options_exempt = True
        marked(request, response, tag)
    return response


def _tag(request: HttpRequest, *what) -> str:
    state = (release.fingerprint(), request.data_version, request.data_changed_at, *what)
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:16]}"'
