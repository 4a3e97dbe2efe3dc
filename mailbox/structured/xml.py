"""A tree of XML that is written, never read: names are ours, every value of a person is text or an attribute, cleaned.

Refuses characters that XML 1.0 §2.2 has no place for: they are dropped.
"""

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, tostring

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fit(text: str) -> str:
    return _UNFIT.sub("", text)


def node(tag: str, attributes: Mapping[str, str] | None = None, *inside: "Element | str | None") -> Element:
    """Text first, then elements, as every element of a CDA or of ebRIM has them; None is nothing."""
    made = Element(tag, {name: fit(value) for name, value in (attributes or {}).items()})
    for one in inside:
        if isinstance(one, str):
            made.text = fit(one)
        elif one is not None:
            made.append(one)
    return made


def written(root: Element) -> bytes:
    """UTF-8 without a mark, with its declaration."""
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
