"""INS, types, versions, pairs: values."""

import pytest

from mailbox.documents import ins, kinds, pairs, versions, words
from mailbox.quarantine import runner
from mailbox.quarantine.values import Block, Document, Found, Person, Span, Unfit, read


def test_an_ins_is_grouped_and_its_key_is_checked_corsica_included():
    assert ins.grouped("279035121518989") == "2 79 03 51 215 189 89"
    assert ins.is_right("2 79 03 51 215 189 89")
    assert not ins.is_right("279035121518988")
    for department, stands_for in (("2A", "19"), ("2B", "18")):
        key = 97 - int(f"17903{stands_for}215189") % 97
        assert ins.is_right(f"17903{department}215189{key:02}")
        assert not ins.is_right(f"17903{department}215189{(key + 1) % 97:02}")
    assert not ins.is_right("ABCDE")
    assert ins.grouped("123") == "123"
    assert ins.is_test("1.2.250.1.213.1.4.10") and not ins.is_test("1.2.250.1.213.1.4.8")
    assert ins.origin("1.2.250.1.213.1.4.8") == "INS-NIR"


def test_known_codes_have_the_words_of_the_counter_and_others_the_senders():
    assert kinds.chip("11502-2", "x") == ("CR de biologie", "test-tube")
    assert kinds.chip("99999-9", "Compte rendu de consultation spécialisée")[0] == "Compte rendu de consultatio…"
    assert kinds.of_header("57833-6, 99999-9,57833-6") == [("Ordonnance", "pill")]


def one(unique: str, version: str = "", set_id: str = "", replaces: str = "", **more) -> Document:
    return Document(0, "a", "cda", 1, unique_id=unique, version=version, set_id=set_id, replaces=replaces, **more)


def test_same_id_is_a_duplicate_and_the_highest_version_of_a_set_stands():
    assert versions.standing([one("a", "1"), one("a", "1"), one("b", "1")]) == ["", "duplicate", ""]
    assert versions.standing([one("a", "1", "s"), one("b", "2", "s"), one("c", "1", "t")]) == [
        "replaced",
        "replaces",
        "",
    ]
    assert versions.standing([one("b", "2", "s"), one("a", "1", "s")]) == ["replaces", "replaced"], (
        "whatever came first"
    )
    assert versions.standing([one("a"), one("b", replaces="a")]) == ["replaced", "replaces"]


def test_a_cda_and_its_pdf_are_one_when_nothing_else_could_be_meant():
    who = Person(family="PAT-TROIS", given="Dominique")
    first = one("a", code_label="CR d'examens biologiques", patient=who, made_at="20150802")
    other = one("b", code_label="Ordonnance", patient=who)
    # ECO.2.1.6
    name = "20150802_CR d'examens biologiques_PAT-TROIS_Dominique_00000000000001.pdf"
    assert pairs.pairs({("2", 3): first}, [("3", "scan.pdf")]) == {("2", 3): "3"}
    both = {("2", 3): first, ("2", 4): other}
    assert pairs.pairs(both, [("3", name), ("4", "20261101_Ordonnance_PAT-TROIS_Dominique.pdf"), ("5", "autre.pdf")]) == {
        ("2", 3): "3", ("2", 4): "4",
    }  # fmt: skip
    assert pairs.pairs({("2", 3): first, ("2", 4): first}, [("3", name)]) == {}, "two could be meant"
    assert pairs.pairs(both, [("3", name.replace("20150802", "20150803"))]) == {}


def test_every_code_has_a_sentence_and_a_lie_of_the_quarantine_is_no_value():
    assert words.NOTICES.keys() >= runner.CODES
    assert words.notice("of a later version") == words.NOTICES["damaged"]
    for lie in (
        {"kind": 5},
        {"kind": "pdf", "pages": [[1, 2, 3]]},
        {"kind": "pdf", "documents": {}},
        [],
        {"kind": None},
        {},
    ):
        with pytest.raises(Unfit):
            read(Found, lie)
    assert read(Found, {"kind": "pdf", "pages": [[1, 2]]}) == Found("pdf", pages=((1, 2),))


def test_no_link_and_no_picture_of_the_quarantine_leads_elsewhere_than_it_may():
    kept = ((Span, {"text": "x", "link": "https://a.example"}), (Span, {"text": "x", "link": "#id"}))
    for shape, plain in (*kept, (Block, {"kind": "picture", "picture": "data:image/webp;base64,AA"})):
        assert read(shape, plain)
    lies = (
        (Found, {"kind": "pdf", "thumb": "https://a.example/x"}),
        (Span, {"text": "x", "link": "javascript:1"}),
        (Block, {"kind": "picture", "picture": "//a.example/x"}),
    )
    for shape, plain in lies:
        with pytest.raises(Unfit):
            read(shape, plain)
