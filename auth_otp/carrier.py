"""What a carrier is: it takes an SMS or makes a call, or raises CarrierError with clear words."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SMS:
    """`to` in E.164; `report_to`: where the carrier tells whether it was delivered, when anybody wants to know.

    `code`: the digits that `body` gives, for a carrier that writes the words itself (Twilio Verify); none in what is no code.
    """

    to: str
    body: str
    report_to: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A telephone that rings and is told `words`, in French; `code` is in them, for who writes the words itself."""

    to: str
    words: str
    code: str


@dataclass(frozen=True, slots=True)
class Taken:
    """`name`: by which reports will know it. `verification`: one that waits to be told that its code was right."""

    name: str = ""
    verification: str = ""


class CarrierError(Exception):
    """The carrier did not take the SMS, or the call. `words` are for the person, in French; `code` is for the audit.

    `is_temporary`: another try may help. `is_personal`: it is the number's doing, no other carrier would fare better.
    """

    def __init__(self, words: str, *, code: str, is_temporary: bool, is_personal: bool = False) -> None:
        super().__init__(code)
        self.words, self.code, self.is_temporary, self.is_personal = words, code, is_temporary, is_personal


class Carrier(Protocol):
    """Both raise CarrierError, and say by which name the carrier knows what it took."""

    def send(self, sms: SMS) -> Taken: ...

    def call(self, call: Call) -> Taken: ...
