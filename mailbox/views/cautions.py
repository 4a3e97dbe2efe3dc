"""What a letter seems to lack, or whom it seems to reach by mistake: each asked once, in place, before it leaves.

Nothing here keeps a letter from leaving: it says what to look at. A sentence a caution, by a word that the page remembers.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from uuid import UUID

from django.utils import timezone

from directory import lookup
from mailbox import drafts
from mailbox.drafts import DraftText
from mailbox.mime import quoting
from mailbox.mime.address import in_words, is_patient, mask, normalise
from mailbox.models import Draft, Message, Recipient
from mailbox.placeholders import left_in
from mailbox.summary import Summary, open_summary
from mailbox.views import times
from mailbox.views.place import Place

MANY = 6  # recipients from which an answer to all of them is asked about
_PROMISED_FILE = re.compile(r"\b(?:ci[- ]joint|pi[èe]ces? jointes?|en pj|veuillez trouver)", re.IGNORECASE)


def cautions(place: Place, row: Draft, text: DraftText, *, has_files: bool) -> dict[str, str]:
    """Each with the sentence that asks. Of a letter to nobody, that alone."""
    if not drafts.recipients(text):
        return {}  # refused in its place, and the rest is asked once it has somebody to go to
    found = dict(lacking(text, has_files=has_files)) | _answered(place, row, text)
    if text.source and text.kind != "forward":
        source = Message.objects.filter(mailbox=place.mailbox, pk=UUID(text.source)).first()
        if source is not None:
            found |= dict(astray(text, open_summary(source, place.mailbox.keys), ours=place.mailbox.address))
    return found | dict(mixed(text)) | dict(_homonyms(place, text))


def lacking(text: DraftText, *, has_files: bool) -> Iterator[tuple[str, str]]:
    own, _ = quoting.split(text.text)
    if not text.subject.strip():
        is_empty = not text.text.strip() and not has_files
        yield "subject", "Ce message n’a ni objet ni texte." if is_empty else "Ce message n’a pas d’objet."
    if not has_files and _PROMISED_FILE.search(f"{text.subject} {own}"):
        yield "file", "Vous annoncez une pièce jointe, mais aucune n’est jointe."
    if left := left_in(f"{text.subject}\n{own}"):
        yield "placeholder", f"Il reste à remplir : {', '.join(left)}."


def astray(text: DraftText, source: Summary, *, ours: str) -> Iterator[tuple[str, str]]:
    """Whom an answer reaches who was not in the exchange; and how many, when it goes to all."""
    known = (source.author, *source.reply_to, *source.to, *source.cc, *source.bcc)
    inside = {normalise(one.addr_spec) for one in known} | {normalise(source.mail_from), ours}
    wanted = [one for one in drafts.recipients(text) if "@" in one]
    if outside := [one for one in wanted if normalise(one) not in inside]:
        many = len(outside) > 1
        names = ", ".join(mask(one) for one in outside[:3]) + ("…" if len(outside) > 3 else "")
        yield (
            "outside",
            f"{names} n’étai{'en' if many else ''}t pas dans cet échange et li{'ront' if many else 'ra'} ce que vous citez.",
        )
    if text.kind == "reply_all" and len(wanted) >= MANY:
        yield "many", f"Votre réponse part à {len(wanted)} personnes."


def mixed(text: DraftText) -> Iterator[tuple[str, str]]:
    """A patient beside professionals: each reads the others' addresses."""
    wanted = [one for one in drafts.recipients(text) if "@" in one]
    patients = sum(map(is_patient, wanted))
    if patients and patients < len(wanted):
        yield (
            "mixed",
            "Un patient et un professionnel reçoivent ce même message : le patient lira tout ce qu’il contient.",
        )
    elif patients > 1:
        yield "mixed", "Plusieurs patients reçoivent ce même message : chacun lira l’adresse des autres."


def _homonyms(place: Place, text: DraftText) -> Iterator[tuple[str, str]]:
    """A name that several people of the annuaire bear, of somebody to whom nobody here ever wrote."""
    people = [one for typed in (text.to, text.cc, text.bcc) for one in drafts.people(typed)]
    named = {normalise(one.addr_spec): in_words(one.display_name) for one in people if one.display_name}
    named = {address: name for address, name in named.items() if not is_patient(address)}
    if not named or len(named) > 5:  # a list is no slip of the finger
        return
    known = _written_to(place, named)
    for address, name in named.items():
        if address in known:
            continue
        if (count := _bearers(name)) > 1:
            yield (
                f"homonym-{address}",
                f"{count} personnes de l’annuaire s’appellent {name} : vérifiez que {address} est la bonne.",
            )


def _bearers(name: str) -> int:
    """How many people are called exactly so."""
    wanted = sorted(lookup.spelled([name]).split())
    found = lookup.find(name, limit=9).faces if lookup.is_enough(name) else []
    return sum(sorted(lookup.spelled([one.name]).split()) == wanted for one in found)


def _written_to(place: Place, named: Mapping[str, str]) -> set[str]:
    rows = Recipient.objects.filter(mailbox=place.mailbox, address__in=list(named))
    return set(rows.values_list("address", flat=True).distinct())


def _answered(place: Place, row: Draft, text: DraftText) -> dict[str, str]:
    """A colleague answered the same thread since this draft was begun, and its page may not have told."""
    if not text.source or text.kind == "forward":
        return {}
    source = Message.objects.filter(mailbox=place.mailbox, pk=UUID(text.source))  # whose bytes nobody needs here
    now, begun = timezone.now(), row.updated_at
    if row.pk.version == 7:  # given with the page; a browser may make up another
        begun = datetime.fromtimestamp(min((row.pk.int >> 80) / 1000, now.timestamp()), UTC)
    theirs = Message.objects.filter(
        mailbox=place.mailbox, thread__in=source.values("thread_id"), author__isnull=False, filed_at__gt=begun
    )
    last = theirs.exclude(author=place.user).select_related("author").order_by("-filed_at").first()
    if last is None or last.author is None:
        return {}
    return {
        "answered": f"{last.author.get_full_name()} a répondu {times.moment(last.filed_at, now)}, pendant que vous écriviez."
    }
