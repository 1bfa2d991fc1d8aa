"""Suricata's EVE JSON: `event_type` alert makes alerts, every other type (flow, dns, tls …) is an observation.

Whole blocks of lines are decoded into typed structs in one call; whatever does not fit (a port as text, a list where a
text belongs, a line cut off) is read again by itself, slowly and leniently, with the same result for what fits.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import count
from typing import Any

import msgspec
import numpy as np

from vonggac.formats.alerts import json_pieces, rsit, values
from vonggac.formats.alerts.alert import Alert, Disposition, Severity, Status
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Block, Source, lines_of

# Suricata's manual: priority 1 is the highest; classification.config uses 1 to 4.
_SEVERITIES: dict[Any, Severity] = {
    1: Severity.HIGH,
    2: Severity.MEDIUM,
    3: Severity.LOW,
    4: Severity.INFORMATIONAL,
}
_DISPOSITIONS: dict[str | None, Disposition] = {"allowed": Disposition.ALLOWED, "blocked": Disposition.BLOCKED}


class _Known(dict[Any, Any]):
    """What was read before, by what it was read from: logs name few hosts, rules and categories often."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, given: Any) -> Any:
        if len(self) >= _KNOWN_VALUES:
            self.clear()
        self[given] = found = self._read(given)
        return found


_KNOWN_VALUES = 65_536
_texts, _addresses, _protocols = _Known(values.text), _Known(values.address), _Known(values.protocol)
_classes, _rule_ids = _Known(rsit.of_suricata), _Known(values.text)
_NEW = Status.NEW
_CARRIAGE_RETURN, _OPENING, _CLOSING = b"\r{}"


class _Rule(msgspec.Struct, gc=False):
    """The `alert` object; other members are skipped without being decoded."""

    signature_id: int | None = None
    gid: int | None = None
    signature: str | None = None
    category: str | None = None
    severity: int | None = None
    action: str | None = None


class _Event(msgspec.Struct, gc=False):
    """What is needed of an EVE line of the usual types."""

    event_type: str
    timestamp: datetime | None = None
    src_ip: str | None = None
    src_port: int | None = None
    dest_ip: str | None = None
    dest_port: int | None = None
    proto: str | None = None
    host: str | None = None
    alert: _Rule | None = None


decoder = msgspec.json.Decoder(_Event)


def score(sample: Sample) -> float:
    """The share of objects that have Suricata's two marks."""
    return sample.share_of_objects(is_event)


def is_event(value: dict[str, Any]) -> bool:
    """True for an object that Suricata wrote."""
    return isinstance(value.get("event_type"), str) and ("timestamp" in value or "flow_id" in value)


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of an EVE file. 600 k lines/s of 600 bytes on one core; memory for one block."""
    if not json_pieces.is_lines(source.head):
        yield from each(json_pieces.objects(source), lambda piece, batch: take(piece, batch, options))
        return
    for block in source.blocks():
        batch = _read_block(block, options)
        if batch is not None:
            yield batch
        else:
            yield from each(lines_of(block), lambda piece, batch: _take_line(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one EVE object of whatever types to the batch."""
    value = piece.value
    kind = value.get("event_type")
    if not isinstance(kind, str):
        raise Unreadable("has no event_type: no record of Suricata's")
    if kind != "alert":
        batch.observations += 1
        return
    rule = values.first([value.get("alert")])
    if not isinstance(rule, dict):
        raise Unreadable("is an alert without the alert itself")
    fields = values.Fields(piece, batch, options.zone)
    action = values.text(rule.get("action"))
    batch.alerts.append(
        Alert(
            fields.time("timestamp", value.get("timestamp")),
            fields.address("src_ip", value.get("src_ip")),
            fields.port("src_port", value.get("src_port")),
            fields.address("dest_ip", value.get("dest_ip")),
            fields.port("dest_port", value.get("dest_port")),
            values.protocol(values.first([value.get("proto")])),
            _severity(values.whole(rule.get("severity"))),
            values.text(rule.get("signature")),
            _rule_id(values.whole(rule.get("gid")), values.text(rule.get("signature_id"))),
            rsit.of_suricata(values.text(rule.get("category"))),
            values.text(values.first([value.get("host")])),
            piece.line,
            piece.offset,
            len(piece.raw),
            disposition=_DISPOSITIONS.get(action.lower() if action else None),
        )
    )


