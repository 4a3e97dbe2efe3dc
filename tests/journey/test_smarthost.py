"""A Debian Postfix in front, as deploy/postfix has it: what it lets out, to whom, and who may hand in."""

import re
import shutil
import smtplib
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mailbox import whitelist
from mailbox.management.commands import postfix_policy
from mailbox.outbound import worker
from mailbox.trust import policy
from tests import peers
from tests.journey import postfix
from tests.mailbox.outbound.conftest import DR, Hospital, listening
from tests.stack import wait_until

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
CONFIGURED = peers.ROOT / "deploy" / "postfix"
with_postfix = pytest.mark.skipif(bool(postfix.WHY_NOT), reason=postfix.WHY_NOT)


@contextmanager
def in_front(space: peers.TrustSpace, their_port: int) -> Iterator[tuple[int, Path]]:
    """deploy/postfix itself, its folders and ports moved, and MX replaced by the one host that there is."""
    folder = Path(tempfile.mkdtemp(prefix="mssweb-front-"))
    folder.chmod(0o755)
    for name, owner in (("queue", "root"), ("data", "postfix"), ("pki", "root"), ("maps", "root")):
        (folder / name).mkdir()
        shutil.chown(folder / name, owner)
    call_command("postfix_policy", folder / "maps")
    for name in (
        "transport",
        "tls_policy",
    ):  # a policy is looked up by next hop, which is the domain where there is DNS
        text = (folder / "maps" / name).read_text()
        for domain, host in ((peers.HOSPITAL, "127.0.0.1"), ("perime.mssante.example", "localhost")):
            hop = f"[{host}]:{their_port}"
            text = text.replace(f"{domain}\tsmtp:\n", f"{domain}\tsmtp:{hop}\n").replace(
                f"{domain}\tsecure", f"{hop}\tsecure"
            )
        (folder / "maps" / name).write_text(text)
    held = {
        "operator.pem": space.ours.certificate,
        "secrets/operator.key": space.ours.key,
        "igc-sante.pem": str(space.ca),
    }
    main = (CONFIGURED / "main.cf").read_text()
    for name, path in held.items():
        copy = shutil.copy(path, str(folder / "pki" / Path(name).name))
        main = main.replace(f"/etc/mssweb/{name}", copy)
    main = main.replace("/etc/postfix/mssweb", str(folder / "maps")).replace("/var/log/postfix.log", f"{folder}/log")
    main += f"queue_directory={folder}/queue\ndata_directory={folder}/data\nmaillog_file_prefixes={folder}\nin_flow_delay=0\n"
    main += "smtp_host_lookup=native\n"
    main += "inet_protocols=ipv4\nmail_owner=postfix\nsetgid_group=postdrop\ndaemon_directory=/usr/lib/postfix/sbin\n"
    port = peers.free_port()
    (folder / "main.cf").write_text(main.replace("mx.officine.example.org", "mx." + peers.OURS))
    (folder / "master.cf").write_text(
        (CONFIGURED / "master.cf").read_text().replace("\n10025 ", f"\n127.0.0.1:{port} ")
    )
    command = [str(postfix.POSTFIX), "-c", str(folder)]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=20)
    try:
        yield port, folder / "log"
    finally:
        subprocess.run([*command, "stop"], check=False, capture_output=True, timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


@with_postfix
def test_mail_leaves_through_a_postfix_in_front_to_the_listed_host_and_to_no_other(trust, settings, send):
    hospital = Hospital()
    with listening(trust, hospital, trust.hospital, settings):
        at = int(settings.ROUTES.split()[0].rpartition(":")[2])
        with in_front(trust, at) as (port, log):
            settings.ROUTES, settings.SMARTHOST = "", f"127.0.0.1:{port}"
            settings.SMARTHOST_CA, settings.SMARTHOST_NAME = trust.ours.certificate, "mx." + peers.OURS
            there, wrong = (
                send(DR),
                send("x@perime.mssante.example"),
            )  # the same host, whose name that one's list does not give
            assert worker.send_due(timezone.now()) == 2
            assert {row.state for one in (there, wrong) for row in one.recipients.all()} == {"relayed"}, (
                "into its queue"
            )
            wait_until(lambda: hospital.received and "status=deferred" in log.read_text(), seconds=10, step=0.05)
            assert [to for _, to, _ in hospital.received] == [[DR]]
            said = log.read_text()
            assert re.search(r"Verified TLS connection established to 127\.0\.0\.1", said)
            assert re.search(r"to=<x@perime.mssante.example>.*Server certificate not verified", said)
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as stranger:  # of the trust space, and not us
                context = ssl.create_default_context(cafile=trust.ours.certificate)
                context.check_hostname, context.verify_flags = (
                    False,
                    context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN,
                )
                context.load_cert_chain(trust.hospital.certificate, trust.hospital.key)
                stranger.starttls(context=context)
                stranger.ehlo()
                stranger.mail("x@" + peers.HOSPITAL)
                assert stranger.rcpt(DR)[0] == 554
            settings.SMARTHOST_NAME = "un.autre.example"
            for held in worker._connections.values():
                held.connection.close()
            other = send(DR)
            worker.send_due(timezone.now())
            assert other.recipients.get().reply_enhanced == "4.7.5", "it is the one we named or none"


def test_our_own_decision_holds_before_the_relay_s(trust):
    listed = trust.rows()[0].name
    white_list, limit = whitelist.current().white_list, whitelist.limit()
    assert policy.decide_relayed(white_list, domain=listed, listed_age=limit, limit=limit).passes
    for verdict, reply in (
        (policy.decide_relayed(white_list, domain="x.example", listed_age=limit, limit=limit), policy.PEER_NOT_LISTED),
        (
            policy.decide_relayed(white_list, domain=listed, listed_age=limit * 2, limit=limit),
            policy.OUR_LIST_UNAVAILABLE,
        ),
        (policy.decide_relayed(None, domain=listed, listed_age=limit, limit=limit), policy.OUR_LIST_UNAVAILABLE),
    ):
        assert verdict.reply == reply


def test_the_maps_name_listed_domains_and_hosts_alone_and_close_with_the_list(trust, tmp_path, settings):
    call_command("postfix_policy", tmp_path)
    domains = sorted(row.name for row in trust.rows())
    transport = (tmp_path / "transport").read_text().splitlines()
    assert transport[:-1] == [f"{domain}\tsmtp:" for domain in domains] and transport[-1].startswith("*\terror:5.7.1")
    assert f"{peers.HOSPITAL}\tsecure match=mx.{peers.HOSPITAL} " in (tmp_path / "tls_policy").read_text()
    assert (tmp_path / "authority.pem").read_text().count("BEGIN CERTIFICATE") == 1, "the authority, not its root"
    settings.WHITE_LIST_MAX_AGE_DAYS = -1
    with pytest.raises(CommandError):
        call_command("postfix_policy", tmp_path)
    assert (tmp_path / "transport").read_text().startswith("*\tretry:4.3.0")


@pytest.mark.parametrize(
    "cn", ["nexthop", "hostname", ".mssante.fr", "a b.example", "x.example match=y", "localhost", "1.2.3.4"]
)
def test_a_listed_name_that_is_no_host_is_never_given_to_postfix(cn):
    assert postfix_policy._names([(("CN", cn), ("O", "x"))]) == set()
    assert postfix_policy._names([(("CN", "smtp-1.mss.exemple.fr"),)]) == {"smtp-1.mss.exemple.fr"}
