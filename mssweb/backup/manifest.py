"""What a backup says of itself: of which instant, made by what, how many rows of each table, and each file's digest. Pure.

It is in clear, and holds counts and digests, no row. Its own SHA-256 stands for the whole backup: noted elsewhere, it alone
shows that a backup is the one that was made.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256

FORMAT = 1
MOST_BYTES = 1 << 20
_NAME = re.compile(r"\d{8}T\d{6}Z")
_KINDS = ("database", "keys", "objects")


class Unfit(Exception):
    """A backup that is not taken; one line for a person."""


@dataclass(frozen=True, slots=True)
class File:
    size: int  # bytes, as it lies
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`migrations`: names by application; `counts`: rows by table; `sealed_to`: fingerprint of the public key, or nothing."""

    name: str
    snapshot_at: datetime
    version: str
    server: int
    sealed_to: str
    has_directory: bool
    migrations: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, int]
    files: Mapping[str, File]

    def info(self, kind: str) -> str:
        return info(self.name, kind)


def info(name: str, kind: str) -> str:
    """What a sealed file of a backup is bound to."""
    return f"backup:{name}:{kind}"


def name_of(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def moment_of(name: str) -> datetime | None:
    """When a backup of that name was made; None for what is no name of a backup."""
    if not _NAME.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def written(manifest: Manifest) -> bytes:
    told = {"format": FORMAT, **asdict(manifest), "snapshot_at": manifest.snapshot_at.isoformat()}
    return json.dumps(told, indent=1, sort_keys=True).encode() + b"\n"


def digest(text: bytes) -> str:
    return sha256(text).hexdigest()


def read(text: bytes) -> Manifest:
    """Unfit for whatever is not a manifest of this format, whole and of the right types."""
    try:
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise Unfit("a backup of another format: use the version that made it")
        return _typed(told)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unfit("the manifest does not read") from None


def _typed(told: dict[str, object]) -> Manifest:
    name, files = _text(told["name"]), _mapping(told["files"])
    if moment_of(name) is None or not {"database", "keys"} <= files.keys() <= set(_KINDS):
        raise ValueError
    return Manifest(
        name=name,
        snapshot_at=datetime.fromisoformat(_text(told["snapshot_at"])),
        version=_text(told["version"]),
        server=_number(told["server"]),
        sealed_to=_text(told["sealed_to"]),
        has_directory=told["has_directory"] is True,
        migrations={app: tuple(map(_text, _list(names))) for app, names in _mapping(told["migrations"]).items()},
        counts={table: _number(count) for table, count in _mapping(told["counts"]).items()},
        files={kind: _file(_mapping(one)) for kind, one in files.items()},
    )


def _file(told: Mapping[str, object]) -> File:
    if not re.fullmatch("[0-9a-f]{64}", _text(told["sha256"])):
        raise ValueError
    return File(_number(told["size"]), _text(told["sha256"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def newer(manifest: Manifest, known: Iterable[tuple[str, str]]) -> list[str]:
    """Migrations of the backup that the code at hand does not have: it is of a newer version."""
    ours = set(known)
    return [f"{app}.{name}" for app, names in manifest.migrations.items() for name in names if (app, name) not in ours]


def differences(manifest: Manifest, counts: Mapping[str, int]) -> list[str]:
    """Tables that do not have the rows that the manifest says."""
    tables = sorted(manifest.counts.keys() | counts.keys())
    return [table for table in tables if manifest.counts.get(table) != counts.get(table)]
