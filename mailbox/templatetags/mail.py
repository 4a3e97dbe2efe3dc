"""Words of the webmail's templates: times as people say them, sizes, states."""

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from mailbox.mime import mdn
from mailbox.mime.address import mask, mask_patients, parse_addresses
from mailbox.models import Folder, Recipient
from mailbox.outbound.failure import explain
from mailbox.reply import Reply
from mailbox.views import shortcuts as keys
from mailbox.views import times
from mailbox.views.fates import Fate, fates_of
from mailbox.views.follow_lines import Line
from mailbox.views.letters import Letter
from mailbox.views.place import Place
from mailbox.views.rows import TONES, Row
from mssweb import compiled

register = template.Library()


@register.simple_tag
def lines(rows: Sequence[Row], *, oob: bool = False) -> SafeString:
    """Threads of a list; `oob`: each to take its own place in the page."""
    return compiled.drawn("mailbox/_row.jinja", {"rows": rows, "oob": oob})


@register.simple_tag
def shortcuts(place: Place) -> list[keys.Shortcut]:
    return list(keys.of(place))


@register.simple_tag
def sendings(lines: Sequence[Line]) -> SafeString:
    """Rows of «Suivi»."""
    return compiled.drawn("mailbox/following/_line.jinja", {"lines": lines})


@register.simple_tag
def letter_line(letter: Letter) -> SafeString:
    """What is seen of a message before it is unfolded."""
    state = letter.state
    told = {
        "letter": letter, "state": state and state_words(state), "tone": TONES.get(state, ""),
        "s": "s" if len(letter.files) > 1 else "", "at": timezone.localtime(letter.at).isoformat(),
        "fully": times.fully(letter.at), "daily": daily(letter.at),
    }  # fmt: skip
    return compiled.drawn("mailbox/_letter_line.jinja", told)


@register.filter
def minus(count: int, other: int) -> int:
    return count - other


@register.filter
def briefly(at: datetime) -> str:
    return times.briefly(at, timezone.now())


@register.filter
def moment(at: datetime) -> str:
    return times.moment(at, timezone.now())


@register.filter
def daily(at: datetime) -> str:
    return times.daily(at, timezone.now())


@register.filter
def coming(at: datetime) -> str:
    """Of what is to come: demain à 8:00."""
    return times.coming(at, timezone.now())


@register.filter
def again(tags: str) -> dict[str, str]:
    """Of a message about what a colleague changed meanwhile: the folder and the token by which it is done all the same."""
    _, folder, token = tags.split(":", 2)
    return {"folder": folder, "token": token.partition(" ")[0]}


@register.filter
def fully(at: datetime) -> str:
    """Without doubt: lundi 23 novembre 2026 à 9:41."""
    return times.fully(at)


@register.filter
def bytes(size: int) -> str:
    """84 ko, 1,2 Mo."""
    if size < 1000:
        return f"{size} octets"
    if size < 1_000_000:
        return f"{round(size / 1000)} ko"
    return f"{size / 1_000_000:.1f} Mo".replace(".0 ", " ").replace(".", ",")


@register.filter
def masked(typed: str) -> str:
    """Recipients as typed, without what identifies a patient."""
    return mask_patients(typed)


@register.filter
def named(typed: str) -> str:
    """Recipients as one calls them: by name, by address those without; what cannot be read, as typed."""
    read = [mask_patients(one.display_name) or mask(one.addr_spec) for one in parse_addresses(typed)]
    return ", ".join(filter(None, read)) or mask_patients(typed)


@register.filter
def key(folder: Folder | str) -> str:
    """What names a folder in an address: its role, else its id."""
    return str(folder.role or folder.pk) if isinstance(folder, Folder) else folder


@register.filter
def state_tone(state: str) -> str:
    """The class of the tag of a recipient's state."""
    return TONES.get(state, "")


@register.filter
def state_words(state: str) -> str:
    return str(Recipient.State(state).label)


@register.filter
def fates(one: Recipient) -> list[Fate]:
    """What reports and receipts said of a recipient, beside its state."""
    return list(fates_of(one))


@register.filter
def because(one: Recipient) -> str:
    """Why it was refused or waits, for people."""
    return explain(Reply(one.reply_code, one.reply_enhanced, one.reply_text)) if one.reply_code else ""


@register.simple_tag
def integration_codes() -> list[tuple[str, str]]:
    """The errors that a person may tell, in their order."""
    return list(mdn.CODES.items())


@register.filter
def called(one: Recipient, letter: Letter) -> str:
    """The name of a recipient, as the letter has it; '' when it has none, or the address itself."""
    return next((p.name for p in letter.recipients if p.address == one.address and p.name != p.address), "")


@register.filter
def cleaned(words: str) -> str:
    """What a peer's server said, on one line, without what does not print or identifies a patient."""
    return mask_patients(" ".join("".join(c if c.isprintable() else " " for c in words).split()))