def _take_line(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one line, which may hold an array, come by syslog, or be damaged."""
    for one in json_pieces.of_line(piece):
        if one.damage is None:
            take(one, batch, options)
        else:
            batch.reject(one, one.damage)


def _read_block(block: Block, options: Options) -> Batch | None:
    """The batch of a block in which every line is one usual event, else None."""
    data = block.data
    if block.is_cut:
        return None
    try:
        events = decoder.decode_lines(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    lines = _lines_of_one_object(block)
    if lines is None or len(lines[0]) != len(events):
        return None
    batch = Batch()
    offset, zone, add = block.offset, options.zone, batch.alerts.append
    for number, event, start, end in zip(count(block.first_line), events, *lines, strict=False):
        if event.event_type != "alert":
            batch.observations += 1
            continue
        alert = _usual(event, number, offset + start, end - start, zone)
        if alert is not None:
            add(alert)
        else:
            _take_odd(Piece(number, offset + start, data[start:end]), batch, options)
    return batch


def _lines_of_one_object(block: Block) -> tuple[list[int], list[int]] | None:
    """Where each line begins and ends; None unless every line is `{…}`, for else the numbers of lines would slip."""
    letters = np.frombuffer(block.data, np.uint8)
    starts = np.concatenate(([0], block.ends[:-1] + 1))
    ends = block.ends - (letters[block.ends - 1] == _CARRIAGE_RETURN)
    if (letters[starts] != _OPENING).any() or (letters[ends - 1] != _CLOSING).any():
        return None
    return starts.tolist(), ends.tolist()


def _take_odd(piece: Piece, batch: Batch, options: Options) -> None:
    try:
        _take_line(piece, batch, options)
    except Unreadable as problem:
        batch.reject(piece, str(problem), problem.column)


def _usual(event: _Event, line: int, offset: int, length: int, zone: tzinfo) -> Alert | None:
    """The alert of an event without any oddity, else None. The hot path: a microsecond."""
    rule, time, source_port, destination_port = event.alert, event.timestamp, event.src_port, event.dest_port
    if rule is None or time is None or rule.severity not in _SEVERITIES:
        return None
    if source_port is not None and not 0 <= source_port <= 65_535:
        return None
    if destination_port is not None and not 0 <= destination_port <= 65_535:
        return None
    source, destination = _addresses[event.src_ip], _addresses[event.dest_ip]
    if (source is None and event.src_ip is not None) or (destination is None and event.dest_ip is not None):
        return None
    try:
        time_utc = (time if time.tzinfo is not None else time.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None
    return Alert(
        time_utc,
        source,
        source_port,
        destination,
        destination_port,
        _protocols[event.proto],
        _SEVERITIES[rule.severity],
        _texts[rule.signature],
        _rule_ids[rule.signature_id] if rule.gid == 1 else _rule_id(rule.gid, rule.signature_id),
        _classes[rule.category],
        _texts[event.host],
        line,
        offset,
        length,
        _NEW,
        _DISPOSITIONS.get(rule.action),
    )


def _severity(priority: int | None) -> Severity:
    if priority is None or priority < 1:
        return Severity.UNKNOWN
    return _SEVERITIES.get(priority, Severity.INFORMATIONAL)


def _rule_id(generator: int | None, signature: object) -> str | None:
    """The signature's number, with its generator's in front where that is not the rule engine (1)."""
    if signature is None:
        return None
    return str(signature) if generator in (None, 1) else f"{generator}:{signature}"


FORMAT = Format("suricata-eve", "Suricata EVE JSON", score, read, ("eve", "suricata", "eve-json"))
