"""The process of one job: reads it from its standard input, shuts itself in, reads the file, answers on its standard output.

A job is a line of JSON, then the file. An answer is a line of JSON, then the bytes it announces. Whatever is raised inside is
the answer `damaged`; what kills the process is seen by the parent.
"""

import codecs
import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from mailbox.quarantine import sniff
from mailbox.quarantine.inside import cage, pages, pictures
from mailbox.quarantine.inside.refused import Refused
from mailbox.quarantine.values import Found

_TEXT = 200_000


def main() -> None:
    job = json.loads(sys.stdin.buffer.readline(65536))
    data = sys.stdin.buffer.read()
    _prepare(str(job["kind"]))
    cage.close(memory=int(job["memory"]), seconds=int(job["seconds"]), threads=job["kind"] == "heic")
    try:
        told, body = _JOBS[job["act"]](data, job)
    except Refused as error:
        told, body = {"refused": error.code}, b""
    except MemoryError:
        told, body = {"refused": "bomb"}, b""
    except Exception:  # noqa: BLE001  (a parser met what nobody foresaw: the file is at fault, and its words stay here)
        told, body = {"refused": "damaged"}, b""
    line = json.dumps({**told, "length": len(body)}, ensure_ascii=False).encode()
    sys.stdout.buffer.write(line + b"\n" + body)
    sys.stdout.buffer.flush()


def _prepare(kind: str) -> None:
    """Load every parser that this file may need: later no library can be opened."""
    if kind in {"pdf", "xml", "zip"}:
        pages.prepare()
    if kind in {"image", "heic"}:
        pictures.prepare(heic=kind == "heic")
    if kind in {"xml", "zip"}:
        importlib.import_module("mailbox.quarantine.inside.archive")
    for name in ("cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp437", "latin-1"):
        codecs.lookup(name)


def _inner(data: bytes, job: dict[str, Any]) -> tuple[bytes, str, str]:
    """The file that is meant: a member of an archive; its name and its kind."""
    name, place = str(job["name"]), int(job["member"])
    if place >= 0:
        from mailbox.quarantine.inside import archive

        opened = archive.open_archive(data)
        data = archive.bytes_of(opened, place)
        name = archive.files(opened)[place].filename.replace("\\", "/").rpartition("/")[2]
    kind = sniff.kind_of(data)
    if said := sniff.refusal(kind, name, str(job["type"]) if place < 0 else ""):
        raise Refused(said)
    return data, name, kind


def _look(data: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    data, name, kind = _inner(data, job)
    looks: dict[str, Callable[[bytes, str, dict[str, Any]], Found]] = {
        "pdf": _look_pdf, "image": _look_image, "heic": _look_image, "zip": _look_zip, "xml": _look_xml, "text": _look_text,
    }  # fmt: skip
    look = looks.get(kind)
    found = look(data, name, job) if look else Found(kind, notice="unsupported")
    return asdict(found), b""


def _look_pdf(data: bytes, name: str, job: dict[str, Any]) -> Found:
    return pages.look(data, words=bool(job["words"]))


def _look_image(data: bytes, name: str, job: dict[str, Any]) -> Found:
    return pictures.look(data, thumbs=bool(job["words"]))


def _look_zip(data: bytes, name: str, job: dict[str, Any]) -> Found:
    from mailbox.quarantine.inside import archive

    if int(job["member"]) >= 0 or name.rpartition(".")[2].lower() in sniff.OFFICE:
        return Found("office", notice="unsupported")
    return archive.look(data)


def _look_xml(data: bytes, name: str, job: dict[str, Any]) -> Found:
    from mailbox.quarantine.inside import cda, markup

    if not cda.is_cda(data):
        markup.root_of(data)
        return _look_text(data, name, job)
    told, text = cda.read(data, name=name, member=int(job["member"]), draws=not job["words"])
    if not told.head.has_pdf:
        return Found("cda", cda=told, documents=(told.head,), text=text[:_TEXT])
    try:  # VISU.03: the PDF inside is what is shown
        inside = pages.look(cda.pdf_inside(data), words=bool(job["words"]))
    except Refused as error:
        return Found("cda", cda=told, documents=(told.head,), problems=(error.code,), text=text[:_TEXT])
    return Found(
        "cda",
        cda=told,
        documents=(told.head,),
        pages=inside.pages,
        page_count=inside.page_count,
        thumb=inside.thumb,
        text=inside.text[:_TEXT],
    )


def _look_text(data: bytes, name: str, job: dict[str, Any]) -> Found:
    try:
        text = data[: 4 * _TEXT].decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        text = data[:_TEXT].decode("cp1252", "replace")
    return Found("text", text=text[:_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}"))


def _draw(data: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    data, _, kind = _inner(data, job)
    if kind == "xml":
        from mailbox.quarantine.inside import cda

        data, kind = cda.pdf_inside(data), "pdf"
    if kind not in {"pdf", "image", "heic"}:
        raise Refused("unsupported")
    draw = pages.draw if kind == "pdf" else pictures.draw
    return {}, draw(data, int(job["page"]), int(job["width"]))


def _extract(data: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A member as it is, or the PDF inside a CDA, to be saved by who wants it."""
    data, name, kind = _inner(data, job)
    if job["inside"] and kind == "xml":
        from mailbox.quarantine.inside import cda

        return {"name": name.rpartition(".")[0] + ".pdf"}, cda.pdf_inside(data)
    return {"name": name}, data


def _clean(data: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    return {}, pictures.clean(data)


def _show(data: bytes, job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    return {}, pictures.show(data)


_JOBS: dict[str, Callable[[bytes, dict[str, Any]], tuple[dict[str, Any], bytes]]] = {
    "look": _look, "draw": _draw, "extract": _extract, "clean": _clean, "show": _show,
}  # fmt: skip
