"""Every knob, read from the environment once. Secrets come from the environment or from files, never from here.

PROCESS (manage, web, worker, beat, smtpd) decides which secrets a process must hold and which database role it gets.
Without DEMO=1 a missing secret refuses to start, in one line.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_prose_editor
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from psycopg.conninfo import conninfo_to_dict

from mssweb import embedded
from mssweb.above import *  # noqa: F403  (names of what is above)
from mssweb.doors import *  # noqa: F403  (all that it names are settings)
from mssweb.knobs import env, existing, flag, networks, number, secret, shaped
from mssweb.logs import logging_of
from mssweb.schedule import strokes

BASE_DIR = Path(__file__).resolve().parent.parent

PROCESS = env("PROCESS", "manage")
DEMO = flag("DEMO")
DEBUG = False  # never: what is tried is what is shipped (design §3)
MSSWEB_HOME = Path(env("MSSWEB_HOME", str(BASE_DIR / ".mssweb"))).resolve()

# --- Secrets -------------------------------------------------------------------------------------
SECRET_KEY = secret("SECRET_KEY")
MASTER_KEYS = (
    "" if PROCESS in {"smtpd", "cps", "backup"} else secret("MASTER_KEYS")
)  # design §5: smtpd writes and cannot read
# What chains the journal: its own ring, which no process that faces people or the network ever reads (SECURITY, The journal)
AUDIT_KEYS = secret("AUDIT_KEYS") if PROCESS in {"worker", "manage"} else ""
BACKUP_PUBLIC_KEY = secret("BACKUP_PUBLIC_KEY")  # what backups are sealed to; its private half is on no machine of ours
DEMO_MARK = "demonstration-only"
if not SECRET_KEY and PROCESS not in {"smtpd", "cps"}:
    if PROCESS not in {"manage", "backup"}:
        raise ImproperlyConfigured("SECRET_KEY (or SECRET_KEY_FILE) is missing: this process refuses to start")
    SECRET_KEY = f"{DEMO_MARK}: commands that need no secret"
if PROCESS in {"smtpd", "cps"}:
    SECRET_KEY = "signs nothing"  # noqa: S105  (Django insists on a value; these processes have no use for one)
if PROCESS in {"web", "worker"} and not MASTER_KEYS:
    raise ImproperlyConfigured("MASTER_KEYS (or MASTER_KEYS_FILE) is missing: this process refuses to start")
if (
    not DEMO
    and PROCESS not in {"manage", "smtpd", "cps", "backup"}
    and DEMO_MARK in SECRET_KEY + MASTER_KEYS + AUDIT_KEYS
):
    raise ImproperlyConfigured("a demonstration key without DEMO=1: this process refuses to start")
if PROCESS == "worker" and not AUDIT_KEYS:
    raise ImproperlyConfigured("AUDIT_KEYS (or AUDIT_KEYS_FILE) is missing: this process refuses to start")

# --- Where we are --------------------------------------------------------------------------------
PORT = number("PORT", 8000, 1, 65535)
BASE_URL = env("BASE_URL", f"http://localhost:{PORT}")
ALLOWED_HOSTS = env("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_URLCONF = "mssweb.urls"
ASGI_APPLICATION, WSGI_APPLICATION = "mssweb.asgi.application", "mssweb.wsgi.application"

INSTALLED_APPS = [
    "auth_otp.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_otp",
    "django_htmx",
    "mssweb",
    "mssweb.audit",
    "auth_otp",
    "directory",
    "mailbox",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "mssweb.statics.Statics",
    "mssweb.squeeze.Squeeze",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "auth_otp.turnstile.turnstile_middleware",
    "auth_otp.middleware.KeptCookie",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "auth_otp.middleware.person_middleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "auth_otp.middleware.DeviceMiddleware",
    "auth_otp.middleware.door_middleware",
    "auth_otp.middleware.BusyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mailbox.views.place.shell",
                "mailbox.views.service.shown",
            ],
            "builtins": [f"mssweb.templatetags.{name}" for name in ("icons", "french", "urls")],
        },
    },
    {  # the rows of lists
        "NAME": "compiled",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "mssweb.compiled.environment"},
    },
]

# --- Database: PostgreSQL everywhere; embedded when DATABASE_URL is unset ----------------------------
DATABASE_ROLES = {
    "web": "mssweb_web", "worker": "mssweb_worker", "beat": "mssweb_web", "smtpd": "mssweb_smtpd", "backup": "mssweb_backup",
}  # fmt: skip


def database() -> dict[str, Any]:
    """Django's dictionary for this process: its role, and a pool where requests run in threads."""
    url = secret("DATABASE_URL")
    role = DATABASE_ROLES.get(PROCESS, "")
    info = conninfo_to_dict(url or embedded.postgres_dsn(MSSWEB_HOME, role))
    options: dict[str, Any] = {k: v for k, v in info.items() if k not in {"dbname", "user", "password", "host", "port"}}
    options["server_side_binding"] = True  # values never enter the text of a statement, and bytes travel as bytes
    # After so many runs; 0 behind a statement pooler
    options["prepare_threshold"] = number("DATABASE_PREPARE_AFTER", 3, 0, 1_000_000) or None
    # A prepared statement is planned once: a search costs less than its plan
    given = ["-c plan_cache_mode=force_generic_plan"]
    if url and role and not env("DATABASE_ROLE_BY_LOGIN"):
        given.append(f"-c role={env('DATABASE_ROLE', role)}")
    if PROCESS == "web":
        given.append("-c statement_timeout=20s")  # nobody waits longer for a page
        options["pool"] = {"min_size": 2, "max_size": number("DATABASE_POOL", 16, 2, 1000), "timeout": 10}
    options["options"] = " ".join(given)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": info.get("dbname", "mssweb"),
        "USER": info.get("user", ""),
        "PASSWORD": info.get("password", ""),
        "HOST": info.get("host", ""),
        "PORT": info.get("port", ""),
        "CONN_MAX_AGE": 0 if PROCESS == "web" else None,
        "CONN_HEALTH_CHECKS": PROCESS not in {"web", "manage", "backup"},
        "OPTIONS": options,
    }


