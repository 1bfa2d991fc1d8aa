"""Reads a world folder as far as an office would have it; the answers in it (truth.json, expected.json) stay closed.

Strangers write such folders: what is missing and not needed is empty, what cannot be used is warned about, and only
what nothing can be played without is an error. Format: docs/reference/exercise-format.md.
"""

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vonggac.errors import InputError
from vonggac.formats import tables, times
from vonggac.formats.tables import Table
from vonggac.kernel import host_names

NEEDED_FILES = ("world.toml", "organisations.csv", "networks.csv", "assets.csv", "sensors.csv", "lists.csv")
# In the order in which they need one another, with the columns that count.
REGISTER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "organisations": ("code", "name", "kind", "parent", "email"),
    "networks": ("network", "organisation", "valid_from", "valid_to"),
    "assets": ("name", "kind", "organisation", "address", "address_from", "address_to", "nat_pool"),
    "sensors": (
        "name", "kind", "organisation", "networks",
        "silence", "heartbeat_seconds", "max_quiet_seconds", "clock_offset_seconds",
    ),
}  # fmt: skip
# Signs of life of the sensors: they come as the story goes.
SIGN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "heartbeats": ("sensor", "from_utc", "to_utc"),
    "rotation": ("sensor", "file", "from_utc", "to_utc", "records"),
}
QUIET = "max_quiet_seconds"
LONGEST_QUIET_SECONDS = 31_536_000  # the most that the register takes
ANSWERS = frozenset({"truth.json", "expected.json"})
CLAIMS = frozenset({"clean", "not_ours"})
# What was there before anything happened is entered a day ahead of it.
AHEAD = timedelta(days=1)
_OF_ASSETS = ("kind", "organisation")
_EARLIEST = datetime.min.replace(tzinfo=UTC)
Warn = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ListFile:
    """A botnet list as a sender delivered it."""

    path: Path
    sender: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnersClaim:
    """What an owner says about a host, by its name or the address that its case stands under."""

    host: str
    claim: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file of a sensor; at is None when it was there from the start."""

    path: Path
    name: str
    sensor: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A log file that the office takes back as handed in by mistake."""

    path: Path
    sensor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class World:
    """A folder ready to be played; nothing of its lists and logs has been read yet."""

    folder: Path
    name: str
    now_utc: datetime
    limits: Mapping[str, int]
    lists: tuple[ListFile, ...]
    claims: tuple[OwnersClaim, ...]
    logs: tuple[LogFile, ...]
    taken_back: tuple[TakenBack, ...] = ()

    @property
    def begins_utc(self) -> datetime:
        """The moment at which the register and all that was there from the start are entered."""
        moments = [item.at for part in (self.lists, self.claims, self.logs) for item in part if item.at is not None]
        return min([self.now_utc, *moments]) - AHEAD

    def register_files(self) -> Iterator[tuple[str, bytes]]:
        """(kind, content) of the register's files in the order in which they are imported, empty ones left out.

        Columns that the format does not know are taken away: the register knows more than a world may say. Claims name
        a host by its name alone, so the lines of one name are one asset, where the register would know several.
        """
        for kind, known in self._known(REGISTER_COLUMNS):
            if kind == "sensors":
                yield kind, _with_quiet(known, "sensors.csv", self._live_sensors())
            elif kind == "networks":
                yield kind, _by_day(known, "networks.csv")
            else:
                yield kind, _one_asset_a_name(known, "assets.csv") if kind == "assets" else known

    def signs(self, after: datetime | None, until: datetime) -> Iterator[tuple[str, bytes]]:
        """(kind, content) of the sensors' signs of life between two moments (None: from the start).

        A heartbeat that goes on is cut there; a log file counts once it is written, or when the world ends. Other lines
        are left empty, so that each keeps its number; those whose times cannot be read come with the first.
        """
        for kind, known in self._known(SIGN_COLUMNS):
            is_end = until >= self.now_utc
            yield kind, _between(known, f"{kind}.csv", after, until, is_beat=kind == "heartbeats", is_end=is_end)

    def _known(self, kinds: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, bytes]]:
        """(kind, content) of those files of the kinds that hold anything, with the columns that count."""
        for kind, columns in kinds.items():
            path = self.folder / f"{kind}.csv"
            content = path.read_bytes() if path.is_file() else b""
            if content.strip():
                yield kind, _only(content, path.name, columns)

    def _live_sensors(self) -> set[str]:
        """The sensors all of whose files were there at once: they hand in as they write."""
        return {log.sensor for log in self.logs if log.at is None} - {log.sensor for log in self.logs if log.at}


