"""An account that its person ends (GDPR art. 17): asked, kept seven days in case, then emptied of whoever it was.

What stays is the id, which the journal names for its legal time, under words that are nobody's. Mailboxes are above: what keeps
a person, and what they leave there, is asked by settings.ACCOUNT_KEPT and auth_otp.ending. Administrators do not end here.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import ForeignObjectRel, Value
from django.db.models.functions import Concat, Replace, Substr
from django.http import HttpRequest
from django.utils.module_loading import import_string

from auth_otp import ending, entry, notices
from auth_otp.models import Enrolment, Notice, User
from mssweb.audit.record import record

COOLING = timedelta(days=7)
_LATER = timedelta(days=1)  # when something keeps them after all
_ADMINISTRATOR = "Vous administrez la messagerie\u00a0: un autre administrateur vous retire d’abord cet accès."
_OURS: set[object] = set(apps.get_app_config("auth_otp").get_models())
_BATCH = 20  # of a turn
_NOBODY = "Compte effacé"


def hindrances(user: User) -> list[str]:
    """Why not yet, in words."""
    kept = cast("Callable[[User], list[str]]", import_string(settings.ACCOUNT_KEPT))
    return [*([_ADMINISTRATOR] if user.is_staff else []), *kept(user)]


def ask(request: HttpRequest, *, user: User, now: datetime) -> None:
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(leaving_at=now + COOLING)
        record("user.leave_ask", request=request, subject=("user", user.pk))
        notices.note(Notice.Kind.DELETION_ASKED, request=request, user=user, now=now)


def keep(request: HttpRequest, *, user: User) -> bool:
    """Taken back, until the day."""
    with transaction.atomic():
        is_kept = bool(User.objects.filter(pk=user.pk, leaving_at__isnull=False).update(leaving_at=None))
        if is_kept:
            record("user.leave_cancel", request=request, subject=("user", user.pk))
    return is_kept


def erase_due(now: datetime) -> int:
    """The sweep: whose days are over; returns how many are gone."""
    due = User.objects.filter(leaving_at__lte=now, is_active=True).order_by("leaving_at")
    return sum(_erase(pk, now) for pk in list(due.values_list("pk", flat=True)[:_BATCH]))


def _erase(pk: object, now: datetime) -> bool:
    with transaction.atomic():
        rows = User.objects.select_for_update(skip_locked=True, no_key=True).filter(leaving_at__lte=now)
        user = next(iter(rows.filter(pk=str(pk))), None)
        if user is None:
            return False
        if hindrances(user):  # since they asked
            User.objects.filter(pk=user.pk).update(leaving_at=now + _LATER)
            return False
        ending.leave(user, request=None, now=now, is_for_good=True)
        entry.end_all(user.pk, now=now)
        _forget(user)
        _empty(user, now)
        record("user.erase", actor_id=user.pk, subject=("user", user.pk))
    return True


def _forget(user: User) -> None:
    """Factors, sessions, notices, requests: all that this app holds of them."""
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model in _OURS and relation.field.name == "user":
            relation.related_model._base_manager.filter(user=user).delete()
    Enrolment.objects.filter(rpps=user.rpps, rpps__gt="").delete()  # asked in vain
    LogEntry.objects.filter(object_id=str(user.pk)).update(object_repr=_NOBODY, change_message="")
    _forget_beside(user)


def _forget_beside(user: User) -> None:
    """Rows about a person are told «NAME – what» in the log of the administration: of memberships, for instance."""
    said, now = f"{user} – ", f"{_NOBODY} – "
    repr_ = Concat(Value(now), Substr("object_repr", len(said) + 1))
    LogEntry.objects.filter(object_repr__startswith=said).update(object_repr=repr_)
    before, after = (json.dumps(one)[:-1] for one in (said, now))  # as a value of its JSON begins
    told = LogEntry.objects.filter(change_message__contains=before)
    told.update(change_message=Replace("change_message", Value(before), Value(after)))


def _empty(user: User, now: datetime) -> None:
    user.user_permissions.clear()
    User.objects.filter(pk=user.pk).update(
        login=f"efface-{user.pk.hex}", rpps="", title="", first_name="Compte", last_name="effacé", profession="", phone="",
        password=make_password(None), is_active=False, is_superuser=False, last_login=None, leaving_at=None, erased_at=now,
    )  # fmt: skip
