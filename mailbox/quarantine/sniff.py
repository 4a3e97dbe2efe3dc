"""What bytes are, by their first ones, against what a name and a type claim. Pure: looks at a few kilobytes, opens nothing."""

from collections.abc import Iterable

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image"), (b"\xff\xd8\xff", "image"), (b"GIF87a", "image"), (b"GIF89a", "image"),
    (b"II*\0", "image"), (b"MM\0*", "image"), (b"PK\3\4", "zip"), (b"PK\5\6", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"{\\rtf", "rtf"), (b"MZ", "program"), (b"\x7fELF", "program"),
    (b"\xca\xfe\xba\xbe", "program"), (b"\xcf\xfa\xed\xfe", "program"), (b"\xfe\xed\xfa\xcf", "program"), (b"#!", "program"),
    (b"Rar!", "archive"), (b"7z\xbc\xaf\x27\x1c", "archive"), (b"\x1f\x8b", "archive"), (b"BZh", "archive"),
    (b"\xfd7zXZ\0", "archive"), (b"MSCF", "archive"),
)  # fmt: skip
_ENDINGS = {
    "pdf": "pdf", "png": "image", "jpg": "image", "jpeg": "image", "jfif": "image", "gif": "image", "tif": "image",
    "tiff": "image", "webp": "image", "bmp": "image", "heic": "heic", "heif": "heic", "zip": "zip", "xml": "xml", "txt": "text",
    "csv": "text", "hpr": "text", "ics": "text", "eml": "text", "vcf": "text", "docx": "zip", "xlsx": "zip", "odt": "zip",
    "ods": "zip", "pptx": "zip", "doc": "ole", "xls": "ole", "ppt": "ole", "rtf": "rtf", "dcm": "dicom",
    "exe": "program", "dll": "program", "scr": "program", "com": "program", "msi": "program", "bat": "program",
    "cmd": "program", "js": "program", "vbs": "program", "ps1": "program", "jar": "program", "lnk": "program",
    "hta": "program", "sh": "program", "7z": "archive", "rar": "archive", "gz": "archive", "tgz": "archive",
}  # fmt: skip
_TYPES = {
    "application/pdf": "pdf", "application/x-pdf": "pdf", "application/zip": "zip", "application/x-zip-compressed": "zip",
    "text/xml": "xml", "application/xml": "xml", "application/rtf": "rtf", "application/msword": "ole",
    "image/heic": "heic", "image/heif": "heic", "application/dicom": "dicom", "image/svg+xml": "xml",
}  # fmt: skip
_CONTAINED = {b"WEBP": "image", **dict.fromkeys((b"heic", b"heix", b"mif1", b"heim", b"hevc"), "heic")}
OFFICE = frozenset({"docx", "xlsx", "odt", "ods", "pptx"})
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_SAME = {
    "image": {"image", "heic"},
    "heic": {"heic", "image"},
    "xml": {"xml", "text"},
    "text": {"text", "xml"},
    "html": {"html", "text"},
}


def kind_of(data: bytes) -> str:
    """pdf image heic zip xml text ole rtf dicom program archive, or '' for what we do not know."""
    head = bytes(data[:4096])
    if head[:4] == b"RIFF" or head[4:8] == b"ftyp":
        return _CONTAINED.get(head[8:12], "")
    if found := next((kind for magic, kind in _MAGIC if head.startswith(magic)), ""):
        return found
    if head[128:132] == b"DICM":
        return "dicom"
    if head[:2] == b"BM" and int.from_bytes(data[2:6], "little") == len(data):
        return "image"
    return "pdf" if b"%PDF-" in head[:1024] else _words(head)  # ISO 32000-1 H 3.4.1: not always at the first byte


def _words(head: bytes) -> str:
    start = head
    for bom in _BOMS:
        start = start.removeprefix(bom)
    plain = start.replace(b"\0", b"") if head.startswith(_BOMS[1:]) else start
    if plain.lstrip()[:5] == b"<?xml" or b"ClinicalDocument" in plain[:1000]:
        return "xml"
    return "" if b"\0" in plain or not head else "text"


def claims(name: str, content_type: str) -> set[str]:
    """The kinds that a name and a declared type say it is; none when they say nothing."""
    ending = name.strip().rpartition(".")[2].lower() if "." in name else ""
    typed = _TYPES.get(content_type, "")
    if not typed and content_type.startswith("image/"):
        typed = "image"
    if typed == "zip" and ending in OFFICE:
        typed = ""
    return {kind for kind in (_ENDINGS.get(ending, ""), typed) if kind}


def is_disguised(kind: str, said: Iterable[str]) -> bool:
    """It is not what it says."""
    return any(kind not in _SAME.get(one, {one}) for one in said)


def refusal(kind: str, name: str, content_type: str) -> str:
    """Why a file of that kind is not even looked at under that name and type: `program`, `disguised`, or ''."""
    if kind == "program":
        return "program"
    return "disguised" if is_disguised(kind, claims(name, content_type)) else ""
