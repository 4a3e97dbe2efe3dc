"""Refusals of our FHIR server, and the OperationOutcome that says them. Pure. A diagnostic never quotes what was asked."""

from collections.abc import Mapping

from directory.fhir.write import Resource


class Refusal(Exception):
    """Answered as an OperationOutcome: a status of HTTP, a code of FHIR (IssueType), a French sentence, a parameter."""

    def __init__(
        self, status: int, code: str, told: str, *, parameter: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(told)
        self.status, self.code, self.told, self.parameter = status, code, told, parameter
        self.headers = headers or {}

    def resource(self) -> Resource:
        return outcome(self.code, self.told, parameter=self.parameter)


def outcome(code: str, told: str, *, parameter: str = "") -> Resource:
    issue: Resource = {"severity": "error", "code": code, "diagnostics": told}
    if parameter:
        issue["expression"] = [f"http.{parameter}"]  # FHIR R4 §2.46: a parameter of the request
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def unsupported(told: str, parameter: str) -> Refusal:
    """Never silently ignored: what we do not understand would widen the answer."""
    return Refusal(400, "not-supported", told, parameter=parameter)


def invalid(told: str, parameter: str) -> Refusal:
    return Refusal(400, "invalid", told, parameter=parameter)


def costly(told: str, parameter: str) -> Refusal:
    return Refusal(400, "too-costly", told, parameter=parameter)
