"""Every POST of the URL map that changes something leaves an event: who, what, on what, with which result (ECO.4.1.1, 4.1.2).

A view that is added takes part the day it is added: it stands in one of the two tables below, or this fails.
"""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from mailbox import cabinet, contacts, groups, store, undoing
from mailbox.contacts import Card
from mailbox.models import Membership, Recipient, Submission
from mailbox.rules import book as rule_book
from mailbox.rules.values import Words
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD
from tests.mailbox.test_store import filing, letter
from tests.test_outsider import filled, routes

_BOX = "b/<uuid:mailbox_id>/"
ACTS: dict[str, list[tuple[dict[str, str], str]]] = {  # what is posted to each address, and the event that it leaves
    "connexion/": [
        ({"login": "claire.martin@pharmacie-dupont.example", "password": "faux"}, "session.password_failed")
    ],
    "verrou/": [({}, "session.lock")],
    "moi/donnees/": [({}, "user.export")],
    "moi/alerte/": [({}, "session.alarm")],
    "moi/notifications/compte/": [({}, "preference.change")],
    "deconnexion/": [({}, "session.sign_out")],
    _BOX + "regles/nouvelle/": [
        ({"name": "Bio", "kind-1": "subject", "value-1": "ordonnance", "flag": "1"}, "rule.create")
    ],
    _BOX + "regles/<uuid:rule_id>/": [
        ({"name": "Bio", "kind-1": "subject", "value-1": "ordo", "flag": "1", "version": "1"}, "rule.change")
    ],
    _BOX + "regles/<uuid:rule_id>/essayer/": [({"message": "{message}", "version": "2"}, "rule.apply")],
    _BOX + "regles/": [
        ({"action": act, "rule": "{rule_id}"}, f"rule.{event}")
        for act, event in (("off", "off"), ("on", "on"), ("up", "move"), ("delete", "delete"))
    ],
    _BOX + "absence/": [
        ({"begins": "{today}", "ends": "{today}", "whom": "all", "text": "x", "version": "0"}, "absence.change"),
        ({"action": "end"}, "absence.end"),
    ],
    _BOX + "<str:folder>/action/": [
        ({"action": act, "thread": "{thread}"}, f"thread.{act}")
        for act in ("seen", "unseen", "unflag", "flag", "archive")  # a rule above has flagged it
    ]
    + [
        ({"action": f"{act}:{value}", "thread": "{thread}"}, f"thread.{act}")
        for act, value in (
            ("status", "waiting"),
            ("assign", "me"),
            ("label", "{label}"),
            ("unlabel", "{label}"),
            ("snooze", "demain"),
            ("unsnooze", ""),
        )
    ],
    _BOX + "dossiers/": [
        ({"action": "folder.create", "name": "EHPAD"}, "folder.create"),
        ({"action": "label.create", "name": "Urgent"}, "label.create"),
        ({"action": "label.change", "name": "Lent", "id": "{label}"}, "label.change"),
        ({"action": "view.create", "name": "Retards", "folder": "inbox", "f": "retard"}, "view.create"),
        ({"action": "label.delete", "id": "{label}"}, "label.delete"),
    ],
    _BOX + "fil/<uuid:thread_id>/note/": [({"note": "Vu au comptoir"}, "note.create")],
    _BOX + "consignes/": [({"text": "Fermé lundi"}, "handover.change")],
    _BOX + "activite/": [({"summary": "1"}, "membership.summary")],
    _BOX + "reponses/": [
        ({"kind": "reply", "name": "Prêt", "text": "C’est prêt.", "whose": "all"}, "phrase.create"),
        ({"action": "choose", "signature": "none"}, "writing.choose"),
    ],
    _BOX + "conservation/": [({"action": "hold", "reason": "Litige"}, "hold.place")],
    _BOX + "reglages/": [({"answer_hours": "12"}, "mailbox.patience")],
    _BOX + "recherche/": [({"q": "ordonnance"}, "mailbox.search")],
    _BOX + "annuler/": [({"note": "{note}"}, "thread.undo")],
    _BOX + "membres/": [({"login": "paul.ailleurs@autre.example", "role": "member"}, "invitation.create")],
    _BOX + "membres/<uuid:member_id>/": [
        ({"role": "reader"}, "membership.change"),
        ({"action": "remove"}, "membership.remove"),
    ],
    _BOX + "brouillon/<uuid:draft_id>/": [
        ({"text": "Bonjour", "version": "0"}, "draft.create"),
        ({"text": "Bonjour", "version": "1", "files": "{file}"}, "draft.attach"),
        ({"to": "x@inconnu.example", "subject": "s", "text": "t", "version": "2", "action": "send"}, "message.submit"),
        ({"version": "3", "action": "delete"}, "draft.delete"),
    ],
    _BOX + "envoi/<uuid:submission_id>/annuler/": [({}, "message.cancel")],
    _BOX + "destinataire/<uuid:recipient_id>/": [({}, "recipient.retry"), ({"action": "cancel"}, "recipient.cancel")],
    "moi/clavier/": [({"on": "1"}, "preference.change")],
    "moi/suivi/": [({"answer_days": "5"}, "preference.change")],
    "moi/notifications/": [({"tells_sound": "on"}, "preference.change")],
    _BOX + "repertoire/groupes/": [({"name": "Médecins"}, "group.create")],
    _BOX + "repertoire/exporter/": [({"format": "csv"}, "contacts.export")],
    _BOX + "repertoire/garder/": [({"about": "a:dr@a.mssante.fr", "action": "star"}, "contact.")],
    _BOX + "repertoire/contact/": [({"name": "Dr Essai", "address": "essai@a.mssante.fr"}, "contact.create")],
    _BOX + "repertoire/contact/<uuid:contact_id>/": [
        ({"action": "note", "note": "x"}, "contact.change"),
        ({"action": "delete"}, "contact.delete"),
    ],
    _BOX + "repertoire/groupe/<uuid:group_id>/": [
        ({"action": "rename", "name": "y"}, "group.change"),
        ({"action": "delete"}, "group.delete"),
    ],
}
EXCEPTIONS = {
    "connexion/code/": "told by challenges.verify and entry.enter: tests/auth_otp/test_sign_in.py",
    "connexion/facon/": "a choice; the SMS that leaves is told by worker (code.sent): tests/auth_otp/test_factors.py",
    "connexion/renvoyer/": "the code that leaves is told by worker (code.sent): tests/auth_otp/test_challenges.py",
    "connexion/appel/": "the call that is made is told by worker (code.called): tests/auth_otp/test_calls.py",
    "connexion/psc/fin/": "session.psc_end, .psc_logout, by the provider: tests/auth_otp/psc/test_following.py",
    "connexion/psc/telephone/": "session.psc_asked: tests/auth_otp/psc/test_telephone.py",
    "connexion/psc/telephone/<uuid:question_id>/": "session.sign_in, .psc_refused: tests/auth_otp/psc/test_telephone.py",
    "connexion/remise/<uuid:challenge_id>/": "told as code.report: tests/auth_otp/test_reports.py",
    "connexion/activer/<str:token>/": "activation.enter, .fail: tests/mailbox/enrolment/test_colleagues.py",
    "connexion/activer/": "activation.mobile, user.enrol, colleague.join: tests/mailbox/enrolment/test_colleagues.py",
    "connexion/compte/": "enrolment.ask: tests/mailbox/enrolment/test_enrolment.py",
    "connexion/compte/suite/": "enrolment.prove, .fail, .mobile, user.enrol: tests/mailbox/enrolment/test_enrolment.py",
    "connexion/oubli/": "reset.ask: tests/mailbox/enrolment/test_reset.py",
    "connexion/oubli/suite/": "reset.prove, .fail, .cancel, .done: tests/mailbox/enrolment/test_reset.py",
    "connexion/oubli/annuler/<str:token>/": "reset.cancel: tests/mailbox/enrolment/test_reset.py",
    "connexion/perdu/": "reset.ask: tests/mailbox/enrolment/test_reset.py",
    "demandes/acces/<uuid:reset_id>/": "reset.approve, .cancel: tests/mailbox/enrolment/test_reset.py",
    "demandes/compte/<uuid:enrolment_id>/": "enrolment.accept, .refuse: tests/mailbox/enrolment/test_enrolment.py",
    "confirmer/": "told as session.prove: tests/auth_otp/test_proof.py",
    "connexion/cle/": "session.sign_in, session.passkey_failed: tests/auth_otp/test_passkeys.py",
    "connexion/code/cle/": "the same after a password: tests/auth_otp/test_passkeys.py",
    "confirmer/cle/": "session.prove: tests/auth_otp/test_passkeys.py",
    "verrou/cle/": "session.unlock: tests/auth_otp/test_passkeys.py",
    "moi/securite/cles/": "passkey.add: tests/auth_otp/test_passkeys.py",
    "moi/securite/cles/<int:passkey_id>/": "passkey.rename, .remove: tests/mailbox/views/test_me_passkeys.py",
    "moi/securite/codes/": "factor.codes: tests/mailbox/views/test_me_security.py",
    "moi/securite/application/retirer/": "factor.remove: tests/mailbox/views/test_me_security.py",
    "structure/<uuid:tenant_id>/personne/<uuid:staff_id>/": "staff.*: tests/mailbox/staff/test_structure.py",
    "structure/<uuid:tenant_id>/regles/": "tenant.rules: tests/mailbox/staff/test_structure.py",
    "preferences/densite/": "how close rows stand on one's own screen; nothing of a mailbox",
    "annuaire/": "a question, which is kept nowhere; nothing of a mailbox",
    "annuaire/panneau/": "the same beside a letter",
    "annuaire/p/<ref:row_id>/verifier/": "told as directory.check: tests/directory/test_confirm.py",
    _BOX + "nouveau/": "a page; a choice that it remembers is told: tests/mailbox/test_choices.py",
    _BOX + "destinataires/": "a question while one writes; what it remembers is told: tests/mailbox/test_choices.py",
    _BOX + "suggestions/": "a question at each letter that is typed",
    _BOX + "repertoire/recherche/": "a question about the pharmacy's own directory",
    _BOX + "repertoire/groupe/<uuid:group_id>/ecrire/": "a page: the message begins with its draft",
    _BOX + "repertoire/importer/": "in two steps: tests/mailbox/views/book/test_files.py (contacts.import)",
    _BOX + "accuses/": "mailbox.receipts: tests/mailbox/views/test_receipts.py",
    _BOX + "message/<uuid:message_id>/accuse/": "receipt.send, receipt.decline: tests/mailbox/test_receipts.py",
    _BOX + "message/<uuid:message_id>/integration/": "integration.report: tests/mailbox/test_receipts.py",
    _BOX + "brouillon/<uuid:draft_id>/pieces/": "draft.attach: tests/mailbox/views/test_composing.py",
    _BOX + "reponses/remplie/": "a question: the words of a saved reply, filled for the letter that asks",
    _BOX + "fil/<uuid:thread_id>/conservation/": "hold.place, hold.lift: tests/mailbox/keeping/test_views.py",
    _BOX + "exporter/selection/": "thread.export: tests/mailbox/keeping/test_views.py",
    _BOX + "note/<uuid:note_id>/": "note.change, note.erase: tests/mailbox/views/team/test_notes.py",
    _BOX + "brouillon/<uuid:draft_id>/prendre/": "draft.take: tests/mailbox/views/team/test_handing.py",
    _BOX + "equipe/": "membership.leave: tests/mailbox/views/test_members.py",
    _BOX + "invitation/<uuid:invitation_id>/": "invitation.revoke: tests/mailbox/views/test_members.py",
    "invitations/": "invitation.accept, .decline: tests/mailbox/views/test_members.py",
    _BOX + "presence/": "who shows a thread just now; it expires within the minute, and opening is told elsewhere",
    _BOX + "patients/": "a question while one writes: names of patients for a document",
    _BOX + "recherche/aide/": "a question at each letter that is typed",
    _BOX + "programmes/<uuid:submission_id>/": "message.postpone: tests/mailbox/views/test_composing.py",
    _BOX + "reponses/<uuid:phrase_id>/": "phrase.change, phrase.delete: tests/mailbox/views/test_composing.py",
    _BOX + "<str:folder>/vider/": "folder.empty: tests/mailbox/keeping/test_views.py",
    _BOX + "<str:folder>/supprimer/": "thread.destroy: tests/mailbox/keeping/test_views.py",
    _BOX + "importer/": "import.begin: tests/mailbox/keeping/test_views.py",
    _BOX + "importer/<uuid:import_id>/": "import.cancel, import.resume: tests/mailbox/keeping/test_views.py",
    _BOX + "importer/<uuid:import_id>/morceau/": "a piece of an upload that was told as it began",
    _BOX + "bloques/": "sender.block, sender.unblock: tests/mailbox/views/test_reading.py",
    _BOX + "message/<uuid:message_id>/images/": "images.always, images.never: tests/mailbox/views/test_pictures.py",
    _BOX + "message/<uuid:message_id>/invitation/": "meeting.answer: tests/mailbox/views/test_meetings.py",
    _BOX + "message/<uuid:message_id>/signaler/": "problem.report: tests/mailbox/views/test_reading.py",
    _BOX + "exporter/": "mailbox.export, once the password was said again: tests/mailbox/life/test_export.py",
    _BOX + "membres/nouveau/": "colleague.invite: tests/mailbox/enrolment/test_colleagues.py",
    _BOX
    + "membres/nouveau/<uuid:invitation_id>/": "colleague.resend, .revoke: tests/mailbox/enrolment/test_colleagues.py",
    "boites/<uuid:tenant_id>/demander/": "request.create: tests/mailbox/life/test_boxes.py",
    "boites/demande/<uuid:request_id>/": "request.agree: tests/mailbox/life/test_boxes.py",
    "boites/<uuid:box_id>/cloture/": "mailbox.close_ask, by the desk: tests/mailbox/life/test_desk.py",
    "avertissements/": "channel.change: tests/mailbox/life/test_boxes.py",
    _BOX + "suivi/<uuid:submission_id>/": "following.drop, following.take_up: tests/mailbox/views/test_following.py",
    _BOX + "envoi/<uuid:submission_id>/renvoyer/": "recipient.retry, one each: tests/mailbox/views/test_following.py",
    _BOX + "destinataire/<uuid:recipient_id>/corriger/": "recipient.correct: tests/mailbox/test_following.py",
    "moi/": "preference.change: tests/mailbox/views/test_me.py",
    "moi/sessions/": "session.end_own: tests/mailbox/views/test_me.py",
    "connexion/poste/": "session.park, session.return: tests/auth_otp/test_parking.py",
    "moi/suppression/": "user.leave_ask, .leave_cancel: tests/mailbox/test_account_data.py",
    "moi/mobile/": "number.ask, user.own_number: tests/auth_otp/test_number_change.py",
    "moi/mot-de-passe/": "user.own_password: tests/mailbox/views/test_me.py",
    "moi/securite/application/": "factor.add: tests/mailbox/views/test_me_security.py",
    "moi/notifications/courriel/": "ordinary.ask, .confirm, .forget: tests/mailbox/ordinary/test_ordinary.py",
    "courriel/arreter/<str:token>/": "ordinary.stop, by whoever holds the link: tests/mailbox/ordinary/test_ordinary.py",
    "opposition/<str:token>/": "mailbox.oppose, by whoever holds the link: tests/mailbox/life/test_inactivity.py",
}
_READ_BY_PROGRAMS = re.compile(r"^(fhir/|healthz$|readyz$|static/|demo/)")


