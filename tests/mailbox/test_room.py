"""The room that is left: told at each threshold once, again only after it fell back; in French, in the mailbox itself."""

import pytest
from django.utils import timezone

from mailbox import room
from mailbox.models import Mailbox, MailboxKey, Message
from mailbox.summary import open_summary


@pytest.mark.parametrize(
    ("used", "told", "step"),
    [
        (79, 0, (0, False)), (80, 0, (80, True)), (89, 80, (80, False)), (93, 80, (90, True)), (100, 95, (100, True)),
        (120, 0, (100, True)), (96, 100, (100, False)), (95, 100, (95, False)), (86, 90, (90, False)),
        (85, 90, (80, False)), (91, 80, (90, True)), (75, 80, (0, False)), (0, 0, (0, False)),
    ],
)  # fmt: skip
def test_a_threshold_is_told_once_until_it_fell_five_points_below(used, told, step):
    assert room.step(used, 100, told) == step


def test_a_mailbox_that_fills_up_is_warned_in_its_own_inbox_once(dupont, annes_box):
    def fill(percent: int) -> int:
        Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=10**9, used_bytes=percent * 10**7)
        return room.look_over(timezone.now())

    assert [fill(percent) for percent in (50, 81, 81, 100, 97, 60, 82)] == [0, 1, 0, 1, 0, 0, 1]
    told = [open_summary(m, dupont.keys) for m in Message.objects.order_by("filed_at")]
    assert [one.subject for one in told] == [
        "Boîte remplie à 80 %", "Boîte pleine : elle ne reçoit plus de messages", "Boîte remplie à 80 %",
    ]  # fmt: skip
    assert {(one.mail_from, one.author.display_name) for one in told} == {("", "Distribution du courrier")}
    assert not Message.objects.filter(mailbox=annes_box).exists()


def test_one_that_cannot_be_told_holds_no_other_and_is_told_once_it_can(dupont, annes_box):
    """Nor is anything told to one that is closed or gone, or nobody's."""
    Mailbox.objects.update(quota_bytes=10**9, used_bytes=9 * 10**8)
    first = min(dupont, annes_box, key=lambda box: box.pk)
    key = MailboxKey.objects.filter(mailbox=first)
    [kept] = key.values()
    key.delete()
    assert room.look_over(timezone.now()) == 1
    MailboxKey.objects.create(**kept)
    assert (room.look_over(timezone.now()), room.look_over(timezone.now())) == (1, 0)
    assert Message.objects.count() == 2
    for change in ({"state": "closed"}, {"state": "deleted"}, {"state": "active", "is_technical": True}):
        Mailbox.objects.update(room_told=0, **change)
        assert room.look_over(timezone.now()) == 0, change
