"""Addresses of the FHIR server; without a final slash, as FHIR has them."""

from django.urls import path

from directory.api import views

app_name = "fhir"
urlpatterns = [
    path("metadata", views.metadata, name="metadata"),
    path("_page", views.page, name="page"),
    path("<str:resource>", views.search, name="search"),
    path("<str:resource>/_search", views.search, name="search_posted"),
    path("<str:resource>/<str:ref>", views.read, name="read"),
    path("", views.elsewhere),
    path("<path:rest>", views.elsewhere),
]
