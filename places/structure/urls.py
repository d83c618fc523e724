"""The addresses of a structure's own link; part of `places.urls`."""

from django.urls import path

from places.structure import views

urlpatterns = [
    path("structure/<str:token>/", views.record, name="structure"),
    path("structure/<str:token>/corriger/", views.correct, name="structure-correct"),
    path("structure/<str:token>/ferme/", views.closed, name="structure-closed"),
]
