"""manage.py publish_mailboxes: sends, rehearses, reports, resumes."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mailbox.models import Listing
from mailbox.publication import halt
from tests.mailbox.publication.conftest import DAY, FINESS, RPPS, listing

pytestmark = pytest.mark.wire


def test_it_compares_sends_and_says_how_many(national, hers, shared, capsys):
    call_command("publish_mailboxes")
    assert capsys.readouterr().out == "2 tried, 0 waiting\n"
    call_command("publish_mailboxes", mailbox=[shared.address.upper()])
    assert national.sent == ["insert", "insert", "replace"]
    with pytest.raises(CommandError, match="no mailbox of ours: x@y"):
        call_command("publish_mailboxes", mailbox=["x@y", shared.address])


def test_a_dry_run_prints_what_would_be_sent_and_writes_nothing(national, hers, shared, capsys):
    call_command("publish_mailboxes", dry_run=True)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["target"] for one in said] == [
        f"Practitioner?identifier=https://rpps.esante.gouv.fr|{RPPS}",
        f"Organization?identifier=https://finess.esante.gouv.fr|{FINESS}",
    ]
    assert said[0]["body"]["parameter"][0]["part"][0]["valueCode"] == "insert"
    assert (national.calls, Listing.objects.count()) == ([], 0)
    call_command("publish_mailboxes")
    capsys.readouterr()
    call_command("publish_mailboxes", dry_run=True, mailbox=[shared.address])
    [only] = capsys.readouterr().out.splitlines()
    assert json.loads(only)["body"]["parameter"][0]["part"][0]["valueCode"] == "replace"


def test_the_report_is_printed(national, extraction, shared, capsys):
    call_command("publish_mailboxes")
    capsys.readouterr()
    call_command("publish_mailboxes", report=True)
    head, line = capsys.readouterr().out.splitlines()
    assert head.startswith("extraction du;domaine;adresse")
    assert line.startswith(f"{DAY.isoformat()};")
    assert "Acceptée depuis cette extraction." in line


def test_a_refused_key_ends_it_and_is_forgotten_when_told(national, shared, settings, capsys):
    good, settings.PUBLISH_KEY = settings.PUBLISH_KEY, "autre"
    with pytest.raises(CommandError, match="stopped: L’annuaire national refuse notre clé"):
        call_command("publish_mailboxes")
    settings.PUBLISH_KEY = good
    Listing.objects.update(next_try_at=timezone.now())
    with pytest.raises(CommandError, match="stopped"):
        call_command("publish_mailboxes")
    call_command("publish_mailboxes", resume=True)
    assert (listing(shared).state, halt.current()) == ("accepted", None)


def test_it_refuses_without_an_address_or_without_an_extraction(national, shared, settings):
    with pytest.raises(CommandError, match="no extraction"):
        call_command("publish_mailboxes", resync=True)
    settings.PUBLISH_URL = ""
    with pytest.raises(CommandError, match="PUBLISH_URL"):
        call_command("publish_mailboxes")
    call_command("publish_mailboxes", dry_run=True)
