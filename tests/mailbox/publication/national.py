"""The national directory as the draft describes it: resources in memory, conditional PATCH, its answers and its faults.

Strict on purpose: bodies and resources are validated as FHIR, an address twice is taken without a word unless `newer`
(the draft's later branch refuses it: 422), and what it answers is what it holds.
"""

import copy
import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from directory.fhir import systems
from tests.directory.fhir.parsed import model

KEY = "0b5c7c2e-cle-de-test"
FHIR = "application/fhir+json"
_TELECOM = re.compile(r"(\w+)\.telecom(?:\.where\(value = '((?:[^'\\]|\\.)*)'\))?")
_ADDRESS = re.compile(r"[^@\s]+@([^@\s]+\.mssante\.fr|interop-mssante\.apicrypt\.org)")
_TYPES = {"PER": "Practitioner", "ORG": "Organization", "APP": "Organization"}


class Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words


class National(ThreadingHTTPServer):
    """`faults` are answered before anything else, one each: a status, or what happens to the answer (see `_fault`)."""

    daemon_threads = True

    def __init__(self, certificate: str, key: str) -> None:
        for name in ("Parameters", "Practitioner", "Organization"):
            model(name)  # before anybody waits for an answer
        super().__init__(("127.0.0.1", 0), Answering)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.resources: list[dict] = []
        self.calls: list[tuple[str, str, object]] = []
        self.faults: list[tuple[str, object]] = []
        self.newer, self.hides_applications, self.says_nothing = False, False, False
        self.lock, self.let_go = threading.Lock(), threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}/mss"

    def person(self, rpps: str, **more: object) -> dict:
        return self._hold("Practitioner", [(systems.IDNPS, f"8{rpps}"), (systems.RPPS, rpps)], more)

    def place(self, finess: str = "", siret: str = "", **more: object) -> dict:
        idnst = f"1{finess}" if finess else f"3{siret}"
        known = [(systems.IDNST, idnst)] + ([(systems.FINESS, finess)] if finess else [])
        return self._hold("Organization", known, {"name": "PHARMACIE", **more})

    def _hold(self, kind: str, identifiers: list[tuple[str, str]], more: dict) -> dict:
        known = [{"system": system, "value": value} for system, value in identifiers]
        made = {"resourceType": kind, "id": f"x-{len(self.resources)}", "active": True, "identifier": known, **more}
        self.resources.append(made)
        return made

    @property
    def sent(self) -> list[str]:
        """The type of each PATCH, in order."""
        return [body["parameter"][0]["part"][0]["valueCode"] for method, _, body in self.calls if method == "PATCH"]

    def addresses(self, resource: dict) -> list[str]:
        return [point["value"] for point in resource.get("telecom", [])]

    def close(self) -> None:
        self.let_go.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address) -> None:
        """A client that leaves is meant."""

    # --- what is asked ------------------------------------------------------------------------------------------
    def found(self, kind: str, identifier: str) -> list[dict]:
        system, _, value = identifier.partition("|")
        wanted = {"system": system, "value": value}
        return [one for one in self.resources if one["resourceType"] == kind and wanted in one["identifier"]]

    def bundle(self, kind: str, identifier: str) -> dict:
        found = [{"resource": self.shown(one)} for one in self.found(kind, identifier)]
        return {"resourceType": "Bundle", "type": "searchset", **({"entry": found} if found else {})}

    def shown(self, resource: dict) -> dict:
        seen = copy.deepcopy(resource)
        if self.hides_applications:
            seen["telecom"] = [point for point in seen.get("telecom", []) if type_of(point) != "APP"]
        return seen

    def patch(self, kind: str, identifier: str, body: dict) -> dict:
        try:
            model("Parameters").model_validate(body)
        except ValidationError:
            raise Refused(400, "Ce n’est pas un Parameters") from None
        found = self.found(kind, identifier)
        if len(found) != 1:
            raise Refused(412 if found else 404, "0 or 1 match required" if found else "Ressource introuvable")
        made = copy.deepcopy(found[0])
        for operation in body["parameter"]:
            self._apply(made, {part["name"]: part for part in operation["part"]})
        if not made.get("telecom"):
            made.pop("telecom", None)  # FHIR has no empty list
        model(kind).model_validate(made)
        found[0].clear()
        found[0].update(made)
        return found[0]

    def _apply(self, resource: dict, parts: dict) -> None:
        path = _TELECOM.fullmatch(parts["path"]["valueString"])
        if not path or path[1] != resource["resourceType"]:
            raise Refused(400, "Chemin FHIRPath non pris en charge")
        points, act = resource.setdefault("telecom", []), parts["type"]["valueCode"]
        if act == "insert" and path[2] is None:
            self._insert(resource, points, parts["value"]["valueContactPoint"], parts["index"]["valueInteger"])
            return
        address = re.sub(r"\\(.)", r"\1", path[2] or "")
        at = [number for number, point in enumerate(points) if point["value"] == address]
        if act == "delete" and len(at) <= 1:  # R4: what is not there is no error
            for number in at:
                del points[number]
        elif act == "replace" and len(at) == 1:
            self._replace(resource, points, at[0], parts["value"]["valueContactPoint"])
        else:
            raise Refused(400, f"Le chemin désigne {len(at)} éléments")

    def _insert(self, resource: dict, points: list, point: dict, index: int) -> None:
        judge(resource, point)
        if self.newer and point["value"] in [one["value"] for one in points]:
            raise Refused(422, f"L'adresse mail {point['value']} existe déjà pour le professionnel")
        points.insert(index, point)

    def _replace(self, resource: dict, points: list, at: int, point: dict) -> None:
        judge(resource, point)
        if (point["value"], type_of(point)) != (points[at]["value"], type_of(points[at])):
            raise Refused(400, "L'adresse et le type ne sont pas modifiables")
        points[at] = point


