"""The application that knows who you are, and the admin site behind its door."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.contrib.admin import autodiscover
from django.contrib.admin.checks import check_admin_app
from django.core import checks


class AuthOtpConfig(AppConfig):
    default = True
    name = "auth_otp"
    verbose_name = "Identités"


class AdminSiteConfig(admin.SimpleAdminConfig):
    """Its pages are loaded with the URLs, by the process that serves them: the others start in half the time."""

    default = False
    default_site = "auth_otp.admin_site.Site"

    def ready(self) -> None:
        super().ready()
        checks.register(_check_pages, checks.Tags.admin)


def _check_pages(app_configs: Sequence[AppConfig] | None, **options: object) -> list[checks.CheckMessage]:
    """Django's own check may run before the URLs are loaded, and then sees no page."""
    autodiscover()
    found: list[checks.CheckMessage] = check_admin_app(app_configs, **options)
    return found
