"""What is composed is strictly valid, and read back as it was written."""

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime import parameters
from mailbox.mime.compose import Outgoing, OutgoingFile, Uncomposable, compose, new_message_id
from mailbox.mime.parse import decoded, parse, text_of
from mailbox.mime.values import Address

NOW = datetime(2026, 11, 23, 8, 30, 58, tzinfo=timezone(timedelta(hours=1)))
ANNE = Address("Dr_Anne_DUPONT", "anne@officine.mssante.example")


def outgoing(**fields: object) -> Outgoing:
    given = {"from_": ANNE, "to": (Address("", "a@b.fr"),), "subject": "Bilan", "text": "Bonjour", "date": NOW,
             "message_id": "1@officine.mssante.example"}  # fmt: skip
    return Outgoing(**(given | fields))  # type: ignore[arg-type]


printable = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
lines = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\0"), max_size=300)
names = st.text(printable, max_size=120).map(lambda s: " ".join(s.split()))
specs = st.from_regex(r"[a-z0-9é]{1,20}(\.[a-z0-9]{1,9})?@[a-z]{1,9}\.[a-z]{2,9}", fullmatch=True)
people = st.lists(st.builds(Address, names, specs), max_size=6).map(tuple)
files = st.lists(
    st.builds(
        OutgoingFile,
        st.text(printable, min_size=1, max_size=90).filter(lambda n: parameters.filename(n) == n),
        st.sampled_from(["application/pdf", "text/plain", "image/png"]),
        st.binary(max_size=300),
    ),
    max_size=3,
).map(tuple)  # fmt: skip


def assert_strict(raw: bytes) -> None:
    assert raw.endswith(b"\r\n")
    assert b"\0" not in raw and not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998  # RFC 5322 §2.1.1


@given(st.text(printable, max_size=300), people, people, lines, files)
def test_what_is_composed_reads_back_the_same(subject, to, cc, text, attached):
    raw = compose(outgoing(subject=subject, to=to, cc=cc, text=text, files=attached))
    parsed = parse(raw)
    assert_strict(raw)
    assert parsed.warnings == ()
    assert parsed.subject == subject
    assert (parsed.from_, parsed.to, parsed.cc, parsed.date) == ((ANNE,), to, cc, NOW)
    assert parsed.text == text.rstrip()
    found = [(p.filename, p.content_type, decoded(raw, p), p.size) for p in parsed.attachments]
    assert found == [(f.name, f.content_type, f.data, len(f.data)) for f in attached]


@given(lines, lines)
def test_html_is_the_alternative_of_its_text(text, html):
    raw = compose(outgoing(text=text, html=html))
    parsed = parse(raw)
    assert_strict(raw)
    assert parsed.html and parsed.text_part and parsed.attachments == ()  # ECO.2.2.4
    assert text_of(raw, parsed.html) == html
    assert text_of(raw, parsed.text_part) == text


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "a\r\nBcc: x@y.fr"},
        {"subject": "a\0"},
        {"subject": "\ud800"},
        {"text": "\ud800"},
        {"to": (Address("a\nb", "a@b.fr"),)},
        {"to": (Address("", "a@b.fr>, <c@d.fr"),)},
        {"to": (Address("", "a@b.fr\r\nBcc: x@y.fr"),)},
        {"to": (Address("", "anne"),)},
        {"message_id": "a@b>\r\nX: y"},
        {"headers": {"X-MSS-NIL": "a\nb"}},
        {"headers": {"Bcc": "x@y.fr"}},
        {"headers": {"X: y\r\nZ": "a"}},
        {"files": (OutgoingFile("a\nb.pdf", "application/pdf", b""),)},
        {"date": NOW.replace(tzinfo=None)},
    ],
)
def test_what_has_no_place_in_a_message_is_refused(fields):
    with pytest.raises(Uncomposable):
        compose(outgoing(**fields))
    compose(outgoing())


def test_answer_follows_its_thread_and_leaves_out_ids_that_cannot_travel():
    raw = compose(outgoing(in_reply_to=("q1@x.fr",), references=("q0@x.fr", "é@x.fr", "a>b@x", "q1@x.fr")))
    assert b"In-Reply-To: <q1@x.fr>\r\nReferences: <q0@x.fr>\r\n <q1@x.fr>\r\n" in raw  # ECO.2.2.2


def test_message_is_utf8_with_its_id_and_mss_headers():
    raw = compose(outgoing(text="Élixir", headers={"X-MSS-NIL": "DEV935997", "X-MSS-MES": "FIN"}))
    assert b"charset=utf-8" in raw and "Élixir".encode() not in raw  # ECO.2.2.3
    assert b"\r\nMessage-ID: <1@officine.mssante.example>\r\n" in raw  # ECO.2.2.1
    assert b"\r\nX-MSS-MES: FIN\r\n" in raw and b"\r\nX-MSS-NIL: DEV935997\r\n" in raw
    assert new_message_id("Officine.fr", "0190") == "0190@officine.fr"


def test_international_address_travels_in_utf8_and_its_domain_in_ascii():
    raw = compose(outgoing(to=(Address("", "élise@hôpital.fr"),)))
    assert "To: élise@xn--hpital-ixa.fr\r\n".encode() in raw  # RFC 6532


def test_text_cannot_end_its_part():
    raw = compose(outgoing(files=(OutgoingFile("a.txt", "text/plain", b"x"),)))
    boundary = re.search(rb'boundary="(.*)"', raw)
    assert boundary
    again = compose(
        outgoing(text=f"--{boundary[1].decode()}--\nsuite", files=(OutgoingFile("a.txt", "text/plain", b"x"),))
    )
    assert parse(again).text.endswith("suite") and len(parse(again).attachments) == 1


def test_message_as_a_file_is_given_as_bytes():
    raw = compose(outgoing(files=(OutgoingFile("a.eml", "message/rfc822", b"x\n"), OutgoingFile("b", "Faux", b""))))
    assert [p.content_type for p in parse(raw).attachments] == ["application/octet-stream"] * 2
    assert parse(compose(outgoing(date=datetime(2026, 1, 1, tzinfo=UTC)))).date == datetime(2026, 1, 1, tzinfo=UTC)


@given(st.text(printable, max_size=200), people, lines, files)
def test_another_reader_finds_no_defect(subject, to, text, attached):
    letter = outgoing(subject=subject, to=to, text=text, html=f"<p>{text}</p>", files=attached)
    other = email.message_from_bytes(compose(letter), policy=email.policy.SMTPUTF8)
    assert [part.defects for part in other.walk() if part.defects] == []
    assert [f.data for f in attached] == [part.get_payload(decode=True) for part in other.iter_attachments()]
    places = [part["Content-Disposition"].params for part in other.iter_attachments()]  # get_filename unquotes twice
    assert [f.name for f in attached] == [place["filename"] for place in places]
