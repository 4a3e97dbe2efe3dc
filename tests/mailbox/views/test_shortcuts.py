"""One table of keys: what the brief of the screen wants is in it, what it says is bound by scripts, and nothing else is."""

import re

from django.conf import settings

from mailbox.views.place import place_of
from mailbox.views.shortcuts import SHORTCUTS, of

BRIEF = {  # ui.md, «Keyboard»
    "?": "cette aide", "j k": "message suivant, précédent", "Entrée": "ouvrir", "c": "nouveau message", "r": "répondre",
    "a": "répondre à tous", "f": "transférer", "e": "archiver", "Suppr": "supprimer", "x": "sélectionner",
    "u": "marquer non lu (pour vous) et revenir à la liste", "m": "me l’attribuer", "t": "marquer fait", "n": "note interne",
    "/": "rechercher", "g i": "aller en réception", "g s": "aller aux envoyés", "Ctrl Entrée": "envoyer",
}  # fmt: skip
MORE = {"b", "l", "v", "g d", "g t", "Maj clic", "Échap", ";mot Tab"}


def test_the_table_is_what_the_brief_says_and_a_few_keys_more():
    told = {one.keys: one.does for one in SHORTCUTS}
    assert {keys: told.get(keys) for keys in BRIEF} == BRIEF
    assert told.keys() == BRIEF.keys() | MORE


def test_scripts_bind_the_single_keys_of_the_table_and_no_other():
    script = (settings.BASE_DIR / "static/js/keys.js").read_text()
    keys = re.search(r"const KEYS = \{\n(.*?)\n\};", script, re.S)[1]
    bound = {key.strip('"') for key in re.findall(r'^  ("."|\w+): ', keys, re.M)}
    bound |= {f"g {key}" for key in re.findall(r"(\w): ", re.search(r"const GO = \{(.*?)\}", script)[1])}
    single = [one.keys for one in SHORTCUTS if one.is_single]
    wanted = {
        "Delete" if one == "Suppr" else one for keys in single for one in (keys.split() if keys == "j k" else [keys])
    }
    assert bound == wanted


def test_a_person_is_told_the_keys_that_do_something_for_them(hugo, claire, dupont):
    reader, member = ({one.keys for one in of(place_of(who, dupont.pk))} for who in (hugo, claire))
    assert {"j k", "?", "b"} <= reader and not reader & {"e", "m", "n", "c", "Ctrl Entrée", "g d"}
    assert member == {one.keys for one in SHORTCUTS}
