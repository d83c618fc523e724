"""Places: the list, the form with its map, and every save through history."""

import re
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.paginator import Paginator
from django.db import models, transaction
from django.forms import Script
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from places import history, merging, quality, reverting
from places.admin import filters, meanwhile
from places.admin.changes import described
from places.french_hours import Reading, read_french_hours
from places.models import Holding, Permanence, Place, Revision
from places.opening_hours import parse_horaires
from places.structure import links
from places.text import fold

TERRITORIES = ("quartier", "qpv", "iris")
# What a structure does not say of itself: whether it is published, what the data is worth, where it was collected.
NOT_OF_HOLDERS = (
    "status",
    "position_quality",
    "verification",
    "verified_on",
    "verified_by",
    "source",
    "aliases",
)
REVISIONS_PER_PAGE = 20


class Paragraphs(forms.CharField):
    """Text of several lines; browsers send them apart by CR LF, which would pass for a change."""

    widget = AdminTextareaWidget

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n")


class PlaceForm(forms.ModelForm):
    reason = forms.CharField(
        label=_("Pourquoi ce changement ?"),
        required=False,
        max_length=Revision._meta.get_field("reason").max_length,
        widget=AdminTextInputWidget,
        help_text=_("Facultatif. Reste dans l’historique du lieu, avec votre nom et la date."),
    )

    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # the version of the place that the page shows

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["seen"] = merging.version(self.instance)

    def clean(self):
        cleaned = super().clean()
        if told := meanwhile.sentences(self, cleaned, self.initial.get("seen", "")):
            raise forms.ValidationError(told)
        # Whoever sets the point vouches for it, unless the same form says otherwise.
        if {"latitude", "longitude"} & {*self.changed_data} and "position_quality" not in self.changed_data:
            quality = Place.PositionQuality
            # On the instance too: a structure's own account does not see that field.
            now = quality.UNKNOWN if cleaned.get("latitude") is None else quality.EXACT
            cleaned["position_quality"] = self.instance.position_quality = now
        return cleaned


class HeldByInline(admin.StackedInline):
    model = Holding
    extra = 0
    verbose_name_plural = _("Tenu par")


