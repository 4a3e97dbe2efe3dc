"""What an edge in front of us (nginx) says of a client certificate, in headers: believed of the edge alone.

Two things make it the edge: the request came over a unix socket, or to an address of ours in CPS_EDGE_NETWORKS (loopback);
and it carries the secret that the edge alone holds. Whoever lacks one of them is told nothing, and told to the journal.
The address of the peer counts for nothing: behind a proxy it is what a header says.
"""

from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings
from django.http import HttpRequest

from auth_otp.cps.certificate import MAX_BYTES
from mssweb.crypto import same

SECRET, VERIFY, CERTIFICATE = "X-Card-Secret", "X-Card-Verify", "X-Card-Certificate"
_LONGEST = 6 * MAX_BYTES  # PEM, with percent signs


def is_the_edge(request: HttpRequest) -> bool:
    given, known = request.headers.get(SECRET, ""), settings.CPS_EDGE_SECRET
    return _is_near(request) and bool(known) and same(given.encode(), known.encode())


def says_it_is(request: HttpRequest) -> bool:
    """Any of the headers: nobody sends them by mistake."""
    return any(name in request.headers for name in (SECRET, VERIFY, CERTIFICATE))


def certificate_of(request: HttpRequest) -> tuple[bytes, bool]:
    """DER, empty for none; and whether the edge verified its chain. Ask `is_the_edge` first."""
    text = request.headers.get(CERTIFICATE, "")
    if not text or len(text) > _LONGEST:
        return b"", False
    try:
        der = load_pem_x509_certificate(unquote_to_bytes(text)).public_bytes(Encoding.DER)
    except ValueError:
        return b"?", False  # something was shown; its judge calls it unreadable
    return der, request.headers.get(VERIFY) == "SUCCESS"


def _is_near(request: HttpRequest) -> bool:
    """The address at which the connection reached us, which no header tells: a unix socket has no port."""
    host, port = getattr(request, "scope", {}).get("server") or ("", 0)
    if port is None:
        return True
    try:
        return any(ip_address(host) in network for network in settings.CPS_EDGE_NETWORKS)
    except ValueError:
        return False