@pytest.fixture
def world(dupont, anne, stranger, trust) -> dict[str, str]:
    """One of everything that may be acted upon; Anne is the manager."""
    now = timezone.now()
    here = Membership.objects.select_related("mailbox__key", "user").get(mailbox=dupont, user=anne)
    [came] = store.file(dupont, [filing(letter())])
    [left, held] = store.file(
        dupont, [filing(letter(f"n{n}", message_id=f"n{n}@x"), folder_role="sent", direction="out") for n in range(2)]
    )
    acts = [
        Submission.objects.create(
            mailbox=dupont, message=message, author=anne, mail_from=dupont.address, submitted_at=now, size=1
        )
        for message in (left, held)
    ]
    [failed, _] = [
        Recipient.objects.create(
            mailbox=dupont, submission=act, address="dr@hopital.mssante.example", domain="hopital.mssante.example",
            state=state, not_before=now + timedelta(hours=1),
        )
        for act, state in zip(acts, ("failed", "held"), strict=True)
    ]  # fmt: skip
    address = "a@a.mssante.fr"
    card = Card(name="Dr A", detail="", phone="", address=address, origin="typed", about=f"a:{address}")
    contacts.add_all(here, [card], now=now)
    group = groups.create(here, "Labo", now=now)
    note = undoing.note(here, "flag", [came.thread_id], now=now)
    rules = [rule_book.make(here, Words(name), now=now) for name in ("Une", "Deux")]
    return {
        "mailbox_id": str(dupont.pk), "folder": "inbox", "thread": str(came.thread_id),
        "thread_id": str(came.thread_id), "draft_id": str(uuid4()),
        "member_id": str(dupont.memberships.exclude(user=anne).first().pk), "submission_id": str(acts[1].pk),
        "recipient_id": str(failed.pk), "contact_id": str(next(iter(contacts.all_of(dupont)))), "group_id": str(group),
        "row_id": "0" * 16, "note": str(note), "label": str(cabinet.make_label(dupont, "Labo", "info").pk),
        "message": str(came.pk), "rule_id": str(rules[1].pk), "today": str(timezone.localdate()),
    }  # fmt: skip


