"""Addresses of headers: read tolerantly in linear time, compared, masked (RFC 5322 §3.4, RFC 6532).

The local part of a patient's address is a national health identity: `mask` before anything is shown or traced.
"""

import re

from mailbox.mime import words
from mailbox.mime.values import Address

PATIENT_DOMAIN = "patient.mssante.fr"  # the one domain of usagers, reference trust-space §12
MASK = "•••"  # in the stead of a patient's INS
MAX_ADDRESSES = 2_000  # of one header
_MAX_NAME, _MAX_SPEC = 300, 320
_PATIENTS = re.compile(  # each word is tried once
    rf'(?:"[^"<>\s]{{1,64}}"|(?<![^\s<>,;:"])[^\s<>,;:"]+)@{re.escape(PATIENT_DOMAIN)}', re.I
)

_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+"?)|<(?P<angle>(?:[^<>"]|"(?:[^"\\]|\\.)*+")*+)>?'
    r'|(?P<mark>[,;:()>])|(?P<word>=\?[^?\s]{1,40}+\?[bBqQ]\?[^?\s]*+\?=)|(?P<atom>[^\s"<>,;:()]++)|(?P<blank>\s++)',
    re.S,
)
_PARENTHESIS = re.compile(r"\\.|[()]", re.S)
_ESCAPED = re.compile(r"\\(.)", re.S)
_SIMPLE = re.compile(r'\s*+(?:"([^"\\]*+)"|([^"<>,;:\\()]*+))\s*+<([^<>\s"@,;:()]++@[^<>\s"@,;:()]++)>\s*+')
_BARE = re.compile(r'\s*+([^<>\s"@,;:()]++@[^<>\s"@,;:()]++)\s*+')
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # marks that make a name read as another


def parse_addresses(header: str) -> tuple[Address, ...]:
    """The mailboxes of a header, groups flattened, at most 2,000. A name without address has addr_spec ''."""
    if match := _BARE.fullmatch(header):
        return (_address("", match[1]),)
    if match := _SIMPLE.fullmatch(header):
        return (_address(match[1] or match[2] or "", match[3]),)
    return tuple(_Reader(header).read())


class _Reader:
    """One pass over the tokens of an address list."""

    def __init__(self, header: str) -> None:
        self.header = header
        self.found: list[Address] = []
        self.start()

    def start(self) -> None:
        self.phrase: list[str] = []  # words as written, blanks between
        self.comment = ""
        self.angle: str | None = None

    def read(self) -> list[Address]:
        position, header = 0, self.header
        while len(self.found) < MAX_ADDRESSES and (match := _TOKEN.match(header, position)):
            position = match.end()
            kind = match.lastgroup
            if kind == "quoted" and not _is_closed(match[0]):
                header = self.header = header[: match.start()] + header[match.start() :].replace('"', " ")
                position = match.start()  # a quote that never ends is no quote
            elif kind == "mark":
                position = self.mark(match[0], position)
            elif kind == "angle":
                self.angle = match["angle"] if self.angle is None else self.angle
            else:
                self.phrase.append(" " if kind == "blank" else match[0])
        self.flush()
        return self.found[:MAX_ADDRESSES]

    def mark(self, mark: str, position: int) -> int:
        if mark == "(":
            end = _comment_end(self.header, position)
            self.comment = self.comment or self.header[position : min(end - 1, position + _MAX_NAME)]
            return end
        if mark in ",;":
            self.flush()
        elif mark == ":":  # the name of a group (RFC 5322 §3.4)
            self.start()
        return position

    def flush(self) -> None:
        """End of one mailbox."""
        bare = "".join(self.phrase).strip()
        if self.angle is not None:
            self.found.append(_address(_phrase(self.phrase) or self.comment, self.angle))
        elif "@" in bare:
            self.found.append(_address(self.comment, bare))
        elif bare:
            self.found.append(_address(_phrase(self.phrase), ""))
        self.start()


def _is_closed(quoted: str) -> bool:
    body = quoted[1:-1].rstrip("\\")
    return len(quoted) > 1 and quoted.endswith('"') and (len(quoted) - 2 - len(body)) % 2 == 0


def _comment_end(header: str, position: int) -> int:
    """Where the comment opened before `position` ends; comments nest (RFC 5322 §3.2.2)."""
    depth = 1
    for match in _PARENTHESIS.finditer(header, position):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return len(header)


def _phrase(tokens: list[str]) -> str:
    return "".join(_unquoted(token) for token in tokens).strip()


def _unquoted(token: str) -> str:
    if not token.startswith('"'):
        return token
    inner = token[1:-1] if len(token) > 1 and token.endswith('"') else token[1:]
    return _ESCAPED.sub(r"\1", inner)


def _address(name: str, spec: str) -> Address:
    name = _DIRECTION.sub("", words.decoded(name[: _MAX_NAME * 4]))
    if spec.startswith("@"):  # a source route is read and dropped (RFC 5322 §4.4)
        spec = spec.rpartition(":")[2]
    if '"' not in spec:
        spec = "".join(spec.split())
    return Address(" ".join(name.split())[:_MAX_NAME], _DIRECTION.sub("", words.printable(spec.strip()))[:_MAX_SPEC])


def in_words(display_name: str) -> str:
    """A display name for people: those of the trust space have underscores between their parts (ECO.2.2.7)."""
    return " ".join(display_name.replace("_", " ").split())


def normalise(addr_spec: str) -> str:
    """The form to compare and look up: all lower case, the domain in A-labels (RFC 5890)."""
    local, at, domain = addr_spec.strip().rpartition("@")
    return f"{local.lower()}{at}{a_label(domain)}"


def a_label(domain: str) -> str:
    """A domain in ASCII lower case; one that IDNA refuses stays as it is, in lower case."""
    domain = domain.lower().rstrip(".")
    if domain.isascii() or len(domain) > 253:
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def domain_of(addr_spec: str) -> str:
    """The domain as compared, '' when there is none."""
    return a_label(addr_spec.strip().rpartition("@")[2]) if "@" in addr_spec else ""


def is_patient(addr_spec: str) -> bool:
    """Is this the mailbox of a person cared for (Mon espace santé)?"""
    return domain_of(addr_spec) == PATIENT_DOMAIN


def mask_patients(text: str) -> str:
    """A peer's words, which may echo the address they are about."""
    return _PATIENTS.sub(f"{MASK}@{PATIENT_DOMAIN}", text)


def mask(addr_spec: str) -> str:
    """The address for screens and traces: a patient's INS is hidden (design §4.5)."""
    return f"{MASK}@{PATIENT_DOMAIN}" if is_patient(addr_spec) else addr_spec
