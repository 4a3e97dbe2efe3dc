"""A letter as it travels becomes what a screen shows."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.parse import decoded, parse, text_of
from mailbox.mime.values import Address
from tests.mailbox.mime.letters import crlf, letter, message


def test_letter_with_alternatives_and_files_is_read_whole():
    raw = letter("biologie")
    parsed = parse(raw)
    assert parsed.subject == "XDM/1.0/DDM+Résultats de biologie PAT-TROIS Dominique 07/08/2010"
    assert parsed.from_ == (Address("Dr_Élise_MARTIN", "elise.martin@laboratoire.mssante.example"),)
    assert parsed.to[0].display_name == "Pharmacie Dupont, Paris"
    assert parsed.cc[0].display_name == "Cabinet médical"
    assert parsed.date == datetime(2026, 11, 23, 7, 30, 58, tzinfo=UTC)
    assert parsed.message_id == "20261123.1@laboratoire.mssante.example"
    assert parsed.references == ("q0@officine.mssante.example", "q1@officine.mssante.example")
    assert parsed.warnings == ()
    assert parsed.headers["x-mss-nil"] == "DEV935997"
    assert "disposition-notification-to" in parsed.headers
    assert [p.number for p in parsed.parts] == ["1.1", "1.2", "2", "3", "4"]


def test_body_is_joined_and_the_snippet_quotes_nobody():
    raw = letter("biologie")
    parsed = parse(raw)
    assert parsed.text.startswith("Bonjour,\n\nVoici les résultats de votre patient.\n")
    assert parsed.snippet == "Bonjour, Voici les résultats de votre patient."
    assert "résultats" in text_of(raw, parsed.html)


def test_files_keep_their_names_bytes_and_places():
    raw = letter("biologie")
    logo, pdf, forwarded = parse(raw).attachments
    assert logo.is_inline_image and logo.content_id == "logo@lab"
    assert (pdf.filename, decoded(raw, pdf), pdf.size) == ("Résultats d'INR.pdf", b"%PDF-1.7\n", 9)
    assert not pdf.is_inline_image
    assert (forwarded.content_type, forwarded.filename) == ("message/rfc822", "message-4.eml")
    assert parse(decoded(raw, forwarded)).subject == "la question"


@pytest.mark.parametrize("ending", [b"\n", b"\r"])
def test_bare_line_ends_are_read_and_told(ending):
    raw = letter("biologie").replace(b"\r\n", ending)
    parsed = parse(raw)
    assert parsed.from_[0].addr_spec == "elise.martin@laboratoire.mssante.example"
    assert decoded(raw, parsed.attachments[1]) == b"%PDF-1.7\n"
    assert "bare_line_ends" in parsed.warnings


def test_html_alone_gives_its_words():
    raw = message(b"<style>x{}</style><p>Une&nbsp;bo&icirc;te</p><p>a &lt; b</p>", Content_Type="text/html")
    parsed = parse(raw)
    assert (parsed.text, parsed.text_part) == ("Une boîte\n\na < b", None)
    assert parsed.html is not None and parsed.attachments == ()


def test_second_text_is_searched_and_listed_and_html_footer_does_not_hide_the_text():
    body = b"--x\r\n\r\nle corps\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>pied</p>\r\n--x\r\n\r\nsuite\r\n--x--\r\n"
    parsed = parse(message(body, Content_Type="multipart/mixed; boundary=x"))
    assert parsed.text_part and parsed.html is None
    assert "le corps" in parsed.text and "suite" in parsed.text
    assert [p.filename for p in parsed.attachments] == ["piece-2.html", "piece-3.txt"]


@pytest.mark.parametrize(
    ("charset", "data", "text", "warning"),
    [
        ("utf-8", "é€".encode(), "é€", None),
        ("utf-8", "é€".encode("cp1252"), "é€", "charset_wrong"),
        ("iso-8859-1", "é€".encode("cp1252"), "é€", None),
        ("us-ascii", "é€".encode(), "é€", "charset_wrong"),
        ("martien", "é€".encode(), "é€", "charset_unknown"),
        ("punycode", "é".encode(), "é", "charset_unknown"),
        ("utf-16", "é".encode("utf-16"), "é", "nul_bytes"),
        ("windows-1252", b"\x81\xe9", "\x81é", "charset_wrong"),
    ],
)
def test_charset_is_obeyed_when_true_and_told_when_not(charset, data, text, warning):
    parsed = parse(message(data, Content_Type=f"text/plain; charset={charset}"))
    if charset != "windows-1252":
        assert parsed.text == text
    assert (warning in parsed.warnings) if warning else parsed.warnings == ()


def test_raw_eight_bit_headers_are_utf8_then_cp1252():
    assert parse(message(Subject="Été")).subject == "Été"
    assert parse(message(Subject="\udcc9t\udce9")).subject == "Été"


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?utf-8?b?w4k=?= =?utf-8?b?dMOp?=", "Été"),
        ("=?utf-8?b?ww==?= =?utf-8?b?qXTDqQ==?=", "été"),  # a character cut in two
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?x-martien?q?=E9?=", "é"),
        ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "a  Bcc: x@y"),  # no header within a header
        ("=?utf-8?b?YQ?=", "a"),
        ("=?utf-8*fr?q?a?=", "a"),
        ("=?utf-8?z?a?=", "=?utf-8?z?a?="),
        ("a =?", "a =?"),
    ],
)
def test_encoded_words_are_read(value, subject):
    assert parse(message(Subject=value)).subject == subject


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("Mon, 23 Nov 2026 08:30 +0100", datetime(2026, 11, 23, 8, 30, tzinfo=timezone(timedelta(hours=1)))),
        ("23 Nov 26 08:30:60 GMT", datetime(2026, 11, 23, 8, 30, 59, tzinfo=UTC)),
        ("lundi 23 novembre", None),
        ("31 Feb 2026 08:30:00 +0000", None),
        ("1 Jan 2026 00:00:00 +9999", None),
    ],
)
def test_date_is_an_instant_or_nothing(value, date):
    parsed = parse(message(Date=value))
    assert parsed.date == date
    assert ("no_date" in parsed.warnings) == (date is None)


def test_second_from_and_misleading_name_are_told():
    raw = b"From: a@b.fr\r\nFrom: c@d.fr\r\n" + message()
    parsed = parse(raw)
    assert len(parsed.from_) == 3
    assert {"several_from", "header_repeated"} <= set(parsed.warnings)
    fake = parse(message(From='"banque@vraie.fr" <voleur@x.fr>'))
    assert "misleading_name" in fake.warnings
    assert "misleading_name" not in parse(message(From='"a@b.fr" <A@b.fr>')).warnings


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="C:\\\\Users\\\\x\\\\bilan.pdf"', "bilan.pdf"),
        ('attachment; filename="../../etc/passwd"', "-..-etc-passwd"),
        ("attachment; filename==?utf-8?q?r=C3=A9sum=C3=A9.pdf?=", "résumé.pdf"),
        ("attachment; filename*=iso-8859-1''r%E9sum%E9.pdf", "résumé.pdf"),
        ("attachment; filename*=utf-8''%0d%0aX:y.pdf", "X:y.pdf"),
        ("attachment; filename=ordo\u202efdp.exe", "ordofdp.exe"),
        ("attachment; filename=un deux.pdf", "un deux.pdf"),
        ('attachment; filename="a;b.pdf', "a;b.pdf"),
    ],
)
def test_file_names_are_decoded_and_made_safe(header, name):
    assert parse(message(Content_Type="application/pdf", Content_Disposition=header)).attachments[0].filename == name


def test_every_cut_of_a_letter_is_read():
    raw = letter("biologie")
    for length in range(0, len(raw), 7):
        parsed = parse(raw[:length])
        assert all(0 <= p.offset <= p.offset + p.length <= length for p in parsed.parts)


@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw):
    for tail in (raw, b"Content-Type: multipart/mixed; boundary=b\n\n" + raw, b"Subject: " + raw):
        parsed = parse(tail)
        for part in parsed.parts:
            decoded(tail, part)
            text_of(tail, part)


_LINES = [b"--b", b"--b--", b"--bb", b"", b"\r", b"x", b"\0", b"From: ", b"Content-Type: text/html",
          b"Content-Type: multipart/mixed; boundary=bb", b"Content-Transfer-Encoding: base64"]  # fmt: skip


@given(st.lists(st.sampled_from(_LINES)))
def test_any_structure_is_read_within_its_bounds(lines):
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n".join(lines)
    parsed = parse(raw)
    assert parsed.parts
    ranges = [(p.offset, p.offset + p.length) for p in parsed.parts]
    assert all(end <= start for (_, end), (start, _) in pairwise(ranges))


def test_message_without_header_is_all_text():
    assert parse(crlf(b"Bonjour docteur\n\nmerci")).text == "Bonjour docteur\n\nmerci"
    assert parse(b"").text == ""
