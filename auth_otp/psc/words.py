"""What a person reads when Pro Santé Connect did not let them in, and the status of that page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`again`: what trying once more is called, where it may help; `another`: by proving to be somebody else."""

    title: str
    text: str
    status: int
    again: str = "Réessayer"
    another: bool = False


REFUSALS = {
    "denied": Words(
        "Connexion annulée",
        "La demande a été refusée ou abandonnée sur Pro Santé Connect. Rien n’a été ouvert.",
        403,
    ),
    "away": Words(  # ECO.1.2.3
        "Pro Santé Connect ne répond pas",
        "Ce n’est pas votre carte, ni votre poste\u00a0: le service ne répond pas en ce moment. Connectez-vous d’une "
        "autre façon, ou réessayez dans quelques minutes.",
        503,
    ),
    "expired": Words(
        "Cette tentative a expiré",
        "Elle a duré plus de dix minutes, a déjà servi, ou a été commencée dans un autre navigateur. Recommencez.",
        400,
    ),
    "false": Words(
        "Réponse impossible à vérifier",
        "La réponse reçue au nom de Pro Santé Connect n’est pas celle qui était attendue\u00a0: elle est refusée, rien n’a été "
        "ouvert. Si cela se répète, prévenez l’administrateur de la messagerie.",
        403,
    ),
    "no_rpps": Words(
        "Il faut un numéro RPPS",
        "Votre carte ne porte pas de numéro RPPS. Cette porte n’ouvre qu’aux professionnels qui en ont un\u00a0: connectez-vous "
        "avec l’identifiant que votre officine vous a donné.",
        403,
        again="Choisir une autre identité",
        another=True,
    ),
    "unknown": Words(
        "L’annuaire ne vous connaît pas",
        "Pro Santé Connect vous a reconnu, mais l’Annuaire Santé n’a personne en exercice à votre numéro RPPS, et aucun "
        "compte n’est ouvert ici à ce numéro. Une inscription récente à l’Ordre y paraît en quelques jours\u00a0; d’ici là, "
        "adressez-vous à votre titulaire.",
        403,
        again="Choisir une autre identité",
        another=True,
    ),
    "inactive": Words(
        "Votre compte est fermé",
        "Votre accès à cette messagerie a été fermé. Adressez-vous au titulaire de votre officine.",
        403,
        again="Choisir une autre identité",
        another=True,
    ),
    "occupied": Words(
        "Une autre session est ouverte ici",
        "Quelqu’un d’autre s’est connecté dans ce navigateur pendant que vous vous identifiiez. Fermez d’abord cette session, "
        "puis recommencez.",
        409,
        again="",
    ),
    "another": Words(
        "Ce n’est pas la même personne",
        "Pro Santé Connect a reconnu quelqu’un d’autre que la personne dont la session est ouverte ici. Rien n’a été montré.",
        403,
    ),
    "phone_denied": Words(
        "Demande refusée sur le téléphone",
        "La demande a été refusée dans l’application e-CPS. Si ce n’était pas vous, ne recommencez pas\u00a0: prévenez votre "
        "titulaire.",
        403,
    ),
    "phone_expired": Words(
        "Personne n’a répondu",
        "La demande n’a pas été confirmée dans les deux minutes. Vérifiez le numéro RPPS, ouvrez l’application e-CPS du "
        "téléphone, puis recommencez.",
        408,
    ),
}
