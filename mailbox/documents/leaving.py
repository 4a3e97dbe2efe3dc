"""A document of health that leaves: the files of a draft and what was chosen -> the archive, its PDF, subject and X-MSS fields.

Every file is looked at in the quarantine first. Refuses, field by field in French: a second patient (ECO.2.1.1), what is neither
PDF nor CDA, what cannot be opened, an INS that is not said qualified (INS/va1.53). And back: what an archive of ours was made of,
when its sending is undone or the document is replaced (reference client §3.5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from mailbox.documents import words
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.xdm import is_prefixed, is_xdm_archive
from mailbox.quarantine import runner, sniff
from mailbox.quarantine.runner import Given
from mailbox.quarantine.values import Document, Found, Person
from mailbox.structured import archive, choice, naming, pdfa
from mailbox.structured.cda import level_1
from mailbox.structured.choice import Choice
from mailbox.structured.values import OURS, Author, House, Sheet, oid_of
from mailbox.wording import fold

MAX_PDF = 8_000_000  # bytes: inside its CDA in base64, a receiver like ours opens no more (quarantine/inside/markup.py)
MAX_DOCUMENTS = 9
_NAMELESS = "Le PDF «\xa0{}\xa0» ne se déclare pas PDF/A-1, le format attendu : certains logiciels peuvent le refuser."


class Unfit(Exception):
    """Nothing was built. `reasons`: French sentences by field of the choice; `files` for what is joined."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(f"{len(reasons)} unfit")
        self.reasons = dict(reasons)


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """What replaces subject and files of a letter, and joins its header. `cautions`: what to look at before it leaves."""

    subject: str
    files: tuple[OutgoingFile, ...]
    headers: dict[str, str]
    count: int
    is_qualified: bool
    given: tuple[tuple[str, int], ...]  # names and bytes of the files that it was built from
    cautions: dict[str, str] = field(default_factory=dict)
    patient: Person = field(default_factory=Person)  # whom the documents name, which a CDA says itself


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """Who answers for the document; `seed` numbers its parts, the same for the same draft."""

    author: Author
    house: House
    product: str
    seed: UUID


def prepare(files: Sequence[OutgoingFile], chosen: Choice, sender: Sender, *, now: datetime) -> Prepared:
    """ECO.2.1.1: the archive, and the same documents as PDF beside it. `now` is aware, in the zone of the pharmacy."""
    has_cda = any(sniff.kind_of(one.data) == "xml" for one in files)
    if reasons := _unopened(files) | ({} if has_cda else choice.faults(chosen, today=now.date())):
        raise Unfit(reasons)  # all at once, before anything is opened
    pdfs, cda, head = _sorted(files)
    if head and head.patient:
        chosen = completed(chosen, head)
    if reasons := choice.faults(chosen, today=now.date(), has_cda=head is not None):
        raise Unfit(reasons)
    if cda and head:
        parts = [_brought(cda, head, pdfs, chosen, sender, now)]
    else:
        parts = _made(pdfs, chosen, sender, now)
    sheets = [sheet for sheet, _, _ in parts]
    first, many = sheets[0], len(parts) > 1
    packed = archive.archive(
        [(sheet, data) for sheet, data, _ in parts], set_id=_oid(sender, "set"), product=sender.product
    )
    outside = (_outside(sheet, pdf, f"{place}" if many else "") for place, (sheet, _, pdf) in enumerate(parts, 1))
    unsaid = [one.name for one in pdfs if not pdfa.declares(one.data)]
    return Prepared(
        naming.subject(first.label, first.patient, replaces=bool(first.replaces)),
        (OutgoingFile(archive.NAME, "application/zip", packed), *outside),
        naming.fields([sheet.code for sheet in sheets], is_qualified=bool(chosen.qualified)),
        len(parts),
        bool(chosen.qualified),
        given(files),
        {"pdfa": _NAMELESS.format(unsaid[0])} if unsaid else {},
        first.patient,
    )


def given(files: Sequence[OutgoingFile]) -> tuple[tuple[str, int], ...]:
    return tuple((one.name, len(one.data)) for one in files)


def _outside(sheet: Sheet, pdf: bytes, number: str) -> OutgoingFile:
    """ECO.2.1.6"""
    return OutgoingFile(naming.pdf_name(sheet.label, sheet.patient, sheet.act_day, number), "application/pdf", pdf)


