"""Pages of the directory. What is searched is posted, people are named by uuid: a URL holds neither names nor words."""

from django.urls import path

from directory import views

app_name = "directory"
urlpatterns = [
    path("", views.search, name="search"),
    path("p/<uuid:uuid>/", views.person, name="person"),
    path("s/<uuid:uuid>/", views.structure, name="structure"),
]
