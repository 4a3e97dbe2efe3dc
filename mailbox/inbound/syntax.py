"""The grammar of what follows a verb: paths, parameters, names (RFC 5321 §4.1.2, 3461, 1870, 6531). Pure, linear.

A fault is raised with the reply that tells it. Refuses to know whether an address exists: that is asked elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from mailbox.inbound.replies import ARGUMENT, BAD_ADDRESS, NEED_UTF8, PARAMETER
from mailbox.reply import Permanent

MAX_PATH = 254  # octets of an address: RFC 5321 §4.5.3.1.3 counts 256 with < and >
MAX_LOCAL = 64  # RFC 5321 §4.5.3.1.1
MAX_ENVID, MAX_ORCPT = 100, 500  # RFC 3461 §4.4, §4.2: characters of the value as it travels
POSTMASTER = "postmaster"  # RFC 5321 §4.1.1.3: the one local part that may come without a domain

_WORD, _LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?", r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_QUOTED = rb'"(?:[^"\\\r\n]|\\[^\r\n])*+"'
_ROUTE = rb"(?:@[^@,:<>\s]{1,255}(?:,@[^@,:<>\s]{1,255}){0,20}:)?"  # RFC 5321 §4.1.1.3: accepted, and ignored
_PATH = re.compile(rb"(FROM|TO): ?<" + _ROUTE + rb"((?:" + _QUOTED + rb"|[^<>\"\r\n])*+)>(?: +(.*))?", re.I | re.DOTALL)
_DOT_STRING = re.compile(
    r"[^\s()<>\[\]:;@\\,.\"]+(?:\.[^\s()<>\[\]:;@\\,.\"]+)*"
)  # atoms: RFC 5322 §3.2.3, RFC 6531 §3.3
_DOMAIN = re.compile(rf"{_WORD}(?:\.{_WORD})*")
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PARAMETER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\0-\x20=\x7f]+))?")  # RFC 5321 §4.1.2
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})+")  # RFC 3461 §4: + and = are never themselves
_ENCODED = re.compile(r"\+([0-9A-F]{2})")
_TYPE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,40}")
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}")  # RFC 6533 §3
_CHUNK = re.compile(rb"([0-9]{1,19})(?: +(LAST))?", re.I)

type Given = Mapping[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Sending:
    """What MAIL says: reverse-path ('' is null), octets told (0 when not), and what reports should give back."""

    address: str
    size: int = 0
    smtputf8: bool = False
    ret: str = ""  # FULL, HDRS
    envid: str = ""  # decoded


@dataclass(frozen=True, slots=True)
class Wanted:
    """What RCPT says: forward-path, when to report (comma separated, upper case), and who it first was: «type;address»."""

    address: str
    notify: str = ""
    orcpt: str = ""


def host(name: bytes) -> str:
    """The argument of HELO and EHLO: a name, or an address in brackets (RFC 5321 §4.1.3). Underscores are met, and let be."""
    text = name.decode("ascii", "replace")
    if len(text) <= 255 and (_HOST.fullmatch(text) or _is_literal(text)):
        return text
    raise Permanent(ARGUMENT)


def sending(rest: bytes, *, extended: bool) -> Sending:
    """MAIL FROM:<…> and its parameters; none are known to who said HELO."""
    path, given = _parsed(rest, b"FROM", _OF_MAIL if extended else frozenset())
    if not given:
        return Sending(_address(path, utf8=False) if path else "")
    utf8 = b"SMTPUTF8" in given
    if _one_of(given, b"BODY", {b"7BIT", b"8BITMIME", b"BINARYMIME"}) == "BINARYMIME":
        raise Permanent(PARAMETER)  # RFC 3030 §3: not offered
    if given.get(b"SMTPUTF8") is not None:
        raise Permanent(ARGUMENT)  # RFC 6531 §3.4: it has no value
    return Sending(
        address=_address(path, utf8=utf8) if path else "",
        size=_size(given),
        smtputf8=utf8,
        ret=_one_of(given, b"RET", {b"FULL", b"HDRS"}),
        envid=_envid(given),
    )


def recipient(rest: bytes, *, extended: bool, utf8: bool) -> Wanted:
    """RCPT TO:<…> and its parameters; `utf8`: MAIL said SMTPUTF8."""
    path, given = _parsed(rest, b"TO", _OF_RCPT if extended else frozenset())
    is_bare = path.lower() == POSTMASTER.encode()
    return Wanted(POSTMASTER if is_bare else _address(path, utf8=utf8), _notify(given), _orcpt(given, utf8=utf8))


def chunk(rest: bytes) -> tuple[int, bool]:
    """BDAT: octets that follow, and whether they are the last (RFC 3030 §2)."""
    if found := _CHUNK.fullmatch(rest):
        return int(found[1]), bool(found[2])
    raise Permanent(ARGUMENT)


_OF_MAIL = frozenset({b"SIZE", b"BODY", b"SMTPUTF8", b"RET", b"ENVID"})
_OF_RCPT = frozenset({b"NOTIFY", b"ORCPT"})


def _parsed(rest: bytes, word: bytes, known: frozenset[bytes]) -> tuple[bytes, Given]:
    found = _PATH.fullmatch(rest)
    if not found or found[1].upper() != word:
        raise Permanent(ARGUMENT)
    given: dict[bytes, bytes | None] = {}
    for one in (found[3] or b"").split(b" "):
        if not one:
            continue
        if not (parameter := _PARAMETER.fullmatch(one)):
            raise Permanent(ARGUMENT)
        name = parameter[1].upper()
        if name not in known:
            raise Permanent(PARAMETER)
        if name in given:
            raise Permanent(ARGUMENT)  # RFC 3461 §4: at most once
        given[name] = parameter[2]
    return found[2], given


def _address(path: bytes, *, utf8: bool) -> str:
    """As it is looked up: a quoted local part that needs no quotes is the same without (RFC 5321 §4.1.2)."""
    if not utf8 and not path.isascii():
        raise Permanent(NEED_UTF8)
    try:
        text = path.decode()
    except UnicodeDecodeError:
        raise Permanent(BAD_ADDRESS) from None  # RFC 6531 §3.3
    local, at, domain = text.rpartition("@")
    if text.startswith('"') and local.endswith('"'):
        local = _unquoted(local)
    elif not _DOT_STRING.fullmatch(local):
        raise Permanent(BAD_ADDRESS)
    if not at or len(path) > MAX_PATH or len(local.encode()) > MAX_LOCAL or not _is_domain(domain):
        raise Permanent(BAD_ADDRESS)
    if not text.isprintable():  # controls, and marks that make an address read as another
        raise Permanent(BAD_ADDRESS)
    return f"{local}@{domain}"


def _unquoted(local: str) -> str:
    inner = local[1:-1]
    if len(local) < 2 or not re.fullmatch(r'(?:[^"\\]|\\.)*+', inner):
        raise Permanent(BAD_ADDRESS)
    plain = re.sub(r"\\(.)", r"\1", inner)
    return plain if _DOT_STRING.fullmatch(plain) else local


def _is_domain(domain: str) -> bool:
    return len(domain) <= 253 and (bool(_DOMAIN.fullmatch(domain)) or _is_literal(domain))


def _is_literal(text: str) -> bool:
    """[192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 §4.1.3); no other kind was ever registered."""
    if not (text.startswith("[") and text.endswith("]")):
        return False
    inner, is_six = text[1:-1], text[1:6].lower() == "ipv6:"
    try:
        address = IPv6Address(inner[5:]) if is_six else IPv4Address(inner)
    except AddressValueError:
        return False
    return "%" not in str(address)


def _size(given: Given) -> int:
    value = given.get(b"SIZE", b"0") or b""
    if not value.isdigit() or len(value) > 20:  # RFC 1870 §3
        raise Permanent(ARGUMENT)
    return int(value)


def _one_of(given: Given, name: bytes, values: set[bytes]) -> str:
    if name not in given:
        return ""
    value = (given[name] or b"").upper()
    if value not in values:
        raise Permanent(ARGUMENT)
    return value.decode()


def _envid(given: Given) -> str:
    """RFC 3461 §4.4: printable, at most 100 characters."""
    return _xtext(given[b"ENVID"], MAX_ENVID) if b"ENVID" in given else ""


def _notify(given: Given) -> str:
    """RFC 3461 §4.1: NEVER alone, or some of the others, each once."""
    if b"NOTIFY" not in given:
        return ""
    words = (given[b"NOTIFY"] or b"").upper().split(b",")
    is_never = words == [b"NEVER"]
    if not is_never and (len(set(words)) < len(words) or not {*words} <= {b"SUCCESS", b"FAILURE", b"DELAY"}):
        raise Permanent(ARGUMENT)
    return b",".join(words).decode()


def _orcpt(given: Given, *, utf8: bool) -> str:
    """RFC 3461 §4.2: «type;xtext»; RFC 6533 §3 for the type utf-8."""
    if b"ORCPT" not in given:
        return ""
    value = given[b"ORCPT"] or b""
    kind, mark, address = value.partition(b";")
    if not mark or len(value) > MAX_ORCPT or not _TYPE.fullmatch(kind.decode("ascii", "replace")):
        raise Permanent(ARGUMENT)
    if kind.lower() != b"utf-8":
        return f"{kind.decode()};{_xtext(address, MAX_ORCPT)}"
    return f"{kind.decode()};{_international(address, utf8=utf8)}"


def _international(address: bytes, *, utf8: bool) -> str:
    """utf-8-addr-xtext («\\x{E9}»), or UTF-8 itself where MAIL said SMTPUTF8."""
    try:
        text = address.decode("utf-8" if utf8 else "ascii")
        text = _EMBEDDED.sub(lambda found: chr(int(found[1], 16)), text)
    except (UnicodeDecodeError, ValueError, OverflowError):
        raise Permanent(ARGUMENT) from None
    if any(not one.isprintable() for one in text) or not text:
        raise Permanent(ARGUMENT)
    return text


def _xtext(value: bytes | None, longest: int) -> str:
    """Decoded; it will stand in the header of a report: nothing but what prints (no CR, no LF)."""
    text = (value or b"").decode("ascii", "replace")
    if len(text) > longest or not _XTEXT.fullmatch(text):
        raise Permanent(ARGUMENT)
    plain = _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)
    if not (plain.isascii() and plain.isprintable()):
        raise Permanent(ARGUMENT)
    return plain
