"""Invents the country's extraction files, of any size, in the exact published layouts: same seed, same bytes. Pure.

Nobody real: RPPS begin 99 (real ones 10), addresses end in .mssante.example, phones are of the fiction ranges.
`files` writes everything in one pass, `fixed` people given by hand; everybody is made from a number (`people`).
"""

from directory.invent.draws import luhn_closed
from directory.invent.files import Plan, silent, write
from directory.invent.fixed import Office, Person, Place, activity_lines, chosen, mailbox_lines
from directory.invent.headers import ACTIVITY_HEADER, HEADERS, MAILBOX_HEADER

__all__ = (
    "ACTIVITY_HEADER", "HEADERS", "MAILBOX_HEADER", "Office", "Person", "Place", "Plan", "activity_lines", "chosen",
    "luhn_closed", "mailbox_lines", "silent", "write",
)  # fmt: skip
