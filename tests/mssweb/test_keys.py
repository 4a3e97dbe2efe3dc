"""Master keys: an old one opens, the current one wraps; rotation touches no content; without keys nothing is read."""

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from mailbox import blobs
from mailbox.models import Mailbox, MailboxKey, open_mailbox
from mssweb import keys
from mssweb.audit.models import AuditEvent

OLD = "2025:" + base64.b64encode(b"o" * 32).decode()
NEW = "2026:" + base64.b64encode(b"n" * 32).decode()


@pytest.mark.parametrize("text", ["", "x", "x:", "x:!!!", "x:" + base64.b64encode(b"short").decode(), f"{OLD} {OLD}"])
def test_a_faulty_ring_refuses_to_start_and_names_no_key(text):
    with pytest.raises(ImproperlyConfigured) as told:
        keys.parse_ring(text)
    assert "b29vb" not in str(told.value)


def test_rotation_rewraps_every_key_and_content_still_opens(settings, dupont):
    settings.MASTER_KEYS = f"{OLD} {settings.MASTER_KEYS}"
    blob = blobs.put(dupont, b"bonjour")
    box = bytes(dupont.key.box)
    settings.MASTER_KEYS = f"{NEW} {settings.MASTER_KEYS}"
    call_command("rotate_keys")
    row = MailboxKey.objects.get(mailbox=dupont)
    assert (row.master_id, bytes(row.box) == box) == ("2026", False)
    settings.MASTER_KEYS = NEW
    assert blobs.read(blob, Mailbox.objects.get(pk=dupont.pk)) == b"bonjour"
    assert AuditEvent.objects.filter(action="key.rotate", mailbox_id=dupont.pk).count() == 1


def test_without_the_master_key_nothing_opens(settings, dupont):
    mailbox = Mailbox.objects.get(pk=dupont.pk)
    settings.MASTER_KEYS = NEW
    with pytest.raises(keys.NoMasterKey):
        _ = mailbox.keys
    settings.MASTER_KEYS = ""
    with pytest.raises(keys.NoMasterKey):
        keys.ring()


def test_a_key_that_does_not_open_is_named_and_keeps_no_other_from_being_rewrapped(settings, tenant, domain, capsys):
    first, lost, last = (
        open_mailbox(tenant=tenant, domain=domain, address=f"{n}@{domain.name}", kind="ORG", display_name="x")
        for n in range(3)
    )
    MailboxKey.objects.filter(mailbox=lost).update(box=b"\1\1altered")
    settings.MASTER_KEYS = f"{NEW} {settings.MASTER_KEYS}"
    with pytest.raises(CommandError, match="1 keys do not open"):
        call_command("rotate_keys")
    assert f"{lost.pk}: Unreadable" in capsys.readouterr().err
    assert set(MailboxKey.objects.filter(master_id="2026").values_list("mailbox", flat=True)) == {first.pk, last.pk}
