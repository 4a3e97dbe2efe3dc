"""The provider's own pages: who are you, and the telephone with an e-CPS. They look like nobody's, so as to deceive nobody."""

from collections.abc import Mapping
from html import escape

from mailbox.management.demo.wallet.holders import Holder
from mailbox.management.demo.wallet.wallet import Proved, Question

_FRAME = """<!doctype html><html lang="fr"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style>
:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}}
h1{{font-size:1.3rem}}.demo{{border:2px dashed #888;border-radius:8px;padding:.5rem 1rem}}
button{{display:block;width:100%;text-align:left;font:inherit;padding:.7rem 1rem;margin:.5rem 0;border:1px solid #888;
border-radius:8px;background:Canvas;color:CanvasText;cursor:pointer}}
button small{{display:block;opacity:.75}}.no{{text-align:center}}
</style><p class="demo">Fournisseur d’identité de démonstration : rien ici n’est Pro Santé Connect.</p>
<h1>{title}</h1>{body}</html>"""


def page(title: str, body: str) -> bytes:
    return _FRAME.format(title=escape(title), body=body).encode()


def choose(holders: list[Holder], asked: Mapping[str, str]) -> bytes:
    """Whose card is in the reader?"""
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
    )
    people = "".join(
        f'<button name="holder" value="{one.national_id}"><b>{escape(one.given_name)} {escape(one.family_name)}</b>'
        f"<small>{escape(one.words or one.place)} · {one.national_id}</small></button>"
        for one in holders
    )
    return page(
        "e-CPS de démonstration",
        f"<p>Qui s’identifie ?</p><form method=post action=/auth>{kept}{people}"
        '<button class="no" name="holder" value="">Refuser</button></form>',
    )


def telephone(questions: Mapping[str, Question], sessions: Mapping[str, Proved]) -> bytes:
    """What waits for an answer, the latest first; sessions that can be ended from here, as from the true application."""
    waiting = [(name, one) for name, one in reversed(list(questions.items())) if one.state == "pending"]
    cards = "".join(
        f"<form method=post action=/telephone><p><b>{escape(one.holder.given_name)} {escape(one.holder.family_name)}</b> : "
        f"« {escape(one.words)} »</p>"
        f'<input type="hidden" name="question" value="{escape(name)}"><button name="answer" value="confirmed">Confirmer</button>'
        '<button class="no" name="answer" value="denied">Refuser</button></form>'
        for name, one in waiting
    )
    cards = cards or "<p>Aucune demande.</p>"
    cards += "".join(
        f'<form method=post action=/telephone><button class="no" name="end" value="{escape(sid)}">'
        f"Terminer la session de {escape(one.holder.given_name)} {escape(one.holder.family_name)}</button></form>"
        for sid, one in reversed(list(sessions.items())[-3:])
    )
    again = '<form><button class="no">Actualiser</button></form>'
    return page("Téléphone de démonstration", cards + again)


def left() -> bytes:
    return page("Vous êtes déconnecté", "<p>La session du fournisseur est terminée.</p>")
