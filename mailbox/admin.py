"""What administrators run: structures, domains, mailboxes, members, white list, sendings. Never a subject or a body.

Address and kind of a mailbox never change; a mailbox is opened with its keys (`open_mailbox`) and never deleted.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from mailbox import (  # noqa: F401  (each registers its page)
    admin_listing,
    admin_peers,
    admin_traces,
    admin_watching,
    handing,
)
from mailbox.admin_journal import Verified
from mailbox.admin_life import Living
from mailbox.admin_members import MembershipForm, MembershipInline, keep_holder
from mailbox.admin_recorded import ReadOnly, Recorded
from mailbox.life import naming
from mailbox.mime.address import a_label, domain_of, normalise
from mailbox.mime.compose import Uncomposable, addr_spec
from mailbox.models import (
    Arrival,
    Domain,
    Mailbox,
    Membership,
    Recipient,
    RevocationList,
    Staff,
    Submission,
    Tenant,
    UsedAddress,
    open_mailbox,
)
from mailbox.outbound import submit
from mailbox.publication import desk
from mailbox.staff import admitting, rules
from mssweb.audit.models import AuditEvent
from mssweb.audit.words import ACTIONS, RESULTS

_MAILBOXES_FILTERED = 100


def _size(octets: int) -> str:
    """As quotas are set: « 10 Go » is 10 × 1024³ octets."""
    power = next((n for n in (3, 2, 1) if octets >= 1024**n), 0)
    digits = f"{octets / 1024**power:.1f}".removesuffix(".0").replace(".", ",")
    return f"{digits} {('octets', 'ko', 'Mo', 'Go')[power]}"


@admin.register(Tenant)
class TenantAdmin(Recorded):
    list_display = ["name", "finess", "town", "holder"]
    search_fields = ["name", "finess"]
    autocomplete_fields = ["holder"]
    fields = ["name", "finess", "holder", "town", "time_zone", "keep_months", "rules"]
    readonly_fields = ["rules"]

    @admin.display(description="règles de connexion")
    def rules(self, tenant: Tenant) -> str:
        """Decided by the *titulaire*, on «Ma structure»."""
        told, today = rules.told_of(tenant), rules.today_of(tenant)
        said = " ; ".join(told.at(today).says) or "celles de l’opérateur"
        if told.coming is None or told.on is None or told.is_due(today):
            return said
        return f"{said} – à partir du {told.on:%d/%m/%Y} : {' ; '.join(told.coming.says) or 'celles de l’opérateur'}"

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "holder" in form.changed_data:
            admitting.install(obj, by=request.user, now=timezone.now())  # type: ignore[arg-type]  # signed in

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class DomainForm(ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """The name of a domain is kept as it is compared, and stays once addresses end with it."""

    def __init__(self, *given: Any, **how: Any) -> None:
        super().__init__(*given, **how)
        if not self.instance._state.adding and "name" in self.fields:
            self.fields["name"].disabled = self.instance.mailboxes.exists()

    def clean_name(self) -> str:
        return a_label(str(self.cleaned_data["name"]))


@admin.register(Domain)
class DomainAdmin(Recorded):
    form = DomainForm
    list_display = ["name", "state", "largest"]
    search_fields = ["name"]

    @admin.display(description="taille maximale d’un message")
    def largest(self, domain: Domain) -> str:
        return _size(domain.max_message_bytes)

    def has_delete_permission(self, request: HttpRequest, obj: Domain | None = None) -> bool:
        """One that has mailboxes is closed by its state; the list deletes none."""
        return obj is not None and not obj.mailboxes.exists() and super().has_delete_permission(request, obj)


class MailboxForm(ModelForm):  # type: ignore[type-arg]  # as above
    """An address never changes: one that no letter could reach is refused while it is new, and so is a name that misleads."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "address" in given and given.get("domain"):
            given["address"] = normalise(given["address"])
            if not _is_of(given["address"], given["domain"].name):
                self.add_error("address", f"Écrivez une adresse de ce domaine : nom@{given['domain'].name}.")
            elif said := _refused(given["address"]):
                self.add_error("address", said)
        is_person = given.get("kind", self.instance.kind) == Mailbox.Kind.PER
        is_new = (
            "display_name" in given and "display_name" in self.changed_data
        )  # what is there already holds nothing up
        if is_new and (said := naming.called_fault(given["display_name"], is_person=is_person)):
            self.add_error("display_name", said)  # ECO.2.2.7
        return given


def _refused(address: str) -> str:
    """Why no mailbox is given this address, '' when one may be."""
    if UsedAddress.objects.filter(skeleton=naming.skeleton(address)).exists():
        return "Cette adresse, ou une autre qui n’en diffère que par des points ou des tirets, est prise ou l’a été."
    return naming.fault(address.rpartition("@")[0])


