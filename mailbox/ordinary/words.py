"""The two mails that ever leave to an ordinary address, and nothing else: pure.

Refuses any word of a mailbox: no name, no address, no subject, no number. What travels there is in clear and read by others.
"""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

_POLICY = policy.SMTP.clone(
    max_line_length=900
)  # under 998 (RFC 5322 §2.1.1): folded, the address of a link is no link
_END = (
    "\n\n-- \nCe message automatique ne contient et ne contiendra jamais aucune donnée de santé. N’y répondez pas."
    "\nNe plus recevoir ces messages : {stop}\n"
)
_NEWS = (
    "Bonjour,\n\nUn message vous attend dans votre messagerie sécurisée de santé.\n\nPour le lire, ouvrez votre messagerie"
    " comme d’habitude. Par prudence, ce courriel ne contient aucun lien pour s’y connecter."
)
_CODE = (
    "Bonjour,\n\nVotre code de confirmation : {code}\n\nSaisissez-le dans « Mes préférences » de votre messagerie pour être"
    " averti ici de l’arrivée de messages. Il est valable quinze minutes. Si vous n’avez rien demandé, ignorez ce message."
)


def news(*, to: str, sender: str, stop: str, name: str, at: datetime) -> bytes:
    """«A message waits for you»; `stop` is the address of the link that ends it, `name` the Message-ID without brackets."""
    return _mail("Un message vous attend", _NEWS, to=to, sender=sender, stop=stop, name=name, at=at)


def code(*, digits: str, to: str, sender: str, stop: str, name: str, at: datetime) -> bytes:
    return _mail(
        "Votre code de confirmation", _CODE.format(code=digits), to=to, sender=sender, stop=stop, name=name, at=at
    )


def _mail(subject: str, text: str, *, to: str, sender: str, stop: str, name: str, at: datetime) -> bytes:
    mail = EmailMessage(policy=_POLICY)
    mail["From"], mail["To"], mail["Subject"] = f"Messagerie de santé <{sender}>", to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{name}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    mail["List-Unsubscribe"] = f"<{stop}>"  # RFC 8058 §3.1: one click in the mail program itself
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(text + _END.format(stop=stop), cte="quoted-printable")
    return mail.as_bytes()
