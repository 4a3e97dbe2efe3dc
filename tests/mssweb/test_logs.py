"""Nothing clinical in a log: neither the words of an exception nor what a person wrote (design §4.7)."""

import ast
import logging
from collections.abc import Iterator
from io import StringIO
from logging.config import dictConfig
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from uvicorn.config import LOGGING_CONFIG

from mssweb.celery import app
from mssweb.logs import WithoutContent
from tests.peers import ROOT

PACKAGES = ("auth_otp", "directory", "mailbox", "mssweb")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def raised() -> BaseException:
    """As a driver and a template engine raise: a cause and a context, each with a word in its text."""
    try:
        try:
            try:
                raise KeyError("canari-un")
            except KeyError:
                raise ValueError("canari-deux")  # noqa: B904  (a context is what is tested)
        except ValueError as error:
            raise RuntimeError("canari-trois") from error
    except RuntimeError as error:
        return error


def test_a_traceback_says_where_and_of_what_type_and_never_the_words():
    error = raised()
    record = logging.LogRecord(
        "x", logging.ERROR, "x", 1, "GET %s", ("/b/1/",), (type(error), error, error.__traceback__)
    )
    text = WithoutContent("%(message)s").format(record)
    assert "GET /b/1/" in text
    for told in ("KeyError", "ValueError", "RuntimeError", "test_logs.py"):
        assert told in text
    # the line of source is ours, written here; the text of an exception comes after its type
    assert [line for line in text.splitlines() if "canari" in line and "raise" not in line] == []


def test_a_refusal_that_is_an_answer_of_ours_has_its_line_and_no_traceback():
    """A 403 by night is no crash."""
    error = PermissionDenied("canari")
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "Forbidden: %s", ("/b/1/",), (type(error), error, None))
    assert WithoutContent("%(message)s").format(record) == "Forbidden: /b/1/"


class Wrapped(Exception):
    """One that no pickle takes: Celery makes a copy of it, of another type."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.kept = lambda: None


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, Wrapped])
def test_a_task_that_fails_says_its_type_and_never_its_words(kind):
    @app.task(name=f"tests.{kind.__name__}")
    def fail() -> None:
        raise kind("canari")  # (source)

    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(WithoutContent("%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        fail.apply()
    finally:
        logging.getLogger().removeHandler(handler)
    assert "raised unexpected: " in out.getvalue()
    assert "test_logs.py" in out.getvalue()
    assert [line for line in out.getvalue().splitlines() if "canari" in line and "(source)" not in line] == []


def test_a_future_that_nobody_awaited_says_its_type_and_never_its_words():
    error = raised()
    told = (type(error), error, error.__traceback__)
    record = logging.LogRecord("asyncio", logging.ERROR, "x", 1, f"never retrieved\nfuture: <{error!r}>", (), told)
    assert WithoutContent("%(message)s").format(record).startswith("never retrieved\nfuture: <RuntimeError>")


def test_every_handler_writes_through_the_formatter_without_content():
    formatters, handlers = settings.LOGGING["formatters"], settings.LOGGING["handlers"]
    assert {formatters[handler["formatter"]]["()"] for handler in handlers.values()} == {"mssweb.logs.WithoutContent"}
    assert settings.LOGGING["root"]["handlers"] == list(handlers)
    assert not settings.DEBUG
    assert not settings.ADMINS, "no page of an error is mailed to anybody"


@pytest.fixture
def served() -> Iterator[None]:
    """The loggers as a web process has them: uvicorn's own first, then ours, as it loads the application."""
    names = [None, *LOGGING_CONFIG["loggers"]]
    before = [(one := logging.getLogger(name), one.level, one.handlers[:], one.propagate) for name in names]
    dictConfig(LOGGING_CONFIG)
    dictConfig(settings.LOGGING)
    yield
    for one, level, handlers, propagate in before:
        one.level, one.handlers[:], one.propagate = level, handlers, propagate


def test_the_server_of_pages_writes_through_it_too(served):
    logger, found = logging.getLogger("uvicorn.error"), []
    assert not logger.isEnabledFor(logging.INFO)
    while logger:
        found += logger.handlers
        logger = logger.parent if logger.propagate else None
    assert [type(one.formatter) for one in found if type(one) is logging.StreamHandler] == [WithoutContent]


def spoken(node: ast.AST, names: set[str]) -> bool:
    """Does this argument hold an exception itself, and not its type or a code of it?"""
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(value=ast.Name()):
            return False
        case ast.Name(id=name):
            return name in names
    return any(spoken(child, names) for child in ast.iter_child_nodes(node))


def wordy(path: Path) -> Iterator[str]:
    """The calls of a module's log that are given an exception to say."""
    tree = ast.parse(path.read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "logger"), attr=level), args=args):
                if level in LEVELS and (level == "exception" or any(spoken(arg, names) for arg in args)):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_line_of_a_log_says_the_words_of_an_exception(package):
    found = [line for path in sorted((ROOT / package).rglob("*.py")) for line in wordy(path)]
    ours = "mailbox/whitelist.py"  # WhiteListError: sentences of ours about a public document
    assert [line for line in found if not line.startswith(ours)] == []
