"""Pages of the directory. What is searched is posted: a URL never holds it."""

from django.urls import path

from directory import views

app_name = "directory"
urlpatterns = [
    path("", views.search, name="search"),
    path("suggestions/", views.suggestions, name="suggestions"),
]
