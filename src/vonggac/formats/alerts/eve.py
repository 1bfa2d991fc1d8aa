"""Suricata's EVE JSON: `event_type` alert makes alerts, every other type (flow, dns, tls …) is an observation.

Whole blocks of lines are decoded into typed structs in one call and turned into columns. An alert that does not fit (a
time without zone, an address that is none) is read again by itself, slowly and leniently; so is every line of a block
that cannot be decoded so (a port as text, a line cut off), with the same result for what fits.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vonggac.formats.alerts import alert_table, json_pieces, rsit, values
from vonggac.formats.alerts.alert import Alert, Disposition, IncidentClass, Severity
from vonggac.formats.alerts.alert_table import Columns
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
_DISPOSITIONS: dict[str, Disposition] = {"allowed": Disposition.ALLOWED, "blocked": Disposition.BLOCKED}


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


def _class(category: Any) -> IncidentClass | None:
    return rsit.of_suricata(values.text(category))


def _disposition(action: Any) -> Disposition | None:
    said = values.text(action)
    return _DISPOSITIONS.get(said.lower()) if said else None


def _severity(priority: Any) -> Severity:
    number = values.whole(priority)
    if number is None or number < 1:
        return Severity.UNKNOWN
    return _SEVERITIES.get(number, Severity.INFORMATIONAL)


def _ends_of(given: str | None) -> tuple[int | None, str | None]:
    return alert_table.split(values.address(given))


_KNOWN_VALUES = 65_536
_texts, _protocols, _severities = _Known(values.text), _Known(values.protocol), _Known(_severity)
_classes, _dispositions, _numbers = _Known(_class), _Known(_disposition), _Known(values.text)
_ipv4, _ipv6 = _Known(lambda given: _ends_of(given)[0]), _Known(lambda given: _ends_of(given)[1])
_CARRIAGE_RETURN, _OPENING, _CLOSING = b"\r{}"
_TIME = pa.timestamp("us", "UTC")
# The years that a datetime has, in UTC.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 253_402_300_799_999_999
_Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


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
    timestamp: str | None = None
    src_ip: str | None = None
    src_port: _Port | None = None
    dest_ip: str | None = None
    dest_port: _Port | None = None
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
    batch.alerts.append(
        Alert(
            fields.time("timestamp", value.get("timestamp")),
            fields.address("src_ip", value.get("src_ip")),
            fields.port("src_port", value.get("src_port")),
            fields.address("dest_ip", value.get("dest_ip")),
            fields.port("dest_port", value.get("dest_port")),
            values.protocol(values.first([value.get("proto")])),
            _severity(rule.get("severity")),
            values.text(rule.get("signature")),
            _rule_id(values.whole(rule.get("gid")), values.text(rule.get("signature_id"))),
            _class(rule.get("category")),
            values.text(values.first([value.get("host")])),
            piece.line,
            piece.offset,
            len(piece.raw),
            disposition=_disposition(rule.get("action")),
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
    """The batch of a block in which every line is one event with members of the usual kinds, else None."""
    if block.is_cut:
        return None
    try:
        # The decoder looks at no bytes of members that it skips.
        block.data.decode()
        events = decoder.decode_lines(block.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    found = _lines_of_one_object(block)
    if found is None or len(found[0]) != len(events):
        return None
    starts, ends = found
    is_alert = np.array([event.event_type == "alert" for event in events], np.bool_)
    places = np.flatnonzero(is_alert)
    alerts = events if len(places) == len(events) else [events[place] for place in places.tolist()]
    lines = _Lines(block, places, starts[places], ends[places])
    batch = Batch(observations=len(events) - len(alerts), columns=_columns(alerts, lines))
    if batch.columns is None:
        _take_apart(alerts, lines, batch, options)
    return batch


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines (n,) of a block: their places among its lines, and where each begins and ends in its data."""

    block: Block
    places: NDArray[np.intp]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]

    def at(self, numbers: list[int]) -> "_Lines":
        return _Lines(self.block, self.places[numbers], self.starts[numbers], self.ends[numbers])

    def piece(self, number: int) -> Piece:
        block, start, end = self.block, int(self.starts[number]), int(self.ends[number])
        return Piece(block.first_line + int(self.places[number]), block.offset + start, block.data[start:end])


