"""What is held of one person, for themselves (GDPR art. 15 and 20): tables, written as JSON and as a page, in one zip.

Theirs alone: no mail, no secret, nothing of colleagues. Bounded: the newest of what may be long, and it says so.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone

from auth_otp import factors, notice_words
from auth_otp.models import Notice, Passkey, SectorLink, Session, User
from mailbox.models import Membership, NoticeChannel, OrdinaryAddress, Preference, Staff
from mailbox.ordinary import address
from mssweb import crypto
from mssweb.audit.models import AuditEvent

MOST = 5000  # rows of one table
_OF_THE_ACCOUNT = ("session.", "factor.", "code.", "user.", "number.", "preference.", "notice.", "ordinary.")


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the key in JSON; the rest is what a person reads."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def bundle(user: User, now: datetime) -> bytes:
    """A zip: `donnees.json`, `donnees.html`."""
    tables = list(tables_of(user))
    told = {one.name: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for one in tables}
    page = render_to_string("mailbox/me/data_file.html", {"tables": tables, "user": user, "now": now, "most": MOST})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("donnees.json", json.dumps(told, ensure_ascii=False, indent=1))
        file.writestr("donnees.html", page)
    return made.getvalue()


def tables_of(user: User) -> Iterator[Table]:
    yield _account(user)
    yield _factors(user)
    yield _sessions(user)
    yield _preferences(user)
    yield _places(user)
    yield _notices(user)
    yield _events(user)


def _account(user: User) -> Table:
    facts: Mapping[str, object] = {
        "identifiant interne": user.pk, "identifiant": user.login, "RPPS": user.rpps, "titre": user.title,
        "prénom": user.first_name, "nom": user.last_name, "profession": user.profession, "mobile": user.phone,
        "compte ouvert": _at(user.created_at), "dernière connexion": _at(user.last_login),
        "SMS à chaque navigateur nouveau": _yes(user.wants_browser_sms), "administrateur": _yes(user.is_staff),
    }  # fmt: skip
    return Table("compte", "Votre compte", ("quoi", "valeur"), [(name, str(value)) for name, value in facts.items()])


def _factors(user: User) -> Table:
    rows = [("mot de passe", "", "")] if user.has_usable_password() else []
    if user.phone:
        rows.append(("code par SMS", "", ""))
    if device := factors.totp_of(user):
        rows.append(("application d’authentification", _at(device.added_at), _at(device.used_at)))
        rows.append((f"codes de secours : {factors.codes_left(user)} non employés", "", ""))
    rows += [(f"clé d’accès « {key.name} »", _at(key.added_at), _at(key.used_at)) for key in _of(Passkey, user)]
    rows += [
        (f"{link.get_kind_display()} {link.subject}", _at(link.added_at), _at(link.used_at))
        for link in _of(SectorLink, user)
    ]
    return Table("moyens", "Vos moyens de connexion (sans leurs secrets)", ("moyen", "ajouté", "dernier emploi"), rows)


def _sessions(user: User) -> Table:
    rows = Session.objects.filter(user=user).order_by("-gesture_at")[:MOST]
    told = [(one.device, one.client or "", one.means, _at(one.created_at), _at(one.gesture_at)) for one in rows]
    columns = ("appareil", "adresse", "moyen", "ouverte", "dernier geste")
    return Table("sessions", "Vos sessions ouvertes", columns, told)


def _preferences(user: User) -> Table:
    found = Preference.objects.filter(user=user).first()
    fields = [one for one in Preference._meta.concrete_fields if one.name != "user"]
    rows = [(one.name, str(one.value_from_object(found))) for one in fields] if found else []
    if channel := NoticeChannel.objects.filter(user=user).first():
        rows.append(("avertissements de clôture", channel.get_channel_display()))
    if ordinary := OrdinaryAddress.objects.filter(user=user).first():
        try:
            rows.append(("adresse ordinaire d’avertissement", address.read(ordinary)))
        except crypto.Unreadable:
            rows.append(("adresse ordinaire d’avertissement", "illisible"))
    return Table("preferences", "Vos préférences", ("quoi", "valeur"), rows)


def _places(user: User) -> Table:
    boxes = Membership.objects.filter(user=user).select_related("mailbox").order_by("created_at")
    rows = [(one.mailbox.address, one.get_role_display(), _at(one.created_at)) for one in boxes[:MOST]]
    works = Staff.objects.filter(user=user).select_related("tenant").order_by("decided_at")
    rows += [(one.tenant.name, one.get_state_display(), _at(one.decided_at)) for one in works[:MOST]]
    return Table("boites", "Vos boîtes et vos structures", ("où", "à quel titre", "depuis"), rows)


def _notices(user: User) -> Table:
    rows = [(_at(one.at), notice_words.title(one.kind), one.device, one.client or "") for one in
            Notice.objects.filter(user=user).order_by("-at")[:MOST]]  # fmt: skip
    return Table("avertissements", "Ce dont vous avez été averti", ("quand", "quoi", "appareil", "adresse"), rows)


def _events(user: User) -> Table:
    """Of their account: by them, or on them. The addresses of who acted on them are not theirs to have."""
    about = Q()
    for start in _OF_THE_ACCOUNT:
        about |= Q(action__startswith=start)
    theirs = Q(actor=user) | Q(subject_kind="user", subject_id=str(user.pk))
    rows = AuditEvent.objects.filter(about, theirs).order_by("-at")[:MOST]
    told = [(_at(one.at), one.what, one.outcome, (one.client or "") if one.actor_id == user.pk else "") for one in rows]
    return Table("journal", "Le journal de votre compte", ("quand", "quoi", "résultat", "adresse"), told)


def _of[Row: (Passkey, SectorLink)](model: type[Row], user: User) -> Iterable[Row]:
    found: Iterable[Row] = model.objects.filter(user=user).order_by("added_at")[:MOST]
    return found


def _at(instant: datetime | None) -> str:
    return timezone.localtime(instant).isoformat(timespec="seconds") if instant else ""


def _yes(claim: bool) -> str:
    return "oui" if claim else "non"
