"""Every address of the site."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from places.security_txt import security_txt
from roubaix_map.monitoring import healthz, readyz

handler500 = "places.views.server_error"
urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path(".well-known/security.txt", security_txt),
    path("admin/", admin.site.urls),
    path("", include("places.data_urls")),
    *i18n_patterns(path("", include("places.urls")), prefix_default_language=False),
]
if settings.METRICS_ALLOWED:
    from roubaix_map.metrics import metrics

    urlpatterns.insert(0, path("metrics", metrics))
