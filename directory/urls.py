"""Pages of the directory. What is searched is posted, people are named by number: a URL holds neither names nor words."""

from django.urls import path, register_converter

from directory import identity, views


class Ref:
    """Sixteen hexadecimal digits for a row."""

    regex = "[0-9a-f]{16}"

    def to_python(self, value: str) -> int:
        return identity.row_id(value)

    def to_url(self, value: str | int) -> str:
        return value if isinstance(value, str) else identity.ref(value)


register_converter(Ref, "ref")

app_name = "directory"
urlpatterns = [
    path("", views.search, name="search"),
    path("panneau/", views.panel, name="panel"),
    path("p/<ref:row_id>/", views.person, name="person"),
    path("p/<ref:row_id>/verifier/", views.check, name="check"),
    path("s/<ref:row_id>/", views.structure, name="structure"),
]
