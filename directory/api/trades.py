"""Codes of professions, categories and savoir-faire -> the qualifications of the directory that bear them.

There are some thousands, read once a load by each process.
"""

from functools import lru_cache

from django.db import connection

from directory.fhir import systems
from directory.fhir.query import Criterion, token
from directory.models import DirectoryLoad, Qualification

_RARE = 3000  # lines of activities and of savoir-faire
_HOW_MANY = """
SELECT count(*) FROM (SELECT FROM directory_practitionerrole WHERE qualification_id = ANY(%s::bigint[]) LIMIT %s::bigint) found
"""

type _Codes = tuple[int, str, str, str]  # row, category, profession, savoir-faire


def asked(criterion: Criterion) -> list[int]:
    """The qualifications that some value of the criterion is of."""
    wanted = [token(value) for value in criterion.values]
    return [codes[0] for codes in _known(_load()) if any(_is(codes, system, code) for system, code in wanted)]


def is_rare(qualifications: list[int]) -> bool:
    """Fewer exercise them than there are places in a large town."""
    with connection.cursor() as cursor:
        cursor.execute(_HOW_MANY, [qualifications, _RARE + 1])
        return int(cursor.fetchone()[0]) <= _RARE


def _is(codes: _Codes, system: str | None, code: str) -> bool:
    """An empty code: any of that system."""
    _, category, profession, skill = codes
    of_skill = systems.skill(skill)
    held = {systems.CATEGORY: category, systems.PROFESSION: profession, systems.SKILL_TYPE: of_skill[1]}
    if system is None:
        return code in {category, profession, skill, *(sort for sort in of_skill[1:] if sort)}
    found = skill if system and system == of_skill[0] else held.get(system, "")
    return bool(found) and code in {"", found}


def _load() -> int | None:
    done = DirectoryLoad.objects.filter(state=DirectoryLoad.State.DONE).order_by("-pk")
    return done.values_list("pk", flat=True).first()


@lru_cache(maxsize=2)
def _known(of_load: int | None) -> list[_Codes]:
    return list(Qualification.objects.values_list("pk", "category_code", "profession_code", "speciality_code"))
