"""What the composer adds to plain words sent at once: rich text, later sendings, saved replies, signatures, cautions."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from directory import lookup
from mailbox import blobs, drafts, phrases, store
from mailbox.drafts import Conflict, DraftText
from mailbox.mime.parse import parse, text_of
from mailbox.models import Draft, DraftFile, Following, Message, Phrase, Recipient, Submission
from mailbox.outbound import sizes, submit
from mailbox.summary import Summary
from mailbox.views import cautions, later, room
from mailbox.views.place import place_of
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import _no_memory, directory, give  # noqa: F401  (two Anne Martin among others)
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.test_compose import DR, write

PARIS = ZoneInfo("Europe/Paris")
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=PARIS)
PATIENT = "248057511604235@patient.mssante.fr"


@pytest.fixture
def claire_here(dupont, claire):
    return dupont.memberships.select_related("mailbox", "user").get(user=claire)


def sent(dupont) -> tuple[bytes, str, str]:
    """The one letter that left: its bytes, its plain words, its rich ones."""
    raw = blobs.read(Message.objects.get(direction="out").blob, dupont)
    read = parse(raw)
    return raw, text_of(raw, read.text_part), text_of(raw, read.html) if read.html else ""


def test_rich_words_are_cleaned_before_they_are_sealed_and_travel_with_their_plain_twin(
    author, base, dupont
):  # ECO.2.2.4
    words = '<p onclick="x()">Bonjour <strong>Docteur</strong><script>alert(1)</script></p><ul><li><p>un</p></li></ul>'
    page = author.get(f"{base}/nouveau/")
    page = write(author, page, html=words, text="autre chose", subject="INR", to=DR)
    kept = drafts.open_text(Draft.objects.get(), dupont)
    assert (kept.html, kept.text) == (
        "<p>Bonjour <strong>Docteur</strong></p><ul><li><p>un</p></li></ul>",
        "Bonjour Docteur\n- un",
    )
    for wrong, why in (
        ("x@gmail.example", "espace de confiance"), ("Dr Martin", "pas une adresse"), (PATIENT, "d’un patient"),
        (", ".join(f"a{n}@hopital.mssante.example" for n in range(6)), "Pas plus de 5"),
    ):  # fmt: skip
        shown = write(author, page, "send", html=words, subject="INR", to=DR, reply_to=wrong)
        assert shown.status_code == 422 and "Les réponses ne peuvent pas y aller." in shown.text and why in shown.text
        assert wrong in shown.text and "248057511604235" not in shown.text.partition("alert")[2][:400]
        page = shown
    write(author, page, "send", html=words, subject="INR", to=DR, importance="high", reply_to=dupont.address)
    raw, text, html = sent(dupont)
    assert text.strip() == "Bonjour Docteur\n- un"
    assert "<strong>Docteur</strong>" in html and "script" not in html and "onclick" not in html
    read = parse(raw)
    assert read.headers["importance"] == "high" and read.reply_to[0].addr_spec == dupont.address
    assert b"multipart/alternative" in raw


def test_who_prefers_plain_words_sends_nothing_else(author, base, dupont, claire_here):
    phrases.choose(claire_here, is_plain=True)
    page = author.get(f"{base}/nouveau/")
    assert "data-plain" in page.content.decode()
    write(author, page, "send", text="Bonjour", subject="INR", to=DR)
    raw, text, html = sent(dupont)
    assert (text.strip(), html) == ("Bonjour", "") and b"multipart" not in raw


@pytest.mark.parametrize(("count", "told"), [(0, "Indiquez au moins un destinataire."), (101, "Pas plus de 100")])
def test_of_a_letter_to_nobody_or_to_too_many_the_recipients_are_what_is_asked_about(author, base, count, told):
    to = ", ".join(f"a{n}@hopital.mssante.example" for n in range(count))
    shown = write(author, author.get(f"{base}/nouveau/"), "send", to=to).content.decode()
    assert told in shown
    assert "ni objet ni texte" not in shown


def test_a_tab_that_did_not_hear_of_its_own_save_meets_no_conflict_and_another_does(claire_here):
    def save(words: str, tab: str, version: int) -> Draft:
        return drafts.save(claire_here, draft_id, DraftText(text=words, tab=tab), version=version, now=timezone.now())

    draft_id = uuid4()
    save("un", "a 1", 0)
    assert save("deux", "a 2", 0).version == 2, "its first save was not heard of"
    assert save("trois", "a 4", 1).version == 3
    late = save("entre-temps", "a 3", 2)
    assert (late.version, drafts.open_text(late, claire_here.mailbox).text) == (3, "trois"), "older words come late"
    for tab in ("b 9", "", "a"):
        if tab != "a":
            with pytest.raises(Conflict):
                save("autre", tab, 1)
    assert drafts.open_text(Draft.objects.get(), claire_here.mailbox).text == "trois"


@pytest.mark.parametrize(
    ("now", "offered"),
    [(FRIDAY, ["Ce soir à 18 h", "Demain samedi 28 à 8 h", "Lundi 30 à 8 h"]),
     (FRIDAY.replace(hour=19), ["Demain samedi 28 à 8 h", "Lundi 30 à 8 h"]),
     (FRIDAY + timedelta(days=2), ["Ce soir à 18 h", "Demain lundi 30 à 8 h"])],
)  # fmt: skip
def test_times_that_are_near_are_offered(now, offered):
    assert [one.label for one in later.presets(now)] == offered
    assert all(later.asked(f"later:{one.at}", "", now=now, zone=PARIS) > now for one in later.presets(now))


@pytest.mark.parametrize("typed", ["", "demain", "2026-11-27T09:59", "2028-01-01T08:00", "2026-11-27"])
def test_what_is_no_time_to_come_is_refused_and_a_time_of_the_pharmacy_is_meant(typed):
    with pytest.raises(later.NoTime):
        later.asked("later", typed, now=FRIDAY, zone=PARIS)
    assert later.asked("later", "2026-11-27T18:00", now=FRIDAY, zone=PARIS).hour == 18


def test_a_letter_that_leaves_later_waits_is_listed_changed_and_taken_back(author, browser, base, dupont, anne):
    page = author.get(f"{base}/nouveau/")
    wrong = write(author, page, "later", to=DR, subject="INR", text="x", later_at="2020-01-01T08:00")
    assert "déjà passée" in wrong.content.decode() and not Submission.objects.exists()
    at = timezone.localtime() + timedelta(days=3)
    write(author, wrong, f"later:{at:%Y-%m-%dT%H:%M}", to=DR, subject="Canari", text="x")
    one, row = Submission.objects.get(), Recipient.objects.get()
    assert (row.state, one.submitted_at) == ("held", row.not_before), "its 48 hours begin when it leaves"
    assert row.not_before - timezone.now() > timedelta(days=2)
    assert parse(sent(dupont)[0]).date == row.not_before
    listed = author.get(f"{base}/programmes/").content.decode()
    assert "Canari" in listed and f"{at:%H:%M}".lstrip("0") in listed
    theirs = browser(anne)
    assert "Canari" in theirs.get(f"{base}/programmes/").content.decode()
    assert theirs.post(f"{base}/programmes/{one.pk}/", {"action": "now"}).status_code == 404
    author.post(
        f"{base}/programmes/{one.pk}/", {"action": "later", "later_at": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M}"}
    )
    assert Recipient.objects.get().not_before - row.not_before == timedelta(days=1)
    author.post(f"{base}/programmes/{one.pk}/", {"action": "now"})
    assert Recipient.objects.get().not_before <= timezone.now()
    assert AuditEvent.objects.filter(action="message.postpone").count() == 2
    Recipient.objects.update(state="relayed")
    assert not submit.postpone(one, at=timezone.now()), "it has left"
    Recipient.objects.update(state="held")
    author.post(f"{base}/envoi/{one.pk}/annuler/")
    assert drafts.open_text(Draft.objects.get(), dupont).subject == "Canari"


def test_a_letter_that_waits_for_its_day_is_a_manager_s_once_its_author_left(author, browser, base, dupont, anne):
    at = timezone.localtime() + timedelta(days=3)
    write(author, author.get(f"{base}/nouveau/"), f"later:{at:%Y-%m-%dT%H:%M}", to=DR, subject="Canari", text="x")
    one, theirs = Submission.objects.get(), browser(anne)
    assert theirs.post(f"{base}/envoi/{one.pk}/annuler/").status_code == 404
    dupont.memberships.filter(user=one.author).delete()
    assert f"/programmes/{one.pk}/" in theirs.get(f"{base}/programmes/").content.decode()
    theirs.post(f"{base}/programmes/{one.pk}/", {"action": "now"})
    told = Following.objects.get(pk=one.pk)
    assert Recipient.objects.get().not_before == told.sent_at <= timezone.now(), "an answer of today answers it"
    theirs.post(f"{base}/envoi/{one.pk}/annuler/")
    assert Draft.objects.get().author == anne


def test_phrases_are_sealed_one_s_own_or_everybody_s_and_each_role_has_its_part(
    author, browser, base, dupont, anne, hugo, stranger
):  # fmt: skip
    where = f"{base}/reponses/"
    for name, whose in (("À moi", "mine"), ("À tous", "all")):
        author.post(where, {"kind": "reply", "name": name, "text": "Canari {{moi}}", "word": ";Renouv", "whose": whose})
    mine, shared = Phrase.objects.get(owner__isnull=False), Phrase.objects.get(owner__isnull=True)
    assert not any(b"Canari" in bytes(row.box) for row in (mine, shared))
    assert phrases.read(mine, dupont).word == "renouv"
    hers = browser(anne)
    shown = hers.get(where).content.decode().partition("<main")[2].partition("</main>")[0]
    assert "À tous" in shown and "À moi" not in shown
    assert hers.get(f"{where}{mine.pk}/").status_code == 404
    assert hers.post(f"{where}remplie/", {"phrase": mine.pk}).status_code == 404
    assert hers.post(f"{where}remplie/", {"word": "renouv"}).json()["text"] == f"Canari {anne.get_full_name()}"
    assert hers.post(f"{where}remplie/", {"word": "rien"}).status_code == 404
    seen = {"version": phrases.version(shared)}
    hers.post(f"{where}{shared.pk}/", seen | {"name": "À tous 2", "text": "x"})
    assert phrases.read(Phrase.objects.get(pk=shared.pk), dupont).name == "À tous 2"
    late = author.post(f"{where}{shared.pk}/", seen | {"name": "Le mien", "text": "mes mots"})
    shown = late.content.decode()
    assert late.status_code == 409 and "Un collègue l’a changé" in shown and "mes mots" in shown and "<p>x</p>" in shown
    assert phrases.read(Phrase.objects.get(pk=shared.pk), dupont).name == "À tous 2", "and what is there stays there"
    assert author.post(where, {"kind": "reply", "name": "", "text": "x"}).status_code == 422
    for user, status in ((hugo, 403), (stranger, 404)):
        their = browser(user)
        for url in (where, f"{where}{shared.pk}/", f"{base}/programmes/"):
            assert their.get(url).status_code == status, url
    author.post(f"{where}{mine.pk}/", {"action": "delete"})
    assert not Phrase.objects.filter(pk=mine.pk).exists()
    told = AuditEvent.objects.filter(action__startswith="phrase.").values_list("action", flat=True)
    assert sorted(told) == ["phrase.change", "phrase.create", "phrase.create", "phrase.delete"]


def test_without_scripts_a_reply_is_put_below_the_words_above_the_quotation(author, base, dupont, claire_here):
    kept = phrases.create(
        claire_here, "reply", phrases.trimmed("Prêt", "Prêt pour {{destinataire}}."), is_own=True, now=timezone.now()
    )
    [source] = store.file(dupont, [filing(letter("Ordonnance", sender=f"Dr Lemaire <{DR}>"))])
    page = author.get(f"{base}/message/{source.pk}/repondre/")
    quote = re.search(r'name="quote"[^>]*>\n([^<]+)</textarea>', page.content.decode())[1]
    write(author, page, f"insert:{kept}", to=f"Dr Lemaire <{DR}>", text="Bonjour", quote=quote.replace("&gt;", ">"))
    text = drafts.open_text(Draft.objects.get(), dupont).text
    assert text.startswith("Bonjour\n\nPrêt pour Dr Lemaire.\n\nLe ") and text.rstrip().endswith("> Bonjour")


def test_a_signature_stands_above_the_quotation_and_is_not_doubled_when_the_sending_is_undone(
    author, base, dupont, claire_here
):  # fmt: skip
    ours = phrases.create(
        claire_here, "signature", phrases.Words("Boîte", "La pharmacie"), is_own=False, now=timezone.now()
    )
    known = phrases.signatures(claire_here)
    assert phrases.signature_of(known, "", "") == str(ours)
    mine = phrases.create(
        claire_here, "signature", phrases.Words("Claire", "Claire M."), is_own=True, now=timezone.now()
    )
    known = phrases.signatures(claire_here)
    assert phrases.signature_of(known, "", "") == str(mine), "one's own first"
    assert phrases.signature_of(known, "", str(ours)) == str(ours)
    assert phrases.signature_of(known, "none", str(ours)) == "none"
    [source] = store.file(dupont, [filing(letter("Ordonnance", sender=DR))])
    page = author.get(f"{base}/message/{source.pk}/repondre/")
    quote = "Le 27/11/2026 à 9:41, Dr Lemaire a écrit :\n> Bonjour"
    write(author, page, "send", to=DR, subject="Re", html="<p>Oui <em>bien</em></p>", quote=quote, signature=str(ours))
    _, text, html = sent(dupont)
    assert text.strip() == f"Oui bien\n\n-- \nLa pharmacie\n\n{quote}"
    assert html.index("bien") < html.index("La pharmacie") < html.index("<blockquote>")
    author.post(f"{base}/envoi/{Submission.objects.get().pk}/annuler/")
    again = drafts.open_text(Draft.objects.get(), dupont)
    assert (again.text.strip(), again.html, again.signature) == (
        f"Oui bien\n\n{quote}",
        "<p>Oui <em>bien</em></p>",
        str(ours),
    )


ASKED = Summary(from_=drafts.people(DR), to=drafts.people("pharmacie@officine.mssante.example, b@x.mssante.example"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (DraftText(to=DR, kind="reply"), set()),
        (DraftText(to=f"{DR}, b@x.mssante.example", kind="reply_all"), set()),
        (DraftText(to=DR, cc="autre@x.mssante.example", kind="reply"), {"outside"}),
        (DraftText(to=", ".join(f"{n}@x.mssante.example" for n in range(6)), kind="reply_all"), {"outside", "many"}),
        (DraftText(to=f"{DR}, {PATIENT}"), {"outside", "mixed"}),
        (DraftText(to=PATIENT), {"outside"}),
    ],
)
def test_whom_an_answer_reaches_by_mistake_is_asked_about(text, words):
    found = dict(cautions.astray(text, ASKED, ours="pharmacie@officine.mssante.example")) | dict(cautions.mixed(text))
    assert found.keys() == words
    assert "248057511604235" not in str(found)


def test_a_forgotten_placeholder_is_asked_about_and_not_one_that_is_quoted():
    text = DraftText(to=DR, subject="x", text="Bonjour {{patient}}")
    assert [word for word, _ in cautions.lacking(text, has_files=False)] == ["placeholder"]
    quoted = replace(text, text="Oui\n\nLe 27/11/2026 à 9:41, X a écrit :\n> {{patient}} ci-joint")
    assert not dict(cautions.lacking(quoted, has_files=False))


def test_a_caution_is_asked_once_in_place_and_then_the_letter_leaves(author, base, dupont):
    [source] = store.file(dupont, [filing(letter("Ordonnance", sender=DR))])
    page = author.get(f"{base}/message/{source.pk}/repondre/")
    asked = write(author, page, "send", to=DR, cc="b@hopital.mssante.example", subject="Re", text="Oui")
    assert "b@hopital.mssante.example n’était pas dans cet échange" in asked.content.decode()
    assert not Submission.objects.exists()
    write(author, asked, "send", to=DR, cc="b@hopital.mssante.example", subject="Re", text="Oui")
    assert Submission.objects.count() == 1


def test_a_page_that_finds_its_letters_again_is_told_which_are_not_there_without_an_error(author, browser, anne, base):
    asked, url = {"X-Floating": "1", "X-Background": "1"}, f"{base}/brouillon/{uuid4()}/"
    assert author.get(url, headers=asked).status_code == 204, "never saved, sent or deleted"
    assert author.get(url).status_code == 404
    author.post(url, {"version": "0", "kind": "new", "text": "x", "action": "save"})
    assert author.get(url, headers=asked).status_code == 200
    assert browser(anne).get(url, headers=asked).status_code == 204, "nobody else learns that it is there"


def test_a_floating_letter_is_the_form_alone_and_closes_once_it_is_sent(author, base):
    over = {"X-Floating": "1", "HX-Request": "true"}
    page = author.get(f"{base}/nouveau/", headers=over)
    assert page["X-Composer"] == "open" and "<html" not in page.content.decode()
    url = re.search(r'data-float="([^"]+)"', page.content.decode())[1]
    gone = author.post(url, {"kind": "new", "to": DR, "subject": "x", "text": "y", "action": "send"}, headers=over)
    assert (gone["X-Composer"], gone.status_code) == ("closed", 200)
    assert "Message envoyé." in gone.content.decode() and "<html" not in gone.content.decode()


def test_files_join_one_by_one_and_what_is_too_large_is_refused_in_place(author, browser, base, anne, monkeypatch):
    write(author, author.get(f"{base}/nouveau/"), subject="x")
    url = f"{base}/brouillon/{Draft.objects.get().pk}/pieces/"
    shown = author.post(url, {"files": SimpleUploadedFile("bilan.pdf", b"%PDF", "application/pdf")})
    assert "bilan.pdf" in shown.content.decode() and 'data-held="4"' in shown.content.decode()
    monkeypatch.setattr("mailbox.draft_files.MAX_BYTES", 5)
    refused = author.post(url, {"files": SimpleUploadedFile("gros.pdf", b"%PDF", "application/pdf")})
    assert refused.status_code == 422
    assert "gros.pdf" in refused.content.decode() and "bilan.pdf" in refused.content.decode(), "the rest is kept"
    assert browser(anne).post(url, {"files": SimpleUploadedFile("a", b"x")}).status_code == 404
    file = re.search(r'value="detach:([^"]+)"', shown.content.decode())[1]
    assert "bilan.pdf" not in author.post(url, {"detach": file}).content.decode()


def test_files_are_read_before_a_draft_is_held(author, base, monkeypatch):
    """The quarantine may take seconds: no transaction but the test's own is open meanwhile."""
    write(author, author.get(f"{base}/nouveau/"), subject="x")
    draft = f"{base}/brouillon/{Draft.objects.get().pk}/"
    depth, seen = len(connection.savepoint_ids), list[int]()
    monkeypatch.setattr(
        "mailbox.views.form.photos.ready", lambda *file: seen.append(len(connection.savepoint_ids)) or file
    )
    author.post(f"{draft}pieces/", {"files": SimpleUploadedFile("a.jpg", b"x")})
    write(author, author.get(draft), subject="x", files=[SimpleUploadedFile("b.jpg", b"x")])
    assert seen == [depth, depth] and DraftFile.objects.count() == 2


