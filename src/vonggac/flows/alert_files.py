"""A file of alerts comes in: kept as it came, read part by part into lake and findings; cut short, it goes on."""

import hashlib
import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.utils import timezone

from vonggac.alerts.clock_lead import Lead, lead_of
from vonggac.alerts.grouping import groups_of
from vonggac.alerts.models import Arrival, SetAside
from vonggac.alerts.parts import Part
from vonggac.alerts.reading_ahead import Work, parts_of
from vonggac.alerts.services import absorbing, files
from vonggac.alerts.services.absorbing import Absorbed, Figures, Rejected
from vonggac.errors import InputError, LimitExceeded, MappingNeeded, UnreadableFile
from vonggac.flows import alert_raw
from vonggac.flows.alert_reading import Found, Watched, manner_of, of_subject, read, under
from vonggac.flows.uploads import lake
from vonggac.formats.alerts import Reading
from vonggac.formats.alerts.alert_table import microseconds, table_of
from vonggac.formats.traffic_tables import Kind, TrafficReading
from vonggac.jobs import defer
from vonggac.kernel.networks import Register
from vonggac.register.lookup import owner_table
from vonggac.tenancy.scope import Scope, scoped

OPEN_CASES_JOB = "alerts.open_cases"
_BUFFER_BYTES = 1 << 20


@dataclass(slots=True)
class FileReport:
    """What became of a file; `is_known` when the same content came before and was taken in whole."""

    file_name: str
    sha256: str
    format_name: str = ""
    figures: Figures = field(default_factory=Figures)
    new_findings: int = 0
    counted_on: int = 0
    lead: Lead = field(default_factory=Lead)
    is_known: bool = False
    unreadable: str = ""


def import_file(
    path: Path, source_name: str, scope: Scope, *, at: datetime, advance: Callable[[int], None] = lambda _: None
) -> FileReport:
    """Take in one file of a declared source; the same content again counts once, and one cut short goes on.

    The file is kept before a line of it counts. `advance` is told bytes: the file's size for the keeping, and once more
    for the reading. Raises InputError for a source that nobody declared and for a file that is still written to.
    """
    with scoped(scope):
        source = files.declared(source_name)
    with path.open("rb") as plain:
        watched = Watched(plain, advance)
        sha256 = lake().keep_stream(plain, advance)

        def check() -> None:
            if watched.is_changed:
                raise InputError(f"{path.name} is still written to; hand it in once it is whole, or watch its folder")

        def look() -> None:
            watched.note_place()
            check()

        check()
        with scoped(scope):
            arrival = files.receive(source, path.name, sha256, path.stat().st_size, at=at)
        plain.seek(0)
        return take_in(io.BufferedReader(watched, _BUFFER_BYTES), arrival.pk, scope, at=at, check=look)


def take_in(
    stream: IO[bytes], arrival_id: int, scope: Scope, *, at: datetime, check: Callable[[], None] = lambda: None
) -> FileReport:
    """Read a kept file into lake and findings from where it was left; `check` is asked before each part counts."""
    with scoped(scope):
        arrival = Arrival.objects.select_related("source").get(pk=arrival_id)
        ours = owner_table(timezone.localdate(at))
    report = FileReport(arrival.file_name, arrival.sha256, arrival.format_name)
    if arrival.finished_at is not None:
        report.figures = Figures(arrival.records, arrival.rejects, arrival.observations)
        report.lead = Lead(arrival.ahead_alerts, arrival.ahead_seconds)
        report.is_known = True
        return report
    try:
        _take_parts(stream, arrival, ours, report, scope, at, check)
        with scoped(scope):
            files.finish(arrival, report.format_name, at=at)
    except (UnreadableFile, MappingNeeded, LimitExceeded) as error:
        with scoped(scope):
            files.set_aside_whole(arrival, str(error), at=at)
        report.unreadable = str(error)
    return report


def replay(set_aside_id: int, scope: Scope, *, at: datetime) -> Figures:
    """What of the lines set aside could be read now, by the source's format and mapping of today.

    What still cannot be read stays set aside with its new reason.
    """
    with scoped(scope):
        aside = SetAside.objects.select_related("source").get(pk=set_aside_id)
    if not aside.lines and aside.raw.startswith("file/"):
        return _replay_whole(aside, scope, at)
    found = _reread(aside)
    table = table_of(found.alerts, aside.raw, microseconds(at))
    _add_replay_to_lake(aside, table, at)
    with scoped(scope):
        figures = files.replayed(aside, len(found.alerts), found.rejects, at=at)
        if figures.records:
            groups = groups_of(table, owner_table(timezone.localdate(at)), found.notices)
            outcome = absorbing.absorb(aside.source, groups, figures, at=at, is_arrival=False)
            open_cases(outcome)
    return figures


