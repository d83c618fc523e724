"""What a visitor is told when the database does not answer, takes nothing, or takes too long; nothing typed is lost."""

import logging
from collections.abc import Callable

from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from roubaix_map import replicas
from roubaix_map.databases import Trouble, trouble

logger = logging.getLogger(__name__)
RETRY_AFTER = 30  # seconds


class UnavailableMiddleware:
    """Answer 503 and a sentence in place of the failures of the database that are nobody's mistake."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 503:
            response.setdefault("Retry-After", str(RETRY_AFTER))
        return response

    def process_exception(self, request, exception):
        if not isinstance(exception, Error):
            return None
        view, arguments, named = request.resolver_match
        return answer(request, exception, lambda: view(request, *arguments, **named))


def answer(request: HttpRequest, error: Error, again: Callable[[], HttpResponse | None]) -> HttpResponse | None:
    """Read `again` from another server when there is one; otherwise return the page that says what happens.

    Return None, without a page, for a mistake of ours.
    """
    why = trouble(error)
    if why is None:
        return None
    if replicas.turn_away(error) and request.method in replicas.SAFE and not hasattr(request, "read_again"):
        request.read_again = True
        try:
            return again()
        except Error as second:
            return answer(request, second, again)
    logger.warning("database does not answer", extra={"trouble": why.value})
    writes = request.method not in replicas.SAFE
    if request.path.startswith("/api/"):
        allowed = {"Access-Control-Allow-Origin": "*"}
        return JsonResponse({"erreur": _title(why, writes)}, status=503, headers=allowed)
    typed = [(name, value) for name in request.POST for value in request.POST.getlist(name)] if writes else []
    if any("password" in name for name, _value in typed):
        typed = []
    return render(request, "503.html", {"title": _title(why, writes), "typed": typed}, status=503)


def _title(why: Trouble, writes: bool) -> str:
    if why is Trouble.SLOW:
        return _("Cette page demande trop de temps")
    if writes or why is Trouble.UNWRITABLE:
        return _("Rien ne peut être enregistré pour le moment")
    return _("Le site ne peut pas répondre pour le moment")


def unsent(error: Error) -> str:
    """Return the sentence above a form that could not be taken; raise a mistake of ours again."""
    if trouble(error) is None:
        raise error
    replicas.turn_away(error, replicas.PRIMARY)
    return _(
        "Votre envoi n’a pas pu être enregistré : le site ne peut rien écrire pour le moment. Rien n’est perdu : "
        "gardez cette page ouverte et renvoyez dans quelques minutes."
    )
