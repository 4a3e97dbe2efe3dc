"""What ties messages together: reply prefixes of subjects, ids of In-Reply-To and References (RFC 5322 §3.6.4)."""

import re

from mailbox.mime.values import ParsedMessage

MAX_IDS = 50
_XDM = re.compile(r"XDM/1\.0/DDM\+", re.I)
_MARK = r"\s*+(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*+[:：]\s*+"
_REPLY = re.compile(r"\s*+(?:re|ré|rép|rep|réponse|reponse|aw|sv|antw)" + _MARK, re.I)
_FORWARD = re.compile(r"\s*+(?:tr|fw|fwd|wg|i|transf)" + _MARK, re.I)
_TAIL = re.compile(r"\((?:fwd|fw|tr)\)$", re.I)


def visible_subject(subject: str) -> str:
    """The subject for the screen: the prefix of XDM messages is hidden, the raw one kept (ECO.3.1.3)."""
    return _XDM.sub("", subject, count=1).strip() if "xdm/" in subject[:200].lower() else subject.strip()


def base_subject(subject: str) -> str:
    """What a thread is about: without any prefix, blanks and case folded."""
    rest, _ = _without_prefixes(subject)
    return " ".join(_TAIL.sub("", visible_subject(rest)[-500:]).casefold().split())


def is_reply(subject: str) -> bool:
    """Does it begin as an answer? A transfer starts something else."""
    return _without_prefixes(subject)[1]


def is_forward(subject: str) -> bool:
    """Does it begin as a transfer? Then what it quotes is what it brings."""
    return bool(_FORWARD.match(visible_subject(subject[:1000])))


def _without_prefixes(subject: str) -> tuple[str, bool]:
    rest, replied = subject[:1000], False
    while match := _REPLY.match(rest) or _FORWARD.match(rest):
        replied = replied or match.re is _REPLY
        rest = rest[match.end() :]
    return rest, replied


def thread_ids(parsed: ParsedMessage) -> tuple[str, ...]:
    """The messages this one follows, newest last, at most 50, itself left out."""
    ids = dict.fromkeys((*parsed.references, *(i for i in parsed.in_reply_to if i not in parsed.references)))
    ids.pop(parsed.message_id, None)
    return tuple(ids)[-MAX_IDS:]
