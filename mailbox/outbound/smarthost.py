"""The operator's own relay (settings.SMARTHOST): all mail to other operators goes to it and nowhere else.

Mutual TLS with it, its authority and its name pinned. What it does with the receiving hosts is its business
(`manage.py postfix_policy`): their certificates are not seen here.
"""

import ssl

from django.conf import settings

from mailbox.certificate import OwnCertificate, speak_tls


def _client(certificate: str, key: str, _: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies chain, dates and name
    speak_tls(context)
    context.load_verify_locations(settings.SMARTHOST_CA)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # its own certificate, or whoever signed it directly, will do
    context.load_cert_chain(certificate, key)
    return context


_ours = OwnCertificate(_client)


def serving() -> ssl.SSLContext | None:
    """None when its files or ours cannot be used."""
    return _ours.serving()
