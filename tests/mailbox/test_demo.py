"""The demonstration contradicts itself nowhere: letters, their files, names and signatures agree. Its white list holds the
traps of the published one (trust-space §1.4)."""

import io
import re
import zipfile

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.management.demo import letters, listed, team
from mailbox.management.demo.authority import Authority, ListedDomain, dn_text, operator_name, white_list
from mailbox.mime.address import domain_of, is_patient
from mailbox.mime.mss import is_last
from mailbox.mime.parse import decoded, parse
from mailbox.mime.threads import visible_subject
from mailbox.models import Message, Note, ThreadEvent
from mailbox.summary import open_summary
from mailbox.trust.revocation import Standing
from mailbox.trust.whitelist import WhiteList
from mailbox.trust.whitelist import parse as parse_list
from mssweb.authorities import parse_dn
from tests.mailbox.views.conftest import base, browser  # noqa: F401  (fixtures)


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


def test_the_inbox_shows_labels_folders_views_and_notes_of_the_team(dupont, anne, claire, browser, base):  # noqa: F811
    people, now = {"anne": anne, "claire": claire}, timezone.now()
    filed = letters.file_all(dupont, people, now=now)
    team.work(dupont, people, filed, now=now)
    page = browser(anne).get(f"{base}/inbox/").content.decode()
    for words in (*team.LABELS, *team.FOLDERS, team.VIEWS["anne"].name):
        assert words in page, words
    came = {message.thread_id: message.filed_at for message in filed.values() if message.direction == "in"}
    acts = [*ThreadEvent.objects.all(), *Note.objects.all()]
    assert len(acts) > 10 and all(came[one.thread_id] < one.at < now for one in acts), "nobody acts before it came"


def test_a_received_letter_bears_answered_when_we_answered_it_and_only_then(filed, dupont):
    told = {message.pk: open_summary(message, dupont.keys) for message in filed}
    answered = {told[m.pk].references[-1] for m in filed if m.direction == "out" and told[m.pk].references}
    assert len(answered) == 10
    assert {told[m.pk].message_id for m in filed if "$answered" in m.keywords} == answered


def test_one_letter_asks_whether_it_was_read_and_one_answer_to_a_patient_ends_the_exchange(filed, dupont):
    told = {message.pk: open_summary(message, dupont.keys) for message in filed}
    assert [told[m.pk].subject for m in filed if m.receipt == "asked"] == ["CR de biologie – M. NGUYEN Van Minh"]
    [last] = [m for m in filed if is_last(told[m.pk].headers, told[m.pk].subject)]
    assert last.direction == "out"
    assert is_patient(parse(blobs.read(last.blob, dupont)).to[0].addr_spec)
    assert last.filed_at == max(m.filed_at for m in filed if m.thread_id == last.thread_id)


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


OURS, PEER, OTHER = (dn_text(operator_name(name)) for name in ("mx.ours", "mx.peer", "smtp-1.other"))


@pytest.fixture(scope="module")
def white() -> tuple[list[ListedDomain], WhiteList]:
    authority, now = Authority(), timezone.now()
    rows = listed.rows(ours=OURS, hospital=PEER, other=OTHER)
    document = white_list(rows, authority.signer(), generated_at=now)
    read = parse_list(
        document, anchors=authority.anchors, signer_cn="alb.mssante.fr", standing=lambda signer: Standing.GOOD, now=now
    )
    return rows, read


def test_whoever_the_invented_annuaire_proposes_is_of_a_listed_domain(white):
    assert {f"{name}.mssante.example" for name in listed.ANYBODY} <= white[1].domains.keys()


def test_the_list_has_two_dozen_domains_and_the_peer_answers_for_all_but_ours(white):
    rows, read = white
    assert (len(read.domains), read.row_count) == (22, len(rows))
    assert len(set(rows)) == len(rows) - 1, "one plain duplicate"
    assert {domain for domain in read.domains if read.allows(parse_dn(PEER), domain)} == read.domains.keys() - {
        listed.OURS
    }
    units = [re.search(r"OU=(\d+)", row.dn)[1] for row in rows]
    assert [unit for unit in units if not re.fullmatch(r"1\d{9}|3\d{14}", unit)] == []


@pytest.mark.parametrize(
    "spelling",
    [
        r",L=",
        r"^CN=[^,]+ ,",
        r", OU=",
        r"\S {2,}\S",
        "\u00a0",
        r'O="',
        r'O=[^",]+"',
        r"[ÉÔé]",
        r"^CN=[^.,]+,",
        r"\w\(\d\d\)",
        "smtps[12]",
    ],
)
def test_each_trap_of_spelling_is_there(white, spelling):
    rows, read = white
    trapped = [row for row in rows if re.search(spelling, row.dn)]
    assert trapped
    assert all(read.allows(parse_dn(row.dn), domain_of(f"x@{row.name}")) for row in trapped)


def test_one_subject_is_written_in_two_ways_and_one_domain_has_two_organisations(white):
    rows, read = white
    own = {
        domain: [row.dn for row in rows if row.name == domain and row.dn != PEER]
        for domain in {row.name for row in rows}
    }
    nurses, clinic = own["infirmiers-est.mssante.example"], own["clinique-vincennes.mssante.example"]
    assert len(set(nurses)) == 2 and len(set(map(parse_dn, nurses))) == 1
    assert len({dict(parse_dn(dn))["O"] for dn in clinic}) == 2
    assert read.lists("xn--sant-nation-ebb.mssante.example") and read.lists("uc-cmp.mssante.example")
    [told] = {row.description for row in rows if row.name == "patient.mssante.fr"}
    assert "reponse.automatique-test@patient.mssante.fr" in told and len(own["patient.mssante.fr"]) == 2
