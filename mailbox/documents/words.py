"""What is said of a document that is not shown, or that is not what it should be: a sentence for each code. Pure."""

from collections.abc import Iterable

NOTICES = {
    "program": "C’est un programme, quel que soit son nom : il n’est jamais ouvert. Ne l’exécutez pas.",
    "disguised": "Ce fichier n’est pas du type que son nom annonce : il n’est pas affiché. Interrogez l’expéditeur.",
    "encrypted": "Ce PDF est protégé par un mot de passe : il n’est pas affiché. Téléchargez-le pour l’ouvrir.",
    "encrypted_archive": "Cette archive est protégée par un mot de passe : elle n’est pas ouverte.",
    "damaged": "Ce fichier est abîmé ou incomplet : il n’est pas affiché. Demandez à l’expéditeur de le renvoyer.",
    "too_large": "Ce fichier est trop volumineux pour être affiché.",
    "bomb": "Ce fichier prendrait une place démesurée une fois ouvert : il n’est pas ouvert.",
    "nested": "Cette archive en contient une autre : elle n’est pas ouverte.",
    "too_many": "Cette archive contient trop de fichiers : elle n’est pas ouverte.",
    "climbing": "Les noms de fichiers de cette archive visent d’autres dossiers : elle n’est pas ouverte.",
    "entities": "Ce document XML contient des définitions interdites : il n’est pas affiché.",
    "too_deep": "Ce document est trop imbriqué : il n’est pas affiché.",
    "unsupported": "Pas d’aperçu pour ce type de fichier. Téléchargez-le pour l’ouvrir.",
    "absent": "Ce document n’est pas dans l’archive.",
    "timeout": "L’aperçu de ce fichier prend trop de temps : il n’est pas affiché.",
    "crashed": "Ce fichier a fait échouer l’aperçu : il n’est pas affiché.",
    "busy": "Trop d’aperçus en même temps. Réessayez dans un instant.",
    "unexamined": "Ce fichier n’a pas pu être examiné, antivirus compris : il n’est pas affiché. Ne l’ouvrez que si vous"
    " l’attendiez, ou demandez à l’expéditeur de le renvoyer.",
    "infected": "L’antivirus a reconnu un virus dans ce fichier : il est mis à part. Prévenez l’expéditeur.",
}
PROBLEMS = {
    "hash": "Le document n’est pas celui que l’archive décrit (empreinte différente) : il a pu être modifié.",
    "size": "La taille du document n’est pas celle que l’archive annonce.",
    "patient": "L’INS du document n’est pas celui que l’archive annonce.",
    "patient_traits": "La date de naissance du document n’est pas celle que l’archive annonce.",
    "undeclared": "L’archive ne décrit pas ce document.",
    "absent": "L’archive annonce un document qui ne s’y trouve pas.",
    "no_pictures": "Les images de ce document ne peuvent pas être affichées : téléchargez-le pour les voir.",
    "several_patients": "Cette archive parle de plusieurs patients.",
    "no_metadata": "Cette archive n’a pas de description (METADATA.XML) : rien n’a pu être vérifié.",
    "bad_metadata": "La description de cette archive (METADATA.XML) est illisible : rien n’a pu être vérifié.",
}
CRITICAL = "Le laboratoire signale un résultat critique ({}) : lisez-le sans attendre."
_FLAGS = {"AA": "très anormal", "HH": "très élevé", "LL": "très bas"}
VERSIONS = {
    "duplicate": "Doublon d’un document déjà reçu dans ce fil.",
    "replaced": "Version remplacée : une plus récente est dans ce fil.",
    "replaces": "Annule et remplace une version précédente.",
}
SCANS = {  # verdicts that are none
    "waiting": "pas encore analysé par l’antivirus",
    "too_large": "trop volumineux pour l’antivirus : pas analysé",
}
GRAVE = frozenset({"program", "disguised", "bomb", "nested", "climbing", "entities", "infected", "too_many"})


def notice(code: str) -> str:
    """Its sentence; a general one for a code of a later version."""
    return NOTICES.get(code, NOTICES["damaged"]) if code else ""


def alert(flags: Iterable[str]) -> str:
    """BIO/va1.01; '' for none."""
    told = [_FLAGS[flag] for flag in flags if flag in _FLAGS]
    return CRITICAL.format(", ".join(told)) if told else ""


def problem(code: str) -> str:
    return PROBLEMS.get(code) or NOTICES.get(code) or "Un contrôle de ce document a échoué."
