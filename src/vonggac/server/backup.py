"""Writing everything a desk keeps into one file, and bringing it back, here or on another machine.

The database is dumped first, in one snapshot. Files are never changed once the database names them, so those copied
afterwards hold at least what the snapshot names: the backup is consistent while the desk goes on working.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

from vonggac import __version__
from vonggac.errors import InputError, Refused
from vonggac.server import archive, databases, opening
from vonggac.server.archive import Advance
from vonggac.server.dump import dump_database, restore_database
from vonggac.server.home import Home

# A bar of progress: label and number of steps in, a context with an `advance(steps)` out.
Bar = Callable[[str, int], AbstractContextManager[Advance]]


def back_up(home: Home, target: Path, *, at: datetime, bar: Bar) -> archive.Manifest:
    """Write the backup and hand back its manifest; the file appears only when it is whole.

    Raises Refused when the file exists, ConfigurationError when the database cannot be read in full.
    """
    target = target.absolute()
    if target.exists():
        raise Refused(f"{target} exists; a backup never overwrites: choose another name")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}")
    if target.is_relative_to(home.path.resolve()):
        raise InputError("a backup inside the desk's own folder would be lost with it; choose another place")
    with opening.served(home) as logins, _scratch(target.parent) as scratch:
        state = archive.state_files(home.path, scratch)
        dump = scratch / archive.DUMP
        with bar("Database", 1) as advance:
            dump_database(home, logins, dump)
            advance(1)
        files = [(dump, archive.DUMP)]
        files += [(home.path / name, name) for name in (archive.KEY_FILE, archive.CHANNEL_KEY_FILE)]
        files += [*state, *archive.files_below(home.path)]
        total = sum(path.stat().st_size for path, _ in files if path.exists())
        with bar("Files", total) as advance, archive.written(target, advance) as writer:
            for path, name in files:
                # Retention may have removed a file since it was listed; then the database names it no more either.
                if path.exists():
                    writer.add(path, name)
            names = {"owner": logins.owner.role, "app": logins.app.role, "sealer": logins.sealer.role}
            is_exercise = (home.path / archive.EXERCISE).is_dir()
            manifest = archive.Manifest(at.isoformat(), __version__, names, tuple(writer.members), is_exercise)
            writer.finish(manifest)
    return manifest


def verify(source: Path, *, bar: Bar) -> archive.Manifest:
    """The manifest of a backup whose every byte is as it was written; else BackupDamaged."""
    if not source.is_file():
        raise InputError(f"there is no file {source}")
    with bar("Checking", source.stat().st_size) as advance:
        return archive.verify(source, advance)


def restore(source: Path, home: Home, *, bar: Bar) -> archive.Manifest:
    """Bring a backup back into a home that is new or empty; nothing is written before the backup is known sound."""
    if home.path.exists() and any(home.path.iterdir()):
        raise Refused(f"{home.path} is not empty; restore into a new folder with --home")
    manifest = verify(source, bar=bar)
    if manifest.is_exercise and databases.is_external():
        raise Refused(
            "the backup is of an exercise, which keeps a database of its own: restore it without VONGGAC_DATABASE_URL "
            "(`env -u VONGGAC_DATABASE_URL ./vg restore …`)"
        )
    home.path.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = home.path / opening.UNFINISHED
    mark.write_text(f"{source.absolute()}\n")
    total = sum(member.size for member in manifest.members)
    with bar("Files", total) as advance:
        archive.extract(source, manifest, home.path, advance)
    dump = home.path / archive.DUMP
    with opening.served(home, is_restoring=True) as logins, bar("Database", 1) as advance:
        restore_database(home, logins, dump, manifest.database)
        advance(1)
    dump.unlink()
    mark.unlink()
    return manifest


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    # Beside the backup: there is room for the dump where there is room for the archive.
    path = Path(tempfile.mkdtemp(prefix=".vonggac-backup.", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
