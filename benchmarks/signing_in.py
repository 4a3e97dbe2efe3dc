"""The door: page to inbox, in parts; then twenty sign-ins a second, then a flood of wrong passwords, beside mail and pages.

Real processes: two of web, as deploy/ has one for each core, smtpd, two workers; the load, which shares the cores, in
processes of its own. Mail (12 letters a second, the busiest hour of the largest operator;
250 to listed) and pages (four a second) are measured calm first, then beside each. Processor's time, which a busy machine
does not lengthen, is told beside what a clock says.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import door, receiving, stack
from benchmarks.figures import Figure, percentile

RATE, FLOOD = 20, 200  # sign-ins a second; wrong passwords a second
WORKERS = 2  # processes of web
_PASSWORD = "trois vélos sous la pluie"
_SECRET = b"benchmarks' own secret"
_LETTERS, _PAGES = 12, 4  # a second


def run(*, quick: bool = False) -> list[Figure]:
    from django.core.management import call_command

    from benchmarks.browsing import _free_port, _web
    from benchmarks.people import DOMAIN
    from benchmarks.reading import seed

    seconds = 8 if quick else 60
    _, mailbox, _ = seed(2_000 if quick else 20_000)
    peer = receiving.trust(stack.home() / "bench-pki", DOMAIN)
    crowd = _crowd(mailbox, RATE * seconds)
    call_command("collectstatic", interactive=False, verbosity=0)
    port = _free_port()
    with _web(port, stack.home(), WORKERS) as web:
        figures = [_hash(), *_alone(port, mailbox, 10 if quick else 60, web.pid)]
        with receiving.smtpd(), receiving.workers(2):
            calm = _beside(port, peer, mailbox, seconds)
            entered = _beside(port, peer, mailbox, seconds, (_enter_all, (port, crowd, seconds)), web.pid)
            flooded = _beside(port, peer, mailbox, seconds, (_guess, (port, seconds)), web.pid)
    return [*figures, *_entered(entered, seconds), *_ratios(calm, entered, flooded, seconds)]


@dataclass
class Beside:
    mail: list[float]  # seconds from 250 to listed
    pages: list[float]
    done: list[float | None]  # seconds of each sign-in; of each guess, None where it was sent away
    processor: float = 0  # seconds of web


def _crowd(mailbox, count: int) -> list[tuple[str, str]]:
    """People of two hundred mailboxes, six each, with an authenticator; one hash for all, since making them is not measured."""
    from datetime import UTC, datetime

    from django.contrib.auth.hashers import make_password

    from auth_otp import factors
    from auth_otp.models import TOTPDevice, User
    from mailbox.models import Domain, Membership, Staff, Tenant, open_mailbox
    from mssweb import crypto

    tenant, domain, now = Tenant.objects.get(), Domain.objects.get(), datetime.now(UTC)
    boxes = [
        open_mailbox(tenant=tenant, domain=domain, address=f"box{n}@{domain.name}", kind="ORG", state="active",
                     display_name=f"box{n}")
        for n in range(receiving.BOXES)
    ]  # fmt: skip
    hashed = make_password(_PASSWORD)
    people = [
        User(login=f"personne{n}@x.example", first_name="A", last_name=f"B{n}", password=hashed) for n in range(count)
    ]
    people.append(_measured(mailbox, hashed))
    User.objects.bulk_create(people[:-1])
    Membership.objects.bulk_create(
        Membership(mailbox=boxes[n % len(boxes)], user=user, role="member") for n, user in enumerate(people[:-1])
    )
    Staff.objects.bulk_create(Staff(tenant=tenant, user=user, decided_at=now) for user in people[:-1])
    TOTPDevice.objects.bulk_create(
        TOTPDevice(user=user, name="TOTP", last_step=0, added_at=now, used_at=now,
                   box=crypto.seal(factors._key(), _SECRET, factors._context(user.pk)))
        for user in people
    )  # fmt: skip
    return [(user.login, f"10.{n // 250}.{n % 250}.7") for n, user in enumerate(people[:-1])]


def _measured(mailbox, hashed: str):
    """Of the mailbox whose list is full."""
    from auth_otp.models import User

    user = User.objects.get(memberships__mailbox=mailbox)
    user.password, user.phone = hashed, "+33612345678"
    user.save()
    return user


def _code() -> str:
    from auth_otp import totp

    return totp.code_of(_SECRET, int(time.time()) // 30)


def _hash() -> Figure:
    from auth_otp.hashers import Argon2
    from benchmarks.figures import timed

    hasher = Argon2()
    encoded = hasher.encode(_PASSWORD, hasher.salt())
    took = timed(lambda: hasher.verify(_PASSWORD, encoded), 50)
    return Figure("Argon2id, p50", percentile(took, 0.5), "ms", "19 MiB, two passes, one lane", higher_is_better=False)


def _alone(port: int, mailbox, times: int, web: int) -> list[Figure]:
    """By each way, on a workstation that the person has used; nothing else runs."""
    from auth_otp.models import TOTPDevice, User

    user = User.objects.get(memberships__mailbox=mailbox)
    figures = []
    for way, code in (("authenticator", _code), ("SMS", lambda: _sms(user))):
        if way == "SMS":
            TOTPDevice.objects.filter(user=user).delete()
        cookies: dict[str, str] = {}
        took = []
        for turn in range(times + 3):
            if turn == 3:  # what is loaded once is
                before = _processor(web), _processor(_postgres())
            TOTPDevice.objects.filter(user=user).update(last_step=0)  # a code serves once in 30 s
            browser = door.Browser(port, "192.0.2.9", cookies)
            took.append(browser.sign_in(user.login, _PASSWORD, code))
            browser.ask("/deconnexion/", {})
            browser.close()
        took = took[3:]
        web_each, database_each = (
            (_processor(pid) - was) / times * 1e3 for pid, was in zip((web, _postgres()), before, strict=True)
        )
        whole = [sum(one.values()) for one in took]
        parts = ", ".join(f"{part} {percentile([one[part] for one in took], 0.5):.0f}" for part in door.PARTS)
        how = f"{times} sign-ins, to the last byte; p50 {percentile(whole, 0.5):.0f} ms: {parts}"
        figures.append(
            Figure(f"page to inbox by {way}, p95", percentile(whole, 0.95), "ms", how, 300, higher_is_better=False)
        )
        cores = f"web {web_each:.0f} ms and PostgreSQL {database_each:.0f} ms of processor each, signing out included"
        at_rate = (web_each + database_each) * RATE / 1e3
        figures.append(Figure(f"cores for {RATE} a second by {way}", at_rate, "", cores, 1.5, higher_is_better=False))
    return figures


def _sms(user) -> str:
    """As the worker that sends it reads it."""
    from auth_otp import challenges
    from auth_otp.models import Challenge
    from mssweb import crypto

    waiting = Challenge.objects.filter(user=user, used_at=None).latest("asked_at")
    return crypto.unseal(challenges._key(), bytes(waiting.box), challenges._context(waiting.pk)).decode()


def _beside(port: int, peer, mailbox, seconds: int, load: tuple[Callable, tuple] | None = None, web: int = 0) -> Beside:
    """Mail and pages for so long, and `load` with them."""
    from django.db import connections

    from benchmarks.browsing import _signed_in
    from benchmarks.people import DOMAIN

    cookies = _signed_in_as(port, mailbox, _signed_in)
    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    out, done = spawn.Queue(), spawn.Queue()
    jobs = [spawn.Process(target=_read, args=(port, f"/b/{mailbox.pk}/inbox/", cookies, seconds, out))]
    if load:
        jobs.append(spawn.Process(target=load[0], args=(*load[1], done)))
    before = _processor(web) if web else 0.0
    for job in jobs:
        job.start()
    mail = receiving.waits(peer, DOMAIN, _LETTERS * seconds, _LETTERS, 0.02)
    pages, told = out.get(timeout=120), done.get(timeout=120) if load else []
    for job in jobs:
        job.join()
    return Beside(mail, pages, told, _processor(web) - before if web else 0.0)


def _signed_in_as(port: int, mailbox, signed_in) -> dict[str, str]:
    from django.conf import settings
    from django.test import Client

    from auth_otp.models import User
    from benchmarks import people

    user = User.objects.get(memberships__mailbox=mailbox)
    client = people.signed_in(Client(), user)
    name = settings.SESSION_COOKIE_NAME
    named = name.rpartition("_")[0] if name.rpartition("_")[2].isdigit() else name
    return {f"{named}_{port}": client.cookies[name].value}


def _read(port: int, path: str, cookies: dict[str, str], seconds: int, out) -> None:
    def page(_: int) -> float:
        browser = door.Browser(port, "192.0.2.9", cookies)
        begun = time.perf_counter()
        status, _where = browser.ask(path)
        took = time.perf_counter() - begun
        browser.close()
        assert status in {0, 200}, status  # 0: nobody answered in a minute, which is what it took
        return took

    out.put(door.paced(page, _PAGES, seconds, 4))


def _enter_all(port: int, crowd: list[tuple[str, str]], seconds: int, out) -> None:
    """Each of them once, from a browser that is new; None: sent away."""

    def enter(turn: int) -> float | None:
        login, address = crowd[turn]
        browser = door.Browser(port, address)
        try:
            return sum(browser.sign_in(login, _PASSWORD, _code).values())
        except RuntimeError as refused:
            print(refused)
            return None
        finally:
            browser.close()

    out.put(door.paced(enter, RATE, seconds, 40))


def _guess(port: int, seconds: int, out) -> None:
    """Attack: names and networks that are new each time, so that no delay stops them; each costs the server a hash."""
    page = door.Browser(port, "192.0.2.10")
    page.ask("/connexion/")

    end = time.perf_counter() + seconds

    def guess(turn: int) -> float | None:
        if time.perf_counter() > end:
            return -1.0  # not asked: whoever floods waits too
        browser = door.Browser(port, f"{20 + turn // 62_500}.{turn // 250 % 250}.{turn % 250}.7", dict(page.cookies))
        browser.page = page.page
        begun = time.perf_counter()
        status, _where = browser.ask("/connexion/", {"login": f"nul{turn}@x.example", "password": "essai au hasard"})
        browser.close()
        return time.perf_counter() - begun if status == 422 else None

    out.put([took for took in door.paced(guess, FLOOD, seconds, 100) if took != -1.0])


def _postgres() -> int:
    return int(next(stack.home().rglob("postmaster.pid")).read_text().split()[0])


def _processor(pid: int) -> float:
    """Seconds of a process and of those that it began."""
    stats = (Path(one) / "stat" for one in Path("/proc").glob("[0-9]*"))
    told = {int(one.parent.name): one.read_text().rpartition(")")[2].split() for one in stats if one.exists()}
    family = {pid}
    for _ in range(3):
        family |= {one for one, fields in told.items() if int(fields[1]) in family}
    return sum(int(told[one][11]) + int(told[one][12]) for one in family) / os.sysconf("SC_CLK_TCK")


def _entered(beside: Beside, seconds: int) -> list[Figure]:
    took = [one for one in beside.done if one is not None]
    each = beside.processor / max(1, len(took)) * 1e3
    how = f"{len(took)} of {len(beside.done)} people entered, p50 {percentile(took, 0.5):.0f} ms, mail and pages beside"
    return [
        Figure(f"page to inbox at {RATE}/s, p95", percentile(took, 0.95), "ms", how, 300, higher_is_better=False),
        Figure("entered", len(took) / seconds, "/s", f"{each:.0f} ms of processor each in web, pages included", RATE),
    ]


def _ratios(calm: Beside, entered: Beside, flooded: Beside, seconds: int) -> list[Figure]:
    sent_away = sum(one is None for one in flooded.done)
    told = {
        f"{RATE} sign-ins a second": (entered, ""),
        f"{FLOOD} wrong passwords a second": (flooded, f", {sent_away} of {len(flooded.done)} sent away unhashed"),
    }
    figures = []
    for name, (beside, more) in told.items():
        for what, now, before in (("250 to listed", beside.mail, calm.mail), ("list page", beside.pages, calm.pages)):
            late, quiet = percentile(now, 0.95), percentile(before, 0.95)
            how = f"p95 {late:.0f} ms beside {name}, {quiet:.0f} ms calm{more}; {seconds} s each, one run"
            figures.append(Figure(f"{what}, {name}", late / quiet, "×", how, goal=3, higher_is_better=False))
    return figures
