"""What the *titulaire* asks, or announces, is told: in the person's own nominative mailbox, and on the page that they land on.

Never in a mailbox that others read. The row is the queue: written and settled in one transaction.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format

from auth_otp import factors, holdings
from auth_otp.models import User
from mailbox.daily import letter_box
from mailbox.models import Staff
from mailbox.outbound import house
from mailbox.staff import rules
from mailbox.staff.policy import WORDS

_BATCH = 200  # of a turn
_WHERE = "dans «\u00a0Mes préférences\u00a0», «\u00a0Sécurité\u00a0»"


def look_over(now: datetime) -> int:
    """Tell what is due; returns how many."""
    ids = Staff.objects.exclude(letter="").values_list("pk", flat=True)[:_BATCH]
    return sum(_tell(pk, now) for pk in list(ids))


def _tell(pk: UUID, now: datetime) -> bool:
    with transaction.atomic():
        rows = Staff.objects.select_for_update(skip_locked=True, of=("self",)).select_related("tenant", "user")
        row = rows.exclude(letter="").filter(pk=pk).first()
        if row is None:
            return False
        box = letter_box(row.user) if row.is_authorised else None
        if box is not None and (words := _words(row)) and not house.write(box, *words, now=now):
            return False
        Staff.objects.filter(pk=pk).update(letter="")
        return box is not None


def _words(row: Staff) -> tuple[str, ...]:
    """() when there is nothing to be told any more."""
    name = row.tenant.name
    if row.letter == Staff.Letter.STRONGER:
        return (
            "Une façon plus sûre de vous connecter",
            f"Le titulaire de {name} vous demande d’ajouter une façon plus sûre de vous connecter\u00a0: une clé d’accès ou une "
            f"application d’authentification. Cela se fait en deux minutes, {_WHERE}.",
        )
    told, today = rules.told_of(row.tenant), rules.today_of(row.tenant)
    is_ahead = told.coming is not None and told.on is not None and not told.is_due(today)
    said = told.coming.says if is_ahead and told.coming is not None else told.at(today).says
    when = f"À partir du {date_format(told.on, 'j F Y')}" if is_ahead and told.on else "Dès maintenant"
    lines = "\n".join(f"– {one}" for one in said) or "– celles de l’opérateur, sans rien de particulier"
    return (
        f"Connexion\u00a0: les règles de {name} changent",
        f"{when}\u00a0:\n{lines}",
        f"Ce que vous avez pour vous connecter est {_WHERE}.",
    )


def reminders(user: User, now: datetime) -> list[str]:
    """For the page that somebody lands on: what they are asked, while they have not done it."""
    rows = rules.places_of(user=user.pk)
    asked = next((row for row in rows if row.asked_at is not None), None)
    said = []
    if asked is not None and not factors.has_strong(user):
        said.append(
            f"Le titulaire de {asked.tenant.name} vous demande une façon plus sûre de vous connecter\u00a0: ajoutez-la {_WHERE}."
        )
    for row in rows:
        told, today = rules.told_of(row.tenant), rules.today_of(row.tenant)
        if told.coming is None or told.on is None or told.is_due(today) or not told.coming.refused:
            continue
        if not holdings.held_by([user.pk], now=now)[user.pk].opens(told.coming.means):
            ways = ", ni ".join(WORDS[way] for way in sorted(told.coming.refused))
            said.append(
                f"À partir du {date_format(told.on, 'j F Y')}, {row.tenant.name} n’accepte plus {ways}\u00a0: ajoutez une autre "
                f"façon de vous connecter {_WHERE}."
            )
    return said
