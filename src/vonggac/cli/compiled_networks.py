"""The networks of a file, compiled, and kept for the next command that reads the same file."""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vonggac.cli.options import content_of
from vonggac.errors import InputError
from vonggac.formats import compiled_register
from vonggac.kernel.networks import Register

if TYPE_CHECKING:
    from vonggac.formats.records import Reject
    from vonggac.kernel.network_history import History

# Raised when the reading or compiling of networks changes, so that no cache of an older program is used.
_CACHE_GENERATION = "3"


def load(path: Path, at: datetime) -> "tuple[Register, list[Reject]]":
    """The register of a moment and the file's rejects; see `load_history`."""
    found, rejects = load_history(path)
    return (found if isinstance(found, Register) else found.at(int(at.timestamp()))), rejects


def load_history(path: Path) -> "tuple[Register | History, list[Reject]]":
    """The networks, a history in seconds where the file has dates, and its rejects.

    A register comes from the cache when the same content was compiled before.
    """
    content = content_of(path)
    digest = hashlib.sha256(_CACHE_GENERATION.encode() + path.suffix.encode() + content).hexdigest()
    kept = _cache_folder() / f"{digest}.register"
    try:
        cached = compiled_register.load(kept.read_bytes())
    except OSError:
        cached = None
    if cached is not None:
        return cached
    from vonggac.formats import networks_csv

    reading = networks_csv.read(content, path.name)
    if not reading.networks:
        first = f" (line {reading.rejects[0].line}: {reading.rejects[0].reason})" if reading.rejects else ""
        raise InputError(f"{path.name} names no network{first}; a row holds a network and its organisation")
    found = reading.compile()
    if isinstance(found, Register):
        _keep(kept, compiled_register.dump(found, reading.rejects))
    return found, reading.rejects


def _cache_folder() -> Path:
    base = os.environ.get("VONGGAC_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vonggac" / "registers"


def _keep(path: Path, content: bytes) -> None:
    """Write aside and rename, readable by the owner alone; a folder that cannot be written costs only the speed."""
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as target:
            target.write(content)
        Path(target.name).replace(path)
    except OSError:
        return
