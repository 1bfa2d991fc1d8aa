"""What lives in the lake after every act of its manifest: imports, and which segment holds an import's rows today."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from vonggac.errors import IntegrityFailure, WrongState
from vonggac.formats.traffic_tables import Kind
from vonggac.lake.acts import Act, Import, Merger, Retirement, Segment


@dataclass(slots=True)
class Living:
    """Acts in the order of the manifest, added up; O(1) an import or merged segment, O(imports) a retirement.

    `entries`: the imports that are not over. `gone`: segment → when it was replaced or retired, for those whose file
    may still be there. `ended`: imports that are over, and when.
    """

    entries: list[Import] = field(default_factory=list)
    by_source: dict[str, list[Import]] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    ended: list[tuple[Import, int]] = field(default_factory=list)
    # A written segment → the one that holds its rows, None when they were retired; itself when it is not in here.
    _now: dict[str, Segment | None] = field(default_factory=dict)
    # A merged segment → the written ones whose rows it holds.
    _origins: dict[str, frozenset[str]] = field(default_factory=dict)

    def add(self, act: Act) -> None:
        """Let an act happen."""
        if isinstance(act, Import):
            self._take_in(act)
        elif isinstance(act, Merger):
            self._merge(act)
        else:
            self._retire(act)

    def now(self, written: Segment) -> Segment | None:
        """The segment that holds today what an import wrote into this one, None when it was retired."""
        return self._now.get(written.path, written)

    def segments_of(self, imports: Sequence[Import]) -> Iterator[tuple[Segment, Import]]:
        """Each segment that holds rows of the imports today, once, with the first import that has rows in it.

        WrongState when one was merged from these and from others: its rows do not tell any more which import they
        came with, so that some would be too many.
        """
        first: dict[str, tuple[Segment, Import]] = {}
        named: dict[str, set[str]] = {}
        for entry in imports:
            for written in entry.segments:
                if (segment := self.now(written)) is not None:
                    first.setdefault(segment.path, (segment, entry))
                    named.setdefault(segment.path, set()).add(written.path)
        for path, found in first.items():
            if path in self._origins and not self._origins[path] <= named[path]:
                raise WrongState(
                    f"{path} was merged with what came in later; the lake no longer tells what had arrived before that"
                )
            yield found

    def _take_in(self, entry: Import) -> None:
        self.entries.append(entry)
        self.by_source.setdefault(entry.source_sha256, []).append(entry)
        for segment in entry.segments:
            # What was retired and is handed in again is there again.
            if self.now(segment) is None:
                del self._now[segment.path]
                self.gone.pop(segment.path, None)

    def _merge(self, act: Merger) -> None:
        origins = frozenset[str]().union(*(self._origins.get(path, {path}) for path in act.replaced))
        if any(path in self.gone for path in act.replaced):
            raise IntegrityFailure(f"{act.segment.path} was merged from segments that are over; restore the lake")
        self._origins[act.segment.path] = origins
        self._now |= dict.fromkeys(origins, act.segment)
        self.gone |= dict.fromkeys(act.replaced, act.at_us)
        self.gone.pop(act.segment.path, None)

    def past(self, before_us: Mapping[Kind, int]) -> dict[str, tuple[Segment, Import]]:
        """The segments whose last row, and whose last arrival, is before the limit of their kind, by path."""
        arrived: dict[str, int] = {}
        found: dict[str, tuple[Segment, Import]] = {}
        for entry in self.entries:
            for written in entry.segments:
                if (segment := self.now(written)) is not None:
                    arrived[segment.path] = max(entry.received_us, arrived.get(segment.path, entry.received_us))
                    found.setdefault(segment.path, (segment, entry))
        return {
            path: (segment, entry)
            for path, (segment, entry) in found.items()
            if max(segment.last_us, arrived[path]) < before_us.get(entry.kind, segment.last_us)
        }

    def empty_past(self, before_us: Mapping[Kind, int]) -> list[Import]:
        """The imports without any row that came before the limit of their kind."""
        return [
            entry
            for entry in self.entries
            if not entry.segments and entry.received_us < before_us.get(entry.kind, entry.received_us)
        ]

    def _retire(self, act: Retirement) -> None:
        past = self.past(act.before_us)
        over = {id(entry) for entry in self.empty_past(act.before_us)}
        for entry in self.entries:
            for written in entry.segments:
                segment = self.now(written)
                if segment is not None and segment.path in past:
                    self._now[written.path] = None
                    self.gone[segment.path] = act.at_us
            if entry.segments and all(self.now(written) is None for written in entry.segments):
                over.add(id(entry))
        self.ended += [(entry, act.at_us) for entry in self.entries if id(entry) in over]
        self.entries = [entry for entry in self.entries if id(entry) not in over]
        self.by_source = {}
        for entry in self.entries:
            self.by_source.setdefault(entry.source_sha256, []).append(entry)
