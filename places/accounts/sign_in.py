"""Sign-in: who may try again, what the page says to who tried too often, and how little the logs say of them."""

from django.conf import settings
from django.contrib import admin
from django.template.response import TemplateResponse

from places.limits import allowed, client_address

# Many names from one address: axes counts each name apart. A whole town hall may sign in behind one address.
MOST_TRIES = 60


def address(request) -> str | None:
    """Return the address that wrong passwords are counted by."""
    return client_address(request) or None


def may_try(request) -> bool:
    """Count one more sign-in from this address, right or wrong; say whether it is not one too many."""
    return allowed("sign-in", client_address(request), MOST_TRIES, int(settings.AXES_COOLOFF_TIME.total_seconds()))


def locked_out(request, response=None, credentials=None):
    """Answer whoever tried too often; the page tells nothing of whether the account exists."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = admin.site.each_context(request) | {"minutes": minutes, "is_nav_sidebar_enabled": False}
    return TemplateResponse(request, "admin/locked_out.html", context, status=429).render()


def somebody(*_who) -> str:
    """Stand for a name and an address, which are nobody's business in a log."""
    return "somebody"
