"""Corrections of the directory: decided with a reason, lifted by an action, never changed nor deleted."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from directory import extract, identity, overrides
from directory.admin.rights import ReadOnly
from directory.models import MailboxAddress, Organization, Override, Practitioner

_Kind = Override.Kind
_RPPS_DIGITS = 11
_READ = ["kind", "address", "of_whom", "reason", "author", "created_at", "until", "applied_at", "undone_at", "told"]


class OverrideForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    owner = forms.CharField(
        label="À qui", required=False, max_length=64,
        help_text="Numéro RPPS de la personne, ou FINESS, SIRET ou identifiant de la structure. Vide pour masquer.",
    )  # fmt: skip
    until = forms.SplitDateTimeField(
        label="Jusqu’au", required=False, widget=AdminSplitDateTime, help_text="Vide : jusqu’à ce qu’on la lève."
    )

    class Meta:
        model = Override
        fields = ["kind", "address", "owner", "reason", "until"]
        help_texts = {
            "address": "Ajoutée : un envoi reste refusé si son domaine n’est pas sur la liste blanche.",
            "reason": "Gardé avec votre nom, même une fois la correction levée.",
        }

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip().lower()
        if not extract.ADDRESS.fullmatch(address):
            raise forms.ValidationError("Cette adresse est mal formée.")
        return address

    def clean_owner(self) -> Practitioner | Organization | None:
        text = str(self.cleaned_data["owner"]).replace(" ", "")
        if not text:
            return None
        found = _owner(text)
        if found is None:
            raise forms.ValidationError("L’annuaire ne connaît ni personne ni structure de ce numéro.")
        return found

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until and until <= timezone.now():
            raise forms.ValidationError("Cette date est passée.")
        return until

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            for field, fault in _faults(given["kind"], given["address"], given["owner"]):
                self.add_error(field, fault)
        return given


def _owner(text: str) -> Practitioner | Organization | None:
    if text.isdigit() and len(text) == _RPPS_DIGITS:
        return Practitioner.objects.filter(pk=identity.person(f"8{text}"), vanished_at=None).first()
    return Organization.objects.filter(
        pk=identity.organization(extract.structure_key(text)), vanished_at=None
    ).first()  # fmt: skip


def _faults(kind: str, address: str, owner: Practitioner | Organization | None) -> list[tuple[str, str]]:
    """What does not go together, by field."""
    if kind == _Kind.HIDE:
        known = MailboxAddress.objects.filter(address=address, vanished_at=None).exists()
        faults = [("owner", "Une adresse est masquée pour tous : laissez vide.")] if owner else []
        return faults + ([] if known else [("address", "L’annuaire ne connaît pas cette adresse.")])
    if owner is None:
        return [("owner", "Dites à qui est cette adresse.")]
    held = _held(owner).filter(vanished_at=None)
    is_held = held.filter(address=address).exists()
    if kind == _Kind.ADD:
        return [("address", "L’annuaire la lui donne déjà.")] if is_held else []
    if not is_held:
        return [("address", "Ce n’est pas une de ses adresses.")]
    name = "practitioner" if isinstance(owner, Practitioner) else "organization"
    others = Override.objects.active(timezone.now()).filter(kind=_Kind.PREFER, **{name: owner.pk})
    return [("kind", "Une adresse lui est déjà préférée : levez d’abord cette correction.")] if others.exists() else []


def _held(owner: Practitioner | Organization) -> QuerySet[MailboxAddress]:
    if isinstance(owner, Practitioner):
        return MailboxAddress.objects.filter(practitioner=owner.pk)
    return MailboxAddress.objects.filter(organization=owner.pk, practitioner=None)


class State(admin.SimpleListFilter):
    title, parameter_name = "état", "etat"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("vigueur", "en vigueur"), ("attente", "en attente"), ("levee", "levée")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Override]) -> QuerySet[Override]:
        match self.value():
            case "vigueur":
                return queryset.filter(undone_at=None, applied_at__isnull=False)
            case "attente":
                return queryset.filter(undone_at=None, applied_at=None)
            case "levee":
                return queryset.exclude(undone_at=None)
        return queryset


@admin.register(Override)
class OverrideAdmin(ReadOnly):
    form = OverrideForm
    list_display = ["created_at", "kind", "address", "of_whom", "told", "until", "reason", "author"]
    list_filter = [State, "kind"]
    list_select_related = ["author", "practitioner", "organization"]
    search_fields = ["address", "reason"]
    search_help_text = "Adresse ou motif"
    actions = ["lift"]

    def get_fields(self, request: HttpRequest, obj: Override | None = None) -> Any:
        return ["kind", "address", "owner", "reason", "until"] if obj is None else _READ

    def get_readonly_fields(self, request: HttpRequest, obj: Override | None = None) -> Any:
        return _READ if obj else []

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("directory.add_override")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The list offers an action; a row stays read-only."""
        return obj is None and request.user.has_perm("directory.change_override")

    @admin.display(description="à qui")
    def of_whom(self, row: Override) -> str:
        """Nobody in particular, or somebody that the directory has no more."""
        owned = row.practitioner if row.practitioner_id else row.organization if row.organization_id else None
        return str(owned or ("" if row.kind == _Kind.HIDE else "absent de l’annuaire"))

    @admin.display(description="état")
    def told(self, row: Override) -> str:
        return row.state

    def save_model(self, request: HttpRequest, obj: Override, form: "forms.ModelForm[Override]", change: bool) -> None:
        given = form.cleaned_data
        made = overrides.impose(
            kind=given["kind"], address=given["address"], owner=given["owner"], reason=given["reason"],
            until=given["until"], now=timezone.now(), request=request,
        )  # fmt: skip
        made.refresh_from_db()
        obj.pk, obj._state.adding = made.pk, False
        if not made.applied_at:
            told = "Elle sera appliquée à la fin du chargement en cours."
            self.message_user(request, told, messages.WARNING)

    @admin.action(description="Lever ces corrections", permissions=["change"])
    def lift(self, request: HttpRequest, chosen: QuerySet[Override]) -> None:
        done = sum(overrides.lift(one, now=timezone.now(), request=request) for one in chosen)
        self.message_user(request, f"Correction(s) levée(s) : {done}.", messages.SUCCESS)
