"""What a message repeats of earlier ones, folded: Gmail, Apple, Outlook, Thunderbird, Yahoo, Proton and plain «>».

A quotation is folded only where words of the author stay visible: a forward, or an answer below its quotation, hides nothing
new. Works without a script (`<details>`). Knows the marks that programs leave, never what a message means.
"""

import re
from collections.abc import Iterator, Mapping

from mailbox.mime.markup import SERIALISED, VOID

MARK = "data-quoted"  # on an element between the two passes of sanitize: ITSELF, or REST with all that follows in its parent
ITSELF, REST = "self", "rest"
OPEN = (
    '<details class="quoted"><summary><span class="closed">Afficher</span><span class="opened">Masquer</span> le texte cité'
    "</summary>"
)
CLOSE = "</details>"
_MARKED = re.compile(rf' {MARK}="([a-z]*+)"')
_CLASSES = re.compile(
    r"(?:^|\s|x_)(?:gmail_quote|yahoo_quoted|protonmail_quote|tutanota_quote|zmail_extra|OutlookMessageHeader)(?:_container)?(?=\s|$)"
)
_IDS = re.compile(r"(?:x_)?(?:divRplyFwdMsg|appendonsend|stopSpelling|mail-editor-reference-message-container)")
_OUTLOOK = re.compile(
    r"border:none;border-top:solid#[0-9a-f]{6}1\.0pt", re.I
)  # the line above «De : Envoyé : À : Objet :»
_ATTRIBUTION = re.compile(
    r"\s{0,3}(?:le\b.{3,250}\ba écrit|on\b.{3,250}\bwrote|am\b.{3,250}\bschrieb\b.{0,120})\s?:\s*", re.I | re.S
)
_SEPARATOR = re.compile(
    r"\s{0,3}(?:-{2,12}\s?(?:message d['’]origine|original message|message original|ursprüngliche nachricht)"
    r"\s?-{0,12}\s*$|_{20,80}\s*$)",
    re.I,
)
_HEAD = re.compile(r"\s{0,3}\*{0,2}(?:de|from|von)\s?:\*{0,2}\s", re.I)
_SENT = re.compile(r"\s{0,3}\*{0,2}(?:envoyé|date|sent|gesendet|datum)(?: le)?\s?:\*{0,2}\s", re.I)
_LONG = 6  # lines of a quotation above an answer that are folded; a few lines answered one by one are read together


def mark_of(tag: str, given: Mapping[str, str]) -> str:
    """ITSELF or REST when the element begins a quotation, by the marks of the program that wrote it; else ''."""
    if tag == "blockquote" and (given.get("type", "").lower() == "cite" or "cite" in given):
        return ITSELF  # Apple Mail, Thunderbird
    if tag not in {"div", "blockquote", "hr"}:
        return ""
    if _IDS.fullmatch(given.get("id", "")):
        return REST
    if found := _CLASSES.search(given.get("class", "")[:500]):
        return REST if "Outlook" in found[0] else ITSELF
    return REST if tag == "div" and _OUTLOOK.match("".join(given.get("style", "")[:200].split())) else ""


def folded(inert: str, *, is_forward: bool = False) -> str:
    """HTML that sanitize made, its outermost quotations folded, its marks taken out."""
    if MARK not in inert:
        return inert
    spans = [] if is_forward else list(_spans(inert))
    kept, position = [], 0
    for start, end in spans:
        kept.append(inert[position:start])
        position = end
    kept.append(inert[position:])
    if not any(map(_has_words, kept)):
        spans = []
    out, position = [], 0
    for start, end in spans:
        out += [inert[position:start], OPEN, inert[start:end], CLOSE]
        position = end
    return _MARKED.sub("", "".join((*out, inert[position:])))


def _spans(inert: str) -> Iterator[tuple[int, int]]:
    """Where outermost quotations begin and end. One pass: nh3 nests tags well."""
    depth, start, floor = 0, -1, 0  # the end tag that leads back to `floor` ends what began at `start`
    is_whole = False
    for match in SERIALISED.finditer(inert):
        if match[1]:
            depth -= 1
            if start >= 0 and depth == floor:
                yield start, match.end() if is_whole else match.start()
                start = -1
            continue
        if start < 0 and (mark := _MARKED.search(match[3])):
            start, is_whole = match.start(), mark[1] == ITSELF
            floor = depth if is_whole else depth - 1
        if match[2] not in VOID:
            depth += 1
    if start >= 0:
        yield start, len(inert)


def _has_words(piece: str) -> bool:
    return "<img" in piece or bool(re.sub(r"&nbsp;|\s", "", SERIALISED.sub("", piece)))


def parts(text: str, *, is_forward: bool = False) -> list[tuple[bool, str]]:
    """A plain body as pieces, each with whether it is folded; joined by line ends they are the text."""
    lines = text.split("\n")
    ranges = [] if is_forward else _ranges(lines)
    out: list[tuple[bool, str]] = []
    position = 0
    for start, end in ranges:
        if start > position:
            out.append((False, "\n".join(lines[position:start])))
        out.append((True, "\n".join(lines[start:end])))
        position = end
    if position < len(lines):
        out.append((False, "\n".join(lines[position:])))
    has_words = any(piece.strip() for is_quoted, piece in out if not is_quoted)
    return out if has_words else [(False, text)]


def _ranges(lines: list[str]) -> list[tuple[int, int]]:
    """Ranges of lines that are quoted: blocks of «>» that are long or end the message, and all below a header of Outlook."""
    found: list[tuple[int, int]] = []
    number = 0
    while number < len(lines):
        if _is_outlook(lines, number):
            return [*found, (number, len(lines))]
        if not lines[number].startswith(">"):
            number += 1
            continue
        start = _with_attribution(lines, number, found[-1][1] if found else 0)
        end = number
        while end < len(lines) and lines[end].startswith(">"):
            end += 1
        is_last = not any(line.strip() for line in _before_signature(lines[end:]))
        if is_last or end - number >= _LONG:
            found.append((start, end))
        number = end
    return found


def _is_outlook(lines: list[str], number: int) -> bool:
    line = lines[number]
    if _SEPARATOR.match(line):
        return "_" not in line or any(map(_HEAD.match, lines[number + 1 : number + 3]))
    return bool(_HEAD.match(line)) and any(map(_SENT.match, lines[number + 1 : number + 3]))


def _with_attribution(lines: list[str], number: int, floor: int) -> int:
    """The line «Le … a écrit :» above a quotation goes with it; it may be broken in two, with a blank line below."""
    last = number - 1
    while last >= floor and not lines[last].strip():
        last -= 1
    for first in (last, last - 1, last - 2):
        if first >= floor and first >= 0 and _ATTRIBUTION.fullmatch("\n".join(lines[first : last + 1])[:600]):
            return first
    return number


def _before_signature(lines: list[str]) -> list[str]:
    return lines[: next((n for n, line in enumerate(lines) if line.rstrip() == "--"), len(lines))]