def read_world(folder: Path, warn: Warn) -> World:
    """The world of a folder; InputError when it lacks what nothing can be played without."""
    absent = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if absent:
        raise InputError(
            f"{folder} is no world that can be judged: it lacks {', '.join(absent)}. "
            "`vonggac exercise judge --help` says what stands in them"
        )
    settings = _settings(folder / "world.toml")
    world = settings.get("world", {})
    return World(
        folder=folder,
        name=str(world.get("name") or folder.name),
        now_utc=_now(world),
        limits=_limits(settings.get("rule", {}), warn),
        lists=tuple(sorted(_lists(folder, warn), key=lambda item: item.at)),
        claims=tuple(sorted(_claims(folder, _spellings(folder), warn), key=lambda item: item.at)),
        logs=tuple(_logs(folder, warn)),
        taken_back=tuple(sorted(_taken_back(folder, warn), key=lambda item: item.at)),
    )


def moment(text: str) -> datetime | None:
    """The UTC moment that a cell says, None when it says none; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        seconds = int(times.read_column([text]).seconds[0])
        return None if seconds == times.NO_TIME else datetime.fromtimestamp(seconds, UTC)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _only(content: bytes, name: str, columns: tuple[str, ...]) -> bytes:
    table = tables.read_table(content, name)
    places = [place for place, column in enumerate(table.columns) if column in columns]
    if len(places) == len(table.columns):
        return content
    kept = ([row[place] for place in places] for row in table.rows)
    return _written(table, [table.columns[place] for place in places], kept)


def _with_quiet(content: bytes, name: str, live: set[str]) -> bytes:
    """The sensors; a live one that does not say how long it may be quiet may be so as long as the register takes."""
    table = tables.read_table(content, name)
    columns = [*table.columns, *({QUIET} - set(table.columns))]
    if "name" not in columns:
        return content
    place, named = columns.index(QUIET), columns.index("name")
    rows = [[*row, ""][: len(columns)] for row in table.rows]
    for row in rows:
        if row[named].strip() in live and not row[place].strip():
            row[place] = str(LONGEST_QUIET_SECONDS)
    return _written(table, columns, rows)


def _by_day(content: bytes, name: str) -> bytes:
    """The networks with the UTC day of each time: in the register a network changes hands as a day begins."""
    table = tables.read_table(content, name)
    places = [place for place, column in enumerate(table.columns) if column in {"valid_from", "valid_to"}]
    rows = [list(row) for row in table.rows]
    for row in rows:
        for place in places:
            if "T" in row[place] and (at := moment(row[place])) is not None:
                row[place] = at.date().isoformat()
    return content if rows == [list(row) for row in table.rows] else _written(table, table.columns, rows)


def _one_asset_a_name(content: bytes, name: str) -> bytes:
    """The assets; lines of one name, whatever its case, are spelt as the first and have the latest's unit and kind.

    Such a host goes out through the pools of all its lines: an asset has one set of them.
    """
    table = tables.read_table(content, name)
    alike: dict[str, list[dict[str, str]]] = defaultdict(list)
    lines = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    for line in lines:
        alike[host_names.normal(line.get("name", ""))].append(line)
    for group in alike.values():
        latest = max(group, key=lambda line: moment(line.get("address_from", "")) or _EARLIEST)
        shared = {"name": group[0].get("name", "")} | {column: latest.get(column, "") for column in _OF_ASSETS}
        shared["nat_pool"] = " ".join(
            dict.fromkeys(pool for line in group for pool in line.get("nat_pool", "").split())
        )
        for line in group:
            line.update({column: shared[column] for column in shared.keys() & line.keys()})
    rows = [[line[column] for column in table.columns] for line in lines]
    return content if rows == [list(row) for row in table.rows] else _written(table, table.columns, rows)


def _written(table: Table, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The table anew; what of it could not be read stands at its end, for the import to say so."""
    unread = "".join(f"{reject.raw}\r\n" for reject in table.rejects)
    return tables.write_csv(columns, rows) + unread.encode()


def _between(
    content: bytes, name: str, after: datetime | None, until: datetime, *, is_beat: bool, is_end: bool
) -> bytes:
    """The table with the lines whose times end after the one moment and not after the other, the rest left empty.

    Of a heartbeat that reaches over one of the moments, the part between them stands in the line. At the end of the
    world a log file that is still written to comes too.
    """
    table = tables.read_table(content, name)
    if not {"from_utc", "to_utc"} <= set(table.columns):
        return content
    from_place, to_place = table.columns.index("from_utc"), table.columns.index("to_utc")
    left_out = [""] * len(table.columns)
    rows: list[list[str]] = []
    for line, cells in zip(table.line_numbers, table.rows, strict=True):
        row = list(cells)
        rows += [left_out] * (line - 2 - len(rows))
        begin, end = _stated(row[from_place]), _stated(row[to_place])
        if begin is None or end is None or end <= begin:
            rows.append(left_out if after else row)
            continue
        if is_beat:
            begin, end = max(begin, after or begin), min(end, until)
            row[from_place], row[to_place] = begin.isoformat(), end.isoformat()
        is_due = begin < min(end, until) and (is_end or end <= until) and (after is None or after < end)
        rows.append(row if is_due else left_out)
    return tables.write_csv(table.columns, rows)


