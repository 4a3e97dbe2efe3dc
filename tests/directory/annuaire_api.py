"""A local Annuaire Santé API: the documented shapes (annuaire.md §3) over a real socket, and the faults it is told to have.

Refuses what the real one refuses: a wrong key, a type or a parameter it does not know, a cursor it did not give.
"""

import json
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

from directory.fhir import systems

KEY = "cle-de-test"
BASE = "/fhir/v2"
TYPES = ("Practitioner", "PractitionerRole", "Device", "Organization", "HealthcareService")
_PARAMETERS = {"_lastUpdated", "_count", "identifier", "active", "_include", "_revinclude"}
_NEW = "2026-11-26T09:00:00.000+01:00"
_FR = "https://hl7.fr/ig/fhir/core/StructureDefinition"
_AS = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition"
_ids = count(1)
type Json = dict[str, object]


def telecom(address: str, kind: str = "PER", *, shape: str = "v2", service: str = "", red: bool = False) -> Json:
    """A mailbox: `v2` as production sends it, `1.2.0` as the guide writes it."""
    told: list[Json] = [
        {"url": "type", "valueCodeableConcept": {"coding": [{"system": systems.MAILBOX_TYPE, "code": kind}]}},
        {"url": "listeRouge", "valueBoolean": red},
    ]
    if service:
        told.append({"url": "service", "valueString": service})
    if shape == "v2":
        told.append({"url": "digitization", "valueBoolean": True})
    extensions: list[Json] = [
        {"url": systems.EMAIL_TYPE, "valueCoding": {"system": systems.MAIL_TYPE, "code": "MSSANTE"}},
        {"url": systems.MAILBOX_METADATA, "extension": told},
    ]
    rank = {} if shape == "v2" else {"rank": 1}
    return {"system": "email", "value": address, **rank, "extension": extensions}


def _identifier(kind: str, system: str, value: str) -> Json:
    coding = {"system": systems.IDENTIFIER_TYPES, "code": kind}
    return {"use": "official", "system": system, "value": value, "type": {"coding": [coding]}}


def _meta(profile: str, updated: str) -> Json:
    return {"versionId": "1", "lastUpdated": updated, "source": "https://annuaire.sante.fr",
            "profile": [f"{_FR}/fr-core-{profile}", f"{_AS}/as-dp-{profile}"]}  # fmt: skip


def practitioner(
    rpps: str, family: str, given: str, *telecoms: Json, profession: str = "10", speciality: str = "",
    active: bool = True, updated: str = _NEW,
) -> Json:  # fmt: skip
    known = {
        "resourceType": "Practitioner", "id": f"003-{next(_ids):07}", "meta": _meta("practitioner", updated),
        "language": "fr", "active": active,
        "identifier": [_identifier("IDNPS", systems.IDNPS, f"8{rpps}"), _identifier("RPPS", systems.RPPS, rpps)],
    }  # fmt: skip
    if not active:
        return known
    codings = [[("TRE_R48-DiplomeEtatFrancais", "DE05"), ("TRE_R14-TypeDiplome", "DE")],
               [("TRE_G15-ProfessionSante", profession), ("TRE_R09-CategorieProfessionnelle", "C")]]  # fmt: skip
    if speciality:
        codings.append([("TRE_R38-SpecialiteOrdinale", speciality), ("TRE_R04-TypeSavoirFaire", "S")])
    qualifications = [
        {"code": {"coding": [{"system": systems.nos(table), "code": code} for table, code in pair]}} for pair in codings
    ]
    name = [{"use": "usual", "prefix": ["MME"], "suffix": ["DR"], "family": family, "given": [given]}]
    return {**known, "name": name, **_told(telecoms), "qualification": qualifications}


