"""The migrations of `auth_otp` as a later version would have them: today's, and one more table."""

from auth_otp import migrations

__path__ += migrations.__path__
