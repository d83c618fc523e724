"""The public addresses."""

from django.urls import path, register_converter

from places import api, embedding, feeds, open_data, selection, sitemaps, views, writers
from places.exporting import FORMATS
from places.models import Territory
from places.moderation.urls import urlpatterns as submissions
from places.near.views import addresses
from places.structure.urls import urlpatterns as structure
from places.territories import diagnosis_pages
from places.territories import pages as territory_pages
from places.transport import views as transport


class KindConverter:
    regex = "|".join(Territory.Kind.values)

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


class IdentifierConverter(KindConverter):
    regex = r"[\s\S]+"  # an identifier may hold anything, slashes and line ends included


register_converter(KindConverter, "kind")
register_converter(IdentifierConverter, "identifier")

app_name = "places"
urlpatterns = [
    path("", views.home, name="home"),
    path("lieux/", views.place_list, name="list"),
    path("lieux.geojson", views.places_geojson, name="geojson"),
    path("lieux/<slug:slug>/", views.place_detail, name="detail"),
    path("lieux/<slug:slug>/qr.svg", selection.place_qr, name="qr"),
    path("selection/", selection.selection, name="selection"),
    path("selection/qr.svg", selection.selection_qr, name="selection-qr"),
    path("adresses.json", addresses, name="addresses"),
    path("lieux.atom", feeds.changes, name="feed"),
    *(
        path(file.address, open_data.download, {"name": file.name}, name=f"download-{file.name}")
        for file in FORMATS.values()
    ),
    path("territoires/", territory_pages.territory_list, name="territory-list"),
    path("territoires/<kind:kind>.geojson", views.territories_geojson, name="territories"),
    path("arrets/", transport.stop_list, name="stops"),
    path("arrets/<slug:stop>/", transport.stop_page, name="stop"),
    path("arrets.geojson", views.transport_geojson, {"layer": "arrets"}, name="stops-geojson"),
    path("lignes.geojson", views.transport_geojson, {"layer": "lignes"}, name="lines-geojson"),
    path("territoires/<kind:kind>/<slug:indicator>.json", territory_pages.indicator_values, name="indicator"),
    path("territoires/<kind:kind>/<identifier:code>/", territory_pages.territory_detail, name="territory"),
    path("couches/<slug:layer>.geojson", territory_pages.layer_geojson, name="layer-geojson"),
    path("couches/<slug:layer>/", territory_pages.layer_detail, name="layer"),
    path("diagnostic/", diagnosis_pages.diagnosis_page, name="diagnosis"),
    path("diagnostic/methode/", diagnosis_pages.method, name="diagnosis-method"),
    path("diagnostic.csv", diagnosis_pages.diagnosis_csv, name="diagnosis-csv"),
    path("diagnostic.ods", diagnosis_pages.diagnosis_ods, name="diagnosis-ods"),
    path("en-chiffres/", diagnosis_pages.city_figures, name="city-figures"),
    path("api/v1/places", api.places, name="api-places"),
    path("api/v1/places/<identifier:id>", api.place, name="api-place"),
    path("api/v1/terms", api.terms, name="api-terms"),
    path("api/v1/territories", api.territories, name="api-territories"),
    path("api/v1/openapi.json", api.document, name="api-document"),
    path("ecrivains-publics/", writers.writers, name="writers"),
    path("integrer/", embedding.generator, name="embed"),
    *structure,
    path("donnees-ouvertes/", open_data.open_data, name="open-data"),
    *(
        path(f"{name}/", views.legal_page, {"template": f"places/{name.replace('-', '_')}.html"}, name=name)
        for name in ("mentions-legales", "donnees-personnelles")
    ),
    path("accessibilite/", views.accessibility_page, name="accessibilite"),
    *submissions,
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", open_data.robots, name="robots"),
]
