"""What the national extraction says of the mailboxes of some domains: for the operator of those domains.

Read through `lookup`. The table is walked once (its index is of whole addresses): for reports and resynchronisation,
never for a page that somebody waits for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from directory.models import DirectoryLoad, Source


@dataclass(frozen=True, slots=True)
class Published:
    """One line of the extraction: an address of one person or structure. The same address may have several."""

    address: str
    kind: str  # PER, ORG, APP, CAB, or what the file says
    rpps: str  # of a person, else ''
    structure: str  # `F`+FINESS, `C`+SIRET, `R`+RPPS and rank, or ''
    service: str
    is_paperless: bool | None
    first_seen: datetime
    vanished_at: datetime | None  # in no extraction since


_OF_DOMAINS = """
SELECT m.address, m.kind, COALESCE(p.rpps, ''), COALESCE(o.key, ''), m.service, m.is_paperless, m.first_seen, m.vanished_at
  FROM directory_mailboxaddress m
  LEFT JOIN directory_practitioner p ON p.id = m.practitioner_id
  LEFT JOIN directory_organization o ON o.id = m.organization_id
 WHERE split_part(m.address, '@', 2) = ANY(%s) AND m.source <> %s
 ORDER BY m.address, m.id
"""


def published(domains: Iterable[str]) -> list[Published]:
    """Every line ever seen of these domains (lower case), by address; those withdrawn since say when."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_DOMAINS, [sorted(set(domains)), Source.OPERATOR.value])
        return [Published(*row) for row in cursor.fetchall()]


def extraction_day() -> datetime | None:
    """The date of the extraction in force; None when none was ever loaded."""
    load = DirectoryLoad.objects.in_force()
    return load.day if load else None
