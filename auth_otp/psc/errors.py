"""What may go wrong with the provider: two errors, each with a code for the journal and no word of what was exchanged."""


class ProviderError(Exception):
    """`code` is a word of ours, or one of the provider's that OAuth lists (RFC 6749 §5.2)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Away(ProviderError):
    """May go better later: unreachable, slow, busy, in disorder. The other doors stay."""

    why = "away"  # of words.REFUSALS


class Refused(ProviderError):
    """Asking again changes nothing: refused by the provider, or its answer is not to be believed."""

    why = "false"
