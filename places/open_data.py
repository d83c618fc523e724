"""The open data: the page that explains it, the files to download, and what robots may read."""

from django.conf import settings
from django.db.models import Count, Max, Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from places import conditional
from places.exporting import FORMATS, Publication, TooManyForASpreadsheet
from places.exporting.national import COMPLEMENTS, Report
from places.exporting.publication import SCHEMA
from places.filters import PlaceFilter
from places.finding.needs import NEEDS
from places.limits import client_address
from places.models import Place, Source
from places.near.finding import settled
from places.standard import COLUMNS


@require_safe
def open_data(request):
    """What can be taken, under which licence, of which day, from which sources, and how."""
    published = Place.objects.published()
    publication = Publication.now(request.build_absolute_uri("/"))
    known = published.count()
    conforming = published.conforming().count()
    return render(
        request,
        "places/donnees_ouvertes.html",
        {
            "files": [_file_on_page(name, publication) for name in FORMATS],
            "licence": settings.LICENCE,
            "licence_url": settings.LICENCE_URL,
            "schema_url": SCHEMA,
            "places": known,
            "conforming": conforming,
            "waiting": known - conforming,
            "columns": COLUMNS,
            "complements": [name for name in COMPLEMENTS if name not in COLUMNS],
            "sources": _sources(),
            "root": publication.root.rstrip("/"),
        },
    )


def _file_on_page(name: str, publication: Publication) -> dict:
    chosen = FORMATS[name]
    return {
        "title": chosen.title,
        "address": reverse(f"data:download-{name}"),
        "file_name": publication.file_name(chosen.ending),
        "use": chosen.use,
    }


def _sources():
    """The sources of what is published, with the number of their places and the day of their last import."""
    public = Place.objects.published().filter(import_source__isnull=False).order_by()
    numbers = dict(public.values_list("import_source").annotate(number=Count("*")))
    sources = Source.objects.filter(pk__in=numbers).annotate(
        imported_at=Max("runs__applied_at", filter=Q(runs__applied_at__isnull=False))
    )
    return [(source, numbers[source.pk]) for source in sources]


@require_safe
def download(request, name):
    """The results of a question as a file."""
    question = PlaceFilter(settled(request.GET, client_address(request)))
    response = conditional.answer(request, question.stamp, lambda: _file(request, question, name))
    response["X-Robots-Tag"] = "noindex"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _file(request, question: PlaceFilter, name: str) -> HttpResponse:
    chosen = FORMATS[name]
    publication = Publication(request.build_absolute_uri("/"), request.data_changed_at)
    if request.method == "HEAD":
        response = HttpResponse(content_type=chosen.type)
    else:
        try:
            content = chosen.write(question.qs, publication, Report())
        except TooManyForASpreadsheet as error:
            return HttpResponse(f"{error}\n", status=413, content_type="text/plain; charset=utf-8")
        response = StreamingHttpResponse(content, content_type=chosen.type)
    response["Content-Disposition"] = f'attachment; filename="{publication.file_name(chosen.ending)}"'
    return response


# What robots are kept from, in any language (`*`): questions without end, files, forms, papers to print.
CLOSED = (
    *("/admin/", "/api/", "/*?", "/*.geojson", "/*.json", "/*.atom", "/*.svg", "/*langues/", "/*selection/"),
    *("/*/affiche/", "/*/corriger/", "/*/signaler/", "/*/ferme/", "/*/tout-est-juste/"),
    *("/*proposer/", "/*un-probleme/"),
)


@require_safe
def robots(request):
    """Crawlers read the list, the cards, the territory and what answers each need, in every language; nothing else.

    The longest rule that fits wins (RFC 9309).
    """
    sitemap, results = reverse("data:sitemap"), reverse("places:find_results")
    needs = [f"{start}?besoin={slug}$" for start in (results, f"/*{results}") for slug in NEEDS]
    opened = [sitemap, settings.STATIC_URL, *needs]
    closed = [*CLOSED, *(f"/{chosen.address}" for chosen in FORMATS.values())]
    lines = ["User-agent: *", *(f"Allow: {path}" for path in opened), *(f"Disallow: {path}" for path in closed)]
    lines += ["", f"Sitemap: {request.build_absolute_uri(sitemap)}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
