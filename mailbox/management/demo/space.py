"""The demonstration trust space: its files, its rows, and demo.json that describes them to programs."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from auth_otp.cps import lists
from auth_otp.models import User
from directory import lookup
from mailbox import crl, whitelist
from mailbox.management.demo import letters, listed, readers, team
from mailbox.management.demo.authority import Authority, operator_name, white_list
from mailbox.management.demo.listed import HOSPITAL, OURS
from mailbox.models import Domain, Mailbox, Membership, Staff, Tenant, open_mailbox
from mssweb.audit.record import record

SHARED = f"pharmacie-dupont-paris@{OURS}"
CRL = "ACI-EL-ORG.crl"  # in the folder of certificates; demo_peer publishes it
PASSWORD = "ordonnance-bleue-1948"  # noqa: S105  (the demonstration's, printed at each start)


def _known(
    address: str, title: str, first: str, last: str, code: str, profession: str, speciality: str, place: str
) -> dict[str, str]:
    return {
        "title": title, "first_name": first, "last_name": last, "profession_code": code, "profession": profession,
        "speciality": speciality, "organization": place, "town": "Paris", "postcode": "75012", "address": address,
    }  # fmt: skip


_HERE = {"finess": "750000002", "organization": "PHARMACIE DUPONT"}
_NEWCOMERS = [  # pharmacists who may open an account: one has an address at the second operator, the other none
    _known(f"m.leroy@{HOSPITAL}", "DR", "Marie", "LEROY", "21", "Pharmacien", "", "") | _HERE | {"rpps": "99980000014"},
    _known("", "DR", "Luc", "MORIN", "21", "Pharmacien", "", "") | _HERE | {"rpps": "99980000022"},
]
_CORRESPONDENTS = [
    _known(
        "dr.lemaire@hopital.mssante.example",
        "DR",
        "Florence",
        "LEMAIRE",
        "10",
        "Médecin",
        "Cardiologie",
        "HOPITAL SAINT-ANTOINE",
    ),
    _known(
        "jb.rochefoucauld@cabinet-nation.mssante.example",
        "DR",
        "Jean-Baptiste",
        "DE LA ROCHEFOUCAULD-MONTBEL",
        "10",
        "Médecin",
        "Médecine générale",
        "CABINET MEDICAL DE LA NATION",
    ),
    _known(
        "s.rousseau@infirmiers-est.mssante.example",
        "MME",
        "Sophie",
        "ROUSSEAU-DELACROIX",
        "60",
        "Infirmier",
        "",
        "CABINET INFIRMIER DE L'EST",
    ),
    _known(
        "s.keita@kine-montreuil.mssante.example",
        "M",
        "Souleymane",
        "KEITA",
        "70",
        "Masseur-kinésithérapeute",
        "",
        "CABINET DE KINESITHERAPIE",
    ),
    _known(
        "a.bensaid@dentistes.mssante.example",
        "DR",
        "Aïcha",
        "BENSAÏD",
        "40",
        "Chirurgien-dentiste",
        "",
        "CABINET DENTAIRE",
    ),
    _known(
        "c.legoff@sage-femme.mssante.example",
        "MME",
        "Clémence",
        "LE GOFF",
        "50",
        "Sage-femme",
        "",
        "CABINET DE SAGES-FEMMES",
    ),
    *_NEWCOMERS,
]


def create(home: Path, *, write: Callable[[str], object]) -> None:
    """Everything, if it is not there yet; the ports and the white list's date are those of this start."""
    pki = home / "pki"
    if not (pki / "operator.pem").exists() or not (pki / CRL).exists():
        _issue(home, pki)
    crl.load((pki / CRL).read_bytes(), url=settings.CRL_URLS[0], now=timezone.now())
    if settings.CPS_URL and (pki / readers.LIST).exists():
        lists.load((pki / readers.LIST).read_bytes(), url=settings.CPS_CRL_URLS[0], now=timezone.now())
    if not User.objects.exists():
        write("demonstration: pharmacy, people, mail…")
        _people(home)
    if lookup.is_empty():
        _directory(home, write)
    whitelist.load_file(now=timezone.now())
    _describe(home)


def _issue(home: Path, pki: Path) -> None:
    """Certificates, an empty list of those revoked, and a white list with the traps of trust-space §1.4.

    The authority's key is not kept: its list of revocations is signed once, for ten years.
    """
    authority = Authority()
    ours = authority.issue(operator_name(f"mx.{OURS}", o="MSSWEB DEMONSTRATION"))
    hospital = authority.issue(operator_name(f"mx.{HOSPITAL}", o="HOPITAL DE DEMONSTRATION", ou="1750000028"))
    others = authority.issue(operator_name("smtp-1.operateur.mssante.example", o="AUTRE OPERATEUR"))
    chain = authority.chain_pem
    for name, issued in (("hopital", hospital), ("autre", others)):
        issued.write(pki, name, chain=chain)
    (pki / "ca.pem").parent.mkdir(parents=True, exist_ok=True)
    (pki / "ca.pem").write_bytes(authority.ca_pem)
    (pki / CRL).write_bytes(authority.crl(lasts=timedelta(days=3650)))
    now = datetime.now(UTC)
    rows = listed.rows(ours=ours.dn, hospital=hospital.dn, other=others.dn)
    document = white_list(rows, authority.signer(), generated_at=now)
    (home / "listeblanchemssante.xml").write_bytes(document)
    ours.write(pki, "operator", chain=chain)  # last: its presence says that all is there


