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
    session_seconds: float = 3600  # of the whole conversation; a message that has begun has its own time
    unknown_recipients: int = 20  # from one network within an hour, less those that letters reached
    tarpit_seconds: float = 30  # the longest that a 550 5.1.1 is held back
    refused_seconds: float = 900  # how long a network that asked for more may send nothing
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


@dataclass(slots=True)
class Patience:
    """How long to wait for a peer. `begun` and `now` in seconds of one clock, which is the caller's."""

    limits: Limits
    begun: float
    _deadline: float = 0.0  # of the message that is coming

    def wait(self, now: float, *, is_receiving: bool) -> float:
        """Seconds until the peer is late: with its command, with the whole of a message, or with the session."""
        if is_receiving:
            self._deadline = self._deadline or now + self.limits.data_seconds
            return min(self.limits.command_seconds, max(0.0, self._deadline - now))
        self._deadline = 0.0
        return min(self.limits.command_seconds, max(0.0, self.begun + self.limits.session_seconds - now))

    def asked(self) -> None:
        """The time is ours now; the next message may begin with no clock armed between."""
        self._deadline = 0.0


def network_of(address: str) -> str:
    """The address itself, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
