"""Each hostile document, cleaned: only what the allow-list knows is left of it, and it is read in one way."""

import re

import pytest
from lxml import html as parser

from mailbox.mime import sanitize
from mailbox.mime.sanitize import clean
from tests.mailbox.hostile.corpus import CORPUS, HIT, OUT

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


@pytest.mark.parametrize("payload", CORPUS, ids=range(len(CORPUS)))
def test_nothing_hostile_is_left_of_it(payload):
    cleaned = clean(payload, lambda _: None).html
    readable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe]", "", cleaned)  # of lxml
    tree = parser.fragment_fromstring(readable, create_parent="main", parser=parser.HTMLParser(huge_tree=True))
    for node in tree.iterdescendants():
        assert node.tag in TAGS, node.tag
        assert set(node.attrib) <= ATTRIBUTES, node.attrib
        assert node.get("class") is None or node.get("class") in OURS
        assert re.fullmatch(r"(?:https?://|tel:).*", node.get("href", "tel:"), re.S), node.get("href")
        assert re.match(r"data:image/(?:png|jpe?g|gif|webp);base64,", node.get("src", "data:image/png;base64,"))
        assert node.tag != "a" or "href" not in node.attrib or (node.get("target"), node.get("rel")) == (
            "_blank", "noopener noreferrer",
        )  # fmt: skip
        told = node.get("style", "")
        assert not re.search(r"url|\\|@|expression|position|image|var\(|z-index|transform|[{}]", told, re.I), told
        assert OUT not in "".join(value for name, value in node.attrib.items() if name not in {"href", "title", "alt"})
    assert clean(cleaned, lambda _: None).html.count("<") <= cleaned.count("<"), "cleaned again, it grows"
    assert HIT not in re.sub(r'(title|alt|style|face)="[^"]*"', "", "".join(re.findall(r"<[^<]*?>", cleaned)))
