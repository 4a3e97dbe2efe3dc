"""Statements that are written once keep to who asks, however often and for whom."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mailbox.models import Membership, Thread
from mssweb.prepared import prepared

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@prepared
def members(role, **of):
    return Membership.objects.filter(role=role, **of).select_related("mailbox")


def test_each_asks_for_their_own_with_one_text(dupont, annes_box, claire, anne, django_assert_num_queries):
    for box in (dupont, annes_box, dupont):
        with django_assert_num_queries(1):
            found = members("manager", mailbox=box.pk)
        assert [one.mailbox for one in found] == [box] * len(found) and anne.pk in {one.user_id for one in found}
    assert claire.pk not in {one.user_id for one in members("manager", mailbox=dupont.pk, user=anne.pk)}
    assert members("manager", mailbox=uuid4()) == []


def test_what_is_not_given_by_name_is_refused_and_so_is_a_name_without_effect(dupont):
    seen = [
        lambda **_: Thread.objects.filter(mailbox=dupont.pk),
        lambda **_: Thread.objects.filter(waits_since__lt=NOW - timedelta(hours=1)),
        lambda mailbox: Thread.objects.filter(status="open"),
    ]
    for build in seen:
        with pytest.raises(ValueError, match="not by name"):
            prepared(build)(mailbox=uuid4())
