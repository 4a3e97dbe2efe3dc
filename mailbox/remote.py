"""A remote image of a message, fetched by us so that no browser of a reader is seen by who sent it.

Only http and https, ports 80 and 443, pictures by their bytes. A name is resolved once, at each step of a redirection, and
connected to where it leads if that is the public Internet: never our own network, a machine of it, or an address that hides
one. Keeps nothing; says neither who reads nor from where: one User-Agent, no cookie, no referrer.
"""

import ssl
import threading
import time
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin, urlsplit

from django.conf import settings

from mailbox.mime.pictures import kind_of
from mssweb import exchange
from mssweb.exchange import NoAnswer

MAX_BYTES = 5_000_000  # of one image
SECONDS = 8.0  # of all steps
MAX_STEPS = 4  # the address itself, and three redirections
_PORTS = {"http": 80, "https": 443}
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; image proxy)",
    "Accept": "image/png,image/jpeg,image/gif,image/webp",
}
_AT_ONCE = threading.BoundedSemaphore(6)  # of a process: a slow host must not hold every thread of the pages
_EMBEDS = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10")))


def fetch(url: str) -> bytes:
    """Its bytes, for the quarantine. NoAnswer when it is no picture, too large, too slow, or where nobody goes from here."""
    if not _AT_ONCE.acquire(timeout=SECONDS):
        raise NoAnswer("busy")
    try:
        return _fetched(url)
    finally:
        _AT_ONCE.release()


def _fetched(url: str) -> bytes:
    end = time.monotonic() + SECONDS
    for _ in range(MAX_STEPS):
        answer = _asked(url, max(0.1, end - time.monotonic()))
        if answer.status in _REDIRECTIONS and answer.location:
            url = _joined(url, answer.location)
            continue
        if answer.status != 200 or not kind_of(answer.body):
            raise NoAnswer("no-picture")
        return answer.body
    raise NoAnswer("redirections")


def _asked(url: str, seconds: float) -> exchange.Answer:
    allowed = _checked(url)
    return exchange.ask(
        "GET", allowed, _HEADERS, seconds=seconds, most=MAX_BYTES, context=_context(), allows=is_reachable
    )


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise NoAnswer("address") from None


def _checked(url: str) -> str:
    """The address as it is asked: without a name, a password or a fragment; NoAnswer for what we do not ask."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("ascii")
    except (ValueError, UnicodeError):
        raise NoAnswer("address") from None
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    is_peer = (host, port) in settings.REMOTE_PEERS_OF_TESTS
    if not (is_plain and host and parts.scheme in _PORTS) or parts.username is not None:
        raise NoAnswer("address")
    if port not in {None, _PORTS[parts.scheme]} and not is_peer:
        raise NoAnswer("port")
    return parts._replace(fragment="").geturl()


def is_reachable(address: str) -> bool:
    """Is it a host of the public Internet, and none of ours (settings.OWN_NETWORKS)?"""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(host == address for host, _ in settings.REMOTE_PEERS_OF_TESTS):
        return True
    if isinstance(known, IPv6Address) and (known.ipv4_mapped or any(known in net for net in _EMBEDS)):
        return False  # an address of IPv4 in disguise: its host has a name and an address of its own
    return known.is_global and not known.is_multicast and not known.is_reserved and not _is_ours(known)


def _is_ours(known: IPv4Address | IPv6Address) -> bool:
    return any(known in network for network in settings.OWN_NETWORKS if network.version == known.version)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()
