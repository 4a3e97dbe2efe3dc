"""Is it FHIR? As fhir.resources understands R4B."""

from importlib import import_module
from typing import Any


def model(name: str) -> Any:
    """Of a resource or a type; loaded when it is asked for, since every worker loads every module of tests."""
    return getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)


def is_fhir(told: dict[str, Any]) -> None:
    model(told["resourceType"]).model_validate(told)
