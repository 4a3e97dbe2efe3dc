"""Receipts: who may have one, strictly valid messages that read back, faulty ones that are understood."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from mailbox.mime import mdn, mss
from mailbox.mime.compose import OutgoingFile
from mailbox.mime.mdn import Receipt, asked, compose_error, compose_receipt
from mailbox.mime.parse import parse
from mailbox.mime.report import Report, parse_report
from mailbox.mime.values import Address
from tests.mailbox.mime.letters import letter, message

DR = "dr.lemaire@hopital.mssante.example"
OURS = "pharmacie@officine.mssante.example"
TO_DR = {"disposition-notification-to": f"Dr Lemaire <{DR}>"}
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ORIGINAL = (
    b"From: dr\r\nMessage-ID: <envoi1@hopital.mssante.example>\r\n"
    b"Subject: XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE\r\n\r\nBonjour\r\n"
)


def receipt(**given) -> Receipt:
    return Receipt(
        **{
            "from_": Address("Pharmacie Dupont", OURS), "to": (DR,), "subject": "Lu : CR", "text": "Lu à l’instant.\n",
            "mode": "manual-action/MDN-sent-manually", "original": ORIGINAL, "now": NOW, "software": "mssweb",
            "original_id": "envoi1@hopital.mssante.example", "message_id": "r1@officine.mssante.example",
        } | given
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "mail_from", "automatic"),
    [
        (TO_DR, DR, True),
        (TO_DR, DR.upper(), True),
        (TO_DR, "secretariat@hopital.mssante.example", False),  # RFC 8098 §2.1: not the Return-Path
        ({"disposition-notification-to": f"{DR}, autre@hopital.mssante.example"}, DR, False),
        (TO_DR | {"auto-submitted": "no"}, DR, True),
        (TO_DR, "", None),
        (TO_DR | {"auto-submitted": "auto-generated"}, DR, None),
        (TO_DR | {"list-id": "<tous@hopital>"}, DR, None),
        (TO_DR | {"precedence": "bulk"}, DR, None),
        ({"disposition-notification-to": "Dr Lemaire"}, DR, None),
        ({}, DR, None),
    ],
)
def test_a_receipt_is_given_to_who_may_have_it_and_automatically_to_the_sender_alone(headers, mail_from, automatic):
    told = asked(headers, mail_from)
    assert (told and told.may_be_automatic) is automatic
    assert told is None or told.to[0] == DR


def test_a_receipt_that_asks_for_another_gets_none():
    raw = compose_receipt(receipt()).replace(
        b"MIME-Version", f"Disposition-Notification-To: {DR}\r\nMIME-Version".encode()
    )
    assert asked(parse(raw).headers, DR) and not mdn.is_asked(parse(raw), DR)


def test_what_we_give_is_three_valid_parts_and_reads_back():  # ECO.3.1.6
    raw = compose_receipt(receipt())
    read = message_from_bytes(raw, policy=policy.default)
    assert read.get_content_type() == "multipart/report" and read.get_param("report-type") == "disposition-notification"
    kinds = [part.get_content_type() for part in read.iter_parts()]
    assert kinds == ["text/plain", "message/disposition-notification", "text/rfc822-headers"]
    assert not [part.defects for part in read.walk() if part.defects]
    assert read["In-Reply-To"] == "<envoi1@hopital.mssante.example>" and "Auto-Submitted" not in read
    assert parse_report(raw, parse(raw)) == Report(
        "disposition", "envoi1@hopital.mssante.example", reader=OURS, disposition="displayed"
    )


def test_an_integration_error_gives_code_label_and_documents_back_in_valid_parts():
    zip_, pdf = (
        OutgoingFile("IHE_XDM.zip", "application/zip", b"PK"), OutgoingFile("cr.pdf", "application/pdf", b"%PDF"),
    )  # fmt: skip
    subject = mdn.error_subject("904", "XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE")
    given = receipt(
        mode="automatic-action/MDN-sent-automatically", kind="processed", code="904", files=(zip_, pdf), subject=subject
    )
    raw = compose_receipt(given)
    read = message_from_bytes(raw, policy=policy.default)
    kinds = [part.get_content_type() for part in read.iter_parts()]
    assert kinds == ["multipart/mixed", "message/disposition-notification", "message/rfc822"]
    assert not [part.defects for part in read.walk() if part.defects]
    assert read["Subject"] == "[KO Intégration système !][904] XDM/1.0/DDM+CR PAT-TROIS DOMINIQUE"
    parsed = parse(raw)
    assert {"IHE_XDM.zip", "cr.pdf"} <= {part.filename for part in parsed.attachments} and parsed.warnings == ()
    found = parse_report(raw, parsed)
    assert found and found.is_automatic and (found.disposition, mdn.error_code(found.error)) == ("processed", "904")
    plain = message_from_bytes(compose_error(given), policy=policy.default)
    assert [part.get_content_type() for part in plain.iter_parts()] == [
        "text/plain", "message/rfc822", "application/zip", "application/pdf",
    ]  # fmt: skip


@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"\r"])
def test_nothing_but_the_header_goes_back_whatever_the_line_ends(ends):
    raw = compose_receipt(receipt(original=ORIGINAL.replace(b"\r\n", ends)))
    assert b"PAT-TROIS" in raw and b"Bonjour" not in raw
    assert b"Bonjour" not in compose_receipt(receipt(original=b"Bonjour\r\n"))


@pytest.mark.parametrize("hostile", [b"a\nb\r\n", b"\0\r\n", b"x" * 1200 + b"\r\n", b"--=_0\r\n"])
def test_what_cannot_stand_in_a_message_goes_back_by_its_header_and_breaks_nothing(hostile):
    raw = compose_receipt(receipt(code="906", original=ORIGINAL + hostile))
    read = message_from_bytes(raw, policy=policy.default)
    assert len(list(read.iter_parts())) == 3
    assert max(map(len, raw.split(b"\r\n"))) <= 998 and raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize(
    ("subject", "code", "rest"),
    [
        ("[KO Intégration système !][902] XDM/1.0/DDM+CR", "902", "XDM/1.0/DDM+CR"),
        ("[KO Integration systeme!] [900]CR", "900", "CR"),
        ("[Erreur d'intégration !][903] CR", "903", "CR"),
        ("[KO Intégration système !] CR", "?", "CR"),
        ("[KO Intégration système !][123] CR", "?", "CR"),
        ("KO intégration système", "", "KO intégration système"),
    ],
)
def test_an_error_is_read_in_a_subject_as_it_is_met(subject, code, rest):
    assert (mdn.error_of_subject(subject), mdn.without_error(subject)) == (code, rest)


def test_an_error_is_read_in_the_faulty_sample_and_one_without_a_code_is_said_so():
    parsed = parse(raw := letter("recepisse_ans"))
    found = parse_report(raw, parsed)
    assert found and mdn.error_code(found.error) == mdn.error_of_subject(parsed.subject) == "902"
    assert [mdn.error_code(error) for error in ("", "901^x", "disque plein")] == ["", "901", "?"]


def test_the_fields_of_the_trust_space_are_facts_and_no_words():
    """ECO.2.4.1, ECO.2.4.2, ECO.2.4.3."""
    headers = parse(message(b"", X_MSS_NIL="DEV935997", X_MSS_CODECDA="34112-3,PRESC-BIO", X_MSS_INS="O")).headers
    assert mss.facts(headers) == mss.Facts("DEV935997", has_codecda=True, ins_flag="O")
    assert mss.facts({}) == mss.Facts()
    for nil in ("Mme Vial est diabétique", "a" * 33, "<script>", "é"):
        assert mss.facts({"x-mss-nil": nil, "x-mss-ins": "oui"}) == mss.Facts()


def test_the_end_of_an_exchange_is_told_by_its_header_or_by_its_whole_subject():
    """ECO.2.2.8."""
    assert mss.is_last({"x-mss-mes": "FIN"}, "Bonjour") and mss.is_last({}, "[FIN]")
    assert not mss.is_last({"x-mss-mes": "fin"}, "Bonjour") and not mss.is_last({}, "[FIN] de traitement")
