"""Lists, threads and searches of a mailbox of 100,000 messages, through URL, session, middleware, view, template."""

import random
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, percentile, timed

_WORDS = "ordonnance patient traitement comprimé matin soir dosage biologie résultat docteur pharmacie sortie tension".split()
_LEXICON = _WORDS + [f"mot{n}" for n in range(8000)]
_CLICK = {"HX-Request": "true", "HX-Target": "pane"}  # the reading pane, as a click asks it
_WEIGHTS = [1 / (n + 3) for n in range(len(_LEXICON))]


def run(*, quick: bool = False) -> list[Figure]:
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    count = 10_000 if quick else 100_000
    client, mailbox, long_thread = seed(count)
    base, size = f"/b/{mailbox.pk}", f"{count:,} messages, 400 unread"
    figures = []
    for name, act, bound in (
        ("list of 50 threads", lambda: client.get(f"{base}/inbox/"), 40),
        ("thread of 20 messages", lambda: client.get(f"{base}/fil/{long_thread}/", headers=_CLICK), 40),
        ("thread of 20 beside its list", lambda: client.get(f"{base}/fil/{long_thread}/"), 60),
        ("search, commonest word", lambda: client.post(f"{base}/recherche/", {"q": "ordonnance"}, headers=_CLICK), 50),
        (
            "search, rare word",
            lambda: client.post(f"{base}/recherche/", {"q": f"mot{random.randrange(4000, 8000)}"}, headers=_CLICK),
            50,
        ),
        (
            "search, two common words",
            lambda: client.post(f"{base}/recherche/", {"q": "ordonnance patient"}, headers=_CLICK),
            50,
        ),
        (
            "search, middling word",
            lambda: client.post(f"{base}/recherche/", {"q": f"mot{random.randrange(50, 400)}"}, headers=_CLICK),
            50,
        ),
        (
            "search, first letters of many words",
            lambda: client.post(f"{base}/recherche/", {"q": "mot"}, headers=_CLICK),
            50,
        ),
        (
            "search, first letters of some",
            lambda: client.post(f"{base}/recherche/", {"q": "mot41"}, headers=_CLICK),
            50,
        ),
        (
            "search, one sender",
            lambda: client.post(f"{base}/recherche/", {"q": f"de:lemaire{random.randrange(300)}"}, headers=_CLICK),
            50,
        ),
        (
            "search, of a subject before a day",
            lambda: client.post(f"{base}/recherche/", {"q": "objet:sortie avant:20/11 ordon"}, headers=_CLICK),
            50,
        ),
        ("search, unread", lambda: client.post(f"{base}/recherche/", {"q": "non-lu"}, headers=_CLICK), 50),
        ("search, nobody's, old", lambda: client.post(f"{base}/recherche/", {"q": "attribué:moi"}, headers=_CLICK), 50),
        ("what may be typed next", lambda: client.post(f"{base}/recherche/aide/", {"q": "de:lem"}, headers=_CLICK), 50),
    ):
        statements = _statements(act)
        runs = timed(act, 60)
        how = f"{size}, view included, p50 {percentile(runs, 0.5):.1f} ms, {statements} SQL statements"
        figures.append(Figure(f"{name}, p95", percentile(runs, 0.95), "ms", how, goal=bound, higher_is_better=False))
        if not name.startswith("search"):
            figures.append(Figure(f"{name}, SQL", statements, "", "captured", goal=8, floor=8, higher_is_better=False))
    return figures


def _statements(act) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as captured:
        response = act()
    assert response.status_code == 200, response.status_code
    return sum(not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for q in captured)


def seed(count: int):
    """A pharmacy mailbox with `count` threads of one message, one of twenty; vacuumed as a database at rest is."""
    from django.db import connection
    from django.test import Client

    from benchmarks.people import pharmacy, signed_in
    from mailbox import store

    mailbox, user = pharmacy()
    now, rng = datetime.now(UTC), random.Random(7)
    for start in range(0, count - 20, 500):
        store.file(mailbox, [_filing(rng, n, now - timedelta(minutes=count - n)) for n in range(start, start + 500)])
    thread = store.file(mailbox, [_filing(rng, -n, now, thread="fil@x") for n in range(1, 21)])[0].thread_id
    _read(mailbox, all_but=400)
    connection.cursor().execute("VACUUM ANALYZE")
    return signed_in(Client(), user), mailbox, thread


def _read(mailbox, *, all_but: int) -> None:
    """A mailbox of years has been read, but for its newest messages."""
    from django.utils import timezone

    from mailbox.models import Message, Seen

    newest = Message.objects.filter(mailbox=mailbox).order_by("-filed_at").values("pk")[:all_but]
    Seen.objects.exclude(message__in=newest).update(seen_at=timezone.now())


def _filing(rng: random.Random, number: int, at: datetime, thread: str = ""):
    from mailbox import store

    body = " ".join(rng.choices(_LEXICON, _WEIGHTS, k=150))
    raw = (
        f"From: Dr Florence LEMAIRE <lemaire{number % 300}@hopital.mssante.example>\r\n"
        "To: pharmacie@officine.mssante.example\r\n"
        f"Subject: {rng.choice(_WORDS)} {rng.choice(_LEXICON)} {number}\r\n"
        f"Message-ID: <{number}@hopital.mssante.example>\r\n"
        + (f"References: <{thread}>\r\n" if thread else "")
        + f"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    ).encode()
    sender = f"lemaire{number % 300}@hopital.mssante.example"
    return store.Filing(raw=raw, folder_role="inbox", direction="in", filed_at=at, mail_from=sender, is_verified=True)
