"""Argon2id with the parameters of OWASP: 19 MiB, two passes, one lane (about 20 ms)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    memory_cost, time_cost, parallelism = 19 * 1024, 2, 1
