"""An activation: the link of the SMS, the code said in person, the mobile confirmed, then a name and a password. Public.

The link leaves the address bar as soon as its code was given. Whatever is wrong with a link is answered the same way.
"""

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from auth_otp import activation, allowances, factors
from auth_otp.arrival import arrive
from auth_otp.means import Means
from auth_otp.models import Activation, User
from mailbox import colleagues
from mailbox.views.coming import WRONG, DigitsForm, PasswordForm, SpokenForm, page, soon, wait
from mailbox.views.place import person as person_of
from mssweb.audit.record import record

_SPOKEN = "Code que vous dit la personne qui vous invite"


class ChosenForm(PasswordForm):
    """`offered`: the name that is free; None for who has one already."""

    login = forms.CharField(label="Identifiant", max_length=254, required=False)
    field_order = ["login", "new", "twice"]
    login.widget.attrs.update({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"})

    def __init__(self, person: User, data: QueryDict | None, *, offered: str | None) -> None:
        super().__init__(person, data)
        if offered is None:
            del self.fields["login"]
        else:
            self.fields["login"].initial = self.offered = offered

    def clean_login(self) -> str:
        """As User.login is kept: the one that was offered, or an address."""
        login = str(self.cleaned_data["login"]).strip().lower() or self.offered
        if login != self.offered:
            try:
                forms.EmailField().clean(login)
            except forms.ValidationError:
                raise forms.ValidationError(
                    f"Gardez «\u00a0{self.offered}\u00a0», ou écrivez votre adresse électronique professionnelle."
                ) from None
        self.person.login = login
        return login


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Where the SMS leads. A preview of it, or whoever stole it, gets no further without the code."""
    now = timezone.now()
    row = activation.opened(token, now=now)
    if row is None:
        return page(request, "over", kind="activation")
    form = SpokenForm(request.POST or None, label=_SPOKEN)
    if request.method == "POST" and form.is_valid():
        if activation.enter(request, row, form.cleaned_data["code"], now=now):
            return _send_code(request, row, "mailbox:activate")
        row.refresh_from_db(fields=["tries"])
        if row.tries >= activation.TRIES:
            return page(request, "over", kind="activation")
        form.add_error("code", f"{WRONG} Redemandez-le à la personne qui vous invite.")
    return page(request, "link", form=form, here=request.path)


@never_cache
@sensitive_post_parameters("code", "new", "twice")
@require_http_methods(["GET", "HEAD", "POST"])
def activate(request: HttpRequest) -> HttpResponse:
    """The rest, by the browser that gave the code: the mobile, then name and password."""
    now = timezone.now()
    row = activation.entered(request, now=now)
    who = activation.who_of(row) if row else None
    if row is None or who is None:
        return page(request, "over", kind="activation")
    if not row.is_confirmed:
        return _mobile(request, row, who)
    person = activation.person(row)
    form = ChosenForm(person, request.POST or None, offered=None if row.user else activation.offered_login(who))
    if request.method == "POST" and form.is_valid():
        try:
            return _finish(request, row, form)
        except activation.Over:
            return page(request, "over", kind="activation")
        except activation.Taken:
            form.add_error("login", "Cet identifiant n’est pas libre\u00a0: choisissez-en un autre.")
    return page(request, "chosen", form=form, step=3, who=who, login=row.user.login if row.user else "")


@never_cache
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Once, after the account was made: a stronger factor is offered before anything else."""
    return page(request, "welcome", has_strong=factors.has_strong(person_of(request)))


def _mobile(request: HttpRequest, row: Activation, who: activation.Who) -> HttpResponse:
    form = DigitsForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and request.POST.get("action") == "again":
        return _send_code(request, row, "mailbox:activate")
    if request.method == "POST" and form.is_valid():
        if activation.confirm(request, row, form.cleaned_data["code"], now=timezone.now()):
            return redirect("mailbox:activate")
        form.add_error("code", f"{WRONG} Vérifiez le dernier SMS reçu, ou demandez-en un autre.")
    return page(request, "mobile_code", form=form, step=2, phone=who.phone[-2:], here=request.path)


def _send_code(request: HttpRequest, row: Activation, there: str) -> HttpResponse:
    try:
        with transaction.atomic():
            activation.ask_code(request, row, now=timezone.now())
            soon()
    except allowances.UsedUp as told:
        return wait(request, told.wait, reverse(there))
    return redirect(there)


def _finish(request: HttpRequest, row: Activation, form: ChosenForm) -> HttpResponse:
    """Account, membership and journal in one transaction; who is new here is in at once, and led to a stronger factor."""
    now, is_new = timezone.now(), row.user is None
    with transaction.atomic():
        invitation = colleagues.behind(row)
        user = activation.finish(
            request, row, login=form.cleaned_data.get("login", ""), password=form.cleaned_data["new"], now=now
        )
        if invitation:
            colleagues.join(invitation, user, now=now)
            record(
                "colleague.join", request=request, actor_id=user.pk, mailbox_id=invitation.mailbox_id,
                subject=("invitation", invitation.pk), role=invitation.role, may_send=invitation.may_send,
            )  # fmt: skip
    if is_new and not factors.has_strong(user):
        return arrive(request, user=user, now=now, means=Means.PASSWORD_SMS, there=reverse("mailbox:welcome"))
    return page(request, "done", what="password")
