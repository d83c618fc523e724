"""Sign-in through the provider: the two addresses of it, whose account it opens, and what is said when it opens none.

The provider stands for the password, and for nothing else: whatever it says of a second factor (`acr`, `amr`) is not
read, and the code of the telephone is asked for as after a password.
"""

import logging

from django.conf import settings
from django.contrib import admin, auth
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from places.accounts import provider, sign_in
from places.accounts.provider import Failed, Refused
from places.accounts.second_factor import asked_page

logger = logging.getLogger(__name__)

NEXT = "provider_next"  # in the session
LONGEST_NAME = User._meta.get_field("username").max_length
SENTENCES = {
    "failed": _("%s ne répond pas comme il faut pour le moment. Réessayer plus tard, ou entrer avec un mot de passe."),
    "denied": _("%s n’a pas confirmé cette connexion. Elle peut être recommencée."),
    "state": _("Cette connexion par %s a trop attendu, ou avait été commencée ailleurs. La recommencer ici."),
    "token": _(
        "La réponse de %s n’a pas pu être vérifiée : personne n’est entré. Recommencer, ou prévenir le support."
    ),
    "email": _("%s ne garantit pas votre adresse e-mail : elle ne peut pas ouvrir un compte ici."),
    "unknown": _(
        "Aucun compte d’ici n’a l’adresse e-mail donnée par %s. Une personne qui gère les comptes peut en ouvrir un."
    ),
    "several": _(
        "Plusieurs comptes d’ici ont l’adresse e-mail donnée par %s : une personne qui gère les comptes doit choisir."
    ),
    "closed": _("Le compte qui a l’adresse e-mail donnée par %s est fermé."),
    "rights": _(
        "Votre compte, reconnu par %s, n’a pas encore de droits. Une personne qui gère les comptes doit les donner."
    ),
}


@never_cache
@require_GET
def start(request):
    """Lead to the provider. A link rather than a form: `form-action` would forbid the redirect of a form."""
    if not sign_in.may_try(request, "sign-in-start"):
        return sign_in.locked_out(request)
    try:
        answer = provider.send_there(request, _absolute(request, "admin:provider_back"))
    except Failed as failure:
        return _refusal(request, "failed", str(failure))
    request.session[NEXT] = asked_page(request)
    return answer


@never_cache
@require_GET
def back(request):
    """Receive who comes back from the provider; open the session of their account, or say why not."""
    if not sign_in.may_try(request):
        return sign_in.locked_out(request)
    try:
        identity = provider.identity(request, _absolute(request, "admin:login"))
        user = account_of(identity.claims)
    except Failed as failure:
        return _refusal(request, "failed", str(failure))
    except Refused as refused:
        return _refusal(request, refused.reason)
    asked = request.session.pop(NEXT, reverse("admin:index"))
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[sign_in.PROVIDER_SIGN_OUT] = identity.sign_out
    return HttpResponseRedirect(asked)


def account_of(claims: dict) -> User:
    """Return the one open account of the staff that has the verified address; raise `Refused` otherwise."""
    email = verified_email(claims)
    users = list(User.objects.filter(email__iexact=email)[:2])
    if not users and settings.OIDC_CREATE_ACCOUNTS:
        users = [_made(email)]
    if not users:
        raise Refused("unknown")
    if len(users) > 1:
        raise Refused("several")
    (user,) = users
    if not user.is_active:
        raise Refused("closed")
    if not user.is_staff:
        raise Refused("rights")
    return user


def verified_email(claims: dict) -> str:
    """Return the address, in lower case, that the provider answers for.

    Only ASCII: beyond it, two different addresses may be the same one for a database that ignores case.
    """
    email, verified = claims.get("email"), claims.get("email_verified")
    if not isinstance(email, str) or not email.isascii():
        raise Refused("email")
    if not (verified is True or (verified is None and settings.OIDC_EMAILS_VERIFIED)):
        raise Refused("email")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused("email") from error
    return email.lower()


def _made(email: str) -> User:
    """Make an account that may do nothing; somebody else's, whose name is this address, is left alone."""
    if len(email) > LONGEST_NAME:
        raise Refused("email")
    with transaction.atomic():
        user, _is_new = User.objects.get_or_create(username=email, defaults={"email": email})
        if _is_new:
            user.set_unusable_password()
            user.save()
    if user.email.lower() != email:
        raise Refused("unknown")
    return user


def _absolute(request, name: str) -> str:
    return request.build_absolute_uri(reverse(name))


def _refusal(request, reason: str, detail: str = ""):
    """Say in a sentence why nobody entered; the logs have a word or two of it, and nobody's name."""
    logger.warning("sign-in through the provider: %s %s", reason, detail)
    context = admin.site.each_context(request) | {
        "is_nav_sidebar_enabled": False,
        "sentence": SENTENCES[reason] % settings.OIDC_NAME,
    }
    return TemplateResponse(request, "admin/provider_refusal.html", context, status=502 if reason == "failed" else 403)
