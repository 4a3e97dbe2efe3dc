"""Letters to the audit domains of the trust space, over real TLS: one row of the table each."""

import pytest
from django.utils import timezone

from mailbox.models import Message
from mailbox.outbound import worker
from tests.mailbox.inbound.test_audited import in_force
from tests.mailbox.outbound.conftest import Hospital, listening
from tests.mailbox.trust.audited import ROWS

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
HOSTS = [row for row in ROWS if row.shows]  # a host always shows one, or speaks no TLS


@pytest.mark.parametrize("row", HOSTS, ids=lambda row: row.label)
def test_what_goes_to_an_audit_domain_leaves_or_is_refused_as_the_table_says(
    trust, send, dupont, settings, tmp_path, caplog, row
):
    issued, files = row.issued(trust, tmp_path)
    with (
        caplog.at_level("INFO"),
        in_force(trust, row, issued.certificate) as given,
        listening(trust, host := Hospital(), files if row.tls else None, settings),
    ):
        settings.OCSP_URL = given.get("OCSP_URL", "")
        settings.ROUTES = f"{row.domain}={settings.ROUTES.split()[0].partition('=')[2]}"
        submission = send(f"audit@{row.domain}")
        worker.send_due(timezone.now())
    told = submission.recipients.get()
    state = row.outcome[0]
    assert (told.state, told.reply_code, told.reply_enhanced) == row.outcome
    assert len(host.received) == (state == "relayed")
    assert not row.out_trace or (f"domain={row.domain}" in caplog.text and row.out_trace in caplog.text)
    assert Message.objects.filter(mailbox=dupont, folder__role="inbox").exists() is (state == "failed")
