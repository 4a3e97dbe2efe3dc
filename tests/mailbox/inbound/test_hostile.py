"""Letters made to hurt, through the real worker: stored whole, shown with a warning, in bounded time and memory."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from mailbox import blobs
from mailbox.mime.warnings import sentence
from mailbox.models import Arrival, Message
from mssweb import embedded
from tests.depth import deep
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.mime.letters import message
from tests.mailbox.mime.test_hostile import MIXED, nested

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[3]
LARGEST = settings.MAX_MESSAGE_BYTES - 1_000
SECONDS, MEGABYTES = 5.0, 200  # the bounds, of the whole drain of one message
_BASE64 = b"QUJD\r\n" * (LARGEST // 6)
_FILE = {"Content_Type": "application/pdf", "Content_Transfer_Encoding": "base64"}

LETTERS: dict[str, tuple[bytes, str]] = {
    "no header at all": (b"\r\nBonjour", "no_date"),
    "nothing": (b"", "no_date"),
    "a header cut short": (b"From: a@b.fr\r\nSubj", "no_date"),
    "unknown charset": (message(b"\xe9\x80", Content_Type="text/plain; charset=x-martien"), "charset_unknown"),
    "wrong charset": (message(b"caf\xe9 \xff", Content_Type="text/plain; charset=utf-8"), "charset_wrong"),
    "NUL bytes": (message(b"avant\0apr\xc3\xa8s", Content_Type="text/plain; charset=utf-8"), "nul_bytes"),
    "bare CR and LF": (message(b"un\rdeux\ntrois\r\nquatre"), "bare_line_ends"),
    "no date": (b"From: a@b.fr\r\nSubject: x\r\n\r\nBonjour", "no_date"),
    "bad base64": (message(b"@@@@ pas du base64", Content_Transfer_Encoding="base64"), ""),
    "a boundary that never comes": (message(b"du texte seul", Content_Type=MIXED), "boundary_missing"),
    "10,000 parts": (message(b"--b\r\n\r\nx\r\n" * 10_000, Content_Type=MIXED), "too_many_parts"),
    "200 levels": (nested(200), "too_deep"),
    "300 kB of header": (message(X="y" * 300_000), "header_too_long"),
    "5,000 NUL in a subject": (message(Subject="\0" * 5_000), "nul_bytes"),
    "one line, as long as a letter may be": (message(b"x" * LARGEST), ""),
    **deep({}, {"base64, as long as a letter may be": (message(_BASE64, Content_Transfer_Encoding="base64"), "")}),
    "a file, as large as a letter may be": (message(_BASE64, **_FILE), ""),
    "half of a character": (message(b"\xc3", Subject="=?utf-8?q?=C3?="), ""),
    "halves of characters in UTF-7": (
        message(
            b"Bonjour +2AA- docteur",
            From="=?utf-7?q?+2AA-?= <a@b.fr>",
            Subject="=?utf-7?q?Re:_+2AA-?=",
            Content_Type="text/plain; charset=utf-7",
        ),
        "",
    ),
    "a name of surrogates": (message(From="=?utf-8?b?7aCA?= <a@b.fr>"), ""),
}

_WORKER = """
import json, re, sys, time
from pathlib import Path
import django
django.setup()
from django.utils import timezone
from mailbox.inbound.drain import drain
from mailbox.models import Arrival

def memory(what):
    return int(re.search(what + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

def drained(pk):
    Arrival.objects.filter(pk=pk).update(due_at=timezone.now())
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM, the highest stand, starts again from now
    before, start = memory("VmRSS"), time.perf_counter()
    filed = drain(timezone.now())
    return filed, time.perf_counter() - start, memory("VmHWM") - before

drained(sys.argv[1])
print(json.dumps([drained(pk) for pk in sys.argv[2:]]))
"""


def drained_by_a_worker(arrivals: list[Arrival]) -> list[tuple[int, float, float]]:
    """(filed, seconds, megabytes more than before) of each, in one process started as Celery's children are."""
    Arrival.objects.update(due_at=timezone.now() + timedelta(days=1))
    home = Path(os.environ["MSSWEB_HOME"])
    dsn = embedded.postgres_dsn(home, "", connection.settings_dict["NAME"])
    given = {
        **os.environ, "PROCESS": "worker", "DATABASE_URL": dsn, "DATABASE_ROLE_BY_LOGIN": "1", "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "mssweb.settings",
    }  # fmt: skip
    command = [sys.executable, "-c", _WORKER, *(str(arrival.pk) for arrival in arrivals)]
    done = subprocess.run(command, env=given, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=90)
    return [tuple(one) for one in json.loads(done.stdout)]


def test_malformed_letters_are_filed_whole_and_shown_in_bounded_time_and_memory(dupont, anne, client, sign_in):
    arrivals = {name: arrive(dupont, raw) for name, (raw, _) in LETTERS.items()}
    measured = drained_by_a_worker([arrive(dupont, message()), *arrivals.values()])
    assert not Arrival.objects.exists()
    for name, (filed, seconds, megabytes) in zip(LETTERS, measured, strict=True):
        assert filed == 1, name
        assert seconds < SECONDS, f"{name}: {seconds:.1f} s"
        assert megabytes < MEGABYTES, f"{name}: {megabytes:.0f} MB"
    kept = {blobs.read(m.blob, dupont): m for m in Message.objects.select_related("blob").filter(mailbox=dupont)}
    sign_in(client, anne)
    for name, (raw, warning) in LETTERS.items():
        found = kept[raw]
        assert warning == "" or warning in found.warnings, f"{name}: {found.warnings}"
        pane = client.get(reverse("mailbox:thread", args=[dupont.pk, found.thread_id]))
        assert pane.status_code == 200, name
        if warning:
            assert sentence(warning) in pane.content.decode().replace("&#x27;", "'"), name
        assert client.get(reverse("mailbox:body", args=[dupont.pk, found.pk])).status_code == 200, name
