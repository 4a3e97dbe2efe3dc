"""What ties messages together, and what they carry."""

import pytest

from mailbox.mime.threads import base_subject, is_reply, thread_ids, visible_subject
from mailbox.mime.values import ParsedMessage
from mailbox.mime.xdm import XdmSubject, is_xdm_archive, parse_subject


@pytest.mark.parametrize(
    "subject", ["Re: Bilan", "RE : bilan", "Ré: TR: Bilan", "Re[2]: bilan", "Fwd: Re:  BILAN ", "bilan"]
)
def test_prefixes_do_not_change_what_a_thread_is_about(subject):
    assert base_subject(subject) == "bilan"


def test_answer_is_told_from_transfer():
    assert is_reply("RE : x") and is_reply("TR: Re: x")
    assert not is_reply("TR: x") and not is_reply("Renouvellement: x") and not is_reply("Reçu")


def test_xdm_prefix_is_hidden_on_screen():  # ECO.3.1.3
    assert visible_subject("XDM/1.0/DDM+CR PAT-TROIS") == "CR PAT-TROIS"
    assert visible_subject("Re: XDM/1.0/DDM+CR") == "Re: CR"
    assert visible_subject("À propos de XDM") == "À propos de XDM"


def test_ids_are_newest_last_bounded_and_without_oneself():
    parsed = ParsedMessage(message_id="me", in_reply_to=("z",), references=(*map(str, range(80)), "me"))
    assert thread_ids(parsed) == (*map(str, range(31, 80)), "z")


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("XDM/1.0/DDM+CR d'examens de radiologie PAT-TROIS DOMINIQUE 07/08/2010",
         XdmSubject("CR d'examens de radiologie", "PAT-TROIS", "DOMINIQUE", "07/08/2010")),
        ("[KO][902] xdm/1.0/ddm+Ordonnance DE LA TOUR Jean Marie",
         XdmSubject("Ordonnance", "DE LA TOUR", "Jean Marie", None)),
        ("XDM/1.0/DDM+", XdmSubject("", "", "", None)),
        ("Bilan", None),
    ],
)  # fmt: skip
def test_xdm_subject_names_the_patient(subject, read):  # ECO.2.1.3
    assert parse_subject(subject) == read


def test_xdm_archive_is_known_whatever_the_case():  # ECO.2.1.1
    assert is_xdm_archive("IHE_XDM.ZIP") and is_xdm_archive("ihe_xdm.zip") and is_xdm_archive("IHE_XDM (1).zip")
    assert not is_xdm_archive("IHE_XDM.zip.exe") and not is_xdm_archive("photos.zip")
