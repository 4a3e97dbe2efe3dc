"""The sender of the outbound tests."""

from tests.mailbox.outbound.conftest import send  # noqa: F401  (a fixture)
