"""The means by which a session is opened, and what a proof is worth. Pure."""

from enum import StrEnum


class Means(StrEnum):
    """What the session's column, the audit and policies call each."""

    PASSWORD_SMS = "password+sms"  # noqa: S105  (a name)
    PASSWORD_TOTP = "password+totp"  # noqa: S105  (a name)
    PASSWORD_RECOVERY = "password+recovery"  # noqa: S105  (a name)
    PASSKEY = "passkey"
    PSC = "psc"
    CPS = "cps"


PASSWORD = "password"  # noqa: S105  (a proof, of who is in already: by itself it opens nothing)
STRONG = frozenset(Means) - {Means.PASSWORD_SMS}  # a number can be taken over (ASVS 6.6.1)
BY_PASSWORD = frozenset({Means.PASSWORD_SMS, Means.PASSWORD_TOTP, Means.PASSWORD_RECOVERY})
NAMES = {  # as a person reads them
    Means.PASSWORD_SMS: "mot de passe et SMS",
    Means.PASSWORD_TOTP: "mot de passe et application",
    Means.PASSWORD_RECOVERY: "mot de passe et code de secours",
    Means.PASSKEY: "clé d’accès",
    Means.PSC: "Pro Santé Connect",
    Means.CPS: "carte CPS",
}
