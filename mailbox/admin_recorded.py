"""What pages of the administration have in common: a change is an audit event; what is only read has no buttons."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from auth_otp.admin_proof import Proven
from mailbox import departure
from mailbox.models import Mailbox, Membership
from mailbox.staff.admitting import admit
from mssweb import notify
from mssweb.audit.record import record


class Recorded(Proven):
    """An administrator's change is an audit event, by the names of the fields that changed, and asks for a fresh proof."""

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Mailbox, form: "ModelForm[Mailbox]", change: bool) -> None:
        _hold(obj)
        super().save_model(request, obj, form, change)
        self.tell(request, obj, "change" if change else "create", fields=",".join(form.changed_data))

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Mailbox) -> None:
        _hold(obj)
        self.tell(request, obj, "delete")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Mailbox]) -> None:
        """Several at once, from the list: each is told."""
        for obj in queryset:
            self.delete_model(request, obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows beside the object (members of a mailbox) are told like objects."""
        for gone in formset.deleted_forms:
            self.tell(request, gone.instance, "delete")
        super().save_formset(request, form, formset, change)
        for made in formset.new_objects:
            self.tell(request, made, "create")
        for changed, fields in formset.changed_objects:
            self.tell(request, changed, "change", fields=",".join(fields))

    def tell(self, request: HttpRequest, obj: object, verb: str, fields: str = "") -> None:
        kind = type(obj)._meta.model_name  # type: ignore[attr-defined]  # every admin object is a model
        mailbox = obj if isinstance(obj, Mailbox) else getattr(obj, "mailbox", None)
        record(
            f"{kind}.{verb}", request=request, mailbox_id=getattr(mailbox, "pk", None),
            subject=(str(kind), obj.pk), fields=fields,  # type: ignore[attr-defined]
        )  # fmt: skip
        if isinstance(obj, Membership):
            if verb == "create":
                admit(obj.mailbox.tenant, obj.user, by=request.user, now=timezone.now(), is_operator=True)  # type: ignore[arg-type]  # signed in
            _pass_on(request, obj, verb)
            _end_streams([obj.user_id])
        if isinstance(obj, Mailbox) and "state" in fields.split(","):
            _end_streams(obj.memberships.values_list("user_id", flat=True))


def _hold(obj: object) -> None:
    """A member's drafts and mailbox before the membership itself, as everywhere (departure.py)."""
    if isinstance(obj, Membership) and not obj._state.adding:
        departure.held(obj.mailbox, obj.pk)


def _pass_on(request: HttpRequest, member: Membership, verb: str) -> None:
    """What was open with who goes, or may not do it any more, is the team's."""
    by: UUID = request.user.pk  # type: ignore[assignment]  # signed in
    if verb == "delete":
        departure.hand_on(member, None, by=by, now=timezone.now())
    elif verb == "change":
        departure.lessen(member, by=by, now=timezone.now())


def _end_streams(user_ids: Iterable[UUID]) -> None:
    """They come back with the rights of now."""
    for user_id in user_ids:
        notify.kill(user_id)


class ReadOnly(Proven):
    """Some have acts on their list, which ask for a fresh proof."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
