"""The timetable of public transport: where it comes from, until when it holds; it changes by its file only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from places.models import Timetable


@admin.register(Timetable)
class TimetableAdmin(admin.ModelAdmin):
    list_display = ["source", "starts_on", "ends_on", "imported_at"]
    fieldsets = [
        (
            None,
            {
                "description": _(
                    "Les horaires viennent d’un fichier GTFS, par la commande « import_gtfs », qui remplace les "
                    "précédents d’un bloc. Passé le dernier jour, les fiches disent que ces horaires sont périmés."
                ),
                "fields": [
                    "source",
                    "licence",
                    "networks",
                    "version",
                    "timezone",
                    "starts_on",
                    "ends_on",
                    "imported_at",
                ],
            },
        )
    ]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