def metadata(point: dict) -> dict[str, object]:
    """The attributes of a mailbox, by name."""
    [found] = [one["extension"] for one in point["extension"] if one["url"] == systems.MAILBOX_METADATA]
    return {one["url"]: next(value for name, value in one.items() if name.startswith("value")) for one in found}


def type_of(point: dict) -> str:
    return metadata(point)["type"]["coding"][0]["code"]


def judge(resource: dict, point: dict) -> None:
    """As the AS Mailbox MSS profile: emailType MSSANTE once, the type in TRE_R257, strings and booleans where due."""
    email_types = [one["valueCoding"] for one in point["extension"] if one["url"] == systems.EMAIL_TYPE]
    said = metadata(point)
    coding = said.get("type", {}).get("coding", [{}])[0] if isinstance(said.get("type"), dict) else {}
    if (
        email_types != [{"system": systems.MAIL_TYPE, "code": "MSSANTE"}]
        or point["system"] != "email"
        or coding.get("system") != systems.MAILBOX_TYPE
        or _TYPES.get(coding.get("code")) != resource["resourceType"]
        or not _ADDRESS.fullmatch(point["value"])
    ):
        raise Refused(400, "Le ContactPoint n’est pas conforme au profil AS Mailbox MSS")


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: National

    def do_GET(self) -> None:
        self._answer(None)

    def do_PATCH(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: dict | None) -> None:
        url = urlsplit(self.path)
        kind, identifier = url.path.rpartition("/")[2], parse_qs(url.query)["identifier"][0]
        with self.server.lock:
            self.server.calls.append((self.command, f"{kind}?{identifier}", body))
            fault = self._fault()
            if isinstance(fault, int):
                self._say(fault, outcome(f"code {fault} {KEY}"), {"Retry-After": "120"} if fault == 429 else {})
                return
            if isinstance(fault, tuple):
                self._say(*fault)
                return
            try:
                document = self._done(kind, identifier, body)
            except Refused as refused:
                self._say(refused.status, outcome(refused.words))
                return
        if fault == "late":
            self.server.let_go.wait()
        if fault == "lost":
            self.close_connection = True
        elif self.server.says_nothing and body is not None:
            self._say(200, None)
        else:
            self._say(200, document)

    def _fault(self) -> object:
        """`late`: done, and answered too late; `lost`: done, and the connection is cut instead of an answer."""
        for number, (method, fault) in enumerate(self.server.faults):
            if method == self.command:
                del self.server.faults[number]
                return fault
        return None

    def _done(self, kind: str, identifier: str, body: dict | None) -> dict:
        if self.headers["ESANTE-API-KEY"] != KEY:
            raise Refused(401, "Authentification requise")
        if body is None:
            return self.server.bundle(kind, identifier)
        if self.headers["Content-Type"] != FHIR:
            raise Refused(400, "application/fhir+json attendu")
        return self.server.shown(self.server.patch(kind, identifier, body))

    def _say(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        said = b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": FHIR, "Content-Length": str(len(said)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None:
        """Tests say what they look at."""


def outcome(words: str) -> dict:
    issue = {"severity": "error", "code": "processing", "details": {"text": words}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