DATABASES = {"default": database()}
DATABASE_IS_EMBEDDED = not secret("DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis or Valkey: an alarm clock and live events -------------------------------------------------
REDIS_URL = secret("REDIS_URL") or embedded.valkey_url(MSSWEB_HOME)
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ACKS_LATE = False  # a lost wake-up is harmless: the row is the queue
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False  # nobody who reaches the broker commands a worker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {  # nobody waits for an alarm clock: one more try, at once
    "socket_timeout": 5, "socket_connect_timeout": 1, "visibility_timeout": 3600,
    "max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0,
}  # fmt: skip

# --- Who you are -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "auth_otp.User"
PASSWORD_HASHERS = ["auth_otp.hashers.Argon2"]
_OF_A_PERSON = ["login", "first_name", "last_name", "rpps", "phone"]
_VALIDATORS: list[tuple[str, dict[str, Any]]] = [
    ("django.contrib.auth.password_validation.UserAttributeSimilarityValidator", {"user_attributes": _OF_A_PERSON}),
    ("django.contrib.auth.password_validation.MinimumLengthValidator", {"min_length": 12}),
    ("django.contrib.auth.password_validation.CommonPasswordValidator", {}),
    ("auth_otp.passwords.GuessableValidator", {}),
    ("auth_otp.passwords.BreachedValidator", {}),
]
AUTH_PASSWORD_VALIDATORS = [{"NAME": name, "OPTIONS": options} for name, options in _VALIDATORS]
BREACHED_PASSWORDS = existing("BREACHED_PASSWORDS")  # «SHA1:count» lines in order (SECURITY, Who may enter); or none
PERSON_READS = ["user__preference"]  # what every page wants of its person, read with the session
PROFESSIONALS = "directory.professional.professional"  # whom the annuaire knows by an RPPS (auth_otp.identity)
LOGIN_URL = "auth_otp:sign_in"
LOGIN_REDIRECT_URL = "/"
IDLE_LOCK_MINUTES = number("IDLE_LOCK_MINUTES", 15, 1, 720)  # without a gesture, the session is locked
# off, or network: a session that comes from another network (/24, /64) asks for the password again
SESSION_BINDING = shaped("SESSION_BINDING", r"(off|network)?", "off or network") or "off"
ADMIN_STRONG = flag("ADMIN_STRONG") if env("ADMIN_STRONG") else not DEMO  # no administration by SMS alone (ASVS 6.3.3)
SESSION_HOURS = 12  # absolute life of a session, locked or not
SESSION_ENGINE = "auth_otp.sessions"
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
# Cookies know hosts, not ports: two instances on one machine would sign each other out.
_INSTANCE = f"_{urlsplit(BASE_URL).port}" if urlsplit(BASE_URL).hostname in {"localhost", "127.0.0.1"} else ""
# Over TLS no other host, nor the same without TLS, can plant one (RFC 6265bis: Secure, Path=/, no Domain)
_HOST = "__Host-" if BASE_URL.startswith("https://") else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_HOST}mssweb_session{_INSTANCE}", f"{_HOST}mssweb_csrf{_INSTANCE}"
BROWSER_COOKIE_NAME, PSC_COOKIE_NAME = f"{_HOST}mssweb_browser{_INSTANCE}", f"{_HOST}mssweb_psc{_INSTANCE}"
PARKED_COOKIE_NAME = f"{_HOST}mssweb_parked{_INSTANCE}"  # locked sessions of this workstation (auth_otp.parking)

