"""Log lines without content: a traceback says where and of what type, never the words of an exception (design §4.7).

Django puts a template's whole context, a database driver the values of a statement, into the text of what they raise.
"""

import logging
import traceback
from types import TracebackType

type _Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutContent(logging.Formatter):
    def formatException(self, ei: _Raised) -> str:
        """Frames and types of the exception and of its causes."""
        lines: list[str] = []
        error = ei[1]
        while error is not None:
            frames = traceback.format_tb(error.__traceback__)
            lines = [*frames, f"{type(error).__module__}.{type(error).__qualname__}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()
