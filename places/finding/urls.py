"""The addresses of the three questions and of their answer; each holds, after `?`, all that was answered before."""

from django.urls import path

from places.finding import offline, views
from places.finding.card import find_place

urlpatterns = [
    path("trouver/", views.find, name="find"),
    path("trouver/ou/", views.find_where, name="find_where"),
    path("trouver/quand/", views.find_when, name="find_when"),
    path("trouver/resultats/", views.find_results, name="find_results"),
    path("trouver/lieu/<slug:slug>/", find_place, name="find_place"),
    path("trouver/sw.js", offline.worker, name="find_worker"),
    path("trouver/pages.json", offline.pages, name="find_pages"),
    path("trouver/manifest.webmanifest", offline.manifest, name="find_manifest"),
]