def _is_of(address: str, domain: str) -> bool:
    try:
        return domain_of(addr_spec(address)) == domain
    except Uncomposable:
        return False


@admin.register(Mailbox)
class MailboxAdmin(Living):
    form = MailboxForm
    list_display = ["address", "kind", "tenant", "state", "used", "created_at"]
    list_filter = ["kind", "state", "is_technical"]
    search_fields = ["address", "display_name"]
    fields = ["tenant", "domain", "address", "kind", "display_name", "state", "red_list", "quota_bytes"]
    inlines = [MembershipInline]

    def get_form(self, request: HttpRequest, obj: Mailbox | None = None, change: bool = False, **how: Any) -> Any:
        told = f"En octets : {_size(obj.quota_bytes) if obj else 'dix Go'}, 10737418240 pour 10 Go."
        return super().get_form(request, obj, change, help_texts={"quota_bytes": told}, **how)

    @admin.display(description="occupation")
    def used(self, mailbox: Mailbox) -> str:
        return f"{_size(mailbox.used_bytes)} sur {_size(mailbox.quota_bytes)}"

    def get_readonly_fields(self, request: HttpRequest, obj: Mailbox | None = None) -> list[str]:
        return ["tenant", "domain", "address", "kind", "state"] if obj else []  # a state changes by an act: admin_life

    def save_model(self, request: HttpRequest, obj: Mailbox, form: "ModelForm[Mailbox]", change: bool) -> None:
        if change:
            for member_id in obj.memberships.values_list("pk", flat=True):
                handing.hold(obj.pk, member_id)  # before the mailbox, as who sends a letter
            super().save_model(request, obj, form, change)
            return
        names = ("tenant", "domain", "kind", "display_name", "state", "red_list", "quota_bytes")
        values = {name: form.cleaned_data[name] for name in names}
        made = open_mailbox(address=form.cleaned_data["address"], **values)
        obj.pk, obj._state.adding = made.pk, False
        self.tell(request, made, "create")

    def save_related(self, request: HttpRequest, form: "ModelForm[Mailbox]", formsets: Any, change: bool) -> None:
        """What is published of it follows at once: a red list does not wait for the next look."""
        super().save_related(request, form, formsets, change)
        keep_holder(form.instance)
        desk.ask(form.instance.pk, timezone.now())

    def has_change_permission(self, request: HttpRequest, obj: Mailbox | None = None) -> bool:
        """That of our probes is only shown: a member or another state would be an incident."""
        return not (obj and obj.is_technical) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Staff)
class StaffAdmin(ReadOnly):
    """Decided by the *titulaire*, on «Ma structure»; by the operator where a member is added or a *titulaire* named."""

    list_display = ["user", "tenant", "function", "state", "is_delegate", "decided_by", "decided_at"]
    list_filter = ["state", "function", "is_delegate"]
    search_fields = ["tenant__name", "tenant__finess", "user__login", "user__last_name"]
    fields = ["user", "tenant", "function", "state", "is_delegate", "decided_by", "decided_at"]


@admin.register(Membership)
class MembershipAdmin(Recorded):
    form = MembershipForm
    list_display = ["mailbox", "user", "role", "may_send", "created_at"]
    list_filter = ["role", "may_send"]
    search_fields = ["mailbox__address", "user__login", "user__last_name"]
    fields = ["mailbox", "user", "role", "may_send"]
    autocomplete_fields = ["mailbox", "user"]

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """What goes with a membership is its person's marks of reading: told once, not row by row."""
        _, _, needed, protected = super().get_deleted_objects(objs, request)
        told = [f"{membership}, avec ce que cette personne a lu" for membership in objs]
        return told, {"membres": len(told)}, needed, protected


_ANSWERS = {"taken": "nouvelle liste en vigueur", "same": "rien de nouveau"}  # else the code of what was wrong


@admin.register(RevocationList)
class RevocationListAdmin(ReadOnly):
    list_display = ["url", "number", "this_update", "next_update", "fetched_at", "failures", "said", "next_try_at"]
    fields = [
        "url", "issuer", "number", "this_update", "next_update", "revoked_count", "fetched_at", "failures", "said",
        "next_try_at", "sha256",
    ]  # fmt: skip

    @admin.display(description="dernière réponse")
    def said(self, row: RevocationList) -> str:
        return _ANSWERS.get(row.outcome, row.outcome) or "–"


@admin.register(Arrival)
class ArrivalAdmin(ReadOnly):
    list_display = ["arrived_at", "mailbox", "mail_from", "size", "attempts", "due_at"]
    fields = [
        "arrived_at",
        "mailbox",
        "mail_from",
        "size",
        "attempts",
        "due_at",
        "peer_address",
        "peer_dn",
        "peer_serial",
        "tls",
    ]


