"""Which letters a rule meets, what several do together, and to whom nobody answers by itself. Values only."""

from dataclasses import replace

import pytest

from mailbox.mime import headers
from mailbox.rules.guards import may_answer
from mailbox.rules.matching import Decided, Letter, Ready, decide, is_met
from mailbox.rules.values import Acts, Condition, Words, packed, unpacked

LETTER = Letter(
    senders=("Dr Florence L’Hénaff dr.lhenaff@labo-nord.mssante.example",), domains=("labo-nord.mssante.example",),
    trade="Médecin · Biologie médicale", subject="CR de biologie Mme VIAL", documents=("CR de biologie",), has_files=True,
    is_verified=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "met", "missed"),
    [
        ("sender", ("henaff flor", "LHENAFF@labo", "l'hénaff"), ("lemaire", "", "  ")),
        ("domain", ("labo-nord.mssante.example", "@mssante.example", " LABO-NORD.mssante.example"),
         ("nord.mssante.example", "", "example.com")),
        ("profession", ("medecin", "Biologie"), ("infirmier", "")),
        ("subject", ("biologie vial", "BIOLOGIE"), ("ologie", "biologie durand", "")),
        ("document", ("CR de biologie",), ("Ordonnance", "")),
        ("attachment", ("",), ()),
        ("verified", ("",), ()),
    ],
)  # fmt: skip
def test_a_condition_is_met_by_what_it_says_whatever_the_accents_and_turned_round_by_the_rest(kind, met, missed):
    def answer(value: str, *, is_not: bool = False) -> bool | None:
        return is_met(Words("r", (Condition(kind, value, is_not),)), LETTER)

    assert [answer(value) for value in (*met, *missed)] == [True] * len(met) + [False] * len(missed)
    assert [answer(value, is_not=True) for value in (*met, *missed)] == [False] * len(met) + [True] * len(missed)


def test_all_or_one_of_them_and_none_is_met_by_nothing():
    one, other = Condition("subject", "biologie"), Condition("ordinary")
    assert not is_met(Words("r", (one, other)), LETTER) and is_met(Words("r", (one, other), needs_all=False), LETTER)
    assert not is_met(Words("r"), LETTER) and not is_met(Words("r", needs_all=False), LETTER)
    assert not is_met(Words("r", (Condition("of a later version", is_not=True),)), LETTER)


def test_documents_that_nobody_looked_at_yet_hold_their_rule_and_those_after_it():
    waiting = replace(LETTER, documents=(), is_examined=False)
    papers, subject = Condition("document", "Ordonnance"), Condition("subject", "biologie")
    assert is_met(Words("r", (papers,)), waiting) is None
    assert is_met(Words("r", (papers, Condition("ordinary"))), waiting) is False, "one «no» is enough"
    assert is_met(Words("r", (papers, subject), needs_all=False), waiting) is True, "and one «yes»"
    rules = [
        Ready(1, Words("a", (subject,), Acts(label="x"))),
        Ready(2, Words("b", (papers,), Acts(folder="f"))),
        Ready(3, Words("c", (subject,), Acts(folder="g"))),
    ]
    assert decide(rules, waiting) == Decided(((1, Acts(label="x")),), waits=True)
    assert decide(rules, LETTER, done=[1]) == Decided(((3, Acts(folder="g")),)), "once, in their order"
    come = replace(waiting, documents=("Ordonnance",), is_examined=True)
    assert decide(rules, come, done=[1]).met == ((2, Acts(folder="f")), (3, Acts()))


def test_the_first_rule_decides_what_is_done_once_and_the_last_is_where_one_says_stop():
    every = (Condition("attachment"),)
    first = Words("a", every, Acts(folder="f", label="x", assign="p", reply="r", boxes=("1", "2")))
    second = Words(
        "b", every, Acts(folder="g", label="y", assign="q", reply="s", boxes=("2", "3"), is_flagged=True), stops=True
    )
    third = Words("c", every, Acts(status="done"))
    rules = [Ready(0, None), Ready(1, first), Ready(2, second), Ready(3, third)]
    assert decide(rules, LETTER).met == ((1, first.acts), (2, Acts(label="y", boxes=("3",), is_flagged=True)))


def test_a_rule_survives_its_box_and_what_is_none_is_refused():
    words = Words("Biologie", (Condition("subject", "é", is_not=True),), Acts(boxes=("a",), is_read=True), stops=True)
    assert unpacked(packed(words)) == words
    for plain in (b"[]", b'{"name": 3}', b"{}", b"x"):
        with pytest.raises(ValueError, match=r".*"):
            unpacked(plain)


OWN, DR = "pharmacie@officine.mssante.example", "dr.lemaire@hopital.mssante.example"


def answered(header: str = "", *, mail_from: str = DR, named: tuple[str, ...] = (OWN,)) -> bool:
    fields = headers.read(f"Subject: INR\r\n{header}\r\n\r\nx".encode(), 0, limit=4096).values
    return may_answer(mail_from=mail_from, fields=fields, named=named, own=OWN)


def test_a_person_who_wrote_to_us_is_answered_whatever_harmless_their_program_says():
    assert answered() and answered(named=("X@y.example", OWN.upper()))
    assert answered(
        "Auto-Submitted: no\r\nPrecedence: normal\r\nX-Auto-Response-Suppress: DR, RN\r\nContent-Type: text/plain"
    )


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied", "auto-submitted: AUTO-GENERATED; x=y", "Auto-Submitted:",
        "Auto-Submitted: no\r\nAuto-Submitted: auto-replied",
        "List-Id: <a.b>", "LIST-POST: NO", "List-Unsubscribe: <x>", "Mailing-List: a", "Precedence: bulk",
        "Precedence: LIST", "Precedence:  junk", "X-Auto-Response-Suppress: DR, OOF", "X-Auto-Response-Suppress: All",
        "X-Autoreply: yes", "Content-Type: multipart/report; report-type=delivery-status", "X-Failed-Recipients: a@b",
        "Content-Type: MULTIPART/Report;\r\n report-type=disposition-notification",
    ],
)  # fmt: skip
def test_no_machine_list_or_report_is_answered(header):
    assert not answered(header)


def test_nobody_is_answered_who_is_no_one_a_program_ourselves_or_wrote_to_others():
    names = "MAILER-DAEMON no-reply noreply+1 owner-liste liste-request ne-pas-repondre postmaster".split()
    for mail_from in ("", "nobody", OWN, OWN.upper(), *(f"{name}@x.example" for name in names)):
        assert not answered(mail_from=mail_from), mail_from
    assert not answered(named=("autre@x.example",)) and not answered(named=())