def test_every_address_that_takes_a_post_is_accounted_for(client, sign_in, anne, world):
    taking = set()
    sign_in(client, anne)
    for route in routes():
        if route.startswith("admin/") or _READ_BY_PROGRAMS.match(route):
            continue  # the administration tells by its one base: tests/mailbox/test_admin.py, tests/auth_otp/test_admin.py
        if client.post(filled(route, world)).status_code != 405:
            taking.add(route)
        if route in {"verrou/", "deconnexion/"}:
            sign_in(client, anne)
    assert taking == ACTS.keys() | EXCEPTIONS.keys()


def test_what_changes_something_leaves_an_event(client, sign_in, anne, world):
    for route, acts in ACTS.items():
        if route != "connexion/":
            sign_in(client, anne)
        for given, action in acts:
            before = set(AuditEvent.objects.values_list("pk", flat=True))
            sent = {
                name: SimpleUploadedFile("f.txt", b"x") if value == "{file}" else value.format(**world)
                for name, value in given.items()
            }
            client.post(filled(route, world), sent, headers={"HX-Request": "true"} if "recherche" in route else {})
            new = list(AuditEvent.objects.exclude(pk__in=before))
            told = [event for event in new if event.action.startswith(action)]
            assert told, (route, given, [event.action for event in new])
            event = told[0]
            assert event.at and event.result and event.client and (event.actor_id == anne.pk or route == "connexion/")
            assert event.mailbox_id or not route.startswith("b/")


def test_a_refusal_is_an_event_too_and_none_says_what_was_written(client, sign_in, hugo, world):
    sign_in(client, hugo)
    route = _BOX + "<str:folder>/action/"
    assert client.post(filled(route, world), {"action": "archive", "thread": world["thread"]}).status_code == 403
    event = AuditEvent.objects.get(action="mailbox.refuse")
    assert (event.actor_id, event.result, event.facts) == (
        hugo.pk,
        "refused",
        {"asked": "mailbox:act", "method": "POST"},
    )
    client.post(filled(_BOX + "recherche/", world), {"q": "motcanari"}, headers={"HX-Request": "true"})
    assert AuditEvent.objects.get(action="mailbox.search").facts == {"rows": 0, "more": False}
    assert PASSWORD not in str(list(AuditEvent.objects.values()))
