"""Our certificate for the trust space, as it lies on disk now: a renewed one is taken up by processes that run.

Both directions hold one: the receiver, and the worker that sends. What is done with the context is theirs.
"""

import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)


class OwnCertificate:
    """`build` makes a TLS context of certificate, key and authorities (their files)."""

    def __init__(self, build: Callable[[str, str, str], ssl.SSLContext]) -> None:
        self._build = build
        self._stamps: list[tuple[str, int]] = []
        self._context: ssl.SSLContext | None = None
        self._fault = ""

    def look(self) -> ssl.SSLContext:
        """Of the files as they are; OSError when one is not there or does not fit the others."""
        files = (settings.TLS_CERTIFICATE, settings.TLS_KEY, settings.TRUST_CA)
        stamps = [(file, Path(file).stat().st_mtime_ns) for file in files]
        if self._context is None or stamps != self._stamps:
            self._context, self._stamps = self._build(*files), stamps
        return self._context

    def serving(self) -> ssl.SSLContext | None:
        """As `look`, or the last good one while the files do not fit each other; None when there never was one.

        A fault is told once: under systemd the key is a copy, and fits its new certificate at the next start only.
        """
        fault = ""
        try:
            self.look()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            fault = type(error).__name__
        if fault and fault != self._fault:
            log.error(
                "certificate not taken up, %s: %s",
                "the last good one serves" if self._context else "there is none",
                fault,
            )
        self._fault = fault
        return self._context
