"""Permanences of every place in one list, to find and chase them; they are written in their place's form."""

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from places.admin import filters
from places.models import Permanence
from places.text import fold


@admin.register(Permanence)
class PermanenceAdmin(admin.ModelAdmin):
    list_display = ["title", "at", "horaires", "by_appointment", "host", "themes_said", "langues_said", "verified"]
    list_display_links = None
    list_filter = [filters.ThemeFilter, filters.LanguageFilter, "by_appointment"]
    search_fields = ["place__search_text"]  # see get_search_results
    search_help_text = _("Intitulé, contenu, structure ou lieu ; sans souci des accents.")
    ordering = ["title", "pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("place")

    def get_search_results(self, request, permanences, search_term):
        for word in fold(search_term).split():
            permanences = permanences.filter(place__search_text__contains=f" {word}")
        return permanences, False

    @admin.display(description=_("lieu"), ordering="place__nom")
    def at(self, permanence):
        address = reverse("admin:places_place_change", args=[quote(permanence.place_id)])
        return format_html('<a href="{}">{}</a>', address, permanence.place)

    @admin.display(description=_("besoins particuliers"))
    def themes_said(self, permanence):
        return ", ".join(map(str, permanence.themes))

    @admin.display(description=_("langues"))
    def langues_said(self, permanence):
        return ", ".join(map(str, permanence.langues))

    @admin.display(description=_("vérification du lieu"), ordering="place__verified_on")
    def verified(self, permanence):
        return _("à vérifier") if permanence.place.needs_verification else permanence.place.verified_on

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