class RecipientInline(admin.TabularInline):  # type: ignore[type-arg]  # as above
    model = Recipient
    fields = ["address", "state", "attempts", "not_before", "reply_code", "reply_enhanced", "reply_text", "settled_at"]
    readonly_fields = [
        "address",
        "state",
        "attempts",
        "not_before",
        "reply_code",
        "reply_enhanced",
        "reply_text",
        "settled_at",
    ]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Submission)
class SubmissionAdmin(ReadOnly):
    list_display = ["submitted_at", "mail_from", "author", "size"]
    fields = ["mailbox", "submitted_at", "mail_from", "author", "size"]
    inlines = [RecipientInline]
    date_hierarchy = "submitted_at"


class Way(admin.SimpleListFilter):
    title, parameter_name = "acheminement", "vers"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("ici", "vers nos boîtes"), ("ailleurs", "vers d’autres opérateurs")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> QuerySet[Recipient]:
        return queryset.filter(is_local=self.value() == "ici") if self.value() else queryset


@admin.register(Recipient)
class RecipientAdmin(ReadOnly):
    list_display = ["address", "domain", "state", "attempts", "not_before", "reply_code", "settled_at"]
    list_filter = ["state", Way]
    search_fields = ["address", "domain"]
    fields = ["submission", "address", "domain", "is_local", "state", "attempts", "not_before", "reply_code",
              "reply_enhanced", "reply_text", "settled_at", "read_at"]  # fmt: skip
    actions = ["try_again", "cancel"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The list offers actions; a row stays read-only."""
        return obj is None and request.user.has_perm("mailbox.change_recipient")

    @admin.action(description="Réessayer maintenant", permissions=["change"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[Recipient]) -> None:
        done = sum(submit.try_again(recipient, request=request) for recipient in chosen.select_related("mailbox"))
        self.message_user(request, f"{done} envoi(s) remis en file.", messages.SUCCESS)

    @admin.action(description="Annuler l’envoi", permissions=["change"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Recipient]) -> None:
        done = sum(submit.cancel_recipient(recipient, request=request) for recipient in chosen)
        self.message_user(request, f"{done} envoi(s) annulé(s).", messages.SUCCESS)


class _Coded(admin.SimpleListFilter):
    """A filter on a column of codes, by their French words."""

    words: Mapping[str, str]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return sorted(self.words.items(), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class What(_Coded):
    title, parameter_name, words = "action", "action", ACTIONS


class Outcome(_Coded):
    title, parameter_name, words = "résultat", "result", RESULTS


class InMailbox(_Coded):
    """The first mailboxes by address; any other one is found by searching for its address."""

    title, parameter_name = "boîte aux lettres", "mailbox_id"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        rows = Mailbox.objects.order_by("address").values_list("pk", "address")[:_MAILBOXES_FILTERED]
        return [(str(pk), address) for pk, address in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        try:
            return queryset.filter(mailbox_id=UUID(self.value())) if self.value() else queryset
        except ValueError:
            return queryset.none()


@admin.register(AuditEvent)
class AuditEventAdmin(Verified):
    list_display = ["at", "actor", "what", "box", "subject_kind", "subject_id", "client", "outcome"]
    list_filter = [What, Outcome, "process", InMailbox]
    list_select_related = ["actor"]
    search_fields = ["mailbox_id", "subject_id", "actor__login"]
    search_help_text = "Identifiant d’une personne, d’un objet, ou adresse d’une boîte"
    date_hierarchy = "at"
    fields = [
        "at",
        "actor",
        "what",
        "outcome",
        "box",
        "subject_kind",
        "subject_id",
        "client",
        "process",
        "facts",
        "link",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        address = Mailbox.objects.filter(pk=OuterRef("mailbox_id")).values("address")
        events: QuerySet[AuditEvent] = super().get_queryset(request).annotate(address=Subquery(address[:1]))
        return events

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent], search_term: str
    ) -> tuple[QuerySet[AuditEvent], bool]:
        """An address is a mailbox's first, then a person's login."""
        boxes = Mailbox.objects.filter(address=search_term.strip().lower()).values_list("pk", flat=True)
        if found := list(boxes):
            return queryset.filter(mailbox_id__in=found), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="quoi", ordering="action")
    def what(self, event: AuditEvent) -> str:
        return event.what

    @admin.display(description="résultat", ordering="result")
    def outcome(self, event: AuditEvent) -> str:
        return event.outcome

    @admin.display(description="boîte aux lettres")
    def box(self, event: AuditEvent) -> str:
        """A mailbox that is gone keeps its id."""
        address: str | None = getattr(event, "address", None)
        return address or str(event.mailbox_id or "")
