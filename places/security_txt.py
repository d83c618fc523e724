"""`/.well-known/security.txt` (RFC 9116): to whom a weakness is told, while somebody answers."""

from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

RENEWED_FOR = timedelta(days=180)  # the standard asks for less than a year


@require_safe
def security_txt(request):
    """Answer when there is a contact; past the day that the city has set, the file says itself that it is over."""
    contact = settings.SECURITY_CONTACT or (f"mailto:{settings.SUPPORT_EMAIL}" if settings.SUPPORT_EMAIL else "")
    if not contact:
        raise Http404
    day = settings.SECURITY_EXPIRES or timezone.localdate() + RENEWED_FOR
    lines = [
        f"Contact: {contact}",
        f"Expires: {datetime.combine(day, time(), UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, en",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    text = "\n".join([*lines, ""])
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "max-age=3600"})
