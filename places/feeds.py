"""News of a search: the places that are new or changed among its results, as an Atom feed."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from places import conditional, languages
from places.exporting.ods import legal
from places.filters import PlaceFilter
from places.limits import client_address
from places.models import Place, Revision
from places.near.finding import settled
from places.standard import COLUMNS
from places.vocabularies import LOCAL

NEWEST = 50
# Names only: an old value may have been taken away on purpose, a personal address for instance.
TOLD = (*COLUMNS, *LOCAL, "verification", "verified_on")


@require_safe
def changes(request):
    """The newest changes of the places of a question."""
    question = PlaceFilter(settled(request.GET, client_address(request)))
    response = conditional.answer(request, question.stamp, lambda: _feed(request, question))
    response["X-Robots-Tag"] = "noindex"
    return response


def _feed(request, question: PlaceFilter) -> HttpResponse:
    query = f"?{question.query}" if question.query else ""
    feed = Atom1Feed(
        title=legal(_("%(site)s : nouveautés") % {"site": settings.SITE_NAME}),
        subtitle=legal(question.sentence()),
        link=request.build_absolute_uri(reverse("places:list") + query),
        feed_url=request.build_absolute_uri(reverse("places:feed") + query),
        description=None,
        author_name=settings.SITE_NAME,
        language=languages.current().tag,
    )
    revisions = Revision.objects.filter(place__in=question.qs.order_by().values("pk")).select_related("place")
    for revision in revisions[:NEWEST]:
        day = timezone.localtime(revision.made_at).date()
        feed.add_item(
            title=legal(title(revision)),
            link=request.build_absolute_uri(revision.place.get_absolute_url()),
            unique_id=f"tag:{request.get_host().partition(':')[0]},{day}:changement/{revision.pk}",
            description=escape(legal(summary(revision))),  # read as HTML, unlike a title
            pubdate=revision.made_at,
            updateddate=revision.made_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def title(revision: Revision) -> str:
    """Say in a line what happened: new, published again, or which fields changed."""
    published = revision.changes.get("status", [None, None])[1] == Place.Status.PUBLISHED
    if revision.created or published:
        return _("Nouveau : %s") % revision.place.nom
    if fields := changed_fields(revision):
        return _("Modifié : %(place)s (%(fields)s)") % {"place": revision.place.nom, "fields": ", ".join(fields)}
    return _("Modifié : %s") % revision.place.nom


def summary(revision: Revision) -> str:
    place = revision.place
    where = ", ".join(part for part in (place.adresse, place.locality) if part)
    return " – ".join(part for part in (where, place.presentation_resume) if part)


def changed_fields(revision: Revision) -> list[str]:
    """Return the names of the public fields that changed, in the order of the schema."""
    names = [str(Place._meta.get_field(field).verbose_name) for field in TOLD if field in revision.changes]
    return [*names, _("permanences")] if "permanences" in revision.changes else names