def role(who: Json, where: Json | None, *telecoms: Json, active: bool = True, updated: str = _NEW) -> Json:
    known = {
        "resourceType": "PractitionerRole", "id": f"005-{next(_ids):07}", "meta": _meta("practitionerrole", updated),
        "language": "fr", "active": active,
        "identifier": [{"use": "official", "system": systems.RPPS, "value": f"{next(_ids):010}"}],
    }  # fmt: skip
    if not active:
        return known
    organization = {"organization": {"reference": f"Organization/{where['id']}"}} if where else {}
    mode = [{"coding": [{"system": systems.MODE, "code": "L"}]}]
    return {**known, "practitioner": {"reference": f"Practitioner/{who['id']}"}, **organization, "code": mode,
            **_told(telecoms)}  # fmt: skip


def organization(finess: str, name: str, *telecoms: Json, active: bool = True, updated: str = _NEW) -> Json:
    known = {
        "resourceType": "Organization", "id": f"001-{next(_ids):07}", "meta": _meta("organization", updated),
        "language": "fr", "active": active, "name": name,
        "identifier": [_identifier("IDNST", systems.IDNST, f"1{finess}"), _identifier("FINEG", systems.FINESS, finess)],
    }  # fmt: skip
    if not active:
        return known
    adxp = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
    parts = [("houseNumber", "12"), ("streetNameType", "RUE"), ("streetNameBase", "DU MODELE")]
    insee = {"system": systems.nos("TRE_R13-Commune"), "code": "75112"}
    address = {
        "city": "PARIS CEDEX 12", "postalCode": "75012", "line": ["12 RUE DU MODELE, 75012 PARIS"],
        "_line": [{"extension": [{"url": adxp + part, "valueString": value} for part, value in parts]}],
        "extension": [{"url": f"{_FR}/fr-core-address-insee-code", "valueCoding": insee}],
    }  # fmt: skip
    ordinary: list[Json] = [{"system": "phone", "value": "0199000001", "rank": 1},
                            {"system": "email", "value": "accueil@ordinaire.example"}]  # fmt: skip
    return {**known, **_told([*ordinary, *telecoms]), "address": [address]}


def _told(telecoms: object) -> Json:
    return {"telecom": list(telecoms)} if telecoms else {}  # type: ignore[call-overload]


def outcome(diagnostics: str, code: str = "processing") -> Json:
    issue = {"severity": "error", "code": code, "diagnostics": diagnostics}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


type Fault = Callable[["Handler"], None]


def status(code: int, retry_after: str = "") -> Fault:
    def answer(handler: "Handler") -> None:
        handler.say(code, outcome("wait", "throttled"), {"Retry-After": retry_after} if retry_after else {})

    return answer


def body(content: bytes, promised: int | None = None, headers: dict[str, str] | None = None) -> Fault:
    """200 with these bytes; `promised` in Content-Length."""
    return lambda handler: handler.send(
        200, content, {"Content-Length": str(promised or len(content)), **(headers or {})}
    )


def never(over: Event) -> Fault:
    """No answer until the test is over."""
    return lambda handler: (over.wait(30), None)[1]


def dripping(over: Event) -> Fault:
    """A header byte now and then: no single wait is long."""

    def answer(handler: "Handler") -> None:
        while not over.wait(0.05):
            try:
                handler.wfile.write(b"H")
            except OSError:
                return

    return answer


