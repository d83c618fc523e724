"""The addresses of what visitors send; part of `places.urls`."""

from django.urls import path

from places.moderation import following, views

urlpatterns = [
    path("proposer/", views.propose, name="propose"),
    path("lieux/<slug:slug>/corriger/", views.correct, name="correct"),
    path("lieux/<slug:slug>/signaler/", views.report, name="report"),
    path("lieux/<slug:slug>/ferme/", views.closed, name="place-closed"),
    path("lieux/<slug:slug>/tout-est-juste/", views.confirmed, name="place-confirmed"),
    path("un-probleme/", views.problem, name="problem"),
    path("suivi/<slug:token>/", following.follow, name="follow"),
    path("confirmer/<str:token>/", following.confirm_address, name="confirm-address"),
]
