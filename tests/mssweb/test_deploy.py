"""deploy/ is tried, not only written: units verified, a real nginx in front, roles made by an owner who is nobody's master."""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
import urllib3
import uvicorn
from celery import Celery
from django.core.management import call_command

from mailbox.inbound import wake
from mssweb import embedded
from mssweb.knobs import KNOBS
from tests import stack
from tests.peers import TrustSpace, free_port

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("mssweb*"))
OF_PYTHON = {"PYTHONPATH", "PYTHONUNBUFFERED", "DJANGO_SETTINGS_MODULE"}


def unit(name: str) -> str:
    return (DEPLOY / "systemd" / f"mssweb-{name}.service").read_text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_the_units(tmp_path):
    for file in UNITS:
        (tmp_path / file.name).write_text(file.read_text().replace("/srv/mssweb", str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / file.name for file in UNITS)],
        capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )  # fmt: skip
    faults = [line for line in done.stderr.splitlines() if "mssweb" in line]
    assert faults == []


def test_each_process_holds_what_it_needs_and_no_more():
    held = {
        name: set(re.findall(r"LoadCredential=([\w.]+):", unit(name)))
        for name in ("web", "smtpd", "worker", "beat", "backup", "cps")
    }
    assert held == {
        "web": {"SECRET_KEY", "MASTER_KEYS", "REDIS_URL", "TWILIO_AUTH_TOKEN"},  # the last: reports are signed with it
        "smtpd": {"operator.key", "REDIS_URL"},
        "worker": {"SECRET_KEY", "MASTER_KEYS", "AUDIT_KEYS", "operator.key", "TWILIO_AUTH_TOKEN", "REDIS_URL"},
        "beat": {"SECRET_KEY", "REDIS_URL"},
        "cps": {"CPS_EDGE_SECRET", "cps.key"},
        "backup": set(),  # what it reads stays sealed, and what it writes is sealed to a key that no machine holds
    }
    users = [re.search(r"User=(.+)", unit(name))[1] for name in (*held, "settle")]
    assert len(set(users)) == len(users)
    made = (DEPLOY / "systemd" / "sysusers.conf").read_text()
    assert all(f"\nu {user} " in made for user in users if user != "mssweb-settle")


def test_the_receiver_reaches_neither_the_socket_of_the_pages_nor_the_password_of_the_others():
    groups = {
        name: re.findall(r"\n(?:Supplementary)?Groups?=(.+)", unit(name)) for name in ("web", "smtpd", "worker", "beat")
    }
    assert groups == {"web": ["mssweb-edge", "mssweb"], "smtpd": ["mssweb"], "worker": ["mssweb"], "beat": ["mssweb"]}
    assert "RuntimeDirectoryMode=0750" in unit("web")
    assert re.findall(r"m (\S+) +mssweb-edge", (DEPLOY / "systemd" / "sysusers.conf").read_text()) == ["mssweb-web"]
    assert "REDIS_URL:/etc/mssweb/secrets/REDIS_URL.smtpd\n" in unit("smtpd")


@pytest.fixture
def valkey(tmp_path):
    """The configuration of deploy/ on a real server: how each of two users reaches it."""
    run = embedded.socket_dir(tmp_path)  # the path of a socket has 107 bytes
    run.mkdir(mode=0o700)
    text = (DEPLOY / "valkey" / "mssweb.conf").read_text().replace("/run/valkey", str(run))
    for name in ("MSSWEB", "SMTPD"):
        text = text.replace(f"DIGEST_OF_{name}", hashlib.sha256(name.encode()).hexdigest())
    (tmp_path / "valkey.conf").write_text(text)
    command = [embedded.valkey_binary(), tmp_path / "valkey.conf", "--dir", tmp_path]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    socket = run / "valkey.sock"
    stack.wait_until(socket.exists, seconds=10, step=0.05)
    yield {name: f"unix://{name}:{name.upper()}@{socket}" for name in ("mssweb", "smtpd")} | {"": f"unix://{socket}"}
    server.terminate()
    server.wait(10)
    embedded.close(tmp_path)


