"""Tell the sender, in French, in their own mailbox: what failed, waits or was delivered, why, what to do (RFC 3464)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from uuid_utils.compat import uuid7

from mailbox import store
from mailbox.mime.address import domain_of, mask
from mailbox.mime.compose import new_message_id
from mailbox.mime.report import FailedRecipient, Kind, failure_report, header_of
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Folder, Mailbox, Message, Recipient, Submission
from mailbox.outbound import house
from mailbox.reply import Reply
from mailbox.summary import open_summary
from mailbox.trust import policy
from mssweb import crypto

_REFUSED = "le serveur du correspondant a refusé ce message."
_QUOTED = 200  # characters of a peer's words that a report shows

# What Mon espace santé returns has no code of its own (reference client §7): these are ours
PATIENT_CLOSED = Reply(550, "5.2.1", "Patient mailbox closed")
PATIENT_UNKNOWN = Reply(550, "5.1.1", "No such patient")
PATIENT_INVALID = Reply(550, "5.1.3", "Patient address not valid")
PATIENT_SIZE = Reply(552, "5.3.4", "Message over 25 MB to a patient")
PATIENT_UNSAID = Reply(550, "5.0.0", "Returned by Mon espace santé")
PATIENT_OPPOSED = Reply(550, "5.7.1", "The patient objects to this sending", keeps_from_asking=True)

# What we said ourselves, or another operator with these very words, before any policy of the peer came into play
_TRUST: Mapping[Reply, str] = {
    policy.PEER_NOT_LISTED: "son domaine n’est pas sur la liste blanche de l’espace de confiance. Cherchez-le dans l’annuaire.",
    policy.PEER_NAME_NOT_LISTED: "son serveur n’a pas été reconnu : son certificat n’est pas celui de son domaine.",
    policy.PEER_REVOKED: "le certificat de son serveur a été révoqué. Prévenez-le par un autre moyen.",
    policy.PEER_FOREIGN: "son serveur n’a pas été reconnu : son certificat n’est pas de l’autorité de l’espace de confiance.",
    policy.OUR_CRL_UNAVAILABLE: "notre liste des certificats révoqués n’est plus à jour. Prévenez votre administrateur.",
    policy.PEER_NO_TLS: "la sécurité exigée par l’espace de confiance n’a pas pu être établie avec son serveur.",
    policy.OUR_LIST_UNAVAILABLE: "notre liste blanche n’est plus à jour. Prévenez votre administrateur.",
    **dict.fromkeys(
        (policy.NO_CERTIFICATE, policy.NOT_LISTED, policy.NAME_NOT_LISTED, policy.NOT_ACCEPTED),
        "son serveur n’a pas reconnu notre domaine ou notre certificat. Prévenez votre administrateur.",
    ),
    PATIENT_CLOSED: "la messagerie de ce patient est fermée. Prévenez-le par un autre moyen.",
    PATIENT_UNKNOWN: "aucun patient n’a cette adresse dans Mon espace santé. Vérifiez son matricule INS.",
    PATIENT_INVALID: "l’adresse de ce patient n’est pas valide. Vérifiez son matricule INS.",
    PATIENT_SIZE: "Mon espace santé refuse les messages de plus de 25 Mo. Envoyez moins de pièces à la fois.",
    PATIENT_OPPOSED: "le patient s’oppose à cet envoi, qui n’est pas parti. Si vous levez l’opposition avec lui, réessayez.",
    PATIENT_UNSAID: "Mon espace santé a rendu ce message. Ouvrez son avis de non-remise pour savoir pourquoi.",
}
_SUBJECTS: Mapping[Kind, str] = {
    "failed": "Non remis", "delayed": "Retardé", "delivered": "Remis", "relayed": "Transmis",
}  # fmt: skip
# Enhanced codes (RFC 3463) to what a pharmacist can do with them (reference client-and-documents §6.4)
_WORDS: tuple[tuple[str, str], ...] = (
    ("5.1.1", "cette adresse n’existe pas ou plus. Vérifiez-la dans l’annuaire."),
    ("5.1.", "l’adresse n’est pas acceptée par le correspondant. Vérifiez-la dans l’annuaire."),
    ("5.2.2", "la boîte du destinataire est pleine. Prévenez-le par un autre moyen."),
    ("5.2.", "la boîte du destinataire n’est pas disponible."),
    ("5.3.4", "le message est trop volumineux pour ce correspondant. Envoyez moins de pièces jointes à la fois."),
    (
        "5.6.3",
        "son serveur est trop ancien pour ce message signé ou chiffré, que rien ne doit modifier. Envoyez-le sans signature.",
    ),
    ("5.3.", "le système du correspondant ne peut pas recevoir ce message. Prévenez-le par un autre moyen."),
    ("5.6.7", "le système du correspondant n’accepte pas les adresses internationales."),
    ("5.4.6", "son domaine renvoie chez nous, où il n’est pas ouvert. Prévenez votre administrateur."),
    (
        "5.4.",
        "le serveur de ce correspondant n’est pas joignable : son domaine est mal déclaré. Prévenez-le par un autre moyen.",
    ),
    (
        "5.5.",
        "son serveur et le nôtre ne se sont pas compris. Réessayez ; si cela dure, prévenez votre administrateur.",
    ),
    ("5.6.", "son serveur n’accepte pas la forme de ce message. Envoyez les pièces jointes en PDF."),
    ("5.7.10", "la sécurité exigée par l’espace de confiance n’a pas pu être établie avec ce correspondant."),
    ("5.7.", f"{_REFUSED} Sa réponse, ci-dessous, peut dire pourquoi ; sinon, appelez le correspondant."),
    ("4.2.2", "la boîte du destinataire est pleine pour l’instant."),
    ("4.2.", "la boîte du destinataire est momentanément indisponible."),
    ("4.3.1", "le serveur du correspondant n’a plus de place pour l’instant."),
    ("4.3.2", "le serveur du correspondant est en maintenance."),
    ("4.4.", "le serveur du correspondant ne répond pas."),
    ("4.7.1", "son serveur est momentanément indisponible : il demande d’attendre avant d’accepter ce message."),
    ("4.7.5", "la connexion sécurisée avec le correspondant n’a pas pu être établie."),
    ("4.", "le serveur du correspondant est momentanément indisponible."),
)


def explain(reply: Reply) -> str:
    """One French clause for a peer's reply."""
    code = reply.enhanced or f"{str(reply.code)[:1]}.0.0"
    known = _TRUST.get(reply, "")
    return known or next((words for prefix, words in _WORDS if code.startswith(prefix)), _REFUSED)


