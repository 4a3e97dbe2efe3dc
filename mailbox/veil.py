"""Patients' addresses in the fields of a letter being written: shown masked (design §4.5), understood again when they come back.

The page holds a box with the addresses that its masks stand for. Each mask bears a sign of its address, so that one pasted
into another letter, or left behind by another tab, stands for nobody: never for another patient.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from mailbox.drafts import DraftText
from mailbox.mime.address import MASK, PATIENT_DOMAIN, normalise
from mailbox.models import Mailbox, MailboxKeys
from mssweb import crypto

FIELDS = ("to", "cc", "bcc")
MAX_BOX = 200_000  # characters of a box that are read
_AT = rf"@{re.escape(PATIENT_DOMAIN)}"
_ADDRESS = re.compile(rf'(?:"[^"<>\s]{{1,64}}"|(?<![^\s<>,;:"()])[^\s<>,;:"()]+){_AT}', re.I)
_MASKED = re.compile(rf'(?<![^\s<>,;:"()]){MASK}([a-z2-7]{{5}}){_AT}', re.I)  # alone: «1•••…» is no other number


@dataclass(frozen=True, slots=True)
class Veil:
    """Of one person in one mailbox: a page is no use to anybody else."""

    mailbox_id: UUID
    keys: MailboxKeys
    user_id: object

    def shown(self, typed: str) -> str:
        """The same with each address of a patient masked; what is masked already stays."""
        return _ADDRESS.sub(lambda found: found[0] if found[0].startswith(MASK) else self._mask(found[0]), typed)

    def page(self, text: DraftText) -> tuple[DraftText, str]:
        """The fields as they are shown, and the box of what they hide: '' when they hide nothing."""
        held = sorted({one for name in FIELDS for one in _ADDRESS.findall(getattr(text, name)) if MASK not in one})
        box = crypto.seal(self.keys.summary, json.dumps(held).encode(), self._context) if held else b""
        return _each(text, {name: self.shown(getattr(text, name)) for name in FIELDS}), base64.b64encode(box).decode()

    def meant(self, text: DraftText, box: str) -> DraftText:
        """The fields as they are meant. A mask that the box does not know stays one: whoever sends refuses it."""
        held: dict[str, dict[str, str]] = {}
        for address in self._opened(box):
            held.setdefault(self._sign(address), {})[normalise(address)] = address
        known = {sign: one for sign, found in held.items() if len(found) == 1 for one in found.values()}
        back = {
            name: _MASKED.sub(lambda found: known.get(found[1].lower(), found[0]), getattr(text, name))
            for name in FIELDS
        }
        return _each(text, back)

    def again(self, typed: str, box: str) -> str:
        """A field that was understood, for the page that has `box`: what was typed since stays, no mask there stands for it."""
        held = set(self._opened(box))
        return _ADDRESS.sub(lambda found: self._mask(found[0]) if found[0] in held else found[0], typed)

    def _opened(self, box: str) -> Iterable[str]:
        try:
            sealed = base64.b64decode(box[:MAX_BOX], validate=True)
            held: list[str] = json.loads(crypto.unseal(self.keys.summary, sealed, self._context)) if sealed else []
        except (ValueError, crypto.Unreadable):  # not base64, or not ours
            return ()
        return held

    def _mask(self, address: str) -> str:
        return f"{MASK}{self._sign(address)}@{PATIENT_DOMAIN}"

    def _sign(self, address: str) -> str:
        """Five signs of 32: for a person to tell two patients apart, too few to lead back to anybody."""
        number = crypto.blind(self.keys.index, f"veil {normalise(address)}")
        return base64.b32encode(number.to_bytes(8)).decode()[8:13].lower()

    @property
    def _context(self) -> str:
        return f"veil:{self.mailbox_id}:{self.user_id}"


def over(mailbox: Mailbox, user_id: object) -> Veil:
    return Veil(mailbox.pk, mailbox.keys, user_id)


def _each(text: DraftText, fields: Mapping[str, str]) -> DraftText:
    return replace(text, **fields)