def _unopened(files: Sequence[OutgoingFile]) -> dict[str, str]:
    """What their number, size and first bytes already say."""
    if not files:
        return {"files": "Joignez le document : un PDF, ou un CDA R2."}
    if len(files) > MAX_DOCUMENTS:
        return {"files": f"Pas plus de {MAX_DOCUMENTS} documents par message."}
    for one in files:
        kind = sniff.kind_of(one.data)
        if len(one.data) > MAX_PDF:
            return {"files": f"{_quoted(one)} dépasse {MAX_PDF // 1_000_000} Mo : réduisez-le."}
        if said := sniff.refusal(kind, one.name, one.content_type):
            return {"files": f"{_quoted(one)} : {words.notice(said)}"}
        if kind not in {"pdf", "xml"}:
            return {"files": _neither(one)}
    return {}


def _neither(one: OutgoingFile) -> str:
    told = "Un document de santé est un PDF ou un CDA : retirez-le, ou envoyez-le dans un autre message."
    return f"{_quoted(one)} n’est ni l’un ni l’autre. {told}"


def _sorted(files: Sequence[OutgoingFile]) -> tuple[list[OutgoingFile], OutgoingFile | None, Document | None]:
    """The PDF and the CDA with its header, each opened in the quarantine; Unfit for anything else."""
    pdfs, cdas = list[OutgoingFile](), list[tuple[OutgoingFile, Document]]()
    for one in files:
        found = runner.look(Given(one.data, one.name, one.content_type), words=False)
        if found.notice:
            raise Unfit({"files": f"{_quoted(one)} : {words.notice(found.notice)}"})
        if found.kind == "cda":
            cdas.append((one, _head(one, found)))
        elif found.kind == "pdf":
            pdfs.append(one)
        else:
            raise Unfit({"files": _neither(one)})
    if len(cdas) > 1 or (cdas and len(pdfs) > 1):
        raise Unfit({"files": "Un message porte un seul CDA, avec le PDF du même document et rien d’autre."})
    cda, head = next(iter(cdas), (None, None))
    return pdfs, cda, head


def _quoted(one: OutgoingFile) -> str:
    return f"«\xa0{one.name}\xa0»"


def _head(cda: OutgoingFile, found: Found) -> Document:
    """Of a CDA that a person brought."""
    [head] = found.documents
    if not head.unique_id or not head.patient or not head.code:
        raise Unfit(
            {"files": f"{_quoted(cda)} n’a pas d’identifiant, de type ou de patient : il ne peut pas être envoyé."}
        )
    return head


def completed(chosen: Choice, head: Document) -> Choice:
    """What was left blank is as the CDA says; ECO.2.1.1: one patient a message, and an INS only when it is qualified."""
    person = head.patient or Person()
    told = chosen if chosen.family else replace(chosen.of(person), qualified=chosen.qualified)
    given = (fold(told.family), fold(naming.first(told.person)), choice.compact(told.born), told.ins)
    inside = (fold(person.family), fold(naming.first(person)), person.born[:8], person.ins)
    if given[:3] != inside[:3] or (given[3] and inside[3] and given[3] != inside[3]):
        raise Unfit(
            {"files": "Ce CDA est d’un autre patient que celui que vous avez choisi : un message n’en a qu’un."}
        )
    if person.ins and not chosen.qualified:
        told_why = "Ce CDA contient une INS : elle ne part que si vous la déclarez qualifiée."
        raise Unfit({"qualified": told_why})
    act = choice.dashed(head.act_at) or choice.dashed(head.made_at) or told.act
    return replace(
        told, act=act, sex=told.sex or chosen.sex or "U", ins=person.ins or told.ins, oid=person.oid or told.oid
    )


