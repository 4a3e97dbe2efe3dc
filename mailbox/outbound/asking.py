"""What we ask of the host that receives: reports of failure and delay always, of success when a person asked. Pure.

RFC 3461: NOTIFY and ORCPT of each recipient, RET and ENVID of the message. Nothing is asked for mail under a null
reverse-path, which nobody can be told about (§4.1, §5.2).
"""

_XTEXT = frozenset(map(chr, range(33, 127))) - {"+", "="}


def of_message(envid: str, *, offers_dsn: bool, mail_from: str) -> list[str]:
    """`envid` is the id of the first recipient of this transaction: only the host of its domain is told it."""
    return ["RET=HDRS", f"ENVID={xtext(envid)}"] if offers_dsn and mail_from else []  # RFC 3461 §4.3, §4.4


def of_recipient(address: str, *, offers_dsn: bool, mail_from: str, success: bool) -> list[str]:
    if not offers_dsn or not mail_from:
        return []
    asked = [f"NOTIFY={'SUCCESS,' if success else ''}FAILURE,DELAY"]  # RFC 3461 §4.1, ECO.2.3.1
    if address.isascii():  # §4.2; an international address needs a type that few hosts read (RFC 6533 §3)
        asked.append(f"ORCPT=rfc822;{xtext(address)}")
    return asked


def xtext(value: str) -> str:
    """ASCII, what has no place in a parameter as +XX (RFC 3461 §4)."""
    return "".join(c if c in _XTEXT else f"+{ord(c):02X}" for c in value)
