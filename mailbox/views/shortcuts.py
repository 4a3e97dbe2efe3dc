"""Every key that does something here, in the order of the help. What scripts bind is this and nothing else (js/keys.js).

A key of several words is pressed word after word, or at once where one is «Ctrl» or «Maj»; two letters of «j k» are two keys.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from mailbox.views.place import Place

type Needs = Literal["", "write", "share", "send"]  # who is told of it: who may use it


@dataclass(frozen=True, slots=True)
class Shortcut:
    keys: str  # as they are printed on a keyboard, a blank between
    does: str
    needs: Needs = ""
    is_single: bool = True  # among those that a person may turn off (WCAG 2.1.4)

    @property
    def caps(self) -> list[str]:
        return self.keys.split()


SHORTCUTS = (
    Shortcut("j k", "message suivant, précédent"),
    Shortcut("Entrée", "ouvrir", is_single=False),
    Shortcut("u", "marquer non lu (pour vous) et revenir à la liste"),
    Shortcut("b", "me le rappeler plus tard (pour vous)"),
    Shortcut("x", "sélectionner"),
    Shortcut("Maj clic", "sélectionner jusqu’ici", is_single=False),
    Shortcut("e", "archiver", "write"),
    Shortcut("Suppr", "supprimer", "write"),
    Shortcut("m", "me l’attribuer", "share"),
    Shortcut("n", "note interne", "share"),
    Shortcut("t", "marquer fait", "write"),
    Shortcut("l", "étiquettes", "write"),
    Shortcut("v", "classer dans un dossier", "write"),
    Shortcut("c", "nouveau message", "send"),
    Shortcut("r", "répondre", "send"),
    Shortcut("a", "répondre à tous", "send"),
    Shortcut("f", "transférer", "send"),
    Shortcut("Ctrl Entrée", "envoyer", "send", is_single=False),
    Shortcut("Échap", "réduire le message qu’on écrit", "send", is_single=False),
    Shortcut(";mot Tab", "insérer une réponse type", "send", is_single=False),
    Shortcut("/", "rechercher"),
    Shortcut("g i", "aller en réception"),
    Shortcut("g s", "aller aux envoyés"),
    Shortcut("g d", "aller aux brouillons", "send"),
    Shortcut("g t", "aller à ce qui est à traiter"),
    Shortcut("Échap", "fermer un menu, une fenêtre", is_single=False),
    Shortcut("?", "cette aide"),
)


def of(place: Place) -> Iterator[Shortcut]:
    """Those that do something for this person, in this mailbox."""
    if place.box is None:
        return
    member = place.membership
    given: dict[Needs, bool] = {
        "": True, "write": member.can_write, "share": member.can_write and place.mailbox.is_shared, "send": member.can_send,
    }  # fmt: skip
    yield from (one for one in SHORTCUTS if given[one.needs])
