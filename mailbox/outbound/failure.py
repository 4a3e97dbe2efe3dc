"""Tell the sender, in French, in their own mailbox: what failed or waits, why, what to do (RFC 3464). Hear reports."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import store
from mailbox.mime.address import domain_of, mask, mask_patients
from mailbox.mime.compose import new_message_id
from mailbox.mime.report import DeliveryStatus, FailedRecipient, Report, failure_report
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Folder, Mailbox, Message, Recipient, Submission
from mailbox.outbound.addresses import full_address
from mailbox.outbound.states import State, can
from mailbox.reply import Reply
from mailbox.summary import open_summary
from mailbox.trust import policy
from mssweb import crypto, notify

_REFUSED = "le serveur du correspondant a refusé ce message."
_QUOTED = 200  # characters of a peer's words that a report shows

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
}
# Enhanced codes (RFC 3463) to what a pharmacist can do with them (reference client-and-documents §6.4)
_WORDS: tuple[tuple[str, str], ...] = (
    ("5.1.1", "cette adresse n’existe pas ou plus. Vérifiez-la dans l’annuaire."),
    ("5.1.", "l’adresse n’est pas acceptée par le correspondant. Vérifiez-la dans l’annuaire."),
    ("5.2.2", "la boîte du destinataire est pleine. Prévenez-le par un autre moyen."),
    ("5.2.", "la boîte du destinataire n’est pas disponible."),
    ("5.3.4", "le message est trop volumineux pour ce correspondant. Envoyez moins de pièces jointes à la fois."),
    ("5.6.7", "le système du correspondant n’accepte pas les adresses internationales."),
    ("5.7.10", "la sécurité exigée par l’espace de confiance n’a pas pu être établie avec ce correspondant."),
    ("5.7.", f"{_REFUSED} Sa réponse, ci-dessous, peut dire pourquoi ; sinon, appelez le correspondant."),
    ("4.2.2", "la boîte du destinataire est pleine pour l’instant."),
    ("4.4.", "le serveur du correspondant ne répond pas."),
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
    kind: Literal["failed", "delayed"],
    *,
    raw: bytes,
    now: datetime,
) -> None:
    """File the report into the sender's inbox, in the thread of what was sent. No report of a report (RFC 3464 §2)."""
    if not submission.mail_from:
        return
    domain = mailbox.address.rpartition("@")[2]
    postmaster = Address("Distribution du courrier", f"postmaster@{domain}")
    report = failure_report(
        report_from=postmaster,
        to=Address(mailbox.display_name, mailbox.address),
        subject=f"{'Non remis' if kind == 'failed' else 'Retardé'} : {_subject(submission.message, mailbox)}",
        original_headers=raw[: raw.find(b"\r\n\r\n") + 2],
        failed=[FailedRecipient(mask(row.address), reply, str(row.pk)) for row, reply in failed],
        kind=kind,
        text=_text(failed, kind),
        mta=settings.SMTP_HOSTNAME,
        arrived_at=submission.submitted_at,
        now=now,
        message_id=new_message_id(domain, str(uuid7())),
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


def _text(failed: Sequence[tuple[Recipient, Reply]], kind: str) -> str:
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
    return "\n\n".join([head, "\n".join(lines), tail, "Ce message est automatique : n’y répondez pas."]) + "\n"


def _quoted(reply: Reply) -> str:
    """Code and words, on one line that is not endless."""
    said = " ".join(str(reply).split())
    return said if len(said) <= _QUOTED else f"{said[:_QUOTED].rstrip()}…"


def apply_report(mailbox: Mailbox, report: Report, speaks_for: Callable[[str], bool]) -> None:
    """A report that came in changes the state of what it reports on; only of this mailbox, only forward.

    `speaks_for` says whether the peer that brought it is listed for a domain. Everybody who received a message knows its
    Message-ID: one operator must not fail or confirm what was sent to another. Our ENVID was told to one peer alone.
    """
    now = timezone.now()
    if report.kind == "disposition":
        _read(mailbox, report, speaks_for, now)
        return
    for status in report.recipients:
        _apply(mailbox, report, status, speaks_for, now)


def _apply(
    mailbox: Mailbox, report: Report, status: DeliveryStatus, speaks_for: Callable[[str], bool], now: datetime
) -> None:
    to = {"failed": State.FAILED, "delivered": State.DELIVERED}.get(status.action)
    row = _told_to_one(mailbox, status.envid)
    if row is None:
        row = _addressed(mailbox, report.original_message_id, status.recipient, speaks_for)
    if to is None or row is None or not can(row.state, to):
        return
    reply = status.reply or Reply(550 if to is State.FAILED else 250, status.status, "")
    told = mask_patients(reply.text)
    Recipient.objects.filter(pk=row.pk, state=row.state).update(
        state=to, settled_at=now, reply_code=reply.code, reply_enhanced=reply.enhanced[:12], reply_text=told[:500]
    )
    notify.changed(mailbox.pk)


def _told_to_one(mailbox: Mailbox, envid: str) -> Recipient | None:
    """By our ENVID, which is the row's id."""
    try:
        return Recipient.objects.filter(mailbox=mailbox, pk=UUID(envid)).first()
    except ValueError:
        return None


def _addressed(mailbox: Mailbox, message_id: str, address: str, speaks_for: Callable[[str], bool]) -> Recipient | None:
    """The recipient of that address in what we sent under that Message-ID; a patient's address is compared opened."""
    if not message_id or not speaks_for(domain_of(address)):
        return None
    token = store.id_token(mailbox.keys.index, message_id)
    rows = Recipient.objects.filter(mailbox=mailbox, submission__message__message_id_token=token, address=mask(address))
    return next((row for row in rows if full_address(row, mailbox) == address), None)


def _read(mailbox: Mailbox, report: Report, speaks_for: Callable[[str], bool], now: datetime) -> None:
    """An MDN «displayed»: a fact beside the state (design §7)."""
    if report.disposition != "displayed":
        return
    row = _addressed(mailbox, report.original_message_id, report.reader, speaks_for)
    if row and Recipient.objects.filter(pk=row.pk, read_at=None).update(read_at=now):
        notify.changed(mailbox.pk)
