"""Territories: which vintage is in force, under which name; their outlines come from files only."""

from django.contrib import admin, messages
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from places.models import DataVersion, Indicator, Territory
from places.territories import locate_all
from places.territories.cells import share_cells


@admin.register(Indicator)
class IndicatorAdmin(admin.ModelAdmin):
    list_display = ["label", "unit", "order", "visible", "source", "vintage"]
    list_editable = ["order", "visible"]
    list_filter = ["visible", "unit"]
    search_fields = ["label", "key"]
    readonly_fields = ["key"]

    def has_add_permission(self, request):
        return False  # they come with the figures of a file

    def save_model(self, request, indicator, form, change):
        super().save_model(request, indicator, form, change)
        DataVersion.objects.advance()


@admin.register(Territory)
class TerritoryAdmin(admin.ModelAdmin):
    list_display = ["nom", "kind", "code", "next_code", "vintage", "current"]
    list_filter = ["kind", "current", "vintage"]
    list_per_page = 200
    search_fields = ["nom", "code", "next_code"]
    readonly_fields = ["kind", "code", "next_code", "vintage", "figures"]
    fieldsets = [
        (
            None,
            {
                "description": _(
                    "Contours, codes et indicateurs viennent des fichiers officiels, par la commande "
                    "« import_territories ». Changer « en vigueur » situe de nouveau tous les lieux."
                ),
                "fields": ["nom", "current", "source", "kind", "code", "next_code", "vintage", "figures"],
            },
        )
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("geometry", "outline")

    @admin.display(description=_("indicateurs"))
    def figures(self, territory):
        return format_html_join("", "<p>{} : {}</p>", territory.indicators.items()) or "–"

    def save_model(self, request, territory, form, change):
        if not form.changed_data:
            return
        super().save_model(request, territory, form, change)
        if "current" in form.changed_data:
            number = locate_all()
            share_cells()
            messages.info(
                request, ngettext("%d lieu change de territoire.", "%d lieux changent de territoire.", number) % number
            )
        DataVersion.objects.advance()

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
