"""The words of a notice, pure: by SMS, in the GSM alphabet and without content; in a mailbox; on the page of one's account."""

from collections.abc import Mapping

FACTORS: Mapping[str, str] = {  # Notice.what
    "totp": "application d’authentification",
    "passkey": "clé d’accès",
    "psc": "Pro Santé Connect",
    "cps": "carte CPS",
}
_TITLES: Mapping[str, str] = {  # Notice.Kind
    "new_browser": "Nouvelle connexion à votre compte",
    "password_without_code": "Votre mot de passe a été donné, sans le code",
    "factor_added": "Moyen de connexion ajouté",
    "factor_removed": "Moyen de connexion retiré",
    "factor_reset": "Moyens de connexion retirés",
    "passkey_copied": "Copie de votre clé d’accès refusée",
    "codes_renewed": "Codes de secours refaits",
    "password_changed": "Mot de passe changé",
    "number_changed": "Numéro de mobile changé",
    "reset_asked": "Réinitialisation de votre accès demandée",
    "sector_linked": "Identité du secteur rattachée à votre compte",
    "deletion_asked": "Suppression de votre compte demandée",
}
_HAPPENED: Mapping[str, str] = {
    "new_browser": "votre compte a été ouvert sur un navigateur qu’il ne connaissait pas",
    "password_without_code": "votre mot de passe a été donné sur un navigateur inconnu, et le code n’a pas suivi\xa0: quelqu’un "
    "d’autre le connaît peut-être",
    "factor_added": "un moyen de connexion a été ajouté à votre compte",
    "factor_removed": "un moyen de connexion a été retiré de votre compte",
    "factor_reset": "vos moyens de connexion ont été retirés",
    "passkey_copied": "une de vos clés d’accès, copiée semble-t-il, a été refusée\xa0: retirez-la dans «\xa0Sécurité\xa0»",
    "codes_renewed": "vos codes de secours ont été refaits\xa0: ceux d’avant ne servent plus",
    "password_changed": "le mot de passe de votre compte a été changé",
    "number_changed": "le numéro de mobile de votre compte a été changé",
    "reset_asked": "la réinitialisation de votre accès a été demandée",
    "sector_linked": "votre compte a été rattaché à une identité du secteur",
    "deletion_asked": "la suppression de votre compte a été demandée",
}
_SHORT: Mapping[str, str] = {  # GSM 03.38: no apostrophe of typographers, no «ê», no unbreakable space
    "new_browser": "connexion sur un navigateur nouveau",
    "password_without_code": "votre mot de passe a été donné, sans le code",
    "factor_added": "un moyen de connexion a été ajouté",
    "factor_removed": "un moyen de connexion a été retiré",
    "factor_reset": "vos moyens de connexion ont été retirés",
    "passkey_copied": "une clé d'accès, copiée semble-t-il, a été refusée",
    "codes_renewed": "vos codes de secours ont été refaits",
    "password_changed": "votre mot de passe a été changé",
    "number_changed": "votre numéro de mobile a été changé",
    "reset_asked": "réinitialisation de votre accès demandée",
    "sector_linked": "une identité du secteur a été rattachée",
    "deletion_asked": "suppression de votre compte demandée",
}


def title(kind: str) -> str:
    return _TITLES[kind]


def happened(kind: str, *, what: str, device: str, client: str | None, by_other: bool) -> str:
    """« votre mot de passe a été changé, depuis Firefox sous Windows (adresse 192.0.2.7) », after its instant."""
    factor = f" ({FACTORS[what]})" if what in FACTORS else ""
    if by_other:
        return f"{_HAPPENED[kind]}{factor}, par un administrateur"
    place = f" (adresse {client})" if client else ""
    if kind == "new_browser":
        return f"{_HAPPENED[kind]}\xa0: {device}{place}"
    return f"{_HAPPENED[kind]}{factor}{f', depuis {device}{place}' if device else ''}"


def sms(kind: str, link: str) -> str:
    """No hour: whose clock is not known here."""
    return f"mssweb, votre compte : {_SHORT[kind]}. Ce n'était pas vous ? {link}"
