"""Sessions in the database, each row read together with its person and their second factor (Django's engine, our model).

The database holds a digest of the key that the cookie carries: who reads a table, a backup or the admin opens nothing.
"""

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from mssweb.prepared import prepared

if TYPE_CHECKING:
    from auth_otp.models import Session


def row_key(session_key: str) -> str:
    """160 bits: the key is random already, so a plain digest suffices."""
    return sha256(session_key.encode()).hexdigest()[:40]


_DEVICES = ("user__sms_device", "user__totp_device", "passkey", "link")


@prepared
def _rows(*, key: str, now: datetime) -> "QuerySet[Session]":
    """One at most."""
    rows = SessionStore.get_model_class().objects.select_related(*_DEVICES, *settings.PERSON_READS)
    return rows.filter(session_key=key, expire_date__gt=now)


class SessionStore(DatabaseStore):
    """`row` is the session's row once it was loaded, None for a new one."""

    row: "Session | None" = None

    @classmethod
    def get_model_class(cls) -> type["Session"]:
        from auth_otp.models import Session

        return Session

    def _get_session_from_db(self) -> "Session | None":
        self.row = next(iter(_rows(key=row_key(self.session_key or ""), now=timezone.now())), None)
        if self.row is None:
            self._session_key = None
        return self.row

    async def _aget_session_from_db(self) -> "Session | None":
        return await sync_to_async(self._get_session_from_db)()

    def rename(self) -> None:
        """The same row under a new key, which the answer's cookie carries: the old one opens nothing from now on."""
        new = self._get_new_session_key()
        self.get_model_class().objects.filter(pk=row_key(self.session_key or "")).update(session_key=row_key(new))
        self._session_key = new
        self.modified = True
        if self.row:
            self.row.session_key = row_key(new)

    def cycle_key(self) -> None:
        """At a sign-in (Django's login): the anonymous row goes on under a new key, in one statement instead of six."""
        if self.row is not None and self.session_key:
            self.rename()
        else:
            super().cycle_key()

    def save(self, must_create: bool = False) -> None:
        """As Django's, in one statement: no savepoint, and what else the row says stays."""
        if self.session_key is None:
            return self.create()
        kept = self.create_model_instance(self._get_session(no_load=must_create))  # type: ignore[attr-defined]  # Django's own
        if must_create:
            return kept.save(force_insert=True)
        told = {"session_data": kept.session_data, "expire_date": kept.expire_date, "user": kept.user_id}
        if not self.get_model_class().objects.filter(pk=kept.pk).update(**told):
            raise UpdateError
        return None

    def _get_new_session_key(self) -> str:
        """Without Django's look whether it is taken: of 165 random bits none is, and its row is inserted, never updated."""
        return get_random_string(32, VALID_KEY_CHARS)

    @classmethod
    def of(cls, row: "Session") -> "SessionStore":
        """That row, under a new key: whoever had the one of before has it no more."""
        store = cls()
        new = store._get_new_session_key()
        cls.get_model_class().objects.filter(pk=row.pk).update(session_key=row_key(new))
        store = cls(new)
        store.modified = True
        return store

    def exists(self, session_key: str) -> bool:
        return super().exists(row_key(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(row_key(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> "Session":
        """Only what Django knows, and the person; Session.save leaves the lock's columns alone."""
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]  # our model, by get_model_class
        session.session_key = row_key(session.session_key)
        session.user_id = data.get(SESSION_KEY) or None
        return session

    async def acreate_model_instance(self, data: dict[str, Any]) -> "Session":
        return await sync_to_async(self.create_model_instance)(data)

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            self.get_model_class().objects.filter(pk=row_key(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)
