"""Which of the documents of a thread replace, repeat or are replaced by others (reference §1.4, INT.18). Pure."""

from collections.abc import Sequence

from mailbox.quarantine.values import Document


def standing(documents: Sequence[Document]) -> list[str]:
    """For each, oldest first: `duplicate`, `replaced`, `replaces` or ''.

    Same id and version: a duplicate. Same setId: the highest version stands, lower or equal ones are replaced.
    """
    seen: set[tuple[str, str]] = set()
    found = []
    for document in documents:
        key = (document.unique_id, document.version)
        if document.unique_id and key in seen:
            found.append("duplicate")
            continue
        seen.add(key)
        found.append(_standing(document, documents))
    return found


def _standing(document: Document, documents: Sequence[Document]) -> str:
    others = [one for one in documents if one is not document and one.unique_id != document.unique_id]
    named = document.unique_id and any(one.replaces == document.unique_id for one in others)
    family = [_number(one) for one in others if document.set_id and one.set_id == document.set_id]
    if named or any(number > _number(document) for number in family):
        return "replaced"
    return "replaces" if document.replaces or any(number < _number(document) for number in family) else ""


def _number(document: Document) -> int:
    return int(document.version) if document.version.isascii() and document.version.isdigit() else 1
