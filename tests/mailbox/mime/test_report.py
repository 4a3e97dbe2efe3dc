"""Reports written by us are read back; reports of others are read with their faults."""

from datetime import UTC, datetime

import pytest

from mailbox.mime.parse import parse
from mailbox.mime.report import DeliveryStatus, FailedRecipient, Report, failure_report, parse_report
from mailbox.mime.values import Address
from mailbox.reply import Reply
from tests.mailbox.mime.letters import crlf, letter, message

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def report(*failed: FailedRecipient, kind: str = "failed") -> bytes:
    return failure_report(
        report_from=Address("Service de remise", "postmaster@officine.mssante.example"),
        to=Address("", "pharmacie@officine.mssante.example"),
        subject="Message non remis : Résultats",
        original_headers="Message-ID: <envoi1@officine.mssante.example>\r\nSubject: Été\r\n".encode(),
        failed=failed,
        kind=kind,  # type: ignore[arg-type]
        text="Votre message n’a pas été remis.",
        mta="mx.officine.mssante.example",
        arrived_at=NOW,
        now=NOW,
        message_id="r1@officine.mssante.example",
    )


def test_failure_reads_back_with_its_envid_and_reply():
    raw = report(FailedRecipient("elise@hopital.fr", Reply(550, "5.1.1", "No such user"), "0190-a"))
    parsed = parse(raw)
    assert parsed.text == "Votre message n’a pas été remis."
    assert (parsed.warnings, parsed.attachments, parsed.headers["auto-submitted"]) == ((), (), "auto-replied")
    assert b"\r\nOriginal-Envelope-Id: 0190-a\r\n" in raw
    assert parse_report(raw, parsed) == Report(
        "delivery",
        "envoi1@officine.mssante.example",
        (DeliveryStatus("elise@hopital.fr", "failed", "5.1.1", "0190-a", Reply(550, "5.1.1", "No such user")),),
    )


def test_each_recipient_keeps_its_own_envid_and_international_address():
    raw = report(
        FailedRecipient("a@b.fr", Reply(452, "", "full"), "1"),
        FailedRecipient("élise@b.fr", Reply(451, "4.3.0", "later"), "2"),
        kind="delayed",
    )
    found = parse_report(raw, parse(raw))
    assert found and raw.isascii()
    assert [(r.recipient, r.action, r.status, r.envid) for r in found.recipients] == [
        ("a@b.fr", "delayed", "4.0.0", "1"),
        ("élise@b.fr", "delayed", "4.3.0", "2"),
    ]


def test_what_a_peer_answered_adds_no_field():
    raw = report(FailedRecipient("a@b.fr", Reply(550, "5.1.1", "x\r\nAction: delivered\r\n\r\n--=_"), "1"))
    assert b"\r\nAction: delivered" not in raw
    found = parse_report(raw, parse(raw))
    assert found and [r.action for r in found.recipients] == ["failed"]


def test_receipt_of_the_ans_sample_is_read_with_its_faults():
    raw = letter("recepisse_ans")
    parsed = parse(raw)
    assert "parts_after_end" in parsed.warnings
    assert [p.filename for p in parsed.attachments] == ["message-3.eml", "IHE_XDM.ZIP"]
    assert parsed.attachments[1].encoding == "base64"
    assert parse_report(raw, parsed) == Report(
        "disposition",
        "envoi1@officine.mssante.example",
        reader="integration@hopital.mssante.example",
        disposition="processed",
        is_automatic=True,
        error="902^Patient inconnu",
    )


def test_read_receipt_is_told_from_a_letter():
    body = crlf(b"Final-Recipient: rfc822;Elise@Hopital.FR\nOriginal-Message-ID: <x@y>\n"
                b"Disposition: manual-action/MDN-sent-manually; displayed\n")  # fmt: skip
    raw = message(body, Content_Type="message/disposition-notification")
    found = parse_report(raw, parse(raw))
    assert found == Report("disposition", "x@y", reader="elise@hopital.fr", disposition="displayed")
    plain = message(body)
    assert parse_report(plain, parse(plain)) is None


@pytest.mark.parametrize(
    ("field", "reply"),
    [
        ("smtp; 550 5.1.1 <a@b.fr>... User unknown", Reply(550, "5.1.1", "<a@b.fr>... User unknown")),
        ("smtp;452-4.2.2 full", Reply(452, "4.2.2", "full")),
        ("x-unix; mailbox locked", None),
        ("", None),
    ],
)
def test_diagnostics_of_other_servers_are_read(field, reply):
    body = crlf(
        b"Reporting-MTA: dns; mx\nOriginal-Envelope-ID: 0190-a\n\nOriginal-Recipient: rfc822;a@b.fr\n"
        b"Final-Recipient: rfc822;interne@b.fr\nAction: Failed (bounced)\nStatus: 5.1.1 (bad)\n"
        b"Diagnostic-Code: " + field.encode() + b"\n"
    )
    raw = message(body, Content_Type="message/delivery-status")
    found = parse_report(raw, parse(raw))
    assert found and found.recipients == (DeliveryStatus("a@b.fr", "failed", "5.1.1", "0190-a", reply),)


def test_reports_of_opensmtpd_are_read_though_they_are_multipart_mixed():
    """7.6: blanks before its boundary's number, line ends and blanks as it writes them, no Diagnostic-Code."""
    mark = b"   2593041876102/mx.laboratoire.mssante.example"
    status = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b.fr\nAction: failed\nStatus: 5.0.0\n\n"
    parts = [b"Content-Type: text/plain; charset=us-ascii\n\nHi!\n", b"Content-Type: message/delivery-status\n\n" + status,
             b"Content-Type: text/rfc822-headers\n\nMessage-ID: <x@y>\n"]  # fmt: skip
    body = b"".join(b"\n--" + mark + b"\nContent-Description: x\n" + part + b"\n" for part in parts)
    raw = message(crlf(body + b"\n--" + mark + b"--\n"), Content_Type=f'multipart/mixed;boundary="{mark.decode()}"')
    status_of_one = DeliveryStatus("a@b.fr", "failed", "5.0.0", "", None)
    assert parse_report(raw, parse(raw)) == Report("delivery", "x@y", (status_of_one,))
