"""A stronger way, suggested to who came by SMS and holds none: in a line that one closes, once a month at most.

Refuses to insist: nothing is asked, nothing waits for an answer.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from auth_otp import allowances, ceremonies, factors
from auth_otp.models import User

AGAIN = timedelta(days=30)
_WORDS = (
    "Plus rapide et plus sûr que le SMS\u00a0: une clé d’accès (l’empreinte, le visage ou le code de votre appareil). "
    '<a href="{}">L’ajouter</a>'
)


def suggest(request: HttpRequest, user: User, *, now: datetime) -> None:
    """Shown by the page where the sign-in leads."""
    if not ceremonies.is_open() or factors.has_strong(user) or not factors.may_begin(user):
        return
    if allowances.is_first(f"passkey suggested {user.pk}", until=now + AGAIN, now=now):
        messages.info(request, format_html(_WORDS, reverse(settings.FACTORS_PAGE)))
