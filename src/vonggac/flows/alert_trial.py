"""A declaration tried on pasted lines, on what was set aside, or on a file: what it gives, what it refuses."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import IO, BinaryIO

from vonggac.alerts import queries
from vonggac.alerts.clock_lead import Lead, lead_of_times
from vonggac.alerts.models import Source
from vonggac.alerts.services.sources import Declaration
from vonggac.errors import InputError, IntegrityFailure
from vonggac.flows import alert_raw
from vonggac.flows.alert_reading import read
from vonggac.flows.uploads import lake
from vonggac.formats.alerts import Alert, Options, guessing, mapping, open_file
from vonggac.formats.alerts.outcome import Batch
from vonggac.formats.alerts.source import Source as Opened
from vonggac.formats.records import Reject, RowWarning
from vonggac.formats.times import find_zone

SAMPLE_BYTES = 256 * 1024
SHOWN = 10
# Formats whose names a mapping says.
MAPPED = frozenset({"json", "antimalware-table"})
# What a page waits for, about a second; a file may have millions of lines before the ones that were set aside.
MOST_READ = 100_000


@dataclass(slots=True)
class Trial:
    """What came of it: the first alerts and rejects, how many of each in all, or why nothing could be read."""

    format_name: str = ""
    alerts: list[Alert] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    """Of alerts that were read the first cells that could not be, and count as empty."""
    number: int = 0
    rejected: int = 0
    warned: int = 0
    observations: int = 0
    lead: Lead = field(default_factory=Lead)
    """Of alerts whose time lies ahead of the trial's own, or of when the lines came."""
    refusal: str = ""
    is_cut: bool = False
    """More was there than one page waits for."""


def tried(declaration: Declaration, content: bytes, *, at: datetime) -> Trial:
    """The outcome of reading the bytes by the declaration; nothing is kept, nothing counts."""
    return _read(_declared(declaration), BytesIO(content), "message", at, frozenset())


def guessed(declaration: Declaration, content: bytes) -> tuple[str, str]:
    """(format, mapping in TOML) to start from: each field that a name in the lines suggests, marked as a guess.

    Raises InputError for lines of a format that needs no mapping, MappingNeeded where no name says anything.
    """
    stream = BytesIO(content)
    if not declaration.format_name and (known := _known(stream)):
        raise InputError(
            f"these lines are read as they are, as {known}; a mapping is for tables and JSON of another product"
        )
    found = guessing.guess(Opened(stream, "message"), Options(find_zone(declaration.time_zone)))
    text = mapping.with_guess(declaration.mapping, found.mapping, found.examples, found.left)
    return declaration.format_name or "json" * found.is_json, text


def _known(stream: BinaryIO) -> str:
    """The title of the format that the lines are in, where it needs no mapping."""
    try:
        format_ = open_file(stream, "message").format
    except InputError:
        return ""
    finally:
        stream.seek(0)
    return "" if format_.name in MAPPED else format_.title


def lines_set_aside(source: Source) -> bytes | None:
    """The begin of what was set aside last; None where none is."""
    aside = queries.set_aside().filter(source=source).last()
    if aside is None:
        return None
    with alert_raw.opened(aside.raw) as stream:
        return stream.read(SAMPLE_BYTES)


def tried_on_file(source: Source, sha256: str, file_name: str, *, at: datetime) -> Trial:
    """The outcome of reading a kept file as the source's declaration stands."""
    with lake().opened(sha256) as stream:
        return _read(source, stream, file_name, at, frozenset())


def tried_on_set_aside(declaration: Declaration, source: Source) -> Trial | None:
    """The outcome of reading by the declaration what was set aside last, those lines alone; None where none is."""
    aside = queries.set_aside().filter(source=source).last()
    if aside is None:
        return None
    try:
        with alert_raw.opened(aside.raw) as stream:
            return _read(_declared(declaration), stream, aside.file_name or "message", aside.at, frozenset(aside.lines))
    except IntegrityFailure as error:
        return Trial(refusal=str(error))


def _declared(declaration: Declaration) -> Source:
    """A source that only reads, declared so; it is not kept."""
    return Source(format_name=declaration.format_name, mapping=declaration.mapping, time_zone=declaration.time_zone)


def _read(source: Source, stream: IO[bytes], name: str, received_utc: datetime, lines: Collection[int]) -> Trial:
    """What the stream gives, of these lines alone where some are named."""
    found = Trial()
    try:
        reading = read(stream, name, source, received_utc)
        found.format_name = reading.format.name
        seen = 0
        for batch in reading.batches():
            seen += batch.size
            _add(found, batch, lines, received_utc)
            found.observations += 0 if lines else batch.observations
            if seen > MOST_READ:
                found.is_cut = True
                break
    except InputError as error:
        found.refusal = str(error)
    return found


def _add(found: Trial, batch: Batch, lines: Collection[int], received_utc: datetime) -> None:
    wanted = [one for one in batch.alerts if not lines or one.raw_line in lines]
    refused = [one for one in batch.rejects if not lines or one.line in lines]
    emptied = [one for one in batch.warnings if not lines or one.line in lines]
    found.number += len(wanted)
    found.lead += lead_of_times((one.time_utc for one in wanted), received_utc)
    found.rejected += len(refused)
    found.warned += len(emptied)
    found.alerts += wanted[: SHOWN - len(found.alerts)]
    found.rejects += refused[: SHOWN - len(found.rejects)]
    found.warnings += emptied[: SHOWN - len(found.warnings)]
