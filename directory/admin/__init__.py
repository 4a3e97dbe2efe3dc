"""What administrators see of the directory, and what they may set right in it."""

from directory.admin import corrections, loads
from directory.api.admin import ApiProgramAdmin  # registers itself

__all__ = ["ApiProgramAdmin", "corrections", "loads"]
