"""The X-MSS-* fields of a letter, as facts without content (reference trust-space §6): who wrote it, codes or not, INS or not.

The codes of documents themselves stay in the sealed summary. `FIN` ends an exchange with a patient (ECO.2.2.8).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIN = "FIN"
_NIL = re.compile(r"[A-Za-z0-9._-]{1,32}")  # «DEV935997»: what else would be a way to write into our tables


@dataclass(frozen=True, slots=True)
class Facts:
    nil: str = ""
    has_codecda: bool = False
    ins_flag: str = ""  # O, N


def facts(headers: Mapping[str, str]) -> Facts:
    nil, flag = headers.get("x-mss-nil", "").strip(), headers.get("x-mss-ins", "").strip().upper()
    return Facts(
        nil=nil if _NIL.fullmatch(nil) else "",  # ECO.2.4.3
        has_codecda=bool(headers.get("x-mss-codecda", "").strip()),  # ECO.2.4.1
        ins_flag=flag if flag in {"O", "N"} else "",  # ECO.2.4.2
    )


def is_last(headers: Mapping[str, str], subject: str) -> bool:
    """Did its author end the exchange? By the header, or by a subject that is exactly `[FIN]` (reference client §7)."""
    return headers.get("x-mss-mes", "").strip() == FIN or subject.strip() == "[FIN]"
