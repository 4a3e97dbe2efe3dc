"""One's own open sessions, ended one by one or all the others; one's own password. The old one is asked for.

Places are told by network only: an address is more than a person needs to know their own workstation.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import again, entry, notices, proof, reset
from auth_otp.means import NAMES, Means
from auth_otp.models import Notice, Session, User
from auth_otp.proof import Worth
from mailbox.views import me
from mailbox.views.place import person
from mssweb import notify
from mssweb.audit.record import record

_PASSWORD = {"autocomplete": "new-password"}


@dataclass(frozen=True, slots=True)
class Open:
    """A session as the page tells it; `name` stands for it in a form: a digest of its key, which opens nothing."""

    row: Session
    is_this: bool
    network: str
    is_locked: bool

    @property
    def name(self) -> str:
        return str(self.row.pk)

    @property
    def means(self) -> str:
        """« clé d’accès », « mot de passe et SMS »; '' when unknown."""
        return NAMES[Means(self.row.means)] if self.row.means in set(Means) else ""


def network_of(address: str | None) -> str:
    """«192.0.2.x»: the /24 of IPv4, the /48 of IPv6; '' when unknown."""
    if not address:
        return ""
    known = ip_address(address)
    if known.is_loopback:
        return "ce poste"
    if known.version == 4:
        return str(known).rpartition(".")[0] + ".x"
    return f"{ip_network((known, 48), strict=False).network_address}…"


@require_http_methods(["GET", "POST"])
@proof.asked(to_read=False)
@me.mine
def sessions(request: HttpRequest) -> HttpResponse:
    """The list, this one first; a POST ends one, or all the others."""
    user, here = person(request), entry.row_of(request)
    found = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    if request.method == "POST":
        others = found.exclude(pk=here.pk) if here else found
        wanted = others if request.POST.get("action") == "others" else others.filter(pk=request.POST.get("session", ""))
        ended = _end(request, user, [row.pk for row in wanted])
        if request.POST.get("action") == "others":
            entry.renew(request)  # whoever copied the cookie of this one is another, too
        if not ended:
            messages.info(request, "Cette session était déjà terminée.")
        else:
            messages.success(request, "Session terminée." if ended == 1 else f"{ended} sessions terminées.")
        return redirect("mailbox:me_sessions")
    rows = sorted(found.order_by("-gesture_at")[:50], key=lambda row: row.pk != (here.pk if here else ""))
    now, idle = timezone.now(), timedelta(minutes=settings.IDLE_LOCK_MINUTES)
    shown = [
        Open(row, bool(here and row.pk == here.pk), network_of(row.client), row.is_locked(now=now, idle=idle))
        for row in rows
    ]
    return me.show(request, "me_sessions", sessions=shown, others=len([one for one in shown if not one.is_this]))


def _end(request: HttpRequest, user: User, keys: list[str]) -> int:
    """End these of this person; their live streams end with them."""
    with transaction.atomic():
        ended, _ = Session.objects.filter(user=user, pk__in=keys).delete()
        if ended:
            record("session.end_own", request=request, subject=("user", user.pk), count=ended)
            notify.kill(user.pk)
    return ended


class NewPassword(forms.Form):
    old = forms.CharField(label="Mot de passe actuel", max_length=200, strip=False, widget=forms.PasswordInput)
    new = forms.CharField(label="Nouveau mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    twice = forms.CharField(
        label="Nouveau mot de passe, une seconde fois", max_length=200, strip=False, widget=forms.PasswordInput
    )
    old.widget.attrs.update({"autocomplete": "current-password"})
    new.widget.attrs.update(_PASSWORD)
    twice.widget.attrs.update(_PASSWORD)

    def __init__(self, user: User, data: QueryDict | None) -> None:
        super().__init__(data, label_suffix="")
        self.user = user
        if not user.has_usable_password():
            del self.fields["old"]

    def clean(self) -> dict[str, str]:
        given = self.cleaned_data
        if given.get("new") and given.get("twice") and given["new"] != given["twice"]:
            self.add_error("twice", "Les deux mots de passe ne sont pas les mêmes.")
        elif given.get("new") and given["new"] == given.get("old"):
            self.add_error("new", "C’est le mot de passe actuel\u00a0: choisissez-en un autre.")
        elif given.get("new"):
            try:
                password_validation.validate_password(given["new"], self.user)
            except ValidationError as words:
                self.add_error("new", words)
        return given


@sensitive_post_parameters("old", "new", "twice")
@require_http_methods(["GET", "POST"])
@me.mine
def password(request: HttpRequest) -> HttpResponse:
    """A new password: the old one is asked, and whatever was opened or begun with it elsewhere ends.

    The first one of who came by a door of the sector: by a fresh proof of that.
    """
    user = person(request)
    if not user.has_usable_password() and not proof.is_fresh(request, now=timezone.now(), worth=Worth.STRONGEST):
        return proof.ask(request, Worth.STRONGEST)
    form = NewPassword(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = _by_the_old_one(request, user, form)
        if answer.is_right:
            _change(request, user, form.cleaned_data["new"])
            messages.success(request, "Mot de passe changé. Vos autres sessions sont terminées.")
            return redirect("mailbox:me_password")
        minutes = max(1, round(answer.wait.total_seconds() / 60))
        wait = f"Trop d’essais\u00a0: attendez {minutes} minute{'s' if minutes > 1 else ''}."
        form.add_error("old", wait if answer.wait else "Ce n’est pas votre mot de passe actuel.")
    return me.show(request, "me_password", form=form)


def _by_the_old_one(request: HttpRequest, user: User, form: NewPassword) -> again.Answer:
    if "old" not in form.fields:
        return again.Answer(True)
    return again.confirm(request, user, form.cleaned_data["old"], now=timezone.now())


def _change(request: HttpRequest, user: User, new: str) -> None:
    """This session goes on under a new key: whoever copied its cookie is out, too."""
    with transaction.atomic():
        user.set_password(new)
        User.objects.filter(pk=user.pk).update(password=user.password)
        request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()  # this one goes on
        record("user.own_password", request=request, subject=("user", user.pk))
        notices.note(Notice.Kind.PASSWORD_CHANGED, request=request, user=user, now=timezone.now())
        entry.renew(request)
        entry.end_all(user.pk, now=timezone.now(), but=request.session.session_key)
        reset.cancel_of(request, user, now=timezone.now())
