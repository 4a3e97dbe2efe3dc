"""The verbs of a mailbox's life: each changes its state by states.ACTS, tells its members, the audit and the publication.

One transaction each, under the lock of the mailbox: of two at once the second meets the state that the first one left, and
is `Impossible`. Refuses to decide who may: views and the administration do, by access.py and permissions.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from auth_otp.models import User
from mailbox.life import states
from mailbox.life.states import Act, Impossible, after
from mailbox.models import Life, LifeStep, Mailbox, Recipient
from mailbox.outbound import house
from mailbox.publication import desk as publication
from mssweb import notify
from mssweb.audit.record import record

MAX_REASON = 300  # characters
_NO_NEW_MAIL = "Elle ne reçoit plus de messages et n’en envoie plus ; ceux qui lui écrivent en sont avertis."


@dataclass(frozen=True, kw_only=True, slots=True)
class By:
    """Who acts, and why; nobody (`actor` None) is time itself, or whoever holds a link."""

    now: datetime
    actor: User | None = None
    request: HttpRequest | None = None
    reason: str = ""


def life_of(mailbox_id: UUID) -> Life:
    """Its row, made if this mailbox has none yet."""
    return Life.objects.get_or_create(mailbox_id=mailbox_id)[0]


def held(mailbox_id: UUID) -> tuple[Mailbox, Life]:
    """A mailbox and its life, locked until the end of the caller's transaction."""
    rows = Mailbox.objects.select_for_update(of=("self",), no_key=True).select_related("tenant", "domain")
    mailbox = rows.get(pk=mailbox_id)
    return mailbox, life_of(mailbox_id)


def open_it(mailbox_id: UUID, by: By) -> Mailbox:
    """A mailbox that waited is active; its members are welcomed."""
    with transaction.atomic():
        mailbox, _ = _act(mailbox_id, Act.OPEN, by)
        welcome(mailbox, by.now)
    return mailbox


def welcome(mailbox: Mailbox, now: datetime) -> None:
    house.write(
        mailbox,
        "Votre boîte aux lettres est ouverte",
        f"La boîte {mailbox.address} est ouverte. Son adresse ne change jamais et ne sera donnée à personne d’autre.",
        "Ce qui y est lu, envoyé ou déplacé est tracé au nom de chacun. Elle sert à échanger : classez dans le dossier du"
        " patient ce qui doit y rester.",
        f"Sans aucune connexion pendant {settings.INACTIVITY_DAYS} jours, elle est clôturée, après trois avertissements"
        " auxquels vous pouvez vous opposer.",
        now=now,
    )


def suspend(mailbox_id: UUID, by: By, *, until: datetime | None = None) -> Mailbox:
    with transaction.atomic():
        mailbox, life = _act(mailbox_id, Act.SUSPEND, by)
        _set(life, suspended_until=until, due_at=by.now)
        end = f"jusqu’au {house.day(until)}" if until else "jusqu’à nouvel ordre"
        house.write(
            mailbox,
            "Boîte aux lettres suspendue",
            f"La boîte {mailbox.address} est suspendue {end}. {_NO_NEW_MAIL}",
            "Vous pouvez lire ce qu’elle contient, et un responsable peut l’exporter.",
            _because(by),
            now=by.now,
        )
    return mailbox


def resume(mailbox_id: UUID, by: By) -> Mailbox:
    """End a suspension; of what was sent to it meanwhile nothing arrived."""
    with transaction.atomic():
        mailbox, life = _act(mailbox_id, Act.RESUME, by)
        _set(life, suspended_until=None, due_at=by.now)
        house.write(
            mailbox,
            "Boîte aux lettres de nouveau en service",
            f"La boîte {mailbox.address} reçoit et envoie de nouveau des messages. Ceux qui lui ont été envoyés pendant la"
            " suspension ont été refusés à leurs auteurs.",
            now=by.now,
        )
    return mailbox


def ask_closure(mailbox_id: UUID, by: By, *, on: datetime) -> Mailbox:
    """Closed at `on`, which is told now; at once when it is past. Impossible for what is closed already."""
    with transaction.atomic():
        mailbox, life = held(mailbox_id)
        after(mailbox.state, Act.CLOSE)
        if on <= by.now:
            return close(mailbox_id, by)
        _set(life, closing_at=on, reason=by.reason[:MAX_REASON], due_at=by.now)
        _note(mailbox, LifeStep.Act.ASK, "mailbox.close_ask", by)
        house.write(
            mailbox,
            f"Clôture de la boîte le {house.day(on)}",
            f"La clôture de la boîte {mailbox.address} est demandée pour le {house.day(on)}. {_grace()}",
            _because(by),
            now=by.now,
        )
    return mailbox