# --- The annuaire -------------------------------------------------------------------------------------
_ANS = "https://service.annuaire.sante.fr/annuaire-sante-webservices/V300/services/extraction/"
ANNUAIRE_FETCH = flag("ANNUAIRE_FETCH")  # ask for newer extractions every hour
ANNUAIRE_URLS = shaped("ANNUAIRE_URLS", r"(\s*https://\S+)*\s*", "«https://… https://…»").split() or [
    _ANS + "PS_LibreAcces",
    _ANS + "Extraction_Correspondance_MSSante",
]
# PEM of AC RACINE IGC-SANTE ELEMENTAIRE: alone trusted at the hosts of ANNUAIRE_URLS, those of data.gouv.fr excepted
ANNUAIRE_CA_FILE = env("ANNUAIRE_CA_FILE")

# --- Browser -----------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "media-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "worker-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if BASE_URL.startswith("https://") else 0
SECURE_SSL_REDIRECT = BASE_URL.startswith("https://") and not flag("TLS_AT_THE_EDGE")
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
if flag("TRUST_X_FORWARDED_PROTO"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024  # bytes, form fields without files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Bytes of a request: it stays in memory, no clear temporary file (design §4.5)
FILE_UPLOAD_MAX_MEMORY_SIZE = 40 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["mssweb.intake.InMemory"]
STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", str(MSSWEB_HOME / "static")))
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    ("prose", Path(django_prose_editor.__file__).parent / "static" / "django_prose_editor"),  # its script alone is used
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mssweb.statics.Files"},
}
WHITENOISE_USE_FINDERS = False
BLOB_STORE = env("BLOB_STORE", "db")  # db, or s3: any backend of Django's storages, which gets sealed bytes only
if BLOB_STORE != "db":
    STORAGES["blobs"] = {
        "BACKEND": env("BLOB_STORE_BACKEND", "storages.backends.s3.S3Storage"),
        "OPTIONS": json.loads(secret("BLOB_STORE_OPTIONS") or "{}"),
    }

LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "fr", "Europe/Paris", True, True

# --- Directory -----------------------------------------------------------------------------------------
DIRECTORY_API_KEY = secret("DIRECTORY_API_KEY")  # of portal.api.esante.gouv.fr; without it nothing is asked
_HTTPS = r"(https://[^\s/]+(/[^\s?#]*)?|http://127\.0\.0\.1:\d+(/[^\s?#]*)?)?"
_GATEWAY = "https://gateway.api.esante.gouv.fr/fhir/v2"
DIRECTORY_API_URL = shaped("DIRECTORY_API_URL", _HTTPS, "an https address") or _GATEWAY
DIRECTORY_API_CA = env("DIRECTORY_API_CA")  # PEM; the system's authorities when unset

