"""The public addresses."""

from django.urls import path, register_converter

from places import views
from places.models import Territory


class KindConverter:
    regex = "|".join(Territory.Kind.values)

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(KindConverter, "kind")

app_name = "places"
urlpatterns = [
    path("", views.home, name="home"),
    path("lieux/", views.place_list, name="list"),
    path("lieux.geojson", views.places_geojson, name="geojson"),
    path("lieux/<slug:slug>/", views.place_detail, name="detail"),
    path("territoires/<kind:kind>.geojson", views.territories_geojson, name="territories"),
    *(
        path(f"{name}/", views.legal_page, {"template": f"places/{name.replace('-', '_')}.html"}, name=name)
        for name in ("mentions-legales", "donnees-personnelles", "accessibilite")
    ),
]
