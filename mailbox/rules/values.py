"""A rule as a value: its conditions, what it does; JSON <-> value. Pure.

What it does names rows by their ids and never an address: no rule can say «send this there», so none can make anything
leave the trust space. An answer goes to who wrote, a transfer to a mailbox of the same structure; both are judged again
when they are done (acting.py).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from mailbox.quarantine.values import read

MAX_RULES = 60  # of a mailbox
MAX_CONDITIONS = 12
MAX_NAME, MAX_VALUE = 60, 120  # characters
MAX_BOXES = 5  # that one rule transfers to

SENDER, DOMAIN, PROFESSION, SUBJECT = "sender", "domain", "profession", "subject"
DOCUMENT, PATIENT, ATTACHMENT, VERIFIED, ORDINARY = "document", "patient", "attachment", "verified", "ordinary"
TYPED: Mapping[str, str] = {
    SENDER: "l’expéditeur (nom ou adresse) contient",
    DOMAIN: "le domaine de l’expéditeur est",
    PROFESSION: "la profession ou l’activité (annuaire) contient",
    SUBJECT: "l’objet contient",
}
FACTS: Mapping[str, str] = {
    PATIENT: "il concerne un patient",
    ATTACHMENT: "il a une pièce jointe",
    VERIFIED: "son expéditeur est vérifié",
    ORDINARY: "il vient du courrier ordinaire",
}
KINDS = frozenset((*TYPED, *FACTS, DOCUMENT))


@dataclass(frozen=True, slots=True, repr=False)
class Condition:
    """`value`: words, a domain, or the words of a type of document; '' of a mere fact. `is_not` turns it round."""

    kind: str
    value: str = ""
    is_not: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Acts:
    """What is done; '' is nothing of that kind. Ids, but `folder` (a role, or an id) and `status` (Thread.Status)."""

    folder: str = ""
    label: str = ""
    assign: str = ""
    status: str = ""
    is_flagged: bool = False
    is_read: bool = False  # for everybody of the mailbox; else it stays unread for each
    reply: str = ""
    reply_to_patients: bool = False
    boxes: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return self == Acts(reply_to_patients=self.reply_to_patients)


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """What a box holds. `needs_all`: every condition, else one of them. `stops`: no rule after it sees the message."""

    name: str
    conditions: tuple[Condition, ...] = ()
    acts: Acts = Acts()
    needs_all: bool = True
    stops: bool = False


def packed(words: Words) -> bytes:
    return json.dumps(asdict(words), ensure_ascii=False).encode()


def unpacked(plain: bytes) -> Words:
    """ValueError for what is no rule of this version."""
    return read(Words, json.loads(plain))
