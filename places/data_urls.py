"""The addresses of what has no language: files, drawings of the map, the API, what robots read."""

from django.urls import path

import places.converters  # noqa: F401 (kind, identifier)
from places import api, open_data, sitemaps, views
from places.exporting import FORMATS
from places.moderation import following
from places.territories import diagnosis_pages
from places.territories import pages as territory_pages

app_name = "data"
urlpatterns = [
    path("lieux.geojson", views.places_geojson, name="geojson"),
    *(
        path(file.address, open_data.download, {"name": file.name}, name=f"download-{file.name}")
        for file in FORMATS.values()
    ),
    path("territoires/<kind:kind>.geojson", views.territories_geojson, name="territories"),
    path("arrets.geojson", views.transport_geojson, {"layer": "arrets"}, name="stops-geojson"),
    path("lignes.geojson", views.transport_geojson, {"layer": "lignes"}, name="lines-geojson"),
    path("couches/<slug:layer>.geojson", territory_pages.layer_geojson, name="layer-geojson"),
    path("diagnostic.csv", diagnosis_pages.diagnosis_csv, name="diagnosis-csv"),
    path("diagnostic.ods", diagnosis_pages.diagnosis_ods, name="diagnosis-ods"),
    path("api/v1/places", api.places, name="api-places"),
    path("api/v1/places/<identifier:id>", api.place, name="api-place"),
    path("api/v1/terms", api.terms, name="api-terms"),
    path("api/v1/territories", api.territories, name="api-territories"),
    path("api/v1/openapi.json", api.document, name="api-document"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", open_data.robots, name="robots"),
    path("logos/<slug:slug>/<str:name>", following.logo, name="logo"),
    path("logos-proposes/<int:pk>", following.proposed_logo, name="proposed-logo"),
]
