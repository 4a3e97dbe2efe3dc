"""The folder of backups: each has a folder of its own name, made aside and given its name when it is whole.

DIR/NAME/manifest.json, database, objects.tsv      kept as long as one likes
DIR/keys/NAME                                      the wrapped keys: 30 days, then `prune` takes them away
DIR/objects/                                       sealed bytes of an external store, shared by all backups

Whatever a killed run leaves begins with a dot, is taken for no backup, and goes with the next run. Knows no database.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import IO

from mssweb.backup import envelope
from mssweb.backup.manifest import MOST_BYTES, File, Manifest, Unfit, digest, info, moment_of, read, written

KEY_DAYS = timedelta(days=30)  # design §4.5: a destroyed key is destroyed everywhere once these are gone
_FILES = {"database": "database", "objects": "objects.tsv"}


class Busy(Exception):
    """Another backup is being written into that folder."""


class Making:
    """A backup that is not whole yet: files are added, then it is given its name."""

    def __init__(self, root: Path, name: str, public: bytes | None) -> None:
        self.root, self.name, self.public = root, name, public
        self.aside = root / f".{name}"
        self.files: dict[str, File] = {}

    def add(self, kind: str, pieces: Iterable[bytes], *, in_clear: bool = False) -> None:
        """Write one file, sealed unless there is no public key or it tells nothing (`in_clear`)."""
        path = self._aside_of(kind)
        with private(path) as out:
            told = envelope.Digest(out)
            if self.public is None or in_clear:
                for piece in pieces:
                    told.write(piece)
            else:
                envelope.seal_to(self.public, pieces, told, info(self.name, kind))
            out.flush()
            os.fsync(out.fileno())
        self.files[kind] = File(told.size, told.sha256)

    def finish(self, manifest: Manifest) -> str:
        """Give it its name, keys first; the digest of its manifest. From here on it is a backup."""
        text = written(manifest)
        with private(self.aside / "manifest.json") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        self._aside_of("keys").rename(self.root / "keys" / self.name)
        self.aside.rename(self.root / self.name)
        for folder in (self.root / "keys", self.root / self.name, self.root):
            _sync(folder)
        return digest(text)

    def _aside_of(self, kind: str) -> Path:
        return self.root / "keys" / f".{self.name}" if kind == "keys" else self.aside / _FILES[kind]


class Made:
    """A whole backup, as it is found; Unfit when there is none at that place."""

    def __init__(self, path: Path) -> None:
        self.path = path = newest(path) if not (path / "manifest.json").exists() else path.resolve()
        try:
            with (path / "manifest.json").open("rb") as source:
                text = source.read(MOST_BYTES)
        except OSError:
            raise Unfit(f"{path} is no backup") from None
        self.manifest, self.digest = read(text), digest(text)
        if self.manifest.name != path.name:
            raise Unfit("the folder has not the name that its manifest says")

    def place(self, kind: str) -> Path:
        return self.path.parent / "keys" / self.manifest.name if kind == "keys" else self.path / _FILES[kind]

    def check(self, kind: str) -> None:
        """Unfit unless that file is byte for byte what the manifest says."""
        expected, place = self.manifest.files[kind], self.place(kind)
        try:
            with place.open("rb") as source:
                if os.fstat(source.fileno()).st_size != expected.size:
                    raise Unfit(f"{kind}: the file has not the size that the manifest says")
                found = file_digest(source, "sha256").hexdigest()
        except OSError as error:
            raise Unfit(f"{kind}: {place} does not read: {error.strerror}") from None
        if found != expected.sha256:
            raise Unfit(f"{kind}: the file is not what the manifest says")

    @contextmanager
    def pieces(self, kind: str, private: bytes | None) -> Iterator[Iterator[bytes]]:
        """What a sealed file holds, opened; Unfit when the private key lacks, or is given for what is not sealed."""
        if self.manifest.sealed_to and private is None:
            raise Unfit(f"sealed to the key {self.manifest.sealed_to}: its private half is needed")
        if private is not None and not self.manifest.sealed_to:  # anybody may have put it there
            raise Unfit("it is not sealed, and a private key was given for it")
        with self.place(kind).open("rb") as source:
            if private is None:
                yield envelope.pieces_of(source)
            else:
                yield envelope.opened(private, source, self.manifest.info(kind))


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """The folder, ours alone while it lasts; what killed runs left in it goes first."""
    for folder in (root, root / "keys"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(root / ".lock", "ab", opener=_opener) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{root}: another backup is being made there") from None
        _sweep(root)
        try:
            yield
        finally:
            _sweep(root)


def begin(root: Path, name: str, public: bytes | None) -> Making:
    """`writing` is held by the caller."""
    making = Making(root, name, public)
    if (root / name).exists():
        raise Busy(f"{root / name} is there already")
    making.aside.mkdir(mode=0o700)
    return making


def newest(root: Path) -> Path:
    """The last whole backup of a folder of them."""
    found = [path for path in _listed(root) if (path / "manifest.json").exists()]
    if not found:
        raise Unfit(f"{root}: there is no backup")
    return max(found, key=lambda path: path.name).resolve()


def prune(root: Path, now: datetime) -> list[str]:
    """Destroy wrapped keys older than KEY_DAYS, and nothing else; the names of those that went.

    Their names say how old they are: what a copy did to the time of a file changes nothing.
    """
    gone = []
    for path in _listed(root / "keys"):
        made_at = moment_of(path.name)
        if made_at and made_at < now - KEY_DAYS:
            path.unlink()
            gone.append(path.name)
    if gone:
        _sync(root / "keys")
    return sorted(gone)


def expire(root: Path, now: datetime, days: int) -> list[str]:
    """Destroy whole backups older than that, the newest excepted; the names of those that went."""
    old = [path for path in _listed(root) if (moment_of(path.name) or now) < now - timedelta(days=days)]
    gone = [path for path in old if path.resolve() != newest(root)]
    for path in gone:
        (root / "keys" / path.name).unlink(missing_ok=True)
        path.rename(root / f".{path.name}")  # from here on it is none, and `writing` sweeps it
    return sorted(path.name for path in gone)


def _listed(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if moment_of(path.name)] if folder.is_dir() else []


def _sweep(root: Path) -> None:
    for left in (*root.glob(".*Z"), *(root / "keys").glob(".*Z")):
        if moment_of(left.name[1:]):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def _sync(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def private(path: Path) -> IO[bytes]:
    """A new file that its owner alone reads; FileExistsError rather than another in its place."""
    return open(path, "xb", opener=_opener)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
