"""Print a code for an administrator who has nothing strong to enter with yet, or nothing left: once, on this machine.

The first administrator has no colleague who could hand one over (auth_otp.admin). Refuses who is no administrator.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from auth_otp import factors
from auth_otp.models import User


class Command(BaseCommand):
    help = "Print a one-time code by which an administrator enters, and adds a passkey or an authenticator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login")

    def handle(self, *given: Any, login: str, **how: Any) -> None:
        user = User.objects.filter(login=login.strip().lower(), is_active=True, is_staff=True).first()
        if user is None:
            raise CommandError(f"no active administrator is called {login}")
        code = factors.hand_over(None, user=user, now=timezone.now())
        self.stdout.write(
            f"{code}\nGive it after the password, within 24 hours; then add a passkey or an authenticator."
        )
