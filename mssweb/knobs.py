"""How a knob is read: from the environment, a secret from a file too; what has another shape refuses to start, in one line.

Which knobs there are stands in settings.py, their one reader.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# What is read here: `manage.py run` passes it on to whom it starts, secrets (SECRETS) to those that use them
KNOBS = {  # those that not every process, or installation, reads
    "DATABASE_POOL", "DATABASE_ROLE", "DATABASE_ROLE_BY_LOGIN", "TLS_AT_THE_EDGE", "BLOB_STORE_BACKEND",
}  # fmt: skip
SECRETS = {"BLOB_STORE_OPTIONS", "BLOB_STORE_OPTIONS_FILE"}


def env(name: str, default: str = "") -> str:
    KNOBS.add(name)
    return os.environ.get(name, default).strip()


def existing(name: str) -> str:
    """The path of a file, or none; one that is not there refuses to start."""
    path = env(name)
    if path and not Path(path).is_file():
        raise ImproperlyConfigured(f"{name}={path}: a file is expected")
    return path


def flag(name: str, default: str = "") -> bool:
    return env(name, default) not in {"", "0", "false", "no"}


def number[N: (int, float)](name: str, default: N, low: N, high: N) -> N:
    """As of the default's type; what is none, or out of bounds, refuses to start."""
    text = env(name)
    try:
        value = type(default)(text or default)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise ImproperlyConfigured(f"{name}={text}: a number from {low} to {high} is expected")
    return value


def shaped(name: str, pattern: str, expected: str) -> str:
    """As it is written; what has another shape refuses to start."""
    text = env(name)
    if not re.fullmatch(pattern, text):
        raise ImproperlyConfigured(f"{name}={text}: {expected} is expected")
    return text


def networks(name: str, default: str = "") -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks in CIDR, separated by blanks; what is none refuses to start."""
    try:
        return tuple(ip_network(word) for word in (env(name) or default).split())
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def secret(name: str) -> str:
    """NAME from the environment, else the content of the file NAME_FILE."""
    SECRETS.update({name, f"{name}_FILE"})
    if path := env(f"{name}_FILE"):
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE: {error.strerror}: {path}") from None
    return env(name)


def ovh() -> dict[str, str]:
    """An SMS account at OVHcloud; `base_url` is for tests only."""
    return {
        "service": env("OVH_SMS_SERVICE"),
        "application_key": env("OVH_APPLICATION_KEY"),
        "application_secret": secret("OVH_APPLICATION_SECRET"),
        "consumer_key": secret("OVH_CONSUMER_KEY"),
        "sender": env("OVH_SMS_SENDER"),
        "base_url": env("OVH_BASE_URL"),
    }


def account(name: str) -> dict[str, str]:
    """An account at a carrier of SMS; `base_url` is for tests only: a local server that speaks the API."""
    return {
        "account_sid": secret(f"{name}_ACCOUNT_SID"),
        "auth_token": secret(f"{name}_AUTH_TOKEN"),
        "from": env(f"{name}_FROM"),
        "voice_from": env(f"{name}_VOICE_FROM"),
        "verify_service": env(f"{name}_VERIFY_SERVICE"),
        "region": env(f"{name}_REGION"),
        "edge": env(f"{name}_EDGE"),
        "base_url": env(f"{name}_BASE_URL"),
    }
