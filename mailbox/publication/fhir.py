"""The FHIR adapter of the draft (trust-space §8.2): look, then send what is lacking, then believe what is shown.

Idempotent by looking first. A PATCH `insert` repeated would add the address twice, and after a time-out, or the death of
this process before it could write the answer down, nobody knows whether it was done. So no insert leaves without a GET of
the resource just before it: the address is there, then it is a `replace` (which repeated changes nothing); it is not,
then an `insert`. A server of the newer draft refuses a second one with 422: then too, `replace`. What is left is a server
that finishes a timed-out insert after the next attempt has looked, a minute later or more: an address shown twice is told
to a person, never mended by guessing. A `delete` looks first too: what is gone already is a success.

An applicative mailbox may not be shown to readers (trust-space §7.1): of one that is absent, what we know decides.
"""

from collections.abc import Mapping

from mailbox.publication import gateway, patch
from mailbox.publication.entry import Carrier
from mailbox.publication.gateway import UNREADABLE, Refusal, Said
from mailbox.publication.publisher import Act, Answer, Permanent, Temporary
from mailbox.publication.states import Change, Publish, Withdraw

_AGAIN = "puis « Republier »."
_WHO = {"Practitioner": ("ce numéro RPPS", "la personne"), "Organization": ("ce numéro de structure", "la structure")}
_UNKNOWN = "L’annuaire national ne connaît pas {number} ({value}) : vérifiez-le, ou attendez qu’il y figure, " + _AGAIN
_CLOSED = "La fiche de {owner} est fermée dans l’annuaire national ({value}) : vérifiez le numéro, " + _AGAIN
_SEVERAL = "Plusieurs fiches de l’annuaire national portent {number} ({value}) : écrivez à l’ANS, " + _AGAIN
_TWICE = "L’adresse est inscrite plusieurs fois sur la fiche de {owner} ({value}) : écrivez à l’ANS, " + _AGAIN
_REFUSED = "L’annuaire national refuse (code {status}) : {words}"
_NOT_SHOWN = "L’annuaire national répond oui, et ne montre pas encore le changement. Un nouvel essai suit."
_NO_SUCH, _SEVERAL_MATCH, _EXISTS = 404, 412, 422


class Fhir:
    """One change, whatever happened to it before."""

    def publish(self, change: Change) -> Answer:
        return _put(change) if isinstance(change, Publish) else _take_out(change)


def _put(change: Publish) -> Answer:
    entry, carrier = change.entry, change.entry.carrier
    found = _look(carrier, entry.address)
    if found is None:
        raise Permanent(_told(_UNKNOWN, carrier))
    act: Act = "replace" if found or (change.is_known and entry.kind == "APP") else "insert"
    try:
        said = _patch(carrier, patch.insert(entry) if act == "insert" else patch.replace(entry))
    except Refusal as refusal:
        if refusal.status != _EXISTS or act != "insert":
            raise _of(refusal, carrier) from None
        act, said = "replace", _replaced(change)
    shown = _shown(said, carrier, entry.address)
    if not shown and entry.kind != "APP":
        raise Temporary(_NOT_SHOWN)
    return Answer(act)


def _replaced(change: Publish) -> Said:
    try:
        return _patch(change.entry.carrier, patch.replace(change.entry))
    except Refusal as refusal:
        raise _of(refusal, change.entry.carrier) from None


def _take_out(change: Withdraw) -> Answer:
    found = _look(change.carrier, change.address, even_closed=True)
    if found is None or (not found and change.kind != "APP"):
        return Answer("none")
    try:
        said = _patch(change.carrier, patch.delete(change.carrier, change.address))
    except Refusal as refusal:
        if refusal.status == _NO_SUCH:
            return Answer("none")
        raise _of(refusal, change.carrier) from None
    if _shown(said, change.carrier, change.address):
        raise Temporary(_NOT_SHOWN)
    return Answer("delete")


def _look(carrier: Carrier, address: str, *, even_closed: bool = False) -> int | None:
    """How many times its resource bears the address, at most once; None when there is no such resource."""
    query = {"identifier": f"{carrier.system}|{carrier.value}", "_elements": "active,identifier,telecom"}
    try:
        bundle = gateway.call("GET", carrier.resource, query).document
    except Refusal as refusal:
        if refusal.status == _NO_SUCH:
            return None
        raise _of(refusal, carrier) from None
    resources = _matches(bundle, carrier)
    if len(resources) > 1:
        raise Permanent(_told(_SEVERAL, carrier))
    if not resources:
        return None
    if resources[0].get("active") is False and not even_closed:
        raise Permanent(_told(_CLOSED, carrier))
    return _once(resources[0], carrier, address)


def _matches(bundle: patch.Json, carrier: Carrier) -> list[Mapping[str, patch.Json]]:
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        raise Temporary(UNREADABLE)
    entries = bundle.get("entry") or []
    if not isinstance(entries, list):
        raise Temporary(UNREADABLE)
    found = [entry.get("resource") for entry in entries if isinstance(entry, Mapping)]
    return [one for one in found if isinstance(one, Mapping) and one.get("resourceType") == carrier.resource]


def _once(resource: patch.Json, carrier: Carrier, address: str) -> int:
    times = patch.standing(resource, carrier, address)
    if times is None:
        raise Temporary(UNREADABLE)
    if times > 1:
        raise Permanent(_told(_TWICE, carrier))
    return times


def _patch(carrier: Carrier, body: patch.Json) -> Said:
    return gateway.call("PATCH", carrier.resource, {"identifier": f"{carrier.system}|{carrier.value}"}, body)


def _shown(said: Said, carrier: Carrier, address: str) -> int:
    """In the resource that was answered; asked for when there is none."""
    if patch.standing(said.document, carrier, address) is not None:
        return _once(said.document, carrier, address)
    return _look(carrier, address, even_closed=True) or 0


def _of(refusal: Refusal, carrier: Carrier) -> Permanent:
    if refusal.status == _NO_SUCH:
        return Permanent(_told(_UNKNOWN, carrier))
    if refusal.status == _SEVERAL_MATCH:
        return Permanent(_told(_SEVERAL, carrier))
    return Permanent(_REFUSED.format(status=refusal.status, words=refusal.reason or "sans explication"))


def _told(sentence: str, carrier: Carrier) -> str:
    number, owner = _WHO[carrier.resource]
    return sentence.format(number=number, owner=owner, value=carrier.value)
