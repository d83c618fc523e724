"""The second factor: six figures from a telephone (TOTP), ten backup codes, and the page that sets them up."""

from base64 import b32encode
from functools import wraps

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from places.accounts.sign_in import leave_provider

BACKUP_CODES = 10
PHONE, PAPER = "téléphone", "codes de secours"  # the names of the devices, seen by nobody


def is_missing(user) -> bool:
    """Tell whether this person has to give a code before entering: everybody by setting, or whoever enrolled."""
    return getattr(user, "otp_device", None) is None and (settings.SECOND_FACTOR or django_otp.user_has_device(user))


def lead_there(request):
    """Redirect to the code, or to the page that sets it up, and from there to what was asked for."""
    name = "second_factor" if django_otp.user_has_device(request.user) else "second_factor_enrol"
    question = urlencode({REDIRECT_FIELD_NAME: request.GET.get(REDIRECT_FIELD_NAME, "")})
    return HttpResponseRedirect(f"{reverse(f'admin:{name}')}?{question}")


def forget(user) -> None:
    """Take away every device: the next sign-in starts without one, or sets up another when it is compulsory."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )

    def clean_code(self):
        return self.cleaned_data["code"].replace(" ", "").replace("-", "").lower()


def signed_in_staff(view):
    """Let in who gave a password, staff only; the code is what these pages ask for."""

    @wraps(view)
    def checked(request):
        if not (request.user.is_active and request.user.is_staff):
            return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': request.path})}")
        if request.method == "POST" and "leave" in request.POST:
            if goodbye := leave_provider(request):
                return goodbye
            logout(request)
            return HttpResponseRedirect(reverse("admin:login"))
        return view(request)

    return never_cache(sensitive_post_parameters("code")(checked))


@signed_in_staff
def ask(request):
    """Ask for the code of the telephone, or for one of the backup codes."""
    if request.user.is_verified() or not django_otp.user_has_device(request.user):
        return HttpResponseRedirect(asked_page(request) if not is_missing(request.user) else _enrol_address(request))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device, waiting = _matching(request.user, form.cleaned_data["code"])
        if device:
            django_otp.login(request, device)
            request.session.cycle_key()
            _say_what_remains(request, device)
            return HttpResponseRedirect(asked_page(request))
        form.add_error("code", _refusal(waiting))
    return _page(request, "ask", _("Code de connexion"), form=form)


@signed_in_staff
def enrol(request):
    """Show the QR code of a new secret, and keep it once a code proves that the telephone has it."""
    user = request.user
    if is_missing(user) and django_otp.user_has_device(user):
        return lead_there(request)
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": PHONE})
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            device = TOTPDevice.objects.select_for_update().get(pk=device.pk)
            if proved := device.verify_token(form.cleaned_data["code"]):
                TOTPDevice.objects.filter(user=user, confirmed=True).delete()
                device.confirmed = True
                device.save()
        if proved:
            django_otp.login(request, device)
            request.session.cycle_key()
            messages.success(request, _("C’est fait : à chaque connexion, un code du téléphone vous sera demandé."))
            return _show_backup_codes(request)
        form.add_error("code", _refusal(None))
    qr = segno.make(device.config_url, error="l")
    return _page(
        request,
        "enrol",
        _("Protéger votre compte par un code"),
        form=form,
        qr=qr.svg_data_uri(scale=4, border=2, light="#fff"),
        key=_in_groups(b32encode(device.bin_key).decode()),
        compulsory=settings.SECOND_FACTOR,
        enrolled=django_otp.user_has_device(user),
    )


@signed_in_staff
def backup(request):
    """Make ten new backup codes, which replace those that are left."""
    if not request.user.is_verified():
        return lead_there(request)
    if request.method == "POST":
        return _show_backup_codes(request)
    left = StaticToken.objects.filter(device__user=request.user).count()
    return _page(request, "backup", _("Codes de secours"), left=left)


def _matching(user, code: str):
    """Return the device whose code it is, if any, and how long to wait when there were too many wrong ones."""
    waiting = None
    with transaction.atomic():
        for device in django_otp.devices_for_user(user, for_verify=True):
            allowed, why = device.verify_is_allowed()
            if not allowed:
                waiting = max(filter(None, (waiting, why.get("locked_until"))))
            elif device.verify_token(code):
                return device, None
    return None, waiting


def _refusal(waiting) -> str:
    if waiting is None:
        return _("Ce n’est pas le bon code. Il change toutes les 30 secondes : écrire celui qui s’affiche maintenant.")
    from django.utils import timezone

    seconds = max(1, round((waiting - timezone.now()).total_seconds()))
    return (
        ngettext(
            "Trop d’essais : attendre %d seconde, puis écrire un nouveau code.",
            "Trop d’essais : attendre %d secondes, puis écrire un nouveau code.",
            seconds,
        )
        % seconds
    )


def _say_what_remains(request, device) -> None:
    if isinstance(device, StaticDevice):
        left = device.token_set.count()
        sentence = ngettext(
            "Code de secours utilisé ; il en reste %d.", "Code de secours utilisé ; il en reste %d.", left
        )
        messages.warning(request, sentence % left)


def _show_backup_codes(request):
    with transaction.atomic():
        StaticDevice.objects.filter(user=request.user).delete()
        device = StaticDevice.objects.create(user=request.user, name=PAPER)
        codes = [StaticToken.random_token() for _number in range(BACKUP_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    codes = [_in_groups(code) for code in codes]
    return _page(request, "codes", _("Vos codes de secours"), codes=codes, next=asked_page(request))


def _in_groups(text: str) -> str:
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _enrol_address(request) -> str:
    return f"{reverse('admin:second_factor_enrol')}?{request.GET.urlencode()}"


def asked_page(request) -> str:
    """Return the page of this site that `next` asks for, or the desk."""
    asked = request.GET.get(REDIRECT_FIELD_NAME, "")
    if url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure()):
        return asked
    return reverse("admin:index")


def _page(request, name: str, title: str, **context):
    context = admin.site.each_context(request) | {"title": title, "is_nav_sidebar_enabled": False} | context
    return TemplateResponse(request, f"admin/second_factor/{name}.html", context)
