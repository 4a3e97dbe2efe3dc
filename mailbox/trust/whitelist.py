"""The white list (ANS *liste blanche*): signature verified with exactly the published algorithms, then read.

Refuses DTD and entities, any other encoding or algorithm, several references, anything outside the signed document, a
signer of another chain or name (trust-space §1.3, §1.6). What the signature covers is read, and nothing else: comments,
which it does not cover, would cut a name where they stand. Pure: `now` is given.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID
from lxml import etree

from mailbox.mime.address import domain_of
from mailbox.trust.revocation import Standing
from mssweb.authorities import DN, parse_dn
from mssweb.crypto import same, verify_rsa_sha256

NAMESPACE = "https://listeblanche.mssante.fr/schema"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
MAX_BYTES = 50_000_000
_EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_CHILDREN = ("Nom", "Description", "DNCertificatOperateur", "ResponsableContact", "SupportContact", "DateMAJ")


class WhiteListError(Exception):
    """Why a list is refused: `reason` is a code for the audit, the text one sentence for a person."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WhiteList:
    """One verified list: each domain (A-labels) with the set of its operators' DNs (trust-space §1.4.1)."""

    generated_at: datetime
    domains: Mapping[str, frozenset[DN]]
    row_count: int
    signer: x509.Certificate | None = None

    def lists(self, domain: str) -> bool:
        return domain in self.domains

    def allows(self, dn: DN, domain: str) -> bool:
        return dn in self.domains.get(domain, frozenset())

    def knows(self, dn: DN) -> bool:
        """Is it any listed operator's? For the null reverse-path."""
        return any(dn in dns for dns in self.domains.values())


def parse(
    document: bytes, *, anchors: Sequence[x509.Certificate], signer_cn: str, standing: Callable[[x509.Certificate], Standing],
    now: datetime,
) -> WhiteList:  # fmt: skip
    """Verify, then read. `anchors` hold the pinned root and intermediates; WhiteListError says what is wrong.

    `standing` tells whether the signer's certificate is revoked: whoever parses knows the lists of its issuer.
    """
    root = _read_xml(document)
    signature = _only_signature(root)
    info, signer = _checked(signature, anchors, signer_cn, now)
    _verify_info(signature, info, _key_of(signer))
    _verify_standing(standing(signer))
    root.remove(signature)  # enveloped-signature: what remains is what was signed
    _verify_digest(root, info)
    return _read_list(root, signer)


def _read_xml(document: bytes) -> etree._Element:
    if len(document) > MAX_BYTES:
        raise WhiteListError("too-large", "la liste blanche dépasse 50 Mo")
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise WhiteListError("dtd", "la liste blanche contient une DTD")
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        document.decode("utf-8")  # and read as such whatever it declares: the bytes above are then what libxml2 sees
        root = etree.fromstring(document, parser)
    except UnicodeDecodeError:
        raise WhiteListError("encoding", "la liste blanche n’est pas en UTF-8") from None
    except (etree.XMLSyntaxError, ValueError):
        raise WhiteListError("not-xml", "la liste blanche n’est pas du XML bien formé") from None
    if root.tag != f"{{{NAMESPACE}}}ListeBlancheMSSante":
        raise WhiteListError("not-a-list", "ce document n’est pas une liste blanche MSSanté")
    if any(not isinstance(node.tag, str) for node in root.iter()):
        raise WhiteListError("comment", "la liste blanche contient un commentaire ou une instruction")
    return root


def _only_signature(root: etree._Element) -> etree._Element:
    """One signature, last child of the root: anything else is an attempt at wrapping."""
    found = root.findall(f".//{{{DSIG}}}Signature")
    if len(found) != 1 or found[0].getparent() is not root or root[-1] is not found[0]:
        raise WhiteListError("signature-place", "la signature n’est pas unique et à sa place")
    return found[0]


def _checked(
    signature: etree._Element, anchors: Sequence[x509.Certificate], signer_cn: str, now: datetime
) -> tuple[etree._Element, x509.Certificate]:
    """The SignedInfo, of the one accepted form, and a signer of the pinned chain and name."""
    if [child.tag for child in signature] != [
        f"{{{DSIG}}}{name}" for name in ("SignedInfo", "SignatureValue", "KeyInfo")
    ]:
        raise WhiteListError("signature-form", "la signature n’a pas la forme attendue")
    info = signature[0]
    expected = [("CanonicalizationMethod", _EXC_C14N), ("SignatureMethod", _RSA_SHA256), ("Reference", "")]
    found = [(etree.QName(child).localname, child.get("Algorithm") or child.get("URI") or "") for child in info]
    reference = info[-1] if len(info) else info
    steps = [step.get("Algorithm") for step in reference.findall(f"{{{DSIG}}}Transforms/{{{DSIG}}}Transform")]
    method = reference.find(f"{{{DSIG}}}DigestMethod")
    shape = [etree.QName(child).localname for child in reference]
    if (
        found != expected
        or reference.get("URI") != ""
        or shape != ["Transforms", "DigestMethod", "DigestValue"]
        or steps != [f"{DSIG}enveloped-signature", _EXC_C14N]
        or method is None
        or method.get("Algorithm") != _SHA256
        or any(len(node) for node in info.iter(f"{{{DSIG}}}Transform", f"{{{DSIG}}}CanonicalizationMethod"))
    ):
        raise WhiteListError("algorithm", "la signature n’emploie pas exactement les algorithmes publiés")
    return info, _signer(signature[2], anchors, signer_cn, now)


