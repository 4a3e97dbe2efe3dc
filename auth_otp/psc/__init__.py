"""Pro Santé Connect (OpenID Connect Core 1.0, RFC 7636, 8705, 9207; client-and-documents §8): the door of the card and the e-CPS.

Refuses to know a password, to keep an access token (ECO.1.2.5), and to believe of a person anything but the number that the
directory confirms.
"""
