"""The API: places, terms and territories as JSON, read by any site, page by page without drift.

A page begins after the last place of the page before, by its slug: whatever is added or removed meanwhile, nothing is
given twice and nothing that stayed is skipped.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.db.models import F, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from places import conditional, lexicon, openapi
from places.enumerations import any_of
from places.exporting.records import records, territory
from places.filters import PlaceFilter
from places.limits import client_address
from places.models import Place, Territory
from places.near.finding import settled
from places.vocabularies import VOCABULARIES

METHODS = "GET, HEAD, OPTIONS"
SLUG = re.compile(openapi.SLUG)
NUMBER = re.compile(openapi.NUMBER)
LIMIT = re.compile("[0-9]{1,3}")


class Refused(Exception):
    """The answer is an error; the message says why and what is expected."""

    def __init__(self, message: str, status: int = 400):
        super().__init__(message)
        self.status = status


def endpoint(view: Callable[..., dict]):
    """Make a view of a function that returns plain data: read-only, for any site, tagged; errors are JSON too."""

    @csrf_exempt  # nothing is written, and a POST deserves its 405
    @wraps(view)
    def answer(request, **arguments):
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers={"Allow": METHODS})
        elif request.method not in ("GET", "HEAD"):
            response = error(_("Cette adresse ne fait que se lire (%s).") % METHODS, 405)
            response["Allow"] = METHODS
        else:
            try:
                request.GET = settled(request.GET, client_address(request))
                question = request.GET.urlencode()
                if "quand" in request.GET:
                    question += PlaceFilter(request.GET).stamp
                response = conditional.answer(request, question, lambda: JsonResponse(view(request, **arguments)))
            except Refused as refusal:
                response = error(str(refusal), refusal.status)
            except TooManyFieldsSent:
                response = error(_("Trop de paramètres."), 400)
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Allow-Methods"] = METHODS
        response["Access-Control-Allow-Headers"] = "If-None-Match"
        response["Access-Control-Expose-Headers"] = "ETag"
        response["Access-Control-Max-Age"] = "86400"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def error(sentence: str, status: int) -> JsonResponse:
    return JsonResponse({"erreur": sentence}, status=status)


@endpoint
def places(request):
    """The results of a question, by pages."""
    question = PlaceFilter(request.GET)
    after = read(request, "after", SLUG, _("« after » : celui de l’adresse « next » est attendu."))
    found = question.qs.filter(slug__gt=after) if after else question.qs
    limit = read_limit(request)
    page = list(records(found[: limit + 1], root(request)))
    given = page[:limit]
    return {
        "total": question.qs.count(),
        "ignored": question.ignored,
        "next": next_page(request, question.data, limit, given[-1]["slug"]) if len(page) > limit else None,
        "places": given,
    }


@endpoint
def place(request, id):
    """One place, by its identifier or one it had before."""
    published = Place.objects.published()
    record = None
    if "\x00" not in id:  # which PostgreSQL refuses to look for
        by_id = records(published.filter(pk=id), root(request))
        record = next(by_id, None) or _by_alias(published, id, root(request))
    if record is None:
        raise Refused(_("Aucun lieu publié n’a cet identifiant."), 404)
    return record


def _by_alias(published, id: str, root: str):
    known = published.annotate(known_as=Concat(Value("|"), F("aliases"), Value("|"), output_field=TextField()))
    # SQLite compares without case: the exact one is looked for among those that look like it.
    found = records(known.filter(known_as__contains=f"|{id}|"), root)
    return next((record for record in found if id in record["aliases"]), None)


@endpoint
def terms(request):
    """Every list with its terms: official value, name in the addresses, words of the city."""
    return {
        "vocabularies": [
            {
                "name": name,
                "question": _(vocabulary.question),
                "national": vocabulary.national,
                "terms": [{field: getattr(entry, field) for field in openapi.TERM} for entry in lexicon.entries(name)],
            }
            for name, vocabulary in VOCABULARIES.items()
        ]
    }


@endpoint
def territories(request):
    """The territories in force, by pages; their outlines when asked."""
    kind = read_choice(request, "kind", Territory.Kind.values)
    outline = read_choice(request, "outline", ["0", "1"]) == "1"
    after = read(request, "after", NUMBER, _("« after » : celui de l’adresse « next » est attendu."))
    limit = read_limit(request)
    current = Territory.objects.current().order_by("pk").defer("geometry", *([] if outline else ["outline"]))
    current = current.of_kind(kind) if kind else current
    page = list((current.filter(pk__gt=int(after)) if after else current)[: limit + 1])
    given = page[:limit]
    return {
        "total": current.count(),
        "next": next_page(request, request.GET, limit, given[-1].pk) if len(page) > limit else None,
        "territories": [territory(area, outline=outline) for area in given],
    }


@endpoint
def document(request):
    """The OpenAPI document."""
    return openapi.document(root(request))


# --- what was asked


def read(request, name: str, pattern: re.Pattern, expected: str) -> str:
    """Return a parameter that is wholly of this pattern, blank when it is absent; refuse any other."""
    text = request.GET.get(name)
    if text is not None and not pattern.fullmatch(text):
        raise Refused(expected)
    return text or ""


def read_limit(request) -> int:
    expected = _("« limit » : un nombre de 1 à %d est attendu.") % openapi.MOST
    limit = int(read(request, "limit", LIMIT, expected) or openapi.LIMIT)
    if not 1 <= limit <= openapi.MOST:
        raise Refused(expected)
    return limit


def read_choice(request, name: str, choices: list[str]) -> str:
    expected = _("« %(name)s » : attendu %(choices)s.") % {"name": name, "choices": any_of(choices)}
    return read(request, name, re.compile("|".join(choices)), expected)


def next_page(request, asked: QueryDict, limit: int, after: Any) -> str:
    """Return the address of the same question from there on."""
    following = asked.copy()
    following["limit"], following["after"] = limit, after
    return f"{request.build_absolute_uri(request.path)}?{following.urlencode()}"


def root(request) -> str:
    return request.build_absolute_uri("/")
