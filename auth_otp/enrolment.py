"""A pharmacist opens an account alone: by an RPPS, a code sent to an address that the annuaire gives, a mobile, a password.

What is asked is written down and answered the same, whatever the number: a worker looks it up later (`decide_due`). Where no
address is known, somebody who is known here recognises them. The account exists at the very end only. Refuses whoever the
annuaire does not name, and a number that has an account.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from auth_otp import allowances, begun, identity, missives
from auth_otp.models import Enrolment, Missive, User
from mssweb.audit.record import REFUSED, client_address, record

LIFE = timedelta(days=14)  # of one that waits for a decision; of one without a sequel too, which looks like it
_TOLD_A_DAY = 3  # letters to those who may decide, of one number, whoever asks
_KEPT = timedelta(days=90)
_BATCH = 50
_State = Enrolment.State
DECIDABLE = (_State.LETTER, _State.WAITING)


class Over(Exception):
    """It was decided, used, or has ended meanwhile; or the number has an account by now."""


def begin(request: HttpRequest, rpps: str, *, now: datetime) -> tuple[Enrolment, str]:
    """The row, and the reference that is told this once. allowances.UsedUp, by network only. Nothing is looked up here."""
    reference, kept = begun.new_reference()
    with transaction.atomic():
        begun.ration(request, "enrolment", now=now)
        row = Enrolment.objects.create(
            rpps=rpps, asked_at=now, until=now + LIFE, client=client_address(request), **kept
        )
        missives.draw(Missive.Kind.ENROL, row.pk, now=now)
        record("enrolment.ask", request=request, subject=("enrolment", row.pk))
    return row, reference


def decide_due(now: datetime, *, tell: Callable[[Enrolment], None]) -> int:
    """Look up what was asked: a letter, or somebody to decide, or nothing. `tell`: whoever may decide, in the transaction."""
    ids = Enrolment.objects.filter(state=_State.ASKED, until__gt=now).order_by("asked_at").values_list("pk", flat=True)
    return sum(_decide(pk, now, tell) for pk in list(ids[:_BATCH]))


def _decide(pk: UUID, now: datetime, tell: Callable[[Enrolment], None]) -> bool:
    with transaction.atomic():
        row = Enrolment.objects.select_for_update(skip_locked=True).filter(pk=pk, state=_State.ASKED).first()
        if row is None:
            return False
        row.state, row.places = _standing(row, now)
        row.until = now + LIFE
        row.save(update_fields=["state", "places", "until"])
        name = {_State.LETTER: "letter", _State.WAITING: "wait"}.get(_State(row.state), "void")
        record(f"enrolment.{name}", subject=("enrolment", row.pk), result=REFUSED if name == "void" else "ok")
        if row.state == _State.WAITING and _may_tell(row, now):
            tell(row)
    return True


def _may_tell(row: Enrolment, now: datetime) -> bool:
    """Whoever asks again and again in one name fills no titulaire's mailbox: their page shows every request."""
    try:
        with transaction.atomic():
            allowances.take(f"told of {row.rpps}", _TOLD_A_DAY, timedelta(days=1), now=now)
    except allowances.UsedUp:
        return False
    return True


def _standing(row: Enrolment, now: datetime) -> tuple[Enrolment.State, list[str]]:
    told = identity.professional(row.rpps)
    if told is None or told.profession_code not in settings.ENROL_PROFESSIONS or _has_account(row.rpps):
        return _State.VOID, []
    to = told.addresses[: begun.MOST_ADDRESSES]
    if to and begun.may_write(row.rpps, now) and missives.address(Missive.Kind.ENROL, row.pk, to=to, now=now):
        return _State.LETTER, list(told.places)
    return _State.WAITING, list(told.places)


def prove(request: HttpRequest, row: Enrolment, code: str, *, now: datetime) -> bool:
    """The code of the letter, with the browser or the reference that asked for it. No try left: told to nobody."""
    if not missives.may_try(Missive.Kind.ENROL, row.pk):
        return False
    is_right = missives.verify(Missive.Kind.ENROL, row.pk, given=code, now=now) is not None
    with transaction.atomic():
        rows = Enrolment.objects.filter(pk=row.pk, state=_State.LETTER, until__gt=now)
        is_proven = is_right and bool(rows.update(state=_State.PROVEN, decided_at=now))
        result = "ok" if is_proven else REFUSED
        action = "enrolment.prove" if is_proven else "enrolment.fail"
        record(action, request=request, subject=("enrolment", row.pk), result=result)
    return is_proven


