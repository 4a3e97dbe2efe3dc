"""Letters made to hurt: each is read within a second and little memory, with a word about what is wrong (design §4)."""

import ctypes
import gc
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbox.mime.address import mask_patients
from mailbox.mime.parse import decoded, parse
from mailbox.mime.report import parse_report
from mailbox.mime.sanitize import clean, plain_to_html
from mailbox.mime.structure import MAX_DEPTH, MAX_PARTS
from mailbox.mime.warnings import WARNINGS, sentence
from tests.depth import variant
from tests.mailbox.mime.letters import message

_SECONDS = 3.0  # of a processor; each takes a fraction of one
MIXED = "multipart/mixed; boundary=b"


def nested(levels: int) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(levels))
    return head + b"\r\nau fond\r\n"


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "10,000 parts": (lambda: message(b"--b\r\n\r\nx\r\n" * 10_000, Content_Type=MIXED), "too_many_parts"),
    "300 files": (lambda: message(b"--b\r\n\r\nx\r\n" * 300, Content_Type=MIXED), "too_many_files"),
    "200 levels": (lambda: nested(200), "too_deep"),
    "300 kB of header": (lambda: message(X="y" * 300_000), "header_too_long"),
    "100,000 header lines": (lambda: b"X: y\r\n" * 100_000 + b"\r\nx", "header_too_long"),
    "100,000 folds": (lambda: b"Subject: a\r\n" + b" b\r\n" * 100_000 + b"\r\nx", "header_too_long"),
    "encoded words": (lambda: message(Subject="=?utf-8?q?=C3=A9?= " * 12_000), ""),
    "half words": (lambda: message(Subject="=?utf-8?q?" * 20_000), ""),
    "50,000 addresses": (lambda: message(To="a@b.fr, " * 30_000), "too_many_addresses"),
    "comments in comments": (lambda: message(To="(" * 200_000), ""),
    "quotes that never end": (lambda: message(To='"\\"' * 60_000), ""),
    "quotes in angles": (lambda: message(To='<"\\"' * 50_000), ""),
    "angles": (lambda: message(To="<" * 200_000), ""),
    "parameters": (lambda: message(Content_Type="text/plain" + '; a="\\"' * 30_000), ""),
    "a date of digits": (lambda: message(Date="1 " * 100_000), "no_date"),
    "lines of dashes": (lambda: message(b"--x\r\n" * 1_000_000, Content_Type=MIXED), "boundary_missing"),
    "delimiters alone": (lambda: message(b"--b\n" * 500_000, Content_Type=MIXED), "too_many_parts"),
    "ends alone": (lambda: message(b"--b\r\n\r\nx\r\n" + b"--b--\n" * 500_000, Content_Type=MIXED), "bare_line_ends"),
    "headers of parts": (
        lambda: message((b"--b\r\n" + b"X: y\r\n" * 10_000) * 100, Content_Type=MIXED),
        "header_too_long",
    ),
    "5 MB of NUL": (lambda: message(b"\0" * 5_000_000), "nul_bytes"),
    "5 MB of tags": (lambda: message(b"<p>x" * 1_250_000, Content_Type="text/html"), ""),
    "5 MB of open tags": (lambda: message(b"<" * 5_000_000, Content_Type="text/html"), ""),
    "5 MB of comments": (lambda: message(b"<!--" * 1_250_000, Content_Type="text/html"), ""),
    "5 MB of scripts": (lambda: message(b"<script>" * 600_000, Content_Type="text/html"), ""),
    "a reference of digits": (lambda: message(b"&#" + b"9" * 1_000_000, Content_Type="text/html"), ""),
    "flowed lines": (lambda: message(b"> x \r\n" * 800_000, Content_Type="text/plain; format=flowed"), ""),
    "references": (lambda: message(References="<a@b>" * 50_000), ""),
    "a report of blocks": (
        lambda: message(b"Final-Recipient: rfc822;a@b\r\n\r\n" * 100_000, Content_Type="message/delivery-status"),
        "",
    ),
}


WEIGHED = ("10,000 parts", "100,000 header lines", "5 MB of NUL", "5 MB of tags", "lines of dashes")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_letter_is_read_in_time_and_little_memory_and_told(name):
    make, warning = HOSTILE[name]
    raw = make()
    before = at_rest() if name in WEIGHED else 0
    started = time.process_time()
    parsed = parse(raw)
    assert not before or memory("VmHWM") - before < 100_000
    parse_report(raw, parsed)
    assert time.process_time() - started < _SECONDS
    assert not warning or warning in parsed.warnings
    assert len(parsed.parts) <= MAX_PARTS


