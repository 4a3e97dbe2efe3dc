"""Which passwords are refused as they are chosen: easily guessed ones, and breached ones, by lists that are read here.

NIST SP 800-63B: twelve characters and these lists, no rule of composition, no rotation. Nothing is asked of the network;
no password, nor any part of it, leaves this process.
"""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from auth_otp import known
from auth_otp.models import User

# Words of the place, and of keyboards that the lists of others do not know (documented in SECURITY: ASVS 6.1.2)
WORDS = (
    "mssweb", "mssante", "mssanté", "messagerie", "pharmacie", "pharmacien", "officine", "preparateur", "medicament",
    "motdepasse", "bonjour", "azertyuiop", "azerty", "qsdfghjklm", "wxcvbn", "janvier", "fevrier", "mars", "avril", "juin",
    "juillet", "aout", "septembre", "octobre", "novembre", "decembre", "printemps", "automne", "hiver",
)  # fmt: skip
_FEWEST_GUESSES = 10**9  # by someone who knows lists, keyboards, dates, this place and this person
# Characters that are judged: half a second at worst (72 took two, «4@8({[<369…» being read as so many words)
_MOST_READ = 32
_LINE = 256  # bytes that hold one whole line at least, wherever one begins to read


class GuessableValidator:
    """Dictionaries of passwords, words and names, keyboards, dates, repetitions, and the person's own names (zxcvbn)."""

    def validate(self, password: str, user: User | None = None) -> None:
        from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # here: its lists are megabytes, for a page that few ask for

        if zxcvbn(password[:_MOST_READ], user_inputs=_known(user))["guesses"] < _FEWEST_GUESSES:
            raise ValidationError(
                "Ce mot de passe se devine trop facilement\xa0: nom, mot courant, date, suite de touches ou répétition. "
                "Choisissez plusieurs mots sans lien entre eux.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return "Le mieux est une suite de mots sans lien entre eux\xa0; ni votre nom, ni celui de l’officine."


class BreachedValidator:
    """Looked up in the list that is shipped, then in a file of the operator's: `SHA1:count` a line, in order, as Have I
    Been Pwned publishes them.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        is_theirs = settings.BREACHED_PASSWORDS and _is_listed(Path(settings.BREACHED_PASSWORDS), digest.encode())
        if is_theirs or known.is_known(password):
            raise ValidationError(
                "Ce mot de passe figure dans une fuite de données connue\xa0: il sera essayé. Choisissez-en un autre.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return "Un mot de passe qui a servi ailleurs n’est plus sûr."


def _known(user: User | None) -> list[str]:
    """Words that somebody would try first on this person, here."""
    about = [user.login, user.first_name, user.last_name, user.rpps, user.phone[-9:]] if user else []
    about.append(urlsplit(settings.BASE_URL).hostname or "")
    parts = {part.lower() for text in about for part in [text, *re.split(r"\W+", text)] if len(part) > 2}
    return [*WORDS, *sorted(parts)]


def _is_listed(path: Path, digest: bytes) -> bool:
    """By halves, in a file of any size: some thirty reads."""
    with path.open("rb") as lines:
        low, high = 0, os.fstat(lines.fileno()).st_size
        while high - low > _LINE:
            middle = (low + high) // 2
            lines.seek(middle)
            lines.readline(_LINE)  # the rest of a line
            if lines.readline(_LINE)[:40].upper() <= digest:
                low = middle
            else:
                high = middle
        lines.seek(low)
        if low:
            lines.readline(_LINE)
        return any(line[:40].upper() == digest for line in lines.readlines(2 * _LINE))
