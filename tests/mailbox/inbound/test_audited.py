"""Letters from the audit domains of the trust space to our receiver, over real TLS: one row of the table each."""

import smtplib
from contextlib import contextmanager

import pytest
from cryptography import x509
from django.core.management import call_command
from django.utils import timezone

from mailbox import crl, revocation, whitelist
from mailbox.models import Arrival, RevocationList
from tests import peers
from tests.mailbox.test_store import letter
from tests.mailbox.trust.audited import OK, ROWS, Row
from tests.mailbox.trust.published import responding, says
from tests.stack import wait_until

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]


@contextmanager
def in_force(space: peers.TrustSpace, row: Row, pem: bytes):
    """List and revocations as the row says; yields the settings of whoever asks."""
    whitelist.load(space.document(rows=[*space.rows(), *row.rows]), now=timezone.now())
    if row.revoked == "crl":
        crl.load(space.authority.crl([pem], number=2), url=peers.CRL_URL, now=timezone.now())
    if row.revoked != "ocsp":
        yield {}
        return
    RevocationList.objects.all().delete()
    revocation.forget()
    with responding(says(space.authority, x509.load_pem_x509_certificate(pem), revoked=True)) as (url, _):
        yield {"OCSP_URL": url}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_what_comes_from_an_audit_domain_is_taken_or_refused_as_the_table_says(trust, dupont, tmp_path, row):
    call_command("grant_roles")
    issued, files = row.issued(trust, tmp_path)
    sender = f"audit@{row.domain}"
    with in_force(trust, row, issued.certificate) as given, peers.receiver(trust, **given) as running:
        if row.at_mail is None:
            with pytest.raises((OSError, smtplib.SMTPServerDisconnected)):
                peers.connect(trust, running.port, files).mail(sender)
        else:
            with door(trust, running.port, row, files) as client:
                code, text = client.mail(sender)
                assert (code, text.split(b" ")[0].decode()) == row.at_mail
                client.rset()
                if row.at_mail == OK:
                    assert client.sendmail(sender, [dupont.address], letter()) == {}
        wait_until(lambda: row.in_trace in running.log.read_text(), seconds=5, step=0.01)
    assert Arrival.objects.count() == (row.at_mail == OK)


def door(space: peers.TrustSpace, port: int, row: Row, files: peers.Files) -> smtplib.SMTP:
    if row.tls:
        return peers.connect(space, port, files if row.shows else None)
    client = smtplib.SMTP("127.0.0.1", port, timeout=10)
    client.ehlo()
    return client
