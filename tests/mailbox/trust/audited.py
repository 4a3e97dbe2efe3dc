"""The audit domains of the trust space as a table (trust-space §4.2): what each lists and shows, what an operator must do.

Names and listed DNs are the official ones, the behaviour is deduced from the names; certificates come from an authority of ours.
Rows without an audit domain of their own complete it: nothing shown, another authority of the same root, OCSP, the common DN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mailbox.management.demo.authority import Issued, ListedDomain, dn_text, operator_name
from tests import peers

COMMON = operator_name(
    "bus.mssante.fr", ou="347976684200724", o="CAPGEMINI TECHNOLOGY SERVICES", st="Hauts-de-Seine (92)"
)
_CAPGEMINI = {"O": "CAPGEMINI TECHNOLOGY SERVICES", "C": "FR"}
_GIP = {"OU": "300000000099622", "O": "GIP - TEST9962", "C": "FR"}
_AGENCY = {"OU": "318751275100020", "O": "AGENCE DU NUMERIQUE EN SANTE", "C": "FR"}
OK, NO, FIRST_TLS = (250, "2.1.0"), (550, "5.7.1"), (530, "5.7.0")
type Said = tuple[int, str]


@dataclass(frozen=True)
class Row:
    """`shows` None: no certificate. `at_mail` None: TLS itself refuses. Traces are of the log of smtpd and of worker."""

    label: str
    domain: str
    lists: tuple[Mapping[str, str], ...]
    shows: Mapping[str, str] | None
    at_mail: Said | None
    in_trace: str
    outcome: tuple[str, int, str]
    out_trace: str
    issuer: Literal["ours", "foreign", "sibling"] = "ours"
    revoked: Literal["", "crl", "ocsp"] = ""
    expired: bool = False
    tls: bool = True

    @property
    def rows(self) -> list[ListedDomain]:
        return [ListedDomain(self.domain, dn_text(dict(name))) for name in self.lists]

    def issued(self, space: peers.TrustSpace, folder: Path) -> tuple[Issued, peers.Files]:
        """What its host shows, in files; for a row that shows nothing, what it would have shown to nobody."""
        authority = {"ours": space.authority, "foreign": space.elsewhere, "sibling": space.sibling}[self.issuer]
        issued = authority.issue(dict(self.shows or self.lists[0]), expired=self.expired)
        certificate, key = issued.write(folder, "shown", chain=authority.chain_pem)
        return issued, peers.Files(str(certificate), str(key))


def _row(
    label: str, host: str, kind: Mapping[str, str], *, shows: Mapping[str, str] | str | None = "own", **more
) -> Row:
    domain = f"{host}.espacedeconfiance.mssante.fr"
    own = {"CN": domain, **kind}
    listed = more.pop("lists", (own, COMMON))
    return Row(label, domain, listed or (own,), own if shows == "own" else shows, **more)


_DATES = ("delayed", 451, "4.7.5")
_REFUSED = ("failed", 550, "5.7.1")
ROWS = (
    _row("valid", "cert-valide-audit", _CAPGEMINI, lists=(), at_mail=OK, in_trace="decision=listed",
         outcome=("relayed", 250, "2.0.0"), out_trace=""),
    _row("tests", "tests-operateur", _CAPGEMINI, lists=(), at_mail=OK, in_trace="decision=listed",
         outcome=("relayed", 250, "2.0.0"), out_trace=""),
    _row("common-dn", "cert-expire-audit", _GIP | {"L": "Paris (75)"}, shows=COMMON, at_mail=OK,
         in_trace="decision=listed", outcome=("relayed", 250, "2.0.0"), out_trace=""),
    _row("expired", "cert-expire-audit", _GIP | {"L": "Paris (75)"}, expired=True, at_mail=None,  # ECO.1.1.5
         in_trace="refused=certificate has expired", outcome=_DATES, out_trace="refused=certificate has expired"),
    _row("revoked-crl", "cert-revoque-audit", _CAPGEMINI, revoked="crl", at_mail=NO,  # ECO.1.1.6
         in_trace="decision=revoked-keyCompromise", outcome=_REFUSED, out_trace="decision=revoked-keyCompromise"),
    _row("revoked-ocsp", "cert-revoque-audit", _CAPGEMINI, revoked="ocsp", at_mail=NO,
         in_trace="decision=revoked-keyCompromise", outcome=_REFUSED, out_trace="decision=revoked-keyCompromise"),
    _row("not-igc", "cert-non-igc-audit", _GIP | {"ST": "Paris (75)"}, issuer="foreign", at_mail=None,
         in_trace="refused=unable to get local issuer certificate", outcome=_DATES,
         out_trace="refused=unable to get local issuer certificate"),
    _row("same-root", "cert-non-igc-audit", _GIP | {"ST": "Paris (75)"}, issuer="sibling", at_mail=None,  # ECO.1.1.10
         in_trace="refused=unable to get local issuer certificate", outcome=_DATES,
         out_trace="refused=unable to get local issuer certificate"),
    _row("no-match", "cert-no-match-audit", _CAPGEMINI, shows=operator_name("mx.autre.example"), at_mail=NO,
         in_trace="decision=dn-not-listed", outcome=_REFUSED, out_trace="decision=dn-not-listed"),
    _row("cn-differs", "cert-cn-diff-dn-audit", _AGENCY, shows=_AGENCY | {"CN": "cert-valide-audit.espacedeconfiance.mssante.fr"},
         at_mail=NO, in_trace="decision=dn-not-listed", outcome=_REFUSED, out_trace="decision=dn-not-listed"),
    _row("no-certificate", "cert-valide-audit", _CAPGEMINI, lists=(), shows=None, at_mail=NO,
         in_trace="serial=none decision=no-certificate", outcome=("", 0, ""), out_trace=""),
    _row("no-tls", "sans-tls-audit", COMMON, lists=(COMMON,), shows=COMMON, tls=False, at_mail=FIRST_TLS,
         in_trace="serial=none decision=no-tls", outcome=("failed", 550, "5.7.10"), out_trace="decision=no-tls"),
)  # fmt: skip
