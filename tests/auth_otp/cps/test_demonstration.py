"""The cards of `make run`."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from mailbox.management.demo import readers
from mssweb.authorities import issuer_of, pinned


def test_cards_are_made_once_of_one_authority_and_its_list_names_the_stolen_one(tmp_path, settings):
    assert readers.how_to_sign_in(tmp_path) == []
    told = readers.knobs(tmp_path, port=1, crl_port=2)
    pki = tmp_path / "pki"
    files = {file.name: file.read_bytes() for file in pki.iterdir()}
    assert readers.knobs(tmp_path, port=1, crl_port=2) == told
    assert {file.name: file.read_bytes() for file in pki.iterdir()} == files
    authorities = pinned(x509.load_pem_x509_certificates(files["igc-sante-fort.pem"]), told["CPS_ISSUER"])
    crl = x509.load_der_x509_crl(files[readers.LIST])
    for name in ("anne-dupont", "volee", "expiree", "inconnue"):
        _, card, _ = pkcs12.load_key_and_certificates(files[f"carte-{name}.p12"], readers.PASSWORD.encode())
        assert issuer_of(card, authorities)
        assert bool(crl.get_revoked_certificate_by_serial_number(card.serial_number)) == (name == "volee")
    assert readers.PASSWORD in readers.how_to_sign_in(tmp_path)[0]
    assert settings.DEMO_MARK in told["CPS_EDGE_SECRET"], "which serves nowhere else"
