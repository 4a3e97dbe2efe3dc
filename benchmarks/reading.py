"""Lists, threads and searches of a mailbox of 100,000 messages, through URL, session, middleware, view, template."""

import random
from datetime import UTC, datetime, timedelta

from benchmarks.figures import Figure, percentile, timed

_WORDS = "ordonnance patient traitement comprimé matin soir dosage biologie résultat docteur pharmacie sortie tension".split()
_LEXICON = _WORDS + [f"mot{n}" for n in range(8000)]
_EXCHANGES, _LETTERS = 400, 5  # threads that go on at a time; letters of each
_CLICK = {"HX-Request": "true", "HX-Target": "pane"}  # the reading pane, as a click asks it
_WEIGHTS = [1 / (n + 3) for n in range(len(_LEXICON))]


def run(*, quick: bool = False) -> list[Figure]:
    from django.conf import settings

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS = ["testserver"]
    count = 10_000 if quick else 100_000
    client, mailbox, long_thread = seed(count)
    label = _triaged(mailbox)
    base, size = f"/b/{mailbox.pk}", f"{count:,} messages in {count // _LETTERS:,} threads, 400 unread"
    figures = []
    for name, act, bound in (
        ("list of 50 threads", lambda: client.get(f"{base}/inbox/"), 40),
        *(
            (f"list, {name}", _get(client, f"{base}/inbox/?{query.format(label=label)}"), 40)
            for name, query in VIEWS.items()
        ),
        ("list, page 100 by size", _get(client, f"{base}/inbox/?tri=taille", pages=100 if not quick else 10), 40),
        *((f"act, {act}, one thread", _press(client, base, mailbox, act, 1, label), 40) for act in ACTS),
        *((f"act, {act}, 50 threads", _press(client, base, mailbox, act, 50, label), 40) for act in ACTS),
        ("thread of 20 messages", lambda: client.get(f"{base}/fil/{long_thread}/", headers=_CLICK), 40),
        ("thread of 20 beside its list", lambda: client.get(f"{base}/fil/{long_thread}/"), 60),
        ("list of 50 sendings followed", lambda: client.get(f"{base}/suivi/"), 40),
        ("list of 50 sendings refused", lambda: client.get(f"{base}/suivi/?f=refuses"), 40),
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
        figures.append(Figure(f"{name}, SQL", statements, "", "captured", goal=8, floor=8, higher_is_better=False))
    return figures


VIEWS = {  # every view and every order of the list
    "oldest first": "tri=ancien", "by size": "tri=taille", "by state": "tri=etat", "unread": "f=non-lus", "mine": "f=a-moi",
    "nobody's": "f=non-attribues", "patients": "f=patients", "with a document": "f=pieces", "to do": "f=a-traiter",
    "waiting": "f=attente", "done": "f=faits", "late": "f=retard", "reminders": "f=rappels", "a label": "e={label}",
    "a label, by size": "e={label}&tri=taille",
}  # fmt: skip
ACTS = ("status:{status}", "assign:{person}", "label:{label}", "archive", "snooze:demain", "flag", "seen")


def _get(client, url: str, *, pages: int = 1):
    """That list, or the page that comes after so many."""
    import re

    for _ in range(pages - 1):
        found = re.search(r'href="\?([^"]*apres=[^"]+)"', client.get(url).content.decode())
        url = f"{url.partition('?')[0]}?{found[1].replace('&amp;', '&')}"
    return lambda: client.get(url)


def _press(client, base: str, mailbox, act: str, count: int, label: str):
    """An act on threads of the inbox that it changes each time: others, or to another value."""
    from itertools import count as counting

    from mailbox.models import FolderThread, Membership

    turns, rows = counting(), FolderThread.objects.filter(mailbox=mailbox, folder__role="inbox").order_by("-last_at")
    threads = [str(one) for one in rows.values_list("thread_id", flat=True)[: 70 * count]]
    people = [str(one) for one in Membership.objects.filter(mailbox=mailbox).values_list("user_id", flat=True)]
    inbox = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{base}/inbox/"}

    def press():
        turn = next(turns)
        value = act.format(status=("done", "waiting")[turn % 2], person=people[turn % len(people)], label=label)
        start = turn * count % len(threads)
        return client.post(
            f"{base}/inbox/action/", {"action": value, "thread": threads[start : start + count]}, headers=inbox
        )

    return press


def _triaged(mailbox) -> str:
    """As a team leaves a mailbox: most is done, some waits, some is somebody's, labelled, or set aside. Answers a label."""
    from django.db import connection
    from django.utils import timezone

    from auth_otp.models import User
    from mailbox import cabinet
    from mailbox.models import FolderThread, Membership, Snooze, Thread, ThreadLabel
    from mailbox.staff.admitting import admit

    claire = User.objects.create_user(
        "claire.martin@x.example", "sans objet la", first_name="Claire", last_name="Martin"
    )
    admit(mailbox.tenant, claire, by=None, now=timezone.now(), is_operator=True)
    Membership.objects.create(mailbox=mailbox, user=claire, role="member")
    member = Membership.objects.filter(mailbox=mailbox).exclude(user=claire).get()
    labels = [cabinet.make_label(mailbox, f"Étiquette {n}", "info") for n in range(8)]
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH n AS (SELECT id, row_number() OVER (ORDER BY last_at DESC) AS n FROM mailbox_thread WHERE mailbox_id = %s)"
            " UPDATE mailbox_thread t SET status = CASE WHEN n %% 10 = 0 OR n < 300 THEN 'open' WHEN n %% 10 = 1 THEN 'waiting'"
            "  ELSE 'done' END, assigned_to_id = CASE WHEN n %% 7 = 0 THEN %s::uuid WHEN n %% 7 = 1 THEN %s::uuid END,"
            "  waits_since = CASE WHEN n %% 10 = 0 THEN t.waits_since END, with_patient = n %% 9 = 0 FROM n WHERE n.id = t.id",
            [mailbox.pk, member.user_id, claire.pk],
        )
        from mailbox import standing

        ids = list(Thread.objects.filter(mailbox=mailbox).values_list("pk", flat=True))
        standing.show(cursor, mailbox.pk, ids)
    marked = ids[:: max(1, len(ids) // 2000)]
    ThreadLabel.objects.bulk_create(
        ThreadLabel(mailbox=mailbox, thread_id=one, label=label)
        for n, one in enumerate(marked)
        for label in {labels[0], labels[n % 8]}
    )  # fmt: skip
    FolderThread.objects.filter(mailbox=mailbox, thread_id__in=ids[::5]).update(has_attachments=True)
    now = datetime.now(UTC)
    Snooze.objects.bulk_create(
        Snooze(mailbox=mailbox, membership=member, thread_id=one, set_at=now, due_at=now + timedelta(days=3),
               woken_at=now if n % 5 == 0 else None)
        for n, one in enumerate(ids[-100:])
    )  # fmt: skip
    connection.cursor().execute("VACUUM ANALYZE")
    return str(labels[0].pk)


def _statements(act) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act()
    with CaptureQueriesContext(connection) as captured:
        response = act()
    assert response.status_code == 200, response.status_code
    return sum(not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for q in captured)


def seed(count: int):
    """A pharmacy mailbox with `count` messages, five a thread, one of twenty; vacuumed as a database at rest is."""
    from django.db import connection
    from django.test import Client

    from benchmarks.people import pharmacy, signed_in
    from mailbox import store

    mailbox, user = pharmacy()
    now, rng = datetime.now(UTC), random.Random(7)
    for start in range(0, count, _EXCHANGES):  # a lot brings one letter to each of the exchanges that last meanwhile
        lot = range(start, min(start + _EXCHANGES, count))
        letters = [_filing(rng, n, now - timedelta(minutes=count - n), thread=_first(n)) for n in lot]
        store.file(mailbox, letters)
    thread = store.file(mailbox, [_filing(rng, -n, now, thread="fil@x") for n in range(1, 21)])[0].thread_id
    _read(mailbox, all_but=400)
    _sent(mailbox, user)
    connection.cursor().execute("VACUUM ANALYZE")
    return signed_in(Client(), user), mailbox, thread


def _first(number: int) -> str:
    """The Message-ID that began the exchange of this letter, '' for the one that begins it."""
    began = number // (_EXCHANGES * _LETTERS) * _EXCHANGES * _LETTERS + number % _EXCHANGES
    return "" if began == number else f"{began}@hopital.mssante.example"


def _sent(mailbox, user) -> None:
    """As many sendings: one in five waits for an answer, one in ten was read, one in four hundred refused."""
    from django.db import connection

    given = {"box": mailbox.pk, "user": user.pk}
    told = f"FROM (SELECT *, row_number() OVER () AS n FROM mailbox_message WHERE mailbox_id = '{mailbox.pk}') m"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailbox_submission (id, mailbox_id, message_id, author_id, mail_from, submitted_at, size,"
            f" notify_success, wants_read) SELECT m.id, %(box)s, m.id, %(user)s, '', m.filed_at, 1, false, false {told}",
            given,
        )
        cursor.execute(
            "INSERT INTO mailbox_following (submission_id, mailbox_id, thread_id, message_id, author_id, sent_at, waits)"
            f" SELECT m.id, %(box)s, m.thread_id, m.id, %(user)s, m.filed_at, m.n %% 5 = 0 {told}",
            given,
        )
        cursor.execute(
            "INSERT INTO mailbox_recipient (id, mailbox_id, submission_id, address, domain, is_local, state, not_before,"
            " attempts, reply_enhanced, reply_text, reported, disposition, error_code, read_at)"
            " SELECT gen_random_uuid(), %(box)s, m.id,"
            " 'lemaire1@hopital.mssante.example', 'hopital.mssante.example', false, CASE WHEN m.n %% 400 = 0 THEN 'failed' ELSE"
            f" 'delivered' END, m.filed_at, 0, '', '', '', '', '', CASE WHEN m.n %% 10 = 0 THEN m.filed_at END {told}",
            given,
        )


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
