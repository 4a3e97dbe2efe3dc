"""What Twilio's error codes mean for the person who waits, in French, pure. Refuses to repeat Twilio's own text.

Source: Twilio's error dictionary, https://www.twilio.com/docs/api/errors/CODE for each CODE below. Those of 20000 and 21000
refuse a request (60000: of Verify); those of 30000 come later, in a report. New ones appear: what is not here has words too.
"""

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """Whose it is: of the number (no other carrier would fare better), of our account, or of the moment."""

    NUMBER = "number"
    ACCOUNT = "account"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Meaning:
    words: str
    fault: Fault


NOT_NOW = "L’opérateur SMS ne répond pas. Un nouvel envoi est essayé toutes les dix secondes."
REFUSED = "L’opérateur SMS refuse l’envoi. Prévenez l’administrateur de la messagerie."
_LOST = "SMS non remis, l’opérateur ne dit pas pourquoi. Renvoyez le code."
_OFF = "SMS non remis\u00a0: votre mobile est éteint, hors réseau ou à l’étranger. Rallumez-le, puis renvoyez le code."
_UNKNOWN = "SMS non remis\u00a0: ce numéro n’est plus attribué. Faites-le corriger par l’administrateur."
_FIXED = "SMS non remis\u00a0: ce numéro ne reçoit pas de SMS. Faites-le corriger par l’administrateur."
_BLOCKED = (
    "SMS non remis\u00a0: votre opérateur ou votre mobile l’a bloqué. Renvoyez le code, ou prévenez l’administrateur."
)
_SUSPENDED = "Notre compte chez l’opérateur SMS est suspendu. Prévenez l’administrateur de la messagerie."
MEANINGS = {
    20003: Meaning(REFUSED, Fault.ACCOUNT),  # authentication: our credentials
    20404: Meaning(REFUSED, Fault.ACCOUNT),  # not found: our account, or our number
    20429: Meaning("L’opérateur SMS est surchargé. Un nouvel envoi est essayé toutes les dix secondes.", Fault.MOMENT),
    21211: Meaning("Votre numéro de mobile n’est pas valide. Faites-le corriger par l’administrateur.", Fault.NUMBER),
    21210: Meaning(REFUSED, Fault.ACCOUNT),  # a call: our number is none of ours
    21214: Meaning("Votre numéro ne peut pas être appelé. Faites-le corriger par l’administrateur.", Fault.NUMBER),
    21215: Meaning(  # geographic permissions of calls
        "L’appel vers le pays de votre mobile n’est pas autorisé. Prévenez l’administrateur.", Fault.ACCOUNT
    ),
    21408: Meaning(  # geographic permissions of our account
        "L’envoi vers le pays de votre mobile n’est pas autorisé. Prévenez l’administrateur.", Fault.ACCOUNT
    ),
    21606: Meaning(REFUSED, Fault.ACCOUNT),  # our number sends no SMS, or none there
    21608: Meaning(REFUSED, Fault.ACCOUNT),  # an account on trial sends to verified numbers only
    21610: Meaning(
        "Votre mobile a refusé nos SMS (STOP). Répondez START au dernier reçu, puis renvoyez le code.", Fault.NUMBER
    ),
    21611: Meaning("L’opérateur SMS est surchargé. Un nouvel envoi est essayé toutes les dix secondes.", Fault.MOMENT),
    21612: Meaning(  # no route from our number to this one
        "L’opérateur SMS n’a pas de route vers votre mobile. Prévenez l’administrateur de la messagerie.", Fault.ACCOUNT
    ),
    21614: Meaning("Votre numéro n’est pas celui d’un mobile. Faites-le corriger par l’administrateur.", Fault.NUMBER),
    # Verify (https://www.twilio.com/docs/verify/api/error-codes)
    60200: Meaning(REFUSED, Fault.ACCOUNT),  # a parameter: our service's settings, numbers being judged already
    60203: Meaning("Trop de codes envoyés à ce mobile. Attendez dix minutes, puis recommencez.", Fault.NUMBER),
    60204: Meaning(REFUSED, Fault.ACCOUNT),  # our service takes no code of ours: «custom code» is to be enabled
    60205: Meaning("Votre numéro n’est pas celui d’un mobile. Faites-le corriger par l’administrateur.", Fault.NUMBER),
    60212: Meaning("L’opérateur SMS est surchargé. Un nouvel envoi est essayé toutes les dix secondes.", Fault.MOMENT),
    30001: Meaning("SMS non remis\u00a0: l’opérateur est surchargé. Renvoyez le code.", Fault.MOMENT),
    30002: Meaning(_SUSPENDED, Fault.ACCOUNT),
    30003: Meaning(_OFF, Fault.NUMBER),
    30004: Meaning(_BLOCKED, Fault.NUMBER),
    30005: Meaning(_UNKNOWN, Fault.NUMBER),
    30006: Meaning(_FIXED, Fault.NUMBER),
    30007: Meaning(_BLOCKED, Fault.ACCOUNT),  # filtered: our sender or our text
    30008: Meaning(_LOST, Fault.MOMENT),
}


def of_refusal(code: int, status: int) -> Meaning:
    """Of a request: what is not in the table is the moment's when the server failed, else our account's."""
    return MEANINGS.get(code) or (Meaning(NOT_NOW, Fault.MOMENT) if status >= 500 else Meaning(REFUSED, Fault.ACCOUNT))


def of_report(code: str) -> str:
    """The words of a report that something was not delivered."""
    known = MEANINGS.get(int(code)) if code.isascii() and code.isdigit() and len(code) < 7 else None
    return known.words if known else _LOST
