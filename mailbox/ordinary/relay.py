"""Where ordinary mail leaves: a relay of the operator's, by TLS; files in a folder of the demonstration. Never our gateway.

A relay takes a mail or it raises Temporary or Permanent. Refuses to send without TLS when a password is given.
"""

import smtplib
import ssl
from pathlib import Path

from django.conf import settings

_TIMEOUT_SECONDS = 15.0


class Failed(Exception):
    """The mail was not taken."""


class Temporary(Failed):
    """Trying again may help; so may whatever is unknown."""


class Permanent(Failed):
    """It will not be taken, ever."""


def is_there() -> bool:
    """Can anything be sent at all? Without a relay the choice is not shown."""
    return bool(settings.ORDINARY_RELAY or settings.DEMO)


def send(name: str, to: str, raw: bytes) -> None:
    """`name` tells one mail from another; what was sent twice under it is one file of the demonstration."""
    if settings.ORDINARY_RELAY:
        _relay(to, raw)
    else:
        folder = Path(settings.MSSWEB_HOME) / "ordinary"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / f"{name}.eml").write_bytes(raw)


def _relay(to: str, raw: bytes) -> None:
    host, _, port = settings.ORDINARY_RELAY.rpartition(":")
    try:
        with _opened(host, int(port)) as smtp:
            if settings.ORDINARY_USER:
                smtp.login(settings.ORDINARY_USER, settings.ORDINARY_PASSWORD)
            smtp.sendmail(settings.ORDINARY_FROM, [to], raw)
    except smtplib.SMTPRecipientsRefused as error:
        refused: list[tuple[int, bytes]] = list(error.recipients.values())
        raise (Permanent if all(code >= 500 for code, _ in refused) else Temporary) from None
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise (Permanent if error.smtp_code >= 500 else Temporary) from None
    except (smtplib.SMTPException, OSError, ValueError):  # ours to mend, or theirs: the next try tells
        raise Temporary from None


def _opened(host: str, port: int) -> smtplib.SMTP:
    if settings.ORDINARY_TLS == "none":  # on this machine alone: settings.py refuses it with a password
        return smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context(cafile=settings.ORDINARY_CA or None)
    if settings.ORDINARY_TLS == "implicit":  # RFC 8314 §3
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        smtp.starttls(context=context)
    except BaseException:
        smtp.close()
        raise
    return smtp
