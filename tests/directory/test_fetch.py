"""The publisher is asked by HEAD; only what is new is brought, whole, over a verified connection, or nothing changes."""

import io
import shutil
import socket
import zipfile
from collections import namedtuple
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from directory import download, fetch, progress, sync
from directory.models import DirectoryLoad, Entry, Extraction, LoadRun, MailboxAddress, Organization, Practitioner
from directory.models.run import SILENCE
from directory.tasks import fetch_again, fetch_newest
from tests.directory.conftest import activity_text, folk, mailbox_text
from tests.directory.publisher import publishing

MSS = "Extraction_Correspondance_MSSante_{}.zip"
DAY1, DAY2, DAY3 = "202611240213", "202611250213", "202611260213"
pytestmark = pytest.mark.wire


def packed(text: str, name: str = "Extraction_Correspondance_MSSante.txt") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def site(db, space, settings, tmp_path):
    with publishing(space) as publisher:
        settings.ANNUAIRE_FETCH, settings.ANNUAIRE_URLS = True, [publisher.url()]
        settings.ANNUAIRE_CA_FILE, settings.MSSWEB_HOME = str(space.ca), tmp_path
        yield publisher


def newest(**how) -> Extraction:
    """Of the first address."""
    return fetch.newest(clock=timezone.now, **how)[0][0]


def told(row: Extraction) -> tuple[str, str]:
    return row.outcome, row.told


def test_what_is_new_is_brought_once_and_nothing_is_left_on_the_disk(site, tmp_path):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    assert newest().outcome == "taken"
    load = DirectoryLoad.objects.get()
    assert (load.state, load.kind, f"{load.dated:%Y%m%d%H%M}", load.added) == ("done", "mailboxes", DAY1, 7)
    assert site.seen == ["HEAD /mss", "GET /mss"]
    assert list((tmp_path / "annuaire").iterdir()) == []
    assert told(newest()) == ("current", "")
    assert site.seen[2:] == ["HEAD /mss"]
    site.gives("/mss", packed(mailbox_text(everyone=folk()[1:])), MSS.format(DAY2))
    fetch_newest()
    assert DirectoryLoad.objects.first().vanished == 1
    assert (LoadRun.objects.count(), LoadRun.objects.filter(finished_at=None).count()) == (3, 0)


def test_both_archives_come_into_force_together_and_a_file_loaded_by_hand_is_not_brought(site, settings, tmp_path):
    settings.ANNUAIRE_URLS = [site.url("/ps"), site.url("/mss")]
    site.gives("/ps", packed(activity_text(), "PS_LibreAcces_Personne_activite.txt"), f"PS_LibreAcces_{DAY1}.zip")
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    rows, loads = fetch.newest(clock=timezone.now)
    assert [row.outcome for row in rows] == ["taken", "taken"]
    assert [(load.kind, load.state) for load in loads] == [("activities", "done"), ("mailboxes", "done")]
    assert len({load.run_id for load in loads}) == 1
    by_hand = tmp_path / MSS.format(DAY2)
    by_hand.write_bytes(packed(mailbox_text()))
    sync.load([by_hand], clock=timezone.now)
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY2))
    assert [row.outcome for row in fetch.newest(clock=timezone.now)[0]] == ["current", "current"]


@pytest.mark.parametrize("error", [OperationalError("away"), FileNotFoundError(2, "gone")])
def test_what_the_machine_failed_is_brought_again_and_a_refused_file_is_not(site, monkeypatch, error):
    def fail(*_):
        raise error

    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    with monkeypatch.context() as patched:
        patched.setattr(sync, "_take", fail)
        assert newest().outcome == "later"
    assert DirectoryLoad.objects.get().state == "stopped"
    assert newest().outcome == "taken"
    site.gives("/mss", packed("rien"), MSS.format(DAY2))
    assert newest().outcome == "refused"
    seen = len(site.seen)
    newest()
    assert site.seen[seen:] == ["HEAD /mss"]


def test_a_server_of_another_authority_is_refused_and_told(site, settings, space):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    settings.ANNUAIRE_CA_FILE = ""  # the system's authorities do not know it
    row = newest()
    assert (row.outcome, "certificat refusé" in row.told, site.seen) == ("refused", True, [])
    settings.ANNUAIRE_CA_FILE = str(space.folder / "none.pem")
    assert told(newest()) == ("refused", "ANNUAIRE_CA_FILE ne se lit pas")
    settings.ANNUAIRE_CA_FILE, settings.ANNUAIRE_URLS = str(space.ca), [site.url().replace("localhost", "127.0.0.1")]
    assert "certificat refusé" in newest().told  # its name is not the one asked
    assert (site.seen, DirectoryLoad.objects.count()) == ([], 0)
    assert Extraction.objects.count() == 1  # of the address that is asked now


