"""Knobs of signing in, read once by settings.py: carriers of SMS, and the doors of the sector."""

from mssweb.knobs import account, flag, number, ovh, shaped

_DEMO = flag("DEMO")

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

__all__ = ["OVH", "SMS_CARRIER", "SMS_COUNTRIES", "SMS_DAILY_LIMIT", "TWILIO", "TWILIO_FALLBACK"]