def at_rest() -> int:
    """kB that this process has, once what was freed is given back: nothing of it serves again unseen."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM, the highest stand, starts again from now
    return memory("VmRSS")


def memory(what: str) -> int:
    """kB."""
    return int(re.search(rf"{what}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


HTML: dict[str, str] = {
    "nested": "<div>" * 1_000_000,
    "paragraphs": "<p>x" * 1_250_000,
    "angles": "<" * 5_000_000,
    "ampersands": "&" * 5_000_000,
    "references": "x" + "&amp;" * 99_000,
    "nul": "\0" * 5_000_000,
    "attributes": "<a" + " b" * 2_500_000 + ">",
    "quoted attributes": "<a" + ' b=">"' * 800_000 + ">",
    "open quotes": '<a b="' * 800_000,
    "comments": "<!---->" * 700_000,
    "fonts": "".join(f"<font size={i}>" for i in range(100_000)) + "<p>x" * 100_000,
    "crossed fonts": "".join(f"<font size={i}><p></font>" for i in range(100_000)),
    "in a table": "<table>" + "<b>x</b>" * 600_000,
    "tables": "<table><td>" * 450_000,
    "a style": "<p style='" + "color:red;" * 500_000 + "'>",
    "a data image": '<img src="data:image/png;base64,' + "A" * 5_000_000 + '">',
}


LIKE_ANOTHER = ("paragraphs", "attributes", "fonts")


@pytest.mark.parametrize("name", [variant(name) if name in LIKE_ANOTHER else name for name in HTML])
def test_hostile_html_is_made_inert_in_time(name):
    started = time.process_time()
    clean(HTML[name], lambda cid: None)
    assert time.process_time() - started < _SECONDS


def test_hostile_text_is_linked_in_time():
    started = time.process_time()
    plain_to_html("http://" * 200_000)
    plain_to_html(">" * 1_000_000)
    plain_to_html(" >" * 500_000)
    plain_to_html("> > > >\n" * 100_000)
    assert time.process_time() - started < _SECONDS


def test_a_thousand_parts_and_thirty_levels_are_kept_and_the_rest_is_one_block():
    raw = message(b"--b\r\n\r\nx\r\n" * 10_000, Content_Type=MIXED)
    parsed = parse(raw)
    assert len(parsed.parts) == MAX_PARTS
    assert parsed.parts[-1].offset + parsed.parts[-1].length == len(raw)
    deep = parse(nested(200))
    assert deep.parts[0].number.count(".") == MAX_DEPTH - 1
    assert b"au fond" in decoded(nested(200), deep.parts[0])


def test_header_too_long_does_not_hide_the_body():
    parsed = parse(message(b"le corps", X="y" * 300_000))
    assert parsed.text == "le corps"


def test_boundary_that_begins_another_is_not_mistaken_for_it():
    body = (
        b"--ab\r\nContent-Type: multipart/mixed; boundary=abc\r\n\r\n--abc\r\n\r\nun\r\n--abc--\r\n"
        b"--ab\r\nContent-Disposition: attachment\r\n\r\n--abcd\r\n--a\r\n--ab--\r\n"
    )
    parsed = parse(message(body, Content_Type="multipart/mixed; boundary=ab"))
    assert parsed.text == "un" and parsed.warnings == ()
    assert (
        decoded(message(body, Content_Type="multipart/mixed; boundary=ab"), parsed.attachments[0]) == b"--abcd\r\n--a"
    )


@pytest.mark.parametrize(
    ("body", "kind", "warning", "text"),
    [
        (b"--b\r\n\r\nun", MIXED, "boundary_unclosed", "un"),
        (b"--b\r\n\r\nun\r\n--b--\r\n--b\r\n\r\ndeux\r\n--b--", MIXED, "parts_after_end", "un\n\ndeux"),
        (b"tout brut", MIXED, "boundary_missing", "tout brut"),
        (b"tout brut", "multipart/mixed", "boundary_missing", "tout brut"),
        (
            b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nun\r\n--b--",
            MIXED,
            "boundary_reused",
            "",
        ),
        (b"begin 644 a.txt\r\n#86)C\r\n`\r\nend", "text/plain", "", "begin 644 a.txt\n#86)C\n`\nend"),
    ],
)
def test_broken_structure_is_shown_with_a_warning(body, kind, warning, text):
    parsed = parse(message(body, Content_Type=kind))
    assert text in parsed.text
    assert parsed.warnings == ((warning,) if warning else ())


def test_foreign_encoding_and_winmail_are_given_as_they_are():
    raw = message(b"abc", Content_Type="application/ms-tnef; name=winmail.dat", Content_Transfer_Encoding="x-uue")
    parsed = parse(raw)
    assert decoded(raw, parsed.attachments[0]) == b"abc"
    assert parsed.warnings == ("encoding_unknown",)


def test_each_warning_has_its_sentence():
    assert all(len(code) <= 24 and text.endswith(".") for code, text in WARNINGS.items())
    assert {warning for _, warning in HOSTILE.values()} - {""} <= set(WARNINGS)
    assert sentence("no_date") != sentence("code futur")


@pytest.mark.parametrize("said", ["x" * 1_000_000, "@patient.mssante.f" * 50_000, "a " * 500_000])
def test_words_of_a_peer_are_masked_in_time(said):
    started = time.process_time()
    assert mask_patients(f"<{said}> 2@patient.mssante.fr") == f"<{said}> •••@patient.mssante.fr"
    assert time.process_time() - started < _SECONDS
