"""What a missive says, by SMS and by letter. In the GSM alphabet where it is an SMS; no name, and never what the code opens."""

from urllib.parse import urlsplit

from django.conf import settings

from auth_otp.missives import Content
from auth_otp.models import Missive

_Kind = Missive.Kind


def sms(kind: str, what: Content) -> str:
    host = urlsplit(settings.BASE_URL).hostname
    match kind:
        case _Kind.MOBILE:
            words = f"mssweb : le code qui confirme ce mobile est {what.secret}. Ne le communiquez à personne."
            return f"{words} Valable 10 minutes.\n\n@{host} #{what.secret}"
        case _Kind.RESET_SMS:
            words = f"mssweb : quelqu'un demande un nouveau mot de passe pour vous. Si c'est vous, le code est {what.secret}"
            return f"{words} (15 minutes). Sinon, ne le donnez à personne.\n\n@{host} #{what.secret}"
        case _Kind.ACTIVATE:
            return (
                f"mssweb : votre messagerie vous attend. Ouvrez {what.secret} et tapez le code que vous dira la personne"
                " qui vous invite. Valable 3 jours."
            )
        case _:
            return what.secret


def letter(kind: str, what: Content) -> tuple[str, str]:
    """The subject, and the text."""
    code = what.secret.upper()
    host = urlsplit(settings.BASE_URL).hostname
    if kind == _Kind.ENROL:
        return (
            "Code d’ouverture de votre compte de messagerie",
            f"Bonjour,\n\nQuelqu’un demande à ouvrir un compte de messagerie sur {host} avec votre numéro RPPS.\n\n"
            f"Si c’est vous, tapez ce code sur la page où vous avez fait la demande, dans les 24 heures :\n\n    {code}\n\n"
            "Si ce n’est pas vous, ne faites rien et ne donnez ce code à personne, pas même au téléphone : sans lui, aucun"
            " compte ne s’ouvre.\n",
        )
    return (
        "Code pour retrouver l’accès à votre messagerie",
        f"Bonjour,\n\nQuelqu’un demande à choisir un nouveau mot de passe pour votre compte sur {host}.\n\n"
        f"Si c’est vous, tapez ce code sur la page où vous avez fait la demande, dans les 24 heures :\n\n    {code}\n\n"
        "Si ce n’est pas vous, ne donnez ce code à personne, pas même au téléphone, et prévenez le titulaire de votre"
        " officine.\n",
    )
