"""The moderators' admin site: French titles, and only the admin modules that work without GDAL."""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.translation import gettext_lazy as _

# leaflet.admin imports GeoDjango's forms, and so the GDAL library, which no machine is asked to have.
NEEDS_GDAL = {"leaflet"}


class AdminSite(admin.AdminSite):
    site_header = _("Gestion de la carte")
    site_title = _("Gestion de la carte")
    index_title = _("Que voulez-vous faire ?")
    site_url = "/lieux/"

    def index(self, request, extra_context=None):
        from places.admin.tasks import tasks

        return super().index(request, {"tasks": tasks(request.user)} | (extra_context or {}))


class AdminConfig(SimpleAdminConfig):
    default_site = "roubaix_map.admin.AdminSite"

    def ready(self):
        super().ready()
        for app in apps.get_app_configs():
            if app.label not in NEEDS_GDAL and find_spec(f"{app.name}.admin"):
                import_module(f"{app.name}.admin")
