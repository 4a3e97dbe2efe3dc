"""The floor stands: boxes open where they should and nowhere else."""

import pytest

from mssweb import crypto


def test_mailbox_opens_with_its_master_key(dupont):
    dupont.refresh_from_db()
    box = crypto.seal_to(bytes(dupont.public_key), b"bonjour", "row")
    assert crypto.unseal_with(dupont.keys.private, box, "row") == b"bonjour"
    with pytest.raises(crypto.Unreadable):
        crypto.unseal_with(dupont.keys.private, box, "other row")