class Annuaire:
    """What the server holds, what it was asked, the faults it will have, one a call."""

    def __init__(self) -> None:
        self.resources: list[Json] = []
        self.faults: deque[Fault] = deque()
        self.asked: list[str] = []
        self.over = Event()
        self.base = ""
        self.next_of: Callable[[str], str] = lambda url: url  # what stands in the next link
        self.cursors: dict[str, tuple[str, list[Json], list[tuple[str, str]]]] = {}

    def hold(self, *resources: Json) -> None:
        self.resources += resources

    def bundle(self, kind: str, found: list[Json], asked: list[tuple[str, str]]) -> Json:
        """A page, with what its own resources include."""
        size = int(dict(asked).get("_count", "50"))
        shown, rest, more = found[:size], found[size:], self._more(found[:size], asked)
        entries = [self._entry(one, "match") for one in shown] + [self._entry(one, "include") for one in more]
        links = [{"relation": "self", "url": f"{self.base}/{kind}"}]
        if rest:
            cursor = uuid4().hex * 4
            self.cursors[cursor] = (kind, rest, asked)
            links.insert(0, {"relation": "next", "url": self.next_of(f"{self.base}/_page?id={cursor}")})
        told: Json = {"resourceType": "Bundle", "id": str(uuid4()), "type": "searchset", "link": links}
        return {**told, "entry": entries} if entries else told

    def _entry(self, one: Json, mode: str) -> Json:
        url = f"{self.base}/{one['resourceType']}/{one['id']}"
        return {"fullUrl": url, "resource": one, "search": {"mode": mode}}

    def search(self, kind: str, asked: list[tuple[str, str]]) -> Json:
        found = [one for one in self.resources if one["resourceType"] == kind]
        for name, value in asked:
            if name == "_lastUpdated":
                since = datetime.fromisoformat(value.removeprefix("ge"))
                found = [one for one in found if datetime.fromisoformat(one["meta"]["lastUpdated"]) >= since]  # type: ignore[index]
            elif name == "identifier":
                found = [one for one in found if value in {f"{i['system']}|{i['value']}" for i in one["identifier"]}]  # type: ignore[attr-defined]
            elif name == "active":
                found = [one for one in found if one["active"] is (value == "true")]
        return self.bundle(kind, found, asked)

    def _more(self, found: list[Json], asked: list[tuple[str, str]]) -> list[Json]:
        names = {f"{one['resourceType']}/{one['id']}" for one in found}
        wanted = [value.partition(":")[2] for name, value in asked if name == "_include"]
        pointed = {one[name]["reference"] for one in found for name in wanted if name in one}  # type: ignore[index]
        more = [one for one in self.resources if f"{one['resourceType']}/{one['id']}" in pointed]
        if ("_revinclude", "PractitionerRole:practitioner") in asked:
            more += [one for one in self.resources if one.get("practitioner", {}).get("reference") in names]  # type: ignore[attr-defined]
        return more


class Handler(BaseHTTPRequestHandler):
    api: Annuaire
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.api.asked.append(self.path)
        if self.api.faults:
            self.close_connection = True
            self.api.faults.popleft()(self)
            return
        place = urlsplit(self.path)
        kind = place.path.removeprefix(f"{BASE}/")
        asked = parse_qsl(place.query)
        unknown = [name for name, _ in asked if name.partition(":")[0] not in _PARAMETERS]
        if self.headers["ESANTE-API-KEY"] != KEY:
            self.send(401, b'{"message":"Unauthorized","http_status_code":401}', {})
        elif kind == "_page" and (held := self.api.cursors.get(dict(asked).get("id", ""))):
            self.say(200, self.api.bundle(*held))
        elif kind == "_page":
            self.say(410, outcome("HAPI-0418: the cursor is gone"))
        elif kind not in TYPES:
            known = ", ".join(TYPES)
            self.say(404, outcome(f"HAPI-0302: Unknown resource type '{kind}' - Server knows how to handle: [{known}]"))
        elif unknown:
            self.say(400, outcome(f"Parameter {unknown[0]} not found"))
        else:
            self.say(200, self.api.search(kind, asked))

    def say(self, code: int, told: Json, headers: dict[str, str] | None = None) -> None:
        self.send(code, json.dumps(told, ensure_ascii=False).encode(), headers or {})

    def send(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in {
            "Content-Type": "application/fhir+json",
            "Content-Length": str(len(content)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            """The client had enough of it: that is what is tested."""

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def serve(context: ssl.SSLContext | None = None) -> Iterator[Annuaire]:
    api = Annuaire()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfThis", (Handler,), {"api": api}))
    scheme, host = "http", "127.0.0.1"
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme, host = "https", "localhost"
    server.handle_error = lambda request, address: None  # type: ignore[method-assign]  # a client that goes away
    api.base = f"{scheme}://{host}:{server.server_port}{quote(BASE)}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield api
    finally:
        api.over.set()
        server.shutdown()
        server.server_close()
