"""The form of a rule: read from a request, checked, shown again with what was refused. Works by links and forms alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.http import HttpRequest

from mailbox.models import Thread
from mailbox.rules import values
from mailbox.rules.values import DOCUMENT, FACTS, TYPED, Acts, Condition, Words
from mailbox.views.rule_words import Names, document_types

_SPARE = 1  # empty lines of conditions below those that are filled
_CUT = f"{DOCUMENT}:"


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One line of conditions as a page draws it. `kind` is an option of its menu: «document:Ordonnance»."""

    number: int
    kind: str = ""
    is_not: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """What was typed, and what is wrong with it by field."""

    words: Words
    lines: tuple[Line, ...]
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return not self.faults


def of(words: Words, *, spare: int = _SPARE) -> Form:
    filled = [Line(n, _option(one), one.is_not, _typed(one)) for n, one in enumerate(words.conditions, 1)]
    room = max(0, min(spare, values.MAX_CONDITIONS - len(filled)))
    return Form(words, (*filled, *(Line(len(filled) + n) for n in range(1, room + 1))))


def read(request: HttpRequest, names: Names) -> Form:
    """A line without a choice is no condition; what the menus do not hold is no act."""
    post = request.POST
    conditions = tuple(_conditions(request))
    words = Words(
        " ".join(post.get("name", "").split())[: values.MAX_NAME], conditions, _acts(request, names),
        needs_all=post.get("match") != "any", stops="stops" in post,
    )  # fmt: skip
    form = of(words, spare=2 if post.get("action") == "more" else _SPARE)
    return Form(words, form.lines, dict(_faults(words)))


def options() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """The menu of a condition, by group."""
    documents = [(f"{_CUT}{one}", f"un document est «\xa0{one}\xa0»") for one in document_types()]
    return (("Mots", tuple(TYPED.items())), ("Faits", tuple(FACTS.items())), ("Documents de santé", documents))


def _option(one: Condition) -> str:
    return f"{_CUT}{one.value}" if one.kind == DOCUMENT else one.kind


def _typed(one: Condition) -> str:
    return one.value if one.kind in TYPED else ""


def _conditions(request: HttpRequest) -> Iterator[Condition]:
    for number in range(1, values.MAX_CONDITIONS + 1):
        chosen = request.POST.get(f"kind-{number}", "")
        typed = " ".join(request.POST.get(f"value-{number}", "").split())[: values.MAX_VALUE]
        is_not = request.POST.get(f"not-{number}") == "1"
        if chosen in TYPED:
            yield Condition(chosen, typed, is_not)
        elif chosen in FACTS:
            yield Condition(chosen, "", is_not)
        elif chosen.startswith(_CUT) and (value := chosen.removeprefix(_CUT)) in document_types():
            yield Condition(DOCUMENT, value, is_not)


def _acts(request: HttpRequest, names: Names) -> Acts:
    post = request.POST

    def one(name: str, held: object) -> str:
        value = post.get(name, "")
        return value if value in held else ""  # type: ignore[operator]  # a mapping or a list

    boxes = tuple(dict.fromkeys(value for value in post.getlist("boxes") if value in names.boxes))
    return Acts(
        folder=one("folder", names.folders), label=one("label", names.labels), assign=one("assign", names.people),
        status=one("status", Thread.Status.values), is_flagged="flag" in post, is_read="read" in post,
        reply=one("reply", names.replies), reply_to_patients="patients" in post, boxes=boxes[: values.MAX_BOXES],
    )  # fmt: skip


def _faults(words: Words) -> Iterator[tuple[str, str]]:
    if not words.name:
        yield "name", "Donnez un nom : il est dit dans l’historique des messages."
    if not words.conditions:
        yield "conditions", "Choisissez au moins une condition."
    elif any(one.kind in TYPED and not one.value for one in words.conditions):
        yield "conditions", "Une condition attend des mots : complétez-la, ou videz sa ligne."
    if words.acts.is_nothing:
        yield "acts", "Choisissez au moins une action."
