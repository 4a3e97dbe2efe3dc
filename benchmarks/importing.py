"""An import of mail of 10 kB: messages a second through reading, sealing and filing, and the memory that a gigabyte takes."""

import io
import random
import resource
import time

from benchmarks.figures import Figure

_WORDS = [f"mot{n}" for n in range(9000)]


def letter(number: int) -> bytes:
    """About 10 kB, of words that a blind index has to tell apart."""
    choose = random.Random(number)
    body = "\n".join(" ".join(choose.choices(_WORDS, k=11)) for _ in range(120))
    return (
        f"From MAILER-DAEMON Tue Mar  5 08:30:{number % 60:02} 2019\nStatus: RO\n"
        f"From: Dr {number} <d{number}@hopital.mssante.example>\n"
        f"Subject: Ordonnance {number}\nMessage-ID: <{number}@x>\nDate: Tue, 5 Mar 2019 08:30:15 +0100\n\n{body}\n\n"
    ).encode()


class Endless(io.RawIOBase):
    """So many bytes of an mbox, made as they are read."""

    def __init__(self, size: int) -> None:
        self._left, self._letters, self._rest = size, [letter(n) for n in range(100)], b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while len(self._rest) < min(len(buffer), self._left):
            self._rest += self._letters[self._left % 100]
        piece, self._rest = self._rest[: min(len(buffer), self._left)], self._rest[min(len(buffer), self._left) :]
        self._left -= len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


def run(*, quick: bool = False) -> list[Figure]:
    from django.utils import timezone

    from auth_otp.models import User
    from mailbox.imports import desk, mboxes, worker
    from mailbox.models import Domain, Import, Membership, Tenant, open_mailbox

    count, size = (1_000, 10**8) if quick else (6_000, 10**9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = sum(1 for one in mboxes.entries(io.BufferedReader(Endless(size), 1 << 18), at=0, most=10**8) if one.raw)
    read = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    user = User.objects.create_user("i@x.example", "ordonnance-bleue-1948", first_name="I", last_name="X")
    tenant, domain = Tenant.objects.create(name="Import"), Domain.objects.create(name="import.mssante.example")
    box = open_mailbox(
        tenant=tenant, domain=domain, address=f"i@{domain.name}", kind="ORG", display_name="I", state="active"
    )
    member = Membership.objects.create(mailbox=box, user=user, role="manager")
    data = b"".join(map(letter, range(count)))
    row = desk.begin(member, [desk.Named("Archives.mbox", len(data))], now=timezone.now())
    for at in range(0, len(data), desk.MAX_PIECE):
        desk.take(box, row.pk, 0, at, data[at : at + desk.MAX_PIECE])
    desk.start(box, row.pk, now=timezone.now())
    start, spent = time.perf_counter(), time.process_time()
    while worker.import_due(timezone.now()):
        pass
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    assert Import.objects.get().filed == count
    how = f"{count:,} of {len(data) / count / 1000:.0f} kB, one worker, {spent / count * 1000:.1f} ms of its processor each"
    return [
        Figure("import, filed", count / seconds, "/s", how, goal=200),
        Figure(
            "import, read alone", size / read / 1e6, "MB/s", f"{found:,} messages of an mbox of {size / 1e9:.1f} GB"
        ),
        Figure("import, memory of that", grown, "MB", "growth of the peak", goal=50, floor=100, higher_is_better=False),
    ]
