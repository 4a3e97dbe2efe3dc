"""The grammar, one row a rule with the text that makes it; and what of it reaches whoever files."""

import pytest

from mailbox.inbound import replies, syntax
from mailbox.inbound.envelope import Envelope, pack, unpack
from mailbox.inbound.syntax import Sending, Wanted
from mailbox.reply import Permanent
from tests.mailbox.inbound.test_protocol import HELLO, Peer, codes, secure

MAIL, RCPT = "MAIL FROM:<a@b.fr>", "RCPT TO:<c@d.fr>"
LONG = "x" * 64
OK, FINE, SYNTAX, OUT = "250 2.1.0", "250 2.1.5", "501 5.5.4", "503 5.5.1"
BAD, UTF8, UNKNOWN = "553 5.1.3", "553 5.6.7", "555 5.5.4"

# Commands of a session in TLS that has said EHLO; for RCPT, MAIL has been accepted.
RULES = {
    "RFC 5321 §2.4: verbs and keywords in any case": ("mAiL fRoM:<a@b.fr> sIzE=5 bOdY=8bitmime", OK),
    "§4.1.1: trailing blanks are borne": ("NOOP  ", "250 2.0.0"),
    "§4.1.1: a leading blank is no verb": (" NOOP", "500 5.5.2"),
    "§4.1.1: a tab is no blank": (MAIL + "\tSIZE=5", SYNTAX),
    "§4.1.1.2: one blank after the colon is met, and borne": ("MAIL FROM: <a@b.fr>", OK),
    "§4.1.1.2: two are not": ("MAIL FROM:  <a@b.fr>", SYNTAX),
    "§4.1.1.2: none before the colon": ("MAIL FROM :<a@b.fr>", SYNTAX),
    "§4.1.1.2: no path": ("MAIL FROM:", SYNTAX),
    "§4.1.1.2: a path has its brackets": ("MAIL FROM:a@b.fr", SYNTAX),
    "§4.1.1.2: nothing sticks to a path": ("MAIL FROM:<a@b.fr>SIZE=5", SYNTAX),
    "§4.1.1.2: a bracket too many": ("MAIL FROM:<<a@b.fr>>", SYNTAX),
    "§4.5.5: the null reverse-path": ("MAIL FROM:<>", OK),
    "§4.1.1.3: … is no forward-path": ("RCPT TO:<>", BAD),
    "§4.1.1.3: a source route is ignored": ("RCPT TO:<@un.fr,@deux.fr:c@d.fr>", FINE),
    "§4.1.1.3: a route alone is no path": ("RCPT TO:<@un.fr>", BAD),
    "§4.1.1.3: postmaster needs no domain": ("RCPT TO:<PostMaster>", FINE),
    "§4.1.1.3: nobody else": ("RCPT TO:<root>", BAD),
    "§4.1.1.3: … and only to receive": ("MAIL FROM:<postmaster>", BAD),
    "§4.1.1.11: an unknown parameter": (MAIL + " FUTUR=1", UNKNOWN),
    "§4.1.1.11: … of RCPT": (RCPT + " FUTUR=1", UNKNOWN),
    "§4.1.1.11: a parameter of MAIL is none of RCPT": (RCPT + " SIZE=5", UNKNOWN),
    "§4.1.2: a value has no second =": (MAIL + " ENVID=a=b", SYNTAX),
    "§4.1.2: a keyword begins with a letter or a digit": (MAIL + " -X=1", SYNTAX),
    "§4.1.2: dots stand between atoms": ("MAIL FROM:<a.b.c@b.fr>", OK),
    "§4.1.2: not before": ("MAIL FROM:<.a@b.fr>", BAD),
    "§4.1.2: not after": ("MAIL FROM:<a.@b.fr>", BAD),
    "§4.1.2: not twice": ("MAIL FROM:<a..b@b.fr>", BAD),
    "§4.1.2: atoms have these marks": ("MAIL FROM:<!#$%&'*+-/=?^_`{|}~@b.fr>", OK),
    "§4.1.2: and not these": ("MAIL FROM:<a(b)@b.fr>", BAD),
    "§4.1.2: a quoted local part": ('MAIL FROM:<"a b"@b.fr>', OK),
    "§4.1.2: … may hold what is outside elsewhere": ('MAIL FROM:<"a>@<b"@b.fr>', OK),
    "§4.1.2: … and escapes": ('MAIL FROM:<"a\\"b\\\\"@b.fr>', OK),
    "§4.1.2: … that end": ('MAIL FROM:<"a\\"@b.fr>', SYNTAX),
    "§4.1.2: … no controls": ('MAIL FROM:<"a\x01"@b.fr>', BAD),
    "§4.1.2: nothing beside the quotes": ('MAIL FROM:<"a"b@b.fr>', BAD),
    "§4.1.2: labels are letters, digits, hyphens": ("MAIL FROM:<a@b-1.fr>", OK),
    "§4.1.2: … not at their ends": ("MAIL FROM:<a@-b.fr>", BAD),
    "§4.1.2: … none empty": ("MAIL FROM:<a@b..fr>", BAD),
    "§4.1.2: no domain": ("MAIL FROM:<a@>", BAD),
    "§4.1.3: an address literal": ("MAIL FROM:<a@[192.0.2.1]>", OK),
    "§4.1.3: … of version 6": ("MAIL FROM:<a@[IPv6:2001:db8::1]>", OK),
    "§4.1.3: … that is one": ("MAIL FROM:<a@[192.0.2.256]>", BAD),
    "§4.1.3: … with its name": ("MAIL FROM:<a@[2001:db8::1]>", BAD),
    "§4.5.3.1.1: 64 octets of local part": (f"MAIL FROM:<{LONG}@b.fr>", OK),
    "§4.5.3.1.1: not 65": (f"MAIL FROM:<{LONG}x@b.fr>", BAD),
    "§4.5.3.1.3: 254 octets of address": (f"MAIL FROM:<{LONG}@{'d' * 61}.{'d' * 61}.{'d' * 62}.fr>", OK),
    "§4.5.3.1.3: not 255": (f"MAIL FROM:<{LONG}@{'d' * 61}.{'d' * 61}.{'d' * 62}.fra>", BAD),
    "RFC 1035 §2.3.4: 63 octets of label": (f"MAIL FROM:<a@{'d' * 64}.fr>", BAD),
    "§4.1.1.1: EHLO and a name": ("EHLO mx.peer.example", "250"),
    "§4.1.1.1: EHLO alone": ("EHLO", SYNTAX),
    "§4.1.1.1: one argument": ("EHLO mx.peer.example deux", SYNTAX),
    "§4.1.1.1: a name of names": ("EHLO mx!peer", SYNTAX),
    "§4.1.3: EHLO and an address": ("EHLO [192.0.2.1]", "250"),
    "§4.1.3: EHLO and no address": ("EHLO [mx.peer]", SYNTAX),
    "RFC 6531 §3.7.1: EHLO is ASCII": ("EHLO café.fr", SYNTAX),
    "§4.1.1.5: RSET has no argument": ("RSET tout", SYNTAX),
    "§4.1.1.6: VRFY has one": ("VRFY", SYNTAX),
    "§3.5.3: VRFY tells nobody": ("VRFY pharmacie", "252 2.5.2"),
    "§3.5.2: EXPN is not offered": ("EXPN liste", "502 5.5.1"),
    "§4.1.1.8: HELP with an argument": ("HELP MAIL", "214 2.0.0"),
    "§4.1.1.9: NOOP with one": ("NOOP rien", "250 2.0.0"),
    "§4.1.1.10: QUIT has none": ("QUIT vite", SYNTAX),
    "§4.1.1.4: DATA has none": ("DATA 12", SYNTAX),
    "RFC 1870 §3: SIZE has a value": (MAIL + " SIZE", SYNTAX),
    "RFC 1870 §3: … of digits": (MAIL + " SIZE=5k", SYNTAX),
    "RFC 1870 §3: … 20 at most": (MAIL + " SIZE=" + "0" * 20, OK),
    "RFC 1870 §3: … not 21": (MAIL + " SIZE=" + "0" * 21, SYNTAX),
    "RFC 1870 §6.1: too large by its own word": (MAIL + " SIZE=10001", "552 5.3.4"),
    "RFC 6152 §2: BODY has one of its values": (MAIL + " BODY=9BIT", SYNTAX),
    "RFC 3030 §3: BINARYMIME is not offered": (MAIL + " BODY=BINARYMIME", UNKNOWN),
    "RFC 6531 §3.4: SMTPUTF8 has no value": (MAIL + " SMTPUTF8=1", SYNTAX),
    "RFC 6531 §3.3: UTF-8 where it was said": ("MAIL FROM:<hélène@hôpital.fr> SMTPUTF8", OK),
    "RFC 6531 §3.5: … and nowhere else": ("MAIL FROM:<hélène@b.fr>", UTF8),
    "RFC 6531 §3.3: … that is UTF-8": (b"MAIL FROM:<h\xe9@b.fr> SMTPUTF8", BAD),
    "RFC 6531 §3.3: … that is seen": ("MAIL FROM:<a\u202eb@b.fr> SMTPUTF8", BAD),
    "RFC 3461 §4.3: RET": (MAIL + " RET=full", OK),
    "RFC 3461 §4.3: … FULL or HDRS": (MAIL + " RET=NONE", SYNTAX),
    "RFC 3461 §4: each once": (MAIL + " RET=FULL RET=FULL", SYNTAX),
    "RFC 3461 §4.4: ENVID": (MAIL + " ENVID=" + "e" * 100, OK),
    "RFC 3461 §4.4: … 100 at most": (MAIL + " ENVID=" + "e" * 101, SYNTAX),
    "RFC 3461 §4: xtext": (MAIL + " ENVID=a+2Bb+3Dc", OK),
    "RFC 3461 §4: … its digits are upper case": (MAIL + " ENVID=a+2bb", SYNTAX),
    "RFC 3461 §4: … and two": (MAIL + " ENVID=a+2", SYNTAX),
    "RFC 3461 §4.4: … of what prints": (MAIL + " ENVID=a+0D+0Ab", SYNTAX),
    "RFC 3461 §4.4: … and is there": (MAIL + " ENVID", SYNTAX),
    "RFC 3461 §4.1: NOTIFY": (RCPT + " NOTIFY=success,Failure,DELAY", FINE),
    "RFC 3461 §4.1: NEVER": (RCPT + " NOTIFY=NEVER", FINE),
    "RFC 3461 §4.1: … alone": (RCPT + " NOTIFY=NEVER,DELAY", SYNTAX),
    "RFC 3461 §4.1: … none twice": (RCPT + " NOTIFY=DELAY,DELAY", SYNTAX),
    "RFC 3461 §4.1: … no other": (RCPT + " NOTIFY=ALWAYS", SYNTAX),
    "RFC 3461 §4.1: … and some": (RCPT + " NOTIFY=", SYNTAX),
    "RFC 3461 §4.2: ORCPT": (RCPT + " ORCPT=rfc822;c+2Bd@d.fr", FINE),
    "RFC 3461 §4.2: … has a type": (RCPT + " ORCPT=c@d.fr", SYNTAX),
    "RFC 3461 §4.2: … and an address": (RCPT + " ORCPT=rfc822;", SYNTAX),
    "RFC 3461 §4.2: … 500 at most": (RCPT + " ORCPT=rfc822;" + "x" * 494, SYNTAX),
    "RFC 3461 §4.2: … without the end of a line": (RCPT + " ORCPT=rfc822;a+0Ab", SYNTAX),
    "RFC 6533 §3: an address of the world": (RCPT + " ORCPT=utf-8;h\\x{E9}l\\x{E8}ne@d.fr", FINE),
    "RFC 6533 §3: … of characters": (RCPT + " ORCPT=utf-8;a\\x{D800}", SYNTAX),
    "RFC 6533 §3: … without the end of a line": (RCPT + " ORCPT=utf-8;a\\x{0A}", SYNTAX),
    "RFC 3461 §4: what is of RCPT is not of MAIL": (MAIL + " NOTIFY=NEVER", UNKNOWN),
    "RFC 3461 §4: … nor the other way": (RCPT + " RET=FULL", UNKNOWN),
    "RFC 3030 §2: BDAT has a count": ("BDAT", SYNTAX),
    "RFC 3030 §2: … of digits": ("BDAT -1 LAST", SYNTAX),
    "RFC 3030 §2: … and nothing but LAST": ("BDAT 0 FIRST", SYNTAX),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_the_letter_of_the_grammar(rule):
    command, answered = RULES[rule]
    peer = secure()
    if command[:4] in {"RCPT", b"RCPT"}:
        peer.send(MAIL.encode() + b"\r\n")
    line = command if isinstance(command, bytes) else command.encode()
    assert codes(peer.send(line + b"\r\n")) == [answered]


def test_who_says_helo_has_no_extension():
    peer = secure()
    peer.send(b"HELO mx.peer\r\n")
    for refused in (MAIL + " SIZE=5", MAIL + " RET=FULL", "BDAT 4 LAST\r\nQUIT"):
        assert codes(peer.send(refused.encode() + b"\r\n"))[0] in {UNKNOWN, OUT}
    assert codes(peer.send(f"{MAIL}\r\n{RCPT} NOTIFY=NEVER\r\n{RCPT}\r\n".encode())) == [OK, UNKNOWN, FINE]


def test_starttls_is_for_who_has_said_hello():
    peer = Peer()
    assert codes(peer.send(b"STARTTLS\r\n")) == [OUT]
    assert codes(peer.send(HELLO + b"STARTTLS\r\n"))[-1] == "220 2.0.0"


def test_what_is_asked_of_reports_comes_with_the_message():
    peer = secure()
    peer.send(
        b"MAIL FROM:<a@b.fr> RET=hdrs ENVID=Q+2B1\r\nRCPT TO:<c@d.fr> NOTIFY=success,delay ORCPT=rfc822;c+3D@d.fr\r\n"
        b"RCPT TO:<e@d.fr> ORCPT=utf-8;\\x{E9}@d.fr\r\nRCPT TO:<c@d.fr> NOTIFY=NEVER\r\nDATA\r\n.\r\n"
        b"MAIL FROM:<a@b.fr>\r\nRCPT TO:<c@d.fr>\r\nDATA\r\n.\r\n"
    )
    first, second = peer.accepted
    assert first.sending == Sending("a@b.fr", ret="HDRS", envid="Q+1")
    assert first.wanted == (Wanted("c@d.fr", "SUCCESS,DELAY", "rfc822;c=@d.fr"), Wanted("e@d.fr", "", "utf-8;é@d.fr"))
    assert second.sending == Sending("a@b.fr") and second.wanted == (Wanted("c@d.fr"),), "nothing is inherited"


def test_a_quoted_local_part_that_needs_no_quotes_is_the_same_without():
    def asked(path: str) -> str:
        return syntax.recipient(f"TO:<{path}>".encode(), extended=True, utf8=False).address

    assert asked('"anne.vial"@d.fr') == asked('"anne\\.vial"@d.fr') == "anne.vial@d.fr"
    assert asked('"anne vial"@d.fr') == '"anne vial"@d.fr'
    assert asked("POSTMASTER") == "postmaster" and asked("@un.fr:c@d.fr") == "c@d.fr"


def test_what_was_packed_before_reports_could_be_asked_still_opens():
    asked = Envelope(
        "a@b.fr", "c@d.fr", "mx", "00", notify="SUCCESS,DELAY", orcpt="rfc822;é@d.fr", envid="Q", ret="HDRS"
    )
    assert unpack(pack(asked, b"raw")) == (asked, b"raw")
    old = b'{"mail_from": "a@b.fr", "rcpt_to": "c@d.fr", "helo": "mx", "data_sha256": "00", "peer": [["CN", "x"]]}'
    envelope, raw = unpack(len(old).to_bytes(4) + old + b"raw")
    assert (envelope.notify, envelope.orcpt, envelope.envid, envelope.ret, raw) == ("", "", "", "", b"raw")


@pytest.mark.parametrize(
    "hostile", [b"<" * 1_900, b"FROM:<" + b"@a," * 600, b'FROM:<"' + b"\\a" * 900, b"FROM:<" + b"a." * 950 + b"@b>"]
)
def test_no_argument_takes_long(hostile):
    for read in (lambda rest: syntax.sending(rest, extended=True), syntax.host, syntax.chunk):
        with pytest.raises(Permanent) as refused:
            read(hostile)
        assert refused.value.reply in {replies.ARGUMENT, replies.BAD_ADDRESS}
