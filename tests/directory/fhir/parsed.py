"""Is it FHIR? As fhir.resources understands R4B."""

from importlib import import_module
from typing import Any


def is_fhir(told: dict[str, Any]) -> None:
    name = told["resourceType"]
    getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name).model_validate(told)
