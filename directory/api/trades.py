"""Codes of professions, categories and savoir-faire -> the qualifications of the directory that bear them.

There are some thousands, read once a load by each process.
"""

from functools import lru_cache

from directory.fhir import systems
from directory.fhir.query import Criterion, token
from directory.models import DirectoryLoad, Qualification

type _Codes = tuple[int, str, str, str]  # row, category, profession, savoir-faire


def asked(criterion: Criterion) -> list[int]:
    """The qualifications that some value of the criterion is of."""
    wanted = [token(value) for value in criterion.values]
    return [codes[0] for codes in _known(_load()) if any(_is(codes, system, code) for system, code in wanted)]


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
