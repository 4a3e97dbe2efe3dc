"""Nothing a person wrote or searched lies in clear in any file of MSSWEB_HOME: tables, log of the engine, Valkey's, logs."""

from base64 import b64encode
from datetime import UTC, datetime
from random import Random

import psycopg
import pytest
import requests

from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mssweb import embedded
from tests import stack
from tests.peers import free_port

pytestmark = [pytest.mark.kill, pytest.mark.timeout(120)]
FIELDS = ("subject", "name", "body", "attachment", "filename", "draft", "search")


def canary(field: str) -> str:
    """A word that no file holds by chance; letters only, so that the index keeps it whole."""
    return "".join(Random(f"canary {field}").choices("bcdfghjklmnpqrstvwxz", k=20))


def forms(word: str) -> list[bytes]:
    """As it could lie on a disk: UTF-8, UTF-16, base64 at each alignment."""
    data = word.encode()
    encoded = [b64encode(b"\0" * shift + data)[4:-4] for shift in range(3)]
    return [data, data.upper(), word.encode("utf-16-le"), *encoded]


@pytest.fixture
def product(tmp_path):
    product = stack.start(tmp_path / "home", DEMO_PEER_PORT=str(free_port()))
    yield product
    product.remove()


def test_no_canary_in_any_file_and_every_canary_through_the_key(product):
    words = {field: canary(field) for field in FIELDS}
    address = next(u["mailboxes"][0] for u in product.demo["users"] if u["login"].startswith("anne"))
    raw = compose(
        Outgoing(
            from_=Address(words["name"], "dr.lemaire@hopital.mssante.example"), to=(Address("", address),),
            subject=words["subject"], text=f"Bonjour {words['body']}.", message_id="canari@hopital.mssante.example",
            files=(OutgoingFile(f"{words['filename']}.txt", "text/plain", words["attachment"].encode()),),
            date=datetime.now(UTC),
        )
    )  # fmt: skip
    with product.peer() as peer:
        peer.sendmail("dr.lemaire@hopital.mssante.example", [address], raw)
    inside = f"""
from mailbox.models import *
from mailbox import drafts, search, blobs
from mailbox.summary import open_summary
from django.utils import timezone
from uuid import uuid4
box = Mailbox.objects.select_related("key").get(address="{address}")
"""
    count = inside + "print(Message.objects.filter(mailbox=box).count())"
    stack.wait_until(lambda: product.manage(count).split()[-1] == "1", seconds=30, step=0.5)
    told = product.manage(
        inside
        + f"""
member = box.memberships.select_related("mailbox__key").first()
text = drafts.DraftText(to="x@y.example", subject="{words["draft"]}", text="{words["draft"]}")
draft = drafts.save(member, uuid4(), text, version=0, now=timezone.now())
assert drafts.open_text(draft, box).text == "{words["draft"]}"
search.search(box, "{words["search"]}")
message = Message.objects.get(mailbox=box)
summary = open_summary(message, box.keys)
raw = blobs.read(message.blob, box)
found = len(search.search(box, "{words["body"]}").messages)
print(summary.subject, summary.author.display_name, summary.snippet, summary.files[0].filename, found, b"{words["body"]}" in raw)
"""
    )
    for field in ("subject", "name", "body", "filename"):
        assert words[field] in told, "the canaries are there for who holds the key: the test is not vacuous"
    assert told.split()[-2:] == ["1", "True"]
    requests.post(f"{product.base_url}/connexion/", {"login": words["search"], "q": words["search"]}, timeout=10)
    with psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    found = [
        (str(path.relative_to(product.home)), field)
        for path in product.home.rglob("*")
        if path.is_file() and not path.is_symlink()
        for content in [path.read_bytes()]
        for field, word in words.items()
        if any(form in content for form in forms(word))
    ]
    assert found == []
