"""Knobs of signing in, read once by settings.py: carriers of SMS, hashing, and the doors of the sector."""

import os
import re

from django.core.exceptions import ImproperlyConfigured

from mssweb.doors_psc import pro_sante_connect
from mssweb.knobs import account, env, existing, flag, networks, number, ovh, secret, shaped

_DEMO, _PROCESS = flag("DEMO"), env("PROCESS", "manage")

# --- SMS -------------------------------------------------------------------------------------------
SMS_CARRIER = (  # one, or two: the second is asked when the first is away or refuses us
    shaped("SMS_CARRIER", r"(demo|(twilio|ovh)(\s+(twilio|ovh))?)?", "«twilio ovh»") or ("demo" if _DEMO else "twilio")
)
SMS_COUNTRIES = (  # ISO 3166-1: whose mobiles get codes; without it, France and its territories overseas
    shaped("SMS_COUNTRIES", r"([A-Z]{2}(\s+[A-Z]{2})*)?", "«FR GP BE»") or "FR GP MQ GF RE YT PM BL MF NC PF WF"
).split()
SMS_DAILY_LIMIT = number(  # what a day may cost: of all SMS and calls together
    "SMS_DAILY_LIMIT", 1_000_000 if _DEMO else 1000, 1, 1_000_000
)
TWILIO, TWILIO_FALLBACK, OVH = account("TWILIO"), account("TWILIO_FALLBACK"), ovh()

# --- Passwords -------------------------------------------------------------------------------------
# Argon2id at once in a process of web, 19 MiB each; half the cores, so that mail keeps the others
HASHES_AT_ONCE = number("HASHES_AT_ONCE", max(1, (os.cpu_count() or 2) // 2), 1, 64)

# --- The CPS card ------------------------------------------------------------------------------------
# The address where TLS asks for a card, of its own («https://cps.officine.example»); no door without one
CPS_URL = shaped("CPS_URL", r"(https://[^\s/?#]+)?", "«https://host» or «https://host:port»")
CPS_CA = existing("CPS_CA")  # PEM: AC RACINE IGC-SANTE FORT and AC IGC-SANTE FORT PERSONNES
# The one authority of cards (secondary source: SECURITY, Who may enter), as trust-space §2 writes names
CPS_ISSUER = env("CPS_ISSUER") or "CN=AC IGC-SANTE FORT PERSONNES,OU=IGC-SANTE,OU=0002 187512751,O=ASIP-SANTE,C=FR"
CPS_CRL_URLS = shaped("CPS_CRL_URLS", r"(\s*https?://\S+)*\s*", "«http://… http://…»").split() or [
    "http://igc-sante.esante.gouv.fr/CRL/ACI-FO-PP.crl"
]
CPS_NUMBER_IN = shaped("CPS_NUMBER_IN", r"(CN|UID|serialNumber)?", "CN, UID or serialNumber") or "CN"
CPS_POLICIES = frozenset(  # certificate policies of which a card must have one; any when unset
    shaped("CPS_POLICIES", r"(\s*\d+(\.\d+)+)*\s*", "«1.2.250.… 1.2.250.…»").split()
)
# What the edge that reads cards (nginx, or our own listener) shares with web, and nobody else
CPS_EDGE_SECRET = secret("CPS_EDGE_SECRET") if _PROCESS in {"web", "cps", "manage"} else ""
CPS_EDGE_NETWORKS = networks(
    "CPS_EDGE_NETWORKS", "127.0.0.0/8 ::1/128"
)  # of our own addresses that the edge reaches web at
CPS_LISTEN = shaped("CPS_LISTEN", r"(\S+:\d{1,5})?", "«address:port»")  # of our own listener, `manage.py cps`
CPS_CERTIFICATE, CPS_KEY = env("CPS_CERTIFICATE"), env("CPS_KEY")  # of its TLS, for the host of CPS_URL
if CPS_URL and not CPS_CA:
    raise ImproperlyConfigured("CPS_URL wants CPS_CA: the authority of cards and its root")
if CPS_URL and _PROCESS in {"web", "cps"} and not re.fullmatch(r"[!-~]{32,}", CPS_EDGE_SECRET):
    raise ImproperlyConfigured("CPS_URL wants CPS_EDGE_SECRET: 32 printable characters or more")
if "demonstration-only" in CPS_EDGE_SECRET and not _DEMO:
    raise ImproperlyConfigured("CPS_EDGE_SECRET of the demonstration without DEMO=1: this process refuses to start")

# --- Pro Santé Connect ---------------------------------------------------------------------------------
PSC = pro_sante_connect(process=_PROCESS)

# --- Accounts that come in ------------------------------------------------------------------------------
SELF_ENROLMENT = not env("SELF_ENROLMENT") or flag("SELF_ENROLMENT")  # «Ouvrir un compte», by one's RPPS
# Professions of TRE_G15 that may: 21 is a pharmacist
ENROL_PROFESSIONS = frozenset(
    (shaped("ENROL_PROFESSIONS", r"(\d{2}(\s+\d{2})*)?", "codes of TRE_G15, «21 …»") or "21").split()
)
LETTERS_DAILY_LIMIT = number(
    "LETTERS_DAILY_LIMIT", 200, 1, 100_000
)  # codes to addresses of the annuaire, of all together
# Between the proofs of a lost access and the act; its person is warned, and may cancel. Recognised in person: see SECURITY
RESET_COOLING_HOURS = number("RESET_COOLING_HOURS", 24, 0, 720)

__all__ = [
    "CPS_CA", "CPS_CERTIFICATE", "CPS_CRL_URLS", "CPS_EDGE_NETWORKS", "CPS_EDGE_SECRET", "CPS_ISSUER", "CPS_KEY", "CPS_LISTEN",
    "CPS_NUMBER_IN", "CPS_POLICIES", "CPS_URL", "ENROL_PROFESSIONS", "HASHES_AT_ONCE", "LETTERS_DAILY_LIMIT", "OVH", "PSC",
    "RESET_COOLING_HOURS", "SELF_ENROLMENT", "SMS_CARRIER", "SMS_COUNTRIES", "SMS_DAILY_LIMIT", "TWILIO", "TWILIO_FALLBACK",
]  # fmt: skip
