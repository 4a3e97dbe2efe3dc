"""What is counted under a keyed digest of whose it is: failures, and what is rationed."""

from django.db import models


class Throttle(models.Model):
    """Failures in one place (auth_otp.throttle says which), under a keyed digest; the next try is free at `free_at`."""

    key = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveIntegerField()
    free_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures}"


class Allowance(models.Model):
    """What was taken of something that is rationed, under a keyed digest of whose it is; begins anew at `until`."""

    key = models.BinaryField(primary_key=True, max_length=32)
    taken = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.taken}"