def test_without_a_name_the_version_is_known_by_something_else_and_it_is_said(site):
    site.gives("/mss", packed(mailbox_text()), ETag='"one"')
    assert told(newest()) == ("taken", "sans date dans le nom : version reconnue à son ETag")
    assert told(newest())[0] == "current"
    assert site.seen == ["HEAD /mss", "GET /mss", "HEAD /mss"]
    site.gives("/mss", packed(mailbox_text(everyone=folk()[1:])), ETag='"two"')
    assert newest().outcome == "taken"
    site.says("/mss", lambda ask: ask.begin(200))
    row = newest()
    assert (row.outcome, "rien ne dit" in row.told) == ("later", True)
    assert site.seen[-1] == "HEAD /mss"


def test_a_refused_file_is_not_brought_again_unless_forced(site):
    site.gives("/mss", packed("x|y\n"), MSS.format(DAY1))
    assert newest().outcome == "refused"
    assert DirectoryLoad.objects.get().state == "refused"
    assert newest().outcome == "current"
    assert site.seen.count("GET /mss") == 1
    assert newest(is_forced=True).outcome == "refused"
    assert site.seen.count("GET /mss") == 2
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY2))
    assert newest().outcome == "taken"


@pytest.mark.parametrize("status", [500, 503, 404, 429])
def test_an_error_that_may_pass_is_told_and_the_next_hour_succeeds(site, status):
    site.says("/mss", lambda ask: ask.begin(status))
    assert told(newest()) == ("later", f"réponse {status}")
    assert not DirectoryLoad.objects.exists()
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    assert newest().outcome == "taken"


def test_a_server_that_is_away_is_told(site, settings):
    settings.ANNUAIRE_URLS = ["https://localhost:1/mss"]
    assert told(newest()) == ("later", "connexion refusée")


def test_a_body_cut_short_keeps_yesterdays_directory_and_is_asked_again(site, tmp_path):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    newest()
    whole = packed(mailbox_text(everyone=folk()[1:]))

    def cut(ask):
        disposition = f"attachment; filename={MSS.format(DAY2)}"
        ask.begin(200, Content_Length=str(len(whole)), Content_Disposition=disposition)
        if ask.command == "GET":
            ask.wfile.write(whole[:-9])

    site.says("/mss", cut)
    assert told(newest()) == ("later", f"fichier incomplet : {len(whole) - 9} octets sur {len(whole)}")
    assert MailboxAddress.objects.filter(vanished_at=None).count() == 7
    assert list((tmp_path / "annuaire").iterdir()) == []
    site.gives("/mss", whole, MSS.format(DAY2))
    assert newest().outcome == "taken"


def endless(site, headers):
    def answer(ask):
        ask.begin(200, **headers)
        while ask.command == "GET" and not site.over.is_set():
            ask.wfile.write(b"x" * 65536)

    return answer


def test_a_body_that_never_ends_is_cut_at_the_bound_and_not_asked_again(site, monkeypatch, tmp_path):
    monkeypatch.setattr(download, "MAX_BYTES", 3_000_000)
    disposition = {"Content_Disposition": f"attachment; filename={MSS.format(DAY1)}"}
    site.says("/mss", endless(site, disposition))
    assert "démesuré" in newest().told
    assert (DirectoryLoad.objects.get().state, "démesuré" in DirectoryLoad.objects.get().error) == ("refused", True)
    assert newest().outcome == "current"
    site.says("/mss", lambda ask: ask.begin(200, Content_Length="3000001", **disposition))
    assert "démesuré" in newest(is_forced=True).told
    assert list((tmp_path / "annuaire").iterdir()) == []


def test_a_body_that_drips_is_cut_in_time(site, monkeypatch):
    monkeypatch.setattr(download, "GET_SECONDS", 0.2)

    def drip(ask):
        ask.begin(200, Content_Disposition=f"attachment; filename={MSS.format(DAY1)}")
        while ask.command == "GET" and not site.over.wait(0.01):
            ask.wfile.write(b"x")

    site.says("/mss", drip)
    assert told(newest())[0] == "later"
    assert "rien de complet" in newest().told


def test_an_answer_that_never_ends_and_a_handshake_that_never_begins_are_cut_in_time(site, monkeypatch, settings):
    monkeypatch.setattr(download, "HEAD_SECONDS", 0.2)

    def drip(ask):
        while not site.over.wait(0.01):
            ask.wfile.write(b"X")

    site.says("/mss", drip)
    assert "rien de complet" in newest().told
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.ANNUAIRE_URLS = [f"https://localhost:{mute.getsockname()[1]}/mss"]
        assert "rien de complet" in newest().told


def test_a_full_disk_is_told_and_leaves_nothing(site, monkeypatch, tmp_path):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    assert told(newest()) == ("later", "plus assez de place sur le disque")
    assert list((tmp_path / "annuaire").iterdir()) == []


