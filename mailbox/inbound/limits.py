"""What one peer may ask of a receiver, and what all of them may together: numbers, and how an address is counted. Pure."""

from dataclasses import dataclass, fields
from ipaddress import ip_address, ip_network


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds and counts; settings.SMTP_LIMITS changes them by name, the size of a message has a setting of its own."""

    sessions: int = 1000
    sessions_per_address: int = 50  # of an IPv6 network of 64 bits: one host holds all of it
    bytes_in_flight: int = 192 * 1024 * 1024
    command_seconds: float = 300  # RFC 5321 §4.5.3.2.7
    data_seconds: float = 600
    handshake_seconds: float = 30
    max_message: int = 35 * 1024 * 1024
    max_recipients: int = 100


def limits_of(text: str, *, max_message: int) -> Limits:
    """«name=number name=number»; ValueError names the faulty one."""
    given = dict(entry.partition("=")[::2] for entry in text.split())
    known = {field.name: field.type for field in fields(Limits) if field.name != "max_message"}
    for name, number in given.items():
        if name not in known or not number.isascii() or not number.isdigit():
            raise ValueError(f"SMTP_LIMITS: {name}={number} is none of {', '.join(known)} with a number")
    return Limits(max_message=max_message, **{name: int(number) for name, number in given.items()})


def network_of(address: str) -> str:
    """The address itself, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
