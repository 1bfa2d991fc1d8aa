"""The lines of the lake's manifest: an import came in, segments were merged, what is too old was retired."""

from typing import TypeAlias

import msgspec

from vonggac.formats.traffic_tables import Kind


class Segment(msgspec.Struct, frozen=True):
    """One Parquet file: rows of one kind, organisation, sensor and day, sorted by time and address."""

    path: str  # relative to the lake's root
    sha256: str
    size: int
    rows: int
    first_us: int
    last_us: int  # the latest end of any row


class Import(msgspec.Struct, frozen=True):
    """One log file received from one sensor.

    Content that came twice, under another name or at another time, has an entry for each arrival with the same
    segments; whoever reads them counts each segment once. `segments` are those that the import wrote; where their rows
    are today `Lake.paths` says.
    """

    organisation_path: str
    sensor: str
    kind: Kind
    file_name: str
    source_sha256: str
    received_us: int
    rows: int
    rejects: int
    segments: tuple[Segment, ...]
    rejects_path: str | None = None


class Merger(msgspec.Struct, frozen=True, tag_field="act", tag="merge"):
    """Segments of one organisation, sensor, kind and day, replaced by one that holds their rows."""

    organisation_path: str
    sensor: str
    kind: Kind
    at_us: int
    replaced: tuple[str, ...]
    segment: Segment


class Retirement(msgspec.Struct, frozen=True, tag_field="act", tag="retire"):
    """The end of every segment of a kind whose rows and arrival are older than its limit, and of empty imports too."""

    at_us: int
    before_us: dict[Kind, int]


Act: TypeAlias = Import | Merger | Retirement
