"""The journal is read in French, by person and by mailbox."""

import re
from pathlib import Path

from mailbox.models import Mailbox, Membership
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import ERROR, OK, REFUSED, record
from mssweb.audit.words import ACTIONS, RESULTS

ROOT = Path(__file__).parents[2]
_TOLD = re.compile(r'\b(?:record|record_all|_tell)\([^()]*?"([a-z]+\.[a-z_]+)"')


def test_every_action_and_result_that_the_code_tells_has_a_french_name():
    sources = [
        path.read_text()
        for app in ("auth_otp", "directory", "mailbox", "mssweb")
        for path in (ROOT / app).rglob("*.py")
    ]
    told = {action for source in sources for action in _TOLD.findall(source)}
    assert len(told) > 25
    assert told - ACTIONS.keys() == set()
    assert {OK, REFUSED, ERROR} <= RESULTS.keys()


def test_the_journal_shows_names_and_addresses_and_is_filtered_by_them(
    client, sign_in, make_user, dupont, annes_box, claire, django_assert_max_num_queries
):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    for box in (dupont, annes_box, dupont):
        record("message.open", actor_id=claire.pk, mailbox_id=box.pk, subject=("message", box.pk))
    list_url = "/admin/audit/auditevent/"
    with django_assert_max_num_queries(14):
        page = client.get(list_url).content.decode()
    assert "Message ouvert" in page
    assert ">message.open<" not in page
    assert page.count(f">{dupont.address}<") == 3  # two events, and the filter
    for asked in (f"?mailbox_id={annes_box.pk}", f"?q={annes_box.address}"):
        rows = client.get(list_url + asked).context["cl"].result_list
        assert [event.mailbox_id for event in rows] == [annes_box.pk]
    assert len(client.get(f"{list_url}?action=message.open&result=ok").context["cl"].result_list) == 3
    assert len(client.get(f"{list_url}?result=error").context["cl"].result_list) == 0
    assert len(client.get(f"{list_url}?mailbox_id=x").context["cl"].result_list) == 0
    event = AuditEvent.objects.filter(action="message.open").first()
    page = client.get(f"{list_url}{event.pk}/change/").content.decode()
    assert "Message ouvert (fait)" in page


def test_an_event_of_a_mailbox_that_is_gone_keeps_its_id(client, sign_in, make_user, dupont):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    record("mailbox.change", mailbox_id=dupont.pk)
    Membership.objects.all().delete()
    Mailbox.objects.filter(pk=dupont.pk).delete()
    assert str(dupont.pk) in client.get("/admin/audit/auditevent/").content.decode()
