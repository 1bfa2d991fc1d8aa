"""One notice of an upstream coordinator as JSON: what a person entered by hand, or a program of one's own wrote.

{"vonggac_notice": 1, "identifier": "…", "title": "…", "address": "…", "host": "…", "state": "…", "is_closed": false,
 "received_at": "2026-04-20T08:00:00+07:00", "acknowledge_by": "…", "text": "…"}
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from vonggac.formats.alerts import json_pieces, values
from vonggac.formats.alerts.alert import Alert, Notice, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

_MARK = "vonggac_notice"


def write(notice: Notice, title: str, *, address: str = "", host: str = "", text: str = "") -> bytes:
    """The notice as a file; the same notice is the same bytes."""
    said = {
        _MARK: 1, "identifier": notice.identifier, "title": title, "address": address, "host": host,
        "state": notice.state, "is_closed": notice.is_closed, "received_at": _written(notice.received_at),
        "acknowledge_by": _written(notice.acknowledge_by), "text": text,
    }  # fmt: skip
    return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False).encode()


def begins(stream: IO[bytes]) -> bool:
    """True when the stream, which stays where it is, begins as `write` writes."""
    place = stream.tell()
    head = stream.read(len(_MARK) + 2)
    stream.seek(place)
    return head == f'{{"{_MARK}'.encode()


def score(sample: Sample) -> float:
    """The share of objects with the mark."""
    return sample.share_of_objects(lambda value: _MARK in value)


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The notices of a file as alerts."""
    yield from each(json_pieces.objects(source, frozenset()), lambda piece, batch: _take(piece, batch, options))


def _take(piece: Piece, batch: Batch, options: Options) -> None:
    said, fields = piece.value, values.Fields(piece, batch, options.zone)
    identifier = Notice.named(values.text(said.get("identifier")))
    if not identifier:
        raise Unreadable("is no notice: it has no identifier")
    received_at = fields.time("received_at", said.get("received_at"))
    notice = Notice(
        identifier,
        values.text(said.get("state")) or "",
        said.get("is_closed") is True,
        received_at,
        _time(fields, "acknowledge_by", said),
    )
    title, place = values.text(said.get("title")) or identifier, (piece.line, piece.offset, len(piece.raw))
    address, host = fields.address("address", said.get("address")), values.text(said.get("host"))
    batch.alerts.append(alert_of(notice, title, received_at, place, address=address, host=host))


def alert_of(
    notice: Notice, title: str, time_utc: datetime | None, place: tuple[int, int, int], *,
    address: str | None = None, host: str | None = None,
) -> Alert:  # fmt: skip
    """The alert of a notice that says no more; `place`: line, offset and length of its bytes."""
    line, offset, length = place
    return Alert(
        time_utc, address, None, None, None, None, Severity.UNKNOWN, title, None, None, host, line, offset, length,
        notice=notice,
    )  # fmt: skip


def _time(fields: values.Fields, name: str, said: dict[str, Any]) -> datetime | None:
    return fields.time(name, said[name]) if said.get(name) else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


FORMAT = Format("coordinator-notice", "Notice of a coordinator", score, read)
