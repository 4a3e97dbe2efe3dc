"""Links of messages: addresses found in plain text, where a link truly leads, and whether its words say another place.

Refuses every scheme but http, https, mailto and tel. Hosts are compared and shown in A-labels (RFC 5890), so that a letter
of another alphabet passes for no other. Linear: expressions are bounded and possessive.
"""

import html
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from mailbox.mime.address import a_label
from mailbox.mime.markup import SERIALISED

type Door = Callable[[str], str | None]
"""An address that a message names -> the URL of ours that stands for it; None when there is none."""

_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"«»]{1,2000}+)"
    r"|(?P<mail>(?:mailto:)?(?<![\w.%+-])[\w.%+-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6})"
    r"|(?P<tel>tel:\+?[\d.() -]{6,24}|(?<![\w.+-])(?:\+33[ .]?[1-9]|0[1-9])(?:[ .-]\d{2}){4}(?![\w-]))",
    re.I,
)
_TRAILING = ".,;:!?'’…»"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_ENDINGS = frozenset("com org net info health care online shop site top xyz eu biz app dev example".split())
_FILES = frozenset("py sh md ps pl rs so ai cc vb".split())  # suffixes of files, and of countries
_HOST = re.compile(r"(?:(https?://)|(?<![\w@.-]))([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})(?![\w@-])", re.I)
_SHARED = frozenset("co com gouv gov org net ac asso".split())  # second labels below which anybody has a name
_HREF = re.compile(r' href="([^"]*+)"')


def linked(line: str, mailto: Door) -> str:
    """One line of text as HTML, its addresses as links. An address of mail leads where `mailto` says, or nowhere."""
    pieces, end = [], 0
    for match in _FOUND.finditer(line):
        words = _trimmed(match[0])
        href = _href(match, words, mailto)
        if href:
            pieces.append(html.escape(line[end : match.start()]))
            pieces.append(f"{_start(href)}{html.escape(_shown(words) if match['url'] else words)}</a>")
            end = match.start() + len(words)
    return "".join((*pieces, html.escape(line[end:])))


def _start(href: str) -> str:
    return f'<a href="{html.escape(href)}" rel="noopener noreferrer" target="_blank">'


def _href(match: re.Match[str], words: str, mailto: Door) -> str | None:
    if match["url"]:
        return words if host_of(words) else None
    if match["mail"]:
        return mailto(words.removeprefix("mailto:"))
    return "tel:" + "".join(c for c in words if c in "+0123456789")


def _trimmed(url: str) -> str:
    """Without the punctuation of the sentence; a bracket that was opened in the address stays (RFC 3986, Appendix C)."""
    end = len(url)
    while end and (url[end - 1] in _TRAILING or _is_lone(url, end)):
        end -= 1
    return url[:end]


def _is_lone(url: str, end: int) -> bool:
    opening = _PAIRS.get(url[end - 1])
    return opening is not None and url.count(opening, 0, end) < url.count(url[end - 1], 0, end)


def host_of(url: str) -> str:
    """The host in A-labels, '' when there is none or the address cannot be read in one way."""
    if "\\" in url:  # browsers read it as a slash
        return ""
    try:
        return a_label(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return ""


def _shown(url: str) -> str:
    """The address with its host in A-labels, when it has other letters."""
    host = host_of(url)
    shown = urlsplit(url).hostname or ""
    return url if shown.isascii() else re.sub(re.escape(shown), host, url, count=1, flags=re.I)


def address_of(href: str) -> str:
    """The one address of a mailto link (RFC 6068); '' when it names none. Its fields (subject, body) are left behind."""
    first = unquote(href[len("mailto:") :].partition("?")[0]).partition(",")[0].strip()
    return first if first.count("@") == 1 and first.isprintable() and " " not in first and len(first) <= 254 else ""


def elsewhere(words: str, href: str) -> str:
    """The host that a link leads to, when its words name another one or hide what it is; '' when they are honest."""
    host = host_of(href)
    if not host or not href.lower().lstrip().startswith(("http:", "https:")):
        return ""
    named = [a_label(match[2]) for match in _HOST.finditer(words[:2_000]) if match[1] or _is_domain(match[2])]
    if any(not _is_same(name, host) for name in named):
        return host
    is_foreign = any(label.startswith("xn--") for label in host.split("."))
    is_masked = "@" in urlsplit(href.strip()).netloc  # https://ameli.fr@evil.example
    return host if (is_foreign and host not in words) or is_masked else ""


def _is_domain(name: str) -> bool:
    """Is it the name of a place, and not of a file or two words without a blank?"""
    first, _, ending = name.rpartition(".")
    last = ending.lower()
    if ending.istitle() and len(ending) > 1:  # «fin.Il viendra»: a sentence begins
        return False
    is_country = len(last) == 2 and last.isalpha() and last not in _FILES
    return first.lower().startswith("www.") or last in _ENDINGS or (is_country and not name.isdigit())


def _is_same(named: str, host: str) -> bool:
    return _owner(named) == _owner(host)


def _owner(host: str) -> str:
    """The name that somebody registered, without the list of public suffixes: two labels, three below gouv.fr and the like."""
    labels = host.lower().split(".")
    if labels[-1].isdigit():
        return host
    return ".".join(labels[-3 if len(labels) > 2 and labels[-2] in _SHARED else -2 :])


def marked(inert: str) -> str:
    """HTML that sanitize made, each deceiving link followed by the place it leads to."""
    pieces, position, begun, href = [], 0, 0, ""
    for match in SERIALISED.finditer(inert):
        if match[2] != "a":
            continue
        if not match[1]:
            found = _HREF.search(match[3])
            begun, href = match.end(), html.unescape(found[1]) if found else ""
            continue
        words = html.unescape(SERIALISED.sub("", inert[begun : match.start()])) if href else ""
        if href and (host := elsewhere(words, href)):
            pieces += [inert[position : match.end()], f' <span class="elsewhere">[mène à {html.escape(host)}]</span>']
            position = match.end()
        href = ""
    return "".join((*pieces, inert[position:]))
