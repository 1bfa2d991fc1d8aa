"""QRadar's Log Event Extended Format 1.0 and 2.0, bare or in syslog.

1.0 parts its attributes by tabs; 2.0 names its own mark in the header, as a character or as `x09`, `0x5e`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from vonggac.formats.alerts import rsit, syslog, values, words
from vonggac.formats.alerts.alert import Alert, Observable, Severity
from vonggac.formats.alerts.detection import Format, Options, Sample
from vonggac.formats.alerts.outcome import Batch, Piece, Unreadable, each
from vonggac.formats.alerts.source import Source

_MARK = re.compile(r"LEEF: ?[12](?:\.0)?\|")
_KEY = re.compile(r"([A-Za-z0-9_. -]{1,100})=")
_HEXADECIMAL = re.compile(r"0?x([0-9A-Fa-f]{1,4})")
_TITLES = ("eventName", "name", "msg", "message", "reason", "eventDesc", "cat")
_HOSTS = ("identHostName", "dstHostName", "srcHostName", "hostName", "computerName", "devName", "resource")
_OBSERVABLES = {"url": "url", "usrName": "user", "fileName": "file", "filePath": "file", "domain": "domain"}
# Java's letters of a devTimeFormat, as Python writes them.
_JAVA = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "dd": "%d", "d": "%d", "HH": "%H",
    "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "ss": "%S", "SSS": "%f", "SS": "%f", "S": "%f", "a": "%p",
    "z": "%Z", "Z": "%z", "XXX": "%z", "X": "%z", "EEE": "%a", "EEEE": "%A",
}  # fmt: skip
_JAVA_PART = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def score(sample: Sample) -> float:
    """The share of lines that carry LEEF."""
    return 0.0 if sample.is_json else sample.share(is_line, sample.lines)


def is_line(line: str) -> bool:
    """True for a line that carries LEEF."""
    return _MARK.search(line[:1_000]) is not None


def read(source: Source, options: Options) -> Iterator[Batch]:
    """The alerts of a file of LEEF lines."""
    yield from each(source.lines(), lambda piece, batch: take(piece, batch, options))


def take(piece: Piece, batch: Batch, options: Options) -> None:
    """Add one LEEF line to the batch."""
    line = values.line_text(piece)
    mark = _MARK.search(line)
    if mark is None:
        raise Unreadable("has no LEEF header")
    event_id, said = _parse(line[mark.end() :], is_second="2" in mark[0])
    carrier = syslog.parse(line) if mark.start() else None
    fields = values.Fields(piece, batch, options.zone, options.received_utc)
    time = said.get("devTime")
    by_format = _by_java(time, said.get("devTimeFormat"), options.zone)
    batch.alerts.append(
        Alert(
            by_format or fields.named_time({"devTime": time, "timestamp": carrier.time if carrier else None}),
            fields.address("src", said.get("src")),
            fields.port("srcPort", said.get("srcPort"), said.get("spt")),
            fields.address("dst", said.get("dst")),
            fields.port("dstPort", said.get("dstPort"), said.get("dpt")),
            values.protocol(said.get("proto")),
            _severity(said.get("sev")),
            values.text(values.first([*(said.get(name) for name in _TITLES), event_id])),
            values.text(event_id),
            rsit.of_words(values.text(said.get("cat"))),
            values.text(values.first([said.get(name) for name in _HOSTS])) or (carrier.host if carrier else None),
            piece.line,
            piece.offset,
            len(piece.raw),
            disposition=words.disposition(values.text(values.first([said.get("action"), said.get("act")]))),
            observables=tuple(
                Observable(kind, text) for name, kind in _OBSERVABLES.items() if (text := values.text(said.get(name)))
            ),
        )
    )


def _parse(text: str, *, is_second: bool) -> tuple[str, dict[str, str]]:
    """(event id, attributes) of what follows the version."""
    parts = text.split("|", 4)
    if len(parts) < 4:
        raise Unreadable(f"has {len(parts) + 1} of the five fields of a LEEF header: cut off")
    rest = parts[4] if len(parts) > 4 else ""
    mark = "\t"
    if is_second and (end := rest.find("|")) >= 0 and "=" not in rest[:end]:
        mark, rest = _delimiter(rest[:end]), rest[end + 1 :]
    return parts[3], _attributes(rest, mark)


def _delimiter(text: str) -> str:
    match = _HEXADECIMAL.fullmatch(text.strip())
    return chr(int(match[1], 16)) if match else text[:1] or "\t"


def _attributes(text: str, mark: str) -> dict[str, str]:
    """The attributes; a product that parts them by blanks instead of its mark is understood too."""
    if mark not in text and mark == "\t" and text.count("=") > 1:
        keys = list(re.finditer(r"(?:^|(?<=\s))([A-Za-z0-9_.-]{1,100})=", text))
        ends = [key.start() for key in keys[1:]] + [len(text)] * bool(keys)
        return {key[1]: text[key.end() : end].strip() for key, end in zip(keys, ends, strict=True)}
    found = {}
    for part in text.split(mark):
        if match := _KEY.match(part):
            found[match[1].strip()] = part[match.end() :].strip()
    return found


def _severity(text: str | None) -> Severity:
    """IBM's LEEF guide: `sev` from 1 to 10, 10 the worst; banded as CEF's, which it is made after."""
    number = values.whole(text)
    return words.of_scale(number) if number is not None else words.severity(text) or Severity.UNKNOWN


def _by_java(time: str | None, java: str | None, zone: tzinfo) -> datetime | None:
    """The time in the form that `devTimeFormat` names; None when it does not fit or lacks a year."""
    if not time or not java or "y" not in java:
        return None
    pattern = "".join(
        _JAVA.get(part[0]) or (part[1] if part[1] is not None else part[0]).replace("%", "%%")
        for part in _JAVA_PART.finditer(java)
    )
    try:
        found = datetime.strptime(time, pattern)  # noqa: DTZ007  the zone follows
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, re.error):
        return None  # re.error: the same part twice


FORMAT = Format("leef", "QRadar LEEF", score, read, ("qradar",))
