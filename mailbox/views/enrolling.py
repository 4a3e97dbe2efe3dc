"""«Ouvrir un compte»: a pharmacist alone, by an RPPS. Public; one answer and one page, whatever the number is worth.

What follows is led by the row: the code of the letter (or somebody's word), the mobile, the password, the account. Whoever
comes back types the reference. Refuses to show a name before it was proven.
"""

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from auth_otp import allowances, begun, enrolment
from auth_otp.arrival import arrive
from auth_otp.means import Means
from auth_otp.models import Enrolment
from directory.luhn import luhn
from mailbox.views.coming import WRONG, PasswordForm, SpokenForm, come_back, mobile_step, page, soon, wait

_WHAT = "enrolment"
_State = Enrolment.State


class RppsForm(forms.Form):
    rpps = forms.CharField(label="Votre numéro RPPS", max_length=20)
    rpps.widget.attrs.update({"autocomplete": "off", "inputmode": "numeric", "autofocus": True})

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_rpps(self) -> str:
        """Eleven digits and their key: what is told of a wrong one is told of every one."""
        typed = "".join(str(self.cleaned_data["rpps"]).split())
        if not (len(typed) == 11 and luhn(typed)):
            raise forms.ValidationError(
                "Un numéro RPPS a onze chiffres\u00a0: vérifiez-le, il y a une faute de frappe."
            )
        return typed


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    if not settings.SELF_ENROLMENT:
        raise Http404
    form = RppsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, reference = enrolment.begin(request, form.cleaned_data["rpps"], now=timezone.now())
        except allowances.UsedUp as told:
            return wait(request, told.wait, reverse("mailbox:enrol"))
        begun.remember(request, _WHAT, row.pk, reference)
        soon()
        return redirect("mailbox:enrolment")
    return page(request, "enrol", form=form)


@never_cache
@sensitive_post_parameters("code", "new", "twice", "reference")
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Where it stands, for the browser that asked, or that typed the reference."""
    if not settings.SELF_ENROLMENT:
        raise Http404
    row = _row(request)
    if row is None or "reference" in request.POST:
        return come_back(request, Enrolment, _WHAT, "mailbox:enrolment")
    match row.state:
        case _State.PROVEN:
            return mobile_step(
                request, row, here="mailbox:enrolment",
                confirm=lambda code: enrolment.confirm_mobile(request, row, code, now=timezone.now()),
            )  # fmt: skip
        case _State.CONFIRMED:
            return _password(request, row)
        case _State.DONE:
            return redirect("auth_otp:sign_in")
        case _:
            return _prove(request, row)


def _row(request: HttpRequest) -> Enrolment | None:
    pk = begun.remembered(request, _WHAT)
    return Enrolment.objects.filter(pk=pk, until__gt=timezone.now()).first() if pk else None


def _prove(request: HttpRequest, row: Enrolment) -> HttpResponse:
    form = SpokenForm(request.POST or None, label="Code reçu par message MSSanté")
    if request.method == "POST" and form.is_valid():
        if enrolment.prove(request, row, form.cleaned_data["code"], now=timezone.now()):
            return redirect("mailbox:enrolment")
        form.add_error("code", f"{WRONG} Cinq essais, pendant 24 heures.")
    return page(
        request, "enrolment", form=form, reference=begun.shown_reference(request, _WHAT).upper(), here=request.path
    )


def _password(request: HttpRequest, row: Enrolment) -> HttpResponse:
    """The account, and in at once: the code of the letter and that of the SMS were both given."""
    try:
        person = enrolment.person(row)
        form = PasswordForm(person, request.POST or None)
        if request.method == "POST" and form.is_valid():
            now = timezone.now()
            with transaction.atomic():
                user = enrolment.finish(request, row, password=form.cleaned_data["new"], now=now)
            return arrive(request, user=user, now=now, means=Means.PASSWORD_SMS, there=reverse("mailbox:welcome"))
    except enrolment.Over:
        return page(request, "over", kind="enrolment")
    return page(request, "chosen", form=form, step=3, who={"name": person.get_full_name()}, login=person.login)
