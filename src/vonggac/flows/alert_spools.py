"""Messages that wait in the spools become findings within a second, and rows in the lake within a minute.

Two consumers read each spool. How far messages were counted stands in the database, in the transaction that counts
them; how far they are in the lake stands in a file beside the spool, and a retry finds in the manifest what it wrote.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pyarrow as pa
from django.utils import timezone

from vonggac.alerts.clock_lead import lead_of
from vonggac.alerts.grouping import groups_of
from vonggac.alerts.models import Source
from vonggac.alerts.parts import Rows
from vonggac.alerts.services import absorbing, messages
from vonggac.alerts.services.absorbing import Figures, Rejected
from vonggac.alerts.services.messages import Heard
from vonggac.errors import InputError
from vonggac.flows.alert_files import open_cases
from vonggac.flows.alert_raw import Envelope, place_name, spools, unwrapped
from vonggac.flows.alert_reading import of_subject, read
from vonggac.flows.uploads import lake
from vonggac.formats.alerts import Batch, Notice, notice
from vonggac.formats.alerts.alert_table import in_lake
from vonggac.formats.records import Reject
from vonggac.formats.traffic_tables import Kind, TrafficReading
from vonggac.lake.positions import Position
from vonggac.lake.spool import Place, end_of, frames
from vonggac.register.lookup import owner_table
from vonggac.tenancy.scope import scoped, system

# What one transaction counts, and one segment of the lake holds: some 50,000 records, packed.
PASS_BYTES = 4 << 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a spool, and where it stands there."""

    raw: str
    envelope: Envelope
    content: bytes

    @property
    def received_at(self) -> datetime:
        """When it came."""
        return _EPOCH + timedelta(microseconds=self.envelope.received_us)


@dataclass(slots=True)
class _Heap:
    """What the messages of one source hold together: `raws` says of each row where its bytes lie, `received` when they
    came (µs).
    """

    rows: Rows = field(default_factory=Rows)
    raws: list[str] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    observations: int = 0

    @property
    def figures(self) -> Figures:
        """What they hold, counted."""
        return Figures(self.rows.size, len(self.rejects), self.observations)

    def table(self) -> Any:
        """The rows as the lake keeps them."""
        return in_lake(self.rows.whole(), self.raws, self.received)


def collectors() -> list[str]:
    """The names of this desk's spools."""
    return sorted(path.name for path in spools().iterdir() if path.is_dir()) if spools().is_dir() else []


def count_waiting(*, at: datetime) -> int:
    """How many messages were counted now, over all spools; each counts once, however often it is tried."""
    return sum(_count_some(collector, at) for collector in collectors())


def _count_some(collector: str, at: datetime) -> int:
    with scoped(system("alerts")):
        place = messages.counted_to(collector)
        if place is None or place >= end_of(spools() / collector):
            return 0
        waiting, following = _messages(collector, place, None)
        news = _that_are_new(waiting, at)
        ours = owner_table(timezone.localdate(at))
        by_source: dict[int, list[Message]] = defaultdict(list)
        for message in news:
            by_source[message.envelope.source].append(message)
        for source in Source.objects.filter(pk__in=by_source).order_by("pk"):
            heap = _heap(source, by_source[source.pk])
            table = heap.table()
            groups = groups_of(table, ours, heap.rows.notices)
            outcome = absorbing.absorb(source, groups, heap.figures, heap.rejected, lead_of(table), at=at)
            open_cases(outcome)
        messages.advance(collector, following)
    return len(waiting)


def store_waiting(*, at: datetime) -> Iterator[int]:
    """While iterated, put into the lake what was counted when it began: the number of alerts of each pass."""
    for collector in collectors():
        # The counting goes on beside it, and neither waits for the other.
        with scoped(system("alerts")):
            counted = messages.counted_so_far(collector)
        while (begin := stored_to(collector)) < counted:
            yield _store_some(collector, counted, at)
            # Kept for the next pass, what one needed at its fullest would stand beside what is being counted.
            pa.default_memory_pool().release_unused()
            # A spool that was lost, or is older than the database, ends before that.
            if stored_to(collector) == begin:
                break


def stored_to(collector: str) -> Place:
    """Up to where a spool is in the lake."""
    return _position(collector).load()


def _position(collector: str) -> Position:
    return Position(spools() / collector / "lake.position")


