"""A filed message -> what conditions ask of it: its summary, its documents, who its sender is in the annuaire.

crypto.Unreadable for what does not open any more. Many messages cost four statements.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from directory import lookup
from directory.lookup import Suggestion
from mailbox.documents import facts, kinds
from mailbox.documents.facts import Facts
from mailbox.mime.address import domain_of, is_patient, normalise
from mailbox.mime.threads import visible_subject
from mailbox.mime.xdm import is_prefixed
from mailbox.models import Examination, Mailbox, Message
from mailbox.rules.matching import Letter
from mailbox.senders import is_ordinary
from mailbox.summary import Summary, open_summary
from mssweb import crypto


def letter(message: Message, mailbox: Mailbox, told: Summary) -> Letter:
    """One message, whose summary was opened already."""
    [found] = _letters([message], {message.pk: told}, mailbox).values()
    return found


def letters(messages: Sequence[Message], mailbox: Mailbox) -> dict[UUID, Letter]:
    """By message; one that does not open is left out."""
    told: dict[UUID, Summary] = {}
    for message in messages:
        try:
            told[message.pk] = open_summary(message, mailbox.keys)
        except crypto.Unreadable:
            continue
    return _letters([one for one in messages if one.pk in told], told, mailbox)


def _letters(messages: Sequence[Message], told: Mapping[UUID, Summary], mailbox: Mailbox) -> dict[UUID, Letter]:
    ids = [message.pk for message in messages]
    rows = {row.pk: row for row in Examination.objects.filter(mailbox=mailbox, message__in=ids)}
    faces = lookup.by_address(normalise(one.author.addr_spec) for one in told.values() if one.author.addr_spec)
    outside = {name: is_ordinary(f"x@{name}") for name in _domains(told.values())}
    return {one.pk: _letter(one, told[one.pk], rows.get(one.pk), faces, outside, mailbox) for one in messages}


def _letter(
    message: Message, told: Summary, row: Examination | None, faces: Mapping[str, Suggestion],
    outside: Mapping[str, bool], mailbox: Mailbox,
) -> Letter:  # fmt: skip
    author = told.author
    face = faces.get(normalise(author.addr_spec)) if message.is_verified else None  # design §4.9: else anybody's word
    found = _facts(row, mailbox)
    chips = kinds.of_header(told.headers.get("x-mss-codecda", ""))
    documents = [*chips, *(_chips(found) if found else ())]
    return Letter(
        senders=tuple(
            f"{name} {spec}"
            for name, spec in (
                (author.display_name.replace("_", " "), author.addr_spec), (face.name if face else "", told.mail_from),
            )
        ),
        domains=tuple({domain_of(spec) for spec in (author.addr_spec, told.mail_from)} - {""}),
        trade=_trade(face),
        subject=visible_subject(told.subject),
        documents=tuple(dict.fromkeys(words for words, _ in documents)),
        has_patient=is_patient(author.addr_spec) or bool(found and found.patients) or is_prefixed(told.subject),
        has_files=message.has_attachments,
        is_verified=message.is_verified,
        is_ordinary=any(outside[name] for name in _domains([told])),
        is_examined=row is None or row.due_at is None or (row.box is not None and not (found and found.is_partial)),
    )  # fmt: skip


def _trade(face: Suggestion | None) -> str:
    """A person's profession and discipline; of a structure, or a service of it, what the structure does (TRE_R02)."""
    return "" if face is None else face.trade if face.kind == "person" else face.sector


def _domains(summaries: Iterable[Summary]) -> set[str]:
    return {domain_of(one.mail_from or one.author.addr_spec) for one in summaries} - {""}


def _facts(row: Examination | None, mailbox: Mailbox) -> Facts | None:
    try:
        return facts.open_facts(row, mailbox.keys)
    except crypto.Unreadable:
        return None


def _chips(found: Facts) -> Iterable[tuple[str, str]]:
    documents = (one for file in found.files for one in file.documents if one.kind == "cda")
    return (kinds.chip(one.code, one.code_label, one.title) for one in documents)
