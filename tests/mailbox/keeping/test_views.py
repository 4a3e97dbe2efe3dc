"""Who may bring, keep, empty and take away, by pages; and that each act is told."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from mailbox import access, store
from mailbox.imports import worker
from mailbox.keeping import holds
from mailbox.models import Hold, Import, Mailbox, Message, Tenant
from mssweb.audit.models import AuditEvent
from tests.mailbox.imports.conftest import manager  # noqa: F401
from tests.mailbox.imports.test_reading import box, mail, read
from tests.mailbox.test_store import filing, letter


@pytest.fixture
def binned(dupont) -> list[Message]:
    return store.file(dupont, [filing(letter(message_id=f"{n}@x"), folder_role="trash") for n in range(2)])


def actions(*prefixes: str) -> list[str]:
    return [a for a in AuditEvent.objects.order_by("id").values_list("action", flat=True) if a.startswith(prefixes)]


def turn() -> None:
    while worker.import_due(timezone.now()):
        pass


def test_a_manager_brings_files_by_a_form_sees_how_far_it_is_and_what_was_refused(client, sign_in, anne, dupont):
    sign_in(client, anne)
    url = f"/b/{dupont.pk}/importer/"
    assert "Importer des messages" in client.get(url).text
    files = [SimpleUploadedFile("Envoyés.mbox", box(mail(1), mail(2))), SimpleUploadedFile("photo.jpg", b"\xff\xd8")]
    page = client.post(url, {"files": files}, follow=True)
    row = Import.objects.get()
    assert page.redirect_chain == [(f"{url}{row.pk}/", 302)] and "data-refreshed" in page.text
    assert "en cours" in client.get(url).text and client.post(url, {"files": mail(3)}).status_code == 422
    turn()
    done = client.get(f"{url}{row.pk}/").text
    assert "Import terminé" in done and "photo.jpg" in done and "ce n’est pas un message" in done
    ended = client.get(f"{url}{row.pk}/avancement/").text
    assert "Refusés" in ended and "Retour à la boîte" in ended and "Annuler l’import" not in ended, (
        "nothing is left to cancel"
    )
    assert Message.objects.filter(mailbox=dupont, folder__role="sent", direction="out").count() == 2
    assert actions("import.") == ["import.begin", "import.end"]
    listed = client.get(f"/b/{dupont.pk}/sent/").text
    assert "Importé" in listed and "Expéditeur non vérifié" not in listed
    opened = client.get(f"/b/{dupont.pk}/fil/{Message.objects.first().thread_id}/?d=sent").text
    assert "Importé d’une autre messagerie" in opened and "Expéditeur vérifié" not in opened


def test_pieces_are_sent_again_from_what_has_come_and_an_import_is_cancelled(client, sign_in, anne, dupont):
    sign_in(client, anne)
    data, url = box(mail(1), mail(2)), f"/b/{dupont.pk}/importer/"
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=5000)
    refused = client.post(url, {"name": ["x"], "size": ["9999"]})
    assert refused.status_code == 422 and "place" in refused.json()["fault"]
    page = client.post(url, {"name": ["a.mbox"], "size": [str(len(data))]}).json()["page"]

    def send(start: int, part: bytes):
        return client.post(
            f"{page}morceau/", {"file": "0", "start": str(start), "piece": SimpleUploadedFile("piece", part)}
        )

    assert send(0, data[:50]).json() == {"have": 50} == send(0, data[:50]).json() == send(60, data[60:]).json()
    assert "Envoi interrompu" in client.get(page).text
    assert send(50, data[50:] + b"more").status_code == 409
    assert send(50, data[50:]).json() == {"have": len(data)}
    client.post(page, {"action": "cancel"})
    turn()
    assert "Import annulé" in client.get(page).text and not Message.objects.exists()
    assert client.post(page, {"action": "odd"}).status_code == 404
    assert actions("import.") == ["import.begin", "import.cancel"]


@pytest.mark.parametrize(("login", "status"), [("claire", 403), ("hugo", 403), ("stranger", 404)])
def test_others_bring_and_hold_nothing(request, client, sign_in, dupont, login, status):
    sign_in(client, request.getfixturevalue(login))
    for url in (f"/b/{dupont.pk}/importer/", f"/b/{dupont.pk}/conservation/"):
        assert {client.get(url).status_code, client.post(url, {"action": "hold", "reason": "x"}).status_code} == {
            status
        }
    assert not Hold.objects.exists() and not Import.objects.exists()


def test_a_thread_that_is_destroyed_as_one_holds_it_is_not_found(client, sign_in, anne, dupont, binned, monkeypatch):
    sign_in(client, anne)
    found = access.access_thread

    def destroyed_then(member, pk, **how):
        thread = found(member, pk, **how)
        store.remove(dupont, list(Message.objects.filter(thread=pk).values_list("pk", flat=True)))
        return thread

    monkeypatch.setattr(access, "access_thread", destroyed_then)
    of_thread = f"/b/{dupont.pk}/fil/{binned[0].thread_id}/conservation/"
    assert client.post(of_thread, {"action": "hold", "reason": "Litige"}).status_code == 404
    assert not Hold.objects.exists()


def test_a_manager_holds_a_thread_and_the_mailbox_whatever_its_state_and_lifts(client, sign_in, anne, dupont, binned):
    sign_in(client, anne)
    of_box, of_thread = f"/b/{dupont.pk}/conservation/", f"/b/{dupont.pk}/fil/{binned[0].thread_id}/conservation/"
    assert client.post(of_thread, {"action": "hold", "reason": "  "}).status_code == 422
    assert "En conservation" in client.post(of_thread, {"action": "hold", "reason": "Litige 12"}, follow=True).text
    Tenant.objects.update(keep_months=1)
    Message.objects.filter(pk=binned[1].pk).update(moved_at=timezone.now() - timedelta(days=27))
    page = client.get(of_box).text
    assert "<b>Corbeille</b> : 2 messages, le premier sera supprimé le " in page and "(1 dans les sept jours)" in page
    assert "1 en conservation, qui reste." in page and "<b>Indésirables</b> : vide." in page
    assert (
        "Prochaine suppression : les messages classés avant le 1er " in page and "Aucun message n’est concerné" in page
    )
    Mailbox.objects.filter(pk=dupont.pk).update(state="closed")
    client.post(of_box, {"action": "hold", "reason": "Réquisition"})
    assert "2 en conservation, qui restent." in client.get(of_box).text
    page = client.get(of_box).text
    assert "Litige 12" in page and "Réquisition" in page and "Ordonnance" in page
    for hold in Hold.objects.all():
        assert "La conservation est levée" in client.post(of_box, {"action": "lift", "hold": hold.pk}, follow=True).text
        assert "déjà levée" in client.post(of_box, {"action": "lift", "hold": hold.pk}, follow=True).text
    assert "Levées" in client.get(of_box).text and not holds.is_held(dupont.pk)
    assert actions("hold.") == ["hold.place", "hold.place", "hold.lift", "hold.lift"]
    assert "Litige" not in str(list(AuditEvent.objects.values_list("facts", flat=True)))


def test_a_bin_says_when_it_empties_itself_and_is_emptied_once_one_has_seen_what_stays(
    client, sign_in, claire, hugo, dupont, binned, manager  # noqa: F811
):  # fmt: skip
    sign_in(client, claire)
    trash = f"/b/{dupont.pk}/trash/"
    assert "Vidé automatiquement après 30 jours" in client.get(trash).text
    assert "Vidé automatiquement" not in client.get(f"/b/{dupont.pk}/inbox/").text
    assert (
        client.get(f"/b/{dupont.pk}/inbox/vider/").status_code
        == 404
        == client.post(f"/b/{dupont.pk}/inbox/vider/").status_code
    )
    holds.place(manager, "Litige", now=timezone.now(), thread=binned[0].thread)
    page = client.get(f"{trash}vider/").text
    assert "1 message</b> sera supprimé" in page and "1 message reste : en conservation" in page
    assert Message.objects.count() == 2, "seen, not done"
    done = client.post(f"{trash}vider/", follow=True).text
    assert "1 message supprimé définitivement. 1 gardé : en conservation" in done
    assert [m.pk for m in Message.objects.all()] == [binned[0].pk] and actions("folder.") == ["folder.empty"]
    assert "Rien de cela ne peut être supprimé" in client.get(f"{trash}vider/").text
    sign_in(client, hugo)
    assert "vider/" not in client.get(trash).text and client.get(f"{trash}vider/").status_code == 403


def test_what_is_ticked_in_a_bin_is_destroyed_once_confirmed(client, sign_in, claire, annes_box, dupont, binned):
    [foreign] = store.file(annes_box, [filing(letter(), folder_role="trash")])
    sign_in(client, claire)
    url = f"/b/{dupont.pk}/trash/supprimer/"
    ticked = [str(binned[0].thread_id), str(foreign.thread_id)]
    asked = client.post(url, {"thread": ticked}).text
    assert "1 message</b> sera supprimé" in asked and Message.objects.count() == 3
    client.post(url, {"thread": ticked, "confirm": "1"})
    assert {m.pk for m in Message.objects.all()} == {binned[1].pk, foreign.pk}
    assert actions("thread.") == ["thread.destroy"]
    assert client.post(f"/b/{dupont.pk}/inbox/supprimer/", {"thread": ticked}).status_code == 404, "of bins only"
    assert "Rien" in client.post(url, {"thread": ticked, "confirm": "1"}, follow=True).text


def test_who_may_read_takes_ticked_threads_away_as_files_that_others_read(
    client, sign_in, hugo, annes_box, dupont, monkeypatch
):
    rows = store.file(dupont, [filing(letter(f"Lettre/{n}", message_id=f"{n}@x"), n) for n in range(3)])
    [foreign] = store.file(annes_box, [filing(letter())])
    sign_in(client, hugo)
    url, ticked = f"/b/{dupont.pk}/exporter/selection/", [str(m.thread_id) for m in [*rows[:2], foreign]]
    page = client.post(url, {"thread": ticked, "next": "https://elsewhere.example/"}).text
    assert "2 messages</b> de 2 fils" in page and "elsewhere" not in page and not actions("thread.export")
    assert "Rien n’est sélectionné" in client.post(url).text
    taken = zipfile.ZipFile(
        io.BytesIO(b"".join(client.post(url, {"thread": ticked, "format": "zip"}).streaming_content))
    )
    assert taken.testzip() is None and [n[:16] for n in taken.namelist()] == ["0001 2026-11-23 ", "0002 2026-11-23 "]
    assert all(name.count("/") == 0 for name in taken.namelist()), "a subject leads nowhere"
    assert taken.read(taken.namelist()[0]) == letter("Lettre/0", message_id="0@x")
    sent = [letter(f"Lettre/{n}", message_id=f"{n}@x") for n in (0, 1)]
    answer = client.post(url, {"thread": ticked, "format": "mbox"})
    assert answer["Content-Disposition"].endswith('.mbox"')
    assert [one.raw for one in read(b"".join(answer.streaming_content))] == sent
    assert actions("thread.export") == ["thread.export"] * 4
    monkeypatch.setattr("mailbox.selection.MAX", 1)
    assert "c’est trop" in client.post(url, {"thread": ticked, "format": "zip"}).text
