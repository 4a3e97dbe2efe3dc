"""`deploy/python deploy/known_passwords.py LIST…`: make auth_otp/known.bin anew, of lists with one password a line.

Reads local files only; auth_otp/known.md says which lists, and where they are published. What is no UTF-8 is left out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from auth_otp import known


def lines(paths: list[str]) -> Iterator[str]:
    for path in paths:
        for line in Path(path).read_bytes().split(b"\n"):
            try:
                yield line.rstrip(b"\r").decode()
            except UnicodeDecodeError:
                continue


def main(paths: list[str]) -> int:
    if not paths:
        print(__doc__)
        return 2
    made = known.packed(lines(paths))
    known.LISTED.write_bytes(made)
    print(f"{known.LISTED}: {len(made) // 8} digests, {len(made)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
