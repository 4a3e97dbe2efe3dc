"""The pages of rules and of the absence: who sees, who decides, what is told; and what works without a script."""

import re
from datetime import timedelta

from django.utils import timezone

from mailbox import cabinet
from mailbox.models import Absence, Message, Rule, Seen
from mailbox.rules import book
from mailbox.rules.values import Acts, Condition
from tests.mailbox.rules.conftest import come
from tests.mailbox.test_store import letter
from tests.mailbox.views.conftest import base, browser  # noqa: F401


def test_managers_write_rules_members_see_them_and_readers_do_not(dupont, anne, claire, hugo, base, browser, rule):  # noqa: F811
    given = {"name": "Labo", "match": "any", "kind-1": "domain", "value-1": "labo.mssante.example", "kind-2": "",
             "kind-3": "document:Ordonnance", "not-3": "1", "folder": "archive", "flag": "1", "stops": "1",
             "assign": "x"}  # fmt: skip
    boss = browser(anne)
    assert boss.post(f"{base}/regles/nouvelle/", given).status_code == 302
    words = book.read(Rule.objects.get(), dupont)
    assert words.conditions == (
        Condition("domain", "labo.mssante.example"),
        Condition("document", "Ordonnance", is_not=True),
    )
    assert (words.acts, words.needs_all, words.stops) == (Acts(folder="archive", is_flagged=True), False, True)
    page = browser(claire).get(f"{base}/regles/").content.decode()
    for told in (
        "Labo",
        "le domaine de l’expéditeur est «\xa0labo.mssante.example\xa0»",
        "aucun document",
        "classer dans",
    ):
        assert told in page
    assert "Modifier" not in page
    row, act = Rule.objects.get(), {"action": "off", "rule": Rule.objects.get().pk}
    for person, statuses in ((claire, (200, 403, 403)), (hugo, (403, 403, 403)), (anne, (200, 200, 302))):
        one = browser(person)
        asked = (one.get(f"{base}/regles/"), one.get(f"{base}/regles/{row.pk}/"), one.post(f"{base}/regles/", act))
        assert tuple(answer.status_code for answer in asked) == statuses, person
    assert not Rule.objects.get().is_on


def test_what_is_missing_is_said_and_what_was_typed_is_kept(anne, base, browser):  # noqa: F811
    boss = browser(anne)
    wrong = boss.post(f"{base}/regles/nouvelle/", {"name": "Labo", "kind-1": "subject", "value-1": " "})
    assert (wrong.status_code, Rule.objects.count()) == (422, 0)
    assert "attend des mots" in wrong.content.decode() and 'value="Labo"' in wrong.content.decode()
    more = boss.post(
        f"{base}/regles/nouvelle/", {"name": "Labo", "kind-1": "subject", "value-1": "inr", "action": "more"}
    )
    assert (more.status_code, more.content.decode().count("data-condition>")) == (200, 3), (
        "a line more, without a script"
    )


def test_the_later_of_two_managers_is_told_and_their_words_are_kept(dupont, anne, base, browser, rule):  # noqa: F811
    made = rule("Avant")
    boss, url = browser(anne), f"{base}/regles/{made.pk}/"
    given = {"kind-1": "attachment", "flag": "1", "version": "1"}
    assert boss.post(url, given | {"name": "Première"}).status_code == 302
    late = boss.post(url, given | {"name": "Seconde"})
    assert late.status_code == 409 and "a modifié cette règle" in late.content.decode()
    assert book.read(Rule.objects.get(), dupont).name == "Première" and 'value="Seconde"' in late.content.decode()
    assert 'name="version" value="2"' in late.content.decode()
    assert boss.post(url, given | {"name": "Seconde", "version": "2"}).status_code == 302


def test_rules_run_in_the_order_that_was_given(dupont, anne, base, browser, rule):  # noqa: F811
    first, second = rule("Une", folder="archive"), rule("Deux", folder="spam")
    browser(anne).post(f"{base}/regles/", {"action": "up", "rule": second.pk})
    assert [one.row.pk for one in book.of(dupont)] == [second.pk, first.pk]
    assert come(dupont).folder.role == "spam"


