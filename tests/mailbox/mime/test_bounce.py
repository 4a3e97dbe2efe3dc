"""What Mon espace santé returns without a report is understood by its subject and cause, whatever the words around."""

import pytest

from mailbox.mime.bounce import Cause, parse_bounce
from mailbox.mime.parse import parse
from tests.mailbox.mime.letters import letter, message


def bounce(text: str, subject: str = "Message non =?utf-8?q?distribu=C3=A9?=", **headers):
    raw = message(text.encode(), Subject=subject, Content_Type="text/plain; charset=utf-8", **headers)
    return parse_bounce(raw, parse(raw))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("La messagerie de l’usager est fermée.", Cause.CLOSED),
        ("Le compte a été clôturé.", Cause.CLOSED),
        ("Patient introuvable.", Cause.UNKNOWN_PATIENT),
        ("L’adresse du destinataire est invalide.", Cause.INVALID),
        ("La taille maximale de 25 Mo est dépassée.", Cause.SIZE),
        ("message size 31457280 exceeds size limit", Cause.SIZE),
        ("Erreur.", Cause.UNSAID),
    ],
)
def test_each_cause_is_told_by_its_words(text, cause):
    found = bounce(text, References="<envoi@officine.mssante.example>")
    assert found and (found.cause, found.message_ids) == (cause, ("envoi@officine.mssante.example",))


def test_what_it_speaks_of_is_found_in_what_came_back_or_in_its_text():
    back = "Content-Type: message/rfc822\r\n\r\nMessage-ID: <1@x>\r\n\r\n"
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\nfile size\r\n--b\r\n{back}--b--\r\n"
    raw = message(
        parts.encode(), Subject="Undelivered Mail Returned to Sender", Content_Type='multipart/mixed; boundary="b"'
    )
    found = parse_bounce(raw, parse(raw))
    assert found and found.message_ids == ("1@x",)
    told = bounce("Boîte fermée.\r\nMessage-ID: <2@x>")
    assert told and told.message_ids == ("2@x",)


def test_a_letter_or_a_standard_report_is_none():
    assert bounce("Boîte fermée.", subject="Fermeture du cabinet") is None
    raw = letter("recepisse_ans").replace(b"Subject: [KO", b"Subject: Message non distribu=?utf-8?q?=C3=A9?= [KO")
    assert parse_bounce(raw, parse(raw)) is None
