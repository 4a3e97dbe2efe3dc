"""Nothing a person wrote or searched lies in clear in any file of MSSWEB_HOME: tables, log of the engine, Valkey's, logs."""

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import uuid4

import psycopg
import pytest
import requests

from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mssweb import embedded
from tests import stack

pytestmark = [pytest.mark.kill, pytest.mark.timeout(120)]
SENDER = "inconnue@hopital.mssante.example"  # of nobody in the annuaire, whose name would be shown instead
FIELDS = ("subject", "name", "body", "attachment", "filename", "draft", "draftfile", "search")
LETTERS = "bcdfghjklmnpqrstvwxz"
MARK = "".join(Random("canary").choices(LETTERS, k=12))  # within each word: where it is not, none of them is
WORDS = {field: "{1}{2}{0}{3}{4}".format(MARK, *Random(field).choices(LETTERS, k=4)) for field in FIELDS}


def forms(word: str) -> list[bytes]:
    """As it could lie on a disk: UTF-8, UTF-16, base64 at each alignment."""
    data = word.encode()
    encoded = [b64encode(b"\0" * shift + data)[4:-4] for shift in range(3)]
    return [data, data.upper(), word.encode("utf-16-le"), *encoded]


def test_each_form_of_each_word_holds_a_form_of_the_mark():
    for word in WORDS.values():
        assert all(any(mark in form for mark in forms(MARK)) for form in forms(word)), word
    assert len(set(WORDS.values())) == len(FIELDS)
    assert min(map(len, forms(MARK))) >= 8


def keep_as_written(product: stack.Stack) -> None:
    """Nothing is compressed, neither in the tables nor in their log (see `product`): a word that is there is found."""
    with database(product) as owner:
        compressed = owner.execute(
            "SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid"
            " WHERE relkind = 'r' AND attstorage = 'x' AND NOT attisdropped AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        assert len(compressed) > 20
        for table, column in compressed:
            owner.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STORAGE EXTERNAL')


def database(product: stack.Stack) -> psycopg.Connection:
    return psycopg.connect(embedded.postgres_dsn(product.home), autocommit=True)


def files(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file of a home; root's tables may lie behind a link (see embedded)."""
    for top in (home, (home / "postgres").resolve()):
        for path in top.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(top), path.read_bytes()


class Browser(requests.Session):
    """A person at the pages, without scripts."""

    def __init__(self, product: stack.Stack) -> None:
        super().__init__()
        self.product = product

    def at(self, path: str, data: dict[str, str] | None = None, **given: object) -> str:
        url = f"{self.product.base_url}{path}"
        if data is None:
            answer = self.get(url, timeout=10)
        else:
            token = {"csrfmiddlewaretoken": next((c.value for c in self.cookies if "csrf" in c.name), "")}
            answer = self.post(url, data | token, timeout=10, **given)
        answer.raise_for_status()
        return answer.text

    def sign_in(self, user: dict[str, str]) -> None:
        before = len(self.product.texts(user["phone"]))
        self.at("/connexion/")
        self.at("/connexion/", {"login": user["login"], "password": user["password"]})
        stack.wait_until(lambda: len(self.product.texts(user["phone"])) > before, seconds=20)
        code = re.search(r"\d{6}", self.product.texts(user["phone"])[-1])[0]
        assert "/inbox/" in self.at("/connexion/code/", {"code": code})


def receive(product: stack.Stack, address: str) -> None:
    raw = compose(
        Outgoing(
            from_=Address(WORDS["name"], SENDER), to=(Address("", address),),
            subject=WORDS["subject"], text=f"Bonjour {WORDS['body']}.", message_id="canari@hopital.mssante.example",
            files=(OutgoingFile(f"{WORDS['filename']}.txt", "text/plain", WORDS["attachment"].encode()),),
            date=datetime.now(UTC),
        )
    )  # fmt: skip
    with product.peer() as peer:
        peer.sendmail(SENDER, [address], raw)


def read_search_and_write(browser: Browser, box: str) -> None:
    """What each canary is for whoever may see it: the test is not vacuous."""
    found = f"/b/{box}/recherche/"
    stack.wait_until(lambda: WORDS["subject"] in browser.at(found, {"q": WORDS["body"]}), seconds=30, step=0.5)
    thread = re.search(rf"/b/{box}/fil/[\w-]+/", browser.at(found, {"q": WORDS["filename"]}))[0]
    shown = browser.at(thread)
    assert [field for field in ("subject", "name", "filename") if WORDS[field] not in shown] == []
    assert WORDS["attachment"] in browser.at(re.search(rf"/b/{box}/message/[\w-]+/piece/[\w.]+/", shown)[0])
    assert "Aucun message ne répond" in browser.at(found, {"q": WORDS["search"]})
    browser.at("/annuaire/", {"q": WORDS["search"]})
    draft = f"/b/{box}/brouillon/{uuid4()}/"
    text = dict.fromkeys(("to", "cc", "bcc", "subject", "text"), WORDS["draft"])
    joined = {"files": (f"{WORDS['draftfile']}.txt", WORDS["draftfile"].encode() * 200_000, "text/plain")}
    browser.at(draft, {**text, "version": "0", "kind": "new", "action": "save"}, files=joined)
    again = browser.at(draft)
    assert WORDS["draft"] in again and WORDS["draftfile"] in again


def test_no_canary_in_any_file_and_every_canary_through_the_key(product):
    anne = next(user for user in product.demo["users"] if user["login"].startswith("anne"))
    address = anne["mailboxes"][0]
    keep_as_written(product)
    receive(product, address)
    with database(product) as owner:
        [box] = owner.execute("SELECT id::text FROM mailbox_mailbox WHERE address = %s", [address]).fetchone()
        browser = Browser(product)
        browser.sign_in(anne)
        read_search_and_write(browser, box)
        browser.at("/connexion/", {"login": WORDS["search"], "q": WORDS["search"]})
        owner.execute("CHECKPOINT")
    seen, found, marks = set(), set(), forms(MARK)
    for path, content in files(product.home):
        seen |= {path.parts[0]} if anne["login"].encode() in content else set()
        if any(mark in content for mark in marks):
            found |= {(path, field) for field, word in WORDS.items() if any(form in content for form in forms(word))}
    assert {"base", "pg_wal"} <= seen, "the tables and their log are among the files, and are read as they are"
    assert found == set()
