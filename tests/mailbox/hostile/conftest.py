"""A signed-in page, as the walks of the webmail have it."""

from tests.mailbox.views.conftest import at, base  # noqa: F401