def keep(mailbox_id: UUID, by: By) -> Mailbox:
    """Take back a closure that was asked for and has not come; Impossible when there is none."""
    with transaction.atomic():
        mailbox, life = held(mailbox_id)
        if life.closing_at is None or mailbox.state not in states.ALIVE:
            raise Impossible("no closure is asked for")
        _set(life, closing_at=None, due_at=by.now)
        _note(mailbox, LifeStep.Act.KEEP, "mailbox.close_cancel", by)
        house.write(
            mailbox,
            "Clôture annulée",
            f"La boîte {mailbox.address} ne sera pas clôturée : la demande est annulée.",
            now=by.now,
        )
    return mailbox


def close(mailbox_id: UUID, by: By) -> Mailbox:
    """Nothing comes in or leaves any more; for CLOSURE_GRACE_DAYS its members read and export, then all is destroyed."""
    with transaction.atomic():
        mailbox, life = _act(mailbox_id, Act.CLOSE, by)
        destroy_at = by.now + timedelta(days=settings.CLOSURE_GRACE_DAYS)
        _set(life, closing_at=None, suspended_until=None, ends_at=None, warned=None, closed_at=by.now,
             destroy_at=destroy_at, due_at=destroy_at)  # fmt: skip
        house.write(
            mailbox,
            "Boîte aux lettres clôturée",
            f"La boîte {mailbox.address} est clôturée. {_NO_NEW_MAIL}",
            f"Ce qu’elle contient se lit et s’exporte jusqu’au {house.day(destroy_at)} ; ensuite, tout est détruit, sans"
            " retour possible. L’adresse ne sera donnée à personne d’autre.",
            _because(by),
            now=by.now,
        )
    return mailbox


def reopen(mailbox_id: UUID, by: By) -> Mailbox:
    """In the grace period only: nothing was destroyed yet. A new year of inactivity begins."""
    with transaction.atomic():
        mailbox, life = _act(mailbox_id, Act.REOPEN, by)
        _set(life, closed_at=None, destroy_at=None, kept_at=by.now, due_at=by.now)
        house.write(
            mailbox,
            "Boîte aux lettres rouverte",
            f"La boîte {mailbox.address} reçoit et envoie de nouveau des messages ; rien de son contenu n’a été détruit.",
            _because(by),
            now=by.now,
        )
    return mailbox


def _act(mailbox_id: UUID, act: Act, by: By) -> tuple[Mailbox, Life]:
    """Change the state; the step, the audit, the publication and open browsers follow in the same transaction."""
    mailbox, life = held(mailbox_id)
    mailbox.state = after(mailbox.state, act)
    mailbox.save(update_fields=["state"])
    if act is not Act.CLOSE or by.reason:  # a closure keeps the reason for which it was asked
        _set(life, reason=by.reason[:MAX_REASON])
    _note(mailbox, LifeStep.Act(act.value), f"mailbox.{act.value}", by)
    if act in {Act.SUSPEND, Act.CLOSE}:  # nothing leaves any more: letters that wait for their day stay, as not sent
        waiting = Recipient.objects.filter(mailbox=mailbox, state=Recipient.State.HELD, not_before__gt=by.now)
        waiting.update(state=Recipient.State.CANCELLED, settled_at=by.now)
    publication.ask(mailbox.pk, by.now)
    end_streams(mailbox)
    return mailbox, life


def note_destroyed(mailbox: Mailbox, life: Life, by: By) -> None:
    """The last step: see destroy.py."""
    mailbox.state = after(mailbox.state, Act.DESTROY)
    mailbox.save(update_fields=["state"])
    _set(life, due_at=by.now)
    _note(mailbox, LifeStep.Act.DESTROY, "mailbox.destroy", by)
    publication.ask(mailbox.pk, by.now)
    end_streams(mailbox)


def end_streams(mailbox: Mailbox) -> None:
    """Open browsers come back with the rights of now."""
    for user_id in mailbox.memberships.values_list("user_id", flat=True):
        notify.kill(user_id)


def note(mailbox: Mailbox, act: LifeStep.Act, by: By, **facts: int) -> None:
    """A step that changes no state."""
    _note(mailbox, act, f"mailbox.{act.value}", by, **facts)


def _note(mailbox: Mailbox, act: LifeStep.Act, action: str, by: By, **facts: int) -> None:
    actor_id = by.actor.pk if by.actor else None
    LifeStep.objects.create(mailbox=mailbox, at=by.now, act=act, actor=by.actor, reason=by.reason[:MAX_REASON])
    told: dict[str, Any] = {"state": mailbox.state, **facts}
    subject = ("mailbox", mailbox.pk)
    record(action, request=by.request, actor_id=actor_id, mailbox_id=mailbox.pk, subject=subject, **told)


def _set(life: Life, **fields: object) -> None:
    for name, value in fields.items():
        setattr(life, name, value)
    life.save(update_fields=list(fields))


def _because(by: By) -> str:
    return f"Motif : {by.reason}" if by.reason else ""


def _grace() -> str:
    return (
        f"À partir de ce jour elle ne recevra plus rien ; son contenu restera lisible et exportable"
        f" {settings.CLOSURE_GRACE_DAYS} jours, puis sera détruit."
    )
