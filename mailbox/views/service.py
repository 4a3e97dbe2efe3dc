"""The banner: is mail late, since when, and what becomes of it; to administrators, also what ails our place in the trust
space. At most one cheap statement every few seconds and process; live.py has the browser ask again when it changes."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from auth_otp.models import User
from mailbox.views.place import person
from mailbox.watching import alarms, incidents
from mailbox.watching.incidents import Late

_LATE = {
    "in": "La réception des messages est retardée {since} ; vos envois sont conservés et partiront dès la reprise.",
    "out": "L’envoi des messages est retardé {since} ; vos envois sont conservés et partiront dès la reprise.",
    "both": "La réception et l’envoi des messages sont retardés {since} ; vos envois sont conservés et partiront dès la reprise.",
}
_WHERE = {"certificate": "admin:mailbox_watched_changelist", "whitelist": "admin:mailbox_edition_changelist"}


@dataclass(frozen=True, slots=True)
class Notice:
    """`where`: for administrators, the page that says more."""

    text: str
    where: str = ""
    is_alarm: bool = False


@dataclass(frozen=True)
class Service:
    """How the service stands for one person, asked for when something of the page shows it."""

    user: User
    now: datetime

    @cached_property
    def _late(self) -> Late | None:
        return incidents.late(self.now)

    @cached_property
    def _alarms(self) -> tuple[alarms.Alarm, ...]:
        return alarms.current(self.now) if self.user.is_staff else ()

    @property
    def state(self) -> str:
        """The same as long as the notices are the same; codes only."""
        late = [f"{self._late.kind}:{int(self._late.since.timestamp())}"] if self._late else []
        return ",".join([*late, *(alarm.code for alarm in self._alarms)])

    @property
    def notices(self) -> list[Notice]:
        late = (
            [Notice(words(self._late, self.now), self._link("admin:mailbox_incident_changelist"))] if self._late else []
        )
        return late + [
            Notice(alarm.text, self._link(_WHERE[alarm.code.partition(" ")[0]]), is_alarm=True)
            for alarm in self._alarms
        ]

    def _link(self, name: str) -> str:
        return reverse(name) if self.user.is_staff else ""


def words(late: Late, now: datetime) -> str:
    return _LATE[late.kind].format(since=_since(late.since, now))


def _since(at: datetime, now: datetime) -> str:
    """«depuis 14 h 05», of another day with its date; in the time zone of the page."""
    here = timezone.localtime(at)
    clock = f"{here.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{here.minute:02}"
    if here.date() == timezone.localtime(now).date():
        return f"depuis {clock}"
    return f"depuis le {date_format(here, 'j F')} à {clock}"


def shown(request: HttpRequest) -> dict[str, object]:
    """Context processor."""
    return {"service": SimpleLazyObject(lambda: Service(person(request), timezone.now()))}


@never_cache
@require_GET
def banner(request: HttpRequest) -> HttpResponse:
    """The banner alone, for live.js."""
    return render(request, "mailbox/_service.html")
