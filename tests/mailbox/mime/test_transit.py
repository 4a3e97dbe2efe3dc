"""A message in the form that its next host takes decodes to the same; what must not be changed is refused."""

from email import message_from_bytes, policy
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime import transit
from mailbox.mime.transit import Unfit, fit, has_ascii_header

BODIES = st.text(st.sampled_from("aé–\0\r\n.=- \t\x07"), max_size=80) | st.text("é", min_size=1000, max_size=2100)


def leaf(body: bytes, kind: str = "text/plain; charset=utf-8", encoding: str = "8bit") -> bytes:
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def mixed(*parts: bytes, kind: str = "mixed", boundary: str = "=_b") -> bytes:
    inside = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
    return (
        f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        + inside
        + f"--{boundary}--\r\n".encode()
    )


def message(entity: bytes) -> bytes:
    return b"From: x@a.example\r\nMIME-Version: 1.0\r\n" + entity


def decoded(raw: bytes) -> list[tuple[str, bytes]]:
    """By Python's own parser: leaves, decoded; line ends of texts as CRLF."""
    parsed = message_from_bytes(raw, policy=policy.compat32)
    return [
        (part.get_content_type(), part.get_payload(decode=True)) for part in parsed.walk() if not part.is_multipart()
    ]


def is_clean(raw: bytes, *, eight_bit: bool) -> bool:
    lines = raw.split(b"\r\n")
    return (
        not any(b"\r" in line or b"\n" in line or b"\0" in line or len(line) > 998 for line in lines)
        and (eight_bit or raw.isascii())
        and raw.endswith(b"\r\n")
    )


@given(BODIES, BODIES, st.booleans())
def test_what_is_decoded_is_the_same_and_nothing_unclean_leaves(text, data, eight_bit):
    text = text.replace("\r", "").replace("\n", "\r\n").replace("\0", "")  # canonical, as it is in MIME
    octets = data.encode().replace(b"=_b", b"")
    raw = message(
        mixed(leaf(text.encode()), leaf(octets, "application/octet-stream", "binary"), leaf(b"plain", encoding="7bit"))
    )
    if b"\n--=_b" in octets:
        return
    sent = fit(raw, eight_bit=eight_bit)
    assert is_clean(sent, eight_bit=eight_bit)
    assert [body for _, body in decoded(sent)][:1] == [text.encode()]
    assert decoded(sent)[1:] == [("application/octet-stream", octets), ("text/plain", b"plain")]
    assert fit(sent, eight_bit=eight_bit) is sent, "what needs nothing is not touched"


@given(st.binary(max_size=300), st.booleans())
def test_whatever_it_is_it_leaves_clean_or_not_at_all(garbage, eight_bit):
    for raw in (garbage, message(leaf(garbage)), message(mixed(garbage, leaf(garbage, "image/png", "binary")))):
        try:
            assert is_clean(fit(raw, eight_bit=eight_bit), eight_bit=eight_bit) or not has_ascii_header(raw)
        except Unfit:
            continue


def test_a_clean_message_of_eight_bits_stays_as_it_is_where_the_host_takes_them():
    raw = message(leaf("Apixaban 5 mg, matin et soir : à jeun.\r\n".encode()))
    assert fit(raw, eight_bit=True) is raw
    sent = fit(raw, eight_bit=False)
    assert b"Content-Transfer-Encoding: quoted-printable" in sent and b"=C3=A0 jeun" in sent


def test_a_message_in_a_message_is_fitted_inside():
    enclosed = b"Subject: x\r\n" + leaf("à".encode() + b"\r\n")
    sent = fit(message(mixed(leaf(enclosed, "message/rfc822"))), eight_bit=False)
    assert sent.isascii() and b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit" in sent
    assert decoded(sent) == [("text/plain", "à\r\n".encode())]


@pytest.mark.parametrize(
    "raw",
    [
        message(mixed(leaf("é".encode()), leaf(b"c2ln", "application/pkcs7-signature", "base64"), kind="signed")),
        message(mixed(mixed(leaf("é".encode()), kind="signed", boundary="in"))),
        message(leaf(b"\xff\xfe", "application/pkcs7-mime", "binary")),
        message(mixed("Content-Disposition: attachment; filename=é\r\n\r\nx".encode())),
        message(leaf("é".encode(), encoding="x-own")),
        message(mixed(leaf(b"Subject: \xc3\xa9\r\n\r\nx", "message/rfc822"))),
    ],
)
def test_what_must_not_be_changed_or_has_no_form_in_seven_bits_is_refused_and_passes_in_eight(raw):
    with pytest.raises(Unfit):
        fit(raw, eight_bit=False)
    assert fit(raw, eight_bit=True) == (raw if raw.endswith(b"\r\n") else raw + b"\r\n")


def test_line_ends_are_repaired_and_a_cr_alone_never_becomes_one():
    sent = fit(b"From: a\nSubject: b\rBcc: c\n\nun\ndeux\rtrois\n.\nQUIT\n", eight_bit=True)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.startswith(b"Content-Transfer-Encoding: quoted-printable\r\n") or b"Subject: b Bcc: c" in head
    assert b"deux=0Dtrois" in body and is_clean(sent, eight_bit=True)


def test_lines_of_998_octets_pass_and_of_999_are_recoded_and_a_header_of_999_is_refused():
    for size, is_kept in ((998, True), (999, False)):
        raw = message(leaf(b"a" * size + b"\r\n", encoding="7bit"))
        assert (fit(raw, eight_bit=True) is raw) is is_kept
        assert (fit(message(leaf(b"a" * size, encoding="7bit")), eight_bit=True).count(b"=\r\n") == 0) is is_kept
    with pytest.raises(Unfit):
        fit(b"Subject: " + b"x" * 999 + b"\r\n\r\nx\r\n", eight_bit=True)


def test_thirty_five_megabytes_are_looked_at_in_a_fraction_of_a_second():
    raw = message(leaf(b"QUJD" * 19 + b"\r\n", "application/pdf", "base64")) + (b"QUJD" * 19 + b"\r\n") * 100_000
    started = perf_counter()
    assert fit(raw, eight_bit=False) is raw
    assert perf_counter() - started < 1


def test_a_deep_tree_is_refused_not_followed():
    raw = leaf("é".encode())
    for depth in range(transit.MAX_DEPTH + 3):
        raw = mixed(raw, boundary=f"b{depth}x")
    with pytest.raises(Unfit):
        fit(message(raw), eight_bit=False)


def test_an_international_address_in_the_header_is_seen():
    assert has_ascii_header(message(leaf("é".encode())))
    assert not has_ascii_header(b"To: \xc3\xa9@a.example\r\n\r\nx\r\n")
