"""Why a card does not open, as a code for the journal and in French for its holder: what happened, and the way on. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    NO_CARD = "no-card"
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"  # another authority than the pinned one, of the same name perhaps
    ENDED = "ended"
    NOT_BEGUN = "not-begun"
    SIGNATURE = "signature"  # the card's other certificate
    USAGE = "usage"
    POLICY = "policy"
    ORGANISATION = "organisation"
    NO_NUMBER = "no-number"
    REVOKED = "revoked"
    UNCERTAIN = "uncertain"  # no list of revocations that is in its time
    STALE = "stale"  # no ticket of ours, or too old, or no reading was asked for here
    REPLAYED = "replayed"  # one that has served, or of another browser
    NOBODY = "nobody"
    CLOSED = "closed"
    OTHER = "other"  # somebody else's than the session's person


@dataclass(frozen=True, slots=True)
class Words:
    """`again`: what trying again is called, nothing when it is of no use."""

    title: str
    text: str
    again: str = "Lire ma carte de nouveau"


_OTHER_CARD = "Lire une autre carte"
_MEANWHILE = "D’ici là, connectez-vous autrement."
WORDS = {
    Refusal.NO_CARD: Words(
        "Insérez votre carte CPS",
        "Aucune carte n’a été lue. Vérifiez qu’elle est bien dans le lecteur, puis recommencez\u00a0: votre navigateur propose "
        "un certificat à votre nom, puis le code de la carte est demandé.",
    ),
    Refusal.UNREADABLE: Words("Carte illisible", "Le certificat présenté ne se lit pas. Recommencez."),
    Refusal.FOREIGN: Words(
        "Ce n’est pas une carte CPS",
        "Ce certificat n’a pas été délivré par l’autorité des cartes de professionnels de santé. Recommencez, et choisissez "
        "celui de votre carte.",
    ),
    Refusal.ENDED: Words(
        "Carte expirée",
        "Le certificat de cette carte a pris fin. Si vous en avez reçu une autre, servez-vous de celle-là\u00a0; sinon "
        f"adressez-vous à l’Agence du numérique en santé. {_MEANWHILE}",
        again=_OTHER_CARD,
    ),
    Refusal.NOT_BEGUN: Words(
        "Carte pas encore valable",
        f"Le certificat de cette carte n’a pas encore pris effet. {_MEANWHILE}",
        again=_OTHER_CARD,
    ),
    Refusal.SIGNATURE: Words(
        "C’est le certificat de signature",
        "Votre carte porte deux certificats. Recommencez, et choisissez celui d’authentification.",
    ),
    Refusal.USAGE: Words(
        "Ce certificat ne sert pas à se connecter",
        "Recommencez, et choisissez le certificat d’authentification de votre carte.",
    ),
    Refusal.POLICY: Words(
        "Ce certificat n’est pas admis ici",
        "Recommencez, et choisissez le certificat d’authentification de votre carte CPS.",
    ),
    Refusal.ORGANISATION: Words(
        "C’est la carte d’un établissement",
        "Elle ne désigne pas un professionnel de santé. Servez-vous de votre carte CPS, qui porte votre nom.",
        again=_OTHER_CARD,
    ),
    Refusal.NO_NUMBER: Words(
        "Carte sans numéro RPPS",
        "Le certificat de cette carte ne porte pas de numéro RPPS, qui seul dit qui vous êtes ici. Connectez-vous autrement.",
        again=_OTHER_CARD,
    ),
    Refusal.REVOKED: Words(
        "Carte révoquée",
        "Cette carte a été déclarée perdue ou volée, ou elle est remplacée. Si vous en avez reçu une autre, servez-vous de "
        f"celle-là. {_MEANWHILE}",
        again=_OTHER_CARD,
    ),
    Refusal.UNCERTAIN: Words(
        "Carte invérifiable pour le moment",
        "La liste des cartes révoquées n’est pas disponible, et sans elle aucune carte n’ouvre. Recommencez dans quelques "
        f"minutes. {_MEANWHILE}",
    ),
    Refusal.STALE: Words("Lecture à refaire", "Cette lecture de la carte a trop attendu. Rien n’est ouvert."),
    Refusal.REPLAYED: Words(
        "Lecture à refaire",
        "Cette lecture de la carte a déjà servi, ou vient d’un autre navigateur. Rien n’est ouvert.",
    ),
    Refusal.NOBODY: Words(
        "Numéro RPPS inconnu",
        "Ni mssweb ni l’Annuaire Santé ne connaissent le numéro RPPS de cette carte. Adressez-vous au titulaire de votre "
        "officine, ou connectez-vous autrement.",
        again="",
    ),
    Refusal.CLOSED: Words(
        "Compte fermé",
        "Le compte de la personne que désigne cette carte est fermé ici. Adressez-vous au titulaire de votre officine.",
        again="",
    ),
    Refusal.OTHER: Words(
        "C’est la carte de quelqu’un d’autre",
        "Elle ne désigne pas la personne de cette session. Recommencez avec la vôtre, ou changez d’utilisateur.",
    ),
}
