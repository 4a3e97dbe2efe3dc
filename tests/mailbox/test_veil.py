"""A patient's address is masked in the fields of a letter, and means that patient and no other when it comes back."""

from dataclasses import replace
from uuid import uuid4

import pytest

from mailbox.drafts import DraftText
from mailbox.models import MailboxKeys
from mailbox.outbound.submit import check_recipients
from mailbox.veil import Veil
from mssweb import crypto

VIDAL, NGUYEN = "248057511604235@patient.mssante.fr", "155039935012312@patient.mssante.fr"


@pytest.fixture
def veil() -> Veil:
    keys = MailboxKeys(b"", crypto.new_key(), crypto.new_key(), crypto.new_key())
    return Veil(uuid4(), keys, uuid4())


@pytest.mark.parametrize(
    "typed",
    [
        VIDAL, f'"VIDAL, M" <{VIDAL}>, Dr <a@b.example>', f"{VIDAL},{NGUYEN} ; x", f'"248057511604235"{VIDAL[15:]}',
        VIDAL.upper(), f"<{VIDAL}", f"{VIDAL}.", "Dr Lemaire", "", '"', f'"a" "{VIDAL}"',
    ],
)  # fmt: skip
def test_what_is_shown_holds_no_number_and_comes_back_as_it_was_typed(veil, typed):
    text = DraftText(to=typed, cc=typed, bcc=NGUYEN, subject="s", text="t")
    shown, box = veil.page(text)
    assert not any(number in f"{shown}{box}" for number in ("248057511604235", "155039935012312"))
    assert veil.meant(shown, box) == text
    assert veil.meant(*veil.page(veil.meant(shown, box))) == text
    assert (shown.subject, shown.text) == ("s", "t")


def test_a_mask_pasted_into_another_letter_means_nobody_and_two_patients_are_told_apart(veil):
    one, _ = veil.page(DraftText(to=f"VIDAL <{VIDAL}>"))
    two, box = veil.page(DraftText(to=f"NGUYEN <{NGUYEN}>"))
    assert one.to[7:10] == "•••" and one.to.endswith("@patient.mssante.fr>") and one.to[10:15] != two.to[11:16]
    assert veil.meant(replace(two, cc=one.to), box) == DraftText(to=f"NGUYEN <{NGUYEN}>", cc=one.to)
    bare = DraftText(to="•••@patient.mssante.fr")
    assert veil.meant(bare, box) == bare and veil.page(bare) == (bare, "")


@pytest.mark.django_db
def test_what_is_typed_onto_a_mask_makes_nobody_of_it(veil):
    shown, box = veil.page(DraftText(to=VIDAL))
    for typed in (f"1{shown.to}", f"a@b.example{shown.to}"):
        assert veil.meant(replace(shown, to=typed), box).to == typed, "no other patient"
        assert "masquée" in check_recipients([typed])[typed]


def test_signs_that_two_patients_share_mean_neither(veil, monkeypatch):
    monkeypatch.setattr(Veil, "_sign", lambda *_: "abcde")
    shown, box = veil.page(DraftText(to=f"{VIDAL}, {NGUYEN}"))
    assert veil.meant(shown, box) == shown
    same = DraftText(to=VIDAL, cc=VIDAL)
    assert veil.meant(*veil.page(same)) == same


def test_a_box_opens_for_its_person_in_its_mailbox_only(veil):
    shown, box = veil.page(DraftText(to=VIDAL))
    for other in (replace(veil, user_id=uuid4()), replace(veil, mailbox_id=uuid4())):
        assert other.meant(shown, box) == shown
    for altered in ("", "é", "AAAA", box[:-8], box[::-1], "A" * 300_000):
        assert veil.meant(shown, altered) == shown, altered[:9]