class PermanenceInline(admin.StackedInline):
    """Whoever may change a place changes its permanences, which are a part of it."""

    model = Permanence
    extra = 1
    formfield_overrides = {models.TextField: {"form_class": Paragraphs}}
    fieldsets = [
        (None, {"fields": ["title", "details", "horaires", "by_appointment", "host", "contact"]}),
        (
            _("Ce qu’elle propose"),
            {
                "classes": ["collapse"],
                "fields": [
                    "services",
                    "demarches",
                    "themes",
                    "materiel",
                    "ateliers",
                    "publics_specifiquement_adresses",
                    "langues",
                ],
            },
        ),
    ]

    def has_add_permission(self, request, obj):
        return super().has_add_permission(request, obj) or holds(request.user, obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or holds(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) or holds(request.user, obj)

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or request.user.has_perm("places.hold_place")


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    form = PlaceForm
    inlines = [PermanenceInline, HeldByInline]
    formfield_overrides = {models.TextField: {"form_class": Paragraphs}}
    actions = ["publish", "archive", "mark_verified", "take_proposed_hours"]
    list_display = ["nom", "address", "commune", "quartier", "status", "verified", "date_maj"]
    list_filter = [
        filters.ToCompleteFilter,
        filters.ToVerifyFilter,
        filters.UnreadableHoursFilter,
        filters.QualityFilter,
        filters.GoneFilter,
        filters.ImportFilter,
        "status",
        filters.QuartierFilter,
        filters.PriorityDistrictFilter,
        filters.ServiceFilter,
        "import_source",
        "source",
    ]
    search_fields = ["search_text"]  # see get_search_results
    search_help_text = _("Nom, adresse, commune, identifiant, e-mail ou téléphone ; sans souci des accents.")
    ordering = ["nom", "pk"]
    save_on_top = True
    readonly_fields = [
        "map",
        "completeness",
        "proposed_hours",
        "slug",
        "id",
        *TERRITORIES,
        "import_source",
        "source_id",
        "created_at",
        "changed_at",
    ]
    fieldsets = [
        (_("Identité"), {"fields": ["nom", "status", "typologie", "structure_parente", "pivot"]}),
        (
            _("Adresse et position"),
            {
                "fields": [
                    "adresse",
                    "complement_adresse",
                    ("code_postal", "commune", "code_insee"),
                    "itinerance",
                    "map",
                    ("latitude", "longitude"),
                    "position_quality",
                    TERRITORIES,
                ]
            },
        ),
        (_("Contacts"), {"fields": ["telephone", "courriels", "site_web", "prise_rdv", "fiche_acces_libre"]}),
        (_("Horaires"), {"fields": ["horaires", "proposed_hours"]}),
        (
            _("Ce que le lieu propose"),
            {
                "description": _("Ce que propose une permanence se coche plus bas, dans la permanence."),
                "fields": ["services", "demarches", "themes", "materiel", "ateliers", "langues"],
            },
        ),
        (
            _("Conditions"),
            {
                "fields": [
                    "modalites_acces",
                    "modalites_accompagnement",
                    "frais_a_charge",
                    "publics_specifiquement_adresses",
                    "prise_en_charge_specifique",
                    "dispositif_programmes_nationaux",
                    "formations_labels",
                    "autres_formations_labels",
                ]
            },
        ),
        (_("Présentation"), {"fields": ["presentation_resume", "presentation_detail"]}),
        (
            _("Données et vérification"),
            {
                "fields": [
                    "completeness",
                    "verification",
                    ("verified_on", "verified_by"),
                    "source",
                    "date_maj",
                    ("import_source", "source_id"),
                    "aliases",
                    ("id", "slug"),
                    ("created_at", "changed_at"),
                ]
            },
        ),
        (_("Ce changement"), {"fields": ["reason", "seen"]}),
    ]

    class Media:
        css = {"all": ["leaflet/leaflet.css"]}
        js = ["leaflet/leaflet.js", Script("js/point_picker.js", type="module")]

    # --- the list
    def get_queryset(self, request):
        places = super().get_queryset(request)
        if request.user.has_perm("places.hold_place") and not super().has_view_permission(request):
            places = places.filter(holdings__user=request.user)
        heavy = [f"{kind}__{column}" for kind in TERRITORIES for column in ("geometry", "outline", "indicators")]
        return places.select_related(*TERRITORIES, "import_source").defer(*heavy)

    @admin.display(description=_("adresse"), ordering="adresse")
    def address(self, place):
        return place.adresse or _("adresse à compléter")

    @admin.display(description=_("vérification"), ordering="verified_on")
    def verified(self, place):
        return _("à vérifier") if place.needs_verification else place.verified_on

    def get_search_results(self, request, places, search_term):
        """Find the words at the beginning of words, accents and case aside; or a part of an id, e-mail or number."""
        term = search_term.strip()
        if not term:
            return places, False
        found = models.Q(pk__icontains=term) | models.Q(courriels__icontains=term)
        if words := fold(term).split():
            found |= models.Q(*(("search_text__contains", f" {word}") for word in words))
        digits = re.sub(r"[\s.+]|^0|^\+33", "", term)
        if digits.isdecimal() and len(digits) > 3:
            found |= models.Q(telephone__contains=digits)
        return places.filter(found), False

    # --- verbs
    @admin.action(description=_("Publier"), permissions=["moderate"])
    def publish(self, request, places):
        # What was merged into another place comes back by undoing the merge.
        number = self._write(request, places.filter(merged_into=None), status=Place.Status.PUBLISHED)
        messages.success(request, ngettext("%d lieu publié.", "%d lieux publiés.", number) % number)

    @admin.action(description=_("Archiver"), permissions=["moderate"])
    def archive(self, request, places):
        number = self._write(request, places, status=Place.Status.ARCHIVED)
        messages.success(request, ngettext("%d lieu archivé.", "%d lieux archivés.", number) % number)

    @admin.action(description=_("Marquer comme vérifié"), permissions=["moderate"])
    def mark_verified(self, request, places):
        name = request.user.get_full_name() or request.user.get_username()
        number = self._write(request, places, verified_on=timezone.localdate(), verified_by=name)
        messages.success(request, ngettext("%d lieu vérifié.", "%d lieux vérifiés.", number) % number)

    @admin.action(description=_("Prendre les horaires proposés"), permissions=["moderate"])
    def take_proposed_hours(self, request, places):
        """Replace French hours by what they were read as; a human has looked, so doubts stop nothing."""
        places = [(place, reading) for place in places if (reading := proposal(place.horaires))]
        for place, reading in places:
            place.horaires = reading.horaires
        number = len(history.save([p for p, _r in places], origin=Revision.Origin.ADMIN, author=request.user))
        messages.success(
            request, ngettext("%d lieu a de nouveaux horaires.", "%d lieux ont de nouveaux horaires.", number) % number
        )

    def _write(self, request, places, **values) -> int:
        places = list(places)
        for place in places:
            for name, value in values.items():
                setattr(place, name, value)
        return len(history.save(places, origin=Revision.Origin.ADMIN, author=request.user))

    # --- the form
    def get_changeform_initial_data(self, request):
        today = timezone.localdate()
        return {"commune": settings.SITE_CITY, "date_maj": today} | super().get_changeform_initial_data(request)

    @admin.display(description=_("horaires proposés"), empty_value="–")
    def proposed_hours(self, place):
        reading = proposal(place.horaires)
        if reading is None:
            return None
        doubts = " ".join(reading.doubts)
        return f"{reading.horaires} ({doubts})" if doubts else reading.horaires

    @admin.display(description=_("complétude"))
    def completeness(self, place):
        found = quality.completeness_of(place)
        score = gettext("%d sur 100") % found.score
        return f"{score} – {gettext('manque')} : {', '.join(found.missing)}" if found.missing else score

    @admin.display(description=_("carte"))
    def map(self, place):
        config = {
            "tiles": settings.TILES_URL,
            "attribution": settings.TILES_ATTRIBUTION,
            "center": settings.MAP_CENTER,
            "zoom": settings.MAP_ZOOM,
            "outline": reverse("data:territories", args=["commune"]),
        }
        return render_to_string("admin/places/place/_point_picker.html", {"config": config})

    def view_on_site(self, place):
        return place.get_absolute_url() if place.is_published else None

    # --- who: moderators change every place; a structure's own account sees those it holds, and changes what it knows
    def has_moderate_permission(self, request):
        return request.user.has_perm("places.change_place")

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) or request.user.has_perm("places.hold_place")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or holds(request.user, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # a place that closes is archived: its address and its history stay

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj and not self.has_change_permission(request, obj):
            context["propose"] = proposing_address(request.user, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.has_perm("places.change_place") else [*fields, *NOT_OF_HOLDERS]

    def get_inlines(self, request, obj):
        return self.inlines if request.user.has_perm("places.view_holding") else [PermanenceInline]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Hold the place while a form is saved: of two sent at once, the second is compared with the first."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            Place.objects.select_for_update().filter(pk=unquote(object_id)).values_list("pk").first()
            return super().changeform_view(request, object_id, form_url, extra_context)

    # --- writing: the permanences first, then the place with one revision of everything
    def save_model(self, request, place, form, change):
        """Give a new place its id; `save_related` writes it, after the permanences that its revision tells of.

        Both databases check a foreign key when the transaction ends, so a permanence may precede its place.
        """
        if not change:
            place.pk = f"local-{uuid4()}"

    def save_related(self, request, form, formsets, change):
        place = form.instance
        before = self._permanences(place)
        super().save_related(request, form, formsets, change)
        after = self._permanences(place)
        history.save(
            [place],
            origin=Revision.Origin.ADMIN,
            author=request.user,
            reason=form.cleaned_data.get("reason", ""),
            more={place.pk: {"permanences": [before, after]}} if before != after else None,
        )

    def _permanences(self, place) -> list[dict]:
        return [permanence.snapshot() for permanence in Permanence.objects.filter(place_id=place.pk)]

    # --- history
    def history_view(self, request, object_id, extra_context=None):
        revisions = Revision.objects.filter(place_id=unquote(object_id))
        revisions = revisions.select_related("author", "import_run__source", "submission")
        revisions = revisions.defer("import_run__report", "import_run__content")
        paginator = Paginator(revisions, REVISIONS_PER_PAGE)
        page = paginator.get_page(request.GET.get(PAGE_VAR))
        revisions = [(revision, described(revision)) for revision in page]
        place = self.get_object(request, unquote(object_id))
        may_revert = place is not None and self.has_change_permission(request, place)
        reverted = [revision for revision in page if may_revert and reverting.may_be_reverted(revision)]
        pages = paginator.get_elided_page_range(page.number)
        return super().history_view(
            request,
            object_id,
            {"page": page, "pages": pages, "revisions": revisions, "reverted": reverted} | (extra_context or {}),
        )


def holds(user, place: Place | None) -> bool:
    """Tell whether a structure's own account writes this place itself, without a moderator."""
    if place is None or not user.has_perm("places.hold_place"):
        return False
    return any(not holding.is_moderated for holding in Holding.objects.of(user).filter(place=place))


def proposing_address(user, place: Place) -> str:
    """Return where an account that may not write the place it holds proposes what to change; blank for the others."""
    if not Holding.objects.of(user).filter(place=place).exists():
        return ""
    if not user.email:
        return reverse("places:correct", args=[place.slug])
    return reverse("places:structure-correct", args=[links.sign(place, user.email)])


def proposal(horaires: str) -> Reading | None:
    """Return what hours written in French could mean; None when they are readable already, or say nothing."""
    return None if parse_horaires(horaires) else read_french_hours(horaires)
