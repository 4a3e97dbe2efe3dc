"""What leaves with a letter: a telephone's photo loses its place, in whatever state it is; all else stays byte for byte."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from mailbox import draft_files
from mailbox.documents import photos
from mailbox.models import Draft
from mailbox.quarantine import runner
from mailbox.quarantine.runner import Given
from tests.auth_otp.conftest import pocket  # noqa: F401
from tests.mailbox.quarantine.made import PDF, photo
from tests.mailbox.views.conftest import author  # noqa: F401
from tests.mailbox.views.test_compose import write


def test_a_photo_that_is_joined_to_a_letter_is_upright_and_has_no_place(author, base, dupont):  # noqa: F811
    page = author.get(f"{base}/nouveau/")
    files = [
        SimpleUploadedFile("IMG_1.jpg", photo(), "image/jpeg"),
        SimpleUploadedFile("a.pdf", PDF, "application/pdf"),
    ]
    write(author, page, files=files)
    sent, pdf = draft_files.outgoing(Draft.objects.get(), dupont)
    with Image.open(io.BytesIO(sent.data)) as seen:
        assert (seen.size, dict(seen.getexif())) == ((30, 40), {})
    assert b"Proprietaire" not in sent.data
    assert pdf.data == PDF


def test_a_telephone_s_heic_is_seen_and_leaves_as_an_upright_jpeg_or_not_at_all(author, base, dupont):  # noqa: F811
    heic = photo(kind="HEIF", size=(80, 60))
    assert b"Proprietaire" in heic
    assert runner.look(Given(heic, "IMG_1.HEIC", "image/heic")).pages == ((60, 80),)
    assert runner.draw(Given(heic, "IMG_1.jpg", "image/jpeg"), page=0, width=40)[:4] == b"RIFF", "misnamed: no disguise"
    page = author.get(f"{base}/nouveau/")
    files = [SimpleUploadedFile(name, data, "image/heic") for name, data in (("A.HEIC", heic), ("B.HEIC", heic[:900]))]
    answer = write(author, page, files=files)
    assert "« B.HEIC » n’a pas été joint : photo illisible ici" in answer.content.decode().replace("\xa0", " ")
    [sent] = draft_files.outgoing(Draft.objects.get(), dupont)
    assert (sent.name, sent.content_type) == ("A.jpg", "image/jpeg")
    with Image.open(io.BytesIO(sent.data)) as seen:
        assert (seen.format, seen.size, dict(seen.getexif())) == ("JPEG", (60, 80), {})
    assert b"Proprietaire" not in sent.data


def test_what_cannot_be_read_is_cut_and_what_tells_nothing_is_not_touched(monkeypatch):
    def refuse(data: bytes) -> bytes:
        raise runner.Refused("damaged")

    monkeypatch.setattr(runner, "clean", refuse)
    for kind in ("JPEG", "PNG"):
        told = photo(kind=kind)
        cut = photos.cleaned(told[:-3])
        assert b"Proprietaire" in told
        assert b"Proprietaire" not in cut
        assert cut[:4] == told[:4]
    out = io.BytesIO()
    Image.new("RGB", (3, 3)).save(out, "PNG")
    assert photos.cleaned(out.getvalue()) == out.getvalue()
