"""One person's data, for whoever answers for it: found, downloaded, erased."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from places.personal_data import erase, export, held_of


class PersonForm(forms.Form):
    who = forms.CharField(
        label=gettext_lazy("Adresse e-mail, ou nom d’utilisateur"),
        max_length=254,
        widget=admin.widgets.AdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


@sensitive_post_parameters("who")
def desk(request):
    """Find a person by POST: an address in a URL would end in logs."""
    if not request.user.has_perm("places.handle_personal_data"):
        raise PermissionDenied
    form = PersonForm(request.POST or None)
    held = held_of(form.cleaned_data["who"]) if form.is_bound and form.is_valid() else None
    if held and not request.user.is_superuser and held.accounts.filter(is_superuser=True).exists():
        raise PermissionDenied
    match request.POST.get("do"):
        case "download" if held:
            options = {"ensure_ascii": False, "indent": 2}
            disposition = {"Content-Disposition": 'attachment; filename="donnees-personnelles.json"'}
            return JsonResponse(export(held), json_dumps_params=options, headers=disposition)
        case "erase" if held and "sure" in request.POST:
            erase(held)
            messages.success(request, _("C’est effacé. Ce qui a changé sur la carte reste, sans dire de qui."))
            return HttpResponseRedirect(reverse("admin:personal_data"))
    context = {
        **admin.site.each_context(request),
        "title": _("Les données d’une personne"),
        "form": form,
        "held": held,
    }
    return TemplateResponse(request, "admin/places/personal_data/desk.html", context)