def _take_apart(events: list[_Event], lines: _Lines, batch: Batch, options: Options) -> None:
    """Add alerts of which some are odd: those are read by themselves, leniently; the others by column."""
    are_times_usual = _times([event.timestamp for event in events]) is not None
    usual = [
        number
        for number, event in enumerate(events)
        if event.alert is not None
        and (are_times_usual or _times([event.timestamp]) is not None)
        and _ends([event.src_ip, event.dest_ip]) is not None
    ]
    columns = _columns([events[number] for number in usual], lines.at(usual))
    read = iter(alert_table.alerts_of(alert_table.rows_from([columns])) if columns else ())
    is_usual = set(usual)
    for number in range(len(events)):
        if number in is_usual:
            batch.alerts.append(next(read))
        else:
            _take_odd(lines.piece(number), batch, options)


def _take_odd(piece: Piece, batch: Batch, options: Options) -> None:
    try:
        _take_line(piece, batch, options)
    except Unreadable as problem:
        batch.reject(piece, str(problem), problem.column)


def _columns(events: list[_Event], lines: _Lines) -> Columns | None:
    """What the alerts say, by column, else None: one of them is odd. The hot path: half a microsecond an alert."""
    rules: list[Any] = [event.alert for event in events]
    if None in rules:
        return None
    times = _times([event.timestamp for event in events])
    source, destination = _ends([event.src_ip for event in events]), _ends([event.dest_ip for event in events])
    if times is None or source is None or destination is None:
        return None
    return {
        "time_us": times,
        "source_v4": source[0],
        "source_v6": source[1],
        "source_port": [event.src_port for event in events],
        "destination_v4": destination[0],
        "destination_v6": destination[1],
        "destination_port": [event.dest_port for event in events],
        "protocol": [_protocols[event.proto] for event in events],
        "severity": [_severities[rule.severity] for rule in rules],
        "title": [_texts[rule.signature] for rule in rules],
        "rule_id": _rule_ids(rules),
        "class": [_classes[rule.category] for rule in rules],
        "host": [_texts[event.host] for event in events],
        "disposition": [_dispositions[rule.action] for rule in rules],
        "raw_line": lines.block.first_line + lines.places,
        "raw_offset": lines.block.offset + lines.starts,
        "raw_length": lines.ends - lines.starts,
    }


def _times(given: list[str | None]) -> NDArray[np.int64] | None:
    """Microseconds since 1970, else None: one of the times is missing, without zone, or of another form."""
    try:
        found = pa.array(given, pa.string()).cast(_TIME)
    except pa.ArrowInvalid:
        return None
    if found.null_count:
        return None
    times: NDArray[np.int64] = found.cast(pa.int64()).to_numpy()
    return times if ((times >= _FIRST_US) & (times <= _LAST_US)).all() else None


def _ends(given: list[str | None]) -> tuple[list[int | None], list[str | None]] | None:
    """The two columns of addresses, else None: one of them cannot be read."""
    v4: list[int | None] = [_ipv4[one] for one in given]
    without = v4.count(None)
    if not without:
        return v4, [None] * len(given)
    v6: list[str | None] = [_ipv6[one] for one in given]
    return (v4, v6) if without + v6.count(None) - len(given) == given.count(None) else None


def _rule_ids(rules: Sequence[_Rule]) -> list[str | None]:
    if any(rule.gid != 1 for rule in rules):
        return [_rule_id(values.whole(rule.gid), _numbers[rule.signature_id]) for rule in rules]
    return [_numbers[rule.signature_id] for rule in rules]


def _lines_of_one_object(block: Block) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Where each line begins and ends; None unless every line is `{…}`, for else the numbers of lines would slip."""
    letters = np.frombuffer(block.data, np.uint8)
    starts = np.concatenate(([0], block.ends[:-1] + 1))
    ends = block.ends - (letters[block.ends - 1] == _CARRIAGE_RETURN)
    if (letters[starts] != _OPENING).any() or (letters[ends - 1] != _CLOSING).any():
        return None
    return starts, ends


def _rule_id(generator: int | None, signature: str | None) -> str | None:
    """The signature's number, with its generator's in front where that is not the rule engine (1)."""
    if signature is None:
        return None
    return signature if generator in (None, 1) else f"{generator}:{signature}"


FORMAT = Format("suricata-eve", "Suricata EVE JSON", score, read, ("eve", "suricata", "eve-json"))
