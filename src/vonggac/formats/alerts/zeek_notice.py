"""Zeek's notice log, TSV or JSON lines; records of Zeek's other logs (conn, dns, weird …) are observations.

Zeek gives its notices no severity, so none is made up; `note` is the rule.
"""

from collections.abc import Iterator
from typing import Any

from vonggac.formats.alerts import json_pieces, values
from vonggac.formats.alerts.alert import Alert, Disposition, IncidentClass, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source
from vonggac.formats.zeek import unescape

# Zeek's own notice types; the part before the colons is the script that raised it.
_CLASSES = {
    "Scan": IncidentClass.INFORMATION_GATHERING,
    "Traceroute": IncidentClass.INFORMATION_GATHERING,
    "SSH": IncidentClass.INTRUSION_ATTEMPTS,
    "FTP": IncidentClass.INTRUSION_ATTEMPTS,
    "HTTP": IncidentClass.INTRUSION_ATTEMPTS,
    "Heartbleed": IncidentClass.INTRUSION_ATTEMPTS,
    "Exploit": IncidentClass.INTRUSION_ATTEMPTS,
    "ATTACK": IncidentClass.INTRUSIONS,
    "TeamCymruMalwareHashRegistry": IncidentClass.MALICIOUS_CODE,
    "Software": IncidentClass.VULNERABLE,
    "CVE": IncidentClass.VULNERABLE,
    "SSL": IncidentClass.VULNERABLE,
    "SMTP": IncidentClass.ABUSIVE_CONTENT,
}
_MARKS = ("#separator", "#set_separator", "#fields", "#path", "#types", "#empty_field", "#unset_field")


def score(sample: Sample) -> float:
    """1 for a Zeek TSV log, the share of Zeek's objects for JSON lines."""
    if sample.begin.startswith(_MARKS):
        return 1.0
    return sample.share_of_objects(is_record)


def is_record(value: dict[str, Any]) -> bool:
    """True for an object of one of Zeek's logs."""
    if "_path" in value or "@stream" in value:
        return "ts" in value or "@timestamp" in value
    return "ts" in value and bool({"note", "uid", "id.orig_h", "id_orig_h", "id"} & value.keys())


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The notices of a Zeek log."""
    is_table = source.head.lstrip(" \r\n\x00").startswith(_MARKS)
    pieces = _rows(source) if is_table else json_pieces.objects(source)
    yield from each(pieces, lambda piece, batch: take(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one record of any of Zeek's logs to the batch."""
    value = piece.value
    path = value.get("_path") or value.get("@stream")
    if not is_record(value):
        raise Unreadable("is no record of Zeek's")
    if path != "notice" and (path is not None or "note" not in value):
        batch.observations += 1
        return
    connection = value.get("id") if isinstance(value.get("id"), dict) else {}
    fields = values.Fields(piece, batch, options.zone)
    note = values.text(value.get("note"))
    batch.alerts.append(
        Alert(
            fields.time("ts", value.get("ts")),
            fields.address("src", _end(value, connection, "orig_h"), value.get("src")),
            fields.port("id.orig_p", _end(value, connection, "orig_p")),
            fields.address("dst", _end(value, connection, "resp_h"), value.get("dst")),
            fields.port("p", _end(value, connection, "resp_p"), value.get("p")),
            values.protocol(value.get("proto")),
            Severity.UNKNOWN,
            values.text(value.get("msg")) or note,
            note,
            _CLASSES.get((note or "").partition("::")[0]),
            values.text(values.first([value.get("peer_descr"), value.get("@system")])),
            piece.line,
            piece.offset,
            len(piece.raw),
            disposition=Disposition.BLOCKED if value.get("dropped") in (True, "T") else None,
            count=max(values.whole(value.get("n")) or 1, 1),
            observables=_observables(value),
        )
    )


def _end(value: dict[str, Any], connection: dict[str, Any], name: str) -> Any:
    return values.first([value.get(f"id.{name}"), value.get(f"id_{name}"), connection.get(name)])


def _observables(value: dict[str, Any]) -> tuple[Observable, ...]:
    sub = values.text(value.get("sub"))
    return (Observable("detail", sub),) if sub else ()


def _rows(source: Source) -> Iterator[Piece]:
    """The rows of one TSV log or of several written one after another, each under its own `#fields`."""
    separator, fields, path = "\t", list[str](), ""
    for piece in source.lines():
        line = values.line_text(piece)
        if line.startswith("#"):
            name, _, rest = line.partition(" " if line.startswith("#separator") else separator)
            if name == "#separator":
                separator = unescape(rest.strip()) or separator
            elif name == "#fields":
                fields = rest.split(separator)
            elif name == "#path":
                path = rest.strip()
            continue
        cells = line.split(separator)
        if piece.damage or len(cells) != len(fields):
            damage = piece.damage or f"has {len(cells)} cells and its header {len(fields)}"
            yield Piece(piece.line, piece.offset, piece.raw, damage=damage)
            continue
        value: dict[str, Any] = {name: unescape(cell) for name, cell in zip(fields, cells, strict=True)}
        yield Piece(piece.line, piece.offset, piece.raw, {"_path": path, **value} if path else value)


FORMAT = Format("zeek-notice", "Zeek notice log", score, read, ("zeek", "bro", "notice"))
