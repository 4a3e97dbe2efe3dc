"""The provider of `make run`: who can be chosen there, beside the cases that a door refuses."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

from django.conf import settings
from django.db import DatabaseError

from directory.models import Practitioner
from mailbox.management.demo.wallet.holders import Holder
from mailbox.management.demo.wallet.serving import listening, served
from mailbox.management.demo.wallet.wallet import Wallet

CLIENT, SECRET = "mssweb", "demonstration-only"
_TRADES = (("21", 2, "pharmacien de l’annuaire, sans compte ici"), ("10", 1, "médecin de l’annuaire, sans compte ici"))


def start() -> ExitStack:
    """Until it is closed; nothing when `make run` has been given a provider of its own."""
    running, port = ExitStack(), os.environ.get("DEMO_PSC_PORT")
    if port:
        returns = [f"{settings.BASE_URL}/connexion/psc/{end}/" for end in ("retour", "parti")]
        wallet = Wallet(
            f"http://127.0.0.1:{port}", CLIENT, SECRET, returns, list(_holders()),
            leaves=f"{settings.BASE_URL}/connexion/psc/fin/",
        )  # fmt: skip
        running.enter_context(served(wallet, listening(int(port))))
    return running


def _holders() -> Iterator[Holder]:
    yield Holder("899900000011", "ANNE", "DUPONT", words="titulaire, a un compte ici")
    try:
        for code, many, words in _TRADES:
            found = Practitioner.objects.filter(
                qualification__profession_code=code, vanished_at=None, idnps__startswith="8"
            )
            for one in found.order_by("pk")[:many]:
                yield Holder(one.idnps, one.first_name.upper(), one.last_name.upper(), code, "", words)
    except DatabaseError:
        pass  # the others serve
    yield Holder("899999999999", "NADIA", "INCONNUE", words="inconnue de l’annuaire")
    yield Holder("3750000002/00012", "EMILE", "SALARIE", words="sans numéro RPPS")
