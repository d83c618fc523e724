"""The machine's health, for who looks after it: what is missing, what was done and when, what was slow."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from places import preflight
from places.models import Chore, Mail, SlowPage

SLOW_SHOWN = 30
# Those that ask other machines would make the page wait for them.
ELSEWHERE = (preflight.look_at_site, preflight.look_at_mail, preflight.look_at_clock)
LOOKS = [look for look in preflight.LOOKS if look not in ELSEWHERE]


def desk(request):
    """Show the page; nothing on it changes anything."""
    if not request.user.has_perm("places.view_slowpage"):
        raise PermissionDenied
    now = timezone.now()
    waiting = Mail.objects.filter(sent_at=None, given_up_at=None)
    context = {
        **admin.site.each_context(request),
        "title": _("La machine"),
        "lines": sorted(preflight.look(now, LOOKS), key=lambda line: line.level is preflight.Level.GOOD),
        "chores": Chore.objects.order_by("-at"),
        "mails": {
            "waiting": waiting.count(),
            "failing": waiting.exclude(failure="").count(),
            "oldest": waiting.order_by("created_at").values_list("created_at", flat=True).first(),
        },
        "slow": SlowPage.objects.all()[:SLOW_SHOWN],
    }
    return TemplateResponse(request, "admin/places/machine/desk.html", context)
