"""What is asked of a host: success when a person asked, nothing of one that offers nothing or for mail of the house."""

from mailbox.outbound.asking import of_message, of_recipient, xtext

US = "pharmacie@officine.mssante.example"


def test_success_is_asked_when_a_person_asked_and_failure_always():  # ECO.2.3.1, RFC 3461 §4
    asked = {"offers_dsn": True, "mail_from": US}
    assert of_message("0190-a", **asked) == ["RET=HDRS", "ENVID=0190-a"]
    assert of_recipient("a+b@x.fr", **asked, success=True) == [
        "NOTIFY=SUCCESS,FAILURE,DELAY",
        "ORCPT=rfc822;a+2Bb@x.fr",
    ]
    assert of_recipient("a@x.fr", **asked, success=False) == ["NOTIFY=FAILURE,DELAY", "ORCPT=rfc822;a@x.fr"]
    assert of_recipient("é@x.fr", **asked, success=False) == ["NOTIFY=FAILURE,DELAY"]


def test_nothing_is_asked_of_a_host_that_offers_nothing_nor_for_a_report():
    for offers, mail_from in ((False, US), (True, "")):
        assert of_message("0190-a", offers_dsn=offers, mail_from=mail_from) == []
        assert of_recipient("a@x.fr", offers_dsn=offers, mail_from=mail_from, success=True) == []


def test_what_has_no_place_in_a_parameter_is_written_in_hexadecimal():
    assert xtext("a=b c+d") == "a+3Db+20c+2Bd"
