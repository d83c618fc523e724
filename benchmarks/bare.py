"""The reference: a view that answers a given number of bytes and does nothing else, and the address it answers at."""

from functools import lru_cache

from django.http import HttpResponse
from django.urls import path


@lru_cache
def body(size: int) -> bytes:
    return b"x" * size


def bare(request, size):
    # Said to be compressed already, as the map data is: no middleware has anything left to do with it.
    headers = {"Content-Encoding": "gzip", "Content-Length": size}
    return HttpResponse(body(size), content_type=request.GET["type"], headers=headers)


urlpatterns = [path("bare/<int:size>/", bare)]