def test_a_rule_is_tried_on_what_is_there_applied_and_undone_whole(dupont, anne, claire, base, browser, rule):  # noqa: F811
    there = [
        come(dupont, letter(subject, message_id=f"{n}@x"))
        for n, subject in enumerate(("Ordonnance", "INR", "Ordonnance"))
    ]
    folder, label = cabinet.make_folder(dupont, "Biologie"), cabinet.make_label(dupont, "Urgent", "warn")
    made = rule(
        folder=str(folder.pk), label=str(label.pk), assign=str(claire.pk), status="done", is_flagged=True, is_read=True,
    )  # fmt: skip
    boss, url = browser(anne), f"{base}/regles/{made.pk}/essayer/"
    page = boss.get(url).content.decode()
    assert "2 messages sur 3" in page and page.count('name="message"') == 2
    before = _state(there)
    form = {"message": [there[0].pk, there[1].pk], "version": re.search(r'name="version" value="(\d+)"', page)[1]}
    late = boss.post(url, form | {"version": "0"}, follow=True).content.decode()
    assert "La règle a changé depuis cette page" in late and _state(there) == before, (
        "it would do what nobody was shown"
    )
    answer = boss.post(url, form, follow=True)
    assert "Règle appliquée à 1 message" in answer.content.decode(), "what is met by it, and was shown"
    changed = _state(there)
    assert changed[0] == ("", claire.pk, "done", True, 1, 0) and changed[1:] == before[1:]
    [told] = answer.context["messages"]
    assert boss.post(f"{base}/annuler/", {"note": told.extra_tags}).status_code == 302
    assert _state(there) == before


def _state(messages):
    found = []
    for one in (
        Message.objects.filter(pk__in=[m.pk for m in messages]).select_related("thread", "folder").order_by("uid")
    ):
        labels, unread = one.thread.labels.count(), Seen.objects.filter(message=one, seen_at=None).count()
        found.append(
            (
                one.filed_at,
                (one.folder.role, one.thread.assigned_to_id, one.thread.status, one.is_flagged, labels, unread),
            )
        )
    return [state for _, state in sorted(found)]


def test_an_absence_is_decided_by_managers_seen_by_members_and_told_above_the_list(dupont, anne, claire, base, browser):  # noqa: F811
    boss, today = browser(anne), timezone.localdate()
    given = {
        "begins": today,
        "ends": today + timedelta(days=3),
        "whom": "inside",
        "patients": "1",
        "text": "Fermé",
        "version": "0",
    }
    assert browser(claire).post(f"{base}/absence/", given).status_code == 403
    for wrong in (
        {"ends": today - timedelta(days=1)},
        {"ends": today + timedelta(days=400)},
        {"text": ""},
        {"whom": "x"},
    ):
        assert boss.post(f"{base}/absence/", given | wrong).status_code == 422, wrong
    assert not Absence.objects.exists()
    assert boss.post(f"{base}/absence/", given).status_code == 302
    row = Absence.objects.get()
    assert (row.is_on, row.whom, row.to_patients, (row.ends_at - row.begins_at).days) == (True, "inside", True, 4)
    assert boss.post(f"{base}/absence/", given | {"text": "Autre"}).status_code == 409, "another manager was quicker"
    member = browser(claire)
    assert "Fermé" in member.get(f"{base}/absence/").content.decode()
    assert "Réponse d’absence active jusqu’au" in member.get(f"{base}/inbox/").content.decode()
    Absence.objects.update(box=b"broken")
    assert "ne s’ouvre plus" in boss.get(f"{base}/absence/").content.decode()
    assert boss.post(f"{base}/absence/", {"action": "end"}).status_code == 302
    assert "Réponse d’absence active" not in member.get(f"{base}/inbox/").content.decode()


def test_a_thread_says_which_rule_did_what_and_that_a_copy_is_one(dupont, annes_box, anne, base, browser, rule):  # noqa: F811
    made = rule("Biologie", boxes=(str(annes_box.pk),), status="done")
    message = come(dupont)
    url = f"{base}/fil/{message.thread_id}/"
    boss = browser(anne)
    assert "par la règle «\xa0Biologie\xa0»" in (page := boss.get(url).content.decode())
    assert "Transféré à une autre boîte" in page
    copy = Message.objects.get(mailbox=annes_box)
    assert "Transféré par une règle" in boss.get(f"/b/{annes_box.pk}/fil/{copy.thread_id}/").content.decode()
    made.delete()
    assert "par une règle supprimée depuis" in boss.get(url).content.decode()


def test_a_rule_names_what_is_gone_on_its_page(dupont, anne, base, browser, rule):  # noqa: F811
    label = cabinet.make_label(dupont, "Urgent", "warn")
    rule(label=str(label.pk))
    cabinet.delete_label(dupont, label)
    assert "l’étiquette n’existe plus" in browser(anne).get(f"{base}/regles/").content.decode()