def _store_some(collector: str, counted: Place, at: datetime) -> int:
    position = _position(collector)
    begin = position.load()
    name = hashlib.sha256(f"spool/{collector}/{begin.segment}/{begin.offset}".encode()).hexdigest()
    with scoped(system("alerts")):
        waiting, following = _messages(collector, begin, _begun(name) or counted)
        kept = messages.first_of(_heard(waiting))
        sources = Source.objects.in_bulk({message.envelope.source for message in waiting})
    number = 0
    for source in sources.values():
        own = [one for one in waiting if one.envelope.source == source.pk and _is_first(one, kept)]
        number += _store(source, own, name, f"{collector}/{following.segment}:{following.offset}", at)
    position.save(following)
    return number


def _store(source: Source, own: Sequence[Message], name: str, file_name: str, at: datetime) -> int:
    heap = _heap(source, own)
    if heap.rows.size or heap.rejects:
        table = heap.table()
        reading = TrafficReading(Kind.ALERT, table, heap.rejects)
        lake().add(source.org_path, source.name, Kind.ALERT, reading, name, at, file_name)
    return heap.rows.size


def _begun(name: str) -> Place | None:
    """Up to where a pass that was cut short had gone, if it had written anything."""
    for entry in lake().manifest.of_source(name):
        segment, offset = entry.file_name.rpartition("/")[2].split(":")
        return Place(int(segment), int(offset))
    return None


def _messages(collector: str, begin: Place, end: Place | None) -> tuple[list[Message], Place]:
    """The messages from a place on, and where the next ones begin."""
    found, following = [], begin
    for frame in frames(spools() / collector, begin, PASS_BYTES):
        if end is not None and frame.place >= end:
            break
        envelope, content = unwrapped(frame.content)
        found.append(Message(place_name(collector, frame.place), envelope, content))
        following = frame.following
    return found, following


def _heard(waiting: Iterable[Message]) -> list[Heard]:
    return [
        Heard(one.envelope.source, one.envelope.identifier, one.raw, one.received_at)
        for one in waiting
        if one.envelope.identifier
    ]


def _that_are_new(waiting: Sequence[Message], at: datetime) -> list[Message]:
    messages.remember(_heard(waiting), at=at)
    kept = messages.first_of(_heard(waiting))
    return [one for one in waiting if _is_first(one, kept)]


def _is_first(message: Message, kept: dict[tuple[int, str], str]) -> bool:
    envelope = message.envelope
    return not envelope.identifier or kept.get((envelope.source, envelope.identifier)) == message.raw


def _heap(source: Source, own: Iterable[Message]) -> _Heap:
    heap = _Heap()
    for message in own:
        told = of_subject(source, message.envelope.subject)
        part = _read(source, message, told)
        for batch in part:
            heap.rows.add(batch, told)
            heap.raws += [message.raw] * batch.records
            heap.received += [message.envelope.received_us] * batch.records
            heap.observations += batch.observations
        if rejects := [reject for batch in part for reject in batch.rejects]:
            heap.rejects += rejects
            heap.rejected.append(Rejected(message.raw, "", 0, rejects, _taken(part, rejects)))
    return heap


def _taken(part: Iterable[Batch], rejects: Iterable[Reject]) -> list[int]:
    """The offsets of alerts that stand in the same lines as rejects, so that no replay counts them."""
    lines = {reject.line for reject in rejects}
    return [alert.raw_offset for batch in part for alert in batch.alerts if alert.raw_line in lines]


def _read(source: Source, message: Message, told: Notice | None) -> list[Batch]:
    """What a message holds; a mail that cannot be read, in plain words or as a picture, is its notice alone."""
    part: list[Batch] = []
    try:
        for batch in read(BytesIO(message.content), "message", source, message.received_at).batches():
            part.append(batch)  # noqa: PERF402  what came before an error counts
    except InputError as error:
        if told is None:
            return [Batch([Reject(0, None, str(error), message.content[:200].decode("utf-8", "replace"))])]
    if told is not None and not any(batch.records for batch in part):
        # The place before the first line: what is set aside of it stays all to be read again.
        place = (0, 0, len(message.content))
        part.append(Batch())
        part[-1].alerts.append(notice.alert_of(told, message.envelope.subject, message.received_at, place))
    return part
