"""Every address of the product; each app keeps its own. The outsider test visits all of them."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from mssweb import views

admin.autodiscover()
handler400 = "mssweb.intake.refused"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("annuaire/", include("directory.urls")),
    path("fhir/", include("directory.api.urls")),
    path("", include("auth_otp.urls")),
    path("", include("mailbox.urls")),
]
