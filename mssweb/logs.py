"""Log lines without content: a traceback says where and of what type, never the words of an exception (design §4.7).

Django puts a template's whole context, a database driver the values of a statement, into the text of what they raise;
Celery and asyncio repeat it in the message of their line.
"""

import logging
import traceback
from types import TracebackType
from typing import Any

from django.core.exceptions import PermissionDenied

type _Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutContent(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:
        """The message, with the type of the exception in the stead of its words."""
        line, error = super().formatMessage(record), record.exc_info[1] if record.exc_info else None
        said = {repr(error), str(error)} if error else set()
        if isinstance(record.args, dict) and "exc" in record.args:  # Celery's, where it may be a copy of it
            said.add(str(record.args["exc"]))
        for words in sorted(said - {""}, key=len, reverse=True):
            line = line.replace(words, type(error).__name__)
        return line

    def formatException(self, ei: _Raised) -> str:
        """Frames and types of the exception and of its causes."""
        lines: list[str] = []
        error = ei[1]
        if isinstance(error, PermissionDenied):  # an answer of ours, which its line tells: no fault at night
            return ""
        while error is not None:
            frames = traceback.format_tb(error.__traceback__)
            lines = [*frames, f"{type(error).__module__}.{type(error).__qualname__}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()


def logging_of(level: str) -> dict[str, Any]:
    """settings.LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"unwell": {"()": "mssweb.views.SaidByHealthz"}},
        "formatters": {
            "line": {"()": "mssweb.logs.WithoutContent", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["unwell"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "mail.log": {"level": "ERROR"},  # aiosmtpd, of the demonstration's peer, tells each connection
            "uvicorn": {"level": "WARNING", "handlers": [], "propagate": True},  # its own tracebacks have words
        },
    }
