"""Words find messages; the database sees neither the words of a letter nor those of a search."""

import unicodedata
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.management import call_command
from hypothesis import example, given
from hypothesis import strategies as st

from mailbox import finding, finding_sql, query, search, store, vocabulary, wording
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mailbox.models import Beginning, SearchEntry
from mailbox.summary import open_summary
from tests.mailbox.test_store import NOW, filing, letter


@pytest.mark.parametrize(
    "query",
    ["apixaban", "APIXABAN", "Lemaire", "ordonnance hélène", "helene apixaban", "lemaire@hopital.mssante.example"],
)
def test_words_of_subject_sender_and_body_find_the_letter_whatever_case_and_accents(dupont, query):
    [wanted] = store.file(dupont, [filing(letter(body="Hélène : apixaban 5 mg"))])
    store.file(
        dupont, [filing(letter("Biologie", message_id="b@x", sender="Labo <labo@bio.mssante.example>", body="INR 4,8"))]
    )
    assert [m.pk for m in find(dupont, query).messages] == [wanted.pk]


def find(box, typed, **page):
    return finding.find(box, query.read(typed, today=NOW.date()), **page)


FRENCH = "abcdefghilmnoprstuvxyzéèàùçêîôœæÉŒÆ  .,;:-_'’«»…—\n0123456789€\u00a0\u202f\u2011"
OTHER = "ßøµ½ªº²¨™№Łłσς\u0301\u0327e"


@given(st.lists(st.text(FRENCH) | st.text(FRENCH + OTHER, max_size=20)).map("".join))
@example("Cœur, ŒUVRE et Ægilops ; l’été « naïf » à 38,5 °C — m² x½y, 12 µg")
@example(unicodedata.normalize("NFD", "dosé à l’hôpital, naïve, garçon"))
def test_the_quick_way_through_french_gives_the_words_of_the_exact_one(text):
    exact = wording._WORD.findall(wording.fold(text))
    assert wording.words(text) == [w[:40] for w in exact if len(w) > 1 and w not in wording.STOP_WORDS]


def test_all_words_are_required_and_stop_words_alone_find_nothing(dupont):
    store.file(dupont, [filing(letter(body="apixaban"))])
    assert find(dupont, "apixaban warfarine").messages == []
    assert find(dupont, "de la") == finding.Found([], "", ())


def test_a_search_stays_inside_its_mailbox(dupont, annes_box):
    store.file(dupont, [filing(letter(body="apixaban"))])
    assert find(annes_box, "apixaban").messages == []
    assert find(dupont, "apixaban").messages


def test_pages_follow_each_other_without_gap_or_repeat_for_common_and_rare_words(dupont, monkeypatch):
    monkeypatch.setattr(finding_sql, "_RECENT", 7)
    store.file(
        dupont, [filing(letter(message_id=f"{i}@x", body="stock" if i % 4 else "rare stock"), i) for i in range(23)]
    )
    for word, expected in (("stock", 23), ("rare", 6)):
        seen, cursor = [], ""
        while True:
            page = find(dupont, word, cursor=cursor, limit=5)
            seen += [m.pk for m in page.messages]
            if not (cursor := page.next):
                break
        assert len(seen) == len(set(seen)) == expected
        assert seen == sorted(seen, reverse=True)


def test_a_forged_cursor_starts_again_and_one_of_another_mailbox_too(dupont, annes_box):
    store.file(dupont, [filing(letter(message_id=f"{i}@x", body="stock"), i) for i in range(4)])
    first = find(dupont, "stock", limit=2)
    for forged in (
        "AAAA",
        "!!",
        finding._seal_cursor(finding_sql.Hit(first.messages[-1].pk, NOW + timedelta(1)), annes_box.pk),
    ):
        assert find(dupont, "stock", cursor=forged, limit=2).messages == first.messages


def test_the_index_holds_no_word_and_at_most_512_tokens_a_message(dupont):
    body = " ".join(f"mot{i}" for i in range(3000))
    [message] = store.file(dupont, [filing(letter("Sujet apixaban", body=body))])
    entry = SearchEntry.objects.get(message=message)
    assert len(entry.tokens) == search.MAX_TOKENS
    assert all(0 <= token < 2**63 for token in entry.tokens)
    assert find(dupont, "apixaban").messages, "words of the subject are kept before those of the body"