@pytest.mark.wire
def test_the_receiver_rings_and_does_nothing_else_at_valkey(valkey, monkeypatch):
    ringing = Celery("receiver", broker=valkey["smtpd"].replace("unix://", "redis+socket://"))
    monkeypatch.setattr(wake, "app", ringing)
    wake._send()
    with redis.Redis.from_url(valkey["mssweb"]) as others, redis.Redis.from_url(valkey["smtpd"]) as receiver:
        assert others.llen("celery") == 1
        for act in (
            lambda: receiver.lrange("celery", 0, -1), lambda: receiver.brpop("celery"), receiver.keys,
            lambda: receiver.get("unacked"), lambda: receiver.lpush("reply.celery.pidbox", "x"), receiver.flushall,
            lambda: receiver.publish("user:x", "end"), lambda: receiver.execute_command("SUBSCRIBE", "mailbox:x"),
        ):  # fmt: skip
            with pytest.raises(redis.exceptions.NoPermissionError):
                act()
        with pytest.raises(redis.exceptions.NoPermissionError):
            others.config_set("dir", "/tmp")
    with redis.Redis.from_url(valkey[""]) as nobody, pytest.raises(redis.exceptions.AuthenticationError):
        nobody.ping()
    ringing.close()


def test_no_file_of_deploy_holds_a_secret():
    for file in (DEPLOY / "env").iterdir():
        for line in file.read_text().splitlines():
            name, _, value = line.partition("=")
            assert line.startswith("#") or not re.search("KEY|TOKEN|SECRET|PASSWORD", name) or value == "", line


def test_every_name_that_deploy_sets_is_read_by_the_settings():
    read = set(re.findall(r'(?:env|flag|number|secret)\("(\w+)"', (ROOT / "mssweb" / "settings.py").read_text()))
    read |= KNOBS  # those of an account
    given = {
        line.partition("=")[0]
        for file in (DEPLOY / "env").iterdir()
        for line in file.read_text().splitlines()
        if line and not line.startswith("#")
    }
    given |= set(re.findall(r"(?:Environment=| )([A-Z_]{4,})=", "".join(file.read_text() for file in UNITS)))
    assert {name.removesuffix("_FILE") if name not in read else name for name in given} - OF_PYTHON - read == set()


