"""What the *titulaire* decides of somebody in their structure: authorised, suspended, withdrawn, named, asked, put out.

What is shared closes at once: what was open there goes to the team, invitations end, streams end, other structures stay as
they were. A suspension keeps memberships, and their roles come back with it. A shared mailbox that is left without anybody who
manages it gets the *titulaire*. Refuses whatever `fault` tells: nobody decides of themselves, nor a «gérant» of another.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from auth_otp import entry
from auth_otp.models import User
from mailbox import departure
from mailbox.models import Invitation, Mailbox, Membership, Staff, Tenant
from mailbox.staff import rules
from mssweb import notify
from mssweb.audit.record import record

_State = Staff.State


class Refused(Exception):
    """It may not be so; the text is French, for whoever asked."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, in which structure, when."""

    actor: User
    tenant: Tenant
    now: datetime
    request: HttpRequest

    @property
    def is_holder(self) -> bool:
        return self.tenant.holder_id == self.actor.pk


@dataclass(frozen=True, slots=True)
class Closed:
    """How many mailboxes closed, threads and drafts that went to the team; the mailboxes that the *titulaire* now manages."""

    mailboxes: int = 0
    threads: int = 0
    drafts: int = 0
    taken: tuple[str, ...] = ()


def fault(row: Staff, by: By) -> str:
    """Why `by` does not decide of this person; '' when they do."""
    if row.user_id == by.actor.pk:
        return "Personne ne décide de ses propres accès\u00a0: adressez-vous au titulaire, ou à l’opérateur."
    if row.user_id == by.tenant.holder_id:
        return "Le titulaire répond de la structure\u00a0: seul l’opérateur en nomme un autre."
    if row.is_delegate and not by.is_holder:
        return "Seul le titulaire décide d’un gérant."
    return ""


def authorise(row: Staff, by: By) -> None:
    with transaction.atomic():
        _decide(_held(row, by), _State.AUTHORISED, by, "staff.authorise")
        rules.judge([row.user_id], now=by.now)
        notify.kill(row.user_id)  # their streams come back with the mailboxes


def suspend(row: Staff, by: By) -> Closed:
    with transaction.atomic():
        held = _held(row, by)
        _decide(held, _State.SUSPENDED, by, "staff.suspend")
        return _close(held, by, for_good=False)


def withdraw(row: Staff, by: By) -> Closed:
    with transaction.atomic():
        held = _held(row, by)
        held.is_delegate = False
        _decide(held, _State.WITHDRAWN, by, "staff.withdraw")
        return _close(held, by, for_good=True)


def name(row: Staff, by: By, *, is_delegate: bool) -> None:
    """«Gérant», who does what the *titulaire* does; by the *titulaire* alone."""
    if not by.is_holder:
        raise Refused("Seul le titulaire nomme les gérants.")
    with transaction.atomic():
        held = _held(row, by)
        if is_delegate and not held.is_authorised:
            raise Refused("Autorisez d’abord cette personne.")
        held.is_delegate = is_delegate
        held.save(update_fields=["is_delegate"])
        _tell("staff.delegate" if is_delegate else "staff.undelegate", held, by)


def call(row: Staff, by: By, *, function: str) -> None:
    """What somebody does there; opens nothing, so that it is said of oneself too."""
    if function not in Staff.Function.values:
        raise Refused("Choisissez une fonction de la liste.")
    with transaction.atomic():
        Staff.objects.filter(pk=row.pk, tenant=by.tenant).update(function=function)
        _tell("staff.function", row, by, function=function)


def end_sessions(row: Staff, by: By) -> None:
    """Everywhere: a session is of no structure."""
    with transaction.atomic():
        held = _held(row, by)
        entry.end_all(held.user_id, now=by.now)
        _tell("staff.sessions", held, by)


def ask_stronger(row: Staff, by: By) -> None:
    """They are told as they sign in, and in their own mailbox."""
    with transaction.atomic():
        held = _held(row, by)
        held.asked_at, held.letter = by.now, Staff.Letter.STRONGER
        held.save(update_fields=["asked_at", "letter"])
        _tell("staff.ask", held, by)


def _held(row: Staff, by: By) -> Staff:
    """Locked, as it is now; one of another structure does not exist."""
    held = Staff.objects.select_for_update(of=("self",)).select_related("user").get(pk=row.pk, tenant=by.tenant)
    if words := fault(held, by):
        raise Refused(words)
    return held


def _decide(row: Staff, state: Staff.State, by: By, action: str) -> None:
    row.state, row.decided_by, row.decided_at = state, by.actor, by.now
    row.save(update_fields=["state", "is_delegate", "decided_by", "decided_at"])
    _tell(action, row, by)


def _close(row: Staff, by: By, *, for_good: bool) -> Closed:
    """Nominative mailboxes stay: they are their holder’s."""
    boxes = Mailbox.objects.filter(tenant=by.tenant, memberships__user=row.user_id).exclude(kind=Mailbox.Kind.PER)
    threads, drafts, taken = 0, 0, []
    mailboxes = list(boxes.order_by("pk"))
    for mailbox in mailboxes:
        member_id = mailbox.memberships.values_list("pk", flat=True).get(user=row.user_id)
        rows = departure.held(mailbox, member_id)
        is_last = departure.is_last_manager(rows[member_id], rows)
        left = departure.hand_on(rows[member_id], None, by=by.actor.pk, now=by.now)
        threads, drafts = threads + left.threads, drafts + left.drafts
        if for_good:
            rows[member_id].delete()
        if is_last and take_over(mailbox, request=by.request):
            taken.append(mailbox.display_name)
        notify.changed(mailbox.pk)
    _end_invitations(row.user, by.tenant)
    rules.judge([row.user_id], now=by.now)
    notify.kill(row.user_id)
    return Closed(len(mailboxes), threads, drafts, tuple(taken))


def take_over(mailbox: Mailbox, *, request: HttpRequest | None) -> bool:
    """Somebody manages it: whoever answers for the structure, while their account is open."""
    holder = mailbox.tenant.holder
    if holder is None or not holder.is_active or mailbox.kind != Mailbox.Kind.ORG:
        return False
    Membership.objects.update_or_create(mailbox=mailbox, user=holder, defaults={"role": Membership.Role.MANAGER})
    record("staff.take_over", request=request, mailbox_id=mailbox.pk, subject=("user", holder.pk))
    notify.kill(holder.pk)
    return True


def _end_invitations(user: User, tenant: Tenant) -> None:
    """Those that wait for them here: who comes back is asked again."""
    names = {user.login, user.rpps} - {""}
    waiting = Invitation.objects.filter(mailbox__tenant=tenant, name__in=names, state=Invitation.State.PENDING)
    waiting.update(state=Invitation.State.REVOKED)


def _tell(action: str, row: Staff, by: By, *, function: str = "") -> None:
    subject, where = ("user", row.user_id), str(by.tenant.pk)
    if function:
        record(action, request=by.request, subject=subject, tenant=where, function=function)
    else:
        record(action, request=by.request, subject=subject, tenant=where)