# --- Mail ----------------------------------------------------------------------------------------------
SMTP_HOST = env("SMTP_HOST", "127.0.0.1")
SMTP_PORT = number("SMTP_PORT", 2525, 1, 65535)
SMTP_HOSTNAME = env("SMTP_HOSTNAME", "mx.officine.mssante.example")  # our name in EHLO, banner and Received
TLS_CERTIFICATE = env("TLS_CERTIFICATE", str(MSSWEB_HOME / "pki" / "operator.pem"))  # PEM, leaf then intermediate
TLS_KEY = env("TLS_KEY", str(MSSWEB_HOME / "pki" / "operator.key"))
TRUST_CA = env("TRUST_CA", str(MSSWEB_HOME / "pki" / "ca.pem"))  # IGC-Santé Élémentaire: root and Organisations
_ORGANISATIONS = (  # trust-space §3
    "CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS,OU=IGC-SANTE TEST,O=ASIP-SANTE,C=FR"
    if DEMO
    else "CN=AC IGC-SANTE ELEMENTAIRE ORGANISATIONS,OU=IGC-SANTE,OU=0002 187512751,O=ASIP-SANTE,C=FR"
)
TRUST_ISSUER = env("TRUST_ISSUER", _ORGANISATIONS)  # the one issuer of peers' certificates; its keys are in TRUST_CA
# Where it publishes what it has revoked: never read out of a certificate
CRL_URLS = shaped("CRL_URLS", r"(\s*https?://[^\s/]+/\S*)*\s*", "«http://… http://…»").split() or [
    "http://igc-sante.esante.gouv.fr/CRL/ACI-EL-ORG.crl"
]
CRL_GRACE_HOURS = number("CRL_GRACE_HOURS", 0, 0, 24 * 30)  # how long the last list serves past its end
OCSP_URL = shaped(
    "OCSP_URL", r"(https?://[^\s/]+(/\S*)?)?", "«http://…»"
)  # asked where no list answers; off when empty
WHITE_LIST_FILE = env("WHITE_LIST_FILE", str(MSSWEB_HOME / "listeblanchemssante.xml"))
WHITE_LIST_URL = shaped(
    "WHITE_LIST_URL", r"(https://[^\s/]+/\S*)?", "«https://…»"
) or (  # not asked when a file is given
    "" if DEMO or env("WHITE_LIST_FILE") else "https://espacedeconfiance.mssante.fr/listeblanchemssante.xml"
)
WHITE_LIST_CA = env("WHITE_LIST_CA")  # PEM, alone trusted at WHITE_LIST_URL; the anchors of TRUST_CA when unset
WHITE_LIST_ALARM_HOURS = number("WHITE_LIST_ALARM_HOURS", 48, 1, 876000)  # older: told, shown, counted
WHITE_LIST_SIGNER_CN = env("WHITE_LIST_SIGNER_CN", "alb.mssante.fr")
WHITE_LIST_MAX_AGE_DAYS = number("WHITE_LIST_MAX_AGE_DAYS", 7, 1, 36500)
# SIZE: 25 MB of files once in base64
MAX_MESSAGE_BYTES = number("MAX_MESSAGE_BYTES", 35 * 1024 * 1024, 1024, 2**31 - 1)  # MSS/va1.13
POSTMASTER = env("POSTMASTER")  # the address of ours that receives for postmaster@ our domains (RFC 5321 §4.5.1)
SMTP_LIMITS = env("SMTP_LIMITS")  # "name=number …": the limits of inbound/limits.py by their names
# "domain=host:port domain=host:port": instead of MX (demonstration)
ROUTES = shaped("ROUTES", r"(\s*[^\s=]+=\S+:\d{1,5}(?!\S))*\s*", "«domain=host:port domain=host:port»")
# "address:port" of the resolver asked for MX and addresses, believed when it leads inside our network; the system's when unset
DNS_SERVER = shaped("DNS_SERVER", r"(\S+:\d{1,5})?", "«address:port»")
# "host:port" of a Postfix that all mail to other operators leaves through (deploy/README says what it cannot check), and
# the PEM and the name of its certificate
SMARTHOST = shaped("SMARTHOST", r"(\S+:\d{1,5})?", "«host:port»")
SMARTHOST_CA, SMARTHOST_NAME = env("SMARTHOST_CA"), env("SMARTHOST_NAME")
if SMARTHOST and (ROUTES or not SMARTHOST_CA or not SMARTHOST_NAME):
    raise ImproperlyConfigured("SMARTHOST wants SMARTHOST_CA and SMARTHOST_NAME, and no ROUTES beside it")
