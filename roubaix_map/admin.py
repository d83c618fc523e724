"""The moderators' admin site: French titles, a second factor, and only the admin modules that we want."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.urls import path
from django.utils.translation import gettext_lazy as _

# leaflet.admin imports GeoDjango's forms, and so the GDAL library, which no machine is asked to have; those of the
# second factor show its secrets, which are nobody's but their owner's.
LEFT_OUT = {"leaflet", "otp_totp", "otp_static"}


class AdminSite(admin.AdminSite):
    site_header = _("Gestion de la carte")
    site_title = _("Gestion de la carte")
    index_title = _("Que voulez-vous faire ?")
    site_url = "/lieux/"

    def index(self, request, extra_context=None):
        from places.admin.tasks import tasks

        return super().index(request, {"tasks": tasks(request.user)} | (extra_context or {}))

    def has_permission(self, request):
        from places.accounts.second_factor import is_missing

        return super().has_permission(request) and not is_missing(request.user)

    def login(self, request, extra_context=None):
        """After the password, lead to the code of the telephone; bound how often an address tries."""
        from places.accounts import sign_in

        if request.method == "POST" and not sign_in.may_try(request):
            return sign_in.locked_out(request)
        if request.method == "GET" and super().has_permission(request) and not self.has_permission(request):
            from places.accounts.second_factor import lead_there

            return lead_there(request)
        given = {"provider_name": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}
        return super().login(request, given | (extra_context or {}))

    def logout(self, request, extra_context=None):
        """Say goodbye here, and at the provider to whoever came by it."""
        from places.accounts import sign_in

        if request.method == "POST" and (goodbye := sign_in.leave_provider(request)):
            return goodbye
        return super().logout(request, extra_context)

    def get_urls(self):
        from places.accounts import second_factor, sign_in
        from places.admin import machine, personal_data, quality

        return [
            path("donnees-personnelles/", self.admin_view(personal_data.desk), name="personal_data"),
            path("machine/", self.admin_view(machine.desk), name="machine"),
            path("qualite/", self.admin_view(quality.desk), name="quality"),
            path("connexion/", sign_in.provider_page("start"), name="provider_start"),
            path("connexion/retour/", sign_in.provider_page("back"), name="provider_back"),
            path("code/", second_factor.ask, name="second_factor"),
            path("code/activer/", second_factor.enrol, name="second_factor_enrol"),
            path("code/secours/", second_factor.backup, name="second_factor_backup"),
            *super().get_urls(),
        ]


class AdminConfig(SimpleAdminConfig):
    default_site = "roubaix_map.admin.AdminSite"

    def ready(self):
        super().ready()
        for app in apps.get_app_configs():
            if app.label not in LEFT_OUT and find_spec(f"{app.name}.admin"):
                import_module(f"{app.name}.admin")
