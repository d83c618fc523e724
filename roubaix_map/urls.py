"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from roubaix_map.monitoring import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("", include("places.urls")),
]
