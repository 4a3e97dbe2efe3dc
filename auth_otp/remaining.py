"""What a person is left with once a way in is gone: never nothing, and of an administrator never an SMS alone.

The caller holds the person (`hold`): of two that are removed at once, one stays.
"""

from django.conf import settings
from django.db import connection
from django_otp.models import Device

from auth_otp.means import Means
from auth_otp.models import Passkey, RecoveryCode, SectorLink, Session, TOTPDevice, User
from auth_otp.sessions import row_key

_ALONE = "C’est votre seule façon d’entrer\u00a0: ajoutez-en une autre d’abord."
_WEAK = (
    "C’est votre dernière façon sûre\u00a0: pour un administrateur, un SMS ne suffit pas. Ajoutez-en une autre d’abord, une clé "
    "d’accès par exemple."
)
_HOLDS = """
SELECT EXISTS (SELECT FROM auth_otp_totpdevice WHERE user_id = %(user)s)
    OR EXISTS (SELECT FROM auth_otp_passkey WHERE user_id = %(user)s)
    OR EXISTS (SELECT FROM auth_otp_sectorlink WHERE user_id = %(user)s)
"""


def why_kept(user: User, leaving: Device) -> str:
    """In words why this one stays; «» when it may go."""
    keys = Passkey.objects.filter(user=user).exclude(pk=leaving.pk if isinstance(leaving, Passkey) else None).exists()
    links = (
        SectorLink.objects.filter(user=user)
        .exclude(pk=leaving.pk if isinstance(leaving, SectorLink) else None)
        .exists()
    )
    codes = not isinstance(leaving, TOTPDevice) and TOTPDevice.objects.filter(user=user).exists()
    if not (keys or links or (user.has_usable_password() and (codes or bool(user.phone)))):
        return _ALONE
    is_bound = settings.ADMIN_STRONG and user.is_staff
    return _WEAK if is_bound and not (keys or links or codes) else ""


def hold(user: User) -> None:
    """What this person holds changes in one place at a time."""
    User.objects.select_for_update(no_key=True).values_list("pk").get(pk=user.pk)


def holds_strong(user: User) -> bool:
    """As the tables say now."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, {"user": user.pk})
        return bool(cursor.fetchone()[0])


def drop_codes(user: User, *, but: str | None = None) -> None:
    """Recovery codes stand for something stronger: without it they end, and what they opened (`but` the session of that key)."""
    if not holds_strong(user):
        RecoveryCode.objects.filter(user=user, until=None).delete()  # one that was handed over stands for itself
        rows = Session.objects.filter(user=user, means=Means.PASSWORD_RECOVERY)
        rows.exclude(pk=row_key(but) if but else "").delete()
