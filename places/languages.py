"""The language of a page: that of its address. The one that a visitor chose is remembered, and found again."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from places.translated import is_french

KEPT_FOR = 365 * 24 * 3600  # seconds
# Where one comes in without knowing of languages: on a poster, in a search engine. Every other link says its own.
ENTRANCES = ("home", "find")


@dataclass(frozen=True)
class Language:
    code: str
    name: str

    @property
    def tag(self) -> str:
        """What browsers and screen readers know it by: easy French is French."""
        return "fr" if is_french(self.code) else self.code

    @property
    def direction(self) -> str:
        return "rtl" if self.code in settings.LANGUAGES_BIDI else "ltr"


def languages() -> list[Language]:
    return [Language(code, name) for code, name in settings.LANGUAGES]


def alternates() -> list[Language]:
    """The languages that search engines can tell apart, none when there is but one; easy French is French to them."""
    told = [language for language in languages() if language.code == language.tag]
    return told if len(told) > 1 else []


def current() -> Language:
    code = translation.get_language() or settings.LANGUAGE_CODE
    return Language(code, dict(settings.LANGUAGES).get(code, ""))


def split(path: str) -> tuple[str, str]:
    """Return the language that a path begins with, French without any, and the path in French.

    >>> split("/lieux/")
    ('fr', '/lieux/')
    """
    root = get_script_prefix()
    code, slash, rest = path.removeprefix(root).partition("/")
    if slash and code != settings.LANGUAGE_CODE and code in dict(settings.LANGUAGES):
        return code, root + rest
    return settings.LANGUAGE_CODE, path


def in_language(path: str, code: str) -> str:
    """Return the address of the same page in another language, its question kept.

    >>> in_language("/lieux/?page=2", "fr")
    '/lieux/?page=2'
    """
    _code, path = split(path)
    if code == settings.LANGUAGE_CODE:
        return path
    root = get_script_prefix()
    return f"{root}{code}/{path.removeprefix(root)}"


class LanguageMiddleware:
    """Speak the language of the address, whatever the browser prefers: one address, one page, for every cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        code, _path = split(request.path)
        translation.activate(code)
        request.LANGUAGE_CODE = code
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", Language(code, "").tag)
        if _is_entrance(request):
            patch_vary_headers(response, ["Cookie"])  # whoever chose another language is led elsewhere
        return response

    def process_view(self, request, view, args, kwargs):
        """At an entrance, lead whoever chose another language to it."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if not _is_entrance(request) or chosen == settings.LANGUAGE_CODE or chosen not in dict(settings.LANGUAGES):
            return None
        response = HttpResponseRedirect(in_language(request.get_full_path(), chosen))
        response["Cache-Control"] = "private, no-store"
        return response


def _is_entrance(request) -> bool:
    """Tell whether this is the French page of an entrance."""
    names = {f"places:{name}" for name in ENTRANCES}
    found = request.resolver_match
    return found is not None and found.view_name in names and request.LANGUAGE_CODE == settings.LANGUAGE_CODE


@require_safe
def switch(request):
    """Every language by its own name, for the page that one comes from; a choice is remembered, French forgets it."""
    page = _page(request, request.GET.get("page", request.headers.get("Referer", "")))
    chosen = request.GET.get("langue", "")
    if chosen not in dict(settings.LANGUAGES):
        response = render(request, "places/langues.html", {"choices": languages(), "page": page})
    else:
        response = HttpResponseRedirect(in_language(page, chosen))
        remember(response, chosen)
    response["Cache-Control"] = "private, no-store"
    return response


def remember(response: HttpResponse, chosen: str) -> None:
    """Keep the chosen language in the visitor’s browser, for the entrances alone; French is what nothing kept means."""
    name, same_site = settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_COOKIE_SAMESITE
    if chosen == settings.LANGUAGE_CODE:
        response.delete_cookie(name, samesite=same_site)
    else:
        secure = settings.LANGUAGE_COOKIE_SECURE
        response.set_cookie(name, chosen, max_age=KEPT_FOR, samesite=same_site, secure=secure, httponly=True)


def _page(request, address: str) -> str:
    """Return the path and the question of a page of this site that every language has; the first page for any other."""
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}):
        return reverse("places:home")
    parts = urlsplit(address)
    _code, path = split(parts.path)
    try:
        with translation.override(settings.LANGUAGE_CODE):
            known = resolve(path)
    except Resolver404:
        known = None
    if known is None or known.namespaces != ["places"] or known.view_name == "places:languages":
        return reverse("places:home")
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