def open_cases(outcome: Absorbed) -> None:
    """Let the worker open cases for malware that more than one voice tells of, and raise those of risen findings."""
    if found := [*outcome.verified, *outcome.risen]:
        defer(OPEN_CASES_JOB, findings=found)


def _take_parts(
    stream: IO[bytes], arrival: Arrival, ours: Register, report: FileReport, scope: Scope, at: datetime,
    check: Callable[[], None],
) -> None:  # fmt: skip
    """Read the parts that were not taken in yet, and put each into the lake and then into findings."""
    manner = manner_of(stream, arrival.source, arrival.received_at)
    work = Work(arrival.file_name, _raw(arrival), manner, arrival.batches)
    found = parts_of(stream, work, ours)
    report.format_name = found.format_name
    with closing(found.parts):
        for part in found.parts:
            check()
            _add_to_lake(arrival, part)
            with scoped(scope):
                _count(arrival, part, report, at)
    # Cut off where a part ends, the file would be taken for whole.
    check()


def _count(arrival: Arrival, part: Part, report: FileReport, at: datetime) -> None:
    """Count one part, in the transaction that says that the file was taken in so far."""
    figures = Figures(part.table.num_rows, len(part.rejects), part.observations)
    lead = lead_of(part.table)
    if not files.advance(arrival, part.first, part.batches, figures, lead):
        raise InputError(f"{arrival.file_name} is being taken in by another process; wait for it")
    rejected = Rejected(_raw(arrival), arrival.file_name, part.first, part.rejects, part.taken)
    outcome = absorbing.absorb(arrival.source, part.groups, figures, [rejected], lead, at=at)
    report.figures += figures
    report.lead += lead
    report.new_findings += outcome.new
    report.counted_on += outcome.counted_on
    open_cases(outcome)


def _add_to_lake(arrival: Arrival, part: Part) -> None:
    """The part's rows and rejects at rest; the name follows from file and part: twice written is once there.

    One that was begun when parts were smaller is there under its name; the rest of it gets a name of its own.
    """
    source, name, rows, rejects = arrival.source, f"{arrival.sha256}:{part.first}", 0, 0
    while True:
        reading = TrafficReading(Kind.ALERT, part.table.slice(rows), part.rejects[rejects:])
        entry = lake().add(
            source.org_path, source.name, Kind.ALERT, reading, _name(name), arrival.received_at, arrival.file_name
        )
        rows, rejects = rows + entry.rows, rejects + entry.rejects
        if rows >= part.table.num_rows and rejects >= len(part.rejects):
            return
        name = f"{arrival.sha256}:{part.first}:{rows}:{rejects}"


def _reread(aside: SetAside) -> Found:
    """The lines set aside, read again."""
    wanted, taken, found = set(aside.lines), set(aside.taken), Found()
    is_whole, told = not wanted, of_subject(aside.source, alert_raw.subject_of(aside.raw))
    with alert_raw.opened(aside.raw) as stream:
        reading: Reading = read(stream, aside.file_name or "message", aside.source, aside.at)
        for batch in reading.batches():
            found.rejects += [reject for reject in batch.rejects if is_whole or reject.line in wanted]
            found.alerts += [
                alert
                for alert in under(told, batch.alerts)
                if is_whole or (alert.raw_line in wanted and alert.raw_offset not in taken)
            ]
    return found


def _add_replay_to_lake(aside: SetAside, table: Any, at: datetime) -> None:
    if table.num_rows:
        name = _name(f"replay:{aside.pk}:{aside.lines[:1]}:{len(aside.lines)}")
        reading = TrafficReading(Kind.ALERT, table)
        lake().add(aside.source.org_path, aside.source.name, Kind.ALERT, reading, name, at, aside.file_name)


def _replay_whole(aside: SetAside, scope: Scope, at: datetime) -> Figures:
    """A file of which nothing could be read, from where it stopped."""
    sha256 = aside.raw.removeprefix("file/")
    with scoped(scope):
        arrival = Arrival.objects.get(source=aside.source_id, sha256=sha256)
        files.replay_begun(aside, at=at)
    with lake().opened(sha256) as stream:
        report = take_in(stream, arrival.pk, scope, at=at)
    return report.figures


def _raw(arrival: Arrival) -> str:
    return f"file/{arrival.sha256}"


def _name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
