"""Where mail of a domain goes: its route in settings, else the hosts of its MX by preference (RFC 5321 §5.1).

What DNS says for certain (no such domain, a null MX) is permanent; whatever it does not say is temporary.
"""

import random
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby

import dns.exception
import dns.resolver
from django.conf import settings

from mailbox.reply import Permanent, Reply, Temporary

NO_DNS = Reply(451, "4.4.3", "The name of the receiving host is not resolved")
NO_DOMAIN = Reply(550, "5.1.2", "The receiving domain does not exist")
NO_MAIL = Reply(550, "5.1.10", "The receiving domain accepts no mail")  # RFC 7505 §4.2
PORT = 25
_MOST = 4  # hosts tried in one attempt
_SECONDS = 10.0  # of one question, its retries included


def hosts_of(domain: str) -> list[tuple[str, int]]:
    """(host, port), the one to try first first; Permanent or Temporary when there is none."""
    known = routes()
    place = known.get(domain) or known.get("*")
    return [place] if place else [(host, PORT) for host in _exchanges(domain)]


def routes() -> Mapping[str, tuple[str, int]]:
    """settings.ROUTES: «domain=host:port …», «*» for all others (a smarthost)."""
    return _routes(settings.ROUTES)


@lru_cache(maxsize=2)
def _routes(text: str) -> Mapping[str, tuple[str, int]]:
    found = {}
    for entry in text.split():
        domain, _, place = entry.partition("=")
        host, _, port = place.rpartition(":")
        found[domain.lower()] = (host, int(port))
    return found


def _exchanges(domain: str) -> list[str]:
    try:
        answer = _resolver(settings.DNS_SERVER).resolve(f"{domain}.", "MX")
    except dns.resolver.NXDOMAIN:
        raise Permanent(NO_DOMAIN) from None
    except dns.resolver.NoAnswer:
        return [domain]  # the implicit MX
    except dns.exception.DNSException:
        raise Temporary(NO_DNS) from None
    by_preference = sorted((record.preference, str(record.exchange).rstrip(".")) for record in answer)
    hosts: list[str] = []
    for _, group in groupby(by_preference, key=lambda pair: pair[0]):
        equals = [host for _, host in group if host]
        random.shuffle(equals)  # RFC 5321 §5.1: hosts of one preference share the load
        hosts += equals
    if not hosts:
        raise Permanent(NO_MAIL)
    return hosts[:_MOST]


@lru_cache(maxsize=2)
def _resolver(server: str) -> dns.resolver.Resolver:
    """The system's, or the one of settings.DNS_SERVER («address:port»); answers are kept for their time to live."""
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        address, _, port = server.rpartition(":")
        resolver.nameservers, resolver.port = [address], int(port)
    resolver.cache = dns.resolver.LRUCache(10_000)
    resolver.lifetime = _SECONDS
    return resolver
