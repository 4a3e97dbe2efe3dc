"""The quarantine itself: real processes, what they may not do, and what becomes of those that misbehave."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailbox.quarantine import runner
from mailbox.quarantine.runner import Given, Refused
from tests.mailbox.quarantine.made import CDA, PDF, XDM, photo

ROOT = Path(__file__).parents[3]
_TRIES = """
import sys; sys.path.insert(0, sys.argv[1])
import ctypes, os, platform, socket, struct, threading
from mailbox.quarantine.inside import cage
libc, signal = ctypes.CDLL(None, use_errno=True), {"x86_64": 129, "aarch64": 138}.get(platform.machine(), -1)
cage.close(memory=300_000_000, seconds=2)
def queue():  # rt_sigqueueinfo(2): a signal to its parent, as sigqueue(3) sends it
    if libc.syscall(signal, os.getppid(), 0, struct.pack("3i", 0, 0, -1) + bytes(116)):
        raise OSError
def tried(act):
    try:
        act()
    except (OSError, MemoryError, RuntimeError):
        return "refused"
    return "done"
acts = (lambda: open("/etc/passwd"), lambda: socket.socket(), os.fork, lambda: bytearray(400_000_000),
        lambda: os.execv("/bin/true", ["true"]), lambda: threading.Thread(target=print).start(), lambda: os.kill(os.getppid(), 0),
        queue, lambda: os.mkfifo(f"/tmp/mssweb-{os.getpid()}"))
sys.stdout.write(" ".join([tried(act) for act in acts] + [str(dict(os.environ) or "bare")]))
"""


def test_a_job_in_its_cage_opens_no_file_no_socket_no_process_and_knows_no_secret():
    command = [sys.executable, "-I", "-c", _TRIES, str(ROOT)]
    told = subprocess.run(command, env={}, capture_output=True, text=True, timeout=20, check=False)
    words = told.stdout.partition("{")[0].split()
    assert words[:3] == ["refused"] * 3, told
    assert words[3:9] == ["refused"] * 6
    assert "MASTER" not in told.stdout


def test_with_threads_of_its_own_a_job_still_makes_no_process():
    tries = _TRIES.replace("seconds=2)", "seconds=2, threads=True)")
    command = [sys.executable, "-I", "-c", tries, str(ROOT)]
    told = subprocess.run(command, env={}, capture_output=True, text=True, timeout=20, check=False)
    words = told.stdout.partition("{")[0].split()
    assert words[:5] + words[6:9] == ["refused"] * 8, told
    assert words[5] == "done" or sys.platform != "linux"


def test_a_pdf_a_photo_and_an_archive_are_read_and_drawn_through_the_pipes():
    found = runner.look(Given(PDF, "ordonnance.pdf", "application/pdf"))
    assert (found.kind, found.notice, found.pages, found.page_count) == ("pdf", "", ((595, 842),), 1)
    assert "Amoxicilline 1 g" in found.text
    page = runner.draw(Given(PDF, "ordonnance.pdf"), page=0, width=600)
    assert page[:4] == b"RIFF"
    with pytest.raises(Refused, match="damaged"):
        runner.draw(Given(PDF, "ordonnance.pdf"), page=1, width=600)
    archive = runner.look(Given(XDM, "IHE_XDM.zip"))
    assert [(d.kind, d.title, d.problems) for d in archive.documents] == [("cda", "Ordonnance de sortie", ())]
    place = archive.documents[0].member
    assert runner.extract(Given(XDM, "IHE_XDM.zip", member=place)) == ("DOC0001.XML", CDA)
    upright = runner.clean(photo())
    assert b"Proprietaire" in photo()
    assert b"Proprietaire" not in upright
    assert b"Exif" not in upright


@pytest.mark.parametrize(
    ("does", "code"),
    [("import os; os.abort()", "crashed"), ("import time; time.sleep(60)", "timeout"),
     ("import sys; sys.stdout.write('x' * 100)", "bomb"), ("print('{}')", "damaged"),
     ("print('{\"length\": 1, \"kind\": \"pdf\", \"pages\": 5}')", "damaged")],
)  # fmt: skip
def test_whoever_dies_lingers_floods_or_lies_is_one_notice(monkeypatch, does, code):
    monkeypatch.setattr(runner, "_START", does)
    monkeypatch.setattr(runner, "WALL", 0.4)
    monkeypatch.setattr(runner, "MAX_ANSWER", 60)
    before = len(os.listdir("/proc/self/fd"))
    found = runner.look(Given(PDF, "a.pdf"))
    assert (found.notice, found.pages, found.text) == (code, (), "")
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_is_not_what_it_says_is_never_given_to_a_parser(monkeypatch):
    monkeypatch.setattr(runner, "_run", None)
    assert runner.look(Given(b"MZ\x90\0" + b"x" * 90, "ordonnance.pdf", "application/pdf")).notice == "program"
    assert runner.look(Given(photo(), "ordonnance.pdf", "application/pdf")).notice == "disguised"
    assert runner.look(Given(PDF, "photo.jpg", "image/jpeg")).notice == "disguised"