OUTBOUND_PER_DOMAIN = number("OUTBOUND_PER_DOMAIN", 4, 1, 100)  # workers that send to one domain at once
RETRY_SCALE = number("RETRY_SCALE", 1.0, 0.0, 100.0)  # shortens the retry ladder in tests
# After which a killed worker's arrivals are others'
ARRIVAL_LEASE_SECONDS = number("ARRIVAL_LEASE_SECONDS", 120.0, 1.0, 86400.0)
# clamd's socket, a path or host:port: files are scanned as they arrive; unset, none are. StreamMaxLength ≥ MAX_MESSAGE_BYTES
CLAMD_SOCKET = shaped("CLAMD_SOCKET", r"(/\S+|[^\s/:]+:\d{1,5})?", "a path or «host:port»")
UNDO_SECONDS = number("UNDO_SECONDS", 10, 0, 3600)
# --- Reading -----------------------------------------------------------------------------------------------
# Remote images of a message, on demand, fetched by web (mailbox/remote.py): it must reach ports 80 and 443 outside
REMOTE_IMAGES = not env("REMOTE_IMAGES") or flag("REMOTE_IMAGES")
OWN_NETWORKS = networks("OWN_NETWORKS")  # "203.0.113.0/24 2001:db8::/32": public ones of ours, never fetched from
REMOTE_PEERS_OF_TESTS: frozenset[tuple[str, int]] = frozenset()  # (address, port); tests alone set it
SUPPORT_ADDRESS = shaped(  # a mailbox of the trust space; without one nobody is offered to report a problem
    "SUPPORT_ADDRESS", r"([^\s@<>,;]+@[^\s@<>,;]+)?", "an address"
).lower()
# --- «You have mail» to ordinary addresses: through a relay apart from the gateway; off without one -------------------------
ORDINARY_RELAY = shaped("ORDINARY_RELAY", r"(\S+:\d{1,5})?", "«host:port»")
ORDINARY_TLS = shaped("ORDINARY_TLS", r"(starttls|implicit|none)?", "starttls, implicit or none") or "starttls"
ORDINARY_CA = env("ORDINARY_CA")  # PEM of the authorities of its certificate; the public ones when unset
ORDINARY_USER = env("ORDINARY_USER")
ORDINARY_PASSWORD = secret("ORDINARY_PASSWORD") if PROCESS in {"worker", "manage"} else ""
ORDINARY_FROM = shaped("ORDINARY_FROM", r"([^\s@<>]+@[^\s@<>]+)?", "an address") or f"ne-pas-repondre@{SMTP_HOSTNAME}"
if ORDINARY_RELAY and not env("ORDINARY_FROM"):
    raise ImproperlyConfigured("ORDINARY_RELAY wants ORDINARY_FROM: an address that is no mailbox of ours")
if ORDINARY_TLS == "none" and (ORDINARY_USER or not ORDINARY_RELAY.startswith(("127.0.0.1:", "localhost:"))):
    raise ImproperlyConfigured("ORDINARY_TLS=none: only to this machine, and without a password")
