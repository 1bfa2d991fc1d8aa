"""The backup file: a plain tar with a manifest of checksums at its end, written and read without trusting anything.

database.dump            pg_dump's custom format
secrets/secret-key       without it sessions, links and second factors would be void
secrets/channel-key      without it the secrets of gateways would have to be entered again
evidence/… lake/… raw/…  as in the home
checkpoints.txt          the ledger's checkpoints, for `ledger verify` where it is restored
exercise/… exercise-clock  a practice desk's province, how far it was played and its clock; a real desk has none
manifest.json            sizes and SHA-256 of all the others
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from vonggac.errors import BackupDamaged

SCHEMA = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
KEY_FILE = "secrets/secret-key"
CHANNEL_KEY_FILE = "secrets/channel-key"
FOLDERS = ("evidence", "lake", "raw")
# The folder that makes a home an exercise: never made where it was not, never left out where it was.
EXERCISE = "exercise"
# What says how far the desk is. It is copied before the database, so that it never speaks of what that does not hold:
# a checkpoint of entries that the dump lacks would look like tampering, a day already played would be lost.
STATE_FILES = ("checkpoints.txt", "exercise-clock", f"{EXERCISE}/state.json")
# The order to take the exercise away is not for a desk that was restored.
_NOT_KEPT = frozenset({*STATE_FILES, f"{EXERCISE}/wipe"})
BLOCK_BYTES = 1024**2
LARGEST_MANIFEST_BYTES = 256 * 1024**2

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds and where it comes from."""

    created_utc: str
    version: str
    database: dict[str, str]
    members: tuple[Member, ...]
    is_exercise: bool = False

    def to_json(self) -> bytes:
        """The manifest as the last member of the archive, sealed with a checksum of its own."""
        content = {"schema": SCHEMA, **asdict(self)}
        return json.dumps({**content, "seal": _seal(content)}, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """The manifest of an archive; BackupDamaged when it is not one of ours."""
        try:
            content = json.loads(text)
            if content["schema"] != SCHEMA:
                raise BackupDamaged(f"the backup has layout {content['schema']}; this version reads layout {SCHEMA}")
            # Backups of versions before the seal have none, and no other word that is not known.
            seal = content.pop("seal", None)
            if set(content) | _LATER_WORDS != _WORDS or (seal is not None and seal != _seal(content)):
                raise BackupDamaged("the backup's manifest was changed; use another copy of the file")
            members = tuple(Member(str(m["name"]), int(m["size"]), str(m["sha256"])) for m in content["members"])
            origin = str(content["created_utc"]), str(content["version"]), dict(content["database"])
            return cls(*origin, members, content.get("is_exercise", False) is True)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise BackupDamaged(f"the backup's manifest cannot be read ({error})") from None


_WORDS = frozenset({"schema", "created_utc", "version", "database", "members", "is_exercise"})
# What backups of earlier versions do not say.
_LATER_WORDS = frozenset({"is_exercise"})


def _seal(content: dict[str, Any]) -> str:
    """SHA-256 of a manifest's words in one order, so that a flipped bit in it is found too."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class Writer:
    """Adds files to an archive and keeps their checksums."""

    def __init__(self, archive: tarfile.TarFile, advance: Advance) -> None:
        self._archive = archive
        self._advance = advance
        self.members: list[Member] = []

    def add(self, path: Path, name: str) -> None:
        """Copy a file as it is at this moment; what is appended to it meanwhile is left out."""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            source = _Hashed(file, self._advance)
            self._archive.addfile(_header(name, size), source)
        self.members.append(Member(name, size, source.digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, after which nothing may follow."""
        text = manifest.to_json()
        self._archive.addfile(_header(MANIFEST, len(text)), io.BytesIO(text))


class _Hashed:
    """A reader that keeps the SHA-256 of what went through it."""

    def __init__(self, source: IO[bytes], advance: Advance) -> None:
        self._source = source
        self._advance = advance
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self.digest.update(block)
        self._advance(len(block))
        return block


@contextmanager
def written(target: Path, advance: Advance) -> Iterator[Writer]:
    """A writer for a new archive, which takes its name only when it is whole and on the disk."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
                yield Writer(archive, advance)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it fails where a file of that name appeared meanwhile.
        os.link(aside, target)
    finally:
        aside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def verify(source: Path, advance: Advance) -> Manifest:
    """The manifest, after every byte was compared with it and nothing was written; else BackupDamaged."""
    found: list[Member] = []
    manifest: Manifest | None = None
    with _opened(source) as archive:
        for header in _members(archive):
            if manifest is not None:
                raise BackupDamaged(
                    f"{source} has more behind its manifest; it was changed: use another copy of the file"
                )
            content = archive.extractfile(header)
            assert content is not None  # noqa: S101  only regular files come out of _members
            if header.name == MANIFEST:
                manifest = Manifest.from_json(_small(content, header.size))
                continue
            reader = _Hashed(content, advance)
            while reader.read(BLOCK_BYTES):
                pass
            found.append(Member(header.name, header.size, reader.digest.hexdigest()))
    if manifest is None:
        raise BackupDamaged(
            f"{source} ends before its manifest; it was cut short: copy it again in full, or use another"
        )
    _compare(manifest, found)
    return manifest


def extract(source: Path, manifest: Manifest, target: Path, advance: Advance) -> None:
    """Write the files of a verified archive below the target, checked once more against the manifest."""
    expected = {member.name: member for member in manifest.members}
    for folder in ("secrets", *FOLDERS, *([EXERCISE] if manifest.is_exercise else [])):
        (target / folder).mkdir(mode=0o700)
    with _opened(source) as archive:
        for header in _members(archive):
            content = archive.extractfile(header)
            assert content is not None  # noqa: S101  only regular files come out of _members
            if header.name == MANIFEST:
                continue
            path = target / header.name
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            reader = _Hashed(content, advance)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(reader, file, BLOCK_BYTES)
            if header.name not in expected or reader.digest.hexdigest() != expected[header.name].sha256:
                raise BackupDamaged(f"{header.name} changed while it was being restored")


def _compare(manifest: Manifest, found: list[Member]) -> None:
    expected = {member.name: member for member in manifest.members}
    for member in found:
        if expected.pop(member.name, None) != member:
            raise BackupDamaged(f"{member.name} in the backup is not what was backed up; use another copy of the file")
    if expected:
        raise BackupDamaged(f"{min(expected)} is missing from the backup; use another copy of the file")


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    seen: set[str] = set()
    for header in archive:
        # A sparse file takes no room in the archive and as much as it likes on the disk.
        is_plain = header.isreg() and not header.issparse()
        if not is_plain or not _is_expected(header.name) or header.name in seen:
            raise BackupDamaged(f"the backup holds {header.name!r}, which no backup of the desk holds")
        seen.add(header.name)
        yield header


def _is_expected(name: str) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or "\0" in name:
        return False
    if name in {MANIFEST, DUMP, KEY_FILE, CHANNEL_KEY_FILE, *STATE_FILES}:
        return True
    return len(path.parts) > 1 and path.parts[0] in (*FOLDERS, EXERCISE)


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        archive = tarfile.open(source, mode="r:")  # noqa: SIM115  closed below
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BackupDamaged(f"{source} is no backup of the desk ({error}); take one from `vonggac backup`") from None
    with archive:
        try:
            yield archive
        except (tarfile.TarError, EOFError, UnicodeError) as error:
            raise BackupDamaged(
                f"{source} cannot be read to its end ({error}): copy it again in full, or use another"
            ) from None


def _small(content: IO[bytes], size: int) -> bytes:
    if size > LARGEST_MANIFEST_BYTES:
        raise BackupDamaged("the backup's manifest is larger than any backup's")
    return content.read()


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    return header


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(home: Path) -> Iterator[tuple[Path, str]]:
    """The files of evidence, lake, raw and exercise with their names in the archive; manifests of the lake first.

    A segment is written before the manifest that names it and removed after, so manifests read first never name a
    file that comes later.
    """
    found = [
        (path, path.relative_to(home).as_posix())
        for folder in (*FOLDERS, EXERCISE)
        for path in (home / folder).rglob("*")
        if path.is_file() and not path.is_symlink()
    ]
    kept = (item for item in found if item[1] not in _NOT_KEPT)
    return iter(sorted(kept, key=lambda item: (item[0].suffix != ".json", item[1])))


def state_files(home: Path, scratch: Path) -> list[tuple[Path, str]]:
    """Copies, made now in the scratch folder, of what says how far the desk is, with their names in the archive."""
    copies = []
    for order, name in enumerate(STATE_FILES):
        if (home / name).is_file():
            copy = scratch / f"state-{order}"
            shutil.copyfile(home / name, copy)
            copies.append((copy, name))
    return copies


def describe(manifest: Manifest) -> dict[str, Any]:
    """Figures of a backup for people and programs."""
    return {
        "created_utc": manifest.created_utc,
        "version": manifest.version,
        "files": len(manifest.members),
        "is_exercise": manifest.is_exercise,
        "bytes": sum(member.size for member in manifest.members),
    }
