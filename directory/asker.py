"""Who searches, as far as an answer depends on it: where their pharmacy is, and whom it already writes with.

The directory knows no mailbox: settings.DIRECTORY_ASKER names the function that tells, from a request.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from directory import geography
from directory.fold import fold, key, town_keys


@dataclass(frozen=True, slots=True)
class Asker:
    """`town` and `department` of the structure that asks; `known` people and structures (their row numbers)."""

    town: str = ""
    department: str = ""
    known: tuple[int, ...] = ()

    @property
    def commune(self) -> geography.Commune | None:
        """The commune of that name, in that department when it is told."""
        found = geography.by_key(key(fold(self.town).split()))
        inside = [one for one in found if one.department == self.department]
        return next(iter(inside or found), None)

    @property
    def near(self) -> tuple[str, ...]:
        """Departments, the nearest first."""
        here = self.commune
        return geography.departments_from(here.code) if here else ()

    def within(self, km: int) -> tuple[Collection[str], Collection[str]]:
        """Keys of towns and codes of departments within that distance; of nowhere, nothing is near."""
        here = self.commune
        if here is None:
            return (), ()
        found = geography.near(here, km)
        return tuple({name for one in found.communes for name in town_keys(one.name)}), found.departments


NOBODY = Asker()


def asker(request: HttpRequest) -> Asker:
    return _told()(request)


@cache
def _told() -> Callable[[HttpRequest], Asker]:
    found: Callable[[HttpRequest], Asker] = import_string(settings.DIRECTORY_ASKER)
    return found
