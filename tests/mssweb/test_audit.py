"""The journal is read in French, by person and by mailbox."""

import ast
import re
from datetime import UTC, timedelta
from pathlib import Path

from django.core.management import call_command
from django.utils import timezone
from django.utils.formats import date_format

from mailbox.models import Mailbox, Membership
from mssweb.audit import keeper, report
from mssweb.audit.chain import Kind
from mssweb.audit.models import AuditEvent, DayHead, Link, Purge
from mssweb.audit.purge import purge
from mssweb.audit.record import ERROR, OK, REFUSED, record
from mssweb.audit.words import ACTIONS, BREAKS, RESULTS

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
    assert set(BREAKS) == set(Kind)


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


def test_the_chain_is_read_in_the_administration_and_each_list_says_when_it_was_verified(client, sign_in, make_user):
    call_command("grant_roles")
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    now = timezone.now()
    for days in (3, 2, 0):
        record("session.lock")
        keeper.chain_due(now - timedelta(days=days))
    purge(now, days=2)
    lists = [f"/admin/audit/{name}/" for name in ("link", "dayhead", "purge", "auditevent")]
    for page in lists:
        assert "Le journal n’a pas encore été vérifié." in client.get(page).content.decode()
    report.verified()
    for page in lists:
        assert "Le journal est entier : 2 événements en 2 lots." in client.get(page).content.decode()
    assert bytes(Link.objects.get(number=3).digest).hex() in client.get(lists[0]).content.decode()
    for row in (Link.objects.get(number=3), DayHead.objects.first(), Purge.objects.get()):
        shown = client.get(f"/admin/audit/{row._meta.model_name}/{row.pk}/change/")
        assert shown.status_code == 200 and 'name="_save"' not in shown.content.decode()
        assert client.post(f"/admin/audit/{row._meta.model_name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    AuditEvent.objects.filter(link=3).delete()
    report.verified()
    today = date_format(now.astimezone(UTC), "j F Y")
    assert f"LE JOURNAL EST ROMPU : lot 3, jour {today} – supprimé." in client.get(lists[3]).content.decode()


def test_an_event_of_a_mailbox_that_is_gone_keeps_its_id(client, sign_in, make_user, dupont):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    record("mailbox.change", mailbox_id=dupont.pk)
    Membership.objects.all().delete()
    Mailbox.objects.filter(pk=dupont.pk).delete()
    assert str(dupont.pk) in client.get("/admin/audit/auditevent/").content.decode()


_LOOKS = {  # a reading or a refusal changes nothing that could stay untold; the others are called in the transaction of their act
    "body_of", "export", "file", "image", "embedded", "_archive", "_file", "with_images", "_refused", "_broken", "preview",
    "member", "everything", "_opened", "search", "send", "_tell", "_end", "_change", "_keep_options", "tell",
    "_delete_folder",
}  # fmt: skip


def test_what_a_page_changes_is_told_in_the_transaction_that_changes_it():
    """Killed between the two, an act would be in no journal."""
    untold = []
    for path in sorted((ROOT / "mailbox/views").glob("*.py")):
        text = path.read_text()
        tree = ast.parse(text if "record" in text else "")
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            is_whole = any("atomic" in ast.unparse(one) for one in function.decorator_list)
            if function.name not in _LOOKS and not is_whole and _tells_outside(function):
                untold.append(f"{path.name} {function.name}")
    assert untold == []


def _tells_outside(node: ast.AST) -> bool:
    if isinstance(node, ast.With) and any("atomic" in ast.unparse(one.context_expr) for one in node.items):
        return False
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"record", "record_all", "_tell"}:
        return True
    return any(_tells_outside(child) for child in ast.iter_child_nodes(node))