# --- Watching ----------------------------------------------------------------------------------------------
PROBE_SECONDS = number("PROBE_SECONDS", 270.0, 0.0, 3600.0)  # between two messages to ourselves; none when 0
PROBE_LATE_SECONDS = number("PROBE_LATE_SECONDS", 300.0, 1.0, 3600.0)  # one that is not seen by then opens an incident
PROBE_HOST = shaped(
    "PROBE_HOST", r"(\S+:\d{1,5})?", "«address:port»"
)  # our receiver, where worker cannot reach SMTP_HOST
METRICS_TOKEN = secret("METRICS_TOKEN") if PROCESS in {"web", "manage"} else ""  # /metrics is 404 without one
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise ImproperlyConfigured("METRICS_TOKEN: 16 characters or more are expected")
X_MSS_NIL = env("X_MSS_NIL")  # product reference of convergence.esante.gouv.fr (ECO.2.4.3), once attributed

# --- The life of a mailbox (trust-space §7.4) -----------------------------------------------------------------------
CLOSURE_GRACE_DAYS = number("CLOSURE_GRACE_DAYS", 30, 7, 365)  # closed, it is read and exported; then all is destroyed
INACTIVITY_DAYS = number("INACTIVITY_DAYS", 365, 90, 365)  # without a sign-in of any member; AU-037: one year at most

# --- Traces: how long, in days. Whole days go, each with a proof (mssweb/audit/purge.py) -----------------------------
# Events are functional traces: who opened, sent, deleted (ECO.4.1.1). Ten years and their leap days: what AU-037 is said to
# allow at most, and as long as care can be called to account (CSP L1142-28). Under six months refuses to start: FAQ 10217.
AUDIT_DAYS = number("AUDIT_DAYS", 3653, 183, 36525)
# SMTP transactions are technical traces (mailbox/traces/purge.py). A year is our decision: the most that CNIL recommends of
# journals in general is said to be six months to a year, and AU-037 three to six months (trust-space §10, neither read).
TRACE_DAYS = number("TRACE_DAYS", 365, 90, 3653)
# Bins are emptied, and what is brought from elsewhere is bounded (mailbox/keeping, mailbox/imports)
TRASH_DAYS = number("TRASH_DAYS", 30, 1, 3653)  # trash and spam, since they were put there
IMPORT_MAX_BYTES = number("IMPORT_MAX_BYTES", 10 * 1024**3, 1024**2, 1024**4)  # of the files of one import
# Figures of use (trust-space §11): each month to a class that writes them; none is written without a folder
INDICATOR_WRITER = shaped(
    "INDICATOR_WRITER", r"([A-Za-z_]\w*(\.[A-Za-z_]\w*)+)?", "a class, «package.module.Class»"
) or ("mailbox.indicators.writer.CsvWriter")
INDICATORS_DIR = env("INDICATORS_DIR")

# --- Publication of our mailboxes to the national directory: off without an address (trust-space §8.2) --------------
PUBLISH_URL = shaped("PUBLISH_URL", r"(https://[^\s/]\S*)?", "an address in https://")
PUBLISH_KEY = secret("PUBLISH_KEY")  # ESANTE-API-KEY; only the process that publishes, worker, holds it
if not (PUBLISH_KEY.isascii() and PUBLISH_KEY.isprintable()):
    raise ImproperlyConfigured("PUBLISH_KEY: printable ASCII is expected")
PUBLISH_CA = env("PUBLISH_CA")  # PEM of the authorities of the gateway's certificate; the public ones when unset
PUBLISH_PER_SECOND = number("PUBLISH_PER_SECOND", 5.0, 0.1, 17.0)  # calls; ANS allows an application 17 in all
PUBLISH_DIGITIZATION = flag("PUBLISH_DIGITIZATION")  # tell «zéro papier» too: dropped from the profile by IG 1.2.0

LOGGING = logging_of(level=env("LOG_LEVEL", "INFO"))
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- The alarm clock --------------------------------------------------------------------------------------
CELERY_BEAT_SCHEDULE = strokes(probe_seconds=PROBE_SECONDS)
