"""Why a file is not read: a code that the screens have a sentence for (mailbox/documents/words.py)."""


class Refused(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
