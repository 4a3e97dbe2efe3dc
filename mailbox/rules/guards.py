"""May this letter be answered by no person? RFC 3834, and what programs say of themselves. Pure; in doubt, no.

The answer goes to the reverse-path alone (RFC 3834 §4), under a null one (§3.3), once a correspondent and period: what is
asked here is whether there is somebody at the other end, and whether they wrote to us.
"""

from collections.abc import Collection, Mapping, Sequence

from mailbox.mime.address import normalise

_BULK = frozenset({b"bulk", b"list", b"junk", b"auto_reply"})
_MACHINES = frozenset(  # RFC 3834 §2, RFC 2142 §3
    """mailer-daemon postmaster abuse noreply no-reply no_reply donotreply do-not-reply ne-pas-repondre nepasrepondre
    ne_pas_repondre listserv majordomo bounce bounces notification notifications""".split()
)
_SUPPRESSED = frozenset({b"all", b"oof", b"autoreply"})  # X-Auto-Response-Suppress, MS-OXCMAIL §2.2.3.2.14
_REPORT = b"multipart/report"


def may_answer(
    *, mail_from: str, fields: Mapping[bytes, Sequence[bytes]], named: Collection[str], own: str,
) -> bool:  # fmt: skip
    """`fields` of its header by lower-case name; `named` the addresses of its To and Cc; `own` this mailbox's."""
    to, ours = normalise(mail_from), normalise(own)
    if "@" not in to or to == ours or _is_machine(to):
        return False
    if ours not in {normalise(one) for one in named}:  # RFC 3834 §2: not what was sent to others, or to a list
        return False
    return not (_is_automatic(fields) or _is_list(fields) or _is_report(fields))


def _is_machine(address: str) -> bool:
    """Of a program or a list by its name."""
    local = address.rpartition("@")[0].strip('"').partition("+")[0]
    is_list = local.startswith(("owner-", "bounce-", "bounces-")) or local.endswith(("-request", "-owner", "-bounces"))
    return local in _MACHINES or is_list


def _is_automatic(fields: Mapping[bytes, Sequence[bytes]]) -> bool:
    """RFC 3834 §5: anything but «no». Several fields are as good as one."""
    told = [value.partition(b";")[0].strip().lower() for value in fields.get(b"auto-submitted", ())]
    asked = {
        word.strip().lower()
        for value in fields.get(b"x-auto-response-suppress", ())
        for word in value.replace(b";", b",").split(b",")
    }
    return any(value != b"no" for value in told) or bool(asked & _SUPPRESSED) or b"x-autoreply" in fields


def _is_list(fields: Mapping[bytes, Sequence[bytes]]) -> bool:
    """RFC 2369, RFC 2919, and the older word."""
    is_told = any(name.startswith(b"list-") for name in fields) or b"mailing-list" in fields
    return is_told or any(value.strip().lower() in _BULK for value in fields.get(b"precedence", ()))


def _is_report(fields: Mapping[bytes, Sequence[bytes]]) -> bool:
    """A report or a receipt answers; nobody answers it (RFC 3461 §4, RFC 8098 §2.1)."""
    kinds = (value.strip().lower() for value in fields.get(b"content-type", ()))
    return b"x-failed-recipients" in fields or any(kind.startswith(_REPORT) for kind in kinds)
