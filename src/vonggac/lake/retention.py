"""What is older than its limit ends for every reader at once; its files go a day later, as those replaced do."""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from vonggac.formats.traffic_tables import Kind
from vonggac.lake.acts import Retirement
from vonggac.lake.contents import Holding, holdings
from vonggac.lake.segments import DAY_US
from vonggac.lake.store import Lake

# Longer than any question, sweep or backup that may still be reading.
GRACE_US = DAY_US
_FOLDERS = ("segments", "rejects")


def due(lake: Lake, before_us: Mapping[Kind, int]) -> list[Holding]:
    """What a retirement would end now, by organisation and kind; a row with an open end is never too old."""
    return holdings(lake.manifest.living().past(before_us).values())


def retire(lake: Lake, before_us: Mapping[Kind, int], at_us: int) -> None:
    """End every segment whose last row is older than its kind's limit, and every import of which nothing is left.

    What came in later than the limit stays, however old its rows are: somebody has only just handed it in.
    """
    with lake.manifest.locked():
        living = lake.manifest.living()
        if living.past(before_us) or living.empty_past(before_us):
            lake.manifest.append(Retirement(at_us, dict(before_us)))


def clear(lake: Lake, at_us: int, machine_us: int, is_needed: Callable[[str], bool] = lambda _: False) -> int:
    """The number of files removed: of segments replaced or retired a day ago, of imports that are over, and strays.

    `machine_us`: the time by which files are dated. `is_needed` tells of a digest whether its raw bytes are kept for
    another reason than the lake's.
    """
    with lake.manifest.locked():
        found = [*_gone(lake, at_us), *_of_ended(lake, at_us, is_needed), *_strays(lake, machine_us)]
        there = [path for path in dict.fromkeys(found) if path.is_file()]
        for path in there:
            path.unlink()
        _remove_empty_folders(lake.root / _FOLDERS[0])
    return len(there)


def clear_unnamed(
    lake: Lake,
    machine_us: int,
    needed: Callable[[], Collection[str]],
    tell: Callable[[Mapping[str, int]], None],
) -> int:
    """The number of files removed of those handed in and never taken in: a day old, and named by no import.

    `needed` gives the digests whose bytes are kept for another reason than the lake's. `tell` hears of digests and
    sizes, in bytes, before anything is removed. Nobody renews bytes meanwhile: that takes the lock, too.
    """
    with lake.manifest.locked():
        living = lake.manifest.living()
        named = living.by_source.keys() | {entry.source_sha256 for entry, _ in living.ended}
        old = {path.stem: path for path in sorted((lake.root / "raw").glob("*.zst")) if _is_old(path, machine_us)}
        waiting = old.keys() - named
        unnamed = waiting - set(needed()) if waiting else set()
        if unnamed:
            tell({sha256: old[sha256].stat().st_size for sha256 in sorted(unnamed)})
        for sha256 in unnamed:
            old[sha256].unlink()
    return len(unnamed)


def _gone(lake: Lake, at_us: int) -> Iterator[Path]:
    living = lake.manifest.living()
    return (lake.root / path for path, since_us in living.gone.items() if since_us <= at_us - GRACE_US)


def _of_ended(lake: Lake, at_us: int, is_needed: Callable[[str], bool]) -> Iterator[Path]:
    """The bytes as received and the rejects of imports that are over, where no other import has them."""
    living = lake.manifest.living()
    rejects = {entry.rejects_path for entry in living.entries}
    for entry, since_us in living.ended:
        if since_us > at_us - GRACE_US:
            continue
        if entry.rejects_path is not None and entry.rejects_path not in rejects:
            yield lake.root / entry.rejects_path
        if entry.source_sha256 not in living.by_source and not is_needed(entry.source_sha256):
            yield lake.raw_path(entry.source_sha256)


def _strays(lake: Lake, machine_us: int) -> Iterator[Path]:
    """Files that no act names and nobody wrote to for a day: left over by a run that was killed."""
    living = lake.manifest.living()
    named = {segment.path for segment, _ in living.segments_of(living.entries)} | set(living.gone)
    named |= {entry.rejects_path for entry in living.entries if entry.rejects_path}
    named |= {entry.rejects_path for entry, _ in living.ended if entry.rejects_path}
    for folder in _FOLDERS:
        for path in (lake.root / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(lake.root)) not in named and _is_old(path, machine_us):
                yield path


def _is_old(path: Path, machine_us: int) -> bool:
    return path.stat().st_mtime_ns // 1_000 <= machine_us - GRACE_US


def _remove_empty_folders(top: Path) -> None:
    for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
