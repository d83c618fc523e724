"""The public pages, whose addresses begin with their language: `/lieux/`, `/ar/lieux/`."""

from django.urls import path

import places.converters  # noqa: F401 (kind, identifier)
from places import embedding, feeds, languages, open_data, selection, views, writers
from places.finding.urls import urlpatterns as finding
from places.moderation.urls import urlpatterns as submissions
from places.near.views import addresses
from places.posters import views as posters
from places.structure.urls import urlpatterns as structure
from places.territories import diagnosis_pages
from places.territories import pages as territory_pages
from places.transport import views as transport

app_name = "places"
urlpatterns = [
    path("", views.home, name="home"),
    path("langues/", languages.switch, name="languages"),
    path("lieux/", views.place_list, name="list"),
    path("lieux/<slug:slug>/", views.place_detail, name="detail"),
    path("lieux/<slug:slug>/qr.svg", selection.place_qr, name="qr"),
    path("lieux/<slug:slug>/affiche/", posters.place_poster, name="poster"),
    path("trouver/affiche/<identifier:code>/", posters.area_poster, name="area-poster"),
    path("selection/", selection.selection, name="selection"),
    path("selection/qr.svg", selection.selection_qr, name="selection-qr"),
    path("adresses.json", addresses, name="addresses"),
    path("lieux.atom", feeds.changes, name="feed"),
    path("territoires/", territory_pages.territory_list, name="territory-list"),
    path("arrets/", transport.stop_list, name="stops"),
    path("arrets/<slug:stop>/", transport.stop_page, name="stop"),
    path("territoires/<kind:kind>/<slug:indicator>.json", territory_pages.indicator_values, name="indicator"),
    path("territoires/<kind:kind>/<identifier:code>/", territory_pages.territory_detail, name="territory"),
    path("couches/<slug:layer>/", territory_pages.layer_detail, name="layer"),
    path("diagnostic/", diagnosis_pages.diagnosis_page, name="diagnosis"),
    path("diagnostic/methode/", diagnosis_pages.method, name="diagnosis-method"),
    path("en-chiffres/", diagnosis_pages.city_figures, name="city-figures"),
    *finding,
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
]
