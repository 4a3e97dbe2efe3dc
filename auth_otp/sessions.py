"""Sessions in the database, each row knowing its person and read together with it (Django's engine over our model)."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

if TYPE_CHECKING:
    from auth_otp.models import Session


class SessionStore(DatabaseStore):
    """`row` is the session's row once it was loaded, None for a new one."""

    row: "Session | None" = None

    @classmethod
    def get_model_class(cls) -> type["Session"]:
        from auth_otp.models import Session

        return Session

    def _get_session_from_db(self) -> "Session | None":
        rows = self.get_model_class().objects.select_related("user")
        self.row = rows.filter(session_key=self.session_key, expire_date__gt=timezone.now()).first()
        if self.row is None:
            self._session_key = None
        return self.row

    def create_model_instance(self, data: dict[str, Any]) -> "Session":
        """Only what Django knows, and the person; the rest of the row is the lock's and is kept on update."""
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]  # our model, by get_model_class
        session.user_id = data.get(SESSION_KEY) or None
        if self.row is not None and self.row.session_key == session.session_key:
            for name in ("created_at", "gesture_at", "locked_at", "device", "client"):
                setattr(session, name, getattr(self.row, name))
        else:
            session.created_at = session.gesture_at = timezone.now()
        return session
