"""The application that knows who you are, and the admin site behind its door."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AuthOtpConfig(AppConfig):
    default = True
    name = "auth_otp"
    verbose_name = "Identités"


class AdminSiteConfig(admin.AdminConfig):
    default = False
    default_site = "auth_otp.admin_site.Site"
