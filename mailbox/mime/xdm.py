"""Messages that carry structured documents: their subject and their archive (IHE XDM, ECO.2.1.1, ECO.2.1.3).

Opening the archive is not done here: an archive is hostile until a process without keys has unpacked it (design §4.8).
"""

import re
from dataclasses import dataclass

_SUBJECT = re.compile(r"XDM/1\.0/DDM\+(.*+)", re.I | re.S)
_BIRTH_DATE = re.compile(r"\d{2}[/.-]\d{2}[/.-]\d{4}|\d{4}-\d{2}-\d{2}|\d{8}")
_ARCHIVE = re.compile(r"ihe_xdm(?:[ _-]?\(?\d{0,4}\)?)?\.zip", re.I)


@dataclass(frozen=True, slots=True)
class XdmSubject:
    """`<label> <NOM> <prenom> <birth date>`; only the label is always there (ECO.2.1.3)."""

    label: str
    name: str
    first_name: str
    birth_date: str | None


def parse_subject(subject: str) -> XdmSubject | None:
    """The label, and the patient as far as capitals tell the name apart; None when the prefix is not there."""
    match = _SUBJECT.search(subject[:1000])
    if not match:
        return None
    tokens = match[1].split()
    birth_date = tokens.pop() if tokens and _BIRTH_DATE.fullmatch(tokens[-1]) else None
    end = next((i for i in range(len(tokens) - 1, 0, -1) if _is_name(tokens[i])), len(tokens))
    start = end
    while start > 1 and _is_name(tokens[start - 1]):
        start -= 1
    run, given = tokens[start : end + 1], tokens[end + 1 :]
    if not given and len(run) > 1:  # everything in capitals: the last word is the first name
        run, given = run[:-1], run[-1:]
    return XdmSubject(" ".join(tokens[:start]), " ".join(run), " ".join(given), birth_date)


def is_prefixed(subject: str) -> bool:
    """Does it say of itself that it carries documents of one patient?"""
    return bool(_SUBJECT.search(subject[:1000]))


def _is_name(token: str) -> bool:
    return token.isupper() and len(token) > 1 and not any(c.isdigit() for c in token)


def is_xdm_archive(filename: str) -> bool:
    """Case differs between senders: IHE_XDM.zip, IHE_XDM.ZIP."""
    return bool(_ARCHIVE.fullmatch(filename.strip()))
