"""Numbers that a code may be sent to, pure: E.164, a mobile, of a country that was let in. Google's tables (phonenumbers).

Refuses what costs its caller or rings at no person's pocket: premium and shared cost, VoIP and other virtual numbers, fixed
lines. Where tables cannot tell a mobile from a fixed line (NANP, Saint-Pierre-et-Miquelon) the carrier does.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import phonenumbers

_FICTION = re.compile(r"\+3363998\d{4}\Z")  # Arcep keeps these for fiction: the demonstration's people, nobody's mobile
_NATIONAL = re.compile(r"0\d{9}\Z")  # as it is dialled in France and in its departments overseas
_WORDS = {  # phonenumbers.PhoneNumberType
    0: "Ce numéro est celui d’une ligne fixe\u00a0: il faut un mobile, qui reçoit des SMS.",
    3: "Ce numéro est un numéro vert\u00a0: il faut un mobile, qui reçoit des SMS.",
    4: "Ce numéro est surtaxé\u00a0: il faut un mobile.",
    5: "Ce numéro est à coût partagé\u00a0: il faut un mobile.",
    6: "Ce numéro est virtuel (téléphonie par internet)\u00a0: il faut un mobile, avec sa carte SIM.",
}
_UNKNOWN = "Ce numéro n’est pas celui d’un mobile. Écrivez-le avec son indicatif\u00a0: +33612345678."
_ELSEWHERE = "Les codes ne partent pas vers ce pays. Demandez à l’administrateur de la messagerie de l’autoriser."


class NumberRefused(ValueError):
    """`words` say why, in French; the number is not in them."""

    def __init__(self, words: str) -> None:
        super().__init__("number refused")
        self.words = words


def mobile(text: str, countries: Sequence[str]) -> str:
    """The number in E.164. With ten digits it is looked for in each of `countries`: «0692…» is dialled at La Réunion."""
    import phonenumbers  # 30 ms, of no use to most processes

    plain = re.sub(r"[\s.()\u2010-\u2013\-]", "", text)
    if _FICTION.match(known := f"+33{plain[1:]}" if _NATIONAL.match(plain) else plain):
        return known
    for region in countries if _NATIONAL.match(plain) else [None]:
        try:
            found = phonenumbers.parse(plain, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(found):
            return _checked(found, countries)
    raise NumberRefused(_UNKNOWN)


def _checked(found: "phonenumbers.PhoneNumber", countries: Sequence[str]) -> str:
    import phonenumbers as known

    kind = known.number_type(found)
    if kind not in {known.PhoneNumberType.MOBILE, known.PhoneNumberType.FIXED_LINE_OR_MOBILE}:
        raise NumberRefused(_WORDS.get(kind, _UNKNOWN))
    if known.region_code_for_number(found) not in countries:
        raise NumberRefused(_ELSEWHERE)
    return known.format_number(found, known.PhoneNumberFormat.E164)
