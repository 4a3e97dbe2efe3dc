"""A rule in French: what it looks at, what it does, what of it is not there any more. For pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mailbox import phrases
from mailbox.documents import kinds
from mailbox.mime.address import in_words
from mailbox.models import Phrase, Rule, Thread
from mailbox.rules import acting, answering
from mailbox.rules.book import Kept
from mailbox.rules.values import DOCUMENT, FACTS, TYPED, Condition, Words
from mailbox.views.place import Place

_NOT = {
    "sender": "l’expéditeur (nom ou adresse) ne contient pas", "domain": "le domaine de l’expéditeur n’est pas",
    "profession": "la profession ou l’activité (annuaire) ne contient pas", "subject": "l’objet ne contient pas",
    "patient": "il ne concerne pas de patient", "attachment": "il n’a pas de pièce jointe",
    "verified": "son expéditeur n’est pas vérifié", "ordinary": "il ne vient pas du courrier ordinaire",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for in one mailbox: what a rule may name, by id; each for a menu too."""

    folders: Mapping[str, str]
    labels: Mapping[str, str]
    people: Mapping[str, str]
    replies: Mapping[str, str]
    boxes: Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One rule of the list."""

    kept: Kept
    conditions: tuple[str, ...]
    acts: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def row(self) -> Rule:
        return self.kept.row

    @property
    def fault(self) -> str:
        """What went wrong last, in words, unless what is missing says it already."""
        return "" if self.missing or not self.row.fault else str(Rule.Fault(self.row.fault).label)


def names(place: Place) -> Names:
    """Two statements, beside what the rail has read."""
    box = place.box
    shelves = {str(one): str(one.label) for one in acting.SHELVES}
    replies = (one for one in phrases.of(place.membership, Phrase.Kind.REPLY) if not one.is_own)
    neighbours = acting.neighbours(place.mailbox).order_by("kind", "display_name")
    return Names(
        folders={**({str(one.id): one.name for one in box.folders} if box else {}), **shelves},
        labels={str(one.id): one.name for one in box.labels} if box else {},
        people={str(pk): one.name for pk, one in box.people.items() if one.may_take} if box else {},
        replies={
            str(one.id): one.words.name
            for one in replies
            if one.words.is_readable and answering.may_go_alone(one.words.text)
        },
        boxes={str(one.pk): f"{in_words(one.display_name)} ({one.address})" for one in neighbours},
    )


def shown(kept: Kept, known: Names) -> Shown:
    words = kept.words
    if words is None:
        return Shown(kept, (), (), ("elle ne s’ouvre plus : supprimez-la et écrivez-la à nouveau",))
    told = [*_acts(words, known)]
    acts, missing = [text for text, why in told if not why], [why for _, why in told if why]
    return Shown(kept, tuple(map(condition, words.conditions)), tuple(acts), tuple(missing))


def condition(one: Condition) -> str:
    if one.kind == DOCUMENT:
        return (
            f"il contient un document «\xa0{one.value}\xa0»"
            if not one.is_not
            else f"aucun document «\xa0{one.value}\xa0»"
        )
    said = (_NOT if one.is_not else {**TYPED, **FACTS}).get(one.kind, "")
    return f"{said} «\xa0{one.value}\xa0»" if one.kind in TYPED else said


def document_types() -> list[str]:
    return sorted({words for words, _ in kinds.known()})


def _acts(words: Words, known: Names) -> Iterator[tuple[str, str]]:
    """Each act in words; and why it cannot be done, when what it names is not there."""
    acts = words.acts
    for value, held, said, gone in (
        (acts.folder, known.folders, "classer dans «\xa0{}\xa0»", Rule.Fault.FOLDER),
        (acts.label, known.labels, "étiqueter «\xa0{}\xa0»", Rule.Fault.LABEL),
        (acts.assign, known.people, "attribuer à {}", Rule.Fault.MEMBER),
        (acts.reply, known.replies, "répondre «\xa0{}\xa0»", Rule.Fault.PHRASE),
        *((one, known.boxes, "transférer à {}", Rule.Fault.TARGET) for one in acts.boxes),
    ):
        if value:
            yield said.format(held.get(value, "…")), "" if value in held else str(gone.label)
    if acts.status in Thread.Status.values:
        yield f"marquer «\xa0{Thread.Status(acts.status).label}\xa0»", ""
    if acts.is_flagged:
        yield "marquer important", ""
    if acts.is_read:
        yield "marquer lu pour toute l’équipe", ""