def _stated(cell: str) -> datetime | None:
    """The moment of a cell as the register reads it, None where it would not."""
    try:
        found = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _settings(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from None


def _now(world: Mapping[str, Any]) -> datetime:
    now = moment(str(world.get("now_utc", "")))
    if now is None:
        raise InputError('world.toml does not say when it is judged: write now_utc = "2024-04-24T00:00:00Z" in [world]')
    return now


def _limits(rule: Mapping[str, Any], warn: Warn) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in rule.items():
        if name not in {"clean_days", "gap_seconds", "log_grace_hours"}:
            warn(f"world.toml: [rule] {name} is not known and not used")
        elif isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or value != int(value):
            raise InputError(f"world.toml: [rule] {name} = {value} should be a whole number")
        else:
            found[name] = int(value)
    return found


def rows(folder: Path, name: str, needed: tuple[str, ...], warn: Warn) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cells by column) of a table of the world; nothing when it is absent or empty."""
    path = folder / name
    if not path.is_file() or not path.read_bytes().strip():
        return
    table = tables.read_table(path.read_bytes(), name)
    lacking = [column for column in needed if column not in table.columns]
    if lacking:
        raise InputError(f"{path} lacks the column {', '.join(lacking)}; its header is {', '.join(table.columns)}")
    for reject in table.rejects:
        warn(f"{name}, line {reject.line}: {reject.reason}")
    for line, cells in table.records():
        yield line, {column: cell.strip() for column, cell in cells.items()}


def _lists(folder: Path, warn: Warn) -> Iterator[ListFile]:
    for line, row in rows(folder, "lists.csv", ("file", "sender", "received_utc"), warn):
        path, at = inside(folder / "lists", row["file"]), moment(row["received_utc"])
        if path is None:
            warn(f"lists.csv, line {line}: there is no list {row['file']} in lists/; it is left out")
        elif at is None:
            warn(f"lists.csv, line {line}: “{row['received_utc']}” is no time; the list is left out")
        else:
            yield ListFile(path, row["sender"] or "unknown", at)


def _spellings(folder: Path) -> dict[str, str]:
    """Name as it is compared → as the first line of assets.csv spells it."""
    found: dict[str, str] = {}
    for _, row in rows(folder, "assets.csv", (), lambda _: None):
        found.setdefault(host_names.normal(row.get("name", "")), row.get("name", ""))
    return found


def _claims(folder: Path, spellings: Mapping[str, str], warn: Warn) -> Iterator[OwnersClaim]:
    for line, row in rows(folder, "claims.csv", ("host", "time_utc", "claim"), warn):
        at, claim = moment(row["time_utc"]), row["claim"].lower()
        if at is None or claim not in CLAIMS or not row["host"]:
            warn(f"claims.csv, line {line}: a claim needs a host, a time, and “clean” or “not_ours”; it is left out")
        else:
            host = spellings.get(host_names.normal(row["host"]), row["host"])
            yield OwnersClaim(host, claim, row.get("by") or "owner", at)


def _logs(folder: Path, warn: Warn) -> Iterator[LogFile]:
    root = folder / "logs"
    arrivals: dict[str, datetime] = {}
    for line, row in rows(folder, "arrivals.csv", ("file", "received_utc"), warn):
        at = moment(row["received_utc"])
        if at is None:
            warn(f"arrivals.csv, line {line}: “{row['received_utc']}” is no time; the file counts as there at once")
        else:
            arrivals[row["file"].removeprefix("logs/")] = at
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        name = path.relative_to(root).as_posix()
        if not path.is_file() or path.name.startswith("."):
            continue
        if "/" not in name or inside(root, name) is None:
            warn(f"logs/{name} is not in a sensor's folder; it is left out")
            continue
        sensor, _, inner = name.partition("/")
        yield LogFile(path, inner, sensor, arrivals.pop(name, None))
    for name in arrivals:
        warn(f"arrivals.csv: there is no logs/{name}")


def _taken_back(folder: Path, warn: Warn) -> Iterator[TakenBack]:
    for line, row in rows(folder, "taken_back.csv", ("file", "time_utc", "reason"), warn):
        name = row["file"].removeprefix("logs/")
        path, at = inside(folder / "logs", name), moment(row["time_utc"])
        if path is None or at is None:
            warn(f"taken_back.csv, line {line}: it needs a file of logs/ and a time; the file stays")
        else:
            yield TakenBack(path, name.partition("/")[0], row["reason"], at)


def inside(root: Path, name: str) -> Path | None:
    """The file of that name below the folder; None for one that is not there, leads out of it, or is an answer."""
    path = (root / name).resolve()
    is_ours = path.is_relative_to(root.resolve()) and path.name not in ANSWERS
    return path if name and is_ours and path.is_file() else None
