"""Bytes as they were received, kept compressed under their digest, so that every reading can be done again."""

import hashlib
import io
import os
import tempfile
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, BinaryIO

import pyarrow as pa

from vonggac.errors import IntegrityFailure
from vonggac.lake import files

_LENGTH_BYTES = 8
_PIECE_BYTES = 1024 * 1024
_IN_MEMORY_BYTES = 64 * 1024 * 1024


def keep(root: Path, content: bytes, is_kept: Callable[[str], bool]) -> str:
    """The SHA-256 of the content, which on return survives power loss; what `is_kept` is not written again."""
    sha256 = files.digest(content)
    path = _path(root, sha256)
    if not is_kept(sha256):
        packed = pa.Codec("zstd").compress(content, asbytes=True)
        # The plain length stands before the zstd frame: the codec has to be told how much it will give.
        files.write_whole(path, len(content).to_bytes(_LENGTH_BYTES, "little") + packed)
    return sha256


def keep_stream(
    root: Path, stream: BinaryIO, is_kept: Callable[[str], bool], advance: Callable[[int], None] = lambda _: None
) -> str:
    """As `keep`, for a file of any size: read piece by piece, `advance` told the bytes of each."""
    folder = root / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    aside, digest, length = folder / f".{uuid.uuid4().hex}", hashlib.sha256(), 0
    try:
        with aside.open("wb") as file, ThreadPoolExecutor(1, "digest") as beside:
            file.write(bytes(_LENGTH_BYTES))
            file.flush()
            with pa.CompressedOutputStream(pa.PythonFile(file, "w"), "zstd") as packed:
                while piece := stream.read(_PIECE_BYTES):
                    # Digest and packing take equally long, and neither holds the interpreter.
                    digested = beside.submit(digest.update, piece)
                    packed.write(piece)
                    digested.result()
                    length += len(piece)
                    advance(len(piece))
        _finish(aside, length)
        if not is_kept(digest.hexdigest()):
            aside.rename(_path(root, digest.hexdigest()))
            files.flush_folder(folder)
    finally:
        aside.unlink(missing_ok=True)
    return digest.hexdigest()


def raw(root: Path, sha256: str) -> bytes:
    """The bytes as received; IntegrityFailure when they are missing or do not match the digest."""
    path = _path(root, sha256)
    try:
        packed = path.read_bytes()
        length = int.from_bytes(packed[:_LENGTH_BYTES], "little")
        content: bytes = pa.Codec("zstd").decompress(packed[_LENGTH_BYTES:], length, asbytes=True)
    except (OSError, pa.ArrowInvalid, MemoryError, OverflowError) as damage:
        raise IntegrityFailure(f"{path} is missing or damaged ({damage}); restore the lake from a backup") from damage
    if files.digest(content) != sha256:
        raise IntegrityFailure(f"{path} does not match its digest; restore the lake from a backup")
    return content


def opened(root: Path, sha256: str) -> IO[bytes]:
    """A seekable file of the bytes as received, unpacked aside; IntegrityFailure when they do not match the digest."""
    path, digest = _path(root, sha256), hashlib.sha256()
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            unpacked: IO[bytes] = tempfile.TemporaryFile() if length > _IN_MEMORY_BYTES else io.BytesIO()  # noqa: SIM115  the caller's
            with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as stream:
                while piece := stream.read(_PIECE_BYTES):
                    digest.update(piece)
                    unpacked.write(piece)
    except OSError as damage:
        raise IntegrityFailure(f"{path} is missing or damaged ({damage}); restore the lake from a backup") from damage
    if digest.hexdigest() != sha256:
        raise IntegrityFailure(f"{path} does not match its digest; restore the lake from a backup")
    unpacked.seek(0)
    return unpacked


def _finish(aside: Path, length: int) -> None:
    """Write the length that only the end of the stream told, and flush all of it."""
    with aside.open("r+b") as file:
        file.write(length.to_bytes(_LENGTH_BYTES, "little"))
        file.flush()
        os.fsync(file.fileno())


def _path(root: Path, sha256: str) -> Path:
    return root / "raw" / f"{sha256}.zst"
