"""Patients of a mailbox: known by their INS, else by their traits; sealed, blinded (design §4.5, §7b).

One row a person: a document without INS joins the row of the same birth name, first name and date. Refuses to join two who
have different INS, and to call an INS qualified: that is for the document and the pharmacist (reference §4).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from django.db import connection
from uuid_utils.compat import uuid7

from mailbox import standing, vocabulary
from mailbox.documents.ins import is_right
from mailbox.models import Mailbox, MailboxKeys, Patient, ThreadPatient
from mailbox.quarantine.values import Person, read
from mailbox.wording import fold, words
from mssweb import crypto

_PART = re.compile(r"[^\W_]+")
MAX_PATIENTS = 20  # of one message
_LOOKED_AT = 2_000  # the newest patients of a mailbox, opened one by one for who types a name: 40 µs each, measured


def attach(mailbox: Mailbox, thread_id: UUID, people: Iterable[Person]) -> list[Patient]:
    """Make or find them, and say that this thread is about them. The caller holds the mailbox's lock."""
    people = list(people)[:MAX_PATIENTS]
    rows = [row for person in people if (row := row_of(mailbox, person))]
    links = [ThreadPatient(mailbox=mailbox, thread_id=thread_id, patient=row) for row in rows]
    ThreadPatient.objects.bulk_create(links, ignore_conflicts=True)
    if rows:
        thread_has_patient(mailbox, thread_id)
        named = {word for person in people for word in words(f"{person.family} {person.given}")}
        vocabulary.learn_later({mailbox.pk: (mailbox.keys, named)})
    return rows


def thread_has_patient(mailbox: Mailbox, thread_id: UUID) -> None:
    """What filters lists by that is told here."""
    with connection.cursor() as cursor:
        standing.show(cursor, mailbox.pk, [thread_id])


def read_patient(row: Patient, mailbox: Mailbox) -> Person:
    """crypto.Unreadable when its box was altered or moved."""
    plain = crypto.unseal(mailbox.keys.summary, bytes(row.box), _context(mailbox.pk, row.pk))
    return read(Person, json.loads(plain))


def search(mailbox: Mailbox, typed: str, *, limit: int) -> list[tuple[UUID, Person]]:
    """Whose names, birth date or INS begin as typed, the newest first; nobody for less than two letters.

    Of a mailbox that knows more than _LOOKED_AT, those before are found by their whole INS alone.
    """
    is_ins = is_right(typed)
    wanted = _parts("".join(typed.split()) if is_ins else typed.replace("/", ""))[:6]
    if sum(map(len, wanted)) < 2:
        return []
    rows = Patient.objects.filter(mailbox=mailbox)
    if is_ins:
        rows = rows.filter(ins_token=tokens(mailbox.keys, Person(ins=typed))[0])
    found = list[tuple[UUID, Person]]()
    for row in rows.order_by("-pk")[:_LOOKED_AT].iterator(chunk_size=500):
        if (person := _readable(row, mailbox)) and _is_meant(person, wanted):
            found.append((row.pk, person))
            if len(found) == limit:
                break
    return found


def of_thread(mailbox: Mailbox, thread_id: UUID) -> list[tuple[UUID, Person]]:
    told = ThreadPatient.objects.filter(mailbox=mailbox, thread=thread_id).values("patient")
    rows = Patient.objects.filter(mailbox=mailbox, pk__in=told)
    return [(row.pk, person) for row in rows[:MAX_PATIENTS] if (person := _readable(row, mailbox))]


def _readable(row: Patient, mailbox: Mailbox) -> Person | None:
    """One that does not open any more hides no other."""
    try:
        return read_patient(row, mailbox)
    except crypto.Unreadable:
        return None


def _is_meant(person: Person, wanted: Iterable[str]) -> bool:
    born = f"{person.born[6:8]}{person.born[4:6]}{person.born[:4]}"
    known = [*_parts(f"{person.family} {person.used} {person.given}"), born, person.ins.lower()]
    return all(any(one.startswith(word) for one in known if one) for word in wanted)


def _parts(text: str) -> list[str]:
    """Of a name: «Le» is one of them, a stop word elsewhere."""
    return _PART.findall(fold(text))


def tokens(keys: MailboxKeys, person: Person) -> tuple[int | None, int | None]:
    """Blinded INS, blinded traits."""
    ins = "".join(person.ins.split()).upper()
    traits = f"{fold(person.family)}|{fold(person.given).partition(' ')[0]}|{person.born[:8]}"
    is_told = person.family and person.born
    return (
        crypto.blind(keys.index, f"ins:{ins}") if ins else None,
        crypto.blind(keys.index, f"traits:{traits}") if is_told else None,
    )


def row_of(mailbox: Mailbox, person: Person) -> Patient | None:
    """Theirs, made when there is none; None of who has neither INS nor name. The caller holds the mailbox's lock."""
    if not person.ins and not person.family:
        return None
    ins, traits = tokens(mailbox.keys, person)
    rows = Patient.objects.filter(mailbox=mailbox)
    found = rows.filter(ins_token=ins).first() if ins is not None else None
    if found is None and traits is not None:
        same = rows.filter(traits_token=traits)
        found = (same.filter(ins_token=None) if ins is not None else same).order_by("pk").first()
        if found and ins is not None:  # the same person, whose INS comes now
            found.ins_token, found.box = ins, _sealed(mailbox, found.pk, person)
            found.save(update_fields=["ins_token", "box"])
    if found is None and (ins is not None or traits is not None):
        pk = uuid7()
        box = _sealed(mailbox, pk, person)
        found = Patient.objects.create(id=pk, mailbox=mailbox, ins_token=ins, traits_token=traits, box=box)
    return found


def _sealed(mailbox: Mailbox, patient_id: UUID, person: Person) -> bytes:
    plain = json.dumps(asdict(person), ensure_ascii=False).encode()
    return crypto.seal(mailbox.keys.summary, plain, _context(mailbox.pk, patient_id))


def _context(mailbox_id: UUID, patient_id: UUID) -> str:
    return f"patient:{mailbox_id}:{patient_id}"
