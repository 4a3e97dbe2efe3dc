"""The national health identity (INS, reference §4): how it is shown, whether its key is right, what its OID says. Pure."""

import re
from itertools import pairwise

_SHAPE = re.compile(r"[0-9]{5}(?:[0-9]{2}|2A|2B)[0-9]{8}")
_OIDS = {
    "1.2.250.1.213.1.4.8": "INS-NIR",
    "1.2.250.1.213.1.4.9": "INS-NIA",
    "1.2.250.1.213.1.4.10": "NIR de test ou de démonstration",
    "1.2.250.1.213.1.4.11": "NIR de test",
    "1.2.250.1.213.1.4.2": "INS-C (ancien)",
}
_CUTS = (0, 1, 3, 5, 7, 10, 13, 15)


def grouped(ins: str) -> str:
    """1 23 45 67 890 123 45; what is not of that length stays as it is."""
    text = "".join(ins.split()).upper()
    if len(text) != 15:
        return ins
    return " ".join(text[a:b] for a, b in pairwise(_CUTS))


def is_right(ins: str) -> bool:
    """13 characters and their key: 97 − (n mod 97), Corsica's 2A as 19 and 2B as 18."""
    text = "".join(ins.split()).upper()
    if not _SHAPE.fullmatch(text):
        return False
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return int(text[13:]) == 97 - number % 97


def origin(oid: str) -> str:
    """What its OID says it is, '' for none."""
    return _OIDS.get(oid, "identité de nature inconnue" if oid else "")


def is_test(oid: str) -> bool:
    return oid in {"1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"}