def tell(
    submission: Submission,
    mailbox: Mailbox,
    failed: Sequence[tuple[Recipient, Reply]],
    kind: Kind,
    *,
    raw: bytes,
    now: datetime,
) -> None:
    """File the report into the sender's inbox, in the thread of what was sent. No report of a report (RFC 3464 §2)."""
    if not submission.mail_from or submission.message is None:
        return
    postmaster = house.postmaster(mailbox)
    report = failure_report(
        report_from=postmaster,
        to=Address(mailbox.display_name, mailbox.address),
        subject=f"{_SUBJECTS[kind]} : {_subject(submission.message, mailbox)}",
        original_headers=header_of(raw),
        failed=[FailedRecipient(mask(row.address), reply, str(row.pk)) for row, reply in failed],
        kind=kind,
        text=_text(failed, kind),
        mta=settings.SMTP_HOSTNAME,
        arrived_at=submission.submitted_at,
        now=now,
        message_id=new_message_id(domain_of(mailbox.address), str(uuid7())),
    )
    filing = store.Filing(
        raw=report,
        folder_role=Folder.Role.INBOX,
        direction=Message.Direction.IN,
        filed_at=now,
        thread_id=submission.message.thread_id,
    )
    store.file(mailbox, [filing])


def _subject(message: Message, mailbox: Mailbox) -> str:
    """Of what was sent; a copy that does not open any more keeps no settlement from being written."""
    try:
        return visible_subject(open_summary(message, mailbox.keys).subject)
    except crypto.Unreadable:
        return "(message illisible)"


def _text(failed: Sequence[tuple[Recipient, Reply]], kind: Kind) -> str:
    if kind in {"delivered", "relayed"}:
        return _good_news([mask(row.address) for row, _ in failed], kind)
    if kind == "failed":
        head = "Votre message n’a pas pu être remis à :"
        tail = (
            "Il reste dans « Envoyés ». Ouvrez-le : sous son texte, à côté de chaque destinataire refusé, le bouton"
            " « Réessayer » l’envoie de nouveau."
        )
        if any(reply.enhanced.startswith("5.1.") for _, reply in failed):
            tail += " Si l’adresse est fausse, transférez-le à la bonne."
    else:
        head = "Votre message n’est pas encore remis à :"
        tail = "Les tentatives continuent pendant 48 heures ; vous n’avez rien à faire. En cas d’urgence, téléphonez."
    lines = [
        f"  • {mask(row.address)} : {explain(reply)}\n    (réponse : « {_quoted(reply)} »)" for row, reply in failed
    ]
    return "\n\n".join([head, "\n".join(lines), tail, house.END]) + "\n"


def _good_news(addresses: Sequence[str], kind: Kind) -> str:
    """What «remis» means, and what it does not."""
    if kind == "delivered":
        head, tail = "Votre message a été remis dans la boîte de :", "Cela ne dit pas qu’il est lu."
    else:  # RFC 3461 §5.2.2
        head = "Votre message a été accepté par le serveur de :"
        tail = (
            "Ce serveur ne sait pas confirmer la remise : vous n’aurez pas d’autre accusé de lui. S’il n’arrive pas à le"
            " remettre, il vous le rendra."
        )
    lines = "\n".join(f"  • {address}" for address in addresses)
    return "\n\n".join([head, lines, tail, house.END]) + "\n"


def _quoted(reply: Reply) -> str:
    """Code and words, on one line that is not endless."""
    said = " ".join(str(reply).split())
    return said if len(said) <= _QUOTED else f"{said[:_QUOTED].rstrip()}…"
