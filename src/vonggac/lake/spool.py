"""Bytes as they were received, kept compressed under their digest, so that every reading can be done again."""

from pathlib import Path

import pyarrow as pa

from vonggac.errors import IntegrityFailure
from vonggac.lake import files

_LENGTH_BYTES = 8


def keep(root: Path, content: bytes) -> str:
    """The SHA-256 of the content, which on return survives power loss; what is already kept is not written again."""
    sha256 = files.digest(content)
    path = _path(root, sha256)
    if not path.exists():
        packed = pa.Codec("zstd").compress(content, asbytes=True)
        # The plain length stands before the zstd frame: the codec has to be told how much it will give.
        files.write_whole(path, len(content).to_bytes(_LENGTH_BYTES, "little") + packed)
    return sha256


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


def _path(root: Path, sha256: str) -> Path:
    return root / "raw" / f"{sha256}.zst"
