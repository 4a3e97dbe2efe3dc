"""A CDA and the PDF of the same (ECO.2.1.1, DD.15): one line for both. Pure: names and types decide, never bytes."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from mailbox.quarantine.values import Document

_LETTERS = re.compile(r"[^a-z0-9]+")


def pairs(documents: Mapping[tuple[str, int], Document], pdfs: Sequence[tuple[str, str]]) -> dict[tuple[str, int], str]:
    """Of (number, name) of PDF attachments, the one of each document. One and one are a pair; else the name says (§3.3)."""
    cdas = {key: one for key, one in documents.items() if one.kind == "cda"}
    if len(cdas) == 1 and len(pdfs) == 1:
        return {next(iter(cdas)): pdfs[0][0]}
    found: dict[tuple[str, int], str] = {}
    for number, name in pdfs:
        fitting = [key for key, one in cdas.items() if key not in found and _fits(one, name)]
        if len(fitting) == 1:
            found[fitting[0]] = number
    return found


def _fits(document: Document, name: str) -> bool:
    """`<AAAAMMJJ>_<type ≤ 40>_<NOM>_<prénom>.pdf` (ECO.2.1.6): the type or the date, and the name of the patient."""
    told = _folded(name)
    family = _folded(document.patient.family) if document.patient else ""
    kind, day = _folded((document.code_label or document.title)[:40]), document.made_at[:8]
    return bool(
        family and family in told and kind and kind in told and (not day or not name[:8].isdigit() or name[:8] == day)
    )


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return _LETTERS.sub("", plain)
