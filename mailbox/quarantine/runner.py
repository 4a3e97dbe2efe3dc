"""Starts the quarantine and believes nothing of what it answers: sizes, shapes and times are judged here.

A fresh process a job: 60 ms for XML and archives, 110 ms with PDFium, measured; nothing of one file is ever near another.
Its environment is empty, its only descriptors are two pipes. At most a few at once: the rest wait their turn.
"""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mailbox.quarantine import sniff
from mailbox.quarantine.values import Found, Unfit, read

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from mailbox.quarantine.inside.main import main; main()"
MAX_BYTES = 40_000_000  # of a file; more is not opened
MAX_ANSWER = 45_000_000
MAX_PICTURE = 8_000_000
MEMORY = 900_000_000  # address space: PDFium and a picture of 60 Mpixels
SECONDS = 10  # of processor
WALL = 15.0  # seconds, waiting for a turn left out
_AT_ONCE = threading.BoundedSemaphore(4)
_PIPE = 1 << 20  # bytes, where a system lets us choose: a file of 5 MB is not handed over in eighty spoonfuls
_TURN = 10.0  # seconds that a job waits for the others
PICTURES = frozenset({"image", "heic"})  # kinds (sniff)
CODES = frozenset(
    """encrypted damaged disguised program too_large bomb nested too_many climbing encrypted_archive entities too_deep
    unsupported absent timeout crashed busy""".split()
)


class Refused(Exception):
    """The file was not read; `code` says why, in a word of CODES. Nothing of the file is in it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code if code in CODES else "damaged"


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """A file as it came: its bytes, the name and type that its sender gave, the member of the archive that is meant."""

    data: bytes
    name: str = ""
    content_type: str = ""
    member: int = -1


def look(given: Given, *, words: bool = True) -> Found:
    """What it is; a file that is refused has its reason as `notice`, never an exception. Without `words` a PDF is not read
    for those of the index: what is only shown is not kept waiting for them."""
    kind = sniff.kind_of(given.data)
    if given.member < 0 and (said := sniff.refusal(kind, given.name, given.content_type)):
        return Found(kind, notice=said)
    try:
        told, _ = _run("look", given, words=words)
        return read(Found, {name: one for name, one in told.items() if name != "length"})
    except Refused as error:
        return Found(kind, notice=error.code)
    except Unfit:
        return Found("", notice="damaged")


def draw(given: Given, *, page: int, width: int) -> bytes:
    """A page as WebP. Refused when there is none."""
    return _webp(_run("draw", given, page=page, width=width)[1])


def show(data: bytes) -> bytes:
    """A picture of a body as WebP, at its own size up to a bound: nothing of its bytes is in it. Refused: it is none."""
    if sniff.kind_of(data) not in PICTURES:
        raise Refused("disguised")
    return _webp(_run("show", Given(data))[1])


def _webp(body: bytes) -> bytes:
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP" or len(body) > MAX_PICTURE:
        raise Refused("damaged")
    return body


def extract(given: Given, *, inside: bool = False) -> tuple[str, bytes]:
    """A member of an archive with its name; `inside`: the PDF of a CDA."""
    told, body = _run("extract", given, inside=inside)
    name = told.get("name", "")
    return (name[:200] if isinstance(name, str) else ""), body


def clean(data: bytes) -> bytes:
    """A photo upright and without what its camera wrote into it (place, time, owner), HEIC as JPEG. Refused: it is none."""
    _, body = _run("clean", Given(data))
    if sniff.kind_of(body) != "image":
        raise Refused("damaged")
    return body


def _run(act: str, given: Given, **more: int | bool) -> tuple[dict[str, object], bytes]:
    if len(given.data) > MAX_BYTES:
        raise Refused("too_large")
    job = {
        "act": act, "kind": sniff.kind_of(given.data), "name": given.name[:300], "type": given.content_type[:100],
        "member": given.member, "memory": MEMORY, "seconds": SECONDS, "inside": False, "words": True, **more,
    }  # fmt: skip
    if not _AT_ONCE.acquire(timeout=_TURN):
        raise Refused("busy")
    try:
        answer = _exchange(json.dumps(job).encode() + b"\n", given.data)
    finally:
        _AT_ONCE.release()
    return _judged(answer)


def _exchange(line: bytes, data: bytes) -> bytes:
    """Writes and reads at once, so that neither waits for the other; whatever happens, nobody is left behind."""
    command = [sys.executable, "-I", "-c", _START, _ROOT]
    process = subprocess.Popen(  # noqa: S603  (our own module, our own Python)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
        close_fds=True, start_new_session=True, pipesize=_PIPE,
    )  # fmt: skip
    if process.stdin is None or process.stdout is None:
        raise Refused("crashed")
    ticking = threading.Timer(WALL, process.kill)
    ticking.daemon = True
    feeding = threading.Thread(target=_feed, args=(process.stdin, line, data), daemon=True)
    ticking.start()
    feeding.start()
    try:
        answer = process.stdout.read(MAX_ANSWER + 1)
    finally:
        is_late = not ticking.is_alive()
        ticking.cancel()
        process.kill()  # done already, or over its bound
        feeding.join()
        process.wait()
        process.stdout.close()
    if is_late or not answer or len(answer) > MAX_ANSWER:
        raise Refused("timeout" if is_late else "bomb" if answer else "crashed")
    return answer


def _feed(entry: IO[bytes], line: bytes, data: bytes) -> None:
    with suppress(OSError):  # it died, or was killed: the answer tells
        entry.write(line)
        entry.write(data)
    with suppress(OSError):
        entry.close()


def _judged(answer: bytes) -> tuple[dict[str, object], bytes]:
    head, _, body = answer.partition(b"\n")
    try:
        told = json.loads(head)
    except (ValueError, RecursionError):
        raise Refused("damaged") from None
    if not isinstance(told, dict) or told.get("length") != len(body):
        raise Refused("damaged")
    if "refused" in told:
        raise Refused(str(told["refused"]))
    return told, body