def may_be_decided(now: datetime) -> QuerySet[Enrolment]:
    """Those that somebody may accept or refuse; with their letter on its way too, for who does not get it."""
    return Enrolment.objects.filter(state__in=DECIDABLE, until__gt=now).order_by("asked_at")


def accept(request: HttpRequest, row: Enrolment, by: User, head: str, *, now: datetime) -> None:
    """`by` has recognised the person, who told them the beginning of the reference. begun.WrongHead, UsedUp, Over."""
    begun.check_head(row, head, by, now=now)
    with transaction.atomic():
        rows = Enrolment.objects.filter(pk=row.pk, state__in=DECIDABLE, until__gt=now)
        if not rows.update(state=_State.PROVEN, decided_by=by, decided_at=now):
            raise Over
        missives.withdraw(row.pk, now=now)
        record("enrolment.accept", request=request, subject=("enrolment", row.pk))


def refuse(request: HttpRequest, row: Enrolment, by: User, *, now: datetime) -> None:
    """Over when it was decided meanwhile."""
    with transaction.atomic():
        rows = Enrolment.objects.filter(pk=row.pk, state__in=DECIDABLE)
        if not rows.update(state=_State.REFUSED, decided_by=by, decided_at=now, until=now):
            raise Over
        missives.withdraw(row.pk, now=now)
        record("enrolment.refuse", request=request, subject=("enrolment", row.pk))


def confirm_mobile(request: HttpRequest, row: Enrolment, code: str, *, now: datetime) -> bool:
    """The number that the code went to is theirs."""
    sent = missives.verify(Missive.Kind.MOBILE, row.pk, given=code, now=now)
    if sent is None:
        return False
    with transaction.atomic():
        box = begun.sealed_phone(row.pk, sent.to[0])
        rows = Enrolment.objects.filter(pk=row.pk, state=_State.PROVEN, until__gt=now)
        is_done = rows.update(state=_State.CONFIRMED, phone_box=box)
        record("enrolment.mobile", request=request, subject=("enrolment", row.pk))
    return bool(is_done)


def person(row: Enrolment) -> User:
    """As the annuaire tells them: nothing is saved. Over when it does so no more."""
    told = identity.professional(row.rpps)
    if told is None:
        raise Over
    return User(
        login=row.rpps, rpps=row.rpps, title=told.title[:16], first_name=told.first_name[:100],
        last_name=told.last_name[:100], profession=told.profession[:100], phone=begun.phone_of(row),
    )  # fmt: skip


def finish(request: HttpRequest, row: Enrolment, *, password: str, now: datetime) -> User:
    """The account, once. Over."""
    with transaction.atomic():
        held = Enrolment.objects.select_for_update(of=("self",)).filter(pk=row.pk, state=_State.CONFIRMED).first()
        if held is None or held.until <= now or _has_account(held.rpps):
            raise Over
        user = person(held)
        if not user.phone:  # it opens no more: nobody gets an account without a second factor
            raise Over
        user.password = make_password(password)
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError:
            raise Over from None
        Enrolment.objects.filter(pk=held.pk).update(state=_State.DONE, user=user, phone_box=None)
        Enrolment.objects.filter(rpps=held.rpps, state__in=DECIDABLE).update(
            state=_State.VOID
        )  # nobody decides of them
        begun.forget(request, "enrolment")
        means = "approval" if held.decided_by_id else "letter"
        record("user.enrol", request=request, actor_id=user.pk, subject=("user", user.pk), means=means)
    return user


def sweep(now: datetime) -> None:
    """What has ended keeps no number; three months later it is gone."""
    Enrolment.objects.filter(until__lte=now, phone_box__isnull=False).update(phone_box=None)
    Enrolment.objects.filter(until__lte=now - _KEPT).delete()


def _has_account(rpps: str) -> bool:
    return User.objects.filter(Q(rpps=rpps) | Q(login=rpps)).exists()
