"""Sessions in the database, each row knowing its person (Django's own engine over our model)."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

if TYPE_CHECKING:
    from auth_otp.models import Session


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type["Session"]:
        from auth_otp.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> "Session":
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]
        session.user_id = data.get(SESSION_KEY) or None
        return session