def _signer(
    key_info: etree._Element, anchors: Sequence[x509.Certificate], signer_cn: str, now: datetime
) -> x509.Certificate:
    cells = key_info.findall(f"{{{DSIG}}}X509Data/{{{DSIG}}}X509Certificate")
    if len(cells) != 1:
        raise WhiteListError("signer", "la signature ne porte pas un et un seul certificat")
    try:
        certificate = x509.load_der_x509_certificate(_base64(cells[0].text))
    except ValueError:
        raise WhiteListError("signer", "le certificat du signataire est illisible") from None
    names = [a.value for a in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [signer_cn]:
        raise WhiteListError("signer-name", "le signataire n’est pas celui de la liste blanche")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise WhiteListError("signer-expired", "le certificat du signataire n’est pas en cours de validité")
    if not _is_issued_by(certificate, anchors, now):
        raise WhiteListError("signer-chain", "le signataire n’a pas été certifié par l’autorité attendue")
    return certificate


def _key_of(signer: x509.Certificate) -> RSAPublicKey:
    public = signer.public_key()
    if not isinstance(public, RSAPublicKey) or public.key_size < 2048:
        raise WhiteListError("algorithm", "la clé du signataire n’est pas RSA 2048")
    return public


def _verify_standing(standing: Standing) -> None:
    if standing in {Standing.REVOKED, Standing.FOREIGN}:
        raise WhiteListError("signer-revoked", "le certificat du signataire est révoqué, ou d’une autre autorité")
    if standing is not Standing.GOOD:
        raise WhiteListError("signer-unknown", "rien ne dit si le certificat du signataire est révoqué")


def _is_issued_by(certificate: x509.Certificate, anchors: Sequence[x509.Certificate], now: datetime) -> bool:
    """Directly by a pinned intermediate, itself by a pinned root (two levels, as published)."""
    for issuer in anchors:
        if issuer.subject != issuer.issuer and _signs(issuer, certificate, now):
            return any(root.subject == root.issuer and _signs(root, issuer, now) for root in anchors)
    return False


def _signs(issuer: x509.Certificate, certificate: x509.Certificate, now: datetime) -> bool:
    if not issuer.not_valid_before_utc <= now <= issuer.not_valid_after_utc:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False


def _verify_info(signature: etree._Element, info: etree._Element, public: RSAPublicKey) -> None:
    if not verify_rsa_sha256(public, _base64(signature[1].text), _canonical(info)):
        raise WhiteListError("signature", "la signature de la liste blanche est fausse")


def _verify_digest(root: etree._Element, info: etree._Element) -> None:
    listed = _base64(info.findtext(f"{{{DSIG}}}Reference/{{{DSIG}}}DigestValue"))
    if not same(listed, sha256(_canonical(root)).digest()):
        raise WhiteListError("digest", "le contenu de la liste blanche a été altéré")


def _canonical(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n", exclusive=True, with_comments=False)


def _base64(text: str | None) -> bytes:
    try:
        return b64decode("".join((text or "").split()), validate=True)
    except (Base64Error, ValueError):
        raise WhiteListError("signature-form", "la signature n’est pas en base64") from None


def _read_list(root: etree._Element, signer: x509.Certificate) -> WhiteList:
    tags = [etree.QName(child).localname for child in root]
    if tags != ["DateDeGeneration", "ListeDomaines"] or len(root[0]):
        raise WhiteListError("schema", "la liste blanche n’a pas la structure attendue")
    domains: dict[str, set[DN]] = {}
    for number, row in enumerate(root[1], 1):
        values = [(etree.QName(cell).localname, cell.text or "") for cell in row]
        domain = domain_of(f"x@{values[0][1].strip()}") if values else ""
        if [name for name, _ in values] != list(_CHILDREN) or any(len(cell) for cell in row) or not domain:
            raise WhiteListError("schema", f"la ligne {number} de la liste blanche n’a pas la structure attendue")
        domains.setdefault(domain, set()).add(parse_dn(values[2][1]))
    if not domains:
        raise WhiteListError("empty", "la liste blanche ne contient aucun domaine")
    return WhiteList(_date(root[0].text), {name: frozenset(dns) for name, dns in domains.items()}, len(root[1]), signer)


def _date(text: str | None) -> datetime:
    try:
        return datetime.strptime((text or "").strip(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise WhiteListError("schema", "la date de génération de la liste blanche est illisible") from None
