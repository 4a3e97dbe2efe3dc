"""The files of what is written: joined, carried by a forward, taken out, too many; without JavaScript."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mailbox import draft_files, store
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mailbox.models import Blob, Draft, DraftFile, Message
from mailbox.summary import open_summary
from tests.mailbox.test_store import NOW, filing
from tests.mailbox.views.test_compose import DR, write


@pytest.fixture
def received(dupont) -> Message:
    """A letter with three files of 4, 5 and 6 bytes."""
    files = (OutgoingFile(f"{name}.pdf", "application/pdf", b"%PDF.."[:size]) for name, size in NAMES.items())
    original = Outgoing(
        from_=Address("Dr", DR), to=(Address("", dupont.address),), subject="Bilan", text="x", files=tuple(files),
        message_id="o@x.example", date=NOW,
    )  # fmt: skip
    [message] = store.file(dupont, [filing(compose(original))])
    return message


NAMES = {"bilan": 4, "radio": 5, "courrier": 6}


def numbers(box, message) -> dict[str, str]:
    return {part.filename.removesuffix(".pdf"): part.number for part in open_summary(message, box.keys).files}


def held() -> list[int]:
    return sorted(DraftFile.objects.values_list("size", flat=True))


def test_forwarding_shows_the_files_at_once_and_takes_those_that_stay_ticked(author, base, dupont, received):
    page = author.get(f"{base}/message/{received.pk}/transferer/")
    for name, number in numbers(dupont, received).items():
        assert f'name="carry" value="{number}" checked><span class="ellipsis">{name}.pdf' in page.content.decode()
    assert not DraftFile.objects.exists()
    part = numbers(dupont, received)
    saved = write(author, page, to=DR, subject="Tr", offered="1", carry=[part["bilan"], part["courrier"]])
    assert "bilan.pdf" in saved.content.decode()
    assert "radio.pdf" not in saved.content.decode()
    write(author, saved, "send", to=DR, subject="Tr", text="Voyez.")
    sent = Message.objects.get(direction="out")
    assert [p.filename for p in open_summary(sent, dupont.keys).files] == ["bilan.pdf", "courrier.pdf"]


def test_while_one_writes_the_ticks_are_followed_and_own_files_stay(author, base, dupont, received):
    part = numbers(dupont, received)
    form = {"kind": "forward", "source": str(received.pk), "offered": "1"}
    url = f"{base}/brouillon/{received.pk}/"

    def autosave(version: int, *names: str) -> dict[str, object]:
        ticked = [part[name] for name in names]
        given = form | {"version": version, "carry": ticked}
        return author.post(url, given, headers={"X-Background": "1"}).json()

    autosave(0, "bilan", "radio")
    draft_files.attach(dupont, Draft.objects.get(), name="a", content_type="text/plain", data=b"x")
    assert held() == [1, 4, 5]
    autosave(1, "radio", "courrier")
    assert held() == [1, 5, 6]
    author.post(url, {"kind": "forward", "source": str(received.pk), "version": 2}, headers={"X-Background": "1"})
    assert held() == [1, 5, 6], "a page that offers nothing changes nothing"
    autosave(3)
    assert held() == [1]
    assert Blob.objects.count() == 2, "the letter's own, and the file's"


def test_a_forward_of_more_than_a_message_holds_takes_what_fits_and_says_what_does_not(
    author, base, dupont, received, monkeypatch
):
    monkeypatch.setattr(draft_files, "MAX_BYTES", 10)
    part = numbers(dupont, received)
    page = author.get(f"{base}/message/{received.pk}/transferer/")
    assert page.content.decode().count(" checked><span") == 2
    all_of_them = {"subject": "Tr", "to": DR, "text": "x", "offered": "1", "carry": list(part.values())}
    answer = write(author, page, "send", **all_of_them)
    assert answer.status_code == 422
    assert "«\xa0courrier.pdf\xa0» n’a pas été joint" in answer.content.decode()
    assert held() == [4, 5]
    assert not Message.objects.filter(direction="out").exists(), "nothing leaves without what was asked for"
    assert write(author, answer, "send", to=DR, subject="Tr", text="x").status_code == 302


def test_files_are_joined_named_sealed_and_removed(author, base, dupont):
    page = author.get(f"{base}/nouveau/")
    file = SimpleUploadedFile("Résultat été.pdf", b"%PDF canari", content_type="application/pdf")
    saved = write(author, page, files=[file])
    assert "Résultat été.pdf" in saved.content.decode()
    row = DraftFile.objects.get()
    assert b"canari" not in bytes(row.blob.box)
    assert "Résultat".encode() not in bytes(row.box)
    write(author, saved, f"detach:{row.pk}")
    assert not DraftFile.objects.exists()
    assert not Blob.objects.exists()


def test_too_much_is_said_in_place_and_the_rest_is_kept(author, base, monkeypatch):
    monkeypatch.setattr(draft_files, "MAX_BYTES", 10)
    page = author.get(f"{base}/nouveau/")
    answer = write(author, page, subject="Gardé", files=[SimpleUploadedFile("gros.bin", b"x" * 11)])
    assert "n’a pas été joint" in answer.content.decode()
    assert "Gardé" in answer.content.decode()
