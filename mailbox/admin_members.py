"""Members of a mailbox in the administration: what each kind allows (trust-space §7.5), told before the database refuses it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.forms.models import BaseInlineFormSet

from auth_otp.models import User
from mailbox.models import Life, Mailbox, Membership

_ALONE = "Une boîte personnelle est celle d’une seule personne : aucun autre membre ne s’y ajoute."
_HOLDER = "Cette boîte personnelle est celle d’une autre personne : son adresse ne passe à personne."
_RPPS = "Une boîte personnelle est celle d’un professionnel qui a un numéro RPPS."
_MANAGERS = "Seul un responsable regarde dans une boîte applicative."


class MembershipForm(ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """A membership stays its person's, with what they read and their signature: for another one, another row."""

    def __init__(self, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        for name in {"user", "mailbox"} & self.fields.keys():
            self.fields[name].disabled = not self.instance._state.adding

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        mailbox = given.get("mailbox")
        if isinstance(mailbox, Mailbox) and mailbox.kind != Mailbox.Kind.ORG:
            others = mailbox.memberships.exclude(pk=self.instance.pk).exists()
            if said := fault(mailbox, given, is_new=self.instance._state.adding, is_alone=not others):
                raise forms.ValidationError(said)
        return given


def fault(mailbox: Mailbox, given: dict[str, Any], *, is_new: bool, is_alone: bool) -> str:
    """Why this kind of mailbox does not have such a member; '' when it may."""
    user, role = given.get("user"), given.get("role")
    if mailbox.kind == Mailbox.Kind.APP:
        return "" if role == Membership.Role.MANAGER else _MANAGERS
    if mailbox.kind != Mailbox.Kind.PER or not is_new or not isinstance(user, User):
        return ""
    if not is_alone:
        return _ALONE
    holder = Life.objects.filter(pk=mailbox.pk).values_list("holder", flat=True).first()
    if holder not in {None, user.pk}:
        return _HOLDER
    return "" if user.rpps else _RPPS


class Members(BaseInlineFormSet):  # type: ignore[type-arg]  # as above
    """The rows of a mailbox's page, together: one that goes makes no room for another in a personal mailbox."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk in self._held()]
        for form in kept:
            given = getattr(form, "cleaned_data", {})
            if given.get("DELETE"):
                continue
            said = fault(self.instance, given, is_new=form.instance._state.adding, is_alone=len(kept) == 1)
            if said:
                raise forms.ValidationError(said)

    def _held(self) -> set[object]:
        return {form.instance.pk for form in self.initial_forms}


class MembershipInline(admin.StackedInline):  # type: ignore[type-arg]  # as above
    model, form, formset = Membership, MembershipForm, Members
    fields = ["user", "role", "may_send"]
    autocomplete_fields = ["user"]
    extra = 0


def keep_holder(mailbox: Mailbox) -> None:
    """Whose a personal mailbox is, once it has its one member: nobody else is ever its holder."""
    life, _ = Life.objects.get_or_create(mailbox=mailbox)
    members = list(mailbox.memberships.values_list("user_id", flat=True)[:2])
    if mailbox.kind == Mailbox.Kind.PER and life.holder_id is None and len(members) == 1:
        Life.objects.filter(pk=life.pk).update(holder=members[0])
