"""Addresses of headers, as met."""

import pytest

from mailbox.mime.address import domain_of, is_patient, mask, mask_patients, normalise, parse_addresses
from mailbox.mime.values import Address


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("a@b.fr", [("", "a@b.fr")]),
        ("Anne Dupont <a@b.fr>", [("Anne Dupont", "a@b.fr")]),
        ('"Dupont, Anne" <a@b.fr>, c@d.fr', [("Dupont, Anne", "a@b.fr"), ("", "c@d.fr")]),
        ('"Anne \\"la\\" \\\\ D" <a@b.fr>', [('Anne "la" \\ D', "a@b.fr")]),
        ("a@b.fr (Anne (la vraie) Dupont)", [("Anne (la vraie) Dupont", "a@b.fr")]),
        ("Équipe: a@b.fr, B <c@d.fr>; e@f.fr", [("", "a@b.fr"), ("B", "c@d.fr"), ("", "e@f.fr")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Dupont=2C_Anne?= <a@b.fr>", [("Dupont, Anne", "a@b.fr")]),
        ("<@relais.fr,@autre.fr:a@b.fr>", [("", "a@b.fr")]),
        ('"anne dupont"@b.fr', [("", '"anne dupont"@b.fr')]),
        ("Anne", [("Anne", "")]),
        ("Anne <a@b.fr", [("Anne", "a@b.fr")]),
        ('"Anne <a@b.fr>, c@d.fr', [("Anne", "a@b.fr"), ("", "c@d.fr")]),
        ("a@b.fr\u202e <c@d.fr>", [("a@b.fr", "c@d.fr")]),
        ("Élise <élise@hôpital.fr>", [("Élise", "élise@hôpital.fr")]),
        ("MAILER-DAEMON <>", [("MAILER-DAEMON", "")]),
        (",, ;;", []),
        ("", []),
    ],
)
def test_address_list_is_read(header, found):
    assert [(a.display_name, a.addr_spec) for a in parse_addresses(header)] == found


def test_names_never_hold_a_line_end():
    (address,) = parse_addresses("=?utf-8?q?Anne=0D=0ABcc:_x?= <a@b.fr>")
    assert address == Address("Anne Bcc: x", "a@b.fr")


def test_comparison_folds_case_and_international_domains():
    assert normalise(" Élise@HÔPITAL.fr ") == "élise@xn--hpital-ixa.fr"
    assert domain_of("a@B.fr.") == "b.fr"
    assert domain_of("rien") == ""


def test_identity_of_a_patient_is_masked_and_no_other():
    assert is_patient("279035121518989@Patient.MSSante.fr")
    assert mask("279035121518989@patient.mssante.fr") == "•••@patient.mssante.fr"
    assert mask("anne@officine.mssante.fr") == "anne@officine.mssante.fr"
    assert not is_patient("a@faux-patient.mssante.fr")
    quoted = '"279035121518989"@patient.mssante.fr'
    assert is_patient(quoted) and mask_patients(f'"VIDAL" <{quoted}>, a@b') == '"VIDAL" <•••@patient.mssante.fr>, a@b'
