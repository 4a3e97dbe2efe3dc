"""The migrations of `auth_otp` as a later version would have them: today's, and one more table."""
