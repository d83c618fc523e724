"""Every page knows how fresh the data is; what another process changed is read again."""

from django.db import Error

from places import bitmaps, lexicon, schedules, unavailable
from places.models import DataVersion


class DataVersionMiddleware:
    """Set `request.data_version` and `request.data_changed_at` for every view of this application and the admin."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if view.__module__ == "roubaix_map.monitoring":
            return None
        try:
            return know(request)
        except Error as error:
            response = unavailable.answer(request, error, lambda: know(request))
            if not hasattr(request, "data_version") and response is None:
                raise
            return response


def know(request) -> None:
    """Read how fresh the data is where the request is read."""
    row = DataVersion.objects.values_list("number", "changed_at").first()
    request.data_version, request.data_changed_at = row or (0, None)
    lexicon.follow(request.data_version)
    schedules.follow(request.data_version)
    bitmaps.follow(request.data_version)