def test_a_redirection_stays_with_its_host(site):
    site.gives("/here", packed(mailbox_text()), MSS.format(DAY1))
    site.says("/mss", lambda ask: ask.begin(302, Location="/here"))
    assert newest().outcome == "taken"
    assert site.seen == ["HEAD /mss", "HEAD /here", "GET /mss", "GET /here"]
    for elsewhere in (f"https://127.0.0.1:{site.port}/here", f"http://localhost:{site.port}/here", "https://localhost/x",
                      "file:///etc/passwd", "https://localhost:99999999/", f"https://me@localhost:{site.port}/here"):  # fmt: skip
        site.says("/mss", lambda ask, to=elsewhere: ask.begin(302, Location=to))
        site.seen.clear()
        assert told(newest()) == ("refused", "redirection vers un autre serveur"), elsewhere
        assert site.seen == ["HEAD /mss"]
    site.says("/mss", lambda ask: ask.begin(302, Location="/mss"))
    assert told(newest()) == ("refused", "plus de 5 redirections")


@pytest.mark.parametrize(
    ("from_url", "to_url", "is_allowed"),
    [
        ("https://www.data.gouv.fr/api/1/x", "https://static.data.gouv.fr/resources/y.txt", True),
        ("https://www.data.gouv.fr/api/1/x", "https://static.data.gouv.fr.example/y.txt", False),
        ("https://www.data.gouv.fr/api/1/x", "https://static.data.gouv.fr:8443/y.txt", False),
        ("https://service.annuaire.sante.fr/x", "https://static.data.gouv.fr/y.txt", False),
        ("https://xdata.gouv.fr/", "https://www.data.gouv.fr/", False),
    ],
)
def test_only_data_gouv_leads_to_another_of_its_hosts(from_url, to_url, is_allowed):
    assert download.allowed(urlsplit(from_url), urlsplit(to_url)) is is_allowed


def test_the_private_root_is_not_trusted_at_data_gouv_nor_the_public_ones_at_the_publisher(settings, space):
    settings.ANNUAIRE_CA_FILE = str(space.ca)
    ours, public = fetch.trust("service.annuaire.sante.fr"), fetch.trust("static.data.gouv.fr")
    assert len(ours.get_ca_certs()) == 2
    assert not {str(ca) for ca in ours.get_ca_certs()} & {str(ca) for ca in public.get_ca_certs()}
    assert (ours.verify_mode.name, ours.check_hostname, public.verify_mode.name) == (
        "CERT_REQUIRED",
        True,
        "CERT_REQUIRED",
    )


def test_another_process_that_loads_makes_this_one_wait_for_the_next_hour(site):
    with progress.claimed(timezone.now):
        fetch_newest()
        with pytest.raises(CommandError, match="another process"):
            call_command("sync_directory")
    assert site.seen == []


def test_a_load_that_was_killed_is_brought_again(site):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    now = timezone.now()
    run = LoadRun.objects.create(phase_at=now, started_at=now, beat_at=now - SILENCE * 2)
    DirectoryLoad.objects.create(run=run, file_name=MSS.format(DAY1), dated=now, started_at=now)
    assert newest().outcome == "taken"
    assert DirectoryLoad.objects.last().state == "stopped"


def test_what_an_upgrade_emptied_is_brought_again(site):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    newest()
    for model in (MailboxAddress, Practitioner, Organization, Entry):
        model.objects.all().delete()
    assert newest().outcome == "taken"
    assert MailboxAddress.objects.count() == 7


def test_a_load_refused_for_shrinking_is_taken_again_only_if_it_is_the_very_file(site, monkeypatch):
    monkeypatch.setattr(sync, "SHRINK_FROM", 6)
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    newest()
    short = packed("\n".join(mailbox_text().splitlines()[:3]))
    site.gives("/mss", short, MSS.format(DAY2))
    assert newest().outcome == "refused"
    refused = DirectoryLoad.objects.first()
    site.gives("/mss", packed("\n".join(mailbox_text().splitlines()[:2])), MSS.format(DAY2))
    fetch_again(refused.pk)
    assert DirectoryLoad.objects.first().state == "refused"  # another file than the one that was looked at
    site.gives("/mss", short, MSS.format(DAY2))
    fetch_again(refused.pk)
    assert (DirectoryLoad.objects.first().state, DirectoryLoad.objects.first().vanished) == ("done", 5)


def test_the_command_asks_tells_and_brings(site, capsys, settings):
    site.gives("/mss", packed(mailbox_text()), MSS.format(DAY1))
    call_command("sync_directory", dry_run=True)
    assert f"wanted: {MSS.format(DAY1)}" in capsys.readouterr().out
    assert (site.seen, DirectoryLoad.objects.count(), Extraction.objects.count()) == (["HEAD /mss"], 0, 0)
    call_command("sync_directory")
    assert "7 added" in capsys.readouterr().out
    call_command("sync_directory", dry_run=True)
    assert "current" in capsys.readouterr().out
    call_command("sync_directory", force=True)
    assert site.seen.count("GET /mss") == 2
    site.says("/mss", lambda ask: ask.begin(500))
    with pytest.raises(CommandError, match="not everything"):
        call_command("sync_directory")
    with pytest.raises(CommandError, match="for addresses"):
        call_command("sync_directory", "x.zip", force=True)
    settings.ANNUAIRE_FETCH = False
    site.seen.clear()
    fetch_newest()
    with pytest.raises(CommandError, match="ANNUAIRE_FETCH"):
        call_command("sync_directory")
    assert site.seen == []
