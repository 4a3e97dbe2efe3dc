"""The header of what leaves: always an id, a date and our reference, never a Bcc; the rest as it was."""

from datetime import UTC, datetime
from functools import partial

from mailbox.mime.leaving import ready

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
leave = partial(ready, message_id="1@officine.example", sent_at=AT)


def test_a_message_without_id_date_or_reference_gets_them_and_one_that_has_them_keeps_its_own():  # ECO.2.4.3
    bare = leave(b"From: a@b.example\r\n\r\nx\r\n", nil="DEV935997")
    assert bare == (
        b"Message-ID: <1@officine.example>\r\nDate: Fri, 27 Nov 2026 09:00:00 +0000\r\nX-MSS-NIL: DEV935997\r\n"
        b"From: a@b.example\r\n\r\nx\r\n"
    )
    assert leave(bare, nil="AUTRE") is bare
    assert b"X-MSS-NIL" not in leave(b"From: a@b.example\r\n\r\nx\r\n", nil="")


def test_nobody_reads_to_whom_else_it_went_and_other_headers_pass_unchanged():
    kept = (
        b"Message-ID: <m@a>\r\nDate: x\r\nX-MSS-INS: O\r\nX-MSS-CODECDA: 34112-3,\r\n 15508-5\r\n"
        b"Disposition-Notification-To: a@b.example\r\nSubject: Bcc: pas un champ\r\n"
    )
    raw = (
        b"Return-Path: <x@y>\r\n"
        + kept
        + b"BCC: secret@a.example,\r\n autre@a.example\r\nResent-Bcc: x@y\r\n\r\nBcc: texte\r\n"
    )
    assert leave(raw, nil="") == kept + b"\r\nBcc: texte\r\n"


def test_a_body_without_a_header_stays_a_body():
    assert leave(b"bonjour\r\n", nil="").endswith(b"\r\n\r\nbonjour\r\n")
