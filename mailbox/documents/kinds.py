"""Types of health documents in the words of the counter: a code (LOINC, TRE_A04) to a chip. Pure.

Only codes that the reference names (§10); of another the sender's own words are shown.
"""

from collections.abc import Iterable

_CODES = {
    "57833-6": ("Ordonnance", "pill"),
    "60593-1": ("Dispensation", "pill"),
    "87273-9": ("Vaccination", "syringe"),
    "11369-6": ("Vaccination", "syringe"),
    "96173-0": ("Test rapide", "test-tube"),
    "11502-2": ("CR de biologie", "test-tube"),
    "11490-0": ("Lettre de liaison", "file-heart"),
    "18761-7": ("Lettre de liaison", "file-heart"),
    "SYNTH": ("Synthèse médicale", "file-heart"),
    "18748-4": ("CR d’imagerie", "image"),
}
CRITICAL = ("Résultat critique", "triangle-alert")  # BIO/va1.01
_LONGEST = 28


def chip(code: str, label: str, title: str = "") -> tuple[str, str]:
    """Its words and its icon."""
    if known := _CODES.get(code):
        return known
    words = label or title or "Document de santé"
    return (words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"), "file-heart"


def of_header(codes: str) -> list[tuple[str, str]]:
    """Chips of X-MSS-CODECDA, before the archive was opened; unknown codes say nothing."""
    return unique(_CODES[code] for one in codes.split(",") if (code := one.strip()) in _CODES)


def known() -> list[tuple[str, str]]:
    """Every chip that a code gives, each once: what a rule may ask for."""
    return unique(_CODES.values())


def unique(chips: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(chips))
