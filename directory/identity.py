"""Row numbers made from what the files call things: 64 bits of a digest, so that no load has to ask the database. Pure.

The same person, structure, trade or line has the same number in every installation and after every reload; favourites
and URLs survive a rebuild. Two of five million things share one with a chance below one in a million.
"""

import re
from hashlib import blake2b

_OWNER = re.compile(r"[0-9a-f]{16}(?:/[^\x00]{1,300})?")


def number(text: str) -> int:
    """A signed bigint: `p:` person by IDNPS, `o:` structure by key, `q:` qualification, `m:` mailbox of somebody."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def of_line(line: bytes, salt: bytes) -> int:
    """Of one line of a file, as it is written. `salt` changes when what is read from a line does."""
    return int.from_bytes(blake2b(line, digest_size=8, key=salt).digest(), signed=True)


def person(idnps: str) -> int:
    return number(f"p:{idnps}")


def organization(key: str) -> int:
    return number(f"o:{key}")


def qualification(*codes_and_labels: str) -> int:
    return number("q:" + "|".join(codes_and_labels))


def mailbox(address: str, who: str, where: str) -> int:
    """Of an address of somebody, somewhere; the rows' numbers, `\\N` for none."""
    return number(f"m:{address}|{who}|{where}")


def ref(row_id: int) -> str:
    """What a URL holds: sixteen hexadecimal digits."""
    return format(row_id & (1 << 64) - 1, "016x")


def row_id(reference: str) -> int:
    """Back from `ref`."""
    return int.from_bytes(bytes.fromhex(reference), signed=True)


def owner(row_id: int | None, service: str = "") -> str:
    """Whose an address is: a person, a structure, or one of its services; '' for nobody's in particular."""
    return "" if row_id is None else f"{ref(row_id)}/{service}" if service else ref(row_id)


def is_owner(text: str) -> bool:
    return bool(_OWNER.fullmatch(text))
