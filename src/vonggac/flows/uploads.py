"""What was handed in stays on disk exactly as it came, under its digest, before anything is acknowledged."""

import hashlib
import os
from pathlib import Path

from django.conf import settings


def keep_raw(content: bytes) -> Path:
    """The file that keeps the bytes, durable when this returns; the same bytes again are kept once."""
    digest = hashlib.sha256(content).hexdigest()
    folder: Path = settings.VONGGAC_HOME.raw / digest[:2]
    file = folder / digest
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{digest}.{os.getpid()}"
    with aside.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    aside.rename(file)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return file


def raw(digest: str) -> Path:
    """The file that keeps the bytes of this SHA-256."""
    return Path(settings.VONGGAC_HOME.raw / digest[:2] / digest)
