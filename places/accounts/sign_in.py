"""Sign-in and sign-out: who may try again, what is said to who tried too often, how little the logs say of them."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.http import Http404
from django.template.response import TemplateResponse

from places.limits import allowed, client_address

# Many names from one address: axes counts each name apart. A whole town hall may sign in behind one address.
MOST_TRIES = 60
PROVIDER_SIGN_OUT = "provider_sign_out"  # in the session of who came by the provider


def address(request) -> str | None:
    """Return the address that wrong passwords are counted by."""
    return client_address(request) or None


def may_try(request, kind: str = "sign-in") -> bool:
    """Count one more sign-in from this address, right or wrong; say whether it is not one too many."""
    return allowed(kind, client_address(request), MOST_TRIES, int(settings.AXES_COOLOFF_TIME.total_seconds()))


def locked_out(request, response=None, credentials=None):
    """Answer whoever tried too often; the page tells nothing of whether the account exists."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = admin.site.each_context(request) | {"minutes": minutes, "is_nav_sidebar_enabled": False}
    return TemplateResponse(request, "admin/locked_out.html", context, status=429).render()


def provider_page(name: str):
    """Return a view of provider_sign_in.py, absent while no provider is set; what it imports (45 MB) waits for one."""

    def view(request):
        if not settings.OIDC_ISSUER:
            raise Http404
        from places.accounts import provider_sign_in

        return getattr(provider_sign_in, name)(request)

    return view


def leave_provider(request):
    """Sign out, and return the page that goes on to the provider; None for who did not come by one that is known.

    A page that refreshes: the redirect of a form to another site is what `form-action` forbids.
    """
    address = request.session.get(PROVIDER_SIGN_OUT) if settings.OIDC_ISSUER else None
    if not address:
        return None
    logout(request)
    context = admin.site.each_context(request) | {"address": address, "provider_name": settings.OIDC_NAME}
    response = TemplateResponse(request, "admin/provider_sign_out.html", context | {"is_nav_sidebar_enabled": False})
    response["Cache-Control"] = "no-store"
    return response


def somebody(*_who) -> str:
    """Stand for a name and an address, which are nobody's business in a log."""
    return "somebody"
