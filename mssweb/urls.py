"""Every address of the product; each app keeps its own. The outsider test visits all of them."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
