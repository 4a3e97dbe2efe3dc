"""XML that nobody has to trust: no DTD, no entity, no instruction followed, depth and size bounded (lxml)."""

from lxml import etree

from mailbox.quarantine.inside.refused import Refused

MAX_XML = 12_000_000  # bytes; the largest sample known has 3 MB (reference §10)
_MAX_DEPTH = 100
_MAX_NODES = 200_000
_LONG_TEXT = 8_000_000  # libxml2 refuses a text of 10 MB otherwise: a PDF inside
type Element = etree._Element


def root_of(data: bytes) -> Element:
    """Refuses a document type before anything of it is read: no entity is ever declared (billion laughs, external files)."""
    if len(data) > MAX_XML:
        raise Refused("too_large")
    if b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise Refused("entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, remove_comments=True,
        remove_pis=True, collect_ids=False, huge_tree=len(data) > _LONG_TEXT,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Refused("too_deep" if "depth" in str(error).lower() else "damaged") from None
    except ValueError:
        raise Refused("damaged") from None
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding of its own
        raise Refused("entities")
    _measure(root)
    return root


def _measure(root: Element) -> None:
    count, level = 0, [root]
    for _ in range(_MAX_DEPTH):
        count += len(level)
        if count > _MAX_NODES:
            raise Refused("too_deep")
        level = [child for one in level for child in one]
        if not level:
            return
    raise Refused("too_deep")


def local(element: Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else [one for one in element if local(one) == name]


def at(element: Element | None, *path: str) -> Element | None:
    """The first child along that path of local names."""
    for name in path:
        element = next(iter(children(element, name)), None)
    return element


def words(element: Element | None, limit: int = 300) -> str:
    """Its text, blanks as one."""
    return "" if element is None else " ".join("".join(map(str, element.itertext())).split())[:limit]


def value(element: Element | None, name: str, limit: int = 300) -> str:
    return "" if element is None else " ".join((element.get(name) or "").split())[:limit]
