"""What the API sends becomes values; what the fault server sends is what FHIR R4 says (checked by fhir.resources)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.fhir import read, systems
from tests.directory import annuaire_api as api
from tests.directory.fhir.parsed import model

RPPS = "99900000011"


def page_of(*resources, link: str = "") -> read.Page:
    links = [{"relation": "next", "url": link}] if link else []
    entries = [{"resource": one} for one in resources]
    return read.page(json.dumps({"resourceType": "Bundle", "link": links, "entry": entries}).encode())


def test_the_local_server_sends_what_fhir_r4_says():
    annuaire = api.Annuaire()
    annuaire.base = "https://annuaire.example/fhir/v2"
    anne = api.practitioner(RPPS, "LÉVÊQUE", "Anne", api.telecom("a@x.mssante.example"), speciality="SM04")
    halles = api.organization(
        "750000002", "PHARMACIE DES HALLES", api.telecom("o@x.mssante.example", "ORG", shape="1.2.0")
    )
    closed = [api.practitioner(RPPS, "", "", active=False), api.organization("750000002", "FERMÉE", active=False)]
    annuaire.hold(anne, halles, api.role(anne, halles, api.telecom("r@x.mssante.example")), *closed)
    for kind in ("Practitioner", "PractitionerRole", "Organization"):
        bundle = annuaire.search(kind, [("_count", "1"), ("_include", "PractitionerRole:organization")])
        model("Bundle").model_validate(bundle)
        for entry in bundle["entry"]:
            model(entry["resource"]["resourceType"]).model_validate(entry["resource"])
    model("OperationOutcome").model_validate(api.outcome("Parameter x not found"))


def test_a_person_is_read_with_his_trade_and_not_his_diplomas():
    told = api.practitioner(RPPS, "LÉVÊQUE", "Anne", api.telecom("Anne@X.mssante.example"), speciality="SM04")
    [anne] = page_of(told).resources
    assert (anne.idnps, anne.rpps, anne.is_active) == (f"8{RPPS}", RPPS, True)
    assert (anne.title, anne.first_name, anne.last_name) == ("DR", "Anne", "LÉVÊQUE")
    assert (anne.category_code, anne.profession_code, anne.speciality_code) == ("C", "10", "SM04")
    assert anne.mailboxes == (read.Mailbox("anne@x.mssante.example", "PER", "", True, None),)


def test_a_structure_is_known_by_each_of_its_numbers_and_its_ordinary_mail_is_no_mailbox():
    told = api.organization(
        "750000002", "PHARMACIE DES HALLES", api.telecom("o@x.mssante.example", "ORG", service="Garde")
    )
    siret = {"type": {"coding": [{"code": "SIRET"}]}, "system": "https://sirene.fr", "value": "99900000100019"}
    rank = {"type": {"coding": [{"code": "INTRN"}]}, "system": systems.RPPS_RANK, "value": "99900000011001"}
    told["identifier"] += [siret, rank]
    [halles] = page_of(told).resources
    assert halles.keys == ("F750000002", "C99900000100019", "R99900000011001")
    assert (halles.town, halles.postcode, halles.commune, halles.phone) == (
        "PARIS CEDEX 12",
        "75012",
        "75112",
        "0199000001",
    )
    assert (halles.number, halles.street_type, halles.street) == ("12", "RUE", "DU MODELE")
    assert halles.mailboxes == (read.Mailbox("o@x.mssante.example", "ORG", "Garde", True, None),)


def test_both_shapes_are_read_and_neither_is_required():
    old, new = (api.telecom(f"{shape}@x.mssante.example", shape=shape) for shape in ("v2", "1.2.0"))
    bare = {"system": "email", "value": "bare@x.mssante.example", "extension": [{"url": systems.MAILBOX_METADATA}]}
    [who] = page_of(api.practitioner(RPPS, "X", "Y", old, new, bare)).resources
    told = [(one.is_paperless, one.rank, one.kind) for one in who.mailboxes]
    assert told == [(True, None, "PER"), (None, 1, "PER"), (None, None, "")]


def test_only_mssante_off_the_red_list_and_well_formed_is_a_mailbox():
    other = api.telecom("other@x.mssante.example")
    other["extension"][0]["valueCoding"]["code"] = "AUTRE"
    refused = (other, api.telecom("red@x.mssante.example", red=True), api.telecom("pas une adresse"),
               api.telecom("a\tb@x.mssante.example"), {"system": "email", "value": "plain@x.mssante.example"})  # fmt: skip
    [who] = page_of(api.practitioner(RPPS, "X", "Y", *refused)).resources
    assert who.mailboxes == ()


def test_what_is_closed_has_its_numbers_only():
    person = api.practitioner(RPPS, "X", "Y", active=False)
    place, post = api.organization("750000002", "FERMÉE", active=False), api.role(person, None, active=False)
    who, where, what = page_of(person, place, post).resources
    assert (who.is_active, who.idnps, who.last_name, who.mailboxes) == (False, f"8{RPPS}", "", ())
    assert (where.is_active, where.keys, where.name) == (False, ("F750000002",), "FERMÉE")
    assert (what.is_active, what.practitioner_id) == (False, "")


def test_a_role_names_its_person_and_its_place_by_the_numbers_of_the_page():
    anne, halles = api.practitioner(RPPS, "X", "Y"), api.organization("750000002", "Z")
    told = api.role(anne, halles, api.telecom("r@x.mssante.example"))
    told["practitioner"]["reference"] = f"https://x.example/fhir/v2/Practitioner/{anne['id']}/_history/2"
    [role] = page_of(told).resources
    assert (role.practitioner_id, role.organization_id) == (anne["id"], halles["id"])
    assert [one.address for one in role.mailboxes] == ["r@x.mssante.example"]


@pytest.mark.parametrize("spoilt", ["M\ufffddecin", "M" + chr(0xD800) + "decin", "M??decin", "a\nb", 7, None, ["x"]])
def test_a_text_that_was_decoded_wrongly_is_no_text(spoilt):
    told = api.practitioner(RPPS, "X", "Y")
    told["name"][0]["family"] = spoilt
    [who] = page_of(told).resources
    assert who.last_name == ""


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"resourceType":"Bundle","entry":[{"resou', b"[]", b"null", b"\xff\xfe", "é".encode("latin-1"),
     b"[" * 200_000, b'{"a":' * 200_000, b'{"resourceType":"OperationOutcome"}', b"1" * 10_000,
     b'{"resourceType":"Bundle","entry":[' + b"{}," * read.MOST + b"{}]}"],
)  # fmt: skip
def test_what_is_no_page_is_refused_without_a_word_of_it(body):
    with pytest.raises(read.Unreadable) as told:
        read.page(body)
    assert str(told.value) in {"not JSON", "not a bundle", "too many resources"}
    assert told.value.__cause__ is None


def test_a_page_says_what_follows_and_what_it_could_not_read():
    page = page_of(api.outcome("x"), {"resourceType": "Device"}, {}, link="https://x/_page?id=??")
    assert page == read.Page((), "https://x/_page?id=??", 3)
    assert page_of().next == ""


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from([
        "resourceType", "identifier", "telecom", "extension", "url", "value", "system", "name", "family", "given", "code",
        "coding", "address", "_line", "line", "qualification", "practitioner", "reference", "type", "valueCoding",
    ]), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@given(json_like, st.sampled_from(["Practitioner", "PractitionerRole", "Organization"]))
def test_whatever_a_resource_holds_reading_it_never_fails(told, kind):
    resource = {**told, "resourceType": kind} if isinstance(told, dict) else told
    page = page_of(resource)
    assert len(page.resources) + page.unread == 1
