"""The demonstration contradicts itself nowhere: letters, their files, names and signatures agree."""

import io
import re
import zipfile

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.management.demo import letters
from mailbox.mime.parse import decoded, parse
from mailbox.mime.threads import visible_subject
from mailbox.models import Message
from mailbox.summary import open_summary


@pytest.fixture
def filed(dupont, anne, claire) -> list[Message]:
    letters.file_all(dupont, {"anne": anne, "claire": claire}, now=timezone.now())
    return list(Message.objects.filter(mailbox=dupont).select_related("author", "blob").order_by("filed_at"))


def test_who_signs_a_letter_of_ours_is_who_wrote_it_and_may_send(filed, dupont):
    ours = [message for message in filed if message.direction == "out"]
    assert {message.author.first_name for message in ours} == {"Anne", "Claire"}
    for message in ours:
        signed = parse(blobs.read(message.blob, dupont)).text.strip().splitlines()[-1]
        assert signed.startswith(message.author.first_name), signed
        assert dupont.memberships.get(user=message.author).can_send


def test_a_received_letter_bears_answered_when_we_answered_it_and_only_then(filed, dupont):
    told = {message.pk: open_summary(message, dupont.keys) for message in filed}
    answered = {told[m.pk].references[-1] for m in filed if m.direction == "out" and told[m.pk].references}
    assert len(answered) == 10
    assert {told[m.pk].message_id for m in filed if "$answered" in m.keywords} == answered


def test_the_documents_of_a_patient_and_their_names_are_of_the_patient_of_the_subject(filed, dupont):
    structured = 0
    for message in filed:
        raw = blobs.read(message.blob, dupont)
        parsed = parse(raw)
        files = {part.filename: decoded(raw, part) for part in parsed.attachments}
        if "IHE_XDM.zip" not in files:
            continue
        structured += 1
        family, given, born = re.search(r"(\S+) (\S+) (\d\d/\d\d/\d{4})$", visible_subject(parsed.subject)).groups()
        archive = zipfile.ZipFile(io.BytesIO(files.pop("IHE_XDM.zip")))
        document = archive.read("IHE_XDM/SUBSET01/DOC0001.XML").decode()
        [(name, page)] = files.items()
        assert f"<given>{given}</given>" in document and f">{family}</family>" in document
        assert f'birthTime value="{born[6:]}{born[3:5]}{born[:2]}"' in document
        assert name.endswith(f"_{family}_{given}.pdf") and name.startswith(
            f"{timezone.localtime(message.filed_at):%Y%m%d}_"
        )
        assert f"{family} {given}, {born}".encode("cp1252") in page
        assert "PAT-TROIS" not in document + name
    assert structured == 2


@pytest.mark.parametrize(
    "ins", [letters.LIAISON.ins, letters.BIOLOGY.ins, *(p.addr_spec[:15] for p in (letters.VIDAL, letters.NGUYEN))]
)
def test_an_invented_number_has_its_key(ins):
    assert int(ins[13:]) == 97 - int(ins[:13]) % 97
