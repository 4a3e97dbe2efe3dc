"""Why, as a code: what refused a transaction when it was not the trust space, and each code in French. Pure."""

from collections.abc import Mapping

from mailbox.reply import Reply

PEER = "peer"  # the other side refused, in its own words
OPPOSED = "opposed"

_OURS: Mapping[str, str] = {
    "5.1.1": "unknown-recipient", "5.1.3": "bad-address", "5.6.7": "no-utf8", "4.2.2": "mailbox-full",
    "5.2.2": "too-big", "5.3.4": "too-big", "4.5.3": "too-many-recipients", "4.7.1": "tarpit", "4.3.1": "no-room",
    "4.3.0": "local-error", "5.7.0": "no-tls", "5.7.10": "no-tls", "5.4.6": "loop", "4.4.2": "broken",
    "4.4.1": "unreachable", "4.4.3": "dns", "5.1.2": "dns", "5.1.10": "dns", "5.4.4": "dns", "4.7.5": "tls", "4.7.0": "busy",
    "5.6.3": "unfit",
}  # fmt: skip


def reason_of(reply: Reply) -> str:
    """Of a refusal of ours that no decision explains."""
    if reply.enhanced.startswith("5.5."):
        return "protocol"
    return _OURS.get(reply.enhanced, "other")


WORDS: Mapping[str, str] = {
    "listed": "domaine et certificat sur la liste blanche",
    "null-sender": "rapport d’un opérateur de la liste blanche",
    "local": "d’une de nos boîtes à une autre",
    "no-certificate": "aucun certificat",
    "domain-not-listed": "domaine absent de la liste blanche",
    "dn-not-listed": "certificat qui n’est pas celui du domaine",
    "list-unavailable": "liste blanche absente ou trop ancienne",
    "issuer-not-pinned": "certificat d’une autre autorité",
    "no-authority": "autorité illisible chez nous",
    "no-crl": "aucune liste de révocation",
    "crl-ended": "liste de révocation périmée",
    "handshake": "poignée de main TLS refusée",
    "unknown-recipient": "boîte inconnue ou fermée",
    "bad-address": "adresse mal écrite",
    "no-utf8": "adresse internationale non acceptée",
    "unfit": "message signé ou chiffré que son serveur ne prend pas",
    OPPOSED: "opposition du patient",
    "mailbox-full": "boîte pleine",
    "too-big": "message trop gros",
    "too-many-recipients": "trop de destinataires",
    "tarpit": "trop de destinataires inconnus",
    "no-room": "plus de place pour l’instant",
    "local-error": "erreur chez nous",
    "no-tls": "TLS absent",
    "loop": "message qui tourne en rond",
    "broken": "connexion rompue ou trop lente",
    "unreachable": "serveur injoignable",
    "dns": "domaine introuvable (DNS)",
    "tls": "échec de TLS",
    "busy": "trop de sessions à la fois",
    "protocol": "commandes hors de la norme",
    PEER: "refusé par le correspondant",
    "other": "autre raison",
}


def said(reason: str) -> str:
    """In French; «revoked-…» for each reason of a revocation; one that no word was given for, by its code."""
    return "certificat révoqué" if reason.startswith("revoked") else WORDS.get(reason, reason)
