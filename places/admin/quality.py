"""The quality desk: what records lack, those to look at first, a mail to their structures, and figures over time."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from places import quality
from places.models import Link, Place, QualityNote
from places.structure.chasing import chase

PLACES_PER_PAGE = 50
MONTHS_SHOWN = 24
CHART_WIDTH, CHART_HEIGHT, BAR = 192, 18, 8


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float
    words: str


@dataclass(frozen=True)
class Figure:
    """One line of the table: the count of today, that of the last time, and the way between."""

    title: str
    name: str
    count: float
    before: float | None
    bars: list[Bar]

    @property
    def change(self) -> str:
        if self.before is None or self.before == self.count:
            return "="
        return f"{self.count - self.before:+g}".replace("-", "−").replace(".", ",")


@dataclass(frozen=True)
class Row:
    place: Place
    score: int
    missing: list[str]
    signs: list[str]

    @property
    def address(self) -> str:
        return reverse("admin:places_place_change", args=[quote(self.place.pk)])


def desk(request):
    """Show the desk; a POST asks the chosen structures for news."""
    if not request.user.has_perm("places.change_place"):
        raise PermissionDenied
    if request.method == "POST":
        return _chase(request)
    today = timezone.localdate()
    places = Place.objects.all()
    found = {
        question: {*question.find(places, today).order_by().values_list("pk", flat=True)}
        for question in quality.QUESTIONS
    }
    asked = next((question for question in quality.QUESTIONS if question.name == request.GET.get("sujet")), None)
    wanted = found[asked] if asked else set().union(*found.values())
    ordered = quality.public_writers_first(quality.scored(places)).order_by("-writer", "score", "nom", "pk")
    paginator = Paginator([pk for pk in ordered.values_list("pk", flat=True) if pk in wanted], PLACES_PER_PAGE)
    page = paginator.get_page(request.GET.get(PAGE_VAR))
    context = {
        **admin.site.each_context(request),
        "title": _("Qualité des fiches"),
        "figures": _figures(found),
        "asked": asked,
        "rows": _rows(page.object_list, found),
        "number": paginator.count,
        "page": page,
        "pages": paginator.get_elided_page_range(page.number),
        "page_var": PAGE_VAR,
        "stale_after": settings.STALE_AFTER_DAYS,
        "complete_from": quality.COMPLETE_FROM,
        "parts": quality.PARTS,
        "links_checked": Link.objects.aggregate(last=Max("checked_at"))["last"],
        "chart": {"width": CHART_WIDTH, "height": CHART_HEIGHT, "bar": BAR - 2},
    }
    return TemplateResponse(request, "admin/places/quality/desk.html", context)


def _rows(ids: list[str], found: dict) -> list[Row]:
    places = quality.public_writers_first(Place.objects.filter(pk__in=ids)).annotate(chased_at=Max("chases__sent_at"))
    by_id = {place.pk: place for place in places.defer("search_text")}
    rows = []
    for pk in ids:
        told = quality.completeness_of(by_id[pk])
        signs = [str(question.sign) for question, pks in found.items() if pk in pks and question.name != "incomplets"]
        rows.append(Row(by_id[pk], told.score, told.missing, signs))
    return rows


def _figures(found: dict) -> list[Figure]:
    notes = list(QualityNote.objects.order_by("-day")[:MONTHS_SHOWN])[::-1]
    return [_figure(question, len(pks), notes) for question, pks in found.items()]


def _figure(question: quality.Question, count: int, notes: list[QualityNote]) -> Figure:
    told = [(note, note.counts[question.name]) for note in notes if question.name in note.counts]
    most = max((number for _note, number in told), default=0) or 1
    bars = [
        Bar(
            x=index * BAR,
            y=CHART_HEIGHT - max(1, number / most * CHART_HEIGHT),
            height=max(1, number / most * CHART_HEIGHT),
            words=f"{note} : {number}",
        )
        for index, (note, number) in enumerate(told)
    ]
    earlier = [number for note, number in told if note.day < timezone.localdate()]
    return Figure(str(question.title), question.name, count, earlier[-1] if earlier else None, bars)


def _chase(request):
    chosen = request.POST.getlist("place")[: PLACES_PER_PAGE * 2]
    done = chase(Place.objects.filter(pk__in=chosen), author=request.user, request=request)
    if done.asked:
        number = len(done.asked)
        one, several = "%d structure reçoit un lien vers sa fiche.", "%d structures reçoivent un lien vers leur fiche."
        messages.success(request, ngettext(one, several, number) % number)
    if done.unreachable:
        names = ", ".join(place.nom for place in done.unreachable)
        messages.warning(request, _("Sans adresse e-mail, à appeler : %s.") % names)
    if done.too_soon:
        names = ", ".join(place.nom for place in done.too_soon)
        words = {"days": settings.CHASE_AFTER_DAYS, "names": names}
        messages.warning(request, _("Déjà relancées depuis moins de %(days)d jours : %(names)s.") % words)
    if not chosen:
        messages.warning(request, _("Rien n’est coché : personne n’a été relancé."))
    return HttpResponseRedirect(request.get_full_path())
