"""Promises that no single module keeps: what may travel in a task, in an address, in an exception (design §4).

PROMISES.md, beside this file, says which test fails when which promise is broken.
"""

import ast
import inspect
import re
from pathlib import Path

import pytest

from mailbox.outbound.submit import Refused
from mssweb.celery import app
from tests.peers import ROOT
from tests.test_outsider import routes

HERE = Path(__file__).parent
_NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_FORM = re.compile(r"<form\b[^>]*>")


def test_a_task_is_given_ids_and_nothing_else():
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if not name.startswith("celery.")]
    assert len(ours) > 4
    given = {name for task in ours for name in inspect.signature(task.run).parameters}
    assert [name for name in given if not name.endswith("_id")] == []


def test_an_address_holds_ids_and_names_of_shelves_and_nothing_that_is_written():
    """`kind` and `number` are of ours (repondre, 1.2); `folder` is a role or an id;
    `token` the id of a mailbox and a date, signed; `member` and `page` are places in an archive (or a body) and in a document.

    Of /fhir/, which programs ask: the type of a resource, the ids of a person and a structure, and what is not there.
    """
    ours = [route for route in routes() if not route.startswith(("admin/", "static/"))]
    parts = {part for route in ours for part in re.findall(r"<([^>]+)>", route)}
    assert {part for part in parts if not part.startswith(("uuid:", "ref:"))} == {
        "str:folder", "str:number", "str:resource", "str:ref", "str:token", "path:rest", "int:member", "int:page",
        "int:passkey_id",
    }  # fmt: skip


def test_what_is_typed_is_posted():
    forms = [
        (path.name, form) for path in (ROOT / "templates").rglob("*.html") for form in _FORM.findall(path.read_text())
    ]
    assert len(forms) > 10
    assert [name for name, form in forms if 'method="post"' not in form and 'method="dialog"' not in form] == []


def test_what_a_page_asks_by_itself_says_so_and_keeps_no_session_alive():
    asking = [path for path in (ROOT / "static" / "js").glob("*.js") if "fetch(" in path.read_text()]
    assert len(asking) > 2
    assert [path.name for path in asking if '"X-Background": "1"' not in path.read_text()] == []
    polled = [
        path.name
        for path in (ROOT / "templates").rglob("*.html")
        if re.search(r"hx-trigger=\S*every", path.read_text())
    ]
    assert polled == [], "htmx polls without saying so"


def test_a_refusal_counts_and_does_not_tell():
    assert str(Refused({"paul.durand@ailleurs.example": "non", "": "posologie"})) == "2 refused"


def named() -> list[tuple[str, str]]:
    return _NAMED.findall((HERE / "PROMISES.md").read_text())


@pytest.mark.parametrize("file", sorted({file for file, _ in named()}))
def test_every_test_that_the_table_of_promises_names_is_there(file):
    tree = ast.parse((HERE / file).read_text())
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert {name for where, name in named() if where == file} <= there


def test_the_table_has_a_test_in_each_of_its_rows():
    rows = [line for line in (HERE / "PROMISES.md").read_text().splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 40
    assert [row for row in rows if not _NAMED.search(row)] == []
