"""Which format a file is: each gives the file's begin a score from 0 to 1, and the best one leads, or none does."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vonggac.errors import InputError, UnreadableFile
from vonggac.formats import tables
from vonggac.formats.alerts import json_pieces
from vonggac.formats.alerts.outcome import Batch
from vonggac.formats.alerts.source import Source
from vonggac.formats.alerts.table_pieces import with_message
from vonggac.formats.botnet_columns import fold
from vonggac.formats.tables import Table

if TYPE_CHECKING:
    from vonggac.formats.alerts.mapping import Mapping

# Below it a format is not believed; a second one within the lead makes the file ambiguous.
_BELIEVED = 0.5
_LEAD = 0.15
_SAMPLE_LINES = 200
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says about a file: the zone of its times without offset, when it came, the mapping of its names."""

    zone: tzinfo = UTC
    received_utc: datetime | None = None
    mapping: "Mapping | None" = None


class Sample:
    """The begin of a file as lines, as objects, as XML and as a table: each looked at once, when it is first asked."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.name = source.name
        self.text = "" if source.is_workbook else source.head
        self.begin = self.text.lstrip(" \t\r\n\x00\ufeff")

    @cached_property
    def lines(self) -> list[str]:
        """The first 200 filled lines, trimmed."""
        return [line for text in self.text.split("\n")[: _SAMPLE_LINES * 2] if (line := text.strip(" \t\r\x00\ufeff"))][
            :_SAMPLE_LINES
        ]

    @cached_property
    def _sampled(self) -> tuple[list[dict[str, Any]], float]:
        return json_pieces.sample(self.text) if "{" in self.text else ([], 0.0)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The first JSON objects; empty when the file is no JSON."""
        return self._sampled[0]

    def share_of_objects(self, is_one: Callable[[dict[str, Any]], bool]) -> float:
        """How many of the first records, from 0 to 1, are objects of the kind."""
        objects, share = self._sampled
        return share * self.share(is_one, objects)

    @cached_property
    def is_json(self) -> bool:
        """True when the file begins like JSON or holds objects a line."""
        return self.begin[:1] in ("{", "[") or (bool(self.objects) and self._sampled[1] > 0.5)

    @cached_property
    def xml_root(self) -> str:
        """The local name of the first element, empty when the file is no XML."""
        match = _ROOT.search(self.begin) if self.begin.startswith("<") and not self.begin.startswith("<1") else None
        return match[1] if match and not self.begin[1:2].isdigit() else ""

    @cached_property
    def columns(self) -> frozenset[str]:
        """The folded names of the table's columns; empty when the file is no table with a header."""
        table = self.table
        return frozenset(fold(name) for name in table.columns) if table and table.has_header else frozenset()

    @cached_property
    def table(self) -> Table | None:
        """The begin of the file as a table, or None."""
        if not self._source.is_workbook and (self.is_json or self.xml_root or not self.begin):
            return None
        try:
            content = self._source.workbook if self._source.is_workbook else with_message(self.text.encode())
            found = tables.read_table(content, self.name, surplus="keep")
        except InputError:
            return None
        return found if len(found.columns) > 1 else None

    def share(self, is_one: Callable[[Any], bool], among: Sequence[Any]) -> float:
        """How many of the things, from 0 to 1, are of the kind."""
        return sum(1 for one in among if is_one(one)) / len(among) if among else 0.0


Reader = Callable[[Source, Options], Iterator[Batch]]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of alerts: its name on the command line, its score for a file's begin, its reader."""

    name: str
    title: str
    score: Callable[[Sample], float]
    read: Reader
    also_called: tuple[str, ...] = field(default=())


def named(formats: Sequence[Format], name: str) -> Format:
    """The format of this name; InputError with the known names when there is none."""
    wanted = _plain(name)
    for one in formats:
        if wanted in map(_plain, (one.name, *one.also_called)):
            return one
    raise InputError(f"there is no format called {name!r}; known are {', '.join(one.name for one in formats)}")


def detect(formats: Sequence[Format], source: Source) -> Format:
    """The format that the file's begin shows; UnreadableFile when none or more than one does."""
    sample = Sample(source)
    if not sample.begin and not source.is_workbook:
        raise UnreadableFile(f"{source.name} is empty; if that is right, say its format with --format-name")
    scores = sorted(((one.score(sample), one) for one in formats), key=lambda pair: pair[0], reverse=True)
    best, leader = scores[0]
    if best < _BELIEVED:
        raise UnreadableFile(
            f"{source.name} is in no format that is known by itself; say which with --format-name "
            f"({', '.join(one.name for one in formats)}), or write a mapping for a JSON file or a table (--mapping)"
        )
    close = [one.name for score, one in scores if best - score < _LEAD]
    if len(close) > 1:
        raise UnreadableFile(
            f"{source.name} is ambiguous: it may be {' or '.join(close)}; say which with --format-name {leader.name}"
        )
    return leader


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())
