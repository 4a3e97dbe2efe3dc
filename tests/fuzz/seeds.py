"""What the fuzzer begins with: each recorded session and each letter of the tests, as bytes."""

from pathlib import Path

from tests.sessions import corpus
from tests.sessions.ours import NAMES, envelope

EML = Path(__file__).parents[1] / "eml"


def sessions() -> list[bytes]:
    found = []
    for one in corpus().values():
        before = envelope(NAMES) if one.begins == "envelope" else b""
        found.append(b"\0\x20" + before + b"".join(step.bytes(NAMES) for step in one.steps))
    return [seed for seed in found if len(seed) < 20_000]


def letters() -> list[bytes]:
    from tests.mailbox.inbound.test_hostile import LETTERS

    return [path.read_bytes() for path in EML.glob("*.eml")] + [raw for raw, _ in LETTERS.values() if len(raw) < 20_000]


SEEDS = {"session": sessions, "letter": letters}
