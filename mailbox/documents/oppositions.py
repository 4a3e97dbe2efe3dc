"""What a patient refused: that their documents be sent to themselves (va1.20), or to professionals (va1.22). Sealed on their row.

Known by INS, else by traits: of two rows that may be the same person either counts. Refuses to guess who the person is when their
name, first name and birth date are not all there.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from mailbox import store_rows
from mailbox.documents import persons
from mailbox.mime.address import is_patient
from mailbox.models import Mailbox, Patient
from mailbox.quarantine.values import Person
from mssweb import crypto

KINDS = {"patient": "à lui-même (Mon espace santé)", "professionals": "à des professionnels"}


@dataclass(frozen=True, slots=True, repr=False)
class Opposition:
    """The day since when (ISO), '' for what is not refused."""

    patient: str = ""
    professionals: str = ""

    def since(self, kind: str) -> str:
        return self.patient if kind == "patient" else self.professionals


class Unknown(Exception):
    """Not enough is told of this person to know them again."""


def of(mailbox: Mailbox, person: Person) -> Opposition:
    rows = _rows(mailbox, person)
    return _joined(read(row, mailbox) for row in rows)


def read(row: Patient, mailbox: Mailbox) -> Opposition:
    """crypto.Unreadable when its box was altered or moved."""
    if row.opposition_box is None:
        return Opposition()
    plain = json.loads(crypto.unseal(mailbox.keys.summary, bytes(row.opposition_box), _context(mailbox.pk, row.pk)))
    return Opposition(**plain)


def change(mailbox: Mailbox, person: Person, kind: str, *, is_opposed: bool, today: date) -> UUID:
    """Keep or lift one; the patient's id. Unknown when they could not be recognised later."""
    if not (person.family and person.given and person.born):
        raise Unknown
    with transaction.atomic(), connection.cursor() as cursor:
        store_rows.lock(cursor, {mailbox.pk})
        own = persons.row_of(mailbox, person)
        if own is None:
            raise Unknown
        for row in {one.pk: one for one in (own, *_rows(mailbox, person))}.values():
            if is_opposed and row.pk != own.pk:
                continue
            held = read(row, mailbox)
            since = (held.since(kind) or today.isoformat()) if is_opposed else ""
            plain = json.dumps(asdict(replace(held, **{kind: since}))).encode()
            row.opposition_box = crypto.seal(mailbox.keys.summary, plain, _context(mailbox.pk, row.pk))
            row.save(update_fields=["opposition_box"])
        return own.pk


def refused(told: Opposition, addresses: Iterable[str]) -> str:
    """Why a document of that patient does not leave for these; '' when it may."""
    patients = [is_patient(one) for one in addresses if "@" in one]
    kinds = [
        kind
        for kind, is_one in (("patient", True), ("professionals", False))
        if is_one in patients and told.since(kind)
    ]
    if not kinds:
        return ""
    words = " ni ".join(KINDS[kind] for kind in kinds)
    return f"Le patient s’oppose à l’envoi de ses documents {words} : retirez ces destinataires, ou levez l’opposition avec lui."


def _rows(mailbox: Mailbox, person: Person) -> list[Patient]:
    """Whoever may be this person: who has another INS is not."""
    ins, traits = persons.tokens(mailbox.keys, person)
    meant = Q(pk=None)
    if ins is not None:
        meant |= Q(ins_token=ins)
    if traits is not None:
        meant |= Q(traits_token=traits, ins_token=None) if ins is not None else Q(traits_token=traits)
    return list(Patient.objects.filter(meant, mailbox=mailbox)[: persons.MAX_PATIENTS])


def _joined(found: Iterable[Opposition]) -> Opposition:
    told = Opposition()
    for one in found:
        told = Opposition(told.patient or one.patient, told.professionals or one.professionals)
    return told


def _context(mailbox_id: UUID, patient_id: UUID) -> str:
    return f"patient:{mailbox_id}:{patient_id}:opposition"