def test_the_room_is_that_of_the_strictest_recipient(dupont, monkeypatch):
    monkeypatch.setattr(room, "_theirs", {})
    sizes.learn("hopital.mssante.example", "mx", "12000000", now=timezone.now())
    strict = room.room(dupont, [PATIENT, DR])
    assert (strict.limit, strict.whose) == (12_000_000, "le serveur de hopital.mssante.example refuse au-delà")
    monkeypatch.setattr(room, "_theirs", {})
    sizes.learn("hopital.mssante.example", "mx", "", now=timezone.now())
    ours, theirs = room.room(dupont, [DR]), room.room(dupont, [DR, PATIENT])
    assert theirs.limit == submit.PATIENT_BYTES < ours.limit
    assert theirs.files < ours.files and theirs.whose == "limite de Mon espace santé"
    assert theirs.files * 78 / 57 < theirs.limit


def test_a_pasted_list_is_read_and_a_recipient_taken_out(author, base):
    where = f"{base}/destinataires/"
    assert author.post(where, {"pasted": f"Dr L\t{DR}\nx"}).json() == {"pasted": f'"Dr L" <{DR}>, x'}
    shown = author.post(where, {"to": f"{DR}, x@gmail.example, {PATIENT}"}).json()
    assert "drop:x@gmail.example" in shown["chips"] and "248057511604235" not in shown["chips"]
    assert shown["room"]["whose"] == "limite de Mon espace santé"
    many = "\n".join(f"a{n}@hopital.mssante.example" for n in range(250))
    told = author.post(where, {"pasted": many}).json()["pasted"]
    assert told.count("@") == 250, "nobody is left out unseen"
    assert author.post(where, {"to": told}).json()["refused"].keys() == {"250 destinataires"}
    left = author.post(where, {"to": f"{DR}, x@gmail.example", "action": "drop:x@gmail.example"}).json()
    assert left["changed"] == {"to": DR}


def test_one_of_several_who_bear_a_name_is_asked_about_until_somebody_here_wrote_to_them(
    dupont, claire, claire_here, directory  # noqa: F811
):  # fmt: skip
    address = lookup.find("anne martin", limit=5).faces[0].address
    text = DraftText(to=f'"MARTIN Anne" <{address}>', subject="INR", text="x")
    row = drafts.save(claire_here, uuid4(), text, version=0, now=timezone.now())
    place = place_of(claire, dupont.pk)
    asked = cautions.cautions(place, row, text, has_files=False)
    assert list(asked) == [f"homonym-{address}"]
    assert asked[f"homonym-{address}"].startswith("2 personnes de l’annuaire s’appellent")
    assert not cautions.cautions(place, row, replace(text, to=address), has_files=False), "no name was typed"
    one = Submission.objects.create(mailbox=dupont, submitted_at=timezone.now(), size=1)
    Recipient.objects.create(mailbox=dupont, submission=one, address=address, domain="x", not_before=timezone.now())
    assert not cautions.cautions(place, row, text, has_files=False), "known here"