@transaction.atomic
def _people(home: Path) -> None:
    anne = _user(
        "anne.dupont", "Anne", "Dupont", "Pharmacienne titulaire", "+33639980001", title="Dr", rpps="99900000011"
    )
    claire = _user("claire.martin", "Claire", "Martin", "Préparatrice", "+33639980002")
    hugo = _user("hugo.bernard", "Hugo", "Bernard", "Étudiant en pharmacie", "+33639980003")
    _user("admin", "Alix", "Moreau", "Exploitation", "+33639980004", is_staff=True, is_superuser=True)
    tenant = Tenant.objects.create(name="Pharmacie Dupont", finess="750000002", holder=anne, town="Paris 12e")
    for user, function in ((anne, "titulaire"), (claire, "preparateur"), (hugo, "etudiant")):
        Staff.objects.create(tenant=tenant, user=user, function=function, decided_by=anne, decided_at=timezone.now())
    domain = Domain.objects.create(name=OURS)
    shared = _box(tenant, domain, SHARED, "ORG", "Pharmacie Dupont")
    Membership.objects.create(mailbox=shared, user=anne, role="manager")
    Membership.objects.create(mailbox=shared, user=claire, role="member")
    Membership.objects.create(mailbox=shared, user=hugo, role="reader", may_send=False)
    for user in (anne, claire):
        name = f"{user.title}_{user.first_name}_{user.last_name.upper()}_Pharmacie Dupont".lstrip("_")  # ECO.2.2.7
        own = _box(tenant, domain, f"{user.first_name}.{user.last_name}@{OURS}".lower(), "PER", name)
        Membership.objects.create(mailbox=own, user=user, role="manager")
    people, now = {"anne": anne, "claire": claire}, timezone.now() - timedelta(minutes=2)
    team.work(shared, people, letters.file_all(shared, people, now=now), now=now)
    record("demo.create", subject=("tenant", tenant.pk))


def _user(login: str, first_name: str, last_name: str, profession: str, phone: str, **fields: object) -> User:
    return User.objects.create_user(
        f"{login}@pharmacie-dupont.example", PASSWORD, first_name=first_name, last_name=last_name, profession=profession,
        phone=phone, **fields,
    )  # fmt: skip


def _box(tenant: Tenant, domain: Domain, address: str, kind: str, name: str) -> Mailbox:
    return open_mailbox(tenant=tenant, domain=domain, address=address, kind=kind, display_name=name, state="active")


def _directory(home: Path, write: Callable[[str], object]) -> None:
    """2,000 invented professionals who can all be written to, and the demonstration's own correspondents, through the
    official layouts.
    """
    folder = home / "annuaire"
    folder.mkdir(exist_ok=True)
    known = folder / "correspondants.json"
    known.write_text(json.dumps(_CORRESPONDENTS, ensure_ascii=False))
    domains = ",".join(f"{name}.mssante.example" for name in listed.ANYBODY)
    call_command("generate_annuaire", people=2000, out=folder, people_file=known, domains=domains, stdout=StringIO())
    call_command("sync_directory", *map(str, sorted(folder.glob("*.zip"))), stdout=StringIO())


def _describe(home: Path) -> None:
    """demo.json: what programs need to walk through the demonstration."""
    users = User.objects.filter(is_superuser=False).prefetch_related("memberships__mailbox").order_by("login")
    shown = {
        "base_url": settings.BASE_URL,
        "smtp": {"host": settings.SMTP_HOST, "port": settings.SMTP_PORT},
        "ca": str(home / "pki" / "ca.pem"),
        "users": [
            {
                "login": user.login,
                "password": PASSWORD,
                "phone": user.phone,
                "mailboxes": sorted(m.mailbox.address for m in user.memberships.all()),
            }
            for user in users
        ],
        "admin": {"login": "admin@pharmacie-dupont.example", "password": PASSWORD, "phone": "+33639980004"},
        "psc": settings.PSC["issuer"],
        "peers": [
            {
                "domain": HOSPITAL,
                "certificate": str(home / "pki" / "hopital.pem"),
                "key": str(home / "pki" / "hopital.key"),
                "address": f"dr.lemaire@{HOSPITAL}",
                "port": int(os.environ.get("DEMO_PEER_PORT", "0")),
            }
        ],
    }
    (home / "demo.json").write_text(json.dumps(shown, ensure_ascii=False, indent=1))


def how_to_sign_in(home: Path, base_url: str) -> list[str]:
    """Lines for the console, from demo.json."""
    shown = json.loads((home / "demo.json").read_text())
    lines = [f"  {user['login']}  ({', '.join(user['mailboxes'])})" for user in [*shown["users"]]]
    return [
        *lines,
        f"  {shown['admin']['login']}  (administration: {base_url}/admin/)",
        f"  password of all: {PASSWORD}    codes: {base_url}/demo/sms/, the console, {home / 'sms.jsonl'}",
        *readers.how_to_sign_in(home),
    ]
