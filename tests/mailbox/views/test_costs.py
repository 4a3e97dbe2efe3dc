"""What a click costs, in SQL statements: never more than eight, for one thread as for fifty."""

import pytest
from django.utils import timezone

from mailbox import cabinet, snoozing, store
from mailbox.models import UndoNote
from mailbox.views.acts import ACTS
from mailbox.views.asked import FILTERS, SORTS
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.conftest import HTMX

MOST = 8
VALUES = {
    "move": "{folder}", "status": "done", "assign": "{anne}", "label": "{label}", "unlabel": "{label}", "snooze": "demain",
}  # fmt: skip
FIRST = ("label", "flag", "seen", "snooze")  # what others take back
THEN = sorted((name for name in ACTS if name not in FIRST), key=lambda name: ACTS[name].moves)


@pytest.fixture
def shelf(dupont, anne):
    """Fifty-one threads, a label and a folder: what acts are told."""
    letters = [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(51)]
    ids = [str(message.thread_id) for message in store.file(dupont, letters)]
    told = {
        "label": str(cabinet.make_label(dupont, "Urgent", "danger").pk),
        "folder": str(cabinet.make_folder(dupont, "Les Lilas").pk),
        "anne": str(anne.pk),
    }
    return ids, told


def test_every_act_costs_eight_statements_at_most_for_one_thread_and_for_fifty(
    browser, claire, base, dupont, shelf, statements
):
    ids, told = shelf
    client, costs = browser(claire), {}
    pane = HTMX | {"HX-Current-URL": f"http://testserver{base}/fil/{ids[0]}/?d=inbox"}  # it says how it stands, too
    client.get(f"{base}/inbox/")
    for name in (*FIRST, *THEN):
        folder = "trash" if name == "restore" else "inbox"
        if ACTS[name].moves:  # from where others moved them
            messages = list(dupont.messages.values_list("pk", flat=True))
            store.move_messages(dupont, messages, dupont.folders.get(role=folder))
        for threads in (ids[:1], ids[1:]):
            done = AuditEvent.objects.filter(action=f"thread.{name}").count()
            data = {"action": f"{name}:{VALUES.get(name, '').format(**told)}", "thread": threads}
            costs[name, len(threads)] = statements(
                lambda data=data, folder=folder: client.post(f"{base}/{folder}/action/", data, headers=pane)
            )
            assert AuditEvent.objects.filter(action=f"thread.{name}").count() == done + len(threads), (
                name,
                "did nothing",
            )
    assert max(costs.values()) <= MOST, costs


def test_taking_an_act_back_costs_no_more(browser, claire, base, shelf, statements):
    ids, told = shelf
    client, costs = browser(claire), {}
    for name in ("archive", "status", "assign", "label", "flag", "snooze"):
        data = {"action": f"{name}:{VALUES.get(name, '').format(**told)}", "thread": ids[1:]}
        client.post(f"{base}/inbox/action/", data, headers=HTMX)
        note = str(UndoNote.objects.latest("at").pk)
        costs[name] = statements(lambda note=note: client.post(f"{base}/annuler/", {"note": note}, headers=HTMX))
    assert max(costs.values()) <= MOST, costs


def test_every_list_costs_eight_statements_at_most(browser, claire, base, dupont, shelf, statements):
    ids, told = shelf
    client, member = browser(claire), dupont.memberships.get(user=claire)
    for name in ("label", "assign", "flag"):
        data = {"action": f"{name}:{VALUES.get(name, '').format(**told)}", "thread": ids}
        client.post(f"{base}/inbox/action/", data, headers=HTMX)
    now = timezone.now()
    snoozing.snooze(member, [ids[0]], now.replace(microsecond=0) + snoozing.KEPT, now=now)
    asked = [*(f"?f={kind}" for kind in FILTERS), *(f"?tri={sort}" for sort in SORTS), f"?e={told['label']}&tri=taille"]
    costs = {query: statements(lambda query=query: client.get(f"{base}/inbox/{query}")) for query in asked}
    pages = (f"fil/{ids[0]}/?d=inbox", f"fil/{ids[0]}/nouvelles/?d=inbox&vu=0-{ids[0][-8:]}", "suivi/", "recherche/")
    costs |= {page: statements(lambda page=page: client.get(f"{base}/{page}")) for page in pages}
    costs["q"] = statements(lambda: client.post(f"{base}/recherche/", {"q": "fil etiquette:urgent"}, headers=HTMX))
    costs["note"] = statements(lambda: client.post(f"{base}/fil/{ids[0]}/note/", {"note": "Vu"}, headers=HTMX))
    assert max(costs.values()) <= MOST, costs
