"""Words find messages; the database sees neither the words of a letter nor those of a search."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailbox import search, store
from mailbox.models import SearchEntry
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
    assert [m.pk for m in search.search(dupont, query).messages] == [wanted.pk]


FRENCH = "abcdefghilmnoprstuvxyzéèàùçêîôœæÉŒÆ  .,;:-_'’«»…—\n0123456789€\u00a0\u202f\u2011"
OTHER = "ßøµ½ªº²¨™№Łłσς\u0301\u0327e"


@given(st.lists(st.text(FRENCH) | st.text(FRENCH + OTHER, max_size=20)).map("".join))
@example("Cœur, ŒUVRE et Ægilops ; l’été « naïf » à 38,5 °C — m² x½y, 12 µg")
@example(unicodedata.normalize("NFD", "dosé à l’hôpital, naïve, garçon"))
def test_the_quick_way_through_french_gives_the_words_of_the_exact_one(text):
    exact = search._WORD.findall(search.fold(text))
    assert search.words(text) == [w[:40] for w in exact if len(w) > 1 and w not in search.STOP_WORDS]


def test_all_words_are_required_and_stop_words_alone_find_nothing(dupont):
    store.file(dupont, [filing(letter(body="apixaban"))])
    assert search.search(dupont, "apixaban warfarine").messages == []
    assert search.search(dupont, "de la") == search.Found([], "", ())


def test_a_search_stays_inside_its_mailbox(dupont, annes_box):
    store.file(dupont, [filing(letter(body="apixaban"))])
    assert search.search(annes_box, "apixaban").messages == []
    assert search.search(dupont, "apixaban").messages


def test_pages_follow_each_other_without_gap_or_repeat_for_common_and_rare_words(dupont, monkeypatch):
    monkeypatch.setattr(search, "_RECENT", 7)
    store.file(
        dupont, [filing(letter(message_id=f"{i}@x", body="stock" if i % 4 else "rare stock"), i) for i in range(23)]
    )
    for word, expected in (("stock", 23), ("rare", 6)):
        seen, cursor = [], ""
        while True:
            page = search.search(dupont, word, cursor=cursor, limit=5)
            seen += [m.pk for m in page.messages]
            if not (cursor := page.next):
                break
        assert len(seen) == len(set(seen)) == expected
        assert seen == sorted(seen, reverse=True)


def test_a_forged_cursor_starts_again_and_one_of_another_mailbox_too(dupont, annes_box):
    store.file(dupont, [filing(letter(message_id=f"{i}@x", body="stock"), i) for i in range(4)])
    first = search.search(dupont, "stock", limit=2)
    for forged in ("AAAA", "!!", search._seal_cursor((first.messages[-1].pk, NOW + timedelta(1)), annes_box.pk)):
        assert search.search(dupont, "stock", cursor=forged, limit=2).messages == first.messages


def test_the_index_holds_no_word_and_at_most_512_tokens_a_message(dupont):
    body = " ".join(f"mot{i}" for i in range(3000))
    [message] = store.file(dupont, [filing(letter("Sujet apixaban", body=body))])
    entry = SearchEntry.objects.get(message=message)
    assert len(entry.tokens) == search.MAX_TOKENS
    assert all(0 <= token < 2**63 for token in entry.tokens)
    assert search.search(dupont, "apixaban").messages, "words of the subject are kept before those of the body"
