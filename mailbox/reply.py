"""What an SMTP server answers, and the two errors that know it.

The delivery contract of the whole project: whatever can go wrong with a message is either
Temporary (try again) or Permanent (tell the sender); what is unknown is Temporary, 451.
The text of a reply is read by a peer: it never discloses content, paths or names of programs.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply: code (RFC 5321 §4.2), enhanced code (RFC 3463, '' when none), text in ASCII.

    `is_ours`: we made it, it was not heard from a peer. `keeps_from_asking`: nobody was asked, for a reason of ours, so
    that it tells nothing of the peer. Neither counts in a comparison: the same words mean the same.
    """

    code: int
    enhanced: str
    text: str
    is_ours: bool = field(default=True, compare=False, kw_only=True)
    keeps_from_asking: bool = field(default=False, compare=False, kw_only=True)

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 400

    @property
    def is_temporary(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code < 600

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


LOCAL_ERROR = Reply(451, "4.3.0", "Local error in processing, try again later")  # RFC 5321 §4.2.3


class MailError(Exception):
    """A failure with the reply that tells it to a peer. Raise one of its two children."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Temporary(MailError):
    """It may work later: the peer keeps the message, our worker tries again."""

    def __init__(self, reply: Reply = LOCAL_ERROR) -> None:
        super().__init__(reply)


class Permanent(MailError):
    """It will never work as it stands: the sender must be told."""
