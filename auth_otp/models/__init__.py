"""Who you are: a person, what they prove it with, their sessions. One noun a file."""

from auth_otp.models.card import CardList, CardTicket
from auth_otp.models.challenge import Challenge, ChallengeQuerySet
from auth_otp.models.coming import Activation, Enrolment, Missive, Reset
from auth_otp.models.factor import Passkey, RecoveryCode, SectorLink, SMSDevice, TOTPDevice
from auth_otp.models.notice import Notice
from auth_otp.models.person import RPPS, User, UserManager, check_mobile
from auth_otp.models.ration import Allowance, Throttle
from auth_otp.models.sector import Followed, TelephoneQuestion
from auth_otp.models.session import Session

__all__ = [
    "RPPS", "Activation", "Allowance", "CardList", "CardTicket", "Challenge", "ChallengeQuerySet", "Enrolment", "Followed",
    "Missive", "Notice", "Passkey", "RecoveryCode", "Reset", "SMSDevice", "SectorLink", "Session", "TOTPDevice",
    "TelephoneQuestion", "Throttle", "User",
    "UserManager", "check_mobile",
]  # fmt: skip
