"""Writing, through the pages and without JavaScript: roles, drafts, answers, files, refusals, sending once, undo."""

import re
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mailbox import blobs, drafts, store
from mailbox.mime.address import parse_addresses
from mailbox.mime.parse import parse
from mailbox.mime.values import Address
from mailbox.models import Draft, Message, Recipient, Submission
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter

DR = "dr.lemaire@hopital.mssante.example"


def hidden(page) -> dict[str, str]:
    """The form as a browser without scripts would send it back."""
    html = page.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(version|kind|source|veiled|confirm)" value="([^"]*)"', html))
    return fields | {"action_url": re.search(r'class="card compose"[^>]*action="([^"]+)"', html)[1]}


def write(client, page, action="save", files=(), **fields):
    form = hidden(page)
    url = form.pop("action_url")
    data = {**form, "to": "", "cc": "", "bcc": "", "subject": "", "text": "", **fields, "action": action}
    return client.post(url, data | ({"files": list(files)} if files else {}))


def test_asking_for_a_page_writes_no_row(author, base):
    page = author.get(f"{base}/nouveau/")
    for label in ("À", "Objet", "Message", "Envoyer"):
        assert label in page.content.decode()
    assert not Draft.objects.exists()


def test_a_draft_is_saved_sealed_shown_to_its_author_and_to_nobody_else(author, base, dupont, claire, anne, sign_in):
    write(author, author.get(f"{base}/nouveau/"), to=DR, subject="Canari", text="apixaban")
    draft = Draft.objects.get()
    assert (draft.author, draft.version) == (claire, 1)
    assert b"apixaban" not in bytes(draft.box)
    assert drafts.open_text(draft, dupont).text == "apixaban"
    assert "Canari" in author.get(f"{base}/drafts/").content.decode()
    sign_in(author, anne)
    assert author.get(f"{base}/brouillon/{draft.pk}/").status_code == 404
    assert "Canari" not in author.get(f"{base}/drafts/").content.decode()


def test_a_draft_is_said_to_be_saved_at_the_time_of_the_pharmacy(author, base, tenant):
    tenant.time_zone = "Indian/Reunion"
    tenant.save()
    before = datetime.now(ZoneInfo("Indian/Reunion"))
    answer = author.post(f"{base}/brouillon/{uuid4()}/", {"kind": "new"}, headers={"X-Background": "1"}).json()
    assert answer["at"] in {f"{at:%H:%M}" for at in (before, datetime.now(ZoneInfo("Indian/Reunion")))}


def test_each_role_writes_or_is_refused(client, base, sign_in, dupont, hugo, claire, stranger):
    urls = [f"{base}/nouveau/", f"{base}/brouillon/{uuid4()}/"]
    dupont.memberships.filter(user=claire).update(may_send=False)
    for user, status in ((hugo, 403), (claire, 403), (stranger, 404)):
        sign_in(client, user)
        for url in urls:
            assert client.post(url, {"action": "send", "to": DR}).status_code == status
    assert not Draft.objects.exists()


def test_two_tabs_never_overwrite_each_other_unseen(author, base):
    page = author.get(f"{base}/nouveau/")
    write(author, page, subject="premier")
    draft = Draft.objects.get()
    shown = author.get(f"{base}/brouillon/{draft.pk}/")
    write(author, shown, subject="second")
    late = write(author, shown, subject="troisième")
    assert "modifié ailleurs" in late.content.decode()
    background = author.post(
        f"{base}/brouillon/{draft.pk}/", {"version": "1", "kind": "new"}, headers={"X-Background": "1"}
    )
    assert background.status_code == 409


def test_an_answer_goes_to_its_author_quotes_and_stays_in_the_thread(author, base, dupont, claire):
    raw = letter("Ordonnance", sender=f"Dr Lemaire <{DR}>", body="Deux comprimés.")
    [source] = store.file(dupont, [filing(raw)])
    page = author.get(f"{base}/message/{source.pk}/repondre/")
    html = page.content.decode()
    assert DR in html
    assert "Re : Ordonnance" in html
    assert "Dr Lemaire a écrit :\n&gt; Deux comprimés." in html
    answer = write(author, page, "send", to=DR, subject="Re : Ordonnance", text="Merci.")
    assert answer["Location"] == f"{base}/fil/{source.thread_id}/"
    sent = Message.objects.get(direction="out")
    assert (sent.thread_id, sent.author) == (source.thread_id, claire)
    source.refresh_from_db()
    assert source.keywords == ["$answered"]
    assert Recipient.objects.get().state == "held"


def test_who_answers_what_a_colleague_answered_meanwhile_is_asked_once(browser, base, dupont, trust, anne, claire):
    [source] = store.file(dupont, [filing(letter("INR", sender=f"Dr Lemaire <{DR}>"))])
    forms = {user: browser(user).get(f"{base}/message/{source.pk}/repondre/") for user in (anne, claire)}
    said = {"to": DR, "subject": "Re : INR", "text": "Bien reçu."}
    assert write(browser(claire), forms[claire], "send", **said).status_code == 302
    asked = write(browser(anne), forms[anne], "send", **said)
    assert asked.status_code == 422
    assert f"{claire.get_full_name()} a répondu à " in asked.content.decode()
    assert Submission.objects.count() == 1
    assert write(browser(anne), asked, "send", **said).status_code == 302
    assert Submission.objects.count() == 2
    later = browser(anne).get(f"{base}/message/{source.pk}/repondre/")
    assert write(browser(anne), later, "send", **said).status_code == 302, "known when it was begun"


def test_a_name_of_the_trust_space_is_answered_and_quoted_in_words(author, base, dupont):
    """ECO.2.2.7 puts underscores in From; a quote or a comma in a name must not cut it in two."""
    [source] = store.file(dupont, [filing(letter("INR", sender=f"Dr_Florence_LEMAIRE_Hôpital Sud <{DR}>"))])
    for act in ("repondre", "transferer"):
        html = author.get(f"{base}/message/{source.pk}/{act}/").content.decode()
        assert "Dr Florence LEMAIRE Hôpital Sud" in html
        assert "LEMAIRE_" not in html
    people = (
        Address('Jean "Jo" \\ DUPONT, fils', DR),
        Address("Patient_VIDAL", "a@x.example"),
        Address("", "b@x.example"),
    )
    read = parse_addresses(drafts.joined(people))
    assert [(a.display_name, a.addr_spec) for a in read] == [
        ('Jean "Jo" \\ DUPONT, fils', DR), ("Patient VIDAL", "a@x.example"), ("", "b@x.example"),
    ]  # fmt: skip


def test_answering_all_leaves_us_out(author, base, dupont):
    others = "b@hopital.mssante.example"
    [source] = store.file(
        dupont, [filing(letter("Bilan", sender=f"Dr <{DR}>").replace(b"\nTo: ", f"\nTo: {others}, ".encode()))]
    )
    everyone = author.get(f"{base}/message/{source.pk}/repondre-a-tous/").content.decode()
    assert "b@hopital.mssante.example" in everyone
    assert dupont.address not in everyone.partition('name="cc" value="')[2].partition('"')[0]


@pytest.mark.parametrize("act", ["repondre", "repondre-a-tous", "transferer"])
def test_one_comes_back_to_the_thread_one_wrote_from(author, base, dupont, act):
    [source] = store.file(dupont, [filing(letter("Ordonnance", sender=DR))])
    page = author.get(f"{base}/message/{source.pk}/{act}/")
    for action in ("delete", "send"):
        answer = write(author, page, action, to=DR, subject="Re", text="x")
        assert answer["Location"] == f"{base}/fil/{source.thread_id}/"
    fresh = write(author, author.get(f"{base}/nouveau/"), "send", to=DR, subject="x", text="x")
    assert fresh["Location"] == f"{base}/inbox/"


def test_sending_twice_sends_once(author, base):
    page = author.get(f"{base}/nouveau/")
    first = write(author, page, "send", to=DR, subject="Une fois", text="x")
    again = write(author, page, "send", to=DR, subject="Une fois", text="x")
    assert first.status_code == 302
    assert Submission.objects.count() >= 1
    draft_id = UUID(hidden(page)["action_url"].rstrip("/").rpartition("/")[2])
    assert not Draft.objects.filter(pk=draft_id).exists()
    assert again.status_code in {302, 404}
    assert Submission.objects.count() == 1


def test_a_refused_recipient_keeps_everything_and_says_why_in_its_place(author, base):
    page = author.get(f"{base}/nouveau/")
    answer = write(author, page, "send", to=f"{DR}, x@gmail.example", subject="Objet gardé", text="Texte gardé")
    html = answer.content.decode()
    assert answer.status_code == 422
    for kept in ("x@gmail.example", "espace de confiance", "Objet gardé", "Texte gardé"):
        assert kept in html
    assert not Submission.objects.exists()
    assert Draft.objects.count() == 1
    again = author.get(f"{base}/brouillon/{Draft.objects.get().pk}/").content.decode()
    assert "espace de confiance" in again, "opened again, it is refused as before"


def test_a_promised_file_that_is_missing_asks_once(author, base):
    page = author.get(f"{base}/nouveau/")
    asked = write(author, page, "send", to=DR, subject="Bilan", text="Voir pièce jointe.")
    assert "aucune n’est jointe" in asked.content.decode()
    assert write(author, asked, "send", to=DR, subject="Bilan", text="Voir pièce jointe.").status_code == 302


def test_who_cannot_be_written_to_is_said_with_what_is_missing(author, base):
    page = author.get(f"{base}/nouveau/")
    asked = write(author, page, "send", to=f"{DR}, x@gmail.example", subject="Bilan", text="Voir pièce jointe.")
    for said in ("aucune n’est jointe", "<b>x@gmail.example</b>"):
        assert said in asked.content.decode()


def test_a_message_without_subject_or_words_asks_and_names_what_is_missing(author, base):
    def sent(page, **fields):
        return write(author, page, "send", to=DR, **fields)

    new = author.get(f"{base}/nouveau/")
    empty = sent(new)
    assert "n’a ni objet ni texte. Envoyer quand même" in empty.content.decode()
    nameless = sent(empty, text="   ")
    assert nameless.status_code == 302, "asked once"
    asked = sent(author.get(f"{base}/nouveau/"), text="Bonjour")
    assert "n’a pas d’objet. Envoyer quand même" in asked.content.decode()
    other = sent(asked, subject="INR", text="Ci-joint le bilan.")
    assert "aucune n’est jointe" in other.content.decode(), "another thing that is missing is asked too"
    assert sent(other, subject="INR", text="Ci-joint le bilan.").status_code == 302
    assert sent(author.get(f"{base}/nouveau/"), subject="Bien reçu").status_code == 302
    assert Submission.objects.count() == 3


def test_undo_gives_the_words_back_as_a_draft(author, base, dupont):
    write(author, author.get(f"{base}/nouveau/"), "send", to=DR, subject="À reprendre", text="Mes mots")
    submission = Submission.objects.get()
    answer = author.post(f"{base}/envoi/{submission.pk}/annuler/")
    draft = Draft.objects.get()
    assert answer["Location"] == f"{base}/brouillon/{draft.pk}/"
    text = drafts.open_text(draft, dupont)
    assert (text.subject, text.text.strip(), DR in text.to) == ("À reprendre", "Mes mots", True)
    assert not Submission.objects.exists()
    assert not Message.objects.exists()


def test_an_answer_goes_where_the_letter_asks_for_it(author, base, dupont):  # ECO.2.2.5
    raw = letter("Ordonnance", sender=f"Dr <{DR}>").replace(
        b"To: ", b"Reply-To: secretariat@hopital.mssante.example\r\nTo: "
    )
    [source] = store.file(dupont, [filing(raw)])
    page = author.get(f"{base}/message/{source.pk}/repondre/").content.decode()
    asked = page.partition('name="to"')[2].partition("</textarea>")[0]
    assert "secretariat@hopital.mssante.example" in asked and DR not in asked


def test_an_answer_undone_is_still_an_answer_and_its_source_is_not_answered(author, base, dupont):
    """Sent again it must stay in the thread, here and at the correspondent's."""
    [source] = store.file(dupont, [filing(letter("Ordonnance", message_id="o@x", sender=f"Dr <{DR}>"))])

    def answer_and_undo(**given) -> list[str]:
        write(
            author,
            author.get(f"{base}/message/{source.pk}/repondre/"),
            "send",
            to=DR,
            subject="Re",
            text="Oui.",
            **given,
        )
        author.post(f"{base}/envoi/{Submission.objects.latest('submitted_at').pk}/annuler/")
        source.refresh_from_db()
        return source.keywords

    assert answer_and_undo(files=[SimpleUploadedFile("bilan.txt", b"INR 2,4")]) == []
    shown = author.get(f"{base}/brouillon/{Draft.objects.get().pk}/")
    assert b"bilan.txt" in shown.content
    write(author, shown, "send", to=DR, subject="Re", text="Oui.")
    sent = Message.objects.get(direction="out")
    assert (sent.thread_id, sent.has_attachments) == (source.thread_id, True)
    assert parse(blobs.read(sent.blob, dupont)).in_reply_to == ("o@x",)
    assert answer_and_undo() == ["$answered"], "the other answer stays"


@pytest.mark.parametrize(
    ("act", "kind"), [("repondre", "reply"), ("repondre-a-tous", "reply_all"), ("transferer", "forward")]
)
def test_what_is_undone_is_what_it_was_and_all_of_its_words(author, base, dupont, act, kind):
    """Longer than what a message keeps for its search and its list."""
    [source] = store.file(dupont, [filing(letter("INR", message_id="o@x", sender=f"Dr <{DR}>"))])
    words = "Deux comprimés, puis un.\n" * 30_000
    write(author, author.get(f"{base}/message/{source.pk}/{act}/"), "send", to=DR, subject="INR", text=words)
    author.post(f"{base}/envoi/{Submission.objects.get().pk}/annuler/")
    text = drafts.open_text(Draft.objects.get(), dupont)
    assert (text.kind, text.source) == (kind, str(source.pk))
    assert text.text == words.rstrip()
    source.refresh_from_db()
    assert source.keywords == []


def test_a_forward_undone_leaves_the_mark_of_an_earlier_one(author, base, dupont):
    [source] = store.file(dupont, [filing(letter("INR"))])
    for _ in range(2):
        write(author, author.get(f"{base}/message/{source.pk}/transferer/"), "send", to=DR, subject="Tr", text="x")
    author.post(f"{base}/envoi/{Submission.objects.latest('submitted_at').pk}/annuler/")
    source.refresh_from_db()
    assert source.keywords == ["$forwarded"]


def test_deleting_a_draft_is_told_to_the_audit(author, base):
    saved = write(author, author.get(f"{base}/nouveau/"), subject="x")
    write(author, saved, "delete")
    assert not Draft.objects.exists()
    assert AuditEvent.objects.filter(action="draft.delete").count() == 1


def test_addresses_are_checked_while_one_writes(author, base, dupont):
    answer = author.post(f"{base}/destinataires/", {"to": f"{DR}, {dupont.address}, x@gmail.example"})
    assert list(answer.json()["refused"]) == ["x@gmail.example"]


@pytest.mark.parametrize(
    ("typed", "culprits"),
    [(f"{DR}, Jean Dupont", ["Jean Dupont"]), ("lemaire", ["lemaire"]), (f"Dr <{DR}>, <>", []), ("()", ["()"])],
)
def test_a_name_without_address_is_named_in_place_and_when_one_sends(author, base, typed, culprits):
    checked = author.post(f"{base}/destinataires/", {"to": typed}).json()["refused"]
    assert list(checked) == culprits
    answer = write(author, author.get(f"{base}/nouveau/"), "send", to=typed, subject="x", text="x")
    assert (answer.status_code == 302) is not bool(culprits)
    for culprit in culprits:
        assert f"<b>{culprit}</b> – Ce n’est pas une adresse" in answer.content.decode()
        assert "annuaire" in checked[culprit]
        assert "au moins un destinataire" not in answer.content.decode()


def test_a_patient_is_answered_without_their_number_on_the_screen(author, base, dupont):
    ins = "248057511604235@patient.mssante.fr"
    [asked] = store.file(dupont, [filing(letter(sender=ins, body="Bonjour"), mail_from=ins)])
    page = author.get(f"{base}/message/{asked.pk}/repondre/")
    masked = re.search(r"•••[a-z2-7]{5}@patient.mssante.fr", page.text)[0]
    assert "data-patient" in page.text and "•••@patient.mssante.fr a écrit" in page.text
    saved = write(author, page, to=masked, kind="reply")
    row = Draft.objects.get()
    again, told = author.get(f"{base}/brouillon/{row.pk}/"), drafts.open_text(row, dupont)
    asks = {"to": masked, "cc": "•••abcde@patient.mssante.fr", "veiled": hidden(again)["veiled"]}
    checked = author.post(f"{base}/destinataires/", asks)
    refused = write(author, again, "send", to=masked, cc="•••abcde@patient.mssante.fr", subject="x", text="x")
    listed = author.get(f"{base}/drafts/")
    for seen in (page, saved, again, checked, refused, listed):
        assert "248057511604235" not in seen.text, seen.request["PATH_INFO"]
    assert told.to == ins and drafts.open_text(Draft.objects.get(), dupont).to == ins
    assert "Cette adresse est masquée" in checked.json()["refused"]["•••abcde@patient.mssante.fr"]
    assert "Cette adresse est masquée" in refused.text and not Submission.objects.exists()


@pytest.mark.parametrize("version", ["9" * 5000, "9" * 10, "-1", "²", "x"])
def test_a_version_that_no_page_gave_is_a_new_draft_and_no_error(author, base, version):
    url = f"{base}/brouillon/{uuid4()}/"
    assert author.post(url, {"kind": "new", "version": version}, headers={"X-Background": "1"}).json()["version"] == 1
    assert author.post(url, {"kind": "new", "version": version}, headers={"X-Background": "1"}).status_code == 409


def test_a_draft_that_does_not_open_any_more_hides_no_other(author, base, dupont):
    for subject in ("Sain", "Perdu"):
        write(author, author.get(f"{base}/nouveau/"), subject=subject)
    lost = next(row for row in Draft.objects.all() if drafts.open_text(row, dupont).subject == "Perdu")
    Draft.objects.filter(pk=lost.pk).update(box=b"\1\1altered")
    html = author.get(f"{base}/drafts/").content.decode()
    assert "Sain" in html
    assert "Brouillon illisible" in html
    assert author.get(f"{base}/brouillon/{lost.pk}/").status_code == 410


@pytest.mark.parametrize("act", ["repondre", "repondre-a-tous", "transferer"])
def test_what_does_not_open_any_more_cannot_be_answered_and_says_so(author, base, dupont, act):
    [message] = store.file(dupont, [filing(letter())])
    Message.objects.filter(pk=message.pk).update(summary_box=b"\1\1altered")
    answer = author.get(f"{base}/message/{message.pk}/{act}/")
    assert answer.status_code == 410
    assert "ne s’ouvre plus" in answer.content.decode()
    assert AuditEvent.objects.filter(action="store.broken", result="error", mailbox_id=dupont.pk).exists()


def test_a_full_mailbox_sends_nothing_keeps_the_draft_and_tells_what_can_be_done(author, base, dupont):
    type(dupont).objects.filter(pk=dupont.pk).update(quota_bytes=10)
    page = write(author, author.get(f"{base}/nouveau/"), "send", to=DR, subject="Un", text="x")
    assert page.status_code == 422
    assert "La boîte est pleine : demandez plus de place" in page.content.decode()
    assert not Submission.objects.exists()
    assert drafts.open_text(Draft.objects.get(), dupont).subject == "Un"


@pytest.mark.parametrize("reference", ["", "DEV935997"])
def test_a_letter_bears_our_product_reference_once_we_have_one(author, base, dupont, settings, reference):
    settings.X_MSS_NIL = reference
    write(author, author.get(f"{base}/nouveau/"), "send", to=DR, subject="Un", text="x")
    raw = blobs.read(Submission.objects.get().message.blob, dupont)
    assert (b"\r\nX-MSS-NIL: DEV935997\r\n" in raw) is bool(reference)  # ECO.2.4.3
    assert (b"X-MSS-NIL" in raw) is bool(reference)
