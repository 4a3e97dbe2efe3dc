"""Where mail of a domain goes: its route in settings, else the hosts of its MX by preference, and their addresses
(RFC 5321 §5.1). Nothing else resolves a name: what connects is given addresses, and waits for no resolver.

What DNS says for certain (no such domain, a null MX, our own host, no address) is permanent; whatever it does not say is
temporary. A CNAME is followed, of a domain as §5.1 says, of a host although RFC 2181 §10.3 forbids it: it is the
certificate that says who answers. An address inside our network is not gone to because DNS says so: a route, or the
resolver that DNS_SERVER names, is the operator's own word.
"""

import random
import time
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from itertools import groupby
from typing import NamedTuple

import dns.exception
import dns.rdatatype
import dns.resolver
from django.conf import settings

from mailbox.reply import MailError, Permanent, Reply, Temporary

NO_DNS = Reply(451, "4.4.3", "The name of the receiving host is not resolved")
NO_DOMAIN = Reply(550, "5.1.2", "The receiving domain does not exist")
NO_MAIL = Reply(550, "5.1.10", "The receiving domain accepts no mail")  # RFC 7505 §4.2
NO_ADDRESS = Reply(550, "5.4.4", "The receiving host has no address that may be reached")
LOOP = Reply(550, "5.4.6", "The receiving domain leads back to this host")  # RFC 5321 §5.1
PORT = 25
_MOST_HOSTS, _MOST_PLACES = 4, 8  # tried in one attempt
_SECONDS, _WHOLE_SECONDS = 10.0, 20.0  # of one question, its retries included; of all of them
_KEPT_SECONDS = 3600.0  # an answer is asked for again at the latest then, whatever its time to live


class Place(NamedTuple):
    """`host` is the name that TLS asks for, `address` what is connected to."""

    host: str
    address: str
    port: int


def hosts_of(domain: str) -> list[Place]:
    """The one to try first first; Permanent or Temporary when there is none."""
    known, until = routes(), time.monotonic() + _WHOLE_SECONDS
    if settings.SMARTHOST:
        host, _, port_text = settings.SMARTHOST.rpartition(":")
        return [Place(settings.SMARTHOST_NAME, a, int(port_text)) for a in _named(host.strip("[]"), until)]
    if route := known.get(domain) or known.get("*"):
        return places_of(*route, until=until)
    found: list[Place] = []
    faults: list[MailError] = []
    for host in _exchanges(domain, until):
        try:
            found += [Place(host, address, PORT) for address in _public(host, until)]
        except MailError as error:
            faults.append(error)
    if not found:  # one that is not known may come back
        raise next((fault for fault in faults if not fault.reply.is_permanent), faults[0])
    return found[:_MOST_PLACES]


def places_of(host: str, port: int, *, until: float | None = None) -> list[Place]:
    """The same of a host that the operator names."""
    until = until or time.monotonic() + _WHOLE_SECONDS
    return [Place(host, address, port) for address in _named(host, until)]


def routes() -> Mapping[str, tuple[str, int]]:
    """settings.ROUTES: «domain=host:port …», «*» for all others."""
    return _routes(settings.ROUTES)


@lru_cache(maxsize=2)
def _routes(text: str) -> Mapping[str, tuple[str, int]]:
    found = {}
    for entry in text.split():
        domain, _, place = entry.partition("=")
        host, _, port = place.rpartition(":")
        found[domain.lower()] = (host.strip("[]"), int(port))
    return found


def _exchanges(domain: str, until: float) -> list[str]:
    """Hosts of its MX, without us and those behind us."""
    answer = _asked(domain, dns.rdatatype.MX, until)
    if answer is None:
        return [domain]  # the implicit MX
    listed = sorted((record.preference, str(record.exchange).rstrip(".").lower()) for record in answer)
    by_preference = [pair for pair in listed if pair[1]]
    if not by_preference:
        raise Permanent(NO_MAIL)
    ours = min(
        (preference for preference, host in by_preference if host == settings.SMTP_HOSTNAME.lower()), default=None
    )
    hosts: list[str] = []
    for preference, group in groupby(by_preference, key=lambda pair: pair[0]):
        if ours is not None and preference >= ours:
            break
        equals = [host for _, host in group]
        random.shuffle(equals)  # RFC 5321 §5.1: hosts of one preference share the load
        hosts += equals
    if not hosts:
        raise Permanent(LOOP)
    return hosts[:_MOST_HOSTS]


def _named(host: str, until: float) -> list[str]:
    """Addresses of a host that the operator names."""
    if host == "localhost":  # RFC 6761 §6.3
        return ["127.0.0.1", "::1"]
    try:
        return [str(ip_address(host))]
    except ValueError:
        return _addresses(host, until)


def _public(host: str, until: float) -> list[str]:
    """Addresses of a host that DNS names."""
    found = _addresses(host, until)
    if not settings.DNS_SERVER:
        found = [address for address in found if _is_public(address)]
    if not found:
        raise Permanent(NO_ADDRESS)
    return found


def _is_public(address: str) -> bool:
    known = ip_address(address)
    return known.is_global and not known.is_multicast


def _addresses(host: str, until: float) -> list[str]:
    found: list[str] = []
    fault: Temporary | None = None
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        try:
            found += [record.address for record in _asked(host, kind, until) or ()]
        except Temporary as error:  # of one kind: the other may do
            fault = error
        except Permanent:
            break
    if not found:
        raise fault or Permanent(NO_ADDRESS)
    return found


def _asked(name: str, kind: dns.rdatatype.RdataType, until: float) -> dns.resolver.Answer | None:
    """None when the name has no such record."""
    seconds = min(_SECONDS, until - time.monotonic())
    try:
        return _resolver(settings.DNS_SERVER).resolve(f"{name}.", kind, lifetime=max(seconds, 0.0))
    except dns.resolver.NXDOMAIN:
        raise Permanent(NO_DOMAIN) from None
    except dns.resolver.NoAnswer:
        return None
    except dns.exception.DNSException:
        raise Temporary(NO_DNS) from None


class _Cache(dns.resolver.LRUCache):
    """What there is, and what there is not, for its time to live and an hour at most."""

    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        value.expiration = min(value.expiration, time.time() + _KEPT_SECONDS)
        super().put(key, value)


@lru_cache(maxsize=2)
def _resolver(server: str) -> dns.resolver.Resolver:
    """The system's, or the one of settings.DNS_SERVER («address:port»)."""
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        address, _, port = server.rpartition(":")
        resolver.nameservers, resolver.port = [address], int(port)
    resolver.cache = _Cache(10_000)
    return resolver