def _brought(
    cda: OutgoingFile, head: Document, pdfs: Sequence[OutgoingFile], chosen: Choice, sender: Sender, now: datetime
) -> tuple[Sheet, bytes, bytes]:
    """A CDA as it is, its PDF beside it: the one that was joined, else the one inside."""
    if chosen.replaces and head.replaces not in {chosen.replaces, chosen.set_id}:
        raise Unfit(
            {"files": "Ce CDA ne dit pas qu’il remplace le document déjà envoyé : demandez-le à votre logiciel."}
        )
    if not pdfs and not head.has_pdf:
        raise Unfit({"files": "Ce CDA n’a pas de PDF : joignez le PDF du même document."})
    if pdfs:
        pdf = pdfs[0].data
    else:
        try:
            _, pdf = runner.extract(Given(cda.data, cda.name, cda.content_type), inside=True)
        except runner.Refused as refused:
            raise Unfit({"files": words.notice(refused.code)}) from None
    version = int(head.version) if head.version.isascii() and head.version.isdigit() else 1
    sheet = Sheet(
        head.unique_id, head.set_id or head.unique_id, version, head.code, head.code_label or head.title,
        choice.compact(chosen.act), now, _known(chosen, sender), sender.author, sender.house, head.replaces, head.has_pdf,
    )  # fmt: skip
    return sheet, cda.data, pdf


def _made(
    pdfs: Sequence[OutgoingFile], chosen: Choice, sender: Sender, now: datetime
) -> list[tuple[Sheet, bytes, bytes]]:
    """Each PDF as a CDA of level 1 (ECO.2.1.1)."""
    if chosen.replaces and len(pdfs) > 1:
        raise Unfit({"files": "Un document en remplace un seul : ne gardez que le PDF de la nouvelle version."})
    made = []
    for place, one in enumerate(pdfs, 1):
        sheet = Sheet(
            _oid(sender, f"document {place}"), chosen.set_id or _oid(sender, f"family {place}"), chosen.number,
            chosen.code, chosen.label, choice.compact(chosen.act), now, _known(chosen, sender), sender.author,
            sender.house, chosen.replaces,
        )  # fmt: skip
        made.append((sheet, level_1(sheet, one.data), one.data))
    return made


def _known(chosen: Choice, sender: Sender) -> Person:
    """Who has no qualified INS is known by a number of the structure's own, the same for the same traits (reference §3.2)."""
    person = chosen.person
    if person.ins or person.local:
        return person
    traits = f"{fold(person.family)}|{fold(naming.first(person))}|{person.born}"
    return replace(person, local=uuid5(UUID(int=int(sender.house.oid.removeprefix(OURS))), traits).hex[:20].upper())


def _oid(sender: Sender, what: str) -> str:
    return oid_of(uuid5(sender.seed, what))


def recalled(subject: str, files: Sequence[OutgoingFile]) -> tuple[Choice, list[OutgoingFile]] | None:
    """What a letter with documents of health was made of: the choice, the PDF or the CDA. None when it is no such letter."""
    packed = next((one for one in files if is_xdm_archive(one.name)), None)
    if packed is None or not is_prefixed(subject):
        return None
    found = runner.look(Given(packed.data, packed.name, packed.content_type))
    cdas = [one for one in found.documents if one.kind == "cda"]
    if not cdas or not cdas[0].patient:
        return None
    pdfs = [one for one in files if one is not packed]
    first = cdas[0]
    told = _told(first)
    if first.unique_id.startswith(OURS):  # made from its PDF: will be again
        return told, pdfs
    try:
        name, data = runner.extract(Given(packed.data, packed.name, packed.content_type, first.member))
    except runner.Refused:  # the quarantine has no turn: the archive stays joined as it is
        return None
    return told, [OutgoingFile(name, "text/xml", data), *pdfs]


def _told(head: Document) -> Choice:
    person = head.patient or Person()
    chosen = Choice(code=head.code, act=choice.dashed(head.act_at) or choice.dashed(head.made_at)).of(person)
    before = str(int(head.version) - 1) if head.version.isdigit() and head.replaces else ""
    chosen = replace(chosen, qualified="1" if person.ins else "", local="" if _is_given(person) else person.local)
    return replace(chosen, replaces=head.replaces, set_id=head.set_id if head.replaces else "", version=before)


def _is_given(person: Person) -> bool:
    """The number that `_known` gives."""
    return len(person.local) == 20 and all(sign in "0123456789ABCDEF" for sign in person.local)


def replacing(head: Document) -> Choice:
    """The choice of a new version of that document: all as it was, the day of the act included."""
    return replace(
        _told(head), replaces=head.unique_id, set_id=head.set_id or head.unique_id, version=head.version or "1"
    )


def replaceable(found: Found | None) -> Document | None:
    """The one document of an archive of ours that a later version may take the place of."""
    documents = [one for one in found.documents if one.kind == "cda"] if found else []
    return documents[0] if len(documents) == 1 and documents[0].unique_id and documents[0].patient else None
