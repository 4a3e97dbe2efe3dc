"""From a click to the picture of a page: files of five megabytes in a mailbox, through the view, the boxes and the quarantine."""

import io
import os
import random
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, percentile, timed

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_BYTES = 5_000_000
_GOAL = 500  # ms, from the click to the first page
_A4_300 = (2480, 3508)  # pixels of a sheet that was scanned at 300 dpi
_PHONE = (4032, 3024)


def run(*, quick: bool = False) -> list[Figure]:
    from django.conf import settings
    from django.test import Client

    from benchmarks.people import pharmacy, signed_in

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    mailbox, user = pharmacy()
    client = signed_in(Client(), user)
    figures, times = [], 5 if quick else 25
    for name, data in (
        ("words.pdf", words(_BYTES)),
        ("scan.pdf", scans(_BYTES)),
        ("photo.jpg", photo(_BYTES)),
    ):
        piece = f"/b/{mailbox.pk}/message/{_filed(mailbox, name, data)}/piece/2"
        before = os.times()
        runs = timed(_click(client, piece), times, warm_up=2)
        spent = sum(os.times()[:4]) - sum(before[:4])
        how = (
            f"{len(data) / 1e6:.1f} MB, fragment and picture one after the other, p50 {percentile(runs, 0.5):.0f} ms,"
            f" {spent / (times + 2) * 1e3:.0f} ms of processor"
        )
        figures.append(
            Figure(f"preview of {name}, p95", percentile(runs, 0.95), "ms", how, _GOAL, higher_is_better=False)
        )
    return figures


def _click(client, piece: str) -> Callable[[], object]:
    """The fragment of the dialog, then the first picture that it names, as a browser asks for them."""

    def click() -> None:
        shown = client.get(f"{piece}/apercu/", headers={"HX-Request": "true"})
        [first, *_] = re.findall(r'<img class="sheet-picture" src="([^"]+)"', shown.content.decode())
        drawn = client.get(first)
        assert drawn.content[:4] == b"RIFF", drawn.status_code

    return click


def _filed(mailbox, name: str, data: bytes) -> str:
    from datetime import UTC, datetime

    from mailbox import store
    from mailbox.documents.worker import examine_due
    from mailbox.mime.compose import Outgoing, OutgoingFile, compose
    from mailbox.mime.values import Address

    raw = compose(
        Outgoing(
            from_=Address("Laboratoire", "labo@peer.example"), to=(Address("", mailbox.address),), subject=name, text="Ci-joint.",
            files=(OutgoingFile(name, "application/octet-stream", data),), message_id=f"{name}@peer.example",
            date=datetime(2026, 11, 23, tzinfo=UTC),
        )
    )  # fmt: skip
    filing = store.Filing(
        raw=raw, folder_role="inbox", direction="in", filed_at=datetime.now(UTC), mail_from="labo@peer.example"
    )
    [message] = store.file(mailbox, [filing])
    examine_due(datetime.now(UTC))
    return str(message.pk)


def words(size: int) -> bytes:
    """Pages of prose, each 12 kB: what an office program prints."""
    dice = random.Random(1)
    pages = []
    while sum(map(len, pages)) < size:
        lines = [
            " ".join(f"{dice.choice('bcdfglmnprst')}{dice.choice('aeiou')}{dice.randrange(9999)}" for _ in range(16))
            for _ in range(110)
        ]
        shown = "".join(f"1 0 0 1 40 {820 - 7 * place} Tm ({line}) Tj\n" for place, line in enumerate(lines))
        pages.append(f"BT /F1 6 Tf\n{shown}ET".encode())
    return _pdf([(b"", page) for page in pages])


def scans(size: int) -> bytes:
    """Sheets that went through a scanner: a picture each."""
    drawn = _encoded(_sheet(), 80)
    stream = b"q 595 0 0 842 0 0 cm /Im Do Q"
    head = f"/Type /XObject /Subtype /Image /Width {_A4_300[0]} /Height {_A4_300[1]} /BitsPerComponent 8".encode()
    picture = b"<< " + head + b" /ColorSpace /DeviceRGB /Filter /DCTDecode /Length %d >>\nstream\n" % len(drawn)
    whole = picture + drawn + b"\nendstream"
    return _pdf([(whole, stream) for _ in range(-(-size // len(drawn)))])


def _sheet() -> "Picture":
    from PIL import Image, ImageDraw

    sheet = Image.effect_noise(_A4_300, 14).convert("RGB")
    pen, dice = ImageDraw.Draw(sheet), random.Random(2)
    for line in range(60):
        pen.text((200, 150 + 55 * line), " ".join(str(dice.randrange(99999)) for _ in range(40)), fill=(20, 20, 20))
    return sheet


def photo(size: int) -> bytes:
    """Twelve million pixels on their side."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    picture, quality = Image.effect_noise(_PHONE, 40).convert("RGB"), 95
    while len(data := _encoded(picture, quality, exif)) > size * 1.1:
        quality -= 8
    return data


def _encoded(picture: "Picture", quality: int, exif: object = None) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return out.getvalue()


def _pdf(pages: list[tuple[bytes, bytes]]) -> bytes:
    """Of (image object or nothing, content) a page. One font, an index at its end."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for image, content in pages:
        xobject = b""
        if image:
            objects.append(image)
            xobject = b"/XObject << /Im %d 0 R >> " % len(objects)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        resources = b"<< /Font << /F1 3 0 R >> " + xobject + b">>"
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources %s /Contents %d 0 R >>"
        objects.append(page % (resources, len(objects)))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return bytes(out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
