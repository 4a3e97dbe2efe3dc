"""«Document de santé» in the composer: the patient, the type, the day; what is built of it when the letter leaves.

Without scripts too: patients are searched and taken by buttons of the form. What is typed to find one is posted, and neither
logged nor kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mailbox import access, draft_files, drafts
from mailbox.documents import ins, leaving, oppositions, persons
from mailbox.documents.leaving import Prepared, Sender, Unfit
from mailbox.drafts import DraftText
from mailbox.mime.address import is_patient, normalise
from mailbox.mime.compose import Outgoing
from mailbox.models import Draft, Submission
from mailbox.quarantine.values import Person
from mailbox.structured import choice, naming
from mailbox.structured.choice import Choice
from mailbox.structured.values import Author, House, oid_of
from mailbox.views import papers
from mailbox.views.papers import Who, who
from mailbox.views.place import Place
from mailbox.views.place import inside as in_mailbox
from mssweb.audit.record import record

_ACT = "patient:"  # of a button: alone to search, with an id to take
_OPPOSE = "opposition:"  # then whom to, and `1` to keep it, nothing to lift it
_FIELD = "doc_"
_MOST = 8
_ID = re.compile(r"[0-9.]{3,110}(?:\^[^\^]{1,60})?")  # root, root^extension
_CHOSEN = (
    "code",
    "act",
    "family",
    "used",
    "given",
    "born",
    "sex",
    "ins",
    "oid",
    "local",
    "replaces",
    "set_id",
    "version",
)


_PERSON = ("family", "used", "given", "born", "sex", "ins", "oid", "local")


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """Somebody the mailbox knows, as a button takes them."""

    id: UUID
    who: Who
    fields: dict[str, str]  # as the form has them


@dataclass(frozen=True, slots=True, repr=False)
class Panel:
    """The section as it is shown. `faults` by field; `found` is None when nobody searched."""

    is_on: bool
    chosen: Choice
    subject: str
    faults: dict[str, str]
    here: list[Offer]
    found: list[Offer] | None
    searched: str
    is_wrong: bool  # the key of the INS does not fit
    opposition: oppositions.Opposition

    types = naming.TYPES
    sexes = choice.SEXES

    @property
    def refusals(self) -> list[tuple[str, str, str]]:
        """Kind, words, the day since when or ''."""
        told = ((kind, words, self.opposition.since(kind)) for kind, words in oppositions.KINDS.items())
        return [(kind, words, papers.day(since.replace("-", ""))) for kind, words, since in told]

    @property
    def natures(self) -> dict[str, str]:
        """Identities of test are offered in a demonstration alone, and kept where they are."""
        is_test = settings.DEMO or self.chosen.oid in choice.TESTS
        return choice.NATURES | (choice.TESTS if is_test else {})


def read(request: HttpRequest, subject: str) -> dict[str, str]:
    """The fields of a draft that the section gives: what was chosen, and the subject that comes of it (ECO.2.1.3)."""
    chosen = _posted(request)
    return {"document": choice.kept(chosen), "subject": chosen.subject} if chosen else {"subject": subject}


def _posted(request: HttpRequest) -> Choice | None:
    if not request.POST.get("doc") and not _is_taken(request):
        return None
    given = {name: choice.typed(request.POST.get(f"{_FIELD}{name}", "")) for name in _CHOSEN}
    if not (_ID.fullmatch(given["replaces"]) and _ID.fullmatch(given["set_id"])):
        given |= {"replaces": "", "set_id": "", "version": ""}
    return Choice(**given, qualified="1" if request.POST.get(f"{_FIELD}qualified") else "")


def _is_taken(request: HttpRequest) -> bool:
    return request.POST.get("action", "").startswith(_ACT)


def act(request: HttpRequest, place: Place, text: DraftText) -> DraftText:
    """`patient:<id>` takes that person, `opposition:…` keeps or lifts what they refuse; any other button is not for here."""
    if request.POST.get("action", "").startswith(_OPPOSE):
        _oppose(request, place, choice.read(text.document))
        return text
    wanted = request.POST.get("action", "").removeprefix(_ACT)
    if not _is_taken(request) or not wanted or (chosen := choice.read(text.document)) is None:
        return text
    row = access.access_patient(place.membership, UUID(wanted) if _is_uuid(wanted) else UUID(int=0))
    chosen = chosen.of(persons.read_patient(row, place.mailbox))
    return replace(text, document=choice.kept(chosen), subject=chosen.subject)


@transaction.atomic
def _oppose(request: HttpRequest, place: Place, chosen: Choice | None) -> None:
    """va1.20, va1.22"""
    kind, _, asked = request.POST["action"].removeprefix(_OPPOSE).partition(":")
    if kind not in oppositions.KINDS or chosen is None:
        raise Http404
    try:
        patient_id = oppositions.change(
            place.mailbox, _meant(chosen), kind, is_opposed=bool(asked), today=timezone.localdate()
        )
    except oppositions.Unknown:
        messages.error(request, "Indiquez d’abord le nom, le prénom et la date de naissance du patient.")
        return
    action = "patient.opposed" if asked else "patient.allowed"
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("patient", patient_id), whom=kind)
    messages.success(request, "Opposition enregistrée." if asked else "Opposition levée.")


def _meant(chosen: Choice) -> Person:
    """Whom the section names, as the mailbox knows people: an INS counts when it is one, qualified or not."""
    number = "".join(chosen.ins.split()).upper()
    is_one = ins.is_right(number)
    return replace(chosen.person, ins=number if is_one else "", oid=chosen.oid if is_one else "")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def panel(
    request: HttpRequest, place: Place, text: DraftText, reasons: Mapping[str, str], thread_id: UUID | None
) -> Panel:
    """What the page of a draft shows; a search by its button included."""
    chosen = choice.read(text.document)
    is_asked = request.POST.get("action") == _ACT
    typed = choice.typed(request.POST.get(f"{_FIELD}find", "")) if is_asked else ""
    return Panel(
        is_on=chosen is not None,
        chosen=chosen or Choice(act=f"{timezone.localdate():%Y-%m-%d}"),
        subject=chosen.subject if chosen else "",
        faults={name.removeprefix(_FIELD): why for name, why in reasons.items() if name.startswith(_FIELD)},
        here=_offers(persons.of_thread(place.mailbox, thread_id))
        if thread_id and not (chosen and chosen.family)
        else [],
        found=_offers(persons.search(place.mailbox, typed, limit=_MOST)) if is_asked else None,
        searched=typed,
        is_wrong=bool(chosen and chosen.ins) and not ins.is_right(chosen.ins if chosen else ""),
        opposition=oppositions.of(place.mailbox, _meant(chosen))
        if chosen and chosen.family
        else oppositions.Opposition(),
    )


def _offers(found: list[tuple[UUID, Person]]) -> list[Offer]:
    return [Offer(pk, who(person), _fields(person)) for pk, person in found]


def _fields(person: Person) -> dict[str, str]:
    chosen = Choice().of(person)
    return {name: getattr(chosen, name) for name in _PERSON}


def is_of(place: str) -> bool:
    """Is a reason by that name of a field of the section?"""
    return place.startswith(_FIELD)


def named(unfit: Unfit) -> dict[str, str]:
    """As reasons of the form: each stands at its field; beside the button that was pressed, what there is to see above."""
    fields = {f"{_FIELD}{name}": why for name, why in unfit.reasons.items() if name != "files"}
    many = len(fields)
    told = next(iter(fields.values())) if many == 1 else f"Document de santé : {many} champs à compléter ci-dessus."
    return {**fields, "files": " ".join(filter(None, [unfit.reasons.get("files", ""), told if many else ""]))}


@sensitive_post_parameters()
@require_POST
@in_mailbox(send=True)
def patients(request: HttpRequest, place: Place) -> HttpResponse:
    """Those whom the mailbox knows by what is typed, as buttons of the form (static/js/structured.js)."""
    typed = choice.typed(request.POST.get(f"{_FIELD}find", ""))
    found = _offers(persons.search(place.mailbox, typed, limit=_MOST))
    return render(request, "mailbox/compose/_patients.html", {"found": found, "searched": typed})


def prepared(place: Place, row: Draft, text: DraftText) -> Prepared | None:
    """What leaves in the stead of the files of this draft; Unfit when it cannot."""
    chosen = choice.read(text.document)
    if chosen is None:
        return None
    _check_opposition(place, _meant(chosen), text)
    files = draft_files.outgoing(row, place.mailbox)
    built = leaving.prepare(files, chosen, _sender(place, row), now=timezone.localtime())
    _check_opposition(place, built.patient, text)  # of a CDA, though nothing was typed
    return replace(built, cautions=built.cautions | somebody_else(text, chosen))


def _check_opposition(place: Place, patient: Person, text: DraftText) -> None:
    if why := oppositions.refused(oppositions.of(place.mailbox, patient), drafts.recipients(text)):
        raise Unfit({"opposition": why})


def somebody_else(text: DraftText, chosen: Choice) -> dict[str, str]:
    """A patient who receives the document of another: asked about, when both INS are known (ECO.2.2.6)."""
    number = "".join(chosen.ins.split()).upper()
    patients = [normalise(one) for one in drafts.recipients(text) if "@" in one and is_patient(one)]
    if not number or all(one.partition("@")[0].upper() == number for one in patients):
        return {}
    return {"somebody-else": "Le patient destinataire n’est pas celui du document : son INS est différente."}


def _sender(place: Place, row: Draft) -> Sender:
    """The person who writes, for the structure that holds the mailbox."""
    tenant, user = place.mailbox.tenant, place.user
    nil = f" ({settings.X_MSS_NIL})" if settings.X_MSS_NIL else ""
    return Sender(
        Author(user.last_name, user.first_name, user.rpps),
        House(tenant.name, oid_of(tenant.pk), tenant.finess, tenant.town),
        f"mssweb{nil}",
        row.pk,
    )


def inside(letter: Outgoing, document: Prepared) -> Outgoing:
    """The letter with its archive, the same as PDF, its subject and its X-MSS fields.

    drafts.Conflict when a file joined or went since they were built: nothing that is joined is left behind.
    """
    if leaving.given(letter.files) != document.given:
        raise drafts.Conflict
    return replace(
        letter, subject=document.subject, files=document.files, headers={**letter.headers, **document.headers}
    )


def tell(request: HttpRequest, place: Place, submission: Submission, document: Prepared | None) -> None:
    """To the journal: how many, and whether an INS left; never whose."""
    if document:
        record(
            "document.send", request=request, mailbox_id=place.mailbox.pk, subject=("submission", submission.pk),
            documents=document.count, ins=document.is_qualified,
        )  # fmt: skip
