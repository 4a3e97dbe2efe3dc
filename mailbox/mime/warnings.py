"""Why a message is shown degraded: short codes, and the French sentence the screen gives for each.

Not all of them degrade what is shown: `QUIET` ones are defects of form of which a reader loses nothing.
"""

from collections.abc import Iterable

WARNINGS: dict[str, str] = {
    "nul_bytes": "Ce message contient des caractères nuls, remplacés à l’affichage.",
    "bare_line_ends": "Les fins de ligne de ce message ne respectent pas la norme.",
    "header_too_long": "L’en-tête de ce message est trop long : il n’a été lu qu’en partie.",
    "header_broken": "L’en-tête de ce message est abîmé : des lignes illisibles ont été ignorées.",
    "header_repeated": "Un champ qui doit être unique (expéditeur, objet, date) figure plusieurs fois dans ce message.",
    "several_from": "Ce message déclare plusieurs expéditeurs : son auteur n’est pas certain.",
    "no_from": "Ce message ne dit pas qui l’a écrit.",
    "misleading_name": "Le nom affiché de l’expéditeur contient une autre adresse que la sienne.",
    "too_many_addresses": "Ce message a trop de destinataires : seuls les premiers sont affichés.",
    "no_date": "Ce message ne porte pas de date lisible.",
    "charset_unknown": "L’alphabet de ce message est inconnu : des caractères peuvent être faux.",
    "charset_wrong": "Ce message n’est pas écrit dans l’alphabet annoncé : des caractères peuvent être faux.",
    "encoding_unknown": "Une partie de ce message est encodée d’une façon inconnue : elle est donnée telle quelle.",
    "too_many_files": "Ce message a trop de pièces jointes : seules les 200 premières sont affichées et analysées.",
    "too_many_parts": "Ce message a trop de parties : les dernières sont données d’un seul bloc.",
    "too_deep": "Ce message est trop imbriqué : ses parties les plus profondes sont données telles quelles.",
    "boundary_missing": "La structure de ce message est illisible : son contenu est donné brut.",
    "boundary_unclosed": "La fin de ce message manque : il a peut-être été coupé.",
    "boundary_reused": "La structure de ce message est ambiguë : vérifiez les pièces jointes.",
    "parts_after_end": "Des pièces jointes figuraient après la fin annoncée du message.",
    "undissected": "Ce message n’a pas pu être analysé : son début est affiché brut.",
}

QUIET = frozenset({"bare_line_ends"})  # read as line ends: every word stands where its author put it


def is_degraded(codes: Iterable[str]) -> bool:
    """Is what is shown other than what was written, or doubtful?"""
    return any(code not in QUIET for code in codes)


def sentence(code: str) -> str:
    """The sentence of a code, a general one for a code of a later version."""
    return WARNINGS.get(code, "Ce message est affiché en mode dégradé.")
