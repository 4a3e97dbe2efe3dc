"""Our addresses, as they are registered at the provider: exact, so they come from BASE_URL and never from a request."""

from django.conf import settings
from django.urls import reverse


def back() -> str:
    """redirect_uri."""
    return f"{settings.BASE_URL}{reverse('auth_otp:psc_back')}"


def gone() -> str:
    """post_logout_redirect_uri."""
    return f"{settings.BASE_URL}{reverse('auth_otp:psc_gone')}"
