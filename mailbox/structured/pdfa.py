"""Does a PDF say of itself that it is a PDF/A-1 (ISO 19005-1 §6.7.11)? Looks at bytes, believes the claim, converts nothing.

The XMP of a PDF/A-1 is never compressed (§6.7.2), so that it is found without opening the file.
"""

import re

_PART = re.compile(rb"""pdfaid:part\s*(?:=\s*["']\s*1\s*["']|>\s*1\s*</)""")


def declares(data: bytes) -> bool:
    return _PART.search(data) is not None
