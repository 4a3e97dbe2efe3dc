"""The directory as last loaded: people, structures, MSSanté addresses, under what each is found, what each load did."""

from directory.models.api_program import ApiKey, ApiProgram
from directory.models.entry import Entry, Word
from directory.models.extraction import Extraction
from directory.models.load import DirectoryLoad, RejectedLine
from directory.models.override import Override
from directory.models.people import (
    MailboxAddress,
    Organization,
    Practitioner,
    PractitionerRole,
    Qualification,
    Source,
)
from directory.models.run import LoadRun

__all__ = [
    "ApiKey", "ApiProgram", "DirectoryLoad", "Entry", "Extraction", "LoadRun", "MailboxAddress", "Organization",
    "Override", "Practitioner", "PractitionerRole", "Qualification", "RejectedLine", "Source", "Word",
]  # fmt: skip
