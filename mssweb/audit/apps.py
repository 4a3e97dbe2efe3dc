"""The application of the audit journal."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "mssweb.audit"
    label = "audit"
    verbose_name = "Journal d’audit"