def test_names_and_subjects_are_found_by_their_first_letters_and_bodies_by_whole_words(
    dupont, annes_box, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        store.file(dupont, [filing(letter("Renouvellement apixaban", body="posologie inchangée"))])
    for typed in ("apix", "renouv", "lem", "APIXABAN", "de:lem apix"):
        assert len(find(dupont, typed).messages) == 1, typed
    for typed in ("ap", "posol", "ixaban", "apixabane"):
        assert find(dupont, typed).messages == [], typed
    assert find(annes_box, "apix").messages == []


def test_a_word_is_learnt_once_a_mailbox_and_numbers_never(
    dupont, annes_box, django_assert_num_queries, django_capture_on_commit_callbacks
):
    for box, number, learns in ((dupont, 1, 1), (dupont, 2, 0), (annes_box, 3, 1)):
        with django_capture_on_commit_callbacks() as callbacks:
            store.file(box, [filing(letter(f"Apixaban 2026112{number}", message_id=f"{number}@x"))])
        learning = [one for one in callbacks if getattr(one, "func", None) is vocabulary._learn_all]
        assert len(learning) == learns, (box, number)
        for one in learning:
            with django_assert_num_queries(1):
                one()
    assert len(vocabulary.tokens_of(dupont.pk, dupont.keys.index, ["202"])[0]) == 1
    annes_box.is_technical = True  # a probe's words are each sent once
    with django_capture_on_commit_callbacks() as callbacks:
        store.file(annes_box, [filing(letter("Rivaroxaban", message_id="4@x"))])
    assert not [one for one in callbacks if getattr(one, "func", None) is vocabulary._learn_all]


def test_each_operator_keeps_what_it_names_alone(dupont):
    asked = {
        "de:lemaire": "Ordonnance", "de:bio": "INR", "à:martin": "INR", "objet:ordonnance": "Ordonnance",
        'objet:"ordonnance sortie"': "Ordonnance", "pj:resultat": "INR", "doc:pdf": "INR", "patient:vial": "INR",
        "pj:": "INR", "sortie -labo": "Ordonnance", "avant:24/11/2026": "Ordonnance", "après:24/11/2026": "INR",
    }  # fmt: skip
    told = [
        letter("Ordonnance de sortie", message_id="a@x", body="INR de Vial : voir lemaire et martin"),
        compose(
            Outgoing(
                from_=Address("Labo", "labo@bio.mssante.example"),
                to=(Address("Claire Martin", "claire@officine.mssante.example"),), subject="INR de sortie Vial",
                text="pour lemaire", files=(OutgoingFile("resultat.pdf", "application/pdf", b"%PDF-1.7"),),
                message_id="b@x", date=NOW,
            )
        ),
    ]  # fmt: skip
    store.file(dupont, [filing(told[0]), filing(told[1], 60 * 24 * 3, mail_from="labo@bio.mssante.example")])
    for typed, subject in asked.items():
        got = [open_summary(m, dupont.keys).subject for m in _found(dupont, typed)]
        assert [one.split()[0] for one in got] == [subject], typed


def _found(box, typed):
    read = query.read(typed, today=NOW.date())
    days = {"since": read.since, "until": read.until}
    clear = finding_sql.Clear(
        **{k: datetime.combine(v, time.min, UTC) for k, v in days.items() if v}, has_file=read.has_file
    )
    return finding.find(box, read, clear).messages


def test_what_must_be_opened_to_be_judged_is_paged_and_no_page_opens_more_than_its_share(dupont, monkeypatch):
    monkeypatch.setattr(finding, "_FIRST", 4)
    monkeypatch.setattr(finding, "_THEN", 4)
    letters = [
        letter(
            message_id=f"{i}@x", sender=f"{'Vial' if i % 11 == 0 else 'Autre'} <a{i}@x.mssante.example>", body="vial"
        )
        for i in range(40)
    ]
    store.file(dupont, [filing(raw, i) for i, raw in enumerate(letters)])
    seen, cursor, pages = [], "", 0
    while True:
        page = find(dupont, "de:vial", cursor=cursor, limit=2)
        seen += page.messages
        pages += 1
        if not (cursor := page.next):
            break
    assert len(seen) == len({m.pk for m in seen}) == 4
    assert 4 <= pages <= 8


def test_words_that_were_never_learnt_are_learnt_by_the_command_and_again_in_vain(dupont, annes_box, capsys):
    store.file(dupont, [filing(letter("Renouvellement apixaban"))])
    assert find(dupont, "apix").messages == []
    for _ in range(2):
        call_command("learn_words")
        assert len(find(dupont, "apix").messages) == 1
    assert Beginning.objects.filter(mailbox=annes_box).count() == 0
    assert "apixaban" not in capsys.readouterr().out


def test_what_is_unread_is_found_where_little_is_and_where_much_is_page_after_page(dupont, claire, monkeypatch):
    letters = [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(5)]
    newest = [message.pk for message in reversed(store.file(dupont, letters))]
    clear = finding_sql.Clear(unread_of=dupont.memberships.get(user=claire).pk, since=NOW + timedelta(minutes=1))
    asked = finding_sql.Asked((), (), clear, dupont.pk)
    for few in (5, 4):  # in the one case unread marks are asked, in the other entries are walked
        monkeypatch.setattr(finding_sql, "_FEW", few)
        first, is_over = finding_sql.matches(asked, None, 3)
        rest, is_all = finding_sql.matches(asked, first[-1], 3)
        assert (is_over, is_all) == (False, True)
        assert [hit.message_id for hit in (*first, *rest)] == newest[:4], few
