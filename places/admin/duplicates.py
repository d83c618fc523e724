"""Duplicates: the pairs that wait for a human, both places side by side, and what becomes of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from places import history, merging
from places.admin.changes import in_words, label
from places.admin.filters import DecisionFilter
from places.fields import PipeListField, TermSet, TermSetField
from places.models import Duplicate, Place
from places.text import fold

# Columns that only make sense together, chosen together.
TOGETHER = {
    "position": (gettext_lazy("position"), ("latitude", "longitude", "position_quality")),
    "verified": (gettext_lazy("vérification"), ("verified_on", "verified_by")),
}
# What tells a place from another is never exchanged.
OWN = {"id", "aliases", "import_source", "source_id"}
SIDES = ("one", "other")


class Topic:
    """A column, or several chosen together, in both places of a pair."""

    def __init__(self, name: str, title: str, columns: tuple[str, ...], places: dict[str, Place]):
        self.name = name
        self.title = title
        self.columns = columns
        self.places = places

    def values(self, side: str) -> dict:
        """Return what the place kept takes for this choice; `both` joins two lists or two sets of terms."""
        if side != "both":
            return {column: getattr(self.places[side], column) for column in self.columns}
        one, other = (getattr(self.places[side], self.columns[0]) for side in SIDES)
        if isinstance(one, TermSet):
            return {self.columns[0]: TermSet(one.vocabulary, one.mask | other.mask)}
        return {self.columns[0]: list(dict.fromkeys([*one, *other]))}

    def lines(self, side: str) -> list[str]:
        return [
            line
            for column, value in self.values(side).items()
            for line in in_words(Place, column, history.plain(value))
        ]

    def is_blank(self, side: str) -> bool:
        column, value = next(iter(self.values(side).items()))
        if isinstance(value, TermSet):
            return not value
        return value in (None, "", []) or (column == "pivot" and not value.strip("0"))

    @property
    def differs(self) -> bool:
        return self.values("one") != self.values("other")

    @property
    def joins(self) -> bool:
        """Both say something that can be joined."""
        field = Place._meta.get_field(self.columns[0])
        return isinstance(field, (TermSetField, PipeListField)) and not any(map(self.is_blank, SIDES))

    @property
    def mark(self) -> str:
        """The difference in words: colour alone would not tell everybody."""
        for side, words in (("one", _("seulement dans la fiche 2")), ("other", _("seulement dans la fiche 1"))):
            if self.is_blank(side):
                return words
        return _("différent")

    def default(self, kept: str) -> str:
        return _opposite(kept) if self.is_blank(kept) else kept


def topics(one: Place, other: Place) -> Iterator[Topic]:
    """Yield everything that a merge may choose, in the order of the schema."""
    places = {"one": one, "other": other}
    grouped = {column: name for name, (_title, columns) in TOGETHER.items() for column in columns}
    for field in history.TOLD:
        name = grouped.get(field.name)
        if name is None and field.name not in OWN:
            yield Topic(field.name, label(Place, field.name), (field.name,), places)
        elif name and TOGETHER[name][1][0] == field.name:
            yield Topic(name, str(TOGETHER[name][0]), TOGETHER[name][1], places)


@dataclass(frozen=True)
class Option:
    side: str
    title: str
    lines: list[str]
    checked: bool


class MergeForm(forms.Form):
    """Which place is kept, and for each difference which value; both places as the human saw them."""

    kept = forms.ChoiceField(choices=[(side, side) for side in SIDES], widget=forms.HiddenInput)
    seen_one = forms.CharField(widget=forms.HiddenInput)
    seen_other = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Pourquoi ?"),
        required=False,
        max_length=Duplicate._meta.get_field("reason").max_length,
        widget=admin.widgets.AdminTextInputWidget,
        help_text=gettext_lazy("Facultatif. Reste dans l’historique des deux lieux, avec votre nom et la date."),
    )

    def __init__(self, pair: Duplicate, kept: str, data=None):
        seen = {f"seen_{side}": merging.version(getattr(pair, side)) for side in SIDES}
        super().__init__(data, initial=seen | {"kept": kept})
        every = list(topics(pair.one, pair.other))
        self.same = [topic for topic in every if not topic.differs]
        self.differing = [topic for topic in every if topic.differs]
        for topic in self.differing:
            sides = [*SIDES, "both"] if topic.joins else [*SIDES]
            self.fields[topic.name] = forms.ChoiceField(
                label=topic.title, choices=[(side, side) for side in sides], initial=topic.default(kept)
            )

    def choices(self) -> Iterator[tuple[Topic, forms.BoundField, list[Option]]]:
        titles = {"one": _("Fiche 1"), "other": _("Fiche 2"), "both": _("Les deux ensemble")}
        for topic in self.differing:
            field = self[topic.name]
            yield (
                topic,
                field,
                [
                    Option(side, titles[side], topic.lines(side), field.value() == side)
                    for side, _same in self.fields[topic.name].choices
                ],
            )

    def merged_values(self) -> dict:
        """Return the columns that the kept place takes, those chosen from the other or from both."""
        kept = self.cleaned_data["kept"]
        values = {}
        for topic in self.differing:
            if (side := self.cleaned_data[topic.name]) != kept:
                values |= topic.values(side)
        return values


class PartForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Comment le savez-vous ?"),
        required=False,
        max_length=Duplicate._meta.get_field("reason").max_length,
        widget=admin.widgets.AdminTextInputWidget,
        help_text=gettext_lazy("Facultatif. Cette paire ne sera plus jamais proposée."),
    )


@admin.register(Duplicate)
class DuplicateAdmin(admin.ModelAdmin):
    list_display = ["pair", "score", "town", "signs", "decision"]
    list_filter = [DecisionFilter]
    list_per_page = 50
    list_select_related = ["one", "other"]
    ordering = ["-score", "pk"]
    search_fields = ["one__search_text"]  # see get_search_results
    search_help_text = gettext_lazy("Nom ou adresse de l’un des deux lieux.")

    def get_search_results(self, request, pairs, search_term):
        for word in fold(search_term).split():
            said = models.Q(one__search_text__contains=f" {word}") | models.Q(other__search_text__contains=f" {word}")
            pairs = pairs.filter(said)
        return pairs, False

    @admin.display(description=gettext_lazy("les deux lieux"))
    def pair(self, duplicate):
        return str(duplicate)

    @admin.display(description=gettext_lazy("commune"))
    def town(self, duplicate):
        return duplicate.one.commune

    @admin.display(description=gettext_lazy("indices"))
    def signs(self, duplicate):
        return " ".join(sign["words"] for sign in duplicate.evidence if sign["score"] is not None)

    def changelist_view(self, request, extra_context=None):
        title = _("Doublons possibles, les plus ressemblants d’abord")
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    # --- one pair
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a pair, or take the decision sent about it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        pair = self.get_object(request, unquote(object_id))
        if pair is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            return self._decide(request, pair)
        asked = request.GET.get("garder")
        return self._page(request, pair, asked if asked in SIDES else fuller(pair))

    def get_object(self, request, object_id, from_field=None):
        places = ("one__import_source", "other__import_source", "decided_by")
        try:
            return Duplicate.objects.select_related(*places).filter(pk=int(object_id)).first()
        except ValueError:
            return None

    def _decide(self, request, pair):
        here = reverse("admin:places_duplicate_change", args=[pair.pk])
        try:
            match request.POST.get("decision"):
                case "merge":
                    kept = request.POST.get("kept")
                    form = MergeForm(pair, kept if kept in SIDES else SIDES[0], request.POST)
                    seen = {getattr(pair, f"{side}_id"): request.POST.get(f"seen_{side}") for side in SIDES}
                    if not form.is_valid():
                        merging.refuse_stale(pair, {pair.one_id: pair.one, pair.other_id: pair.other}, seen)
                        return self._page(request, pair, kept, form, status=422)
                    place = merging.merge_pair(
                        pair,
                        getattr(pair, f"{kept}_id"),
                        form.merged_values(),
                        author=request.user,
                        reason=form.cleaned_data["reason"],
                        seen=seen,
                    )
                    said = _("C’est fusionné : il reste « %s ». L’ancienne adresse y mène.") % place
                case "part":
                    form = PartForm(request.POST)
                    reason = form.cleaned_data["why"] if form.is_valid() else ""
                    merging.part_pair(pair, author=request.user, reason=reason)
                    said = _("« %(one)s » et « %(other)s » restent deux lieux.")
                    said %= {"one": pair.one, "other": pair.other}
                case "undo":
                    merging.reopen_pair(pair, author=request.user)
                    messages.success(request, _("La décision est défaite : à décider de nouveau."))
                    return HttpResponseRedirect(here)
                case _unknown:
                    return HttpResponseRedirect(here)
        except merging.Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(here)
        messages.success(request, said)
        following = Duplicate.objects.waiting().best_first().first()
        if following is None:
            return HttpResponseRedirect(reverse("admin:places_duplicate_changelist"))
        return HttpResponseRedirect(reverse("admin:places_duplicate_change", args=[following.pk]))

    def _page(self, request, pair, kept: str, form: MergeForm | None = None, status: int = 200):
        kept = kept if kept in SIDES else "one"
        if pair.decision == Duplicate.Decision.MERGED:
            kept = "other" if pair.undo["gone"] == pair.one_id else "one"
        form = form or MergeForm(pair, kept)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Un seul lieu, ou deux ?"),
            "subtitle": None,
            "opts": self.opts,
            "pair": pair,
            "waiting": not pair.decision,
            "possible": Duplicate.objects.waiting().filter(pk=pair.pk).exists(),
            "form": form,
            "part_form": PartForm(),
            "choices": list(form.choices()),
            "same": [(topic.title, topic.lines("one")) for topic in form.same if topic.lines("one")],
            "sheets": [Sheet(number, side, getattr(pair, side), side == kept) for number, side in enumerate(SIDES, 1)],
        }
        return TemplateResponse(request, "admin/places/duplicate/pair.html", context, status=status)

    # --- who may decide: those who may change places
    def has_module_permission(self, request):
        return request.user.has_perm("places.change_place")

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("places.change_place")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("places.change_place")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class Sheet:
    """One of both places, with what tells which to keep."""

    def __init__(self, number: int, side: str, place: Place, kept: bool):
        self.number = number
        self.side = side
        self.place = place
        self.kept = kept

    @property
    def admin_address(self) -> str:
        return reverse("admin:places_place_change", args=[quote(self.place.pk)])

    @property
    def history_address(self) -> str:
        return reverse("admin:places_place_history", args=[quote(self.place.pk)])

    @property
    def plan(self) -> str:
        """Where its point is on a plan; blank without a point."""
        if not self.place.point:
            return ""
        latitude, longitude = self.place.point
        return f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=18/{latitude}/{longitude}"

    @property
    def permanences(self) -> list[str]:
        return [permanence.title for permanence in self.place.permanences.all()]


def fuller(pair: Duplicate) -> str:
    """Return the side that is better kept: published, then verified, then the one that says more, then the newest."""

    def worth(side: str):
        place = getattr(pair, side)
        said = sum(not topic.is_blank(side) for topic in topics(pair.one, pair.other))
        published = place.status == Place.Status.PUBLISHED
        return published, str(place.verified_on or ""), said, str(place.date_maj or "")

    return max(SIDES, key=worth)


def _opposite(side: str) -> str:
    return SIDES[side == SIDES[0]]