def test_every_command_of_the_units_exists():
    commands = re.findall(r"manage\.py (\w+)", "".join(file.read_text() for file in UNITS))
    assert set(commands) == {"smtpd", "settle", "backup", "cps"}
    assert all(list(ROOT.glob(f"*/management/commands/{name}.py")) for name in commands)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_an_owner_who_is_no_superuser_migrates_and_gives_each_role_its_rights():
    """roles.sql on the engine of the tests, where the narrow roles exist already: only the owner's name changes."""
    home = Path(os.environ["MSSWEB_HOME"])
    call_command("grant_roles")
    text = (DEPLOY / "postgresql" / "roles.sql").read_text()
    text = "\n".join(line for line in text.splitlines() if not line.startswith("CREATE ROLE mssweb_"))
    name = f"officine_{os.getpid()}"
    with psycopg.connect(embedded.postgres_dsn(home, "", "postgres"), autocommit=True) as server:
        for statement in re.sub(r"\bmssweb\b", name, re.sub("--.*", "", text)).split(";"):
            if statement.strip():
                server.execute(statement)
        try:
            given = {**os.environ, "PROCESS": "manage", "DATABASE_URL": embedded.postgres_dsn(home, name, name)}
            for command in ("migrate", "grant_roles"):
                subprocess.run([sys.executable, "manage.py", command, "-v", "0"], cwd=ROOT, env=given, check=True)
            with psycopg.connect(embedded.postgres_dsn(home, "mssweb_smtpd", name)) as smtpd:
                assert smtpd.execute("SELECT count(*) FROM mailbox_edition").fetchone() == (0,)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    smtpd.execute("SELECT box FROM mailbox_arrival")
            with psycopg.connect(embedded.postgres_dsn(home, "mssweb_worker", name)) as worker:
                worker.execute("SET ROLE mssweb_keeper")
                assert worker.execute("SELECT count(*) FROM audit_link").fetchone() == (0,)
            with (
                psycopg.connect(embedded.postgres_dsn(home, "mssweb_web", name)) as web,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                web.execute("SET ROLE mssweb_keeper")
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {name}")


async def told(scope, receive, send):
    """An application that says what it was told of the client, then whatever it received; /evenements/ never ends."""
    received, more = 0, True
    while more:
        message = await receive()
        received, more = received + len(message.get("body", b"")), message.get("more_body", False)
    headers = {key.decode(): value.decode() for key, value in scope["headers"]}
    client = (scope.get("client") or ("",))[0]
    text = f"{scope['scheme']} {client} {headers['host']} {received}"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
    await asyncio.sleep(5 if scope["path"] == "/evenements/" else 0)
    await send({"type": "http.response.body", "body": b"."})


@contextmanager
def uvicorn_at(path: Path):
    """As the unit starts it: behind a socket, believing who forwards."""
    config = uvicorn.Config(
        told, uds=str(path), proxy_headers=True, forwarded_allow_ips="*", log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield
    server.should_exit = server.force_exit = True
    thread.join(5)


@pytest.fixture
def edge(tmp_path):
    """Our nginx configuration on a port and in a folder of the test; returns its address and the authority's file."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not nginx:
        pytest.skip("nginx is not installed")
    space, port = TrustSpace(tmp_path), free_port()
    text = (DEPLOY / "nginx" / "mssweb.conf").read_text()
    moved = {
        "/etc/nginx/mssweb-proxy.conf": str(DEPLOY / "nginx" / "mssweb-proxy.conf"),
        "/run/mssweb-web/web.sock": str(tmp_path / "web.sock"),
        "/etc/mssweb/web.pem": space.ours.certificate, "/etc/mssweb/secrets/web.key": space.ours.key,
        "mss.example.org": "localhost", "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
    }  # fmt: skip
    for old, new in moved.items():
        assert old in text
        text = text.replace(old, new)
    text = re.sub(r"\n *listen \[::\]:.*", "", text)
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.getuid() == 0 else ""  # the folders of a test are its owner's alone
    main = f"{user} daemon off; pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {temporary} {text} }}"
    (tmp_path / "nginx.conf").write_text(main)
    with uvicorn_at(tmp_path / "web.sock"):
        (tmp_path / "web.sock").chmod(0o777)
        server = subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf", "-p", tmp_path, "-e", "stderr"])
        yield f"https://localhost:{port}", space.ca
        server.terminate()
        server.wait(10)


@pytest.mark.wire
def test_the_edge_tells_the_pages_who_asks_and_believes_no_client(edge):
    url, authority = edge
    browser = urllib3.PoolManager(
        ca_certs=str(authority), assert_hostname=False, retries=urllib3.Retry(10, backoff_factor=0.05, backoff_max=0.2)
    )
    lies = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Host": "localhost"}
    assert browser.request("GET", f"{url}/", headers=lies).data == b"https 127.0.0.1 localhost 0."
    letter = b"x" * (36 * 1024 * 1024)
    assert browser.request("POST", f"{url}/", body=letter).data == b"https 127.0.0.1 localhost %d." % len(letter)
    refused = browser.request("POST", f"{url}/", body=letter + letter[: 8 * 1024 * 1024])
    assert (refused.status, "Rien n’a été transmis" in refused.data.decode()) == (413, True)
    assert refused.headers["Content-Type"] == "text/html; charset=utf-8"
    with browser.request("GET", f"{url}/evenements/", preload_content=False, timeout=2) as stream:
        assert stream.read1().startswith(b"https"), "an event is not held back"
