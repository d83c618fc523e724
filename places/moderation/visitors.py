"""What every page that a visitor may send has in common: never cached, no cookie, and sent from this site only."""

from functools import wraps

from django.http import HttpRequest
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from roubaix_map.replicas import prefer_primary

OURS = ("same-origin", "none")
MOST_BYTES = 12 * 1024 * 1024  # the heaviest logo, and all the words one may write


def visitors_form(view):
    """Answer GET, HEAD and POST without an account.

    Nothing is done in the name of a session, so Django's cookie would protect nothing and shut out whoever blocks
    cookies; other sites are told by what browsers say of where a form was sent from.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @never_cache
    @csrf_exempt
    @wraps(view)
    def answer(request, *args, **kwargs):
        if request.method == "POST" and comes_from_elsewhere(request):
            return render(request, "403_csrf.html", status=403)
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:  # before anything of it is read
            return render(request, "places/moderation/too_heavy.html", status=413)
        prefer_primary()
        return view(request, *args, **kwargs)

    return answer


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Say whether the page that sent this is of another site; a secret page says « null » for its origin."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in OURS
    origin = request.headers.get("Origin", "null")
    return origin not in ("null", f"{request.scheme}://{request.get_host()}")
