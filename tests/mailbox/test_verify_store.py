"""Every box is opened and checked; the one that does not open is named, told to the audit, and nothing else suffers."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from mailbox import store
from mailbox.models import Blob
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter


def test_a_sound_store_is_said_sound_and_an_altered_or_moved_box_is_named(dupont, annes_box):
    first, second = store.file(dupont, [filing(letter(message_id=f"{i}@x")) for i in range(2)])
    store.file(annes_box, [filing(letter())])
    out, err = StringIO(), StringIO()
    call_command("verify_store", stdout=out)
    assert out.getvalue() == "8 boxes checked, 0 broken\n"  # 2 keys, 3 blobs, 3 summaries
    moved = Blob.objects.get(pk=first.blob_id)
    Blob.objects.filter(pk=second.blob_id).update(box=bytes(moved.box))  # another row's box
    with pytest.raises(CommandError, match="1 boxes do not open"):
        call_command("verify_store", stdout=StringIO(), stderr=err)
    assert str(second.blob_id) in err.getvalue() and str(first.blob_id) not in err.getvalue()
    event = AuditEvent.objects.get(action="store.broken")
    assert (event.subject_id, event.mailbox_id, event.result) == (str(second.blob_id), dupont.pk, "error")
