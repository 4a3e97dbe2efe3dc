"""Each hostile document, cleaned: only what the allow-list knows is left of it, and it is read in one way."""

import re

import pytest
from lxml import html as parser

from mailbox.mime import sanitize
from mailbox.mime.parse import body_text
from mailbox.mime.sanitize import clean
from mailbox.mime.values import Part
from tests.mailbox.hostile.corpus import CORPUS, HIT, KINDS, OUT

TAGS = sanitize._TAGS | {"details", "summary"}  # the two that we add
ATTRIBUTES = {
    "target",
    "rel",
    "class",
    *sanitize._ANYWHERE,
    *(name for own in sanitize._ATTRIBUTES.values() for name in own),
}
OURS = {"quoted", "elsewhere", "closed", "opened"}


def test_there_are_as_many_as_were_promised():
    assert len(set(CORPUS)) == len(CORPUS) >= 150
    assert all(len(payload) < 300_000 for payload in CORPUS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_hostile_is_left_of_any(kind):
    for number, payload in enumerate(KINDS[kind]):
        try:
            check(payload)
        except AssertionError as error:
            raise AssertionError(f"{kind}[{number}]: {error}") from error


def check(payload: str) -> None:
    cleaned = clean(payload, lambda _: None).html
    readable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe]", "", cleaned)  # of lxml
    tree = parser.fragment_fromstring(readable, create_parent="main", parser=parser.HTMLParser(huge_tree=True))
    for node in tree.iterdescendants():
        assert node.tag in TAGS, node.tag
        assert set(node.attrib) <= ATTRIBUTES, node.attrib
        assert node.get("class") is None or node.get("class") in OURS
        assert re.fullmatch(r"(?:https?://|tel:).*", node.get("href", "tel:"), re.S), node.get("href")
        assert "src" not in node.attrib, "no door was given"
        assert node.tag != "a" or "href" not in node.attrib or (node.get("target"), node.get("rel")) == (
            "_blank", "noopener noreferrer",
        )  # fmt: skip
        told = node.get("style", "")
        assert not re.search(r"url|\\|@|expression|position|image|var\(|z-index|transform|[{}]", told, re.I), told
        assert OUT not in "".join(value for name, value in node.attrib.items() if name not in {"href", "title", "alt"})
    assert clean(cleaned, lambda _: None).html.count("<") <= cleaned.count("<"), "cleaned again, it grows"
    assert HIT not in re.sub(r'(title|alt|style|face)="[^"]*"', "", "".join(re.findall(r"<[^<]*?>", cleaned)))


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("utf-7", f"+ADw-script+AD4-{HIT}+ADw-/script+AD4-".encode()),
        ("utf-16", f"<script>{HIT}</script>".encode("utf-16")),
        ("utf-16le", f"<script>{HIT}</script>".encode("utf-16-le")),
        ("utf-32", f"<img src=x onerror={HIT}>".encode("utf-32")),
        ("iso-2022-jp", b"\x1b$B<script>" + HIT.encode() + b"\x1b(B</script>"),
        ("x-user-defined", b"\xbcscript\xbe" + HIT.encode()),
        ("", b"\xef\xbb\xbf<script>" + HIT.encode() + b"</script>"),
        ("unicode_escape", b"\\x3cscript\\x3e" + HIT.encode()),
        ("utf-8", b"\xc0\xbcscript\xc0\xbe" + HIT.encode()),
    ],
)
def test_no_charset_hides_a_tag(charset, raw):
    """Decoded once, by us, and served as UTF-8: what the sanitiser read is what the browser reads."""
    part = Part("1", "text/html", charset, "8bit", "", "", "", 0, len(raw), len(raw))
    cleaned = clean(body_text(raw, part)[0], lambda _: None).html
    assert not re.search(r"<\s*/?\s*(?:script|img)|onerror\s*=[^<]*>", cleaned)
