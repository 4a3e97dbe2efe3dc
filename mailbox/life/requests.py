"""A mailbox is asked for, agreed to by the *titulaire*, checked against the directory, and opened or refused by an administrator.

Opening makes the keys, the membership of whoever will answer for it, the welcome and the publication, in one transaction.
Refuses, whoever asks: a personal mailbox without a RPPS number, and an address that any mailbox ever had.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from auth_otp.models import User
from mailbox.life import checks, desk, identity, naming
from mailbox.life.desk import By
from mailbox.models import (
    Domain,
    Life,
    LifeStep,
    Mailbox,
    MailboxRequest,
    Membership,
    Tenant,
    UsedAddress,
    open_mailbox,
)
from mailbox.publication import desk as publication
from mailbox.staff.admitting import admit
from mssweb.audit.record import OK, REFUSED, record

_NEAR = 10  # addresses that are told as near
_GONE = "Cette demande n’attend plus."
_TAKEN = "Cette adresse, ou une autre qui n’en diffère que par des points ou des tirets, est prise ou l’a été."


class Refused(Exception):
    """It cannot be so; the text is French, for whoever asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked for. `person` of a personal mailbox only; `label` is a service, or the name of a software."""

    tenant: Tenant
    domain: Domain
    kind: str
    person: User | None = None
    label: str = ""

    @property
    def bases(self) -> list[str]:
        """Local parts, the best first."""
        name, town = self.tenant.name, self.tenant.town
        if self.kind == Mailbox.Kind.PER:
            return [naming.person(self.person.first_name, self.person.last_name)] if self.person else []
        if self.kind == Mailbox.Kind.APP:
            own = naming.application(self.label)
            return [own, naming.application(f"{name} {self.label}")]
        places = [naming.place(name, town), naming.place(name)]
        return [naming.place(name, town, self.label), naming.place(self.label, name), *places] if self.label else places

    @property
    def display_name(self) -> str:
        """What correspondents read beside the address (ECO.2.2.7 for PER)."""
        if self.kind == Mailbox.Kind.PER and self.person:
            who = self.person
            return naming.called(who.title, who.first_name, who.last_name.upper(), self.tenant.name)
        return naming.entity(self.tenant.name, self.label)


def offers(wish: Wish) -> list[str]:
    """Free addresses for this wish, likeliest first."""
    return naming.offers(wish.bases, wish.domain.name, _taken(wish))


def near(address: str) -> list[str]:
    """Addresses, alive or gone, that a hasty eye takes for this one."""
    begins = UsedAddress.objects.filter(skeleton__startswith=naming.stem(address)).order_by("skeleton")
    rows = begins.filter(skeleton__endswith=f"@{address.rpartition('@')[2]}").values_list("address", flat=True)[:200]
    return [one for one in rows if naming.are_near(one, address)][:_NEAR]


def _taken(wish: Wish) -> set[str]:
    """Skeletons, of this domain, that begin like what is wished: used ones, and those that another request holds."""
    at = f"@{wish.domain.name}"
    found: set[str] = set()
    for base in wish.bases:
        begin = naming.stem(f"{base}{at}")
        used = UsedAddress.objects.filter(skeleton__startswith=begin, skeleton__endswith=at)
        waiting = MailboxRequest.objects.filter(state="waiting", skeleton__startswith=begin, skeleton__endswith=at)
        found.update(used.values_list("skeleton", flat=True)[:1000], waiting.values_list("skeleton", flat=True)[:1000])
    return found


def ask(wish: Wish, address: str, by: By) -> MailboxRequest:
    """A request that waits; agreed to at once when the *titulaire* asks. Refused when the address is not one offered now."""
    if by.actor is None:
        raise ValueError("somebody asks")
    if wish.kind == Mailbox.Kind.PER and (wish.person is None or not wish.person.rpps):
        raise Refused("Une boîte personnelle est celle d’un professionnel qui a un numéro RPPS.")
    if address not in offers(wish):
        raise Refused(_TAKEN)
    is_holder = wish.tenant.holder_id == by.actor.pk
    row = MailboxRequest(
        tenant=wish.tenant, domain=wish.domain, kind=wish.kind, address=address, skeleton=naming.skeleton(address),
        display_name=wish.display_name, person=wish.person, reason=by.reason[: desk.MAX_REASON], asked_by=by.actor,
        asked_at=by.now,        agreed_by=by.actor if is_holder else None, agreed_at=by.now if is_holder else None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _tell("request.create", row, by, kind=row.kind)
    except IntegrityError:  # somebody asked for it in the same moment
        raise Refused(_TAKEN) from None
    return row


def agree(request_id: UUID, by: By) -> None:
    """The *titulaire* wants it."""
    with transaction.atomic():
        row = _waiting(request_id)
        if row.tenant.holder_id != (by.actor.pk if by.actor else None):
            raise Refused("Seul le titulaire de la structure donne son accord.")
        row.agreed_by, row.agreed_at = by.actor, by.now
        row.save(update_fields=["agreed_by", "agreed_at"])
        _tell("request.agree", row, by)


def refuse(request_id: UUID, by: By) -> None:
    """By the *titulaire* or an administrator; the address is free again."""
    _end(request_id, MailboxRequest.State.REFUSED, "request.refuse", by)


def withdraw(request_id: UUID, by: By) -> None:
    """By whoever asked."""
    _end(request_id, MailboxRequest.State.WITHDRAWN, "request.withdraw", by)


def accept(request_id: UUID, by: By, *, despite: bool = False) -> Mailbox:
    """Open it. What the directory does not confirm, or the *titulaire* did not agree to, wants `despite` and a reason."""
    with transaction.atomic():
        row = _waiting(request_id)
        if row.kind == Mailbox.Kind.PER and (row.person is None or not row.person.rpps or not row.person.is_active):
            raise Refused("Le titulaire d’une boîte personnelle a un compte actif et un numéro RPPS.")
        doubts = _doubts(row)
        if doubts and not (despite and by.reason.strip()):
            record(
                "request.accept", request=by.request, subject=("request", row.pk), result=REFUSED, doubts=len(doubts)
            )
            raise Refused("Tout ne concorde pas : pour ouvrir quand même, cochez la case et écrivez un motif.")
        mailbox = _opened(row, by)
        _decide(row, MailboxRequest.State.ACCEPTED, by, mailbox)
        _tell("request.accept", row, by, doubts=len(doubts), despite=bool(doubts))
    return mailbox


def _doubts(row: MailboxRequest) -> Collection[str]:
    found = [finding.label for finding in identity.findings(row) if not finding.agrees]
    return found if row.agreed_at else [*found, "Accord du titulaire"]


def is_sure(row: MailboxRequest) -> bool:
    return row.agreed_at is not None and checks.all_agree(identity.findings(row))


def _opened(row: MailboxRequest, by: By) -> Mailbox:
    """With its keys, its first member and its life."""
    try:
        with transaction.atomic():
            mailbox = open_mailbox(
                tenant=row.tenant, domain=row.domain, address=row.address, kind=row.kind, display_name=row.display_name,
                state=Mailbox.State.ACTIVE,
            )  # fmt: skip
    except IntegrityError:
        raise Refused(_TAKEN) from None
    first = row.person or row.asked_by
    Life.objects.create(mailbox=mailbox, holder=row.person, due_at=by.now)
    admit(row.tenant, first, by=by.actor, now=by.now, is_operator=True)
    Membership.objects.create(mailbox=mailbox, user=first, role=Membership.Role.MANAGER)
    desk.note(mailbox, LifeStep.Act.OPEN, by)
    desk.welcome(mailbox, by.now)
    publication.ask(mailbox.pk, by.now)
    desk.end_streams(mailbox)
    return mailbox


def _end(request_id: UUID, state: MailboxRequest.State, action: str, by: By) -> None:
    with transaction.atomic():
        row = _waiting(request_id)
        _decide(row, state, by)
        _tell(action, row, by)


def _waiting(request_id: UUID) -> MailboxRequest:
    """Locked; Refused when it was decided meanwhile."""
    rows = MailboxRequest.objects.select_for_update(of=("self",)).select_related(
        "tenant", "domain", "person", "asked_by"
    )
    row = rows.get(pk=request_id)
    if not row.is_waiting:
        raise Refused(_GONE)
    return row


def _decide(row: MailboxRequest, state: MailboxRequest.State, by: By, mailbox: Mailbox | None = None) -> None:
    row.state, row.decided_by, row.decided_at = state, by.actor, by.now
    row.answer, row.mailbox = by.reason[: desk.MAX_REASON], mailbox
    row.save(update_fields=["state", "decided_by", "decided_at", "answer", "mailbox"])


def _tell(action: str, row: MailboxRequest, by: By, **facts: str | int | bool) -> None:
    actor_id, mailbox_id = by.actor.pk if by.actor else None, row.mailbox_id
    record(
        action,
        request=by.request,
        actor_id=actor_id,
        mailbox_id=mailbox_id,
        subject=("request", row.pk),
        result=OK,
        **facts,
    )
